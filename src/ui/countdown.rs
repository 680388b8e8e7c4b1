//! A deadline in words: how long is left in working time, told by glyph and words before colour (F10).

use chrono::Duration;
use ratatui::style::Style;

use super::text::{late, rough, stretch};
use super::theme::Theme;
use crate::handoff::Time;
use crate::handoff::policy::Policy;
use crate::handoff::sla::Mode;
use crate::handoff::summary::{Deadline, Summary};

/// The present as the clocks see it: worked out once a frame, for all countdowns.
#[derive(Clone, Copy, Debug)]
pub struct Present<'a> {
    /// Now, in whole seconds.
    now: Time,
    policy: &'a Policy,
    /// Now while open, else the next opening, if there ever is one.
    opening: Option<Time>,
    /// When it closes, while open and within the next minute.
    closing: Option<Time>,
    /// No seconds are told.
    by_minute: bool,
}

/// Less than a minute, where no seconds are told.
const UNDER: &str = "under 1m";

/// What a list says in the place of a countdown where the hub gave the lead to somebody else.
pub const TAKEN_AWAY: &str = "taken away";

/// How pressing it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Urgency {
    /// An hour or more is left.
    Far,
    /// Less than an hour.
    Running,
    /// Five minutes or a quarter of the time at the most.
    Near,
    /// The clock waits for the next opening.
    NotOpen,
    /// The clock is stopped.
    Paused,
    /// The time is over.
    Over,
}

impl Urgency {
    /// The sign before the words.
    pub fn glyph(self) -> &'static str {
        match self {
            Self::Far => " ",
            Self::Running => "●",
            Self::Near => "▲",
            Self::NotOpen => "◌",
            Self::Paused => "‖",
            Self::Over => "✗",
        }
    }

    /// Its style.
    pub fn style(self, theme: &Theme) -> Style {
        match self {
            Self::Far | Self::Running => theme.text,
            Self::Near => theme.urgent,
            Self::NotOpen | Self::Paused => theme.dim,
            Self::Over => theme.over,
        }
    }
}

/// How much is left, at one instant.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Countdown {
    /// How pressing.
    pub urgency: Urgency,
    /// The words for a column of its own: `4:12`, `2h 10m`, `opens in 15h`, `12m over`, `paused`.
    pub text: String,
    /// Seconds left, by the clock's own counting; below zero when over.
    pub left: i64,
    /// When the words change next if nothing else happens; never, where they stand still.
    pub next_change: Option<Time>,
}

/// What is left of a lead's nearest clock, with its sign: a column of a list on the command line.
pub fn left(summary: &Summary, policy: &Policy, now: Time) -> String {
    if summary.taken_away.is_some() {
        return TAKEN_AWAY.into();
    }
    let Some(deadline) = summary.deadline.filter(|_| !summary.stage.is_closed()) else { return "–".into() };
    let countdown = Present::new(now, policy).count(&deadline, None);
    format!("{} {}", countdown.urgency.glyph(), countdown.text)
}

impl<'a> Present<'a> {
    /// The present by this policy's calendars.
    pub fn new(now: Time, policy: &'a Policy) -> Self {
        let now = whole_second(now);
        let calendar = &policy.calendar;
        let opening = calendar.next_opening(now);
        let ahead = now + Duration::minutes(1);
        let span = if opening == Some(now) { calendar.open_spans(now, ahead).next() } else { None };
        let closing = span.map(|(_, close)| close).filter(|&close| close < ahead);
        Self { now, policy, opening, closing, by_minute: false }
    }

    /// Told by the minute, where words that change each second would be read out each second.
    pub fn by_minute(self, by_minute: bool) -> Self {
        Self { by_minute, ..self }
    }

    /// Counts a deadline down. `budget` is the time that was given, in seconds, where it is known.
    pub fn count(&self, deadline: &Deadline, budget: Option<i64>) -> Countdown {
        let Some(due) = deadline.due.map(whole_second) else {
            let left = deadline.frozen;
            return Countdown { urgency: Urgency::Paused, text: "paused".into(), left, next_change: None };
        };
        let working = matches!(deadline.mode, Mode::Business | Mode::SameDay);
        if due <= self.now { self.over(due, working) } else { self.running(due, working, budget) }
    }

