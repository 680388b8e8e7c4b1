//! What happened: the events from which a handoff's state is folded. Append-only; nothing is ever edited.

use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::clocks::ClosedClock;
use super::disposition::{Attempt, Deferral, Qualification, Rejection};
use super::lead::Trigger;
use super::state::Stage;
use super::{Time, stamp};

/// One event in the life of one lead's handoff.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct Event {
    /// Its own id (UUIDv7), and the idempotency key wherever it is sent.
    pub id: Uuid,
    /// Its number within the lead, from 1, without gaps.
    pub seq: u32,
    /// The device's time when it happened.
    #[serde(with = "stamp")]
    #[schema(value_type = String, format = DateTime)]
    pub at: Time,
    /// Who did it.
    pub actor: Actor,
    /// What it was.
    pub what: EventKind,
    /// The clocks that it closed, and how they ended: never worked out again (section 4, rules 5 and 9).
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub closes: Vec<ClosedClock>,
}

impl Event {
    /// An event that closes no clock, or whose clocks [`super::machine::happen`] has yet to close.
    pub fn new(id: Uuid, seq: u32, at: Time, actor: Actor, what: EventKind) -> Self {
        Self { id, seq, at, actor, what, closes: Vec::new() }
    }
}

/// Who did something.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct Actor {
    /// In which role.
    pub role: Role,
    /// By which name.
    pub name: String,
}

impl Actor {
    /// The rep of this name.
    pub fn rep(name: impl Into<String>) -> Self {
        Self { role: Role::Rep, name: name.into() }
    }

    /// The program itself, when time alone makes something happen.
    pub fn system() -> Self {
        Self { role: Role::System, name: "leadbox".into() }
    }
}

/// The roles that act.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Role {
    /// A sales rep.
    Rep,
    /// A rep's manager.
    Manager,
    /// Marketing.
    Marketing,
    /// Revenue operations: the team's rules, and who is who.
    Revops,
    /// Reads everything and changes nothing.
    Auditor,
    /// Time or a rule.
    System,
}

impl Role {
    /// The roles of people.
    pub const PEOPLE: [Self; 5] = [Self::Rep, Self::Manager, Self::Marketing, Self::Revops, Self::Auditor];

    /// The word in configuration and JSON.
    pub fn code(self) -> &'static str {
        match self {
            Self::Rep => "rep",
            Self::Manager => "manager",
            Self::Marketing => "marketing",
            Self::Revops => "revops",
            Self::Auditor => "auditor",
            Self::System => "system",
        }
    }

    /// The role of people with this code.
    pub fn from_code(code: &str) -> Option<Self> {
        Self::PEOPLE.into_iter().find(|role| role.code() == code)
    }
}

/// Why a lead went back to marketing.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum RecycleCause {
    /// The most touches were made without a connection: no blame (C15).
    Exhausted,
    /// Too few touches were made in the time for them: counts against the rep (C15).
    Shortfall,
    /// It was rejected, and marketing took it back.
    Rejected,
    /// It was recycled before it came here.
    Elsewhere,
}

/// The three steps by which marketing hands a lead over (R48), and the answer that the lead gets meanwhile.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum HandoverStep {
    /// The context package, at once.
    Context,
    /// The message to the rep with an invitation inside the SLA, within 30 minutes.
    Personal,
    /// The check at 24 hours: attempted, rightly qualified, feedback given.
    Check,
    /// The automatic answer to a lead that came after hours (R69).
    Answer,
}

