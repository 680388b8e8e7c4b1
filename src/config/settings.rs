//! The rep's own settings: who they are, how the screen looks, what opens a record.

use chrono::Duration;
use chrono_tz::Tz;

use crate::reading::Place;
use crate::reading::{Item, Read, Section};

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

/// How notices are shown outside of the window, by terminals that can.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Notify {
    /// Not at all.
    #[default]
    Off,
    /// By OSC 9.
    Osc9,
    /// By OSC 777.
    Osc777,
    /// By the desktop's own service; only in builds that have it (cargo's feature `desktop`).
    Desktop,
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
    /// How notices are shown outside of the window.
    pub notify: Notify,
    /// So long before a clock runs out there is a warning; nothing is no warning.
    pub warn: Option<Duration>,
    /// Whether times are written `14:05`, or `2:05 pm`.
    pub clock_24h: bool,
    /// Whether the window's title shows what is due.
    pub title: bool,
    /// Whether the app is drawn for screen readers (F13).
    pub linear: bool,
}

impl Default for UiSettings {
    fn default() -> Self {
        Self {
            theme: Theme::Auto,
            colors: Vec::new(),
            mouse: false,
            bell: true,
            notify: Notify::Off,
            warn: Some(Duration::minutes(2)),
            clock_24h: true,
            title: true,
            linear: false,
        }
    }
}

impl UiSettings {
    pub(super) fn read(&mut self, s: &mut Section<'_>) {
        let themes = [("auto", Theme::Auto), ("dark", Theme::Dark), ("light", Theme::Light), ("none", Theme::None)];
        s.set("theme", &mut self.theme, |item| item.one_of(&themes));
        s.set("mouse", &mut self.mouse, Item::flag);
        s.set("bell", &mut self.bell, Item::flag);
        let ways =
            [("off", Notify::Off), ("osc9", Notify::Osc9), ("osc777", Notify::Osc777), ("desktop", Notify::Desktop)];
        s.set("notify", &mut self.notify, |item| match item.one_of(&ways)? {
            Notify::Desktop if !cfg!(feature = "desktop") => Err(item.wrong_hint(
                "“notify” cannot be “desktop”: this leadbox was built without notices on the desktop",
                "build one that has them with `cargo install --path . --features desktop`, or use osc9 or osc777",
            )),
            way => Ok(way),
        });
        s.set("warn", &mut self.warn, |item| match item.text() {
            Ok("off") => Ok(None),
            _ => item.duration().map(Some),
        });
        s.set("clock", &mut self.clock_24h, |item| item.one_of(&[("24h", true), ("12h", false)]));
        s.set("title", &mut self.title, Item::flag);
        s.set("linear", &mut self.linear, Item::flag);
        s.section("colors", |s| {
            for (style, item) in s.free() {
                let color = s.accept(item.words());
                self.colors.extend(color.map(|color| ColorSetting { style, color, place: item.key_place() }));
            }
        });
    }
}

/// A command as it is written, with its place. What its placeholders mean is the app's to say.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OpenCommand {
    /// Program and arguments.
    pub words: Vec<String>,
    /// Where it is set.
    pub place: Place,
}

/// What opens things, as it is written; where nothing is, it is left to the system.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct OpenCommands {
    /// Opens the record in the CRM.
    pub crm: Option<OpenCommand>,
    /// Writes an e-mail.
    pub mail: Option<OpenCommand>,
    /// Dials.
    pub phone: Option<OpenCommand>,
    /// Opens the profile.
    pub linkedin: Option<OpenCommand>,
    /// Opens the company's web site.
    pub website: Option<OpenCommand>,
    /// Opens the rep's calendar.
    pub meeting: Option<OpenCommand>,
    /// The link to that calendar, and where it is set.
    pub meeting_link: Option<(String, Place)>,
}

impl OpenCommands {
    pub(super) fn read(&mut self, s: &mut Section<'_>) {
        s.set("crm", &mut self.crm, command);
        s.set("mail", &mut self.mail, command);
        s.set("phone", &mut self.phone, command);
        s.set("linkedin", &mut self.linkedin, command);
        s.set("website", &mut self.website, command);
        s.set("meeting", &mut self.meeting, command);
        s.set("meeting_link", &mut self.meeting_link, |item| {
            let link = item.text()?.trim();
            Ok((!link.is_empty()).then(|| (link.to_owned(), item.place())))
        });
    }
}

fn command(item: &Item<'_>) -> Read<Option<OpenCommand>> {
    let words = item.list(|item| Ok(item.text()?.to_owned()))?;
    Ok((!words.is_empty()).then(|| OpenCommand { words, place: item.place() }))
}
