use super::*;
use crate::handoff::disposition::{Deferral, NextStep};
use crate::handoff::lead::{Trigger, TriggerKind};
use crate::handoff::score::Category;
use crate::handoff::sla;

fn t(text: &str) -> Time {
    text.parse().unwrap()
}

/// A lead of this trigger and category that became an MQL and was assigned at `mql`; the default calendar is Monday to
/// Friday, 9 to 17 UTC. 2026-11-20 is a Friday.
fn lead(kind: TriggerKind, category: Option<Category>, mql: &str) -> (Lead, Handoff) {
    let trigger = Trigger { kind, what: kind.label().into(), at: None, before: None, after: None, threshold: None };
    let lead = Lead { trigger: Some(trigger), category, mql_at: Some(t(mql)), ..Lead::default() };
    let handoff = Handoff::arrived(&lead, t(mql));
    (lead, handoff)
}

#[test]
fn a_lead_comes_under_due_within_the_horizon_and_says_when() {
    let (lead, handoff) = lead(TriggerKind::Content, None, "2026-11-20T10:00:00Z");
    let policy = Policy {
        sla: crate::handoff::policy::SlaPolicy { acknowledge: 8 * 3600, no_activity: 9 * 3600, ..Default::default() },
        ..Policy::default()
    };
    let early = standing(&lead, &handoff, &policy, t("2026-11-20T10:00:00Z"));
    assert_eq!((early.tab, early.is_due, early.wake_at), (Tab::New, false, Some(t("2026-11-20T16:00:00Z"))));
    let late = standing(&lead, &handoff, &policy, t("2026-11-20T16:00:00Z"));
    assert_eq!((late.is_due, late.wake_at), (true, None));
}

#[test]
fn a_deferral_freezes_the_contact_clock_and_says_when_it_returns() {
    let (lead, mut handoff) = lead(TriggerKind::Threshold, None, "2026-11-20T10:00:00Z");
    let until = t("2026-11-24T09:00:00Z");
    handoff.stage = Stage::Deferred;
    handoff.answered_at = Some(t("2026-11-20T10:20:00Z"));
    handoff.deferral = Some(Deferral { until, why: "next week".into() });
    handoff.pauses.push(sla::Pause { from: t("2026-11-20T10:20:00Z"), to: None });
    let standing = standing(&lead, &handoff, &Policy::default(), t("2026-11-20T11:00:00Z"));
    assert_eq!((standing.tab, standing.returns_at, standing.wake_at), (Tab::Deferred, Some(until), Some(until)));
    let deadline = standing.deadline.unwrap();
    assert_eq!((deadline.clock, deadline.due, deadline.frozen), (ClockKind::FirstContact, None, 40 * 60));
}

#[test]
fn after_the_first_contact_the_next_step_or_seven_idle_days_count() {
    let (lead, mut handoff) = lead(TriggerKind::Demo, None, "2026-11-20T10:00:00Z");
    let touched = t("2026-11-20T10:03:00Z");
    handoff.stage = Stage::Attempted;
    (handoff.answered_at, handoff.first_attempt_at, handoff.last_touch_at) =
        (Some(touched), Some(touched), Some(touched));
    let kind =
        |handoff: &Handoff| standing(&lead, handoff, &Policy::default(), touched).deadline.map(|d| (d.clock, d.due));
    assert_eq!(kind(&handoff), Some((ClockKind::Stalled, Some(t("2026-11-27T10:03:00Z")))));
    let at = t("2026-11-23T10:00:00Z");
    handoff.next_step = Some(NextStep { at, what: "call".into() });
    assert_eq!(kind(&handoff), Some((ClockKind::NextStep, Some(at))));
}

#[test]
fn a_skipped_lead_stands_behind_for_half_a_day_and_a_snoozed_one_is_hidden() {
    let (lead, mut handoff) = lead(TriggerKind::Demo, None, "2026-11-20T10:00:00Z");
    handoff.skipped_at = Some(t("2026-11-20T10:01:00Z"));
    let policy = Policy::default();
    let skipped = standing(&lead, &handoff, &policy, t("2026-11-20T10:02:00Z"));
    assert_eq!((skipped.turn, skipped.wake_at), (Some(2), Some(t("2026-11-20T22:01:00Z"))));
    assert_eq!(standing(&lead, &handoff, &policy, t("2026-11-20T22:01:00Z")).turn, Some(0));
    handoff.snoozed_until = Some(t("2026-11-20T12:00:00Z"));
    let snoozed = standing(&lead, &handoff, &policy, t("2026-11-20T11:00:00Z"));
    assert_eq!((snoozed.tab, snoozed.turn, snoozed.is_due), (Tab::Deferred, None, false));
    assert!(snoozed.deadline.is_some_and(|deadline| deadline.due.is_some()), "its clock runs");
}

#[test]
fn what_is_left_is_working_time_and_goes_on_below_zero() {
    let policy = Policy::default();
    let deadline =
        |mode| Deadline { clock: ClockKind::Acceptance, due: Some(t("2026-11-23T09:30:00Z")), mode, frozen: 0 };
    let friday = t("2026-11-20T16:00:00Z");
    assert_eq!(deadline(Mode::Business).left(&policy, friday), 90 * 60);
    assert_eq!(deadline(Mode::Wall).left(&policy, friday), 65 * 3600 + 30 * 60);
    assert_eq!(deadline(Mode::Business).left(&policy, t("2026-11-23T09:42:00Z")), -12 * 60);
}

#[test]
fn who_was_given_a_lead_late_sees_their_own_window_and_not_what_was_lost_before() {
    let (lead, mut handoff) = lead(TriggerKind::Demo, None, "2026-11-20T10:00:00Z");
    let policy = Policy::default();
    let at = |handoff: &Handoff, now: &str| standing(&lead, handoff, &policy, t(now)).deadline.unwrap();
    let first = at(&handoff, "2026-11-20T10:00:00Z").due.unwrap();
    // The one before let it wait until the first contact was late as well.
    handoff.assigned_at = first + Duration::seconds(1);
    let mine = at(&handoff, "2026-11-20T10:06:00Z");
    assert_eq!(mine.clock, ClockKind::Acceptance);
    assert!(mine.due.unwrap() > handoff.assigned_at);
    // Their own lateness is told as such …
    assert_eq!(at(&handoff, "2026-11-20T15:00:00Z"), mine);
    // … and once they answered, the contact is what is owed.
    handoff.stage = Stage::Accepted;
    handoff.answered_at = Some(t("2026-11-20T10:06:00Z"));
    assert_eq!(at(&handoff, "2026-11-20T10:07:00Z").clock, ClockKind::FirstContact);
}
