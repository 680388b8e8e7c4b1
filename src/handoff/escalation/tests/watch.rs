use super::super::*;
use super::rig::{World, attempt, friday, time};
use crate::handoff::activity::{ActivityKind, Direction};
use crate::handoff::disposition::{Act, Outcome};
use crate::handoff::lead::TriggerKind;
use crate::handoff::policy::Shortfall;
use crate::handoff::state::Stage;

const NEVER: [Time; 0] = [];

fn times(world: &World, is_it: impl Fn(&Action) -> bool) -> Vec<Time> {
    world.log.iter().filter(|due| is_it(&due.what)).map(|due| due.at).collect()
}

fn quiet(mut world: World) -> World {
    world.escalation.steps.clear();
    world
}

#[test]
fn the_three_steps_of_the_handoff() {
    let mut world = quiet(World::assigned(TriggerKind::Threshold, friday("10:00:00")));
    world.run(time("2026-11-23T09:00:00Z"));
    let is_step =
        |due: &&Due| matches!(due.what, Action::ContextPackage | Action::PersonalMessage | Action::QualityCheck);
    let steps: Vec<_> = world.log.iter().filter(is_step).map(|due| (due.at, &due.what)).collect();
    assert_eq!(
        steps,
        [
            (friday("10:00:00"), &Action::ContextPackage),
            (friday("10:30:00"), &Action::PersonalMessage),
            (time("2026-11-23T09:00:00Z"), &Action::QualityCheck),
        ]
    );
    assert_eq!(Quality::of(&world.handoff).missing().len(), 3);
    world.act(&attempt(Outcome::Reached, None), time("2026-11-23T09:05:00Z"));
    assert!(Quality::of(&world.handoff).is_complete());
}

#[test]
fn an_acknowledged_lead_needs_no_message_and_a_rejected_one_is_checked_too() {
    let mut world = quiet(World::assigned(TriggerKind::Threshold, friday("10:00:00")));
    world.act(
        &Act::Reject(crate::handoff::disposition::Rejection { code: "budget".into(), ..Default::default() }),
        friday("10:10:00"),
    );
    world.run(time("2026-11-23T09:00:00Z"));
    assert_eq!(times(&world, |what| *what == Action::PersonalMessage), NEVER);
    assert_eq!(times(&world, |what| *what == Action::QualityCheck), [time("2026-11-23T09:00:00Z")]);
    assert!(Quality::of(&world.handoff).is_complete());
}

#[test]
fn a_black_hole_is_told_once_and_stays_one_when_it_is_answered() {
    let mut world = quiet(World::assigned(TriggerKind::Threshold, time("2026-11-23T10:00:00Z")));
    let mut answered = world.clone();
    world.run(time("2026-11-27T10:00:00Z"));
    let hole = |world: &World| times(world, |what| *what == Action::BlackHole);
    assert_eq!(hole(&world), [time("2026-11-24T10:00:00Z")]);
    assert!(world.log.iter().any(|due| due.why.contains("480 working minutes")), "{:?}", world.log);
    answered.act(&Act::Accept, time("2026-11-24T12:00:00Z"));
    answered.run(time("2026-11-27T10:00:00Z"));
    assert_eq!(hole(&answered), [time("2026-11-24T10:00:00Z")], "a late answer makes it no better (C8)");
    let mut soon = quiet(World::assigned(TriggerKind::Threshold, time("2026-11-23T10:00:00Z")));
    soon.act(&Act::Accept, time("2026-11-24T09:59:00Z"));
    soon.run(time("2026-11-27T10:00:00Z"));
    assert_eq!(hole(&soon), NEVER);
}

#[test]
fn what_nobody_holds_is_told_to_whoever_watches_it_and_its_promise_runs() {
    let mut world = World::new(TriggerKind::Demo, friday("10:00:00"));
    world.run(friday("10:20:00"));
    let alone = ["Fri 10:05:01 breach first_contact 1", "Fri 10:15:00 unassigned"];
    assert_eq!(world.told(), alone);
    world.assign(friday("10:20:00"));
    world.run(friday("10:25:00"));
    assert_eq!(world.told()[2..], ["Fri 10:23:45 warn acceptance"], "and the same breach is not told again");
}

#[test]
fn data_completion_has_its_own_clock() {
    let mut world = World::new(TriggerKind::Threshold, friday("10:00:00"));
    world.policy.sla.anchor = crate::handoff::policy::Anchor::Assigned;
    world.happen(EventKind::PreflightFailed { missing: vec!["company".into()] }, friday("10:01:00"));
    world.waiting_since = Some(friday("10:01:00"));
    world.run(friday("16:00:00"));
    assert_eq!(world.told(), ["Fri 14:01:00 completion_overdue"]);
}

#[test]
fn after_hours_the_lead_is_answered_at_once_and_once() {
    let mut world = World::assigned(TriggerKind::Demo, friday("20:00:00"));
    world.run(friday("23:00:00"));
    assert_eq!(world.told(), ["Fri 20:00:00 auto_response"]);
    assert!(world.log.iter().any(|due| due.what == Action::AutoResponse { by: friday("20:15:00") }));
    let mut barred = World::assigned(TriggerKind::Demo, friday("20:00:00"));
    barred.lead.person.do_not_email = true;
    barred.run(friday("23:00:00"));
    assert_eq!(barred.told(), Vec::<String>::new());
    let mut within = World::assigned(TriggerKind::Content, friday("10:00:00"));
    within.run(friday("10:30:00"));
    assert_eq!(within.told(), Vec::<String>::new());
}

