//! The past once more: loads are reckoned along, people's acts stay as they were.

use super::*;
use crate::handoff::event::{EventKind, RecycleCause, Role};

fn routed() -> Happened {
    Happened::Routed { rule: "rest".into(), queue: None }
}

fn given(to: &str) -> Happened {
    Happened::Given { to: Some(to.into()), by_rule: true, again: false }
}

fn capped(id: &str, cap: u32) -> Responder {
    Responder { open_cap: Some(cap), ..Responder::new(id) }
}

fn minutes(n: i64) -> Time {
    now() + chrono::Duration::minutes(n)
}

/// Runs both sides with these people under the same rules.
fn replay(people: &[Responder], calendar: &Calendar, run: impl FnOnce(&mut Replay<'_>)) -> Vec<Replayed> {
    let rules = policy(Vec::new());
    let side = || Side::new(&rules, calendar, people.to_vec(), BTreeMap::new());
    let mut replay = Replay::new(side(), side(), BTreeMap::new());
    run(&mut replay);
    replay.finish()
}

fn to(rows: &[Replayed]) -> Vec<Option<&str>> {
    rows.iter().map(|row| row.new.to.as_deref()).collect()
}

#[test]
fn a_cap_is_reached_and_a_closed_lead_makes_room() {
    let rows = replay(&[capped("ana", 1)], &office(), |replay| {
        replay.happened(minutes(0), 1, &routed(), Some(&spain()));
        replay.happened(minutes(0), 1, &given("ana"), None);
        replay.happened(minutes(1), 2, &routed(), Some(&spain()));
        replay.happened(minutes(2), 1, &Happened::Closed { is_back: false }, None);
        replay.happened(minutes(3), 3, &routed(), Some(&spain()));
    });
    assert_eq!(to(&rows), [Some("ana"), None, Some("ana")]);
    assert_eq!(rows[1].new.queue.as_deref(), Some("inbound"));
}

#[test]
fn what_waits_is_given_when_the_log_says_that_somebody_took_it_or_when_somebody_is_back() {
    let people = [capped("ana", 1)];
    let rows = replay(&people, &office(), |replay| {
        replay.happened(minutes(0), 1, &routed(), Some(&spain()));
        replay.happened(minutes(0), 2, &routed(), Some(&spain()));
        replay.happened(minutes(5), 1, &Happened::Closed { is_back: true }, None);
        replay.happened(minutes(6), 2, &given("ana"), None);
    });
    assert_eq!(to(&rows), [Some("ana"), Some("ana")]);
    assert_eq!(rows[1].new.queue.as_deref(), Some("inbound"), "it waited");
    assert_eq!(rows[1].really.to.as_deref(), Some("ana"));

    // On Monday at 18 nobody is there; at 9 the next day somebody is.
    let rows = replay(&[Responder::new("ana")], &office(), |replay| {
        replay.happened(minutes(8 * 60), 1, &routed(), Some(&spain()));
        replay.pass(minutes(22 * 60));
        replay.happened(minutes(22 * 60 + 70), 2, &routed(), Some(&spain()));
        replay.pass(minutes(24 * 60));
    });
    assert_eq!(to(&rows), [Some("ana"), Some("ana")]);
}

#[test]
fn one_that_was_taken_from_somebody_else_stays_where_a_side_has_it() {
    let rules = [policy(Vec::new()), policy(vec![Rule { who: Who::People(list(&["bo"])), ..rule("bo's") }])];
    let people = || vec![capped("ana", 1), capped("bo", 2), capped("cy", 9)];
    let calendar = office();
    let [old, new] = rules.each_ref().map(|rules| Side::new(rules, &calendar, people(), BTreeMap::new()));
    let mut replay = Replay::new(old, new, BTreeMap::new());
    let again = Happened::Given { to: Some("cy".into()), by_rule: true, again: true };
    replay.happened(minutes(0), 1, &routed(), Some(&spain()));
    replay.happened(minutes(0), 1, &given("ana"), None);
    replay.happened(minutes(60), 1, &again, Some(&spain()));
    // Taken from ana on the old side only, so that bo still has one in hand on the new one, and room for one more.
    replay.happened(minutes(61), 2, &routed(), Some(&spain()));
    replay.happened(minutes(62), 3, &routed(), Some(&spain()));
    let rows = replay.finish();
    assert_eq!(to(&rows), [Some("bo"), Some("bo"), None]);
    let old: Vec<_> = rows.iter().map(|row| row.old.to.as_deref()).collect();
    assert_eq!(old[..2], [Some("ana"), Some("cy")], "bo got the first, and ana had one today");
    assert!(rows[0].why.contains("bo's"), "{}", rows[0].why);
}

#[test]
fn days_begin_anew_and_nobody_is_paused() {
    let person = Responder { daily_cap: Some(1), is_paused: true, ..Responder::new("ana") };
    let always = Calendar::always();
    let rows = replay(&[person], &always, |replay| {
        for (id, hours) in [(1, 0), (2, 1), (3, 24)] {
            replay.happened(minutes(hours * 60), id, &routed(), Some(&spain()));
        }
    });
    assert_eq!(to(&rows), [Some("ana"), None, Some("ana")]);
}

#[test]
fn events_say_who_has_what_in_hand() {
    let mut held = Held::default();
    let mut after = |what: &EventKind, by: Role| {
        if let Some(happened) = Happened::of(what, by) {
            held.after(&happened);
        }
        held.open_with().map(str::to_owned)
    };
    let rep = Role::Rep;
    assert_eq!(after(&EventKind::Assigned { to: "ana".into() }, Role::System).as_deref(), Some("ana"));
    assert_eq!(after(&EventKind::Accepted { implicit: false }, rep).as_deref(), Some("ana"));
    let rerouted = |to: &str| EventKind::Rerouted { to: to.into(), why: String::new() };
    assert_eq!(after(&rerouted("bo"), Role::Manager).as_deref(), Some("bo"));
    assert_eq!(after(&EventKind::Recycled { cause: RecycleCause::Exhausted }, Role::System), None);
    assert_eq!(after(&EventKind::Reopened { why: String::new() }, rep), None, "nobody has it back");
    assert_eq!(after(&rerouted("the queue inbound"), Role::System), None);
}
