//! Section 4, rules 4-9, on a business clock.

use chrono::TimeDelta;
use leadbox::handoff::sla::{Clock, Mode, Outcome, Spent, elapsed};

use super::support::{at, berlin, daily, made, pause, weekdays};

const HOUR: i64 = 3_600;

#[test]
fn rule_4_the_display_reads_zero_when_it_is_breached() {
    let calendar = berlin();
    let clock = Clock::new(&calendar, at("2026-01-05T15:00:00Z"), HOUR, Mode::Business);
    let close = |now| clock.close(at(now));
    let ended = |now| (close(now).met, close(now).diff_seconds);
    assert_eq!(ended("2026-01-05T15:59:59Z"), (true, 1));
    assert_eq!(ended("2026-01-05T16:00:00Z"), (true, 0), "closing, and due");
    assert_eq!(ended("2026-01-05T16:00:01Z"), (false, 0), "no working time has passed since");
    assert_eq!(ended("2026-01-06T08:12:00Z"), (false, -12 * 60));
}

#[test]
fn rule_5_at_the_due_instant_is_met_and_later_is_a_breach() {
    let calendar = berlin();
    let clock = Clock::new(&calendar, at("2026-01-05T14:00:00Z"), HOUR, Mode::Business);
    let due = Some(at("2026-01-05T15:00:00Z"));
    let close = |action| clock.close(at(action));
    assert_eq!(close("2026-01-05T14:40:00Z"), Outcome { met: true, due, diff_seconds: 1_200 });
    assert_eq!(close("2026-01-05T15:00:00Z"), Outcome { met: true, due, diff_seconds: 0 });
    assert_eq!(close("2026-01-05T15:00:01Z"), Outcome { met: false, due, diff_seconds: -1 });
    assert_eq!(close("2026-01-06T09:00:00Z"), Outcome { met: false, due, diff_seconds: -2 * HOUR });
}

#[test]
fn rule_6_paused_seconds_are_taken_out_of_working_time() {
    let calendar = berlin();
    // Deferred from 16:00 on Monday to 10:00 on Tuesday: two working hours, not eighteen real ones.
    let clock = Clock::new(&calendar, at("2026-01-05T13:00:00Z"), 4 * HOUR, Mode::Business)
        .pause(pause("2026-01-05T15:00:00Z", "2026-01-06T09:00:00Z"));
    assert_eq!(clock.due(), Some(at("2026-01-06T11:00:00Z")));
    let spent = |from: &str, to: &str| Spent { from: at(from), to: at(to), seconds: 2 * HOUR };
    assert_eq!(
        clock.explain().spent,
        [spent("2026-01-05T13:00:00Z", "2026-01-05T15:00:00Z"), spent("2026-01-06T09:00:00Z", "2026-01-06T11:00:00Z")]
    );
}

#[test]
fn rule_6_a_pause_outside_hours_costs_nothing() {
    let calendar = berlin();
    let start = at("2026-01-05T15:30:00Z");
    let clock = Clock::new(&calendar, start, HOUR, Mode::Business);
    let paused = clock.clone().pause(pause("2026-01-05T17:00:00Z", "2026-01-06T07:00:00Z"));
    assert_eq!(paused.due(), clock.due(), "resumed outside hours, it goes on at the next opening");
    assert_eq!(paused.due(), Some(at("2026-01-06T08:30:00Z")));
}

#[test]
fn rule_6_an_open_pause_has_no_due_instant_and_freezes_the_rest() {
    let calendar = berlin();
    let clock = Clock::new(&calendar, at("2026-01-05T13:00:00Z"), 4 * HOUR, Mode::Business);
    let paused = clock.clone().pause(pause("2026-01-05T14:00:00Z", ""));
    let why = paused.explain();
    assert_eq!((why.due, why.remaining_seconds), (None, Some(3 * HOUR)));
    assert_eq!(why.spent.len(), 1);
    assert_eq!(paused.close(at("2026-01-05T13:30:00Z")).diff_seconds, 3 * HOUR + 1_800);
    assert_eq!(paused.close(at("2026-03-05T13:30:00Z")).diff_seconds, 3 * HOUR);
    assert!(paused.close(at("2026-03-05T13:30:00Z")).met, "an action in a deferral is in time");
    // A pause that begins when it is too late leaves the breach where it was.
    let too_late = clock.pause(pause("2026-01-06T13:00:00Z", ""));
    assert_eq!(too_late.due(), Some(at("2026-01-06T09:00:00Z")));
    assert_eq!(too_late.close(at("2026-02-01T00:00:00Z")).diff_seconds, -4 * HOUR, "but it is no longer over by more");
}

