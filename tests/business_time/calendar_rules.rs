//! Section 4, rules 1-4, 11 and 12: what a calendar is and how its time is counted.

use std::collections::BTreeMap;

use chrono::{NaiveDate, TimeDelta};
use chrono_tz::Tz;
use leadbox::handoff::calendar::{Calendar, CalendarError, CalendarSpec, Place, Window, WindowError};

use super::support::{at, berlin, daily, made, texts, weekdays};

fn hours(calendar: &Calendar, from: &str, to: &str) -> f64 {
    calendar.working_seconds(at(from), at(to)) as f64 / 3_600.0
}

fn refused(spec: &CalendarSpec) -> CalendarError {
    Calendar::from_spec("team", spec, at("2026-01-01T00:00:00Z")).unwrap_err()
}

#[test]
fn rule_1_several_windows_a_day() {
    let calendar = made(&weekdays("Europe/Berlin", &["09:00-12:00", "13:00-17:30"]));
    assert_eq!(hours(&calendar, "2026-01-05T00:00:00Z", "2026-01-06T00:00:00Z"), 7.5);
    assert!(calendar.is_open(at("2026-01-05T08:00:00Z")), "opens at nine");
    assert!(calendar.is_open(at("2026-01-05T10:59:59Z")));
    assert!(!calendar.is_open(at("2026-01-05T11:00:00Z")), "half open: noon itself is lunch");
}

#[test]
fn rule_1_a_holiday_closes_and_an_override_beats_it() {
    let mut spec = weekdays("Europe/Berlin", &["09:00-17:00"]);
    spec.holidays = texts(&["2026-12-24", "2026-12-25"]);
    spec.overrides = BTreeMap::from([
        ("2026-12-24".to_owned(), texts(&["09:00-12:00"])),
        ("2026-12-26".to_owned(), texts(&["10:00-11:00"])),
        ("2026-12-28".to_owned(), vec![]),
    ]);
    let calendar = made(&spec);
    let on = |day: &str| hours(&calendar, &format!("{day}T00:00:00Z"), &format!("{day}T23:00:00Z"));
    assert_eq!(on("2026-12-23"), 8.0);
    assert_eq!(on("2026-12-24"), 3.0, "the override beats the holiday");
    assert_eq!(on("2026-12-25"), 0.0);
    assert_eq!(on("2026-12-26"), 1.0, "an override opens a Saturday");
    assert_eq!(on("2026-12-28"), 0.0, "an empty override closes a Monday");
    assert!(calendar.is_holiday(NaiveDate::from_ymd_opt(2026, 12, 25).unwrap()));
    assert!(!calendar.is_holiday(NaiveDate::from_ymd_opt(2026, 12, 24).unwrap()));
}

#[test]
fn rule_2_a_whole_day_has_23_or_25_hours_when_clocks_change() {
    let calendar = made(&daily("Europe/Berlin", &["00:00-24:00"]));
    assert_eq!(hours(&calendar, "2026-03-28T23:00:00Z", "2026-03-29T22:00:00Z"), 23.0);
    assert_eq!(hours(&calendar, "2026-10-24T22:00:00Z", "2026-10-25T23:00:00Z"), 25.0);
    let due = calendar.add_working(at("2026-03-28T23:00:00Z"), 23 * 3_600);
    assert_eq!(due, Some(at("2026-03-29T22:00:00Z")), "local midnight to local midnight");
}

#[test]
fn rule_2_a_missing_time_moves_forward_by_the_gap() {
    // 02:00-03:00 does not exist: 02:30 is 03:30 in summer time, 01:30Z.
    let spans = |windows: &[&str]| -> Vec<_> {
        let calendar = made(&daily("Europe/Berlin", windows));
        calendar.open_spans(at("2026-03-28T23:00:00Z"), at("2026-03-29T22:00:00Z")).collect()
    };
    assert_eq!(spans(&["02:30-05:00"]), [(at("2026-03-29T01:30:00Z"), at("2026-03-29T03:00:00Z"))]);
    assert_eq!(spans(&["01:00-02:30"]), [(at("2026-03-29T00:00:00Z"), at("2026-03-29T01:30:00Z"))]);
    assert_eq!(spans(&["02:30-03:00"]), [], "turned inside out, it holds no time");
    let united = spans(&["02:00-02:40", "03:20-04:00"]);
    assert_eq!(
        united,
        [(at("2026-03-29T01:00:00Z"), at("2026-03-29T02:00:00Z"))],
        "moved onto each other, counted once"
    );
}

