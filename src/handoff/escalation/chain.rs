//! The team's chain of steps: what sets each off, when, and what it does (F66-F69, R74-R77).

use chrono::{Datelike, Timelike};

use super::agenda::{Agenda, past};
use super::{Action, Deed, On, Step};
use crate::handoff::Time;
use crate::handoff::clocks::{Clock, paused};
use crate::handoff::sla::Mode;
use crate::handoff::state::Stage;
use crate::handoff::summary::ClockKind;

impl Agenda<'_> {
    /// Adds the steps of the chain that are still to come.
    pub(super) fn chain(&mut self, clocks: &[Clock]) {
        let steps = &self.case.escalation.steps;
        for step in steps {
            let Some(since) = self.set_off(step.on, clocks).filter(|_| self.is_for_window(step)) else { continue };
            for turn in 0..=step.repeat {
                self.step(step, since, turn);
            }
        }
    }

    /// Whether the step is for the window that is open; the highest number of its kind is for all later ones.
    fn is_for_window(&self, step: &Step) -> bool {
        let Some(window) = step.window else { return true };
        let alike = self.case.escalation.steps.iter().filter(|other| other.on == step.on);
        let highest = alike.filter_map(|other| other.window).max();
        window == self.window || (window < self.window && Some(window) == highest)
    }

    /// When what the steps wait for happens, if nobody acts.
    fn set_off(&self, on: On, clocks: &[Clock]) -> Option<Time> {
        let handoff = &self.handoff;
        let policy = self.case.policy;
        let running = |kind| clocks.iter().find(|clock| clock.kind == kind && clock.met_at.is_none());
        let is_unanswered = running(ClockKind::Acceptance).is_some();
        match on {
            On::Acceptance => running(ClockKind::Acceptance)?.due.map(past),
            On::FirstContact => {
                // They may also have deferred it before they accepted.
                let is_answered = matches!(handoff.stage, Stage::Accepted | Stage::Assigned);
                let answered = handoff.answered_at.filter(|_| is_answered)?;
                let due = running(ClockKind::FirstContact)?.due?;
                if answered <= due {
                    return Some(past(due));
                }
                let grace = policy.clock(answered, i64::from(self.case.escalation.contact_grace), Mode::Business);
                paused(grace, handoff).due().map(past)
            }
            On::Unacknowledged if is_unanswered => {
                policy.clock(handoff.assigned_at, i64::from(policy.sla.acknowledge), Mode::Business).due().map(past)
            }
            On::NoActivity => running(ClockKind::NoActivity)?.due.map(past),
            On::BlackHole if is_unanswered => {
                Some(handoff.assigned_at + chrono::Duration::seconds(i64::from(policy.sla.black_hole)))
            }
            On::Unacknowledged | On::BlackHole => None,
        }
    }

    fn step(&mut self, step: &Step, since: Time, turn: u32) {
        let wait = i64::from(step.after) + i64::from(turn) * i64::from(step.every);
        let ripe = match wait {
            0 => Some(since),
            wait => paused(self.case.policy.clock(since, wait, Mode::Business), &self.handoff).due(),
        };
        let Some(ripe) = ripe else { return };
        for &deed in step.deeds.iter().filter(|deed| turn == 0 || deed.can_repeat()) {
            let Some(what) = self.action(step, deed) else { continue };
            let at = self.held(ripe, &what, step.is_urgent);
            if !self.is_time_for(step, at) {
                continue;
            }
            // After the answer, silence is another silence (F69).
            let answered =
                if step.on == On::NoActivity && self.handoff.answered_at.is_some() { "/answered" } else { "" };
            let repeated = if turn == 0 { String::new() } else { format!("#{turn}") };
            let key = self.in_assignment(&format!("{}/{}{answered}{repeated}", step.name, deed.code()));
            self.add(key, at, what, step.is_urgent, format!("step “{}”", step.name));
        }
    }

    /// What a deed comes to for this lead; nothing where there is nobody for it.
    fn action(&self, step: &Step, deed: Deed) -> Option<Action> {
        let is_held_by_rep = !self.is_in_queue();
        let is_pinned = self.case.lead.routing.as_ref().is_some_and(|routing| routing.pinned);
        let most = usize::try_from(self.case.escalation.reroutes).unwrap_or(usize::MAX);
        match deed {
            Deed::TellOwner => is_held_by_rep.then_some(Action::TellOwner),
            Deed::PauseRep => is_held_by_rep.then_some(Action::PauseRep),
            Deed::AlertManager => Some(Action::AlertManager),
            Deed::Flag => Some(Action::FlagNoActivity),
            // A named account owner keeps it (C20), and so does the last of those between whom it went round; the manager
            // hears of it once.
            Deed::Reroute if is_pinned || self.reroutes >= most => {
                (!step.deeds.contains(&Deed::AlertManager)).then_some(Action::AlertManager)
            }
            Deed::Reroute => is_held_by_rep.then_some(Action::Reroute { window: self.window }),
            Deed::ToQueue => is_held_by_rep.then(|| Action::ToQueue { queue: self.case.escalation.queue.clone() }),
        }
    }

    /// The step's conditions on the day and the hour (F67), by the clock on its owner's wall.
    fn is_time_for(&self, step: &Step, at: Time) -> bool {
        let local = at.with_timezone(&self.case.policy.calendar.zone());
        let is_day = step.days.is_empty() || step.days.contains(&local.weekday());
        let minute = local.hour() * 60 + local.minute();
        let is_hour = step.hours.is_none_or(|hours| {
            let (open, close) = (u32::from(hours.open()), u32::from(hours.close()));
            (open..close).contains(&minute) || (open..close).contains(&(minute + 24 * 60))
        });
        is_day && is_hour
    }
}