    fn running(&self, due: Time, working: bool, budget: Option<i64>) -> Countdown {
        let left = self.between(self.now, due, working);
        if working && self.opening != Some(self.now) {
            let (text, next_change) = match self.opening {
                Some(opening) => {
                    let wait = (opening - self.now).num_seconds();
                    let (wait, step) = match wait {
                        ..60 if self.by_minute => (UNDER.into(), wait.max(1)),
                        wait => (rough(wait), rough_step(wait)),
                    };
                    (format!("opens in {wait}"), Some(self.after(step).min(due)))
                }
                None => ("closed".into(), None),
            };
            return Countdown { urgency: Urgency::NotOpen, text, left, next_change };
        }
        let is_near = left <= 300 || budget.is_some_and(|budget| left <= budget / 4);
        let urgency = match left {
            _ if is_near => Urgency::Near,
            ..3600 => Urgency::Running,
            _ => Urgency::Far,
        };
        let text = match left {
            ..60 if self.by_minute => UNDER.into(),
            ..3600 if self.by_minute => rough(left),
            left => stretch(left),
        };
        let change = self.after(if left < 3600 && !self.by_minute { 1 } else { left % 60 + 1 });
        let change = if working { self.closing.map_or(change, |closing| change.min(closing)) } else { change };
        Countdown { urgency, text, left, next_change: Some(change) }
    }

    fn over(&self, due: Time, working: bool) -> Countdown {
        let over = self.between(due, self.now, working);
        // In working time a day is the office's, not one of 24 working hours.
        let day = if working { self.policy.calendar.working_day() } else { 86_400 };
        let late = if over < 60 && self.by_minute { UNDER.into() } else { late(over, day) };
        let text = format!("{late} over");
        let step = match over {
            ..60 if !self.by_minute => 1,
            over if over < day => 60 - over % 60,
            over => day - over % day,
        };
        let is_open = !working || self.opening == Some(self.now);
        let next_change = if is_open { Some(self.after(step.min(3600))) } else { self.opening };
        Countdown { urgency: Urgency::Over, text, left: -over, next_change }
    }

    fn between(&self, from: Time, to: Time, working: bool) -> i64 {
        if working { self.policy.worked(from, to) } else { (to - from).num_seconds() }
    }

    fn after(&self, seconds: i64) -> Time {
        self.now + Duration::seconds(seconds)
    }
}

impl Countdown {
    /// The words for a sentence: `4:12 left`, `opens in 15h`, `12m over`, `paused, 2h 10m left`.
    pub fn words(&self) -> String {
        match self.urgency {
            Urgency::Far | Urgency::Running | Urgency::Near => format!("{} left", self.text),
            Urgency::Paused if self.left > 0 => format!("paused, {} left", stretch(self.left)),
            Urgency::NotOpen | Urgency::Paused | Urgency::Over => self.text.clone(),
        }
    }
}

fn whole_second(time: Time) -> Time {
    time - Duration::nanoseconds(i64::from(time.timestamp_subsec_nanos()))
}

/// In how many seconds [`rough`] changes as `seconds` run down.
fn rough_step(seconds: i64) -> i64 {
    1 + match seconds {
        ..60 => 0,
        60..3600 => seconds % 60,
        3600..86_400 => seconds % 3600,
        _ => seconds % 86_400,
    }
}

#[cfg(test)]
mod tests {
    use std::collections::{BTreeMap, BTreeSet};

    use proptest::prelude::*;

    use super::*;
    use crate::handoff::calendar::{Calendar, Window};
    use crate::handoff::summary::ClockKind;

    /// Open from 9:00 to 12:00 and from 13:00 to 17:00 UTC, every day.
    fn policy() -> Policy {
        let day = || vec![Window::new(9 * 60, 12 * 60).unwrap(), Window::new(13 * 60, 17 * 60).unwrap()];
        let week = std::array::from_fn(|_| day());
        let calendar = Calendar::new("test", chrono_tz::UTC, week, BTreeSet::new(), BTreeMap::new());
        Policy { calendar, ..Policy::default() }
    }

    fn count(deadline: &Deadline, budget: Option<i64>, now: Time) -> Countdown {
        Present::new(now, &policy()).count(deadline, budget)
    }

    fn at(clock: &str) -> Time {
        format!("2026-11-20T{clock}Z").parse().unwrap()
    }

