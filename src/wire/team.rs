//! What managers and marketing order for a lead, and who says that somebody is there.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

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
