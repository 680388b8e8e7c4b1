use chrono::Weekday;

use super::super::*;
use super::rig::{World, attempt, defer, friday, time};
use crate::handoff::calendar::Calendar;
use crate::handoff::disposition::{Act, Outcome, Rejection};
use crate::handoff::lead::{Routing, TriggerKind};
use crate::handoff::summary::ClockKind;

#[test]
fn a_demo_request_left_alone_is_rerouted_and_then_the_manager_and_the_response_team_have_it() {
    let mut world = World::assigned(TriggerKind::Demo, friday("10:00:00"));
    world.run(friday("10:16:00"));
    assert_eq!(
        world.told(),
        [
            "Fri 10:03:45 warn acceptance",
            "Fri 10:05:01 breach acceptance 1",
            "Fri 10:05:01 breach first_contact 1",
            "Fri 10:05:01 reroute 1",
            "Fri 10:08:46 warn acceptance",
            "Fri 10:10:02 breach acceptance 2",
            "Fri 10:10:02 alert_manager",
            "Fri 10:10:02 to_queue",
            "Fri 10:15:03 breach acceptance 3",
            "Fri 10:15:03 alert_manager",
        ]
    );
    assert_eq!(world.count.assignment, 3);
    world.run(friday("10:27:00"));
    assert_eq!(world.told().last().unwrap(), "Fri 10:25:02 unassigned", "and whoever watches the queue");
}

#[test]
fn an_act_in_the_last_second_is_in_time() {
    let mut world = World::assigned(TriggerKind::Demo, friday("10:00:00"));
    world.run(friday("10:05:00"));
    world.act(&attempt(Outcome::Reached, None), friday("10:05:00"));
    world.run(friday("12:00:00"));
    assert_eq!(world.told(), ["Fri 10:03:45 warn acceptance"]);
}

#[test]
fn a_pinned_lead_keeps_its_owner_and_the_manager_hears_of_it() {
    let mut world = World::assigned(TriggerKind::Demo, friday("10:00:00"));
    world.lead.routing = Some(Routing { rule: "account".into(), queue: None, pinned: true, at: None });
    world.run(friday("10:30:00"));
    assert_eq!(world.told().last().unwrap(), "Fri 10:05:01 alert_manager");
    assert_eq!(world.count.assignment, 1);
}

#[test]
fn accepting_is_not_contacting() {
    let mut world = World::assigned(TriggerKind::Demo, friday("10:00:00"));
    world.run(friday("10:01:00"));
    world.act(&Act::Accept, friday("10:01:00"));
    world.run(friday("10:20:00"));
    assert_eq!(
        world.told(),
        ["Fri 10:03:45 warn first_contact", "Fri 10:05:01 breach first_contact 1", "Fri 10:05:01 alert_manager"]
    );
    world.run(friday("14:01:02"));
    assert_eq!(world.told().last().unwrap(), "Fri 14:01:01 flag_no_activity", "R75: four working hours after it");
}

#[test]
fn who_accepts_what_was_late_already_has_a_while() {
    let mut world = World::assigned(TriggerKind::Demo, friday("10:00:00"));
    world.run(friday("10:06:00"));
    world.act(&Act::Accept, friday("10:06:00"));
    world.run(friday("10:35:59"));
    let so_far = world.log.len();
    world.run(friday("10:36:01"));
    let told: Vec<_> = world.log[so_far..].iter().map(|due| &due.what).collect();
    assert_eq!(told, [&Action::AlertManager]);
}

#[test]
fn a_breach_stays_one_when_the_answer_comes_before_the_hub_looks() {
    let mut world = World::assigned(TriggerKind::Demo, friday("10:00:00"));
    world.act(&attempt(Outcome::Reached, None), friday("10:08:00"));
    world.run(friday("10:30:00"));
    assert_eq!(
        world.told(),
        ["Fri 10:05:01 breach acceptance 1", "Fri 10:05:01 breach first_contact 1"],
        "nobody is to act"
    );
    let mut world = World::assigned(TriggerKind::Demo, friday("10:00:00"));
    world.act(&Act::Reject(Rejection { code: "budget".into(), ..Rejection::default() }), friday("10:08:00"));
    world.run(friday("10:30:00"));
    assert_eq!(world.told().len(), 2, "nor where it was rejected: {:?}", world.told());
}

#[test]
fn friday_night_waits_for_monday_morning_unless_it_is_urgent() {
    let mut world = World::assigned(TriggerKind::Demo, friday("16:55:00"));
    world.run(time("2026-11-21T16:00:00Z"));
    let weekend =
        ["Fri 16:58:45 warn acceptance", "Fri 17:00:01 breach acceptance 1", "Fri 17:00:01 breach first_contact 1"];
    assert_eq!(world.told(), weekend, "due at closing: nobody is there to be given it (F68)");
    world.run(time("2026-11-23T09:00:00Z"));
    assert_eq!(world.told().last().unwrap(), "Mon 09:00:00 reroute 1");
    let mut urgent = World::assigned(TriggerKind::Demo, friday("16:55:00"));
    urgent.escalation.urgent = vec![TriggerKind::Demo];
    urgent.run(friday("18:00:00"));
    assert_eq!(urgent.told()[3], "Fri 17:00:01 reroute 1");
}

