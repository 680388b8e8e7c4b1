//! Where two systems tell different things of the same lead (F111, N19, R119): accepted here, still an MQL there. Only what
//! both tell can differ, and what is written differently and means the same does not.

use serde::Serialize;

use super::Time;
use super::dedup::{likeness, normal_company};
use super::lead::{Lead, LeadId};
use super::query::fold;
use super::state::Stage;

/// From this likeness of their names on, 0 to 1, two companies are one.
const ALIKE: f64 = 0.85;
/// So many digits at the end make a telephone number, with or without the country's.
const DIGITS: usize = 7;

/// How far a lead is, as coarsely as any CRM tells it: most have one word for all that [`Phase::Working`] stands for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Phase {
    /// Sales has not accepted it.
    Waiting,
    /// Sales has it in hand.
    Working,
    /// It was rejected, or is back with marketing.
    Back,
    /// It is an SQL, or more.
    Qualified,
}

impl Phase {
    /// The phase of a stage.
    pub fn of(stage: Stage) -> Self {
        match stage {
            Stage::Captured
            | Stage::Scored
            | Stage::Mql
            | Stage::DataCompletion
            | Stage::Ready
            | Stage::Routed
            | Stage::Assigned => Self::Waiting,
            Stage::Accepted | Stage::Attempted | Stage::Connected | Stage::Deferred => Self::Working,
            Stage::Rejected | Stage::Recycled => Self::Back,
            Stage::Sql | Stage::Opportunity => Self::Qualified,
        }
    }
}

/// What two systems can tell differently, in the order of the report.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Field {
    /// How far it is.
    Stage,
    /// Whose it is.
    Owner,
    /// Whether they may be called.
    DoNotCall,
    /// Whether they may be written to.
    DoNotEmail,
    /// E-mail address.
    Email,
    /// Telephone.
    Phone,
    /// Job title.
    Title,
    /// The company's name.
    Company,
}

impl Field {
    /// All of them, in the order of the report.
    pub const ALL: [Self; 8] = [
        Self::Stage,
        Self::Owner,
        Self::DoNotCall,
        Self::DoNotEmail,
        Self::Email,
        Self::Phone,
        Self::Title,
        Self::Company,
    ];

    /// The word on the command line and in JSON.
    pub fn code(self) -> &'static str {
        match self {
            Self::Stage => "stage",
            Self::Owner => "owner",
            Self::DoNotCall => "do_not_call",
            Self::DoNotEmail => "do_not_email",
            Self::Email => "email",
            Self::Phone => "phone",
            Self::Title => "title",
            Self::Company => "company",
        }
    }

    /// By this one could contact them: nobody sees it of a lead that they did not open.
    pub fn is_contact(self) -> bool {
        matches!(self, Self::Email | Self::Phone)
    }
}

/// What one system tells.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Side {
    /// Which system: a source's name.
    pub source: String,
    /// What it tells; nothing where that is not to be seen yet.
    pub value: Option<String>,
}

/// Something that two systems tell differently.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Divergence {
    /// What.
    pub field: Field,
    /// Since when they differ, as far as is known here.
    pub since: Time,
    /// The lead.
    pub lead: LeadId,
    /// The person's name, to show.
    pub name: String,
    /// What is told by it.
    pub this: Side,
    /// The same person's other lead, unless it is one lead, here and where it came from.
    pub other: Option<LeadId>,
    /// What is told by the other side.
    pub that: Side,
    /// Why, or how one knows that it is the same person.
    pub why: String,
}

impl Divergence {
    /// What is told cannot be seen yet: only that it differs.
    pub fn is_unseen(&self) -> bool {
        self.this.value.is_none() && self.that.value.is_none()
    }
}

