//! All that could still become due for a lead if nobody acted, each with its time. [`super::chain`] adds the steps of the
//! team's chain.

use std::borrow::Cow;
use std::cmp::Ordering;

use chrono::Duration;

use super::{Action, Case, Due};
use crate::handoff::Time;
use crate::handoff::activity::{Activity, ActivityKind, Direction};
use crate::handoff::clocks::{Clock, clocks, paused};
use crate::handoff::policy::{Anchor, Policy};
use crate::handoff::sla::Mode;
use crate::handoff::state::{Handoff, Stage};
use crate::handoff::summary::ClockKind;
use crate::handoff::watch;

/// The order in which things are done.
pub(super) fn order(one: &Due, other: &Due) -> Ordering {
    (one.at, &one.what, &one.step).cmp(&(other.at, &other.what, &other.step))
}

/// All that could still become due, in no order.
pub(super) fn agenda(case: &Case<'_>) -> Vec<Due> {
    let mut agenda = Agenda::new(case);
    match agenda.handoff.stage {
        Stage::Captured | Stage::Scored => {}
        Stage::Mql | Stage::DataCompletion | Stage::Ready | Stage::Routed => agenda.before_assignment(),
        stage if stage.is_open() => agenda.with_rep(),
        _ => agenda.closed(),
    }
    agenda.all
}

/// The second after a window's last: an act at the due second is in time still (section 4, rule 5).
pub(super) fn past(due: Time) -> Time {
    due + Duration::seconds(1)
}

/// An agenda that is being made.
pub(super) struct Agenda<'c> {
    pub(super) case: &'c Case<'c>,
    /// The handoff as it will stand once a deferral that holds is over.
    pub(super) handoff: Cow<'c, Handoff>,
    /// When that is.
    wake: Option<Time>,
    /// The number of the window that is open, or was the last.
    pub(super) window: u32,
    /// How often it was re-routed by the chain in this cycle.
    pub(super) reroutes: usize,
    is_urgent: bool,
    all: Vec<Due>,
}

impl<'c> Agenda<'c> {
    fn new(case: &'c Case<'c>) -> Self {
        let wake = case.handoff.deferral.as_ref().filter(|_| case.handoff.stage == Stage::Deferred);
        let wake = wake.map(|deferral| deferral.until);
        let handoff = wake.map_or(Cow::Borrowed(case.handoff), |until| case.handoff.at(until));
        let (cycle, assignment) = (case.count.cycle, case.count.assignment);
        let fired = || case.fired.iter().filter(|fired| fired.cycle == cycle);
        let is_missed = |what: &Action| matches!(what, Action::Breach { clock: ClockKind::Acceptance, .. });
        let missed = fired().filter(|fired| fired.assignment < assignment && is_missed(&fired.what)).count();
        let window = u32::try_from(missed).unwrap_or(u32::MAX).saturating_add(1);
        let reroutes = fired().filter(|fired| matches!(fired.what, Action::Reroute { .. })).count();
        let trigger = case.lead.trigger.as_ref().map(|trigger| trigger.kind);
        let is_urgent = trigger.is_some_and(|kind| case.escalation.urgent.contains(&kind));
        Self { case, handoff, wake, window, reroutes, is_urgent, all: Vec::new() }
    }

    /// The key of something that happens once in an assignment.
    pub(super) fn in_assignment(&self, name: &str) -> String {
        format!("a{}/{name}", self.case.count.assignment)
    }

    /// The key of something that happens once in a cycle.
    fn in_cycle(&self, name: &str) -> String {
        format!("c{}/{name}", self.case.count.cycle)
    }

    /// When something that is ripe at `at` may be done: after the deferral, and in hours if it calls upon people.
    pub(super) fn held(&self, at: Time, what: &Action, is_urgent: bool) -> Time {
        let at = self.wake.filter(|_| what.waits_for_wake()).map_or(at, |wake| at.max(wake));
        let is_held = what.calls_upon_people() && !is_urgent && !self.is_urgent;
        if is_held { opening(self.case.policy, at) } else { at }
    }

