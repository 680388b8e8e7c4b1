//! What a source hands over: a lead with its trail.

use serde::{Deserialize, Serialize};

use super::activity::Activity;
use super::lead::Lead;

/// A lead as it arrives from a source, new or changed.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Arrival {
    /// The record.
    pub lead: Lead,
    /// What the source knows of its trail.
    pub trail: Vec<Activity>,
}