#[test]
fn the_backstop_is_for_leads_whose_window_is_long() {
    let mut world = World::assigned(TriggerKind::Content, friday("10:00:00"));
    world.run(friday("12:30:00"));
    assert_eq!(
        world.told(),
        // The same day is the promise; two hours are the backstop (R74, C7).
        [
            "Fri 11:30:00 warn acceptance",
            "Fri 12:00:01 breach acceptance 1",
            "Fri 12:00:01 alert_manager",
            "Fri 12:00:01 reroute 1"
        ]
    );
}

#[test]
fn steps_wait_repeat_and_have_their_days_and_hours() {
    let mut world = World::assigned(TriggerKind::Demo, friday("10:00:00"));
    let step = |name, deeds: &[Deed]| Step { after: 600, ..Step::new(name, On::Acceptance, deeds) };
    world.escalation.steps = vec![
        Step { repeat: 2, every: 300, ..step("nag", &[Deed::TellOwner, Deed::PauseRep]) },
        Step { days: vec![Weekday::Sat], ..step("on Saturdays", &[Deed::AlertManager]) },
        Step { hours: "10:15-10:16".parse().ok(), ..step("at that minute", &[Deed::AlertManager]) },
        Step { hours: "10:16-10:15".parse().ok(), ..step("at any other", &[Deed::Flag]) },
    ];
    world.run(friday("11:00:00"));
    assert_eq!(
        world.told()[3..],
        [
            "Fri 10:15:01 tell_owner",
            "Fri 10:15:01 alert_manager",
            "Fri 10:15:01 pause_rep",
            "Fri 10:20:01 tell_owner",
            "Fri 10:25:01 tell_owner",
        ]
    );
}

#[test]
fn an_hour_of_downtime_brings_the_same_with_the_true_times() {
    let mut awake = World::assigned(TriggerKind::HandRaiser, friday("10:00:00"));
    let mut slept = awake.clone();
    for minute in 0..120 {
        awake.run(friday("10:00:00") + chrono::Duration::minutes(minute));
    }
    slept.run(friday("11:59:00"));
    assert_eq!(awake.log, slept.log);
    // Where the hub gives the next responder their whole window from when it came back, it still comes to an end.
    let mut late = World::assigned(TriggerKind::HandRaiser, friday("10:00:00"));
    let now = friday("11:59:00");
    while let Some(first) = due(&late.case(), now).into_iter().next() {
        late.fire(first, now);
    }
    assert_eq!(late.told().last().unwrap(), "Fri 10:30:01 reroute 1");
    assert_eq!(late.handoff.assigned_at, now);
    assert!(next(&late.case()).unwrap().at > now);
}

#[test]
fn the_lead_clock_carries_over_on_the_next_owner_s_calendar_and_theirs_begins_anew() {
    let mut world = World::assigned(TriggerKind::Threshold, friday("16:30:00"));
    world.run(friday("16:40:00"));
    world.happen(EventKind::Rerouted { to: "bo".into(), why: "by hand".into() }, friday("16:40:00"));
    // From 16:40 on it is Bo's calendar that counts, who works round the clock.
    world.policy.former = vec![crate::handoff::policy::FormerCalendar {
        until: friday("16:40:00"),
        calendar: world.policy.calendar.clone(),
    }];
    world.policy.calendar = Calendar::always();
    world.run(friday("18:00:00"));
    let breaches = world.log.iter().filter_map(|due| match due.what {
        Action::Breach { clock, window, due } => Some((clock, window, due)),
        _ => None,
    });
    assert_eq!(
        breaches.collect::<Vec<_>>(),
        [
            (ClockKind::FirstContact, 1, friday("17:30:00")),
            // A lead that was given away by hand missed no window.
            (ClockKind::Acceptance, 1, friday("17:40:00")),
        ]
    );
}

#[test]
fn a_deferral_holds_the_clocks_and_its_end_wakes() {
    let mut world = World::assigned(TriggerKind::Threshold, friday("10:00:00"));
    world.run(friday("10:20:00"));
    world.act(&defer(time("2026-11-25T11:00:00Z")), friday("10:20:00"));
    world.run(time("2026-11-25T10:59:00Z"));
    assert_eq!(world.told(), Vec::<String>::new());
    world.run(time("2026-11-25T11:40:01Z"));
    assert_eq!(
        world.told(),
        [
            "Wed 11:00:00 wake",
            "Wed 11:25:00 warn first_contact",
            "Wed 11:40:01 breach first_contact 1",
            "Wed 11:40:01 alert_manager"
        ],
        "twenty of sixty minutes were gone"
    );
}

#[test]
fn turns_are_counted_over_the_events() {
    let trigger = World::new(TriggerKind::Demo, friday("10:00:00")).lead.trigger.unwrap();
    let words = || ("x".to_owned(), "y".to_owned());
    let count = [
        EventKind::BecameMql { trigger },
        EventKind::Assigned { to: words().0 },
        EventKind::Rerouted { to: words().0, why: words().1 },
        EventKind::Accepted { implicit: false },
        EventKind::Reopened { why: words().1 },
    ]
    .iter()
    .fold(Count::default(), |count, what| count.after(what));
    assert_eq!(count, Count { cycle: 2, assignment: 3, is_reopened: true });
}
