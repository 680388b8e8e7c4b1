use uuid::Uuid;

use super::*;
use crate::handoff::calendar::Calendar;
use crate::handoff::event::{Actor, Event, EventKind};
use crate::handoff::lead::Trigger;
use crate::handoff::machine;
use crate::handoff::policy::FormerCalendar;
use crate::handoff::score::Category;

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

fn due(kind: TriggerKind, category: Option<Category>, mql: &str) -> Time {
    let (lead, handoff) = lead(kind, category, mql);
    let clocks = clocks(&lead, &handoff, &Policy::default());
    clocks.iter().find(|clock| clock.kind == ClockKind::FirstContact).and_then(|clock| clock.due).unwrap()
}

#[test]
fn the_policy_table_gives_each_kind_its_time() {
    let noon = "2026-11-20T12:00:00Z";
    assert_eq!(due(TriggerKind::Demo, Some(Category::A), noon), t("2026-11-20T12:05:00Z"));
    assert_eq!(due(TriggerKind::Webinar, None, noon), t("2026-11-20T12:30:00Z"));
    assert_eq!(due(TriggerKind::Threshold, Some(Category::B), noon), t("2026-11-20T13:00:00Z"));
    assert_eq!(due(TriggerKind::Content, None, noon), t("2026-11-20T17:00:00Z"));
    assert_eq!(due(TriggerKind::Content, Some(Category::A), noon), t("2026-11-20T13:00:00Z"), "A is capped at 60 min");
}

#[test]
fn after_hours_no_sources_promise_is_broken() {
    // C6: a Friday-night demo is due Monday 9:05, B and C by Monday 11:00.
    let night = "2026-11-20T22:00:00Z";
    assert_eq!(due(TriggerKind::Demo, Some(Category::A), night), t("2026-11-23T09:05:00Z"));
    let (mut lead, handoff) = lead(TriggerKind::Content, Some(Category::C), night);
    lead.trigger = lead.trigger.map(|trigger| Trigger { kind: TriggerKind::Content, ..trigger });
    let mut policy = Policy::default();
    policy.sla.rules.retain(|rule| rule.name == "category C");
    let clocks = clocks(&lead, &handoff, &policy);
    assert_eq!(clocks[1].due, Some(t("2026-11-23T11:00:00Z")));
    assert_eq!(clocks[1].rule, "category C, after hours");
}

#[test]
fn a_lead_whose_trigger_nobody_told_has_the_time_of_its_category() {
    let due = |category, mql: &str| {
        let (mut lead, handoff) = lead(TriggerKind::Manual, category, mql);
        lead.trigger = None;
        clocks(&lead, &handoff, &Policy::default())[1].due
    };
    let (noon, night) = ("2026-11-20T12:00:00Z", "2026-11-20T22:00:00Z");
    assert_eq!(due(None, noon), Some(t("2026-11-20T13:00:00Z")), "standard (R66)");
    assert_eq!(due(Some(Category::A), noon), Some(t("2026-11-20T13:00:00Z")));
    assert_eq!(due(Some(Category::B), noon), Some(t("2026-11-20T16:00:00Z")));
    assert_eq!(due(Some(Category::C), noon), Some(t("2026-11-23T09:00:00Z")), "24 h, rolled to the opening");
    // C6: B and C by Monday 11:00.
    assert_eq!(due(Some(Category::B), night), Some(t("2026-11-23T11:00:00Z")));
    assert_eq!(due(Some(Category::C), night), Some(t("2026-11-23T11:00:00Z")));
}

#[test]
fn the_first_rule_or_the_earliest_due_time_wins_as_configured() {
    let (lead, handoff) = lead(TriggerKind::Content, Some(Category::A), "2026-11-20T10:00:00Z");
    let mut policy = Policy::default();
    assert_eq!(clocks(&lead, &handoff, &policy)[1].rule, "category A");
    policy.sla.combine = Combine::First;
    assert_eq!(clocks(&lead, &handoff, &policy)[1].rule, "content, same day");
}

#[test]
fn acceptance_counts_from_assignment_and_contact_from_the_conversion() {
    let (lead, mut handoff) = lead(TriggerKind::HandRaiser, None, "2026-11-20T10:00:00Z");
    handoff.assigned_at = t("2026-11-20T10:10:00Z");
    let mut policy = Policy::default();
    let dues: Vec<_> = clocks(&lead, &handoff, &policy).iter().map(|clock| clock.due.unwrap()).collect();
    assert_eq!(dues[..2], [t("2026-11-20T10:40:00Z"), t("2026-11-20T10:30:00Z")]);
    policy.sla.anchor = Anchor::Assigned;
    assert_eq!(clocks(&lead, &handoff, &policy)[1].due, Some(t("2026-11-20T10:40:00Z")));
}