/// The fields that two records of one person tell differently, each with what they tell.
pub fn between(a: &Lead, b: &Lead) -> Vec<(Field, String, String)> {
    let mut found = Vec::new();
    let mut compare = |field, a: &Option<String>, b: &Option<String>, is_same: fn(&str, &str) -> bool| {
        let told =
            |text: &Option<String>| text.as_deref().map(str::trim).filter(|text| !text.is_empty()).map(str::to_owned);
        if let (Some(a), Some(b)) = (told(a), told(b))
            && !is_same(&a, &b)
        {
            found.push((field, a, b));
        }
    };
    compare(Field::Owner, &a.owner, &b.owner, is_same_owner);
    compare(Field::Email, &a.person.email, &b.person.email, |a, b| a.to_lowercase() == b.to_lowercase());
    compare(Field::Phone, &a.person.phone, &b.person.phone, is_same_number);
    compare(Field::Title, &a.person.title, &b.person.title, |a, b| fold(a) == fold(b));
    compare(Field::Company, &a.company.name, &b.company.name, is_same_company);
    for (field, a, b) in [
        (Field::DoNotCall, a.person.do_not_call, b.person.do_not_call),
        (Field::DoNotEmail, a.person.do_not_email, b.person.do_not_email),
    ] {
        let words = |asked: bool| if asked { "asked not to" } else { "allowed" }.to_owned();
        if a != b {
            found.push((field, words(a), words(b)));
        }
    }
    found.sort_by_key(|(field, ..)| *field);
    found
}

/// A name and an address cannot be compared: that one of them is the other's nobody knows here.
fn is_same_owner(a: &str, b: &str) -> bool {
    a.contains('@') != b.contains('@') || fold(a) == fold(b)
}

fn is_same_number(a: &str, b: &str) -> bool {
    let digits = |text: &str| text.chars().filter(char::is_ascii_digit).collect::<String>();
    let (a, b) = (digits(a), digits(b));
    // `+49 30 123456`, `030 123456`: the end counts.
    let (short, long) = if a.len() <= b.len() { (&a, &b) } else { (&b, &a) };
    let short = short.trim_start_matches('0');
    a == b || short.len() >= DIGITS && long.ends_with(short)
}

fn is_same_company(a: &str, b: &str) -> bool {
    likeness(&normal_company(a), &normal_company(b)) >= ALIKE
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::handoff::lead::{Company, Person};

    fn lead(phone: &str, company: &str, owner: &str) -> Lead {
        let person = Person { phone: Some(phone.into()), title: Some("VP, Sales".into()), ..Person::default() };
        let company = Company { name: Some(company.into()), ..Company::default() };
        Lead { person, company, owner: Some(owner.into()), ..Lead::default() }
    }

    #[test]
    fn what_is_written_otherwise_and_means_the_same_is_no_difference() {
        let a = lead("+49 30 1234567", "Acme GmbH", "Ana Álvarez");
        let mut b = lead("030/1234567", "ACME", "ana alvarez");
        b.person.title = Some("vp sales".into());
        b.person.email = Some("maya@acme.example".into());
        assert_eq!(between(&a, &b), [], "and what only one tells is none");
        b.owner = Some("ana@example.com".into());
        assert_eq!(between(&a, &b), [], "an address may be hers");
    }

    #[test]
    fn what_differs_is_told_from_both_sides_in_the_order_of_the_report() {
        let a = lead("+49 30 1234567", "Acme GmbH", "Ana");
        let mut b = lead("+49 30 7654321", "Globex", "Ben");
        b.person.do_not_call = true;
        let found = between(&a, &b);
        let fields: Vec<Field> = found.iter().map(|(field, ..)| *field).collect();
        assert_eq!(fields, [Field::Owner, Field::DoNotCall, Field::Phone, Field::Company]);
        assert_eq!(found[1], (Field::DoNotCall, "allowed".into(), "asked not to".into()));
        assert!(!is_same_number("12", "0012345"), "too short to be a number's end");
    }

    #[test]
    fn the_phases_are_those_that_every_crm_can_tell() {
        assert_eq!(Phase::of(Stage::Mql), Phase::of(Stage::Assigned));
        assert_eq!(Phase::of(Stage::Accepted), Phase::of(Stage::Deferred));
        assert_ne!(Phase::of(Stage::Accepted), Phase::of(Stage::Mql), "accepted here, still an MQL there");
        assert_eq!(Phase::of(Stage::Rejected), Phase::of(Stage::Recycled));
    }
}