#[test]
fn any_touch_begins_the_idle_week_anew_and_an_agreed_step_goes_before_it() {
    let mut world = quiet(World::assigned(TriggerKind::Threshold, friday("10:00:00")));
    world.policy.touches.least = 0;
    world.act(&attempt(Outcome::Voicemail, None), friday("10:10:00"));
    world.run(time("2026-11-26T09:00:00Z"));
    world.act(&attempt(Outcome::Voicemail, Some(time("2026-11-30T18:00:00Z"))), time("2026-11-26T09:00:00Z"));
    let stalled = |world: &World| times(world, |what| *what == Action::Stalled);
    world.run(time("2026-12-07T17:59:00Z"));
    assert_eq!(stalled(&world), NEVER);
    let next_step = |what: &Action| matches!(what, Action::NextStep { .. });
    assert_eq!(times(&world, next_step), [time("2026-11-30T18:00:00Z")], "the rep agreed upon the evening");
    world.run(time("2026-12-20T00:00:00Z"));
    assert_eq!(stalled(&world), [time("2026-12-08T09:00:00Z")], "once, and in the morning");
}

#[test]
fn a_meeting_is_at_risk_until_they_confirm_it() {
    let meeting = time("2026-11-24T10:00:00Z");
    let mut world = quiet(World::assigned(TriggerKind::Threshold, friday("10:00:00")));
    world.act(&attempt(Outcome::Reached, Some(meeting)), friday("10:10:00"));
    let act = |kind, direction, at, outcome: Option<&str>| Activity {
        external_id: "1".into(),
        kind,
        direction,
        at: Some(at),
        actor: None,
        outcome: outcome.map(Into::into),
        text: String::new(),
        url: None,
    };
    let risks = |mut world: World| {
        world.run(meeting);
        times(&world, |what| matches!(what, Action::NoShowRisk { .. }))
    };
    assert_eq!(risks(world.clone()), [time("2026-11-23T14:00:00Z")], "four working hours before");
    let confirmed = act(ActivityKind::Email, Direction::Inbound, friday("11:00:00"), None);
    world.trail.push(confirmed);
    assert_eq!(risks(world.clone()), NEVER);
    world.trail.push(act(ActivityKind::Meeting, Direction::Outbound, friday("09:00:00"), Some("NO_SHOW")));
    assert_eq!(risks(world.clone()).len(), 1, "they stayed away from one before");
    let mut plan = quiet(World::assigned(TriggerKind::Threshold, friday("10:00:00")));
    plan.act(&attempt(Outcome::Voicemail, Some(meeting)), friday("10:10:00"));
    assert_eq!(risks(plan), NEVER, "a plan of the rep's is no meeting");
}

#[test]
fn persistence_is_the_machine_s_rule_at_its_time() {
    let mut world = quiet(World::assigned(TriggerKind::Threshold, friday("10:00:00")));
    world.policy.touches.shortfall = Shortfall::Recycle;
    world.act(&attempt(Outcome::Voicemail, None), friday("10:10:00"));
    world.run(time("2026-12-31T00:00:00Z"));
    let shortfall = time("2026-12-04T10:00:00Z");
    assert_eq!(times(&world, |what| *what == Action::Shortfall), [shortfall], "ten working days");
    assert_eq!((world.handoff.stage, world.handoff.closed_at), (Stage::Recycled, Some(shortfall)));
    let mut world = quiet(World::assigned(TriggerKind::Threshold, friday("10:00:00")));
    for minute in 1..=8 {
        world.act(&attempt(Outcome::Voicemail, None), friday("10:00:00") + chrono::Duration::minutes(minute));
    }
    world.run(friday("10:10:00"));
    assert_eq!(times(&world, |what| *what == Action::Exhausted), [friday("10:08:00")]);
    assert_eq!(world.handoff.stage, Stage::Recycled);
}

#[test]
fn a_reopened_lead_has_no_news_of_its_old_promise() {
    let mut world = World::assigned(TriggerKind::Demo, friday("10:00:00"));
    world.act(
        &Act::Reject(crate::handoff::disposition::Rejection { code: "budget".into(), ..Default::default() }),
        friday("10:01:00"),
    );
    world.happen(EventKind::Reopened { why: "they called".into() }, friday("14:00:00"));
    world.run(friday("14:04:00"));
    assert_eq!(world.told(), ["Fri 14:03:45 warn acceptance"]);
}

#[test]
fn what_was_done_is_kept_and_read_again() {
    let meeting = time("2026-11-24T10:00:00Z");
    let mut world = World::assigned(TriggerKind::Demo, friday("10:00:00"));
    world.run(friday("10:12:00"));
    world.act(&attempt(Outcome::Reached, Some(meeting)), friday("10:12:00"));
    world.run(meeting);
    assert!(world.log.iter().any(|due| due.what == Action::NextStep { at: meeting }));
    for due in &world.log {
        let fired = due.fired(world.count);
        assert_eq!(&serde_json::from_str::<Due>(&serde_json::to_string(due).unwrap()).unwrap(), due);
        assert_eq!(serde_json::from_str::<Fired>(&serde_json::to_string(&fired).unwrap()).unwrap(), fired);
    }
}
