//! The state of a handoff, folded from events by [`crate::handoff::machine`].

use std::borrow::Cow;
use std::fmt;

use serde::{Deserialize, Serialize};

use super::clocks::ClosedClock;
use super::disposition::{Channel, Deferral, NextStep, Qualification, Rejection};
use super::event::RecycleCause;
use super::lead::Lead;
use super::policy::TouchPolicy;
use super::sla::Pause;
use super::{Time, stamp};

/// Where a handoff stands (R1).
#[derive(
    Clone, Copy, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize, utoipa::ToSchema,
)]
#[serde(rename_all = "snake_case")]
pub enum Stage {
    /// Known, not scored.
    Captured,
    /// Scored, below the threshold.
    Scored,
    /// Marketing-qualified, not checked.
    Mql,
    /// Failed the pre-flight: in the data-completion queue (R35).
    DataCompletion,
    /// Passed the pre-flight, waits for a route.
    Ready,
    /// A rule chose where it goes.
    Routed,
    /// On a rep's desk, unanswered: the acceptance window.
    #[default]
    Assigned,
    /// Sales-accepted (SAL), not contacted.
    Accepted,
    /// Contacted, not reached.
    Attempted,
    /// Reached.
    Connected,
    /// They asked for later.
    Deferred,
    /// Rejected with a reason.
    Rejected,
    /// Back with marketing.
    Recycled,
    /// Sales-qualified (SQL).
    Sql,
    /// An opportunity in the CRM.
    Opportunity,
}

impl Stage {
    /// All stages, in the order of the lifecycle.
    pub const ALL: [Self; 15] = [
        Self::Captured,
        Self::Scored,
        Self::Mql,
        Self::DataCompletion,
        Self::Ready,
        Self::Routed,
        Self::Assigned,
        Self::Accepted,
        Self::Attempted,
        Self::Connected,
        Self::Deferred,
        Self::Rejected,
        Self::Recycled,
        Self::Sql,
        Self::Opportunity,
    ];

    /// The word in configuration and JSON.
    pub fn code(self) -> &'static str {
        match self {
            Self::Captured => "captured",
            Self::Scored => "scored",
            Self::Mql => "mql",
            Self::DataCompletion => "data_completion",
            Self::Ready => "ready",
            Self::Routed => "routed",
            Self::Assigned => "assigned",
            Self::Accepted => "accepted",
            Self::Attempted => "attempted",
            Self::Connected => "connected",
            Self::Deferred => "deferred",
            Self::Rejected => "rejected",
            Self::Recycled => "recycled",
            Self::Sql => "sql",
            Self::Opportunity => "opportunity",
        }
    }

    /// The stage with this code.
    pub fn from_code(code: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|stage| stage.code() == code)
    }

    /// The rep holds it and has something left to do.
    pub fn is_open(self) -> bool {
        matches!(self, Self::Assigned | Self::Accepted | Self::Attempted | Self::Connected | Self::Deferred)
    }

    /// Nothing is left to do for the rep.
    pub fn is_closed(self) -> bool {
        matches!(self, Self::Rejected | Self::Recycled | Self::Sql | Self::Opportunity)
    }
}

impl fmt::Display for Stage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Self::Captured => "known, and not scored yet",
            Self::Scored => "scored, below the threshold",
            Self::Mql => "an MQL that was not checked yet",
            Self::DataCompletion => "in data completion",
            Self::Ready => "not routed yet",
            Self::Routed => "not assigned yet",
            Self::Assigned => "not accepted yet",
            Self::Accepted => "accepted already",
            Self::Attempted => "contacted, not reached",
            Self::Connected => "reached",
            Self::Sql => "an SQL already",
            Self::Opportunity => "an opportunity already",
            other => other.code(),
        })
    }
}

/// What the rep owes a lead before turning to another (R9, R86).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Debt {
    /// To answer it at all: accept, reject, log a contact or defer.
    Answer,
    /// To contact them: it was accepted, and nobody has tried yet.
    Contact,
}

/// What is missing for a handoff to be complete (R9).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Missing {
    /// Its acknowledgement: any answer.
    Answer,
    /// An attempt to reach them, with its outcome.
    Contact,
    /// A touch that refers to something of theirs: all so far were generic (R50).
    PersonalTouch,
}

impl Missing {
    /// What is to be done, in words.
    pub fn label(self) -> &'static str {
        match self {
            Self::Answer => "an answer",
            Self::Contact => "a first contact",
            Self::PersonalTouch => "a contact that refers to something of theirs",
        }
    }
}

