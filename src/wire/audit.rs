//! What an audit of the hub's log comes to.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// Whether the log is as it was written.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Audit {
    /// Nothing was done to it, as far as it and what was written down beside it can tell.
    pub is_whole: bool,
    /// Entries that were looked at.
    pub entries: u64,
    /// The number of the last one.
    pub end: i64,
    /// Its hash, in hex: write it down elsewhere, and compare it another time.
    pub hash: String,
    /// With so many heads that the hub wrote down beside the database it was compared.
    pub anchors: u64,
    /// How much is wrong.
    pub found: u64,
    /// What is, in words, by place; the first of it where it is much.
    pub findings: Vec<String>,
}
