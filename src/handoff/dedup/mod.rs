//! Deduplication, explained (F37, R34 item 9, R128): by which keys a store finds candidates, whether two leads are the
//! same person and why, and what becomes of the two records.
//!
//! Two leads that are the same share a key, so a store that looks for each of them misses nothing.

mod company;
mod merge;
#[cfg(test)]
mod tests;

use serde::{Deserialize, Serialize};

use super::lead::Lead;
use super::preflight::email::{Address, MailKind, OwnDomains, is_domain};
use super::preflight::names::{compared, first_and_last, is_whole_in_one, told};
use super::query::fold;
use super::similar::distance;
pub use company::{likeness, normal_company};
pub use merge::{FieldChange, merge, older_first, undo};

/// From this likeness of their names on, 0 to 1, two companies may be one.
const ALIKE: f64 = 0.85;

/// What a database indexes to find the leads that may be the same: any equal text makes a candidate, [`same`] judges.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Keys {
    /// The address in its canonical form, such as `maya@acme.example`.
    pub email: Option<String>,
    /// The whole name at the company's domain, such as `chen maya@acme.example`.
    pub person: Option<String>,
    /// The whole name and the beginning of the company's name, such as `chen maya|acm`.
    pub company: Option<String>,
}

impl Keys {
    /// The keys of a lead. What is not known makes none.
    pub fn of(lead: &Lead) -> Self {
        Facts::of(lead).keys()
    }
}

/// What two leads have in common.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum By {
    /// The e-mail address.
    Email,
    /// The name, at the same domain.
    PersonAtDomain,
    /// The name, at companies whose names are alike.
    PersonAtCompany,
}

/// How certain it is that two leads are one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Certainty {
    /// Nothing speaks against it: they may be merged without a person.
    Certain,
    /// A person has to look.
    Likely,
}

/// Why two leads are the same.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Match {
    /// What they have in common.
    pub by: By,
    /// How certain that makes it.
    pub certainty: Certainty,
    /// In words, such as `both have the address maya@acme.example`.
    pub why: String,
}

/// Whether two leads are the same person, and why. It does not matter which comes first.
pub fn same(a: &Lead, b: &Lead) -> Option<Match> {
    let (a, b) = (Facts::of(a), Facts::of(b));
    let of = |by, certainty, why| Some(Match { by, certainty, why });
    let other_names = a.name.as_ref().zip(b.name.as_ref()).is_some_and(|(a, b)| are_two(a, b));
    let other_emails = a.email.as_ref().zip(b.email.as_ref()).is_some_and(|(a, b)| a != b);
    if let (Some(email), false) = (&a.email, other_emails || b.email.is_none()) {
        let has = format!("both have the address {email}");
        // `info@` says nothing of who wrote, unless the names do.
        return if other_names {
            of(By::Email, Certainty::Likely, format!("{has}, under different names"))
        } else if a.is_shared && (a.name.is_none() || b.name.is_none()) {
            of(By::Email, Certainty::Likely, format!("{has}, which several people may share"))
        } else {
            of(By::Email, Certainty::Certain, has)
        };
    }
    let name = a.name.as_ref().filter(|_| a.name == b.name)?;
    if let Some(domain) = a.domain.as_ref().filter(|_| a.domain == b.domain) {
        let has = format!("both are “{name}” at {domain}");
        return if other_emails {
            of(By::PersonAtDomain, Certainty::Likely, format!("{has}, with different addresses"))
        } else {
            of(By::PersonAtDomain, Certainty::Certain, has)
        };
    }
    let (first, second) = (a.company.as_ref()?, b.company.as_ref()?);
    let likeness = likeness(first, second);
    if likeness < ALIKE {
        return None;
    }
    let (first, second) = if first <= second { (first, second) } else { (second, first) };
    let at = if first == second {
        format!("at “{first}”")
    } else {
        format!("at “{first}” and “{second}”, which are {:.0} % alike", likeness * 100.0)
    };
    of(By::PersonAtCompany, Certainty::Likely, format!("both are “{name}” {at}"))
}

/// Whether two normal names are those of two people, and not one with a middle name, a double name or a slip.
fn are_two(a: &str, b: &str) -> bool {
    let within = |a: &str, b: &str| a.split(' ').all(|word| b.split(' ').any(|other| other == word));
    let longest = a.chars().count().max(b.chars().count());
    !within(a, b) && !within(b, a) && distance(a, b) * 5 > longest
}

/// What of a lead is compared.
struct Facts {
    email: Option<String>,
    is_shared: bool,
    /// At least two words, in the order of the alphabet.
    name: Option<String>,
    domain: Option<String>,
    company: Option<String>,
}

impl Facts {
    fn of(lead: &Lead) -> Self {
        let address = lead.person.email.as_deref().and_then(|email| Address::read(email).ok());
        let (first, last) = first_and_last(&lead.person);
        let is_whole = first.is_none() && last.as_deref().is_some_and(is_whole_in_one);
        let name = Some(compared(&fold(&[first, last].into_iter().flatten().collect::<Vec<_>>().join(" "))));
        Self {
            is_shared: address.as_ref().is_some_and(Address::is_shared),
            // One word is a first name, of which every company has several.
            name: name.filter(|name| name.contains(' ') || is_whole),
            domain: domain(lead, address.as_ref()),
            email: address.as_ref().map(Address::canonical),
            company: told(lead.company.name.as_deref()).map(normal_company).filter(|company| !company.is_empty()),
        }
    }

    fn keys(&self) -> Keys {
        let name = self.name.as_ref();
        let at = |separator: char, place: &str| name.map(|name| format!("{name}{separator}{place}"));
        Keys {
            email: self.email.clone(),
            person: self.domain.as_ref().and_then(|domain| at('@', domain)),
            company: self.company.as_ref().and_then(|company| at('|', company::beginning(company))),
        }
    }
}

/// The company's domain: that of a business address, else that of the record.
fn domain(lead: &Lead, address: Option<&Address>) -> Option<String> {
    let bundled = OwnDomains::default();
    let is_own = |domain: &String| bundled.kind_of(domain) == MailKind::Business;
    let of_address = address.map(|address| address.domain.clone());
    let told = [&lead.company.domain, &lead.company.website].into_iter().flatten().filter_map(|text| host(text));
    of_address.into_iter().chain(told).find(is_own)
}

/// The host of a domain or a web address, in small letters without `www.`.
pub fn host(text: &str) -> Option<String> {
    let text = text.trim().to_lowercase();
    let text = text.split_once("://").map_or(text.as_str(), |(_, rest)| rest);
    let host = text.split(['/', '?', '#', ':']).next().unwrap_or_default();
    let host = host.strip_prefix("www.").unwrap_or(host).trim_end_matches('.');
    is_domain(host).then(|| host.to_owned())
}