    /// Adds what has not been fired yet.
    pub(super) fn add(&mut self, step: String, at: Time, what: Action, is_urgent: bool, why: impl Into<String>) {
        if !self.case.fired.iter().any(|fired| fired.step == step) {
            let at = self.held(at, &what, is_urgent);
            self.all.push(Due { at, what, step, is_urgent: is_urgent || self.is_urgent, why: why.into() });
        }
    }

    /// It waits for somebody to take it. Whoever answered it has it, whatever was said of the queue.
    pub(super) fn is_in_queue(&self) -> bool {
        self.case.queue.is_some() && self.handoff.answered_at.is_none()
    }

    fn before_assignment(&mut self) {
        self.auto_response();
        let (policy, escalation) = (self.case.policy, self.case.escalation);
        let since = self.case.waiting_since.unwrap_or(self.handoff.mql_at);
        let after = |seconds: u32| policy.clock(since, i64::from(seconds), Mode::Business).due();
        let stamp = since.timestamp_millis();
        if self.handoff.stage == Stage::DataCompletion {
            if let Some(at) = after(escalation.completion) {
                let step = self.in_cycle(&format!("completion@{stamp}"));
                self.add(step, at, Action::CompletionOverdue, false, "its data has been incomplete for too long");
            }
        } else if let Some(at) = after(escalation.unassigned) {
            let step = self.in_cycle(&format!("unassigned@{stamp}"));
            self.add(step, at, Action::Unassigned, false, "nobody holds it");
        }
        // What was promised to the lead runs on while nobody has it (C3).
        if policy.sla.anchor == Anchor::MqlConverted {
            let as_if = Handoff { stage: Stage::Assigned, ..self.handoff.clone().into_owned() };
            let clocks = clocks(self.case.lead, &as_if, policy);
            clocks.iter().filter(|clock| clock.kind == ClockKind::FirstContact).for_each(|clock| self.breach(clock));
        }
    }

    fn with_rep(&mut self) {
        let clocks = clocks(self.case.lead, &self.handoff, self.case.policy);
        self.auto_response();
        for clock in &clocks {
            self.breach(clock);
        }
        self.black_hole();
        self.chain(&clocks);
        if self.is_in_queue() {
            let wait = i64::from(self.case.escalation.unassigned);
            let since = self.case.waiting_since.unwrap_or(self.handoff.assigned_at);
            if let Some(at) = self.case.policy.clock(since, wait, Mode::Business).due() {
                let step = self.in_assignment(&format!("unassigned@{}", since.timestamp_millis()));
                self.add(step, at, Action::Unassigned, false, "nobody in the queue has taken it");
            }
        } else {
            self.warnings(&clocks);
            self.handover();
            self.conversation();
        }
        self.persistence();
    }

    fn closed(&mut self) {
        for clock in clocks(self.case.lead, &self.handoff, self.case.policy) {
            self.breach(&clock);
        }
        self.black_hole();
        if !self.handoff.closed_at_source {
            self.quality_check();
        }
    }

    /// The end of one of the two promises without its act: it stays one, however late it was answered.
    fn breach(&mut self, clock: &Clock) {
        let due = match (&clock.outcome, clock.met_at) {
            (Some(outcome), _) if !outcome.met => outcome.due,
            (None, None) => clock.due,
            _ => None,
        };
        let Some(due) = due else { return };
        let step = match clock.kind {
            ClockKind::Acceptance => self.in_assignment("acceptance.breach"),
            // The lead clock goes on over re-routes, the rep clock does not (C21, C3).
            ClockKind::FirstContact if self.case.policy.sla.anchor == Anchor::Assigned => {
                self.in_assignment("first_contact.breach")
            }
            ClockKind::FirstContact if !self.case.count.is_reopened => self.in_cycle("first_contact.breach"),
            _ => return,
        };
        let why = format!("the time {} is over ({})", clock.kind.label(), clock.rule);
        self.add(step, past(due), Action::Breach { clock: clock.kind, window: self.window, due }, false, why);
    }

