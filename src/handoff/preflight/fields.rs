//! What a person can complete where a lead failed its pre-flight (F39).

use super::super::lead::{Lead, PreflightItem};
use super::Item;

/// A field of the completion form.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Field {
    /// The e-mail address.
    Email,
    /// The first name.
    FirstName,
    /// The last name.
    LastName,
    /// The company's name.
    CompanyName,
    /// The company's size: a head count or a band.
    CompanySize,
}

impl Field {
    /// All fields, in the order of the form.
    pub const ALL: [Self; 5] = [Self::Email, Self::FirstName, Self::LastName, Self::CompanyName, Self::CompanySize];

    /// The word in JSON: the field's path in a lead's JSON.
    pub fn code(self) -> &'static str {
        match self {
            Self::Email => "person.email",
            Self::FirstName => "person.first_name",
            Self::LastName => "person.last_name",
            Self::CompanyName => "company.name",
            Self::CompanySize => "company.size",
        }
    }

    /// What the form asks for.
    pub fn label(self) -> &'static str {
        match self {
            Self::Email => "business e-mail",
            Self::FirstName => "first name",
            Self::LastName => "last name",
            Self::CompanyName => "company",
            Self::CompanySize => "company size (people)",
        }
    }

    /// The field with this code.
    pub fn from_code(code: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|field| field.code() == code)
    }

    /// What the lead has there.
    pub fn of(self, lead: &Lead) -> Option<&str> {
        let (person, company) = (&lead.person, &lead.company);
        match self {
            Self::Email => &person.email,
            Self::FirstName => &person.first_name,
            Self::LastName => &person.last_name,
            Self::CompanyName => &company.name,
            Self::CompanySize => &company.size,
        }
        .as_deref()
    }

    /// Writes it into the lead; a blank text leaves it unknown.
    pub fn fill(self, lead: &mut Lead, text: &str) {
        let (person, company) = (&mut lead.person, &mut lead.company);
        let place = match self {
            Self::Email => &mut person.email,
            Self::FirstName => &mut person.first_name,
            Self::LastName => &mut person.last_name,
            Self::CompanyName => &mut company.name,
            Self::CompanySize => &mut company.size,
        };
        *place = Some(text.trim()).filter(|text| !text.is_empty()).map(String::from);
    }
}

/// The fields that a person can fill so that what failed passes, in the order of the form. Items that no field can mend,
/// such as the routing rule, ask for none.
pub fn missing_fields(items: &[PreflightItem]) -> Vec<Field> {
    let failed = items.iter().filter(|item| !item.passed).filter_map(|item| Item::from_code(&item.item));
    failed
        .flat_map(|item| match item {
            Item::BusinessEmail => &[Field::Email][..],
            Item::Names => &[Field::FirstName, Field::LastName],
            Item::Company => &[Field::CompanyName],
            Item::SizeBand => &[Field::CompanySize],
            Item::Trigger | Item::ScoreBreakdown | Item::Signal | Item::RoutingRule | Item::Dedup => &[],
        })
        .copied()
        .collect()
}
