//! Business time: when a team works, and how its working seconds are counted.
//!
//! Windows are wall-clock times in an IANA zone. Each end of a window becomes an instant on its own, so a day on which
//! the clocks change is an hour shorter or longer, and elapsed time is always real seconds. The meaning of every corner
//! is fixed in the numbered rules that the comments cite ("section 4, rule n" of the handoff's rules).

mod hours;
mod spans;
mod spec;
mod window;
mod zone;

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use chrono::{Datelike, NaiveDate};
use chrono_tz::Tz;

pub(crate) use hours::{Advance, FOREVER};
pub use spec::{CalendarError, CalendarSpec, Place};
pub use window::{Window, WindowError};
pub(crate) use zone::{instant, seconds};

use zone::DAY;

/// A team's or a person's working hours. Made whole and checked; never changed afterwards.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Calendar {
    name: String,
    zone: Tz,
    week: [Vec<Window>; 7],
    holidays: BTreeSet<NaiveDate>,
    overrides: BTreeMap<NaiveDate, Vec<Window>>,
    version: String,
    /// `week` in seconds after midnight.
    week_hours: [Vec<(i64, i64)>; 7],
    /// Holidays and overrides by day number, in order, each with its hours.
    exceptions: Vec<(i64, Vec<(i64, i64)>)>,
    /// Working seconds in a week without exceptions and clock changes.
    week_seconds: i64,
    /// The last local day that has working time; endless for any calendar with a weekly window.
    last_day: i64,
}

impl Calendar {
    /// A calendar from its parts, `week` from Monday on. Overrides beat holidays; windows may overlap and then count
    /// once. Whether it ever opens is not asked here but by [`Calendar::check_from`].
    pub fn new(
        name: impl Into<String>,
        zone: Tz,
        week: [Vec<Window>; 7],
        holidays: BTreeSet<NaiveDate>,
        overrides: BTreeMap<NaiveDate, Vec<Window>>,
    ) -> Self {
        let mut hours: BTreeMap<i64, Vec<(i64, i64)>> = holidays.iter().map(|&date| (number(date), vec![])).collect();
        hours.extend(overrides.iter().map(|(&date, windows)| (number(date), in_seconds(windows))));
        let week_hours = std::array::from_fn(|day| in_seconds(&week[day]));
        let last_open_exception = hours.iter().rev().find(|(_, hours)| !hours.is_empty());
        Self {
            name: name.into(),
            version: fingerprint(zone, &week, &holidays, &overrides),
            week_seconds: week_seconds(&week_hours),
            last_day: match week.iter().all(Vec::is_empty) {
                true => last_open_exception.map_or(i64::MIN, |(&day, _)| day),
                false => i64::MAX,
            },
            exceptions: hours.into_iter().collect(),
            week_hours,
            zone,
            week,
            holidays,
            overrides,
        }
    }

    /// Every second of every day.
    pub fn always() -> Self {
        let week = std::array::from_fn(|_| Window::new(0, 24 * 60).into_iter().collect());
        Self::new("always", Tz::UTC, week, BTreeSet::new(), BTreeMap::new())
    }

    /// The default where nothing is configured: Monday to Friday, 09:00-17:00.
    pub fn standard(zone: Tz) -> Self {
        let week = std::array::from_fn(|day| match day {
            0..5 => Window::new(9 * 60, 17 * 60).into_iter().collect(),
            _ => vec![],
        });
        Self::new("standard", zone, week, BTreeSet::new(), BTreeMap::new())
    }

    /// Its name in the configuration.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The zone of its wall clock.
    pub fn zone(&self) -> Tz {
        self.zone
    }

    /// Sixteen hexadecimal digits that change when the zone, the windows, the holidays or the overrides do: what a
    /// closed clock keeps of the calendar that measured it (section 4, rule 9).
    pub fn version(&self) -> &str {
        &self.version
    }

    /// The windows that open on a date: its override, or none on a holiday, or the weekday's.
    pub fn windows_on(&self, date: NaiveDate) -> &[Window] {
        match self.overrides.get(&date) {
            Some(windows) => windows,
            None if self.holidays.contains(&date) => &[],
            None => &self.week[date.weekday().num_days_from_monday() as usize],
        }
    }

    /// Whether a date is a holiday that no override opens.
    pub fn is_holiday(&self, date: NaiveDate) -> bool {
        self.holidays.contains(&date) && !self.overrides.contains_key(&date)
    }

    /// The hours of a local day in seconds after its midnight.
    fn hours_on(&self, day: i64) -> &[(i64, i64)] {
        match self.exceptions.binary_search_by_key(&day, |exception| exception.0) {
            Ok(index) => &self.exceptions[index].1,
            // Day 0, 1970-01-01, was a Thursday.
            Err(_) => &self.week_hours[(day + 3).rem_euclid(7) as usize],
        }
    }

    /// Hours of a local day as instants, each end turned on its own.
    fn to_instants(&self, day: i64, (open, close): (i64, i64)) -> (i64, i64) {
        (zone::from_wall(self.zone, day * DAY + open), zone::from_wall(self.zone, day * DAY + close))
    }

    fn has_exception(&self, first: i64, last: i64) -> bool {
        let index = self.exceptions.partition_point(|exception| exception.0 < first);
        self.exceptions.get(index).is_some_and(|exception| exception.0 <= last)
    }
}

fn number(date: NaiveDate) -> i64 {
    i64::from(date.to_epoch_days())
}

fn in_seconds(windows: &[Window]) -> Vec<(i64, i64)> {
    windows.iter().map(|window| (i64::from(window.open()) * 60, i64::from(window.close()) * 60)).collect()
}

/// The working seconds of one turn of the ordinary week, with windows that run into the next day and into the next week.
fn week_seconds(week: &[Vec<(i64, i64)>; 7]) -> i64 {
    let mut spans: VecDeque<(i64, i64)> = (-1..7)
        .flat_map(|day: i64| week[day.rem_euclid(7) as usize].iter().map(move |span| (span, day * DAY)))
        .map(|(&(open, close), midnight)| (midnight + open, midnight + close))
        .collect();
    spans::unite(&mut spans);
    spans.iter().map(|&(open, close)| (close.min(7 * DAY) - open.max(0)).max(0)).sum()
}

/// FNV-1a over the written form: the same on every machine and in every version of the program.
fn fingerprint(
    zone: Tz,
    week: &[Vec<Window>; 7],
    holidays: &BTreeSet<NaiveDate>,
    overrides: &BTreeMap<NaiveDate, Vec<Window>>,
) -> String {
    let list = |windows: &Vec<Window>| windows.iter().map(|window| format!("{window},")).collect::<String>();
    let mut text = format!("{}|", zone.name());
    text.extend(week.iter().map(|windows| list(windows) + "|"));
    text.extend(holidays.iter().map(|date| format!("{date},")));
    text.extend(overrides.iter().map(|(date, windows)| format!("|{date}={}", list(windows))));
    let hash = text
        .bytes()
        .fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| (hash ^ u64::from(byte)).wrapping_mul(0x0000_0100_0000_01b3));
    format!("{hash:016x}")
}
