//! The CRMs behind a hub: how they stand, and what a person does about what could not be written there.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::handoff::Time;

/// The most of each CRM's refused writes that are told at once.
pub const MOST_PARKED: i64 = 100;

/// The most of each CRM's records that could not be taken in that are told at once.
pub const MOST_UNTAKEN: i64 = 100;

/// How a CRM behind the hub stands.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct BridgeState {
    /// What it is called.
    pub source: String,
    /// When it last answered well; nothing if it never did.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>, format = DateTime)]
    pub answered_at: Option<Time>,
    /// Why it cannot be had since.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub failed: Option<String>,
    /// How many of its records leads stand for.
    pub records: i64,
    /// How much is on its way there.
    pub waiting: i64,
    /// How much was refused there and waits for a person, of all leads.
    pub parked: i64,
    /// Of the leads that one sees, what that is: the first hundred.
    pub unwritten: Vec<Unwritten>,
    /// How many of its records could not be taken in.
    #[serde(default)]
    pub untaken: i64,
    /// For those who see all leads, which these are: the first hundred.
    #[serde(default)]
    pub left_out: Vec<Untaken>,
}

/// A record that could not be taken in.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Untaken {
    /// Its id there.
    pub record: String,
    /// Why.
    pub why: String,
    /// Since when.
    #[schema(value_type = String, format = DateTime)]
    pub since: Time,
    /// When it was last tried.
    #[schema(value_type = String, format = DateTime)]
    pub tried_at: Time,
}

/// A record that could not be taken in, and is to be tried again at once or left out; or a CRM that is to be asked at once.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct RecordOrder {
    /// What the CRM is called.
    pub source: String,
    /// The record's id there; nothing where the CRM itself is meant, which asked to wait.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub record: Option<String>,
}

/// Something that a CRM would not have.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Unwritten {
    /// Its number.
    pub id: i64,
    /// The lead's number at the hub.
    pub lead: i64,
    /// The record there.
    pub record: String,
    /// What was to be written: `rejected`, `given to ana`.
    pub what: String,
    /// Who did that.
    pub by: String,
    /// When it was done.
    #[schema(value_type = String, format = DateTime)]
    pub at: Time,
    /// Why it was refused.
    pub why: String,
}

/// What becomes of something that a CRM would not have.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(tag = "order", rename_all = "snake_case", deny_unknown_fields)]
pub enum WriteOrder {
    /// It is written again, upon the record as it stands there now.
    Retry,
    /// It is not written there. At the hub it stays true.
    Drop {
        /// Why.
        why: String,
    },
}

/// What became of it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct WriteOrdered {
    /// Its number.
    pub id: i64,
    /// The lead's number at the hub.
    pub lead: i64,
    /// `waiting` or `dropped`.
    pub state: String,
}
