//! What a calendar can be asked about an instant or a stretch of time. All of it in whole seconds: an instant within
//! a second counts as the beginning of that second.

use chrono::{DateTime, Utc};

use super::spans::Spans;
use super::zone::{self, DAY, instant, seconds};
use super::{Calendar, CalendarError};

const WEEK: i64 = 7 * DAY;

/// The end of time for a clock that runs on: the last second a date can hold.
pub(crate) const FOREVER: i64 = DateTime::<Utc>::MAX_UTC.timestamp();

/// How many days a calendar may stay closed (section 4, rule 12).
const LONGEST_CLOSURE_DAYS: i64 = 800;

/// How far a number of working seconds carries within a stretch of time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Advance {
    /// They are used up at this second.
    At(i64),
    /// The stretch ends first, with these left.
    Short(i64),
}

impl Calendar {
    /// Whether it is working time. At the second of closing it is not.
    pub fn is_open(&self, at: DateTime<Utc>) -> bool {
        self.open_at(seconds(at))
    }

    /// The first working second at or after `at`: `at` itself while open. Nothing if it never opens again, which only
    /// a calendar made of date overrides alone can do.
    pub fn next_opening(&self, at: DateTime<Utc>) -> Option<DateTime<Utc>> {
        self.first_open(seconds(at), FOREVER).map(instant)
    }

    /// Closed now, and not opening again on this local date: a lunch break is not after hours (section 4, rule 11).
    pub fn after_hours(&self, at: DateTime<Utc>) -> bool {
        let at = seconds(at);
        match self.first_open(at, FOREVER) {
            Some(opening) => opening > at && zone::day_at(self.zone, opening) > zone::day_at(self.zone, at),
            None => true,
        }
    }

    /// Working seconds in `[from, to)`, real elapsed ones; 0 when `to` is before `from`.
    pub fn working_seconds(&self, from: DateTime<Utc>, to: DateTime<Utc>) -> i64 {
        self.working(seconds(from), seconds(to))
    }

    /// The earliest instant at which `budget` working seconds have passed since `start` (section 4, rules 3 and 4):
    /// a start outside hours begins at the next opening, and a budget that ends exactly at closing is due at closing.
    /// A budget of 0 or less is used up at `start`. Nothing if the calendar never offers that much time.
    pub fn add_working(&self, start: DateTime<Utc>, budget: i64) -> Option<DateTime<Utc>> {
        match self.advance(seconds(start), FOREVER, budget) {
            Advance::At(due) => Some(instant(due)),
            Advance::Short(_) => None,
        }
    }

    /// The open stretches in `[from, until)`, in order, touching and overlapping windows united, cut off at both ends.
    pub fn open_spans(
        &self,
        from: DateTime<Utc>,
        until: DateTime<Utc>,
    ) -> impl Iterator<Item = (DateTime<Utc>, DateTime<Utc>)> {
        self.spans(seconds(from), seconds(until)).map(|(open, close)| (instant(open), instant(close)))
    }

    /// The last close of the local working day to which the first working second at or after `at` belongs (C22). The
    /// day of a window is the one on which it opens; where a night shift overlaps the next morning, the later day.
    pub fn working_day_end(&self, at: DateTime<Utc>) -> Option<DateTime<Utc>> {
        self.day_end(seconds(at)).map(instant)
    }

    /// The latest instant from which `seconds` working seconds pass until `due`: from when on a deadline is so near
    /// (section 4, rule 7). Where there never was that much, as far back as one looks.
    pub fn working_before(&self, due: DateTime<Utc>, seconds: i64) -> DateTime<Utc> {
        let due = zone::seconds(due);
        let (mut until, mut left, mut reach) = (due, seconds, DAY);
        while left > 0 && until > due - LONGEST_CLOSURE_DAYS * DAY {
            let from = until - reach;
            let spans: Vec<_> = self.spans(from, until).collect();
            for (open, close) in spans.into_iter().rev() {
                if left <= close - open {
                    return instant(close - left);
                }
                left -= close - open;
            }
            (until, reach) = (from, WEEK);
        }
        instant(until)
    }

