//! One clock: a budget of seconds, spent on the calendars of those who had the lead, with its pauses.

use chrono::{DateTime, Utc};

use super::{Due, Mode, Pause, Spent};
use crate::handoff::calendar::{Advance, Calendar, FOREVER, instant, seconds};

/// A promise of so much time from a start. Instants are taken in whole seconds, fractions cut off.
///
/// The seconds that a re-route leaves are consumed on the new owner's calendar (section 4, rule 8), and so are those
/// that an edit of the calendar leaves: it is a re-route to the calendar's new version, and what was consumed before
/// stays as it was (rule 9). The acceptance window resets on a re-route: that is a new `Clock` with a new start.
#[derive(Debug, Clone)]
pub struct Clock<'a> {
    first: &'a Calendar,
    /// Who took over when, in order.
    reroutes: Vec<(i64, &'a Calendar)>,
    pub(super) start: i64,
    pub(super) budget: i64,
    pub(super) mode: Mode,
    /// United, in order; an open one ends at `FOREVER`.
    pauses: Vec<(i64, i64)>,
}

/// A stretch in which one calendar is in force and nothing is paused.
#[derive(Clone, Copy)]
pub(super) struct Segment<'a> {
    pub(super) calendar: &'a Calendar,
    pub(super) from: i64,
    pub(super) to: i64,
}

/// Where a clock is heading.
#[derive(Clone, Copy)]
pub(super) enum Target {
    /// Due at this second; `rolled_from` is the wall-clock due second before it moved to an opening.
    At { due: i64, rolled_from: Option<i64> },
    /// Standing still in an open pause since this second (it may be before the start), with so much left.
    Frozen { left: i64, since: i64 },
    /// The calendar ends before the budget does.
    Never { left: i64 },
}

impl<'a> Clock<'a> {
    /// A clock of `budget` seconds from `start`. A budget of 0 or less is used up at the start.
    pub fn new(calendar: &'a Calendar, start: DateTime<Utc>, budget: i64, mode: Mode) -> Self {
        Self { first: calendar, reroutes: vec![], start: seconds(start), budget, mode, pauses: vec![] }
    }

    /// From `at` on, `calendar` counts.
    pub fn reroute(mut self, calendar: &'a Calendar, at: DateTime<Utc>) -> Self {
        self.reroutes.push((seconds(at), calendar));
        self.reroutes.sort_by_key(|&(at, _)| at);
        self
    }

    /// Stands still for the length of `pause`; pauses that overlap count once.
    pub fn pause(mut self, pause: Pause) -> Self {
        let (from, to) = (seconds(pause.from), pause.to.map_or(FOREVER, seconds));
        if from < to {
            self.pauses.push((from, to));
            self.pauses.sort_unstable();
            self.pauses.dedup_by(|next, last| {
                let touches = next.0 <= last.1;
                if touches {
                    last.1 = last.1.max(next.1);
                }
                touches
            });
        }
        self
    }

    /// What its budget counts.
    pub fn mode(&self) -> Mode {
        self.mode
    }

    /// The seconds that it allows.
    pub fn budget(&self) -> i64 {
        self.budget
    }

    /// When it started.
    pub fn start(&self) -> DateTime<Utc> {
        instant(self.start)
    }

