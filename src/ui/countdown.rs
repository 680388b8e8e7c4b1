//! A deadline in words: how long is left in working time, told by glyph and words before colour (F10).

use chrono::Duration;
use ratatui::style::Style;

use super::text::{rough, stretch};
use super::theme::Theme;
use crate::handoff::Time;
use crate::handoff::sla::Mode;
use crate::handoff::summary::Deadline;

/// What a countdown asks of the working hours.
pub struct Hours<'a> {
    /// Working seconds between two instants.
    pub working: &'a dyn Fn(Time, Time) -> i64,
    /// The instant itself while open, else the next opening, if there ever is one.
    pub next_opening: &'a dyn Fn(Time) -> Option<Time>,
}

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

impl Countdown {
    /// Counts `deadline` down at `now`. `budget` is the time that was given, in seconds, where it is known.
    pub fn new(deadline: &Deadline, budget: Option<i64>, now: Time, hours: &Hours<'_>) -> Self {
        let Some(due) = deadline.due else {
            return Self { urgency: Urgency::Paused, text: "paused".into(), left: deadline.frozen, next_change: None };
        };
        let (now, due) = (whole_second(now), whole_second(due));
        let counts_working_time = matches!(deadline.mode, Mode::Business | Mode::SameDay);
        let between = |from, to: Time| {
            if counts_working_time { (hours.working)(from, to) } else { (to - from).num_seconds() }
        };
        let opening = if counts_working_time { (hours.next_opening)(now) } else { Some(now) };
        let is_open = opening == Some(now);
        if due <= now {
            let over = between(due, now);
            let text = format!("{} over", if over < 60 { stretch(over) } else { minutes(over) });
            let step = if over < 60 { 1 } else { 60 - over % 60 };
            let next_change = if is_open { Some(now + Duration::seconds(step)) } else { opening };
            return Self { urgency: Urgency::Over, text, left: -over, next_change };
        }
        let left = between(now, due);
        if !is_open {
            let (text, next_change) = match opening {
                Some(opening) => {
                    let wait = (opening - now).num_seconds();
                    (format!("opens in {}", rough(wait)), Some(now + Duration::seconds(rough_step(wait))))
                }
                None => ("closed".into(), None),
            };
            return Self { urgency: Urgency::NotOpen, text, left, next_change };
        }
        let is_near = left <= 300 || budget.is_some_and(|budget| left <= budget / 4);
        let urgency = match left {
            _ if is_near => Urgency::Near,
            ..3600 => Urgency::Running,
            _ => Urgency::Far,
        };
        let step = if left < 3600 { 1 } else { left % 60 + 1 };
        // Where it closes before that, the words change at the close.
        let step = between(now, now + Duration::seconds(step)).clamp(1, step);
        Self { urgency, text: stretch(left), left, next_change: Some(now + Duration::seconds(step)) }
    }

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

/// `12m`, `2h 10m`, and days beyond four of them.
fn minutes(seconds: i64) -> String {
    match seconds {
        ..3600 => rough(seconds),
        3600..345_600 => stretch(seconds),
        _ => rough(seconds),
    }
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
    use proptest::prelude::*;

    use super::*;
    use crate::handoff::summary::ClockKind;

    /// Open from 9:00 to 12:00 and from 13:00 to 17:00 UTC, every day.
    fn is_open(second: i64) -> bool {
        matches!(second.rem_euclid(86_400) / 3600, 9..=11 | 13..=16)
    }

    fn working(from: Time, to: Time) -> i64 {
        (from.timestamp()..to.timestamp()).filter(|&second| is_open(second)).count() as i64
    }

    fn next_opening(from: Time) -> Option<Time> {
        let second = (from.timestamp()..).find(|&second| is_open(second))?;
        Time::from_timestamp(second, 0)
    }

    const HOURS: Hours<'static> = Hours { working: &working, next_opening: &next_opening };

    fn at(clock: &str) -> Time {
        format!("2026-11-20T{clock}Z").parse().unwrap()
    }

    fn deadline(due: &str, mode: Mode) -> Deadline {
        Deadline { clock: ClockKind::Acceptance, due: Some(at(due)), mode, frozen: 0 }
    }

    fn shown(now: &str, due: &str, mode: Mode) -> String {
        let countdown = Countdown::new(&deadline(due, mode), None, at(now), &HOURS);
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
        ] {
            assert_eq!(shown(now, due, mode), words, "{now} {due} {mode:?}");
        }
    }

    #[test]
    fn a_quarter_of_a_known_budget_is_near() {
        let near = |budget| Countdown::new(&deadline("10:50:00", Mode::Wall), budget, at("10:00:00"), &HOURS).urgency;
        assert_eq!((near(None), near(Some(3 * 3600)), near(Some(4 * 3600))), {
            (Urgency::Running, Urgency::Running, Urgency::Near)
        });
    }

    #[test]
    fn a_stopped_clock_keeps_what_is_left() {
        let paused = Deadline { due: None, frozen: 7800, ..deadline("10:00:00", Mode::Business) };
        let countdown = Countdown::new(&paused, None, at("10:00:00"), &HOURS);
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
            let tell = |second| Countdown::new(&deadline, None, time(second), &HOURS);
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
