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