#[test]
fn rule_6_overlapping_pauses_count_once() {
    let calendar = berlin();
    let clock = [
        pause("2026-01-05T10:00:00Z", "2026-01-05T11:00:00Z"),
        pause("2026-01-05T09:00:00Z", "2026-01-05T10:30:00Z"),
        pause("2026-01-05T12:00:00Z", "2026-01-05T11:00:00Z"),
    ]
    .into_iter()
    .fold(Clock::new(&calendar, at("2026-01-05T08:00:00Z"), 2 * HOUR, Mode::Business), Clock::pause);
    assert_eq!(clock.due(), Some(at("2026-01-05T12:00:00Z")));
}

#[test]
fn rule_6_paused_at_the_start() {
    let calendar = berlin();
    let clock = Clock::new(&calendar, at("2026-01-05T10:00:00Z"), HOUR, Mode::Business);
    let paused = clock.clone().pause(pause("2026-01-05T09:00:00Z", "2026-01-05T11:00:00Z"));
    assert_eq!(paused.due(), Some(at("2026-01-05T12:00:00Z")));
    let frozen = clock.pause(pause("2026-01-05T10:00:00Z", ""));
    assert_eq!(frozen.explain().remaining_seconds, Some(HOUR));
}

#[test]
fn rule_7_warnings_are_in_working_time() {
    let calendar = made(&weekdays("Europe/Berlin", &["09:00-12:00", "13:00-17:00"]));
    let hour_before = |due| calendar.working_before(at(due), HOUR);
    assert_eq!(hour_before("2026-01-06T14:30:00Z"), at("2026-01-06T13:30:00Z"));
    assert_eq!(hour_before("2026-01-06T12:30:00Z"), at("2026-01-06T10:30:00Z"), "over lunch");
    assert_eq!(hour_before("2026-01-12T08:30:00Z"), at("2026-01-09T15:30:00Z"), "on Friday, not on Sunday at night");
    assert_eq!(
        hour_before("2026-01-12T09:00:00Z"),
        at("2026-01-12T08:00:00Z"),
        "at the opening, not at Friday's close"
    );
    assert_eq!(hour_before("2026-01-10T12:00:00Z"), at("2026-01-09T15:00:00Z"), "due while it is closed");
    assert_eq!(calendar.working_before(at("2026-01-12T09:00:00Z"), 0), at("2026-01-12T09:00:00Z"));
    assert_eq!(calendar.working_day(), 7 * HOUR);
}

#[test]
fn rule_8_what_a_reroute_leaves_is_consumed_on_the_new_owners_calendar() {
    let (berlin, new_york) = (berlin(), made(&weekdays("America/New_York", &["09:00-17:00"])));
    // One hour is used in Berlin until it is re-routed at its noon, when New York sleeps until 14:00Z.
    let clock = Clock::new(&berlin, at("2026-01-05T10:00:00Z"), 3 * HOUR, Mode::Business)
        .reroute(&new_york, at("2026-01-05T11:00:00Z"));
    assert_eq!(clock.due(), Some(at("2026-01-05T16:00:00Z")));
    assert_eq!(clock.close(at("2026-01-05T12:00:00Z")).diff_seconds, 2 * HOUR);
    assert_eq!(clock.explain().spent.len(), 2);
    assert_eq!(clock.calendar_at(at("2026-01-05T11:00:00Z")), &new_york);
    // And back: the order in which the re-routes are given does not matter.
    let back = Clock::new(&berlin, at("2026-01-05T10:00:00Z"), 3 * HOUR, Mode::Business)
        .reroute(&berlin, at("2026-01-05T14:30:00Z"))
        .reroute(&new_york, at("2026-01-05T11:00:00Z"));
    assert_eq!(back.due(), Some(at("2026-01-05T16:00:00Z")), "half an hour there, one and a half here, until closing");
    // One that comes after the breach changes nothing about it.
    let late = Clock::new(&berlin, at("2026-01-05T10:00:00Z"), HOUR, Mode::Business)
        .reroute(&new_york, at("2026-01-05T11:30:00Z"));
    assert_eq!(late.due(), Some(at("2026-01-05T11:00:00Z")));
}

