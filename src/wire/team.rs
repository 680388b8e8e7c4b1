//! What managers and marketing order for a lead, and who says that somebody is there.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::handoff::Time;
use crate::handoff::routing::Decision;

/// An order for one lead. Who gave it is known by the token; why is part of it (R123, F121).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(tag = "order", rename_all = "snake_case", deny_unknown_fields)]
pub enum Order {
    /// To somebody else (F96).
    Reassign {
        /// Their short name.
        to: String,
        /// Why.
        why: String,
    },
    /// To the one who orders it (F52).
    Take {
        /// Why.
        why: String,
    },
    /// Its owner is asked to act (F95).
    Nudge {
        /// What is to be done.
        why: String,
    },
    /// What the pre-flight missed (F39).
    Complete {
        /// The fields by their paths, such as `person.email` or `company.size`.
        fields: BTreeMap<String, String>,
    },
    /// A record that was united with this one is a lead of its own again (F37).
    Unmerge {
        /// Its source and id there, such as `web:4711`, as the lead's history says.
        from: String,
        /// Why they are two.
        why: String,
    },
    /// A pre-flight item that does not hold it up any longer (F40).
    Waive {
        /// The item, such as `business_email`.
        item: String,
        /// Why.
        why: String,
    },
}

/// Whether somebody takes leads.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Availability {
    /// Why they take none for now; nothing where they do.
    pub paused: Option<String>,
}

/// Which lead of a queue one takes.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Claim {
    /// Its number; the one that came first, if nothing is said.
    pub lead: Option<i64>,
}

/// A queue that is open to the caller.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct OpenQueue {
    /// Its name.
    pub name: String,
    /// How many leads wait in it.
    pub waiting: i64,
    /// How many open leads from it the caller has.
    pub held: u32,
    /// How many the caller may have; any number, if nothing is said.
    pub most: Option<u32>,
}

/// Where the rules would send a lead now and why, and what was looked up for it (F38, F50).
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct Route {
    /// The decision.
    #[serde(flatten)]
    pub decision: Decision,
    /// What was looked up; nothing where the lead lacked nothing.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub lookup: Option<Lookups>,
}

/// What was looked up for a lead.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Lookups {
    /// At which providers, in their order.
    pub providers: Vec<String>,
    /// It is being looked up.
    pub is_pending: bool,
    /// What they filled, as far as nobody wrote over it.
    pub values: Vec<ValueFrom>,
}

/// Where a value came from, and how old it is.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct ValueFrom {
    /// The field, such as `company.size`.
    pub field: String,
    /// The provider.
    pub provider: String,
    /// When it was asked.
    #[schema(value_type = String, format = DateTime)]
    pub at: Time,
    /// When that was so, as far as the provider says.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>, format = DateTime)]
    pub as_of: Option<Time>,
}

impl Lookups {
    /// The same in lines for people.
    pub fn lines(&self) -> Vec<String> {
        let by = if self.providers.is_empty() { String::new() } else { format!(" at {}", self.providers.join(", ")) };
        let mut lines = match self.is_pending {
            true => vec!["what it lacks is being looked up".to_owned()],
            false => vec![format!("what it lacked was looked up{by}")],
        };
        let value = |value: &ValueFrom| {
            let as_of = value.as_of.map(|at| format!(", as of {}", at.date_naive())).unwrap_or_default();
            let (field, provider, at) = (&value.field, &value.provider, value.at.format("%Y-%m-%d %H:%M UTC"));
            format!("  {field} is from {provider}, asked {at}{as_of}")
        };
        lines.extend(self.values.iter().map(value));
        lines
    }
}
