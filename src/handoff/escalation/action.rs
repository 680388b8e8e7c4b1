//! What the hub is asked to do when the time has come.

use serde::{Deserialize, Serialize};

use crate::handoff::Time;
use crate::handoff::summary::ClockKind;

/// What is due. The order is that in which things of one instant come: what happened first, then who is told, then what
/// takes the lead away. (The hub tells managers when that is done.)
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(tag = "action", rename_all = "snake_case")]
pub enum Action {
    /// The deferral is over: the clocks run on, and its owner hears of it.
    Wake,
    /// The context package goes to the rep, at once (R48).
    ContextPackage,
    /// The automatic answer to a lead that came in after hours (R69, F65).
    AutoResponse {
        /// By when it should be there. Where this is long over, there is nobody left to greet: note that it was missed.
        by: Time,
    },
    /// A window is about to close (F71).
    Warn {
        /// Which.
        clock: ClockKind,
        /// When.
        due: Time,
    },
    /// A window closed without its act: an incident (R78, F77), whoever acts later.
    Breach {
        /// Which.
        clock: ClockKind,
        /// Which of its windows, from 1, counted over re-routes.
        window: u32,
        /// When it closed.
        due: Time,
    },
    /// Nobody did anything for too long, day and night (R76). See [`crate::handoff::watch::black_hole`].
    BlackHole,
    /// Too few touches in their time (C15): what [`crate::handoff::machine::consequences`] says now.
    Shortfall,
    /// The owner is told.
    TellOwner,
    /// The personal message to the rep, with the invitation (R48).
    PersonalMessage,
    /// The agreed next step has come.
    NextStep {
        /// When it was agreed for.
        at: Time,
    },
    /// A meeting that they have not confirmed (F74).
    NoShowRisk {
        /// When it is.
        meeting: Time,
    },
    /// Idle for too long without a next step (R84).
    Stalled,
    /// The quality check (R48): see [`super::Quality`].
    QualityCheck,
    /// Data completion takes too long: its owner and marketing are told (F35).
    CompletionOverdue,
    /// Nobody holds it for too long: the queue's monitor is told (R61).
    Unassigned,
    /// Silently rejected, it seems: flagged, and the manager is told (R75).
    FlagNoActivity,
    /// The manager is told (R74, R77, C20).
    AlertManager,
    /// The owner is taken off the rota (F70).
    PauseRep,
    /// To the next available qualified responder (R77).
    Reroute {
        /// Which window was missed.
        window: u32,
    },
    /// To the queue of the inbound response team (R77).
    ToQueue {
        /// Its name.
        queue: String,
    },
    /// The most touches without a connection (C15): what [`crate::handoff::machine::consequences`] says now, which is
    /// back to marketing.
    Exhausted,
}

impl Action {
    /// It calls upon a person, and so waits for the next opening unless it is urgent (section 4, rule 7; F68). What only
    /// records what has happened, is for the lead, or comes at a time that was agreed, does not wait.
    pub fn calls_upon_people(&self) -> bool {
        match self {
            Self::Wake
            | Self::ContextPackage
            | Self::AutoResponse { .. }
            | Self::Breach { .. }
            | Self::BlackHole
            | Self::Shortfall
            | Self::NextStep { .. }
            | Self::Exhausted => false,
            Self::Warn { .. }
            | Self::TellOwner
            | Self::PersonalMessage
            | Self::NoShowRisk { .. }
            | Self::Stalled
            | Self::QualityCheck
            | Self::CompletionOverdue
            | Self::Unassigned
            | Self::FlagNoActivity
            | Self::AlertManager
            | Self::PauseRep
            | Self::Reroute { .. }
            | Self::ToQueue { .. } => true,
        }
    }

    /// It waits for the end of a deferral: nobody is to be called upon for a lead that asked for later. What has
    /// happened has happened all the same.
    pub(super) fn waits_for_wake(&self) -> bool {
        !matches!(
            self,
            Self::Wake | Self::ContextPackage | Self::AutoResponse { .. } | Self::Breach { .. } | Self::BlackHole
        ) && *self != Self::QualityCheck
    }
}
