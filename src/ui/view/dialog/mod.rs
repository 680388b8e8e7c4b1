//! The dialogs, over what they are about. Those that end in an act stand at the lower edge, so that the lead and its
//! clock stay in sight; what their keys do stands in the footer.

mod alerts;
mod attempt;
mod barred;
mod bulk;
mod copy;
mod defer;
mod help;
mod order;
mod palette;
mod qualify;
mod reject;
mod research;
mod skip;
mod snooze;
mod views;
mod whydue;

use ratatui::layout::{Position, Rect};
use ratatui::style::Style;

use super::footer;
use crate::app::dialog::date::DateField;
use crate::app::dialog::{Dialog, Form};
use crate::app::input::Input;
use crate::ui::canvas::Canvas;
use crate::ui::scene::Scene;
use crate::ui::text::{cells, wrap};
use crate::ui::widget::field;

/// The widest dialog that ends in an act.
const WIDTH: u16 = 78;

/// Draws one dialog. Returns where the cursor stands, if it types.
pub fn draw(canvas: &mut Canvas<'_>, scene: &Scene<'_>, dialog: &Dialog) -> Option<Position> {
    match dialog {
        Dialog::Reject(dialog) => reject::draw(canvas, scene, dialog),
        Dialog::Attempt(dialog) => attempt::draw(canvas, scene, dialog),
        Dialog::Defer(dialog) => defer::draw(canvas, scene, dialog),
        Dialog::Snooze(dialog) => snooze::draw(canvas, scene, dialog),
        Dialog::Qualify(dialog) => qualify::draw(canvas, scene, dialog),
        Dialog::Skip(dialog) => skip::draw(canvas, scene, dialog),
        Dialog::Help(dialog) => help::draw(canvas, scene, dialog),
        Dialog::Palette(dialog) => palette::draw(canvas, scene, dialog),
        Dialog::Barred(dialog) => barred::draw(canvas, scene, dialog),
        Dialog::Order(dialog) => order::draw(canvas, scene, dialog),
        Dialog::Copy(dialog) => {
            copy::draw(canvas, scene, dialog);
            None
        }
        Dialog::Research(dialog) => {
            research::draw(canvas, scene, dialog);
            None
        }
        Dialog::Alerts(dialog) => {
            alerts::draw(canvas, scene, dialog);
            None
        }
        Dialog::Views(dialog) => {
            views::draw(canvas, scene, dialog);
            None
        }
        Dialog::WhyDue(dialog) => {
            whydue::draw(canvas, scene, dialog);
            None
        }
        Dialog::Bulk(dialog) => {
            bulk::draw(canvas, scene, dialog);
            None
        }
    }
}

/// The inside of a dialog, filled line by line.
struct Sheet<'c, 'a, 's> {
    canvas: &'c mut Canvas<'a>,
    scene: &'s Scene<'s>,
    inside: Rect,
    next: u16,
    cursor: Option<Position>,
}

/// Where a dialog stands.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Place {
    /// Right above the footer.
    Low,
    /// Below the lead's clock, and growing downwards.
    High,
}

impl<'c, 'a, 's> Sheet<'c, 'a, 's> {
    /// Opens a dialog with room for so many lines, or as many as the window has.
    fn open(
        canvas: &'c mut Canvas<'a>,
        scene: &'s Scene<'s>,
        title: &str,
        (width, lines): (u16, usize),
        place: Place,
    ) -> Self {
        let window = canvas.area();
        let below = if place == Place::High { (window.height / 6).min(6) } else { 0 };
        let room = window.height.saturating_sub(footer::HEIGHT + below);
        // Where it would leave only slivers beside it, it takes the whole width.
        let width = if window.width < width + 6 || scene.model.settings.linear { window.width } else { width };
        let height = u16::try_from(lines).unwrap_or(u16::MAX).saturating_add(2).min(room);
        let x = window.x + (window.width - width) / 2;
        let y = window.y + if place == Place::Low { room - height } else { below };
        let area = Rect { x, y, width, height };
        canvas.clear(area);
        let theme = &scene.theme;
        let inside = canvas.frame(area, title, theme.accent, theme.strong);
        let inside = Rect { x: inside.x + 1, width: inside.width.saturating_sub(2), ..inside };
        Self { canvas, scene, inside, next: inside.y, cursor: None }
    }

    /// The lines that are left.
    fn left(&self) -> usize {
        usize::from(self.inside.bottom().saturating_sub(self.next))
    }