#[test]
fn rule_2_an_ambiguous_time_is_its_first_occurrence() {
    // 02:00-03:00 happens twice: first in summer time (00:00Z), then in winter time (01:00Z).
    let spans = |windows: &[&str]| -> Vec<_> {
        let calendar = made(&daily("Europe/Berlin", windows));
        calendar.open_spans(at("2026-10-24T22:00:00Z"), at("2026-10-25T23:00:00Z")).collect()
    };
    assert_eq!(spans(&["02:30-04:00"]), [(at("2026-10-25T00:30:00Z"), at("2026-10-25T03:00:00Z"))]);
    assert_eq!(spans(&["01:00-02:30"]), [(at("2026-10-24T23:00:00Z"), at("2026-10-25T00:30:00Z"))]);
}

#[test]
fn rule_2_half_an_hour_and_a_whole_day_of_change() {
    let lord_howe = made(&daily("Australia/Lord_Howe", &["00:00-24:00"]));
    assert_eq!(hours(&lord_howe, "2026-10-03T13:30:00Z", "2026-10-04T13:00:00Z"), 23.5);
    // Samoa had no 30 December 2011. A shift that closes on it closes as much later, on the 31st.
    let apia = made(&daily("Pacific/Apia", &["22:00-06:00"]));
    let spans: Vec<_> = apia.open_spans(at("2011-12-30T00:00:00Z"), at("2011-12-31T00:00:00Z")).collect();
    assert_eq!(spans, [(at("2011-12-30T08:00:00Z"), at("2011-12-30T16:00:00Z"))]);
}

#[test]
fn rule_2_a_change_at_midnight_moves_last_nights_close_onto_this_morning() {
    // In Santiago 2026-09-06 begins at 01:00 (04:00Z). Half past midnight is half past one, when it is open again.
    let calendar = made(&daily("America/Santiago", &["22:00-00:30", "01:00-05:00"]));
    let spans: Vec<_> = calendar.open_spans(at("2026-09-05T12:00:00Z"), at("2026-09-06T12:00:00Z")).collect();
    assert_eq!(spans, [(at("2026-09-06T02:00:00Z"), at("2026-09-06T08:00:00Z"))]);
    // In Toronto of 1919 the skipped hour (23:30-00:30) holds midnight itself, so the morning begins before it.
    let calendar = made(&daily("America/Toronto", &["22:00-23:45", "00:30-05:00"]));
    let spans: Vec<_> = calendar.open_spans(at("1919-03-30T20:00:00Z"), at("1919-03-31T20:00:00Z")).collect();
    assert_eq!(spans, [(at("1919-03-31T03:00:00Z"), at("1919-03-31T09:00:00Z"))]);
}

#[test]
fn rule_2_a_week_that_begins_in_the_repeated_hour_is_no_ordinary_week() {
    // The second 02:00-02:30 of 2026-10-25 (from 01:00Z) is closed, and those of six more days are in the week.
    let calendar = made(&daily("Europe/Berlin", &["02:00-02:30"]));
    assert_eq!(hours(&calendar, "2026-10-25T01:00:00Z", "2026-11-01T01:00:00Z"), 3.0);
}

#[test]
fn rule_2_a_window_past_midnight_belongs_to_the_day_it_opens() {
    let mut spec = CalendarSpec { zone: "UTC".to_owned(), fri: texts(&["22:00-06:00"]), ..CalendarSpec::default() };
    let calendar = made(&spec);
    assert!(calendar.is_open(at("2026-01-10T05:59:59Z")), "Saturday morning is Friday's shift");
    assert!(!calendar.is_open(at("2026-01-10T06:00:00Z")));
    assert!(!calendar.is_open(at("2026-01-09T05:00:00Z")), "Friday morning is not");
    spec.holidays = texts(&["2026-01-10"]);
    assert_eq!(made(&spec).working_seconds(at("2026-01-09T00:00:00Z"), at("2026-01-11T00:00:00Z")), 8 * 3_600);
    spec.holidays = texts(&["2026-01-09"]);
    assert_eq!(made(&spec).working_seconds(at("2026-01-09T00:00:00Z"), at("2026-01-11T00:00:00Z")), 0);
}

#[test]
fn rule_2_midnight_as_an_end() {
    let to_midnight = ["18:00-24:00", "18:00-00:00"].map(|window| made(&daily("UTC", &[window])));
    for calendar in to_midnight {
        assert_eq!(hours(&calendar, "2026-01-05T00:00:00Z", "2026-01-06T00:00:00Z"), 6.0);
        assert!(!calendar.is_open(at("2026-01-06T00:00:00Z")));
    }
}

