//! Whole weeks are skipped on long ways: they must come to the same as going day by day.

use chrono::{DateTime, TimeDelta, Utc};
use chrono_tz::Tz;
use leadbox::handoff::calendar::Calendar;
use leadbox::handoff::sla::{Clock, Mode};
use proptest::prelude::*;

use super::strategies::{calendar, calendars, cases};
use super::support::{at, daily, made};

/// Seconds in steps that are too short to skip anything.
fn step_by_step(calendar: &Calendar, from: DateTime<Utc>, to: DateTime<Utc>) -> i64 {
    let mut total = 0;
    let mut begin = from;
    while begin < to {
        let end = to.min(begin + TimeDelta::days(5));
        total += calendar.working_seconds(begin, end);
        begin = end;
    }
    total
}

proptest! {
    #![proptest_config(cases(24))]

    #[test]
    fn years_are_the_sum_of_their_days((calendar, anchor) in calendars(), before in 0..70_000_000_i64, after in 0..70_000_000_i64) {
        let (from, to) = (anchor - TimeDelta::seconds(before), anchor + TimeDelta::seconds(after));
        let working = calendar.working_seconds(from, to);
        prop_assert_eq!(working, step_by_step(&calendar, from, to));
        // And back again: the due time of that many seconds is where the last one of them ends.
        if working > 0 {
            let due = calendar.add_working(from, working).unwrap();
            prop_assert!(due <= to);
            prop_assert_eq!(calendar.working_seconds(from, due), working);
            prop_assert_eq!(calendar.working_seconds(from, due - TimeDelta::seconds(1)), working - 1);
        }
    }

    #[test]
    fn a_clock_that_changes_for_a_week_is_not_skipped_over(calendar in calendar(Tz::Asia__Gaza, at("2040-10-19T00:00:00Z")), days in 0..60_i64, second in 0..86_400_i64) {
        // In Gaza of 2040 the zone data has summer time end for Ramadan, return for a week and end again.
        let from = at("2040-09-20T00:00:00Z") + TimeDelta::days(days / 2) + TimeDelta::seconds(second);
        let to = from + TimeDelta::days(days);
        prop_assert_eq!(calendar.working_seconds(from, to), step_by_step(&calendar, from, to));
    }
}

#[test]
fn no_zone_takes_a_change_back_so_soon_that_it_could_be_missed() {
    // What skipping weeks rests on. Every zone, at the pace at which changes are looked for and in steps of six hours:
    // a change that is taken back within six days would show here when the zone data brings one.
    let offset = |zone: Tz, at: i64| {
        use chrono::{Offset, TimeZone};
        zone.offset_from_utc_datetime(&DateTime::from_timestamp(at, 0).unwrap().naive_utc()).fix().local_minus_utc()
    };
    let (begin, end, step) =
        (at("2015-01-01T00:00:00Z").timestamp(), at("2045-01-01T00:00:00Z").timestamp(), 6 * 3_600);
    for zone in chrono_tz::TZ_VARIANTS {
        let mut changes = vec![(begin, offset(zone, begin))];
        for at in (begin..end).step_by(step) {
            if offset(zone, at) != changes[changes.len() - 1].1 {
                changes.push((at, offset(zone, at)));
            }
        }
        let quickest =
            changes.windows(3).filter(|three| three[0].1 == three[2].1).map(|three| three[2].0 - three[1].0).min();
        assert!(quickest.is_none_or(|seconds| seconds > 6 * 86_400), "{zone}");
    }
}

#[test]
fn a_lead_of_years_ago_is_still_measured() {
    let calendar = made(&daily("Europe/Berlin", &["09:00-17:00"]));
    let clock = Clock::new(&calendar, at("2017-06-14T07:00:00Z"), 300, Mode::Business);
    // Nine years with their clock changes, from opening in summer to closing in winter.
    let days = (at("2026-01-13T00:00:00Z") - at("2017-06-13T00:00:00Z")).num_days();
    assert_eq!(clock.close(at("2026-01-13T16:00:00Z")).diff_seconds, 300 - days * 8 * 3_600);
}
