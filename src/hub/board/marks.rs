//! What is kept of each lead so that the board need not walk them: written with every change of it, and by the clock when
//! time alone makes one.

use chrono::Duration;

use crate::config::Config;
use crate::handoff::Time;
use crate::handoff::clocks::clocks;
use crate::handoff::sla::Mode;
use crate::handoff::standing::nearest;
use crate::handoff::state::{Handoff, Stage};
use crate::handoff::summary::ClockKind;
use crate::hub::leads::Case;

/// The clock of data completion (F35).
pub(super) const COMPLETION: &str = "completion";
/// The clock of a lead that nobody holds (R61).
const UNASSIGNED: &str = "unassigned";
/// The end of a deferral: it is no promise, but something comes then.
pub(super) const DEFERRAL: &str = "deferral";

/// What is kept of one lead.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Marks {
    /// Since when it waits for a person: to answer it, to take it, to complete its data.
    pub waits_since: Option<Time>,
    /// When its nearest clock runs out, and which it is.
    pub due: Option<(Time, &'static str)>,
    /// From when on nobody has answered or touched it for too long (R75, R76), unless somebody does before.
    pub idle_at: Option<Time>,
}

impl Marks {
    /// What is to be kept of a lead as it stands at `now`. Only a save changes it: what ends by time alone wakes the lead
    /// (`clockwork`).
    pub fn of(case: &Case, config: &Config, now: Time) -> Self {
        if case.merged_into.is_some() {
            return Self::default();
        }
        let handoff = case.handoff.at(now);
        let handoff = handoff.as_ref();
        let waits = |seconds: u32, what: &'static str| {
            let due = config.policy.clock(handoff.mql_at, i64::from(seconds), Mode::Business).due();
            Self { waits_since: Some(handoff.mql_at), due: due.map(|due| (due, what)), idle_at: None }
        };
        match handoff.stage {
            Stage::DataCompletion => waits(config.escalation.completion, COMPLETION),
            Stage::Mql | Stage::Ready | Stage::Routed => waits(config.escalation.unassigned, UNASSIGNED),
            stage if stage.is_open() => Self::of_open(case, handoff, config),
            _ => Self::default(),
        }
    }

    fn of_open(case: &Case, handoff: &Handoff, config: &Config) -> Self {
        let policy = &config.policy;
        let clocks = clocks(&case.lead, handoff, policy);
        let running = || clocks.iter().filter(|clock| clock.met_at.is_none());
        let nearest = nearest(&clocks, handoff).and_then(|deadline| Some((deadline.due?, deadline.clock.code())));
        let is_unanswered = handoff.stage == Stage::Assigned;
        let black_hole = handoff.assigned_at + Duration::seconds(i64::from(policy.sla.black_hole));
        let silent = running().find(|clock| clock.kind == ClockKind::NoActivity).and_then(|clock| clock.due);
        let idle = [Some(black_hole).filter(|_| is_unanswered), silent].into_iter().flatten().min();
        Self {
            waits_since: is_unanswered.then_some(handoff.assigned_at),
            due: nearest.or_else(|| handoff.deferral.as_ref().map(|deferral| (deferral.until, DEFERRAL))),
            // What nobody holds, nobody neglects: it stands in its queue.
            idle_at: idle.filter(|_| case.owner.is_some()),
        }
    }
}
