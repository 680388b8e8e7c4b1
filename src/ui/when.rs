//! Instants in the words of the person who reads them.

use chrono::{DateTime, Datelike, Timelike};
use chrono_tz::Tz;

use super::text::rough;
use crate::handoff::Time;

/// From when and where one looks at times.
#[derive(Clone, Copy, Debug)]
pub struct When {
    /// The present.
    pub now: Time,
    /// The reader's zone.
    pub zone: Tz,
    /// `2:05 pm` rather than `14:05`.
    pub twelve_hours: bool,
}

impl When {
    fn local(&self, time: Time) -> DateTime<Tz> {
        time.with_timezone(&self.zone)
    }

    /// Days from today to the time's day.
    fn days(&self, time: Time) -> i64 {
        (self.local(time).date_naive() - self.local(self.now).date_naive()).num_days()
    }

    /// `14:05` or `2:05 pm`.
    pub fn clock(&self, time: Time) -> String {
        self.local(time).format(if self.twelve_hours { "%-I:%M %P" } else { "%H:%M" }).to_string()
    }

    /// `14:05:09` or `2:05:09 pm`.
    pub fn clock_to_the_second(&self, time: Time) -> String {
        self.local(time).format(if self.twelve_hours { "%-I:%M:%S %P" } else { "%H:%M:%S" }).to_string()
    }

    /// As short as it can be told: `14:05` today, `Mon 09:00` within the next six days, else the date.
    pub fn moment(&self, time: Time) -> String {
        match self.days(time) {
            0 => self.clock(time),
            1..=6 => format!("{} {}", self.local(time).format("%a"), self.clock(time)),
            _ => self.date(time),
        }
    }

    /// The day alone: `today`, `Nov 18`, `Nov 2024`.
    pub fn day(&self, time: Time) -> String {
        if self.days(time) == 0 { "today".into() } else { self.date(time) }
    }

    /// `14:05` today, else `Nov 18` or `Nov 2024`: at most eight cells, for columns.
    pub fn short(&self, time: Time) -> String {
        if self.days(time) == 0 { self.clock(time) } else { self.date(time) }
    }

    /// With the day, where it is not today, and the time: `14:05`, `Nov 18, 14:05`, `Nov 18 2024, 14:05`.
    pub fn stamp(&self, time: Time) -> String {
        self.dated(time, self.clock(time))
    }

    /// The same with seconds, where they are not zero.
    pub fn exact(&self, time: Time) -> String {
        let is_whole = self.local(time).second() == 0;
        self.dated(time, if is_whole { self.clock(time) } else { self.clock_to_the_second(time) })
    }

    fn dated(&self, time: Time, clock: String) -> String {
        let local = self.local(time);
        match self.days(time) {
            0 => clock,
            _ if self.is_this_year(&local) => format!("{}, {clock}", local.format("%b %-d")),
            _ => format!("{}, {clock}", local.format("%b %-d %Y")),
        }
    }

    /// In full: `Mon Nov 18, 14:05`, with the year where it is another one.
    pub fn whole(&self, time: Time) -> String {
        let local = self.local(time);
        let day = local.format(if self.is_this_year(&local) { "%a %b %-d" } else { "%a %b %-d %Y" });
        format!("{day}, {}", self.clock(time))
    }

    /// How long ago, to the minute: `just now`, `12m ago`, `3h ago`, `2d ago`.
    pub fn ago(&self, time: Time) -> String {
        match (self.now - time).num_seconds() {
            ..60 => "just now".into(),
            seconds => format!("{} ago", rough(seconds)),
        }
    }

    fn is_this_year(&self, local: &DateTime<Tz>) -> bool {
        local.year() == self.local(self.now).year()
    }

    fn date(&self, time: Time) -> String {
        let local = self.local(time);
        local.format(if self.is_this_year(&local) { "%b %-d" } else { "%b %Y" }).to_string()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(text: &str) -> Time {
        text.parse().unwrap()
    }

    fn berlin() -> When {
        When { now: at("2026-11-20T13:00:00Z"), zone: chrono_tz::Europe::Berlin, twelve_hours: false }
    }

    #[test]
    fn times_are_told_as_shortly_as_they_can_be() {
        for (time, moment, stamp) in [
            ("2026-11-20T13:02:00Z", "14:02", "14:02"),
            ("2026-11-20T23:30:05Z", "Sat 00:30", "Nov 21, 00:30"),
            ("2026-11-23T08:00:00Z", "Mon 09:00", "Nov 23, 09:00"),
            ("2026-11-18T08:00:00Z", "Nov 18", "Nov 18, 09:00"),
            ("2026-11-27T08:00:00Z", "Nov 27", "Nov 27, 09:00"),
            ("2024-02-01T08:00:00Z", "Feb 2024", "Feb 1 2024, 09:00"),
        ] {
            assert_eq!((berlin().moment(at(time)).as_str(), berlin().stamp(at(time)).as_str()), (moment, stamp));
        }
        assert_eq!(berlin().exact(at("2026-11-20T23:30:05Z")), "Nov 21, 00:30:05");
        assert_eq!(berlin().day(at("2026-11-19T23:10:00Z")), "today");
        assert_eq!(berlin().whole(at("2026-11-23T08:00:00Z")), "Mon Nov 23, 09:00");
        assert_eq!(berlin().ago(at("2026-11-20T12:48:00Z")), "12m ago");
        assert_eq!(berlin().ago(at("2026-11-20T13:48:00Z")), "just now");
    }

    #[test]
    fn a_clock_of_twelve_hours_says_which_half() {
        let when = When { twelve_hours: true, ..berlin() };
        assert_eq!(when.clock(at("2026-11-20T13:05:00Z")), "2:05 pm");
        assert_eq!(when.clock_to_the_second(at("2026-11-20T23:05:09Z")), "12:05:09 am");
    }
}
