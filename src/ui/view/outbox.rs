//! What waits to be sent, what was sent, and what needs a person.
//!
//! ```text
//! ─ Outbox ───────────────────────────────────────────────────────────────────
//!   done      lead                 what                      to         state
//! ▌ 14:01     Maya Chen            accepted                  acme hub   held for undo
//! ✗ 13:40     R. Okafor            rejected: no budget       acme hub   needs you
//! ──────────────────────────────────────────────────────────────────────────
//!  L-22 R. Okafor · rejected: no budget · tried 3 times, again 14:20
//!  the owner “ana.r” is not known there
//! ```

use ratatui::layout::Rect;
use ratatui::style::Style;

use super::{footer, header, inbox};
use crate::app::msg::OutboxLine;
use crate::handoff::outbox::OutboxState;
use crate::ui::canvas::Canvas;
use crate::ui::scene::Scene;
use crate::ui::text::wrap;
use crate::ui::words;

/// Draws the outbox.
pub fn draw(canvas: &mut Canvas<'_>, scene: &Scene<'_>) {
    let (area, theme, view) = (canvas.area(), &scene.theme, &scene.model.outbox);
    header::draw(canvas, scene, area);
    header::title(canvas, scene, area, "Outbox");
    footer::draw(canvas, scene, area, None);
    let rows = inbox::list_rows(area.height);
    let top = area.y + header::HEIGHT;
    let columns = Columns::new(area.width);
    if !scene.model.settings.linear {
        columns.put(
            canvas,
            Rect { y: top, height: 1, ..area },
            ["done", "lead", "what", "to", "state"],
            [theme.dim; 5],
        );
    }
    let list = Rect { y: top + 1, height: rows, ..area };
    if view.rows.is_empty() && view.read {
        let line = Rect { y: list.y + list.height / 3, height: 1, ..list };
        canvas.pen(line).gap(2).put("Nothing waits to be sent, and nothing was sent yet.", theme.dim);
    }
    let first = view.top.min(view.rows.len().saturating_sub(1));
    for ((at, row), y) in view.rows.iter().enumerate().skip(first).zip(list.top()..list.bottom()) {
        let line = Rect { y, height: 1, ..area };
        let is_selected = at == view.at;
        if is_selected {
            canvas.tint(line, theme.selection);
            canvas.put(line.x, y, 1, "▌", theme.accent);
        }
        draw_row(canvas, scene, line, &columns, row, is_selected);
    }
    let rule = Rect { y: list.bottom(), height: 1, ..area };
    canvas.rule(rule, theme.rule);
    let end = area.bottom().saturating_sub(footer::HEIGHT);
    let detail = Rect { y: rule.y + 1, height: end.saturating_sub(rule.y + 1), ..area };
    if let Some(row) = view.rows.get(view.at) {
        draw_detail(canvas, scene, detail, row);
    }
}

/// Widths of time, lead, what, target and state.
struct Columns([u16; 5]);

impl Columns {
    fn new(width: u16) -> Self {
        let (when, state) = (8, 15);
        // The sign before, three gaps of two and one of one, a blank at the end.
        let rest = width.saturating_sub(2 + when + state + 9);
        let lead = (rest * 5 / 16).min(28);
        let target = (rest * 3 / 16).min(20);
        Self([when, lead, rest.saturating_sub(lead + target).min(70), target, state])
    }

    fn put(&self, canvas: &mut Canvas<'_>, line: Rect, texts: [&str; 5], styles: [Style; 5]) {
        let mut pen = canvas.pen(line);
        pen.gap(2);
        for ((width, text), style) in self.0.into_iter().zip(texts).zip(styles) {
            pen.column(width, text, style).gap(2);
        }
    }
}

fn draw_row(
    canvas: &mut Canvas<'_>,
    scene: &Scene<'_>,
    line: Rect,
    columns: &Columns,
    row: &OutboxLine,
    is_selected: bool,
) {
    let theme = &scene.theme;
    let dim = if is_selected { theme.selection_dim } else { theme.dim };
    let (sign, words, style) = match row.state {
        OutboxState::Held => ("‖", "held for undo", theme.text),
        OutboxState::Waiting if row.tries > 0 => ("↻", "trying again", theme.urgent),
        OutboxState::Waiting => ("→", "to send", theme.text),
        OutboxState::Sent if row.hub.is_some() => ("✓", "kept", theme.ok),
        OutboxState::Sent => ("✓", "sent", theme.ok),
        OutboxState::Kept => ("✓", "kept, read it", theme.urgent),
        OutboxState::Parked => ("✗", "needs you", theme.over),
        OutboxState::Cancelled if row.error.is_some() => ("✗", "refused", dim),
        OutboxState::Cancelled => ("–", "undone", dim),
        OutboxState::Local => ("·", "stays here", dim),
    };
    let state = format!("{sign} {words}");
    let when = scene.when.short(row.at);
    let what = what(scene, row);
    if scene.model.settings.linear {
        let said = [words, row.name.as_str(), what.as_str(), when.as_str(), row.target.as_str()].join(", ");
        canvas.pen(line).gap(2).put(&said, style);
        return;
    }
    let texts = [when.as_str(), row.name.as_str(), what.as_str(), row.target.as_str(), state.as_str()];
    columns.put(canvas, line, texts, [dim, theme.text, theme.text, dim, style]);
}

/// What was done, in the team's words.
pub(super) fn what(scene: &Scene<'_>, row: &OutboxLine) -> String {
    words::event_line(&row.event, &scene.model.settings.policy, &scene.when)
}

fn draw_detail(canvas: &mut Canvas<'_>, scene: &Scene<'_>, area: Rect, row: &OutboxLine) {
    let theme = &scene.theme;
    let line = |number: u16| Rect { y: area.y + number, height: u16::from(number < area.height), ..area };
    let tries = match (row.tries, row.next_try) {
        (0, _) => None,
        (1, None) => Some("tried once".to_owned()),
        (tries, None) => Some(format!("tried {tries} times")),
        (tries, Some(at)) => Some(format!("tried {tries} ×, again {}", scene.when.moment(at))),
    };
    let mut pen = canvas.pen(line(0));
    pen.end(" ", theme.dim).end(&row.lead.to_string(), theme.dim).end("  ", theme.dim);
    pen.gap(1).put(&row.name, theme.strong).put(words::DOT, theme.dim);
    pen.put(&words::joined([Some(what(scene, row).as_str()), tries.as_deref()]), theme.text);
    let note = match (&row.error, row.state) {
        (Some(error), _) => error.as_str(),
        (None, OutboxState::Local) => "its source takes no changes; it leaves by `leadbox export`",
        _ => "",
    };
    let width = usize::from(area.width.saturating_sub(2));
    for (text, number) in wrap(note, width, usize::from(area.height.saturating_sub(1))).iter().zip(1..) {
        canvas.pen(line(number)).gap(1).put(text, if row.error.is_some() { theme.urgent } else { theme.dim });
    }
}
