//! Colours and weights by what they mean. Only the sixteen colours of any terminal are used by default, one of them as
//! the accent; nothing is said by colour alone.

use ratatui::style::{Color, Modifier, Style};

/// The styles of one look.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Theme {
    /// Running text.
    pub text: Style,
    /// What stands behind: labels, rules, ages.
    pub dim: Style,
    /// What carries weight: names, headings.
    pub strong: Style,
    /// The one accent: the chosen tab, keys, bars.
    pub accent: Style,
    /// Little time left.
    pub urgent: Style,
    /// Time is over, something failed.
    pub over: Style,
    /// Done, reached, saved.
    pub ok: Style,
    /// Keys in the footer and in help.
    pub key: Style,
    /// Frames and rules.
    pub rule: Style,
    /// The row or entry that the cursor is on, as a background.
    pub selection: Style,
    /// What stands behind, on a selected row.
    pub selection_dim: Style,
    /// What the cursor is in: a text field.
    pub field: Style,
    /// Letters that a search matched.
    pub found: Style,
}

/// The looks that come with the program.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Look {
    /// Light text on a dark ground.
    #[default]
    Dark,
    /// Dark text on a light ground.
    Light,
    /// No colour at all (`NO_COLOR`): weight, underlining and reversal only.
    Plain,
}

impl Look {
    /// The look of this name in the configuration: `dark`, `light` or `none`.
    pub fn from_name(name: &str) -> Option<Self> {
        match name {
            "dark" => Some(Self::Dark),
            "light" => Some(Self::Light),
            "none" => Some(Self::Plain),
            _ => None,
        }
    }
}

/// A theme that cannot be made of what the configuration says.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ThemeError {
    /// No such look.
    #[error("there is no theme “{0}”; there are dark, light and none")]
    Look(String),
    /// Not `style=colour`.
    #[error("“{0}” is not a style with its colour; write it as accent=blue or accent=#3366cc")]
    Shape(String),
    /// No such style.
    #[error("there is no style “{0}”; the styles are {names}", names = Theme::NAMES.join(", "))]
    Style(String),
    /// No such colour.
    #[error("“{0}” is no colour; use one of the sixteen by name (lightblue), a number to 255, or #rrggbb")]
    Color(String),
}

impl Default for Theme {
    fn default() -> Self {
        Self::new(Look::default())
    }
}

impl Theme {
    /// The theme that the configuration describes: a look, then overrides, such as `light accent=#005f87 dim=gray`.
    /// Nothing is `dark`.
    pub fn parse(text: &str) -> Result<Self, ThemeError> {
        let mut words = text.split_whitespace();
        let look = words.next().unwrap_or("dark");
        let mut theme = Self::new(Look::from_name(look).ok_or_else(|| ThemeError::Look(look.into()))?);
        for word in words {
            let (name, color) = word.split_once('=').ok_or_else(|| ThemeError::Shape(word.into()))?;
            theme.set(name, color)?;
        }
        Ok(theme)
    }

    /// The names by which the configuration overrides a style, in the order of the fields.
    pub const NAMES: [&'static str; 13] = [
        "text",
        "dim",
        "strong",
        "accent",
        "urgent",
        "over",
        "ok",
        "key",
        "rule",
        "selection",
        "selection_dim",
        "field",
        "found",
    ];

    /// The theme of a look.
    pub const fn new(look: Look) -> Self {
        match look {
            Look::Dark => Self::dark(),
            Look::Light => Self::light(),
            Look::Plain => Self::plain(),
        }
    }

    const fn dark() -> Self {
        let plain = Style::new();
        Self {
            text: plain,
            dim: plain.fg(Color::DarkGray),
            strong: plain.add_modifier(Modifier::BOLD),
            accent: plain.fg(Color::Cyan),
            urgent: plain.fg(Color::LightYellow),
            over: plain.fg(Color::LightRed).add_modifier(Modifier::BOLD),
            ok: plain.fg(Color::LightGreen),
            key: plain.fg(Color::Cyan).add_modifier(Modifier::BOLD),
            rule: plain.fg(Color::DarkGray),
            selection: plain.fg(Color::White).bg(Color::DarkGray),
            selection_dim: plain.fg(Color::Gray),
            field: plain.add_modifier(Modifier::UNDERLINED),
            found: plain.fg(Color::Cyan).add_modifier(Modifier::UNDERLINED),
        }
    }