    /// The warnings before the windows close (F71), never after it.
    fn warnings(&mut self, clocks: &[Clock]) {
        let [acceptance, contact] = [ClockKind::Acceptance, ClockKind::FirstContact]
            .map(|kind| clocks.iter().find(|clock| clock.kind == kind && clock.met_at.is_none()));
        let answered = self.handoff.answered_at;
        let is_covered = acceptance.and_then(|clock| clock.due).zip(contact.and_then(|clock| clock.due));
        // One warning does for both where the answer is asked for first, and whoever just answered needs none.
        let contact = contact.filter(|_| is_covered.is_none_or(|(answer, contact)| contact < answer));
        for clock in [acceptance, contact].into_iter().flatten() {
            let Some((ripe, due)) = self.warning(clock).zip(clock.due) else { continue };
            if answered.is_some_and(|answered| ripe < answered) {
                continue;
            }
            let what = Action::Warn { clock: clock.kind, due };
            let at = self.held(ripe.max(self.handoff.assigned_at), &what, false);
            if at < due {
                let step = self.in_assignment(&format!("{}.warning", clock.kind.code()));
                self.add(step, at, what, false, format!("little time is left {} ({})", clock.kind.label(), clock.rule));
            }
        }
    }

    /// When a clock is to be warned of: at a share of its budget, counted as the clock counts.
    fn warning(&self, clock: &Clock) -> Option<Time> {
        let (policy, escalation) = (self.case.policy, self.case.escalation);
        let left = |whole: i64| {
            let left = (whole * i64::from(escalation.warn_share) / 100).max(i64::from(escalation.warn_least));
            (escalation.warn_share > 0 && left < whole).then_some(left)
        };
        match clock.mode {
            Mode::Business | Mode::Wall => {
                let until = policy.clock(clock.start, clock.budget - left(clock.budget)?, clock.mode);
                if clock.kind == ClockKind::FirstContact { paused(until, &self.handoff).due() } else { until.due() }
            }
            // They have no budget of working time: what is there between their beginning and their end is one.
            Mode::WallRoll | Mode::SameDay => {
                let pauses = self.handoff.pauses.iter().filter(|_| clock.kind == ClockKind::FirstContact);
                let from = pauses.filter_map(|pause| pause.to).fold(clock.start, Time::max);
                let due = clock.due?;
                Some(policy.calendar.working_before(due, left(policy.worked(from, due))?)).filter(|&at| at > from)
            }
        }
    }

    fn auto_response(&mut self) {
        let handoff = &self.handoff;
        let is_over = handoff.answered_at.or(handoff.first_attempt_at).is_some() || self.case.count.is_reopened;
        if is_over || self.case.lead.person.do_not_email {
            return;
        }
        let came = handoff.mql_at;
        if let Some(answer) = watch::auto_response(handoff, self.case.trail, self.case.policy)
            && answer.sent.is_none()
        {
            let what = Action::AutoResponse { by: answer.due };
            self.add(self.in_cycle("auto_response"), came, what, false, "it came in after hours");
        }
    }

    /// The three steps of the handoff (R48).
    fn handover(&mut self) {
        let assigned = self.handoff.assigned_at;
        let step = self.in_assignment("context_package");
        self.add(step, assigned, Action::ContextPackage, false, "it was given to somebody");
        let wait = i64::from(self.case.escalation.personal_message);
        if self.handoff.answered_at.is_none()
            && let Some(at) = self.case.policy.clock(assigned, wait, Mode::Business).due()
        {
            let step = self.in_assignment("personal_message");
            self.add(step, at, Action::PersonalMessage, false, "it has not been acknowledged");
        }
        self.quality_check();
    }

    fn quality_check(&mut self) {
        let wait = i64::from(self.case.escalation.quality_check);
        if let Some(at) = self.case.policy.clock(self.handoff.assigned_at, wait, Mode::WallRoll).due() {
            let step = self.in_assignment("quality_check");
            self.add(step, at, Action::QualityCheck, false, "it was given to somebody a day ago");
        }
    }

    fn black_hole(&mut self) {
        let at = self.handoff.assigned_at + Duration::seconds(i64::from(self.case.policy.sla.black_hole));
        if let Some(hole) = watch::black_hole(&self.handoff, self.case.policy, at) {
            let why = format!("nobody did anything since it was given, {} working minutes of it", hole.working / 60);
            self.add(self.in_assignment("black_hole"), at, Action::BlackHole, false, why);
        }
    }