#[test]
fn a_lead_without_a_rule_is_still_watched() {
    let (lead, handoff) = lead(TriggerKind::Content, None, "2026-11-20T10:00:00Z");
    let mut policy = Policy::default();
    policy.sla.rules.clear();
    let clocks = clocks(&lead, &handoff, &policy);
    assert_eq!(clocks[0].due, Some(t("2026-11-20T12:00:00Z")), "acknowledged within 2 h (R74)");
    assert_eq!(clocks[2].due, Some(t("2026-11-20T14:00:00Z")), "some activity within 4 h (R75)");
}

#[test]
fn why_due_lists_the_windows_of_the_promise_that_holds() {
    let (lead, handoff) = lead(TriggerKind::Threshold, None, "2026-11-20T16:30:00Z");
    let policy = Policy::default();
    let clocks = clocks(&lead, &handoff, &policy);
    let walk = why_due(&clocks[1], &handoff, &policy);
    assert_eq!(walk.due, clocks[1].due);
    assert_eq!(walk.spent.iter().map(|spent| spent.seconds).collect::<Vec<_>>(), [1800, 1800]);
}

/// The clocks that a lead's acceptance at `at` closes.
fn accepted(lead: &Lead, handoff: &Handoff, policy: &Policy, at: &str) -> Handoff {
    let event = Event::new(Uuid::nil(), 1, t(at), Actor::rep("ana"), EventKind::Accepted { implicit: false });
    machine::happen(handoff, lead, policy, event).unwrap().0
}

#[test]
fn a_closed_clock_keeps_its_outcome_whatever_is_edited_later() {
    let (lead, handoff) = lead(TriggerKind::Demo, None, "2026-11-20T10:00:00Z");
    let mut policy = Policy::default();
    let handoff = accepted(&lead, &handoff, &policy, "2026-11-20T10:04:38Z");
    let due = Some(t("2026-11-20T10:05:00Z"));
    let kept = &handoff.closed[0];
    assert_eq!((kept.clock, kept.rule.as_str()), (ClockKind::Acceptance, "demo or pricing"));
    assert_eq!(kept.outcome, Outcome { met: true, due, diff_seconds: 22 });
    assert_eq!(kept.calendar, policy.calendar.version());
    // Rules of a minute, and an office that is closed on Fridays.
    policy.sla.rules.iter_mut().for_each(|rule| rule.budget = 60);
    policy.former.push(FormerCalendar { until: t("2026-11-20T12:00:00Z"), calendar: policy.calendar.clone() });
    policy.calendar = Calendar::always();
    let shown = clocks(&lead, &handoff, &policy);
    assert_eq!((shown[0].due, shown[0].left(&policy, t("2027-01-01T00:00:00Z"))), (due, 22));
    assert_eq!(shown[0].outcome.map(|outcome| outcome.met), Some(true));
}

#[test]
fn a_late_answer_is_missed_by_the_working_time_since() {
    let (lead, handoff) = lead(TriggerKind::Demo, None, "2026-11-20T16:50:00Z");
    let handoff = accepted(&lead, &handoff, &Policy::default(), "2026-11-23T09:02:00Z");
    let outcome = handoff.closed[0].outcome;
    assert_eq!((outcome.met, outcome.diff_seconds), (false, -7 * 60), "five minutes on Friday, two on Monday");
}

#[test]
fn what_was_closed_before_it_came_here_has_no_outcome() {
    let (mut lead, _) = lead(TriggerKind::Demo, None, "2026-11-20T10:00:00Z");
    lead.stage.canonical = Some(Stage::Rejected);
    let handoff = Handoff::arrived(&lead, t("2026-11-23T10:00:00Z"));
    let clocks = clocks(&lead, &handoff, &Policy::default());
    assert!(clocks.iter().all(|clock| clock.met_at.is_some() && clock.outcome.is_none() && clock.due.is_none()));
}

#[test]
fn an_edit_of_the_calendar_replans_the_rest_of_a_running_clock_only() {
    let (lead, handoff) = lead(TriggerKind::Threshold, None, "2026-11-20T16:30:00Z");
    let mut policy = Policy::default();
    assert_eq!(clocks(&lead, &handoff, &policy)[1].due, Some(t("2026-11-23T09:30:00Z")));
    // From Friday night on the office opens at noon: half an hour was used up, half an hour is left.
    let noon = std::array::from_fn(|_| vec!["12:00-17:00".parse().unwrap()]);
    let until = t("2026-11-20T20:00:00Z");
    policy.former.push(FormerCalendar { until, calendar: policy.calendar.clone() });
    policy.calendar = Calendar::new("noon", chrono_tz::UTC, noon, Default::default(), Default::default());
    let contact = &clocks(&lead, &handoff, &policy)[1];
    assert_eq!(contact.due, Some(t("2026-11-21T12:30:00Z")));
    assert_eq!(policy.worked(handoff.mql_at, until), 1800);
    assert_eq!(contact.left(&policy, t("2026-11-21T13:00:00Z")), -1800);
}