    /// The calendar in force at an instant.
    pub fn calendar_at(&self, at: DateTime<Utc>) -> &'a Calendar {
        self.calendar_in_force(seconds(at))
    }

    /// When it is due; nothing under an open pause (section 4, rule 6), or if its calendar never offers that much time.
    pub fn due(&self) -> Option<DateTime<Utc>> {
        match self.target() {
            Target::At { due, .. } => Some(instant(due)),
            Target::Frozen { .. } | Target::Never { .. } => None,
        }
    }

    /// When it is due and every stretch of time that was used up on the way there (F64).
    pub fn explain(&self) -> Due {
        let (due, rolled_from, left, end) = match self.target() {
            Target::At { due, rolled_from } => (Some(due), rolled_from, None, rolled_from.unwrap_or(due)),
            Target::Frozen { left, since } => (None, None, Some(left), since),
            Target::Never { left } => (None, None, Some(left), FOREVER),
        };
        let mut spent = vec![];
        for segment in self.segments(self.start, end) {
            let mut push = |(from, to)| {
                spent.push(Spent { from: instant(from), to: instant(to), seconds: to - from });
            };
            if self.counts_working_time() {
                segment.calendar.spans(segment.from, segment.to).for_each(push);
            } else {
                push((segment.from, segment.to));
            }
        }
        Due { due: due.map(instant), remaining_seconds: left, rolled_from: rolled_from.map(instant), spent }
    }

    /// Seconds counted from the start to `to`: working ones under `business` and `same_day`, real ones else, paused ones
    /// never. 0 when `to` is before the start.
    pub fn elapsed(&self, to: DateTime<Utc>) -> i64 {
        self.measure(self.start, seconds(to))
    }

    /// The same clock as if nothing happened after its start.
    pub(super) fn alone(&self) -> Self {
        Self { first: self.calendar_in_force(self.start), reroutes: vec![], pauses: vec![], ..*self }
    }

    /// The same start, pauses and re-routes with another promise.
    pub(super) fn with_promise(self, budget: i64, mode: Mode) -> Self {
        Self { budget, mode, ..self }
    }

    pub(super) fn counts_working_time(&self) -> bool {
        matches!(self.mode, Mode::Business | Mode::SameDay)
    }

    pub(super) fn calendar_in_force(&self, at: i64) -> &'a Calendar {
        self.reroutes.iter().rev().find(|reroute| reroute.0 <= at).map_or(self.first, |reroute| reroute.1)
    }

    /// `[from, until)` without the pauses, cut where the calendar changes.
    pub(super) fn segments(&self, from: i64, until: i64) -> Vec<Segment<'a>> {
        let mut segments = vec![];
        let mut at = from;
        while at < until {
            let paused_to = self.pauses.iter().find(|&&(from, to)| from <= at && at < to).map(|&(_, to)| to);
            if let Some(to) = paused_to {
                at = to;
                continue;
            }
            let changes = self.pauses.iter().map(|pause| pause.0).chain(self.reroutes.iter().map(|reroute| reroute.0));
            let to = changes.filter(|&change| change > at).fold(until, i64::min);
            segments.push(Segment { calendar: self.calendar_in_force(at), from: at, to });
            at = to;
        }
        segments
    }

    /// Counted seconds in `[from, to)`.
    pub(super) fn measure(&self, from: i64, to: i64) -> i64 {
        let length = |segment: &Segment| match self.counts_working_time() {
            true => segment.calendar.working(segment.from, segment.to),
            false => segment.to - segment.from,
        };
        self.segments(from, to).iter().map(length).sum()
    }

    pub(super) fn target(&self) -> Target {
        match self.mode {
            Mode::Business | Mode::Wall => self.consume(self.budget),
            Mode::WallRoll => match self.consume(self.budget) {
                Target::At { due, .. } => self.roll(due),
                other => other,
            },
            Mode::SameDay => self.same_day(),
        }
    }

    /// Counts `budget` seconds from the start.
    fn consume(&self, budget: i64) -> Target {
        if budget <= 0 {
            return Target::At { due: self.start, rolled_from: None };
        }
        let mut left = budget;
        let segments = self.segments(self.start, FOREVER);
        for segment in &segments {
            let advance = match self.counts_working_time() {
                true => segment.calendar.advance(segment.from, segment.to, left),
                false if left <= segment.to - segment.from => Advance::At(segment.from + left),
                false => Advance::Short(left - (segment.to - segment.from)),
            };
            match advance {
                Advance::At(due) => return Target::At { due, rolled_from: None },
                Advance::Short(rest) => left = rest,
            }
        }
        self.stuck(left)
    }

    /// The first working second at or after `wall_due` that is not paused.
    fn roll(&self, wall_due: i64) -> Target {
        let stay = Target::At { due: wall_due, rolled_from: None };
        // A due time at the very second of closing is in time still: section 4, rule 4.
        let within = |second: i64| self.calendar_in_force(second).open_at(second);
        if within(wall_due) || (wall_due > self.start && within(wall_due - 1)) {
            return stay;
        }
        let opening = self
            .segments(wall_due, FOREVER)
            .iter()
            .find_map(|segment| segment.calendar.first_open(segment.from, segment.to));
        match (opening, self.stuck(0)) {
            (Some(due), _) => Target::At { due, rolled_from: Some(wall_due) },
            (None, frozen @ Target::Frozen { .. }) => frozen,
            (None, _) => stay,
        }
    }

    fn same_day(&self) -> Target {
        // Each segment is a beginning, a resumption or a new owner, and promises its working day anew unless the
        // promise before it had already fallen due.
        let mut cut_off = (self.calendar_in_force(self.start), self.start, self.start);
        for segment in self.segments(self.start, FOREVER) {
            match segment.calendar.day_end(segment.from) {
                Some(due) if due <= segment.to => return Target::At { due, rolled_from: None },
                _ => cut_off = (segment.calendar, segment.from, segment.to),
            }
        }
        let (calendar, from, to) = cut_off;
        let rest = calendar.day_end(from).map_or(0, |due| calendar.working(to, due));
        self.stuck(rest)
    }

    /// What holds a clock that has time left after its last segment: an open pause, or a calendar that has ended.
    fn stuck(&self, left: i64) -> Target {
        match self.pauses.last() {
            Some(&(from, FOREVER)) => Target::Frozen { left, since: from },
            _ => Target::Never { left },
        }
    }
}
