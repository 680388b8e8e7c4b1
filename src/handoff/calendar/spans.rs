//! The open stretches of a calendar as instants, worked out day by day as they are asked for.

use std::collections::VecDeque;

use super::Calendar;
use super::zone::{self, DAY};

/// How far before and behind its dates a window can reach: a window runs at most to the end of the next day, a wall
/// clock is at most 16 hours from UTC, and the same wall time can come back at most 32 hours later.
const BEFORE: i64 = 2 * DAY;
const BEHIND: i64 = 3 * DAY;

/// Iterator over the open stretches `[from, to)` in Unix seconds, in order, apart from each other, clipped to a range.
#[derive(Debug)]
pub(super) struct Spans<'a> {
    calendar: &'a Calendar,
    from: i64,
    until: i64,
    /// The next local day to work out.
    day: i64,
    /// Stretches of the days before `day` that later days might still touch, in order and apart.
    held: VecDeque<(i64, i64)>,
    /// Through which day this holds, and the one offset that serves all times of those days if there is one.
    steady: (i64, Option<i64>),
}

impl<'a> Spans<'a> {
    pub(super) fn new(calendar: &'a Calendar, from: i64, until: i64) -> Self {
        // Windows of the two days before can still be open: one wraps past midnight, one is moved by a skipped day.
        let day = zone::day_at(calendar.zone, from) - 2;
        Self { calendar, from, until, day, held: VecDeque::new(), steady: (i64::MIN, None) }
    }

    /// The offset that serves every window of `self.day`, if it does not change around that day.
    fn offset(&mut self) -> Option<i64> {
        if self.day > self.steady.0 {
            let probe = |days: i64| {
                let begin = self.day * DAY;
                zone::steady_offset(self.calendar.zone, begin - BEFORE, begin + (days - 1) * DAY + BEHIND)
            };
            self.steady = match probe(7) {
                Some(offset) => (self.day + 6, Some(offset)),
                None => (self.day, probe(1)),
            };
        }
        self.steady.1
    }

    fn expand(&mut self) {
        let offset = self.offset();
        let calendar = self.calendar;
        for &(open, close) in calendar.hours_on(self.day) {
            let (open, close) = match offset {
                Some(offset) => (self.day * DAY + open - offset, self.day * DAY + close - offset),
                None => calendar.to_instants(self.day, (open, close)),
            };
            // A skipped hour can turn a window inside out: then it holds no time.
            if open < close && close > self.from && open < self.until {
                self.hold((open, close));
            }
        }
        self.day += 1;
    }

    fn hold(&mut self, span: (i64, i64)) {
        match self.held.back_mut() {
            // Most of them come in order: the next one, or one that goes on where the last one ends.
            Some(last) if last.0 <= span.0 && span.0 <= last.1 => last.1 = last.1.max(span.1),
            Some(last) if last.1 >= span.0 => {
                self.held.push_back(span);
                unite(&mut self.held);
            }
            _ => self.held.push_back(span),
        }
    }
}

impl Iterator for Spans<'_> {
    type Item = (i64, i64);

    fn next(&mut self) -> Option<(i64, i64)> {
        loop {
            let later_days_begin = match self.offset() {
                Some(offset) => self.day * DAY - offset,
                None => zone::day_begins(self.calendar.zone, self.day),
            };
            let last_day = later_days_begin >= self.until || self.day > self.calendar.last_day;
            match self.held.front().copied() {
                Some((open, close)) if last_day || close < later_days_begin => {
                    self.held.pop_front();
                    return Some((open.max(self.from), close.min(self.until)));
                }
                None if last_day => return None,
                _ => self.expand(),
            }
        }
    }
}

/// Puts stretches in order and makes one of those that overlap or touch.
pub(super) fn unite(spans: &mut VecDeque<(i64, i64)>) {
    spans.make_contiguous().sort_unstable();
    let mut united: VecDeque<(i64, i64)> = VecDeque::with_capacity(spans.len());
    for &(open, close) in spans.iter() {
        match united.back_mut() {
            Some(last) if open <= last.1 => last.1 = last.1.max(close),
            _ => united.push_back((open, close)),
        }
    }
    *spans = united;
}