    /// The cells of a line.
    fn width(&self) -> usize {
        usize::from(self.inside.width)
    }

    /// The next line, which is empty beyond the end.
    fn line(&mut self) -> Rect {
        let line = Rect { y: self.next, height: u16::from(self.next < self.inside.bottom()), ..self.inside };
        self.next = self.next.saturating_add(1);
        line
    }

    /// A line of text.
    fn text(&mut self, text: &str, style: Style) {
        let line = self.line();
        self.canvas.pen(line).put(text, style);
    }

    /// A labelled text field.
    fn field(&mut self, label: &str, width: u16, input: &Input, is_active: bool) {
        let (line, theme) = (self.line(), &self.scene.theme);
        let mut pen = self.canvas.pen(line);
        pen.put(if is_active { "▸ " } else { "  " }, theme.accent);
        pen.column(width, label, if is_active { theme.strong } else { theme.dim }).gap(1);
        let area = Rect { x: pen.x(), width: pen.room(), ..line };
        let cursor = field::draw(self.canvas, area, input, is_active, theme);
        self.cursor = cursor.or(self.cursor);
    }

    /// A labelled field for a date with the time that it means beneath it; `hint` where nothing is typed.
    fn date(&mut self, label: &str, width: u16, date: &DateField, is_active: bool, hint: &str) {
        self.field(label, width, &date.input, is_active);
        let (line, scene) = (self.line(), self.scene);
        let mut pen = self.canvas.pen(line);
        pen.gap(width + 3);
        match (&date.time, &date.error) {
            (Some(time), _) => {
                let far = match (*time - scene.when.now).num_hours() {
                    ..1 => String::new(),
                    hours @ 1..48 => format!("in {hours} h"),
                    hours => format!("in {} days", hours / 24),
                };
                let words = crate::ui::words::joined([
                    Some(scene.when.whole(*time).as_str()),
                    Some(far.as_str()),
                    Some(date.rest.as_str()),
                ]);
                pen.put("= ", scene.theme.dim).put(&words, scene.theme.ok);
            }
            (None, Some(error)) => {
                pen.put(error, scene.theme.urgent);
            }
            (None, None) if is_active => {
                pen.put(hint, scene.theme.dim);
            }
            (None, None) => {}
        }
    }

    /// What went wrong, or that the answer is awaited, in the lines that are left.
    fn outcome(mut self, form: &Form) -> Option<Position> {
        if form.waiting {
            self.text("saving", self.scene.theme.dim);
            return None;
        }
        if let Some(error) = &form.error {
            for line in wrap(error, self.width(), self.left()) {
                self.text(&line, self.scene.theme.urgent);
            }
        }
        self.cursor
    }
}

/// The lines that a form's error takes in a dialog of this width; one is always kept for it.
fn error_lines(form: &Form) -> usize {
    form.error.as_ref().map_or(1, |error| wrap(error, usize::from(WIDTH) - 4, 3).len().max(1))
}

/// The first of `count` rows to show in `height` lines so that row `at` is among them.
fn first_shown(at: usize, count: usize, height: usize) -> usize {
    (at + 1).saturating_sub(height).min(count.saturating_sub(height))
}

/// Choices with their keys on one line: `▸p phone   e e-mail`. Each is its key, its words, whether it is chosen and
/// whether it is barred.
fn choices(sheet: &mut Sheet<'_, '_, '_>, label: &str, items: &[(char, &str, bool, bool)], is_active: bool) {
    let (line, theme) = (sheet.line(), &sheet.scene.theme);
    let needed: usize = items.iter().map(|item| cells(item.1) + 3).sum();
    let fits = |gap: usize| needed + gap * items.len() + cells(label) <= usize::from(line.width) + gap;
    let gap = if fits(3) { 3 } else { 1 };
    let mut pen = sheet.canvas.pen(line);
    // The choices say more than what they are choices of.
    if fits(1) {
        pen.put(label, theme.dim);
    }
    for &(key, words, is_chosen, is_barred) in items {
        let (sign, sign_style) = match (is_chosen, is_barred) {
            (true, _) => ("▸", theme.accent),
            (false, true) => ("⊘", theme.over),
            (false, false) => (" ", theme.text),
        };
        let key_style = if is_active { theme.key } else { theme.dim };
        let style = match (is_chosen, is_active) {
            (true, _) => theme.strong,
            (false, true) => theme.text,
            (false, false) => theme.dim,
        };
        pen.put(sign, sign_style).put(&key.to_string(), key_style).gap(1).put(words, style).gap(gap);
    }
}