    /// The working seconds of a usual working day: the average of the weekdays that open at all. Eight hours where only
    /// single dates do.
    pub fn working_day(&self) -> i64 {
        match self.week.iter().filter(|windows| !windows.is_empty()).count() {
            0 => 8 * 3600,
            days => (self.week_seconds / days as i64).max(1),
        }
    }

    /// Refuses a calendar that has no working time in the 800 days after `at` (section 4, rule 12).
    pub fn check_from(&self, at: DateTime<Utc>) -> Result<(), CalendarError> {
        let at = seconds(at);
        match self.first_open(at, at + LONGEST_CLOSURE_DAYS * DAY) {
            Some(_) => Ok(()),
            None => Err(CalendarError::NoWorkingTime {
                calendar: self.name.clone(),
                from: instant(at).with_timezone(&self.zone).date_naive(),
            }),
        }
    }

    pub(crate) fn spans(&self, from: i64, until: i64) -> impl Iterator<Item = (i64, i64)> + use<'_> {
        Spans::new(self, from, until)
    }

    pub(crate) fn open_at(&self, at: i64) -> bool {
        self.spans(at, at + 1).next().is_some()
    }

    pub(crate) fn working(&self, from: i64, to: i64) -> i64 {
        let mut total = 0;
        let mut at = from;
        while at < to {
            let end = to.min(at.saturating_add(WEEK));
            total += if end - at == WEEK && self.is_regular_week(at) {
                self.week_seconds
            } else {
                self.spans(at, end).map(|(open, close)| close - open).sum()
            };
            at = end;
        }
        total
    }

    pub(crate) fn advance(&self, start: i64, until: i64, budget: i64) -> Advance {
        if budget <= 0 {
            return Advance::At(start);
        }
        let mut left = budget;
        let mut at = start;
        while at < until && !self.is_over(at) {
            let end = until.min(at.saturating_add(WEEK));
            if end - at == WEEK && left > self.week_seconds && self.is_regular_week(at) {
                left -= self.week_seconds;
            } else {
                for (open, close) in self.spans(at, end) {
                    if left <= close - open {
                        return Advance::At(open + left);
                    }
                    left -= close - open;
                }
            }
            at = end;
        }
        Advance::Short(left)
    }

    pub(crate) fn first_open(&self, from: i64, until: i64) -> Option<i64> {
        let mut at = from;
        while at < until && !self.is_over(at) {
            let end = until.min(at.saturating_add(WEEK));
            if let Some((open, _)) = self.spans(at, end).next() {
                return Some(open);
            }
            at = end;
        }
        None
    }

    pub(crate) fn day_end(&self, at: i64) -> Option<i64> {
        let begin = self.first_open(at, FOREVER)?;
        let today = zone::day_at(self.zone, begin);
        (today - 2..=today).rev().find_map(|day| {
            let spans = || self.hours_on(day).iter().map(|&hours| self.to_instants(day, hours));
            let owns = spans().any(|(open, close)| open <= begin && begin < close);
            owns.then(|| spans().filter(|(open, close)| open < close).map(|(_, close)| close).max()).flatten()
        })
    }

    /// Whether the seven days from `at` hold exactly the ordinary week: no holiday or override, no clock change.
    fn is_regular_week(&self, at: i64) -> bool {
        // Windows that reach into the week open on one of these days, whatever the offset. A clock change before the
        // week can still move a time into it or out of it, by the length of the change, which is never above a day.
        let day = at.div_euclid(DAY);
        !self.has_exception(day - 3, day + 8) && zone::steady_offset(self.zone, at - 2 * DAY, at + WEEK).is_some()
    }

    /// Whether there is no working time at or after `at`.
    fn is_over(&self, at: i64) -> bool {
        self.last_day.saturating_add(4) < at.div_euclid(DAY)
    }
}
