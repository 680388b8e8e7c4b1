//! Enrichment (F38, R38): what a lead lacks is looked up at providers, one after the other, when the pre-flight fails for
//! want of it. The wish is a row of the write that found the gap ([`job`]); a worker asks outside of any transaction
//! ([`worker`]); what came of it is another write. A provider that is down, slow or talks nonsense costs its time limit,
//! and the next one is asked.

mod ask;
mod csv;
mod http;
pub mod job;
mod settings;
pub mod worker;

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::handoff::Time;
use crate::handoff::dedup::host;
use crate::handoff::lead::Lead;
use crate::handoff::preflight::email::{Address, MailKind, OwnDomains};
use crate::source::files::{text_at, text_paths};

pub use ask::{Asked, Kind, Outcome, Provider, Providers};
pub use csv::{By, Table};
pub use http::Template;

/// What a question calls the domain that the lead is looked up by, whatever it was taken from.
const DOMAIN: &str = "domain";

/// What is asked of a provider.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Question {
    /// The fields that the pre-flight misses, by their paths, such as `company.size`.
    pub wanted: Vec<String>,
    /// What is known, by the same paths; `domain` is the company's, or that of a business address.
    pub known: BTreeMap<String, String>,
}

/// A value that a provider gave, and how old it is.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Origin {
    /// Which provider.
    pub provider: String,
    /// What it gave.
    pub value: String,
    /// When it was asked.
    pub at: Time,
    /// When that was so, as far as it says.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub as_of: Option<Time>,
}

/// What is known of looking a lead up.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Lookup {
    /// What it was looked up by; by the same it is not looked up twice.
    pub by: String,
    /// It is under way.
    pub is_pending: bool,
    /// When it was last asked for, or answered.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub at: Option<Time>,
    /// Where values came from, by the paths of their fields.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub origins: BTreeMap<String, Origin>,
}

impl Lookup {
    /// Nobody was asked.
    pub(super) fn is_none(&self) -> bool {
        *self == Self::default()
    }
}

/// What a provider may tell of a lead, by path, with what the lead says now.
fn texts(lead: &Lead) -> BTreeMap<String, String> {
    let mut lead = lead.clone();
    let text = |path: String| {
        let told = text_at(&path)?(&mut lead).as_deref().map(str::trim).filter(|text| !text.is_empty())?;
        Some((path, told.to_owned()))
    };
    text_paths().filter_map(text).collect()
}

impl Question {
    /// What to ask about a lead that lacks these fields.
    pub fn about(lead: &Lead, wanted: Vec<String>) -> Self {
        let mut known = texts(lead);
        known.extend(domain(lead).map(|domain| (DOMAIN.to_owned(), domain)));
        Self { wanted, known }
    }

    /// By what the lead is found at providers. As long as that is the same, so are the answers.
    fn by(&self) -> String {
        let parts = [DOMAIN, "person.email", "person.name", "person.last_name", "company.name"];
        parts.map(|part| self.known.get(part).map(String::as_str).unwrap_or_default().to_lowercase()).join("|")
    }
}

/// The domain of the lead's company.
fn domain(lead: &Lead) -> Option<String> {
    let told = [&lead.company.domain, &lead.company.website].into_iter().flatten().find_map(|text| host(text));
    told.or_else(|| {
        let address = Address::read(lead.person.email.as_deref()?).ok()?;
        (OwnDomains::default().kind_of(&address.domain) == MailKind::Business).then_some(address.domain)
    })
}