/// Touches made so far (F82).
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct Touches {
    /// All of them.
    pub count: u32,
    /// Those that referred to nothing specific (R50).
    pub generic: u32,
    /// By channel, in the order of [`Channel::ALL`].
    pub by_channel: [u32; 5],
}

impl Touches {
    /// How many were made by this channel.
    pub fn by(&self, channel: Channel) -> u32 {
        self.by_channel[channel as usize]
    }
}

/// Most of a handoff is not the case: that stands nowhere in its JSON.
fn is_default<T: Default + PartialEq>(value: &T) -> bool {
    *value == T::default()
}

/// The state of one lead's handoff.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct Handoff {
    /// Where it stands.
    pub stage: Stage,
    /// Start of the lead clock (C3).
    #[serde(with = "stamp")]
    #[schema(value_type = String, format = DateTime)]
    pub mql_at: Time,
    /// Start of the rep clock and the acceptance window (C3, C21).
    #[serde(with = "stamp")]
    #[schema(value_type = String, format = DateTime)]
    pub assigned_at: Time,
    /// The first answer of any kind: closes the acceptance window.
    #[serde(default, with = "stamp::maybe", skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>, format = DateTime)]
    pub answered_at: Option<Time>,
    /// Acceptance (R73).
    #[serde(default, with = "stamp::maybe", skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>, format = DateTime)]
    pub accepted_at: Option<Time>,
    /// Accepted by logging an attempt (C14).
    #[serde(default, skip_serializing_if = "is_default")]
    pub accepted_implicitly: bool,
    /// First attempt (R73): closes the first-contact clock.
    #[serde(default, with = "stamp::maybe", skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>, format = DateTime)]
    pub first_attempt_at: Option<Time>,
    /// Latest attempt.
    #[serde(default, with = "stamp::maybe", skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>, format = DateTime)]
    pub last_touch_at: Option<Time>,
    /// First conversation (R112).
    #[serde(default, with = "stamp::maybe", skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>, format = DateTime)]
    pub connected_at: Option<Time>,
    /// Touches in this cycle.
    #[serde(default, skip_serializing_if = "is_default")]
    pub touches: Touches,
    /// The agreed next step.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub next_step: Option<NextStep>,
    /// The deferral that holds now.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub deferral: Option<Deferral>,
    /// Where it returns to when the deferral ends.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub deferred_from: Option<Stage>,
    /// How often it was deferred (C25).
    #[serde(default, skip_serializing_if = "is_default")]
    pub deferrals: u8,
    /// All pauses of the clocks; the last one is open while deferred.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub pauses: Vec<Pause>,
    /// The clocks that were closed in this cycle, and how.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub closed: Vec<ClosedClock>,
    /// Since when the rep's persistence is counted: from the assignment, or from the arrival here if that was later.
    #[serde(with = "stamp")]
    #[schema(value_type = String, format = DateTime)]
    pub held_since: Time,
    /// When too few touches had been made in the time for them (C15): it counts against the rep.
    #[serde(default, with = "stamp::maybe", skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>, format = DateTime)]
    pub shortfall_at: Option<Time>,
    /// Hidden until then (F9).
    #[serde(default, with = "stamp::maybe", skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>, format = DateTime)]
    pub snoozed_until: Option<Time>,
    /// When it was skipped last.
    #[serde(default, with = "stamp::maybe", skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>, format = DateTime)]
    pub skipped_at: Option<Time>,
    /// Why it was rejected.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rejection: Option<Rejection>,
    /// What made it an SQL.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub qualification: Option<Qualification>,
    /// Why it was recycled.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub recycled: Option<RecycleCause>,
    /// When it was closed.
    #[serde(default, with = "stamp::maybe", skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>, format = DateTime)]
    pub closed_at: Option<Time>,
    /// It was closed where it came from, and not by an answer given here.
    #[serde(default, skip_serializing_if = "is_default")]
    pub closed_at_source: bool,
    /// Number of the last event folded in.
    pub seq: u32,
}

