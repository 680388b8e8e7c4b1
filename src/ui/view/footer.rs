//! The last two lines of every screen: the status in a rule, and what can be done now, from the live key map.
//!
//! ```text
//! ─ ✓ accepted Maya Chen · u undo, 8s ──────────────────────────────────────────────────── 12 of 1,204 ─
//!  ⏎ open   n next   / search   Tab view   space mark   : commands   ? help         an answer is owed
//! ```

use ratatui::layout::Rect;
use ratatui::style::Style;

use crate::app::action::Action;
use crate::app::dialog::Dialog;
use crate::app::footer::{Hint, Then, footer, then};
use crate::app::model::{Model, StatusKind};
use crate::app::screen::Screen;
use crate::handoff::Time;
use crate::handoff::state::Debt;
use crate::ui::canvas::Canvas;
use crate::ui::inert;
use crate::ui::scene::Scene;
use crate::ui::text::{ELLIPSIS, cells, fit, head, prefix, thousands, wrap};
use crate::ui::words::DOT;

/// Cells between two keys.
const GAP: usize = 3;

/// The most cells of a name in a note.
const NAME: usize = 24;

/// Lines that the footer takes.
pub const HEIGHT: u16 = 2;

/// The first key of an action as shown; its name in the palette where it has none.
pub fn key(model: &Model, action: Action) -> String {
    let label = model.keymap.label(action);
    if label.is_empty() { format!(":{}", action.name()) } else { label }
}

/// Draws both lines at the lower end of the area, with a note of the view's own at the end of the rule.
pub fn draw(canvas: &mut Canvas<'_>, scene: &Scene<'_>, area: Rect, note: Option<String>) {
    let theme = &scene.theme;
    let top = area.bottom().saturating_sub(HEIGHT).max(area.y);
    let rule = Rect { y: top, height: 1, ..area };
    let keys = Rect { y: top + 1, height: u16::from(top + 1 < area.bottom()), ..area };
    canvas.rule(rule, theme.rule);
    let notes = notes(scene, note);
    let notes_width = if notes.is_empty() { 0 } else { cells(&notes) as u16 + 4 };
    let status = status(scene);
    let room = area.width.saturating_sub(4);
    let Some((text, style)) = status else {
        let taken = banner(canvas, scene, rule);
        if taken == 0 || taken <= room.saturating_sub(notes_width) {
            end_of_rule(canvas, scene, rule, &notes);
        }
        return draw_keys(canvas, scene, keys);
    };
    if cells(&text) <= usize::from(room.saturating_sub(notes_width)) {
        end_of_rule(canvas, scene, rule, &notes);
    } else if cells(&text) > usize::from(room) {
        // Too long for a line, and too important to be cut: it takes the keys' line too until it goes.
        let lines = wrap(&text, usize::from(room), 2);
        for (line, area) in lines.iter().zip([rule, keys]) {
            canvas.clear(area);
            canvas.pen(area).gap(2).put(line, style);
        }
        return;
    }
    canvas.pen(rule).gap(1).put(" ", theme.rule).put(&text, style).put(" ", theme.rule);
    draw_keys(canvas, scene, keys);
}

/// What the hub asks the rep to decide, where nothing else is to be said. It takes no key, and no more than the rule.
/// Returns the cells taken.
fn banner(canvas: &mut Canvas<'_>, scene: &Scene<'_>, rule: Rect) -> u16 {
    let (model, theme) = (scene.model, &scene.theme);
    // The list says it itself.
    let is_listed = matches!(model.dialog(), Some(Dialog::Alerts(_)));
    let Some(alert) = model.alerts.banner(model.now).filter(|_| !is_listed) else { return 0 };
    let style = if alert.notice.is_urgent { theme.over } else { theme.urgent };
    let more = model.alerts.waiting(model.now).filter(|line| line.is_new).count() - 1;
    let more = if more == 0 { String::new() } else { format!(", {more} more") };
    let way = format!("{DOT}{} shows it{more} ", key(model, Action::Alerts));
    let until = scene.when.moment(alert.notice.until);
    let text = format!("▲ until {until}{DOT}{}: {}", short(&alert.name), alert.notice.action);
    let room = usize::from(rule.width.saturating_sub(4)).saturating_sub(cells(&way));
    let mut pen = canvas.pen(Rect { width: rule.width.saturating_sub(2), ..rule });
    pen.gap(1).put(" ", theme.rule).put(&fit(&text, room), style).put(&way, style);
    pen.x().saturating_sub(rule.x + 2)
}

fn end_of_rule(canvas: &mut Canvas<'_>, scene: &Scene<'_>, rule: Rect, notes: &str) {
    if !notes.is_empty() {
        let theme = &scene.theme;
        canvas.pen(rule).end("─", theme.rule).end(" ", theme.rule).end(notes, theme.dim).end(" ", theme.rule);
    }
}