#[test]
fn rule_9_an_edit_of_the_calendar_replans_only_the_rest() {
    let (old, new) = (berlin(), made(&weekdays("Europe/Berlin", &["09:00-12:00"])));
    // Six of eight hours are used on Monday under the old hours; edited at night, Tuesday offers three.
    let clock = Clock::new(&old, at("2026-01-05T10:00:00Z"), 8 * HOUR, Mode::Business)
        .reroute(&new, at("2026-01-05T20:00:00Z"));
    assert_eq!(clock.elapsed(at("2026-01-05T20:00:00Z")), 6 * HOUR);
    assert_eq!(clock.due(), Some(at("2026-01-06T10:00:00Z")));
}

#[test]
fn what_is_left_stands_still_over_lunch_and_in_a_pause() {
    let calendar = made(&weekdays("Europe/Berlin", &["09:00-12:00", "13:00-17:00"]));
    let clock = Clock::new(&calendar, at("2026-01-05T10:30:00Z"), 2 * HOUR, Mode::Business)
        .pause(pause("2026-01-05T12:30:00Z", "2026-01-05T13:00:00Z"));
    let left = |now| clock.close(at(now)).diff_seconds;
    assert_eq!(left("2026-01-05T09:00:00Z"), 2 * HOUR, "not begun: all is left");
    assert_eq!(left("2026-01-05T11:15:00Z"), 5_400, "lunch");
    assert_eq!(left("2026-01-05T12:45:00Z"), 3_600, "paused");
    assert_eq!(left("2026-01-05T13:00:00Z"), 3_600);
    assert_eq!(clock.due(), Some(at("2026-01-05T14:00:00Z")));
}

#[test]
fn a_calendar_that_ends_leaves_a_clock_undue() {
    let mut spec = daily("UTC", &[]);
    spec.overrides.insert("2026-01-05".to_owned(), vec!["09:00-10:00".to_owned()]);
    let calendar = made(&spec);
    let clock = Clock::new(&calendar, at("2026-01-05T00:00:00Z"), 2 * HOUR, Mode::Business);
    let why = clock.explain();
    assert_eq!((why.due, why.remaining_seconds, why.spent.len()), (None, Some(HOUR), 1));
    let ended = |now| clock.close(at(now));
    assert_eq!(ended("2026-01-05T09:30:00Z"), Outcome { met: true, due: None, diff_seconds: 5_400 });
    assert_eq!(ended("2026-01-07T09:30:00Z"), Outcome { met: true, due: None, diff_seconds: HOUR });
}

#[test]
fn elapsed_takes_pauses_out_and_never_runs_backwards() {
    let calendar = berlin();
    let (from, to) = (at("2026-01-05T10:00:00Z"), at("2026-01-06T10:00:00Z"));
    assert_eq!(elapsed(&calendar, from, to, &[]), 8 * HOUR);
    assert_eq!(elapsed(&calendar, from, to, &[pause("2026-01-05T12:00:00Z", "2026-01-05T13:00:00Z")]), 7 * HOUR);
    assert_eq!(elapsed(&calendar, from, to, &[pause("2026-01-05T12:00:00Z", "")]), 2 * HOUR);
    assert_eq!(elapsed(&calendar, to, from, &[]), 0);
}

#[test]
fn nothing_left_is_due_at_once() {
    let calendar = berlin();
    let start = at("2026-01-10T10:00:00Z");
    let clock = Clock::new(&calendar, start, 0, Mode::Business);
    assert_eq!(clock.due(), Some(start));
    let late = clock.close(start + TimeDelta::seconds(1));
    assert_eq!((late.met, late.diff_seconds), (false, 0));
}