impl Handoff {
    /// The state in which a lead arrives from a source: the stage that the source says, else on the rep's desk.
    /// `received` stands in for times that the source does not know.
    pub fn arrived(lead: &Lead, received: Time) -> Self {
        let stage = lead.stage.canonical.unwrap_or_default();
        let mql_at = lead.mql_at.or(lead.created_at).or(lead.assigned_at).unwrap_or(received);
        let assigned_at = lead.assigned_at.unwrap_or(mql_at);
        let since = lead.stage.since.unwrap_or(received);
        let answered = !matches!(
            stage,
            Stage::Captured
                | Stage::Scored
                | Stage::Mql
                | Stage::DataCompletion
                | Stage::Ready
                | Stage::Routed
                | Stage::Assigned
        );
        let accepted = answered && !matches!(stage, Stage::Rejected | Stage::Recycled | Stage::Deferred);
        let attempted = accepted && stage != Stage::Accepted;
        let connected = attempted && stage != Stage::Attempted;
        let deferral = (stage == Stage::Deferred).then(|| Deferral {
            until: lead.stage.until.unwrap_or(since),
            why: lead.stage.reason.clone().unwrap_or_else(|| "deferred at the source".into()),
        });
        Self {
            stage,
            mql_at,
            assigned_at,
            answered_at: answered.then_some(since),
            accepted_at: accepted.then_some(since),
            accepted_implicitly: false,
            first_attempt_at: attempted.then_some(since),
            last_touch_at: attempted.then_some(since),
            connected_at: connected.then_some(since),
            touches: Touches::default(),
            next_step: None,
            deferred_from: deferral.as_ref().map(|_| Stage::Assigned),
            deferrals: u8::from(deferral.is_some()),
            pauses: deferral.iter().map(|_| Pause { from: since, to: None }).collect(),
            deferral,
            closed: Vec::new(),
            held_since: assigned_at.max(received),
            shortfall_at: None,
            snoozed_until: None,
            skipped_at: None,
            rejection: (stage == Stage::Rejected).then(|| Rejection {
                code: "other".into(),
                note: lead.stage.reason.clone().or_else(|| lead.stage.raw.clone()),
                ..Rejection::default()
            }),
            qualification: None,
            recycled: (stage == Stage::Recycled).then_some(RecycleCause::Elsewhere),
            closed_at: stage.is_closed().then_some(since),
            closed_at_source: stage.is_closed(),
            seq: 0,
        }
    }

    /// The handoff as time has made it at `now`: a deferral whose end has come is over. Time makes no events, so that
    /// looking never changes anything and a clock that is set back takes nothing with it; whoever asks where a handoff
    /// stands asks this first.
    pub fn at(&self, now: Time) -> Cow<'_, Self> {
        match &self.deferral {
            Some(deferral) if self.stage == Stage::Deferred && deferral.until <= now => {
                let mut back = self.clone();
                back.stage = self.deferred_from.unwrap_or_default();
                back.end_deferral(now);
                Cow::Owned(back)
            }
            _ => Cow::Borrowed(self),
        }
    }

    /// Ends the deferral that holds, if one does, and lets the clocks run on: from the promised moment, even if the
    /// laptop was shut then.
    pub(super) fn end_deferral(&mut self, at: Time) {
        self.deferred_from = None;
        let Some(deferral) = self.deferral.take() else { return };
        if let Some(pause) = self.pauses.last_mut() {
            pause.to.get_or_insert(deferral.until.min(at));
        }
    }

    /// What the rep owes now, if anything. The gate is made of this.
    pub fn debt(&self) -> Option<Debt> {
        match self.stage {
            Stage::Assigned => Some(Debt::Answer),
            Stage::Accepted => Some(Debt::Contact),
            _ => None,
        }
    }

    /// The rep has given it an answer, so that its whole context may be shown without engaging it: here or, while it
    /// is open, where it came from. What its source closed or keeps to itself owes nothing either, but nobody answered
    /// it: a source's word must not show what the gate hides.
    pub fn is_answered(&self) -> bool {
        match self.stage {
            Stage::Accepted | Stage::Attempted | Stage::Connected | Stage::Deferred => true,
            closed if closed.is_closed() => self.answered_at.is_some() && !self.closed_at_source,
            _ => false,
        }
    }

    /// What the rep still has to do before the handoff is complete (R8, R9): acknowledged, an attempt with its outcome
    /// logged, and one of them personal (R50). Nothing for a lead that the rep does not hold (any more).
    pub fn missing(&self, touches: &TouchPolicy) -> Vec<Missing> {
        let mut missing = Vec::new();
        if !self.stage.is_open() {
            return missing;
        }
        if self.answered_at.is_none() {
            missing.push(Missing::Answer);
        }
        let made = &self.touches;
        if self.first_attempt_at.is_none() {
            missing.push(Missing::Contact);
        } else if !touches.generic_count && made.count > 0 && made.count == made.generic {
            missing.push(Missing::PersonalTouch);
        }
        missing
    }
}