    const fn light() -> Self {
        let plain = Style::new();
        Self {
            text: plain,
            dim: plain.fg(Color::DarkGray),
            strong: plain.add_modifier(Modifier::BOLD),
            accent: plain.fg(Color::Blue),
            urgent: plain.fg(Color::Magenta),
            over: plain.fg(Color::Red).add_modifier(Modifier::BOLD),
            ok: plain.fg(Color::Green),
            key: plain.fg(Color::Blue).add_modifier(Modifier::BOLD),
            rule: plain.fg(Color::Gray),
            selection: plain.fg(Color::Black).bg(Color::Gray),
            selection_dim: plain.fg(Color::Black),
            field: plain.add_modifier(Modifier::UNDERLINED),
            found: plain.fg(Color::Blue).add_modifier(Modifier::UNDERLINED),
        }
    }

    const fn plain() -> Self {
        let plain = Style::new();
        Self {
            text: plain,
            dim: plain.add_modifier(Modifier::DIM),
            strong: plain.add_modifier(Modifier::BOLD),
            accent: plain.add_modifier(Modifier::BOLD),
            urgent: plain.add_modifier(Modifier::BOLD),
            over: plain.add_modifier(Modifier::BOLD.union(Modifier::UNDERLINED)),
            ok: plain,
            key: plain.add_modifier(Modifier::BOLD),
            rule: plain.add_modifier(Modifier::DIM),
            selection: plain.add_modifier(Modifier::REVERSED),
            selection_dim: plain,
            field: plain.add_modifier(Modifier::UNDERLINED),
            found: plain.add_modifier(Modifier::UNDERLINED),
        }
    }

    /// Gives the style of this name another colour; for `selection` it is the background.
    fn set(&mut self, name: &str, color: &str) -> Result<(), ThemeError> {
        let parsed = color.parse::<Color>().map_err(|_| ThemeError::Color(color.into()))?;
        let style = match name {
            "text" => &mut self.text,
            "dim" => &mut self.dim,
            "strong" => &mut self.strong,
            "accent" => &mut self.accent,
            "urgent" => &mut self.urgent,
            "over" => &mut self.over,
            "ok" => &mut self.ok,
            "key" => &mut self.key,
            "rule" => &mut self.rule,
            "selection" => {
                self.selection = self.selection.bg(parsed);
                return Ok(());
            }
            "selection_dim" => &mut self.selection_dim,
            "field" => &mut self.field,
            "found" => &mut self.found,
            _ => return Err(ThemeError::Style(name.into())),
        };
        *style = style.fg(parsed);
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn styles(theme: &Theme) -> [Style; 13] {
        let t = theme;
        [
            t.text,
            t.dim,
            t.strong,
            t.accent,
            t.urgent,
            t.over,
            t.ok,
            t.key,
            t.rule,
            t.selection,
            t.selection_dim,
            t.field,
            t.found,
        ]
    }

    #[test]
    fn the_plain_look_has_no_colour() {
        for style in styles(&Theme::new(Look::Plain)) {
            assert_eq!((style.fg, style.bg), (None, None));
        }
    }

    #[test]
    fn the_looks_use_only_the_sixteen_colours() {
        for look in [Look::Dark, Look::Light] {
            for style in styles(&Theme::new(look)) {
                for color in [style.fg, style.bg].into_iter().flatten() {
                    assert!(!matches!(color, Color::Rgb(..) | Color::Indexed(_)), "{color:?}");
                }
            }
        }
    }

    #[test]
    fn every_style_can_be_given_another_colour_by_its_name() {
        let before = Theme::new(Look::Dark);
        for (at, name) in Theme::NAMES.into_iter().enumerate() {
            let after = Theme::parse(&format!("dark {name}=#123456")).unwrap();
            let changed: Vec<usize> =
                (0..13).filter(|&other| styles(&before)[other] != styles(&after)[other]).collect();
            assert_eq!(changed, [at], "{name}");
        }
        assert_eq!(Theme::parse(""), Ok(before));
        assert_eq!(Theme::parse("none"), Ok(Theme::new(Look::Plain)));
        assert_eq!(Theme::parse("pink"), Err(ThemeError::Look("pink".into())));
        assert_eq!(Theme::parse("dark accent"), Err(ThemeError::Shape("accent".into())));
        assert_eq!(Theme::parse("dark accent=purplish"), Err(ThemeError::Color("purplish".into())));
        assert_eq!(Theme::parse("dark nothing=red"), Err(ThemeError::Style("nothing".into())));
    }
}
