//! What a source hands over for one lead: the record and its trail.

use serde::{Deserialize, Serialize};

use super::activity::Activity;
use super::lead::Lead;

/// One lead as it comes from its source, with what the source knows of its trail.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Arrival {
    /// The record.
    pub lead: Lead,
    /// Its trail, in no particular order.
    #[serde(default)]
    pub trail: Vec<Activity>,
}
