//! One stretch of working time on the wall clock, as a person writes it: `09:00-12:00`.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};
use thiserror::Error;

const MINUTES_A_DAY: u16 = 24 * 60;

/// A working window `[open, close)` on the wall clock. It belongs to the day on which it opens (section 4, rule 2).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Window {
    open: u16,
    close: u16,
}

impl Window {
    /// A window from minutes after midnight: `open` in `0..1440`, `close` in `0..=1440`. A `close` that is before
    /// `open` means the next day. Refuses a window that opens and closes at the same time.
    pub fn new(open: u16, close: u16) -> Result<Self, WindowError> {
        if open == MINUTES_A_DAY {
            return Err(WindowError::StartsAtMidnightsEnd);
        }
        for minute in [open, close] {
            if minute > MINUTES_A_DAY {
                return Err(WindowError::Time { time: clock(minute) });
            }
        }
        match close {
            _ if close == open => Err(WindowError::Empty { time: clock(open) }),
            _ if close < open => Ok(Self { open, close: close + MINUTES_A_DAY }),
            _ => Ok(Self { open, close }),
        }
    }

    /// Whether this minute of a day, `0..1440`, is within it, or within the one that began the day before.
    pub fn has_minute(self, minute: u16) -> bool {
        let within = |minute| (self.open..self.close).contains(&minute);
        within(minute) || within(minute + MINUTES_A_DAY)
    }

    /// Minutes after midnight at which it opens, `0..1440`.
    pub fn open(self) -> u16 {
        self.open
    }

    /// Minutes after the midnight that begins the opening day, at which it closes: above 1440 when the window runs
    /// into the next day, always below 2880.
    pub fn close(self) -> u16 {
        self.close
    }
}

/// Why a text is no working window.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum WindowError {
    /// Not two times with a dash between them.
    #[error("write it as OPEN-CLOSE, for example 09:00-17:30")]
    Shape,
    /// One of the two is no time of day.
    #[error("`{time}` is not a time between 00:00 and 24:00")]
    Time {
        /// The offending part.
        time: String,
    },
    /// `24:00` as the start.
    #[error("24:00 can only end a window; a window that starts at midnight starts at 00:00 of the day after")]
    StartsAtMidnightsEnd,
    /// Opens and closes at the same time.
    #[error("it opens and closes at {time}, so it holds no time; a whole day is 00:00-24:00")]
    Empty {
        /// The time that stands on both sides.
        time: String,
    },
}

impl FromStr for Window {
    type Err = WindowError;

    fn from_str(text: &str) -> Result<Self, WindowError> {
        let (open, close) = text.split_once('-').ok_or(WindowError::Shape)?;
        Self::new(minutes(open)?, minutes(close)?)
    }
}

impl TryFrom<String> for Window {
    type Error = WindowError;

    fn try_from(text: String) -> Result<Self, WindowError> {
        text.parse()
    }
}

impl From<Window> for String {
    fn from(window: Window) -> Self {
        window.to_string()
    }
}

impl fmt::Display for Window {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let close = if self.close > MINUTES_A_DAY { self.close - MINUTES_A_DAY } else { self.close };
        write!(f, "{}-{}", clock(self.open), clock(close))
    }
}

fn clock(minute: u16) -> String {
    format!("{:02}:{:02}", minute / 60, minute % 60)
}

/// `H:MM` or `HH:MM`, up to `24:00`, as minutes after midnight.
fn minutes(text: &str) -> Result<u16, WindowError> {
    let text = text.trim();
    let number = |digits: &str, lengths: std::ops::RangeInclusive<usize>| {
        let plain = lengths.contains(&digits.len()) && digits.bytes().all(|b| b.is_ascii_digit());
        plain.then(|| digits.parse::<u16>().ok()).flatten()
    };
    text.split_once(':')
        .and_then(|(hour, minute)| Some((number(hour, 1..=2)?, number(minute, 2..=2)?)))
        .filter(|&(hour, minute)| minute < 60 && hour * 60 + minute <= MINUTES_A_DAY)
        .map(|(hour, minute)| hour * 60 + minute)
        .ok_or_else(|| WindowError::Time { time: text.to_owned() })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_close_before_the_open_is_on_the_next_day() {
        let window: Window = "22:00-06:30".parse().unwrap();
        assert_eq!((window.open(), window.close()), (22 * 60, 30 * 60 + 30));
        let window: Window = "22:00-00:00".parse().unwrap();
        assert_eq!((window.open(), window.close()), (22 * 60, 24 * 60));
    }

    #[test]
    fn spaces_and_single_digit_hours_are_read() {
        assert_eq!("9:00 - 17:30".parse::<Window>(), Window::new(540, 1_050));
    }

    #[test]
    fn written_and_read_again_it_is_the_same() {
        for text in ["09:00-12:00", "22:00-06:30", "00:00-24:00", "18:00-24:00", "00:01-00:00"] {
            let window: Window = text.parse().unwrap();
            assert_eq!(window.to_string().parse::<Window>().unwrap(), window);
        }
    }

    #[test]
    fn minutes_beyond_a_day_are_refused() {
        assert!(matches!(Window::new(1_441, 10), Err(WindowError::Time { .. })));
        assert!(matches!(Window::new(10, 1_441), Err(WindowError::Time { .. })));
        assert_eq!(Window::new(1_440, 10), Err(WindowError::StartsAtMidnightsEnd));
    }
}