#[test]
fn rule_2_overlapping_windows_count_once() {
    let calendar = made(&daily("UTC", &["09:00-12:00", "11:00-13:00", "13:00-14:00"]));
    assert_eq!(hours(&calendar, "2026-01-05T00:00:00Z", "2026-01-06T00:00:00Z"), 5.0);
    // Also a night shift with the next morning, and with itself in the next week.
    let calendar = made(&daily("UTC", &["20:00-10:00", "09:00-12:00"]));
    assert_eq!(hours(&calendar, "2026-01-05T00:00:00Z", "2026-01-06T00:00:00Z"), 16.0);
    assert_eq!(hours(&calendar, "2026-01-05T00:00:00Z", "2026-03-02T00:00:00Z"), 56.0 * 16.0);
    let first = calendar.open_spans(at("2026-01-05T15:00:00Z"), at("2026-01-07T00:00:00Z")).next();
    assert_eq!(first, Some((at("2026-01-05T20:00:00Z"), at("2026-01-06T12:00:00Z"))));
}

#[test]
fn rule_3_a_start_outside_hours_begins_at_the_next_opening() {
    let due = |start| berlin().add_working(at(start), 60);
    assert_eq!(due("2026-01-05T03:00:00Z"), Some(at("2026-01-05T08:01:00Z")));
    assert_eq!(due("2026-01-05T08:00:00Z"), Some(at("2026-01-05T08:01:00Z")), "at opening it counts at once");
    assert_eq!(due("2026-01-05T16:00:00Z"), Some(at("2026-01-06T08:01:00Z")), "at closing it is outside");
    assert_eq!(due("2026-01-09T16:00:00Z"), Some(at("2026-01-12T08:01:00Z")), "over the weekend");
}

#[test]
fn rule_4_a_budget_that_ends_at_closing_is_due_at_closing() {
    let calendar = berlin();
    assert_eq!(calendar.add_working(at("2026-01-05T15:00:00Z"), 3_600), Some(at("2026-01-05T16:00:00Z")));
    assert_eq!(calendar.add_working(at("2026-01-05T15:00:00Z"), 3_601), Some(at("2026-01-06T08:00:01Z")));
    assert_eq!(calendar.add_working(at("2026-01-05T15:00:00Z"), 40 * 3_600), Some(at("2026-01-12T15:00:00Z")));
    // A whole number of weeks, where weeks are skipped.
    assert_eq!(calendar.add_working(at("2026-01-05T08:00:00Z"), 400 * 3_600), Some(at("2026-03-13T16:00:00Z")));
}

#[test]
fn rule_11_lunch_is_not_after_hours() {
    let calendar = made(&weekdays("Europe/Berlin", &["09:00-12:00", "13:00-17:00"]));
    assert!(!calendar.after_hours(at("2026-01-05T10:00:00Z")), "open");
    assert!(!calendar.after_hours(at("2026-01-05T11:30:00Z")), "lunch");
    assert!(!calendar.after_hours(at("2026-01-05T06:00:00Z")), "before opening of the same local date");
    assert!(calendar.after_hours(at("2026-01-05T16:00:00Z")), "from the second of closing");
    assert!(calendar.after_hours(at("2026-01-10T10:00:00Z")), "Saturday");
    // 23:30Z is half past midnight in Berlin: already the day on which it opens.
    assert!(!calendar.after_hours(at("2026-01-05T23:30:00Z")));
}

#[test]
fn rule_12_no_working_time_in_800_days_is_an_error() {
    let never = refused(&CalendarSpec { zone: "UTC".to_owned(), ..CalendarSpec::default() });
    assert!(matches!(never, CalendarError::NoWorkingTime { .. }));
    assert!(never.to_string().contains("`team`") && never.to_string().contains("2026-01-01"), "{never}");
    let once = |date: &str| {
        let overrides = BTreeMap::from([(date.to_owned(), texts(&["09:00-10:00"]))]);
        let spec = CalendarSpec { zone: "UTC".to_owned(), overrides, ..CalendarSpec::default() };
        Calendar::from_spec("team", &spec, at("2026-01-01T00:00:00Z"))
    };
    assert!(once("2025-12-31").is_err(), "it has been");
    assert!(once("2028-03-10").is_ok());
    assert!(once("2028-03-12").is_err(), "801 days ahead");
    let calendar = once("2026-01-05").unwrap();
    assert_eq!(calendar.add_working(at("2026-01-01T00:00:00Z"), 3_600), Some(at("2026-01-05T10:00:00Z")));
    assert_eq!(calendar.add_working(at("2026-01-01T00:00:00Z"), 3_601), None);
    assert_eq!(calendar.next_opening(at("2026-01-05T10:00:00Z")), None);
    assert!(calendar.after_hours(at("2026-01-05T10:00:00Z")), "closed for good");
    assert!(calendar.check_from(at("2026-01-05T10:00:00Z")).is_err());
}

