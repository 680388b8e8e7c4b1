//! A field for a natural date, which shows the time that it means while one types.

use crate::app::input::Input;
use crate::app::input::Typed;
use crate::app::key::Key;
use crate::app::natural::{self, Base};
use crate::handoff::Time;

/// A field for a natural date.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct DateField {
    /// What is typed.
    pub input: Input,
    /// The time that it means.
    pub time: Option<Time>,
    /// The words after the date, where the field takes them: `tue 10:00 call` leaves `call`.
    pub rest: String,
    /// What is wrong with it; nothing while it is empty.
    pub error: Option<String>,
}

/// What the arrows offer, for those who would rather choose.
const SUGGESTIONS: [&str; 7] = ["+1h", "+2h", "tomorrow", "+3d", "next week", "in 2 weeks", "+1mo"];

impl DateField {
    /// Takes a key of the text; `takes_rest` where words may follow the date.
    pub fn key(&mut self, key: Key, base: &Base<'_>, takes_rest: bool) -> Typed {
        let typed = self.input.key(key);
        if typed == Typed::Changed {
            self.read(base, takes_rest);
        }
        typed
    }

    /// Works out what the text means now.
    pub fn read(&mut self, base: &Base<'_>, takes_rest: bool) {
        (self.time, self.error) = (None, None);
        self.rest.clear();
        if self.input.is_blank() {
            return;
        }
        let text = self.input.text();
        let read = if takes_rest {
            natural::parse_prefix(text, base)
        } else {
            natural::parse(text, base).map(|time| (time, String::new()))
        };
        match read {
            Ok((time, rest)) => (self.time, self.rest) = (Some(time), rest),
            Err(error) => self.error = Some(error.to_string()),
        }
    }

    /// Puts the next or the previous suggestion in.
    pub fn suggest(&mut self, forth: bool, base: &Base<'_>) {
        let now = SUGGESTIONS.iter().position(|&text| text == self.input.text());
        let count = SUGGESTIONS.len();
        let next = match (now, forth) {
            (None, true) => 0,
            (None, false) => count - 1,
            (Some(at), true) => (at + 1) % count,
            (Some(at), false) => (at + count - 1) % count,
        };
        self.input = Input::with(SUGGESTIONS[next]);
        self.read(base, false);
    }

    /// The time, read again at the last moment since `+2h` moves on; else what is wrong or missing.
    pub fn given(&mut self, base: &Base<'_>, takes_rest: bool, missing: &str) -> Result<Time, String> {
        self.read(base, takes_rest);
        self.time.ok_or_else(|| self.error.clone().unwrap_or_else(|| missing.to_owned()))
    }
}