    /// What watches over a conversation that was begun: its next step, the meeting, and that it does not stall.
    fn conversation(&mut self) {
        if let Some(until) = self.wake {
            let step = self.in_cycle(&format!("wake@{}", until.timestamp_millis()));
            self.add(step, until, Action::Wake, false, "the deferral is over");
        }
        let Some(touched) = self.handoff.last_touch_at else { return };
        let step_at = self.handoff.next_step.as_ref().map(|next| next.at);
        if let Some(at) = step_at {
            let step = self.in_cycle(&format!("next_step@{}", at.timestamp_millis()));
            self.add(step, at, Action::NextStep { at }, false, "the agreed next step has come");
            self.no_show(touched, at);
        }
        let ends = self.handoff.pauses.iter().filter_map(|pause| pause.to).chain(step_at);
        let idle = ends.fold(touched, Time::max);
        let days = self.case.policy.sla.stalled_days;
        let step = self.in_cycle(&format!("stalled@{}", idle.timestamp_millis()));
        let why = format!("nothing happened for {days} days, and no next step is agreed");
        self.add(step, idle + Duration::days(i64::from(days)), Action::Stalled, false, why);
    }

    /// A meeting that was agreed with them is at risk while they have not said that they come, and where they stayed
    /// away from one before (F74). Before they were reached, a next step is only the rep's own plan.
    fn no_show(&mut self, agreed: Time, meeting: Time) {
        if self.handoff.stage != Stage::Connected {
            return;
        }
        let (has_confirmed, stayed_away) = (
            self.case.trail.iter().any(|act| is_word_of_theirs(act) && act.at.is_some_and(|at| at > agreed)),
            self.case.trail.iter().any(is_no_show),
        );
        let why = match (has_confirmed, stayed_away) {
            (true, false) => return,
            (false, false) => "they have not confirmed the meeting",
            (_, true) => "they stayed away from a meeting before",
        };
        let before = i64::from(self.case.escalation.no_show);
        let at = self.case.policy.calendar.working_before(meeting, before).max(agreed);
        let what = Action::NoShowRisk { meeting };
        if self.held(at, &what, false) < meeting {
            let step = self.in_cycle(&format!("no_show@{}", meeting.timestamp_millis()));
            self.add(step, at, what, false, why);
        }
    }

    /// The two rules of persistence (C15), as [`crate::handoff::machine::consequences`] has them.
    fn persistence(&mut self) {
        let most = self.case.policy.touches.most;
        match self.handoff.last_touch_at {
            Some(touched) if self.handoff.stage == Stage::Attempted && self.handoff.touches.count >= most => {
                let why = format!("{most} touches were made without a connection");
                self.add(self.in_assignment("exhausted"), touched, Action::Exhausted, false, why);
            }
            _ => {
                if let Some(at) = watch::touches_due(&self.handoff, self.case.policy) {
                    let why = "too few touches were made in the time for them";
                    self.add(self.in_assignment("shortfall"), at, Action::Shortfall, false, why);
                }
            }
        }
    }
}

/// Something that they wrote or said to us.
fn is_word_of_theirs(act: &Activity) -> bool {
    use ActivityKind::{Call, Chat, Email, Form, Meeting, Message};
    act.direction == Direction::Inbound && matches!(act.kind, Call | Chat | Email | Form | Meeting | Message)
}

/// A meeting to which they did not come, in any CRM's spelling.
fn is_no_show(act: &Activity) -> bool {
    let plain = |text: &String| text.to_lowercase().replace(['-', '_', ' '], "").contains("noshow");
    act.kind == ActivityKind::Meeting && act.outcome.as_ref().is_some_and(plain)
}

/// `at` if somebody is there then, else the next opening by the calendars in force; `at` where there is none any more.
fn opening(policy: &Policy, at: Time) -> Time {
    let mut from = at;
    for former in policy.former.iter().filter(|former| former.until > at) {
        if let Some(opening) = former.calendar.next_opening(from).filter(|&opening| opening < former.until) {
            return opening.max(from);
        }
        from = former.until;
    }
    policy.calendar.next_opening(from).map_or(at, |opening| opening.max(from))
}
