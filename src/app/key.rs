//! One chord of the keyboard, in the words of the configuration: `ctrl-k`, `shift-tab`, `G`, `space`.

use std::fmt;
use std::str::FromStr;

use crossterm::event::{KeyCode, KeyEvent, KeyModifiers};

/// A key with its modifiers. Letters carry their shift in their case: `G`, never `shift-g`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Key {
    /// The key itself.
    pub code: Code,
    /// Control was held.
    pub ctrl: bool,
    /// Alt (or Option) was held.
    pub alt: bool,
    /// Shift was held; always false for characters.
    pub shift: bool,
}

/// What was pressed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Code {
    /// A character, as typed.
    Char(char),
    /// Enter.
    Enter,
    /// Escape.
    Esc,
    /// Tab; with shift it goes back.
    Tab,
    /// Backspace.
    Backspace,
    /// Delete.
    Delete,
    /// Arrow up.
    Up,
    /// Arrow down.
    Down,
    /// Arrow left.
    Left,
    /// Arrow right.
    Right,
    /// Home.
    Home,
    /// End.
    End,
    /// Page up.
    PageUp,
    /// Page down.
    PageDown,
    /// A function key, 1 to 12.
    F(u8),
}

/// The names of the keys that are not characters: configuration, then screen.
const NAMES: [(Code, &str, &str); 13] = [
    (Code::Enter, "enter", "⏎"),
    (Code::Esc, "esc", "Esc"),
    (Code::Tab, "tab", "Tab"),
    (Code::Backspace, "backspace", "Bksp"),
    (Code::Delete, "delete", "Del"),
    (Code::Up, "up", "↑"),
    (Code::Down, "down", "↓"),
    (Code::Left, "left", "←"),
    (Code::Right, "right", "→"),
    (Code::Home, "home", "Home"),
    (Code::End, "end", "End"),
    (Code::PageUp, "pageup", "PgUp"),
    (Code::PageDown, "pagedown", "PgDn"),
];

/// A text that names no key.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("“{0}” is not a key; keys look like `a`, `G`, `ctrl-k`, `shift-tab`, `enter`, `space`, `pagedown`, `f5`")]
pub struct NotAKey(pub String);

impl Key {
    /// A key without modifiers.
    pub const fn plain(code: Code) -> Self {
        Self { code, ctrl: false, alt: false, shift: false }
    }

    /// A character without modifiers.
    pub const fn char(char: char) -> Self {
        Self::plain(Code::Char(char))
    }

    /// A character with control held.
    pub const fn ctrl(char: char) -> Self {
        Self { ctrl: true, ..Self::char(char) }
    }

    /// The character that this key types into a text, if it types one.
    pub fn typed(self) -> Option<char> {
        match self.code {
            Code::Char(char) if !self.ctrl && !self.alt => Some(char),
            _ => None,
        }
    }

    /// The key as the footer and the help show it: `⏎`, `^k`, `⇧Tab`, `space`.
    pub fn label(self) -> String {
        let mut text = String::new();
        if self.ctrl {
            text.push('^');
        }
        if self.alt {
            text.push_str("M-");
        }
        if self.shift {
            text.push('⇧');
        }
        match self.code {
            Code::Char(' ') => text.push_str("space"),
            Code::Char(char) => text.push(char),
            Code::F(number) => text.push_str(&format!("F{number}")),
            code => text.push_str(NAMES.iter().find(|name| name.0 == code).map_or("", |name| name.2)),
        }
        text
    }
}

impl fmt::Display for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (held, name) in [(self.ctrl, "ctrl-"), (self.alt, "alt-"), (self.shift, "shift-")] {
            if held {
                f.write_str(name)?;
            }
        }
        match self.code {
            Code::Char(' ') => f.write_str("space"),
            Code::Char(char) => write!(f, "{char}"),
            Code::F(number) => write!(f, "f{number}"),
            code => f.write_str(NAMES.iter().find(|name| name.0 == code).map_or("", |name| name.1)),
        }
    }
}

impl FromStr for Key {
    type Err = NotAKey;