/// All that can happen to a handoff.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum EventKind {
    /// The person became known.
    Captured,
    /// A score was given (R29): what it was in all and by dimension, so that its history can be told.
    Scored {
        /// Total, 0 to 100.
        total: i32,
        /// Points of fit, intent and behavior, where it is known in parts.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        parts: Option<[i32; 3]>,
        /// By which model, with its version.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        model: Option<String>,
    },
    /// The threshold was crossed, a form was sent, or marketing said so (R13).
    BecameMql {
        /// What made it so.
        trigger: Trigger,
    },
    /// All nine items passed (R34).
    PreflightPassed,
    /// Some did not: to the data-completion queue (R35).
    PreflightFailed {
        /// Which.
        missing: Vec<String>,
    },
    /// What was missing came in, or was looked for in vain (R38, F38, F39).
    Completed {
        /// By whom: a provider's name, or a person's.
        by: String,
        /// The fields that were filled; empty where nothing was found.
        fields: Vec<String>,
    },
    /// Another record of the same person was united with this one (F37).
    Merged {
        /// The other one: its source and id there.
        from: String,
        /// By what they are the same.
        why: String,
    },
    /// A record that was united with this one is one of its own again (F37).
    Unmerged {
        /// The other one: its source and id there.
        from: String,
        /// Why they are two.
        why: String,
    },
    /// A rule chose where it goes (R62).
    Routed {
        /// The rule.
        rule: String,
        /// The queue where it waits, if it was not given to a person.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        queue: Option<String>,
    },
    /// It was given to a rep.
    Assigned {
        /// To whom.
        to: String,
    },
    /// The rep takes it (R3).
    Accepted {
        /// By logging an attempt rather than by saying so (C14).
        #[serde(default)]
        implicit: bool,
    },
    /// The rep does not, with the reason.
    Rejected(Rejection),
    /// The rep tried to reach them.
    Attempted(Attempt),
    /// One who no longer held the lead had reached out to them: a fact, whoever holds it now (F115). It counts for
    /// nobody's clocks and is no touch of the holder's.
    ContactKept(Attempt),
    /// They asked for later: the clocks pause.
    Deferred(Deferral),
    /// The rep ended the deferral before its time: the clocks run on. Its time ends it without an event.
    Resumed,
    /// The rep confirmed an SQL.
    Qualified(Qualification),
    /// It became an opportunity in the CRM.
    BecameOpportunity,
    /// The rep passed it by, once.
    Skipped {
        /// Why.
        reason: String,
    },
    /// Hidden for a while; the clocks run.
    Snoozed {
        /// Until when.
        #[schema(value_type = String, format = DateTime)]
        until: Time,
    },
    /// Back to marketing (C15).
    Recycled {
        /// Why.
        cause: RecycleCause,
    },
    /// Too few touches were made in the time for them: counts against the rep (C15).
    Shortfall {
        /// Those made.
        touches: u32,
        /// Those asked for …
        least: u32,
        /// … within so many working days.
        days: u32,
    },
    /// Given to somebody else.
    Rerouted {
        /// To whom.
        to: String,
        /// Why.
        why: String,
    },
    /// A window closed without its act (R78).
    Breached {
        /// Which clock.
        clock: String,
        /// Which window, from 1.
        window: u8,
        /// When it closed, which may be before anybody noticed.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        #[schema(value_type = Option<String>, format = DateTime)]
        due: Option<Time>,
    },
    /// A step of the chain was taken (F66).
    Escalated {
        /// Whom it told.
        to: String,
        /// Which step.
        #[serde(default, skip_serializing_if = "String::is_empty")]
        step: String,
        /// Why, in words.
        #[serde(default, skip_serializing_if = "String::is_empty")]
        why: String,
    },
    /// A step of the handoff itself (R48): the context package, the personal message, the check after a day.
    HandedOver {
        /// Which of the three.
        step: HandoverStep,
        /// What was done, or what the check found.
        what: String,
    },
    /// Its record was moved where it comes from, by somebody else than us: the CRM is the record of what was done (R119).
    MovedAtSource {
        /// Where it stands there now.
        to: Stage,
        /// In the source's own word.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        raw: Option<String>,
        /// Why, as far as the source says.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        why: Option<String>,
        /// Until when it is deferred there.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        #[schema(value_type = Option<String>, format = DateTime)]
        until: Option<Time>,
    },
    /// What was done with it could not be written to a CRM that it comes from: it waits for a person to decide about that.
    Unwritten {
        /// The CRM.
        source: String,
        /// What was to be written: `rejected`, `given to ana`.
        what: String,
        /// Why the CRM would not have it.
        why: String,
    },
    /// A person overruled a rule (R123).
    Overridden {
        /// Why.
        why: String,
    },
    /// A closed handoff was opened again (F84).
    Reopened {
        /// Why.
        why: String,
    },
    /// An earlier event was taken back before it was sent (F8).
    Undone {
        /// Which.
        event: Uuid,
    },
}

impl EventKind {
    /// The event's name in configuration and JSON.
    pub fn code(&self) -> &'static str {
        match self {
            Self::Captured => "captured",
            Self::Scored { .. } => "scored",
            Self::BecameMql { .. } => "became_mql",
            Self::PreflightPassed => "preflight_passed",
            Self::PreflightFailed { .. } => "preflight_failed",
            Self::Completed { .. } => "completed",
            Self::Merged { .. } => "merged",
            Self::Unmerged { .. } => "unmerged",
            Self::Routed { .. } => "routed",
            Self::Assigned { .. } => "assigned",
            Self::Accepted { .. } => "accepted",
            Self::Rejected(_) => "rejected",
            Self::Attempted(_) => "attempted",
            Self::ContactKept(_) => "contact_kept",
            Self::Deferred(_) => "deferred",
            Self::Resumed => "resumed",
            Self::Qualified(_) => "qualified",
            Self::BecameOpportunity => "became_opportunity",
            Self::Skipped { .. } => "skipped",
            Self::Snoozed { .. } => "snoozed",
            Self::Recycled { .. } => "recycled",
            Self::Shortfall { .. } => "shortfall",
            Self::Rerouted { .. } => "rerouted",
            Self::Breached { .. } => "breached",
            Self::Escalated { .. } => "escalated",
            Self::HandedOver { .. } => "handed_over",
            Self::MovedAtSource { .. } => "moved_at_source",
            Self::Unwritten { .. } => "unwritten",
            Self::Overridden { .. } => "overridden",
            Self::Reopened { .. } => "reopened",
            Self::Undone { .. } => "undone",
        }
    }

    /// The rep's own matter: the source of the lead never hears of it. (What it names was taken back before it was sent.)
    pub fn is_private(&self) -> bool {
        matches!(self, Self::Skipped { .. } | Self::Snoozed { .. } | Self::Undone { .. })
    }

    /// It answers the lead, if a person does it: neither a note to themselves, nor a contact that is kept as a fact of one
    /// whose lead it no longer is, nor what was done elsewhere.
    pub fn is_answer(&self) -> bool {
        !self.is_private() && !matches!(self, Self::ContactKept(_) | Self::MovedAtSource { .. })
    }
}
