//! The rep's own settings: who they are, how the screen looks, what opens a record.

use chrono_tz::Tz;

use super::error::Place;
use super::reader::{Item, Read, Section};

/// Who sits at this desk.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RepSettings {
    /// The rep's name, as the CRM and the events have it.
    pub name: String,
    /// The zone in which times are shown and days begin.
    pub zone: Tz,
}

impl RepSettings {
    pub(super) fn read(&mut self, s: &mut Section<'_>) {
        s.set("name", &mut self.name, Item::words);
        s.set("zone", &mut self.zone, Item::zone);
    }
}

/// The looks.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Theme {
    /// As the terminal says.
    #[default]
    Auto,
    /// Light text on a dark ground.
    Dark,
    /// Dark text on a light ground.
    Light,
    /// No colour.
    None,
}

/// Another colour for a style of the theme. Names and colours are the theme's to check.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ColorSetting {
    /// The style, such as `accent`.
    pub style: String,
    /// The colour: a name, `0` to `255` or `#rrggbb`.
    pub color: String,
    /// Where it is set.
    pub place: Place,
}

/// How the app looks and sounds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UiSettings {
    /// The look.
    pub theme: Theme,
    /// Other colours for its styles.
    pub colors: Vec<ColorSetting>,
    /// Whether the mouse is heeded; the terminal's own selection then needs Shift.
    pub mouse: bool,
    /// Whether the bell rings when a lead comes in, and when one is about to be late.
    pub bell: bool,
    /// Whether times are written `14:05`, or `2:05 pm`.
    pub clock_24h: bool,
    /// Whether the window's title shows what is due.
    pub title: bool,
}

impl Default for UiSettings {
    fn default() -> Self {
        Self { theme: Theme::Auto, colors: Vec::new(), mouse: false, bell: true, clock_24h: true, title: true }
    }
}

impl UiSettings {
    pub(super) fn read(&mut self, s: &mut Section<'_>) {
        let themes = [("auto", Theme::Auto), ("dark", Theme::Dark), ("light", Theme::Light), ("none", Theme::None)];
        s.set("theme", &mut self.theme, |item| item.one_of(&themes));
        s.set("mouse", &mut self.mouse, Item::flag);
        s.set("bell", &mut self.bell, Item::flag);
        s.set("clock", &mut self.clock_24h, |item| item.one_of(&[("24h", true), ("12h", false)]));
        s.set("title", &mut self.title, Item::flag);
        s.section("colors", |s| {
            for (style, item) in s.free() {
                let color = s.accept(item.words());
                self.colors.extend(color.map(|color| ColorSetting { style, color, place: item.key_place() }));
            }
        });
    }
}

/// The commands that open things; an empty one leaves it to the system. They are run as they stand, without a shell.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct OpenCommands {
    /// Opens the record in the CRM: `{url}`.
    pub crm: Vec<String>,
    /// Writes an e-mail: `{email}`, `{url}` is `mailto:…`.
    pub mail: Vec<String>,
    /// Dials: `{phone}`, `{url}` is `tel:…`.
    pub phone: Vec<String>,
    /// Opens the profile: `{url}`.
    pub linkedin: Vec<String>,
    /// Opens the company's web site: `{url}`.
    pub website: Vec<String>,
}

/// What an open command's placeholders stand for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct OpenValues<'a> {
    /// `{url}`
    pub url: &'a str,
    /// `{email}`
    pub email: &'a str,
    /// `{phone}`
    pub phone: &'a str,
    /// `{name}`
    pub name: &'a str,
    /// `{company}`
    pub company: &'a str,
}

impl<'a> OpenValues<'a> {
    const NAMES: [&'static str; 5] = ["{url}", "{email}", "{phone}", "{name}", "{company}"];

    fn of(&self) -> [&'a str; 5] {
        [self.url, self.email, self.phone, self.name, self.company]
    }

    /// The command with its placeholders filled; nothing if it is empty, or if a value would pass for an option of
    /// the program, since values come from outside.
    pub fn fill(&self, command: &[String]) -> Option<Vec<String>> {
        let filled = command.iter().map(|argument| {
            let values = Self::NAMES.into_iter().zip(self.of());
            let mut text = String::new();
            let mut rest = argument.as_str();
            // One pass, so that a value that holds a placeholder stays as it is.
            while let Some((at, name, value)) =
                values.clone().filter_map(|(name, value)| Some((rest.find(name)?, name, value))).min_by_key(|it| it.0)
            {
                text.push_str(&rest[..at]);
                text.push_str(value);
                rest = &rest[at + name.len()..];
            }
            text.push_str(rest);
            (!text.starts_with('-') || argument.starts_with('-')).then_some(text)
        });
        filled.collect::<Option<Vec<_>>>().filter(|command| !command.is_empty())
    }
}

impl OpenCommands {
    pub(super) fn read(&mut self, s: &mut Section<'_>) {
        s.set("crm", &mut self.crm, command);
        s.set("mail", &mut self.mail, command);
        s.set("phone", &mut self.phone, command);
        s.set("linkedin", &mut self.linkedin, command);
        s.set("website", &mut self.website, command);
    }
}

fn command(item: &Item<'_>) -> Read<Vec<String>> {
    item.list(|item| {
        let argument = item.text()?;
        let mut rest = argument.to_owned();
        for name in OpenValues::NAMES {
            rest = rest.replace(name, "");
        }
        if rest.contains(['{', '}']) {
            let known = OpenValues::NAMES.join(", ");
            return Err(
                item.wrong_hint(format!("“{argument}” has an unknown placeholder"), format!("there are {known}"))
            );
        }
        Ok(argument.to_owned())
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_command_is_filled_once_and_a_value_never_becomes_an_option() {
        let values = OpenValues { url: "tel:1", phone: "{url}", name: "--now", ..OpenValues::default() };
        let command = |words: &[&str]| values.fill(&words.iter().map(|&word| word.into()).collect::<Vec<_>>());
        let filled = |words: &[&str]| Some(words.iter().map(|&word| word.to_owned()).collect());
        assert_eq!(command(&["dial", "--to={phone} {url}"]), filled(&["dial", "--to={url} tel:1"]));
        assert_eq!(command(&["dial", "{name}"]), None);
        assert_eq!(command(&[]), None);
    }
}