    fn from_str(text: &str) -> Result<Self, NotAKey> {
        let mut key = Self::char(' ');
        let mut rest = text;
        loop {
            let (prefix, after) = rest.split_at_checked(rest.find('-').map_or(0, |at| at + 1)).unwrap_or(("", rest));
            match prefix.to_ascii_lowercase().as_str() {
                "ctrl-" | "c-" | "control-" if !after.is_empty() => key.ctrl = true,
                "alt-" | "m-" | "meta-" if !after.is_empty() => key.alt = true,
                "shift-" | "s-" if !after.is_empty() => key.shift = true,
                _ => break,
            }
            rest = after;
        }
        let lower = rest.to_ascii_lowercase();
        let mut chars = rest.chars();
        key.code = match (chars.next(), chars.next()) {
            (Some(char), None) if !char.is_control() => Code::Char(char),
            _ if lower == "space" => Code::Char(' '),
            _ => {
                let number = lower.strip_prefix('f').and_then(|number| number.parse::<u8>().ok());
                match number.filter(|number| (1..=12).contains(number)) {
                    Some(number) => Code::F(number),
                    None => NAMES
                        .iter()
                        .find(|name| name.1 == lower || (name.1 == "esc" && lower == "escape"))
                        .map(|name| name.0)
                        .ok_or_else(|| NotAKey(text.to_owned()))?,
                }
            }
        };
        Ok(key.normal())
    }
}

impl Key {
    /// One spelling for each chord: shift goes into the letter's case, control letters are small.
    fn normal(mut self) -> Self {
        if let Code::Char(char) = self.code {
            if self.ctrl {
                self.code = Code::Char(char.to_ascii_lowercase());
            } else if self.shift {
                self.code = Code::Char(char.to_uppercase().next().unwrap_or(char));
            }
            self.shift = false;
        }
        self
    }
}

/// A key event of the terminal that stands for no chord of ours (media keys, a modifier alone).
impl TryFrom<KeyEvent> for Key {
    type Error = ();

    fn try_from(event: KeyEvent) -> Result<Self, ()> {
        let held = |modifier| event.modifiers.contains(modifier);
        let mut shift = held(KeyModifiers::SHIFT);
        let code = match event.code {
            KeyCode::Char(char) => Code::Char(char),
            KeyCode::Enter => Code::Enter,
            KeyCode::Esc => Code::Esc,
            KeyCode::Tab => Code::Tab,
            KeyCode::BackTab => {
                shift = true;
                Code::Tab
            }
            KeyCode::Backspace => Code::Backspace,
            KeyCode::Delete => Code::Delete,
            KeyCode::Up => Code::Up,
            KeyCode::Down => Code::Down,
            KeyCode::Left => Code::Left,
            KeyCode::Right => Code::Right,
            KeyCode::Home => Code::Home,
            KeyCode::End => Code::End,
            KeyCode::PageUp => Code::PageUp,
            KeyCode::PageDown => Code::PageDown,
            KeyCode::F(number) => Code::F(number),
            _ => return Err(()),
        };
        Ok(Self { code, ctrl: held(KeyModifiers::CONTROL), alt: held(KeyModifiers::ALT), shift }.normal())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_reads_and_prints_the_same() {
        for text in ["a", "G", "ctrl-k", "shift-tab", "enter", "space", "alt-x", "-", "ctrl--", "f5", "pagedown", "ç"]
        {
            assert_eq!(text.parse::<Key>().map(|key| key.to_string()), Ok(text.to_owned()));
        }
        assert_eq!("shift-g".parse(), Ok(Key::char('G')));
        assert_eq!("Ctrl-K".parse(), Ok(Key::ctrl('k')));
        assert_eq!("escape".parse(), Ok(Key::plain(Code::Esc)));
        for text in ["", "gg", "ctrl-", "hyper-x", "f13", "ctrl-gg"] {
            assert!(text.parse::<Key>().is_err(), "{text}");
        }
    }

    #[test]
    fn the_terminal_s_events_become_the_same_keys() {
        let event = |code, modifiers| Key::try_from(KeyEvent::new(code, modifiers));
        assert_eq!(event(KeyCode::Char('G'), KeyModifiers::SHIFT), Ok(Key::char('G')));
        assert_eq!(event(KeyCode::BackTab, KeyModifiers::SHIFT), "shift-tab".parse().map_err(|_| ()));
        assert_eq!(event(KeyCode::Char('K'), KeyModifiers::CONTROL | KeyModifiers::SHIFT), Ok(Key::ctrl('k')));
        assert_eq!(event(KeyCode::CapsLock, KeyModifiers::NONE), Err(()));
        assert_eq!(Key::ctrl('x').typed(), None);
    }
}