/// The status with its sign, and the offer to undo.
fn status(scene: &Scene<'_>) -> Option<(String, Style)> {
    let (model, theme) = (scene.model, &scene.theme);
    let undo = model.undo.as_ref().filter(|undo| undo.until > model.now).map(|undo| {
        let seconds = seconds_up(undo.until, model.now);
        let seconds = if model.settings.linear { String::new() } else { format!(", {seconds}s") };
        (format!("{} undo{seconds}", key(model, Action::Undo)), undo.text.as_str())
    });
    let (sign, text, style) = match (&model.status, &undo) {
        (Some(status), _) => {
            let (sign, style) = match status.kind {
                StatusKind::Done => ("✓", theme.ok),
                StatusKind::Info => ("›", theme.text),
                StatusKind::Refused => ("⊘", theme.urgent),
                StatusKind::Error => ("✗", theme.over),
            };
            (sign, status.text.as_str(), style)
        }
        (None, Some((_, text))) => ("✓", *text, theme.ok),
        (None, None) => return None,
    };
    // Beside anything else it would seem to take that back.
    let undo = undo.filter(|(_, done)| *done == text).map_or(String::new(), |(undo, _)| format!("{DOT}{undo}"));
    Some((format!("{sign} {text}{undo}"), style))
}

/// Seconds until then, a begun one counted whole.
pub fn seconds_up(until: Time, now: Time) -> i64 {
    ((until - now).num_milliseconds() + 999) / 1000
}

/// What stands at the end of the rule: the count being typed, the marks, the place in the list.
fn notes(scene: &Scene<'_>, own: Option<String>) -> String {
    let model = scene.model;
    let mut notes = Vec::new();
    if let Some(count) = model.count {
        notes.push(count.to_string());
    }
    if !model.marks.is_empty() {
        notes.push(format!("{} marked", thousands(model.marks.len() as u64)));
    }
    if let (Screen::Inbox, false, Some(name)) = (model.screen, model.search.active, &model.next) {
        notes.push(format!("next: {}", short(name)));
    }
    if let (Screen::Inbox, Some(_)) = (model.screen, model.list.selected_row()) {
        let list = &model.list;
        let place = list.before.map(|before| thousands((before + list.at + 1) as u64));
        let whole = if model.search.active { list.rows.len() as u64 } else { u64::from(model.counts.of(model.tab)) };
        match place {
            Some(place) if list.before.unwrap_or(0) + list.at < whole as usize => {
                notes.push(format!("{place} of {}", thousands(whole)));
            }
            Some(place) => notes.push(place),
            None => {}
        }
    }
    notes.extend(own);
    notes.join(DOT)
}

/// A name in no more cells than a note has for it.
fn short(name: &str) -> String {
    let name = &inert(head(name, NAME + 1).0);
    let short = prefix(name, NAME);
    if short.len() < name.len() { format!("{}{ELLIPSIS}", prefix(name, NAME - 1)) } else { name.to_string() }
}

fn draw_keys(canvas: &mut Canvas<'_>, scene: &Scene<'_>, line: Rect) {
    let (model, theme) = (scene.model, &scene.theme);
    let mut pen = canvas.pen(line);
    pen.gap(1).end(" ", theme.dim);
    if let Some(owed) = owed(model) {
        pen.end(owed, theme.urgent).end("  ", theme.dim);
    }
    let hints = footer(model);
    let width = |hint: &Hint| cells(&hint.key) + cells(&hint.label) + 1;
    let fits = hints.iter().map(|hint| width(hint) + GAP).sum::<usize>() <= usize::from(pen.room()) + GAP;
    // However narrow it is, the way to all the other keys is told.
    let help = model.keymap.label(Action::Help);
    if let Some(hint) = hints.iter().find(|hint| !fits && hint.key == help) {
        pen.end(&hint.label, theme.text).end(" ", theme.text).end(&hint.key, theme.key).end("  ", theme.text);
    }
    for hint in &hints {
        if usize::from(pen.room()) < width(hint) {
            break;
        }
        if fits || hint.key != help {
            pen.put(&hint.key, theme.key).gap(1).put(&hint.label, theme.text).gap(GAP as u16);
        }
    }
}

/// What the open lead still owes, in words.
fn owed(model: &Model) -> Option<&'static str> {
    let opened = model.opened.as_ref().filter(|_| model.screen == Screen::Lead && model.owes())?;
    Some(match (opened.dossier.handoff.debt()?, then(model)) {
        (Debt::Answer, Then::List) => "an answer, then the list",
        (Debt::Answer, Then::Found) => "an answer, then next found",
        (Debt::Answer, Then::Next) => "an answer is owed",
        (Debt::Contact, Then::List) => "a first contact, then the list",
        (Debt::Contact, Then::Found) => "a first contact, then next found",
        (Debt::Contact, Then::Next) => "a first contact is owed",
    })
}
