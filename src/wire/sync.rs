//! How a laptop and the hub keep each other informed: the hub's word on leads is pulled, a rep's answers are pushed.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use uuid::Uuid;

use crate::handoff::Time;
use crate::handoff::activity::Activity;
use crate::handoff::event::{Event, EventKind, Role};
use crate::handoff::lead::Lead;
use crate::handoff::state::Handoff;
use crate::handoff::unread::Unread;

/// Who asks, as the hub knows them.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Me {
    /// The short name by which one is addressed, such as `ana`.
    pub id: String,
    /// The name to show.
    pub name: String,
    /// What one may do.
    pub role: Role,
    /// One's team.
    pub team: Option<String>,
    /// Version of the policy in force.
    pub policy: String,
    /// The hub's clock.
    #[schema(value_type = String, format = DateTime)]
    pub now: Time,
}

/// The team's rules, as a policy file.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct PolicyText {
    /// Its version.
    pub version: String,
    /// The file's text.
    pub toml: String,
}

/// A page of what changed for the caller.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct PullPage {
    /// Leads that are no longer the caller's.
    pub gone: Vec<GoneLead>,
    /// The caller's leads that changed, as they are now, the oldest change first.
    pub leads: Vec<LeadState>,
    /// Where the next page begins. Opaque.
    pub next: String,
    /// There is more to be had at once.
    pub more: bool,
    /// Version of the policy in force.
    pub policy: String,
    /// Number of the caller's newest alert, so that nobody asks for alerts in vain; 0 without any.
    pub alerts: i64,
}

/// How a page is written.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Form {
    /// As one [`PullPage`].
    #[default]
    Page,
    /// In lines, each of which is JSON: first a [`PullHead`], then five for each lead: its [`LeadHead`], its record, what they
    /// did, where it stands, and what happened to it, as in [`LeadState`]. Who keeps these parts as they are written need not
    /// look for where each of them ends.
    Lines,
}

/// The media type of a page in lines.
pub const LINES: &str = "application/x-ndjson";

/// What a page in lines says before its leads; all as in [`PullPage`].
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct PullHead {
    /// Leads that are no longer the caller's.
    pub gone: Vec<GoneLead>,
    /// Where the next page begins. Opaque.
    pub next: String,
    /// There is more to be had at once.
    pub more: bool,
    /// Version of the policy in force.
    pub policy: String,
    /// Number of the caller's newest alert; 0 without any.
    pub alerts: i64,
    /// How many leads follow.
    pub leads: usize,
}

/// What a page in lines says of a lead before its parts; all as in [`LeadState`].
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct LeadHead {
    /// Its number at the hub.
    pub id: i64,
    /// Its version.
    pub version: i64,
    /// Who holds it.
    pub owner: Option<String>,
    /// The queue where it waits.
    pub queue: Option<String>,
}

/// A lead as the hub knows it. Its parts are handed on as they stand in the hub's database.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct LeadState {
    /// Its number at the hub.
    pub id: i64,
    /// Its version: the number of its last entry in the hub's log.
    pub version: i64,
    /// Who holds it.
    pub owner: Option<String>,
    /// The queue where it waits.
    pub queue: Option<String>,
    /// The record.
    #[schema(value_type = Lead)]
    pub lead: Unread<Lead>,
    /// What they did.
    #[schema(value_type = Vec<Activity>)]
    pub trail: Unread<Vec<Activity>>,
    /// Where it stands.
    #[schema(value_type = Handoff)]
    pub handoff: Unread<Handoff>,
    /// What happened to it, the oldest first.
    #[schema(value_type = Vec<Event>)]
    pub history: Unread<Vec<Event>>,
}

/// A lead that left the caller's view.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct GoneLead {
    /// Its number at the hub.
    pub id: i64,
    /// Who holds it now and why, in words.
    pub why: String,
    /// When it left.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>, format = DateTime)]
    pub at: Option<Time>,
}

/// A rep's answer on its way to the hub.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Op {
    /// The event's own id: sent twice, it happens once.
    pub id: Uuid,
    /// The lead's number at the hub.
    pub lead: i64,
    /// Up to where the laptop read what changed, as `next` of a page said: of a hub with another history, nothing is done.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub after: Option<String>,
    /// When it was done, by the laptop's clock.
    #[schema(value_type = String, format = DateTime)]
    pub made_at: Time,
    /// When it is sent, by the same clock: what that clock is off by is measured so.
    #[schema(value_type = String, format = DateTime)]
    pub sent_at: Time,
    /// What was done.
    pub what: EventKind,
}

/// What became of an answer.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Receipt {
    /// The answer's id.
    pub id: Uuid,
    /// What became of it.
    #[serde(flatten)]
    pub outcome: Outcome,
}

/// What became of an answer.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(tag = "outcome", rename_all = "snake_case")]
pub enum Outcome {
    /// It happened; the lead has this version now.
    Applied {
        /// The lead's version.
        version: i64,
    },
    /// The contact is kept as a fact, although the lead is no longer the caller's (F115).
    Kept {
        /// What happened to the lead meanwhile.
        why: String,
    },
    /// It does not happen, however often it is sent.
    Refused {
        /// Why, in words.
        why: String,
    },
}
