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

impl Theme {
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

    /// Gives the style of this name another colour: one of the sixteen by name (`blue`, `light red`), `0` to `255`, or
    /// `#rrggbb`; for `selection` it is the background. `false` where there is no such style or no such colour.
    pub fn set(&mut self, name: &str, color: &str) -> bool {
        let Ok(color) = color.parse::<Color>() else { return false };
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
                self.selection = self.selection.bg(color);
                return true;
            }
            "selection_dim" => &mut self.selection_dim,
            "field" => &mut self.field,
            "found" => &mut self.found,
            _ => return false,
        };
        *style = style.fg(color);
        true
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
        for (at, name) in Theme::NAMES.into_iter().enumerate() {
            let (before, mut after) = (Theme::new(Look::Dark), Theme::new(Look::Dark));
            assert!(after.set(name, "#123456"), "{name}");
            let changed: Vec<usize> =
                (0..13).filter(|&other| styles(&before)[other] != styles(&after)[other]).collect();
            assert_eq!(changed, [at], "{name}");
        }
        let mut theme = Theme::new(Look::Dark);
        assert!(theme.set("accent", "light red") && theme.set("accent", "33"));
        assert!(!theme.set("accent", "purplish") && !theme.set("nothing", "red"));
    }
}
