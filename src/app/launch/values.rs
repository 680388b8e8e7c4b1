//! What the placeholders of commands and links stand for.

use crate::handoff::lead::{Lead, LeadId};

/// One thing known of a lead that a command may be given.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Placeholder {
    /// What is opened: the record, `mailto:…`, `tel:…`, the profile, the site, the calendar.
    Url,
    /// The e-mail address.
    Email,
    /// The telephone number as the source writes it, else the mobile one.
    Phone,
    /// The person's name.
    Name,
    /// Their title.
    Title,
    /// The company.
    Company,
    /// The company's web site or domain.
    Website,
    /// The person's profile.
    Linkedin,
    /// The record in its source.
    Record,
    /// The lead's number here: `L-12`.
    Id,
    /// The lead's id in its source.
    ExternalId,
}

/// Name, and what is said where it is not known.
const TABLE: [(Placeholder, &str, &str); 11] = [
    (Placeholder::Url, "url", "there is nothing to open"),
    (Placeholder::Email, "email", "no e-mail address is known"),
    (Placeholder::Phone, "phone", "no telephone number is known"),
    (Placeholder::Name, "name", "no name is known"),
    (Placeholder::Title, "title", "no title is known"),
    (Placeholder::Company, "company", "no company is known"),
    (Placeholder::Website, "website", "no web site is known"),
    (Placeholder::Linkedin, "linkedin", "no profile is known"),
    (Placeholder::Record, "record", "its source names no page for this record"),
    (Placeholder::Id, "id", "the lead has no number"),
    (Placeholder::ExternalId, "external_id", "the lead has no id in its source"),
];

impl Placeholder {
    /// The word between the braces.
    pub fn name(self) -> &'static str {
        TABLE.iter().find(|row| row.0 == self).map_or("", |row| row.1)
    }

    /// The placeholder of this name.
    pub fn from_name(name: &str) -> Option<Self> {
        TABLE.iter().find(|row| row.1 == name).map(|row| row.0)
    }

    /// All of them, for an error.
    pub fn known() -> String {
        TABLE.map(|row| format!("{{{}}}", row.1)).join(", ")
    }

    /// What is said where a lead has none.
    pub fn missing(self) -> &'static str {
        TABLE.iter().find(|row| row.0 == self).map_or("", |row| row.2)
    }
}

/// What is known of one lead.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Values {
    known: Vec<(Placeholder, String)>,
}

impl Values {
    /// What is known of this lead; `url` is what is opened.
    pub fn of(id: LeadId, lead: &Lead, url: &str) -> Self {
        let (person, company) = (&lead.person, &lead.company);
        let all = [
            (Placeholder::Url, Some(url.to_owned())),
            (Placeholder::Email, person.email.clone()),
            (Placeholder::Phone, person.phone.clone().or_else(|| person.mobile.clone())),
            (Placeholder::Name, Some(lead.display_name())),
            (Placeholder::Title, person.title.clone()),
            (Placeholder::Company, company.name.clone()),
            (Placeholder::Website, company.website.clone().or_else(|| company.domain.clone())),
            (Placeholder::Linkedin, person.linkedin.clone()),
            (Placeholder::Record, lead.url.clone()),
            (Placeholder::Id, Some(id.to_string())),
            (Placeholder::ExternalId, Some(lead.key.external_id.clone())),
        ];
        let known = all.into_iter().filter_map(|(placeholder, text)| Some((placeholder, text?.trim().to_owned())));
        Self { known: known.filter(|(_, text)| !text.is_empty()).collect() }
    }

    /// One of them.
    pub fn get(&self, wanted: Placeholder) -> Option<&str> {
        self.known.iter().find(|(placeholder, _)| *placeholder == wanted).map(|(_, text)| text.as_str())
    }
}
