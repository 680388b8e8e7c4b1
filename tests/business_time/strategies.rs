//! Random calendars, and stretches of time in which clocks change.

use std::collections::BTreeMap;

use chrono::{DateTime, Days, NaiveDate, Utc};
use chrono_tz::{OffsetComponents, Tz};
use leadbox::handoff::calendar::{Calendar, Window};
use leadbox::handoff::sla::Pause;
use proptest::collection::{btree_map, btree_set, vec};
use proptest::prelude::*;
use proptest::test_runner::Config;

use super::support::at;

/// Zones with an hour, half an hour and a whole day of change, with changes at midnight and in Ramadan, and with none.
pub const ZONES: [Tz; 10] = [
    Tz::Europe__Berlin,
    Tz::America__New_York,
    Tz::Australia__Lord_Howe,
    Tz::America__Santiago,
    Tz::Asia__Kathmandu,
    Tz::Africa__Casablanca,
    Tz::Pacific__Apia,
    Tz::Asia__Gaza,
    Tz::America__Noronha,
    Tz::UTC,
];

/// `PROPTEST_CASES` if it is set, else so many.
pub fn cases(default: u32) -> Config {
    let cases = if std::env::var_os("PROPTEST_CASES").is_some() { Config::default().cases } else { default };
    Config { cases, failure_persistence: None, ..Config::default() }
}

/// A zone and an instant: half of the time just before a clock change.
pub fn anchors() -> impl Strategy<Value = (Tz, DateTime<Utc>)> {
    let random_day = (0..ZONES.len(), 0..13_000_i64, any::<bool>()).prop_map(|(zone, day, at_change)| {
        let zone = ZONES[zone];
        let day = at("2001-01-01T00:00:00Z") + chrono::TimeDelta::days(day);
        let offset = |day: &DateTime<Utc>| {
            let offset = *day.with_timezone(&zone).offset();
            offset.base_utc_offset() + offset.dst_offset()
        };
        let days = (0..400).map(|n| day + Days::new(n));
        let change = days.clone().zip(days.skip(1)).find(|(one, next)| offset(one) != offset(next));
        (zone, change.filter(|_| at_change).map_or(day, |(one, _)| one))
    });
    prop_oneof![
        12 => random_day,
        1 => Just((Tz::Pacific__Apia, at("2011-12-29T12:00:00Z"))),
        1 => Just((Tz::America__Noronha, at("2000-10-08T00:00:00Z"))),
        1 => Just((Tz::Asia__Gaza, at("2040-10-19T00:00:00Z"))),
    ]
}

fn minute() -> impl Strategy<Value = u16> {
    prop_oneof![
        2 => 0..1440_u16,
        2 => (0..48_u16).prop_map(|half| half * 30),
        // Clocks change at night: put as many ends there.
        2 => 0..240_u16,
        1 => Just(0_u16),
    ]
}

fn window() -> impl Strategy<Value = Window> {
    let close = prop_oneof![6 => minute(), 1 => Just(1440_u16)];
    (minute(), close).prop_filter_map("opens and closes at once", |(open, close)| Window::new(open, close).ok())
}

fn windows() -> impl Strategy<Value = Vec<Window>> {
    prop_oneof![2 => Just(vec![]), 5 => vec(window(), 1..4)]
}

fn days_near(anchor: DateTime<Utc>) -> impl Strategy<Value = NaiveDate> {
    (0..22_u64).prop_map(move |days| anchor.date_naive() - Days::new(7) + Days::new(days))
}

pub fn calendar(zone: Tz, anchor: DateTime<Utc>) -> impl Strategy<Value = Calendar> {
    let exceptions = (btree_set(days_near(anchor), 0..4), btree_map(days_near(anchor), windows(), 0..4));
    let week = prop_oneof![
        6 => proptest::array::uniform7(windows()),
        1 => Just(std::array::from_fn(|_| vec![Window::new(0, 1440).unwrap()])),
        1 => Just(std::array::from_fn(|_| Vec::new())),
    ];
    (week, exceptions).prop_map(move |(week, (holidays, overrides)): (_, (_, BTreeMap<_, _>))| {
        Calendar::new("random", zone, week, holidays, overrides)
    })
}

/// A calendar and the instant around which it is looked at.
pub fn calendars() -> impl Strategy<Value = (Calendar, DateTime<Utc>)> {
    anchors().prop_flat_map(|(zone, anchor)| (calendar(zone, anchor), Just(anchor)))
}

/// Seconds from the anchor: two days before to nine after it, whole minutes as often as not.
pub fn moment() -> impl Strategy<Value = i64> {
    let range = -2 * 86_400..9 * 86_400_i64;
    prop_oneof![range.clone(), range.prop_map(|second| second / 60 * 60)]
}

/// Budgets from a second to three days.
pub fn budget() -> impl Strategy<Value = i64> {
    prop_oneof![1..600_i64, 1..36_000_i64, (1..72_i64).prop_map(|hours| hours * 3_600)]
}

/// Up to three pauses, overlapping or not, now and then an empty, an inverted or an open one.
pub fn pauses(anchor: DateTime<Utc>) -> impl Strategy<Value = Vec<Pause>> {
    let length = prop_oneof![4 => -600..100_000_i64, 1 => Just(0)];
    let pause = (moment(), prop::option::weighted(0.9, length));
    vec(pause, 0..4).prop_map(move |pauses| {
        let second = |n| anchor + chrono::TimeDelta::seconds(n);
        pauses
            .into_iter()
            .map(|(from, length)| Pause { from: second(from), to: length.map(|length| second(from + length)) })
            .collect()
    })
}
