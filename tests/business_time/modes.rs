//! The other ways to count: wall time, wall time rolled to opening (C23), and the same day (C22).

use leadbox::handoff::sla::{Clock, Mode};

use super::support::{at, berlin, daily, made, pause, weekdays};

const HOUR: i64 = 3_600;

#[test]
fn wall_counts_day_and_night() {
    let calendar = berlin();
    let clock = Clock::new(&calendar, at("2026-01-09T19:00:00Z"), 24 * HOUR, Mode::Wall);
    assert_eq!(clock.due(), Some(at("2026-01-10T19:00:00Z")));
    assert_eq!(clock.close(at("2026-01-09T23:00:00Z")).diff_seconds, 20 * HOUR);
    assert_eq!(clock.close(at("2026-01-10T20:00:00Z")).diff_seconds, -HOUR);
    let paused = clock.pause(pause("2026-01-10T00:00:00Z", "2026-01-10T05:00:00Z"));
    assert_eq!(paused.due(), Some(at("2026-01-11T00:00:00Z")), "its own seconds are the paused ones");
}

#[test]
fn c23_wall_roll_moves_a_due_time_outside_hours_to_the_next_opening() {
    let calendar = berlin();
    let clock = |start| Clock::new(&calendar, at(start), 24 * HOUR, Mode::WallRoll);
    let due = |start| clock(start).due();
    assert_eq!(due("2026-01-05T10:00:00Z"), Some(at("2026-01-06T10:00:00Z")), "within hours it stays");
    assert_eq!(due("2026-01-09T10:00:00Z"), Some(at("2026-01-12T08:00:00Z")), "Saturday is Monday's opening");
    assert_eq!(due("2026-01-05T08:00:00Z"), Some(at("2026-01-06T08:00:00Z")), "at opening");
    assert_eq!(due("2026-01-05T16:00:00Z"), Some(at("2026-01-06T16:00:00Z")), "at closing, by rule 4");
    assert_eq!(due("2026-01-05T16:00:01Z"), Some(at("2026-01-07T08:00:00Z")));
    let why = clock("2026-01-09T10:00:00Z").explain();
    assert_eq!(why.rolled_from, Some(at("2026-01-10T10:00:00Z")));
    assert_eq!(why.spent.iter().map(|spent| spent.seconds).sum::<i64>(), 24 * HOUR);
}

#[test]
fn c23_a_roll_passes_over_a_pause() {
    let calendar = berlin();
    let clock = Clock::new(&calendar, at("2026-01-09T10:00:00Z"), 24 * HOUR, Mode::WallRoll);
    let until_noon = clock.clone().pause(pause("2026-01-11T00:00:00Z", "2026-01-12T11:00:00Z"));
    assert_eq!(until_noon.due(), Some(at("2026-01-12T11:00:00Z")));
    let open = clock.pause(pause("2026-01-11T00:00:00Z", ""));
    assert_eq!((open.due(), open.explain().remaining_seconds), (None, Some(0)));
}

#[test]
fn c23_a_roll_asks_the_calendar_then_in_force() {
    let (berlin, dubai) = (berlin(), made(&daily("Asia/Dubai", &["08:00-16:00"])));
    let clock = Clock::new(&berlin, at("2026-01-09T10:00:00Z"), 24 * HOUR, Mode::WallRoll)
        .reroute(&dubai, at("2026-01-10T15:00:00Z"));
    assert_eq!(clock.due(), Some(at("2026-01-11T04:00:00Z")));
}

#[test]
fn c22_same_day_is_the_last_close_of_the_working_day_it_begins_on() {
    let calendar = made(&weekdays("Europe/Berlin", &["09:00-12:00", "13:00-17:00"]));
    let due = |start| Clock::new(&calendar, at(start), 60, Mode::SameDay).due();
    let monday = Some(at("2026-01-05T16:00:00Z"));
    assert_eq!(due("2026-01-05T09:00:00Z"), monday);
    assert_eq!(due("2026-01-05T05:00:00Z"), monday, "before opening");
    assert_eq!(due("2026-01-05T11:30:00Z"), monday, "over lunch");
    assert_eq!(due("2026-01-05T16:00:00Z"), Some(at("2026-01-06T16:00:00Z")), "at closing it begins tomorrow");
    assert_eq!(due("2026-01-09T18:00:00Z"), Some(at("2026-01-12T16:00:00Z")), "after Friday comes Monday");
}

#[test]
fn c22_a_night_shift_is_the_day_on_which_it_opens() {
    let calendar = made(&daily("UTC", &["08:00-12:00", "22:00-06:00"]));
    let due = |start| Clock::new(&calendar, at(start), 60, Mode::SameDay).due();
    assert_eq!(due("2026-01-05T09:00:00Z"), Some(at("2026-01-06T06:00:00Z")));
    assert_eq!(due("2026-01-06T03:00:00Z"), Some(at("2026-01-06T06:00:00Z")));
    assert_eq!(due("2026-01-06T06:00:00Z"), Some(at("2026-01-07T06:00:00Z")));
}

#[test]
fn c22_a_pause_promises_the_day_of_the_resumption() {
    let calendar = berlin();
    let clock = Clock::new(&calendar, at("2026-01-05T09:00:00Z"), 60, Mode::SameDay);
    let paused = |from, to| clock.clone().pause(pause(from, to));
    let monday = Some(at("2026-01-05T16:00:00Z"));
    assert_eq!(paused("2026-01-05T10:00:00Z", "2026-01-05T12:00:00Z").due(), monday);
    let tuesday = Some(at("2026-01-06T16:00:00Z"));
    assert_eq!(paused("2026-01-05T10:00:00Z", "2026-01-06T12:00:00Z").due(), tuesday);
    assert_eq!(paused("2026-01-05T16:00:00Z", "2026-01-06T12:00:00Z").due(), monday, "too late a pause");
    let open = paused("2026-01-05T10:00:00Z", "");
    assert_eq!((open.due(), open.explain().remaining_seconds), (None, Some(6 * HOUR)));
    assert_eq!(open.close(at("2026-01-05T09:30:00Z")).diff_seconds, 6 * HOUR + 1_800);
}

#[test]
fn c22_a_reroute_promises_the_day_of_the_new_owner() {
    let (berlin, new_york) = (berlin(), made(&weekdays("America/New_York", &["09:00-17:00"])));
    let clock = Clock::new(&berlin, at("2026-01-05T09:00:00Z"), 60, Mode::SameDay)
        .reroute(&new_york, at("2026-01-05T15:00:00Z"));
    assert_eq!(clock.due(), Some(at("2026-01-05T22:00:00Z")));
    assert_eq!(clock.close(at("2026-01-05T15:00:00Z")).diff_seconds, 7 * HOUR);
}