    fn deadline(due: &str, mode: Mode) -> Deadline {
        Deadline { clock: ClockKind::Acceptance, due: Some(at(due)), mode, frozen: 0 }
    }

    fn shown(now: &str, due: &str, mode: Mode) -> String {
        let countdown = count(&deadline(due, mode), None, at(now));
        format!("{} {}", countdown.urgency.glyph(), countdown.words())
    }

    #[test]
    fn what_is_left_is_told_to_the_second_in_working_time() {
        use Mode::{Business, SameDay, Wall, WallRoll};
        for (now, due, mode, words) in [
            ("10:00:00", "10:04:12", Business, "▲ 4:12 left"),
            ("10:00:00", "10:05:01", Business, "● 5:01 left"),
            ("10:00:00", "11:00:00", Business, "  1h left"),
            ("11:30:00", "13:08:05", Business, "● 38:05 left"),
            ("11:30:00", "13:08:05", Wall, "  1h 38m left"),
            ("14:00:00", "16:10:59", WallRoll, "  2h 10m left"),
            ("11:30:00", "17:00:00", SameDay, "  4h 30m left"),
            ("12:15:00", "13:08:05", Business, "◌ opens in 45m"),
            ("08:59:19", "10:00:00", Business, "◌ opens in 41s"),
            ("10:12:30", "10:00:00", Business, "✗ 12m over"),
            ("10:00:41", "10:00:00", Business, "✗ 0:41 over"),
            ("10:00:00", "10:00:00", Business, "✗ 0:00 over"),
            ("13:10:00", "11:58:00", Business, "✗ 12m over"),
            ("13:10:00", "11:58:00", Wall, "✗ 1h 12m over"),
            ("16:59:00", "09:00:00", Business, "✗ 6h 59m over"),
            ("17:00:00", "09:00:00", Business, "✗ 1d over"),
        ] {
            assert_eq!(shown(now, due, mode), words, "{now} {due} {mode:?}");
        }
    }

    #[test]
    fn a_quarter_of_a_known_budget_is_near() {
        let near = |budget| count(&deadline("10:50:00", Mode::Wall), budget, at("10:00:00")).urgency;
        assert_eq!((near(None), near(Some(3 * 3600)), near(Some(4 * 3600))), {
            (Urgency::Running, Urgency::Running, Urgency::Near)
        });
    }

    #[test]
    fn a_due_time_while_it_is_closed_is_not_slept_through() {
        let countdown = count(&deadline("19:00:00", Mode::Business), None, at("18:30:00"));
        assert_eq!((countdown.text.as_str(), countdown.next_change), ("opens in 14h", Some(at("19:00:00"))));
    }

    #[test]
    fn a_stopped_clock_keeps_what_is_left() {
        let paused = Deadline { due: None, frozen: 7800, ..deadline("10:00:00", Mode::Business) };
        let countdown = count(&paused, None, at("10:00:00"));
        assert_eq!((countdown.text.as_str(), countdown.words().as_str()), ("paused", "paused, 2h 10m left"));
        assert_eq!((countdown.urgency.glyph(), countdown.next_change), ("‖", None));
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(64))]
        /// Nothing changes before the time that was told, so nothing need be drawn before it; and where the clock
        /// counts by minutes the words have changed by then.
        #[test]
        fn the_words_stand_until_the_next_change(now in 0..86_400i64, due in -7200..90_000i64, wall in any::<bool>()) {
            let time = |second: i64| Time::from_timestamp(1_795_132_800 + second, 0).unwrap();
            let mode = if wall { Mode::Wall } else { Mode::Business };
            let deadline = Deadline { due: Some(time(due)), ..deadline("10:00:00", mode) };
            let tell = |second| count(&deadline, None, time(second));
            let told = tell(now);
            let next = told.next_change.map(|next| (next - time(0)).num_seconds()).unwrap();
            prop_assert!(next > now);
            for second in [now + 1, (now + next) / 2, next - 1] {
                if (now..next).contains(&second) {
                    prop_assert_eq!(tell(second).words(), told.words());
                }
            }
            if tell(next).urgency != Urgency::Over || told.urgency != Urgency::Over {
                prop_assert_ne!(tell(next).words(), told.words());
            }
        }
    }
}
