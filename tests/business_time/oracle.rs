//! Business time a second time, slow and obvious: a table of what the wall clock reads in every minute, the windows laid
//! onto it, and everything else by stepping through it second by second. It shares nothing with the implementation but
//! the written calendar and the zone data.

use std::collections::BTreeMap;

use chrono::{DateTime, Days, NaiveDate, NaiveDateTime, Utc};
use leadbox::handoff::calendar::Calendar;

const DAYS_BEFORE: i64 = 8;
const DAYS_AFTER: i64 = 20;
/// Days after the anchor to which answers hold: windows of later dates are not all in the table.
pub const HORIZON_DAYS: i64 = 15;

pub struct Oracle {
    /// The first minute of the table, in seconds.
    begin: i64,
    /// What the wall clock reads at each minute, in minutes since 1970.
    wall: Vec<i64>,
    /// For each minute the latest date one of whose windows covers it; nothing while closed.
    owner: Vec<Option<NaiveDate>>,
    /// When each working date closes last.
    last_close: BTreeMap<NaiveDate, i64>,
}

impl Oracle {
    /// A table from eight days before to twenty days after an anchor.
    pub fn new(calendar: &Calendar, anchor: DateTime<Utc>) -> Self {
        let begin = anchor.timestamp().div_euclid(60) * 60 - DAYS_BEFORE * 86_400;
        let minutes = (DAYS_BEFORE + DAYS_AFTER) * 24 * 60;
        let reading = |minute: i64| {
            let at = DateTime::from_timestamp(begin + minute * 60, 0).unwrap();
            minute_number(at.with_timezone(&calendar.zone()).naive_local())
        };
        let wall: Vec<_> = (0..minutes).map(reading).collect();
        let mut oracle = Self { begin, owner: vec![None; wall.len()], wall, last_close: BTreeMap::new() };
        let mut date = anchor.date_naive() - Days::new(DAYS_BEFORE as u64 - 2);
        for _ in 0..DAYS_BEFORE + DAYS_AFTER - 5 {
            for window in calendar.windows_on(date) {
                let midnight = date.and_hms_opt(0, 0, 0).unwrap();
                let open = oracle.minute_of(minute_number(midnight) + i64::from(window.open()));
                let close = oracle.minute_of(minute_number(midnight) + i64::from(window.close()));
                if open < close {
                    oracle.owner[open..close].fill(Some(date));
                    let close = begin + close as i64 * 60;
                    let last = oracle.last_close.entry(date).or_insert(close);
                    *last = close.max(*last);
                }
            }
            date = date + Days::new(1);
        }
        oracle
    }

    /// The first minute at which the clock reads `wanted`; if it never does, that of the time later by what was skipped.
    fn minute_of(&self, wanted: i64) -> usize {
        if let Some(minute) = self.wall.iter().position(|&reading| reading == wanted) {
            return minute;
        }
        let jump = self.wall.windows(2).find(|pair| pair[0] < wanted && wanted < pair[1]).expect("a skipped time");
        self.minute_of(wanted + (jump[1] - jump[0] - 1))
    }

    pub fn is_open(&self, second: i64) -> bool {
        self.owner_at(second).is_some()
    }

    fn owner_at(&self, second: i64) -> Option<NaiveDate> {
        self.owner[((second - self.begin) / 60) as usize]
    }

    /// The second after which this table answers no more.
    pub fn horizon(&self) -> i64 {
        self.begin + (DAYS_BEFORE + HORIZON_DAYS) * 86_400
    }

    pub fn next_opening(&self, at: i64) -> Option<i64> {
        // It opens on the minute.
        let minutes = (at.div_euclid(60) * 60 + 60..self.horizon()).step_by(60);
        std::iter::once(at).chain(minutes).find(|&second| self.is_open(second))
    }

    /// The last close of the working day that the first working second from `at` belongs to.
    pub fn day_end(&self, at: i64) -> Option<i64> {
        let date = self.owner_at(self.next_opening(at)?)?;
        Some(self.last_close[&date])
    }
}

fn minute_number(wall: NaiveDateTime) -> i64 {
    wall.and_utc().timestamp() / 60
}

/// Pauses as seconds; an open one ends at `i64::MAX`.
pub type Pauses = [(i64, i64)];

pub fn is_paused(pauses: &Pauses, second: i64) -> bool {
    pauses.iter().any(|&(from, to)| from <= second && second < to)
}

/// Counts the seconds of `[from, to)` that `counts` allows and no pause takes away.
pub fn elapsed(from: i64, to: i64, pauses: &Pauses, counts: impl Fn(i64) -> bool) -> i64 {
    (from..to).filter(|&second| counts(second) && !is_paused(pauses, second)).count() as i64
}

/// Steps forward until `budget` seconds have been counted.
pub fn due(start: i64, budget: i64, horizon: i64, pauses: &Pauses, counts: impl Fn(i64) -> bool) -> Option<i64> {
    let mut used = 0;
    for second in start..horizon {
        if used == budget {
            return Some(second);
        }
        used += i64::from(counts(second) && !is_paused(pauses, second));
    }
    None
}

/// Steps forward with the promise of the working day, which every end of a pause makes anew.
pub fn same_day_due(oracle: &Oracle, start: i64, pauses: &Pauses) -> Option<i64> {
    let mut promise = if is_paused(pauses, start) { None } else { oracle.day_end(start) };
    for second in start..oracle.horizon() {
        if promise == Some(second) {
            return promise;
        }
        if is_paused(pauses, second) {
            promise = None;
        } else if second > start && is_paused(pauses, second - 1) {
            promise = oracle.day_end(second);
        }
    }
    None
}
