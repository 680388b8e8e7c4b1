//! Alerts on their way to the one who is to decide (F72, R81-R83).

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::handoff::Time;
use crate::handoff::alert::Category;

/// A page of the caller's own alerts, on leads that they see.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct AlertPage {
    /// The alerts, the oldest first.
    pub alerts: Vec<AlertState>,
    /// Where the next page begins: what to ask for after.
    pub next: i64,
    /// There is more to be had at once.
    pub more: bool,
}

/// An alert as the hub keeps it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct AlertState {
    /// Its number.
    pub id: i64,
    /// The lead's number at the hub.
    pub lead: i64,
    /// In which of the four categories (R81).
    #[schema(value_type = String)]
    pub category: Category,
    /// What any channel may be told: no personal data (C16).
    pub pointer: String,
    /// What is to be done (R83).
    pub action: String,
    /// Until when it can be done.
    #[schema(value_type = String, format = DateTime)]
    pub until: Time,
    /// What they did of late, in words (R82).
    pub history: Vec<String>,
    /// The caller watches the queue where the lead waits and does not see the lead itself: there is no history then.
    #[serde(default)]
    pub is_pointer: bool,
    /// It goes out at any hour.
    pub is_urgent: bool,
    /// When it was made.
    #[schema(value_type = String, format = DateTime)]
    pub at: Time,
    /// When the caller saw it.
    #[schema(value_type = Option<String>, format = DateTime)]
    pub seen_at: Option<Time>,
}

/// An alert that was seen.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Seen {
    /// Its number.
    pub id: i64,
    /// When it was seen first.
    #[schema(value_type = String, format = DateTime)]
    pub seen_at: Time,
}
