//! Other rules of routing, tried on the leads of the past (F51).

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::handoff::Time;

/// What to try.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Simulate {
    /// For the leads that were routed from the beginning of this day (UTC) on; at most 92 days ago.
    #[schema(value_type = String, format = DateTime)]
    pub since: Time,
    /// The policy to try, as TOML.
    pub policy: String,
}

/// What the rules that were tried would have changed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Simulation {
    /// From when on leads were looked at.
    #[schema(value_type = String, format = DateTime)]
    pub since: Time,
    /// How many of the caller's were routed in that time.
    pub leads: usize,
    /// How many of them the rules in force, asked again, send where they really went. The closer to all, the more this tells:
    /// records, people and their hours are those of today.
    pub as_it_was: usize,
    /// How many would go elsewhere, or by another rule.
    pub changed: usize,
    /// These, in the order of time; the first thousand.
    pub diffs: Vec<Diff>,
    /// How many leads each person gets.
    pub people: Vec<Sum>,
    /// How many leads each rule takes.
    pub rules: Vec<Sum>,
    /// How many leads wait in each queue first.
    pub queues: Vec<Sum>,
}

/// A lead that would go elsewhere.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Diff {
    /// Its number at the hub.
    pub lead: i64,
    /// The name to show.
    pub name: String,
    /// When it was routed.
    #[schema(value_type = String, format = DateTime)]
    pub at: Time,
    /// Where the rules in force send it.
    pub old: Place,
    /// Where the rules that were tried would.
    pub new: Place,
    /// Why, in words.
    pub why: String,
}

/// Where a lead goes.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Place {
    /// By which rule.
    pub rule: String,
    /// To whom; nobody, where it waits in the queue.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub to: Option<String>,
    /// The queue where it waits, or waited first.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub queue: Option<String>,
}

/// A sum by the old rules and by the new ones.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Sum {
    /// Of whom or what.
    pub name: String,
    /// By the rules in force.
    pub old: usize,
    /// By the rules that were tried.
    pub new: usize,
}