#[test]
fn windows_that_make_no_sense_are_refused_by_place_and_text() {
    let refuse = |window: &str| refused(&CalendarSpec { wed: texts(&["09:00-12:00", window]), ..daily("UTC", &[]) });
    for window in ["9-5", "", "09:00", "09:00-25:00", "09:60-10:00", "+9:00-10:00", "09:00-12:0", "09:00-24:01", "a-b"]
    {
        let error = refuse(window);
        assert!(matches!(&error, CalendarError::Window { place: Place::Day(chrono::Weekday::Wed), .. }), "{error}");
        assert!(error.to_string().starts_with(&format!("calendar `team`, wed: `{window}`")), "{error}");
    }
    let problem = |window: &str| window.parse::<Window>().unwrap_err();
    assert_eq!(problem("24:00-08:00"), WindowError::StartsAtMidnightsEnd);
    assert_eq!(problem("09:00-09:00"), WindowError::Empty { time: "09:00".to_owned() });
    assert_eq!(problem("00:00-00:00"), WindowError::Empty { time: "00:00".to_owned() });
    assert_eq!(problem("09:00-31:00"), WindowError::Time { time: "31:00".to_owned() });

    let mut spec = daily("UTC", &["09:00-17:00"]);
    spec.overrides = BTreeMap::from([("2026-12-24".to_owned(), texts(&["noon"]))]);
    assert!(refused(&spec).to_string().starts_with("calendar `team`, override 2026-12-24: `noon`"));
}

#[test]
fn dates_and_zones_that_do_not_exist_are_refused() {
    let mut spec = daily("UTC", &["09:00-17:00"]);
    spec.holidays = texts(&["2026-02-29"]);
    assert_eq!(
        refused(&spec).to_string(),
        "calendar `team`, holidays: `2026-02-29` is not a date; write it as YYYY-MM-DD"
    );
    let mut spec = daily("UTC", &["09:00-17:00"]);
    spec.overrides = BTreeMap::from([("24.12.2026".to_owned(), vec![])]);
    assert!(matches!(refused(&spec), CalendarError::Date { list: "overrides", .. }));

    let zone = |zone: &str| refused(&daily(zone, &["09:00-17:00"])).to_string();
    assert_eq!(zone("Mars/Olympus"), "calendar `team`: there is no time zone `Mars/Olympus`");
    assert!(zone("Berlin").ends_with("did you mean Europe/Berlin?"));
    assert!(zone("america/new york").ends_with("did you mean America/New_York?"));
}

#[test]
fn a_second_is_the_smallest_unit() {
    let calendar = berlin();
    let opening = at("2026-01-05T08:00:00Z");
    assert!(!calendar.is_open(opening - TimeDelta::milliseconds(1)));
    assert!(calendar.is_open(at("2026-01-05T15:59:59.999Z")));
    assert_eq!(calendar.add_working(opening + TimeDelta::milliseconds(999), 60), Some(opening + TimeDelta::minutes(1)));
    let (from, to) = (opening + TimeDelta::milliseconds(900), opening + TimeDelta::milliseconds(5_100));
    assert_eq!(calendar.working_seconds(from, to), 5);
}

#[test]
fn the_version_changes_with_the_hours_and_not_with_the_name() {
    let spec = weekdays("Europe/Berlin", &["09:00-17:00"]);
    let other_name = Calendar::from_spec("other", &spec, at("2026-01-01T00:00:00Z")).unwrap();
    assert_eq!(made(&spec).version(), other_name.version());
    assert_eq!(made(&spec).version(), Calendar::standard(Tz::Europe__Berlin).version());
    let holiday = CalendarSpec { holidays: texts(&["2026-05-01"]), ..spec.clone() };
    let override_ = CalendarSpec { overrides: BTreeMap::from([("2026-05-01".to_owned(), vec![])]), ..spec.clone() };
    let shifted = CalendarSpec { mon: vec![], sat: spec.mon.clone(), ..spec.clone() };
    let zone = CalendarSpec { zone: "Europe/Paris".to_owned(), ..spec.clone() };
    let versions = [&spec, &holiday, &override_, &shifted, &zone].map(|spec| made(spec).version().to_owned());
    assert_eq!(versions.iter().collect::<std::collections::BTreeSet<_>>().len(), 5, "{versions:?}");
}

#[test]
fn the_two_ready_made_calendars() {
    let always = Calendar::always();
    let (from, to) = (at("2016-12-30T12:00:01Z"), at("2026-01-05T00:00:00Z"));
    assert_eq!(always.working_seconds(from, to), (to - from).num_seconds());
    let standard = Calendar::standard(Tz::America__New_York);
    assert_eq!(standard.working_seconds(at("2026-01-05T00:00:00Z"), at("2026-01-12T00:00:00Z")), 40 * 3_600);
    assert!(standard.is_open(at("2026-01-05T14:00:00Z")) && !standard.is_open(at("2026-01-05T22:00:00Z")));
}
