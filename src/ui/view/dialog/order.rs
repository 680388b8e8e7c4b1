//! What is ordered for a lead of the team: of what or to whom, and why.
//!
//! ```text
//! ┌ Give Maya Chen to somebody else ───────────────────────────────────────────┐
//! │ ▸ to         jo                                                            │
//! │   ▸Jon Beck              4 of 12 open                                      │
//! │    Joana Pires           11 of 12 open                                     │
//! │   why        Ana is on leave                                               │
//! └────────────────────────────────────────────────────────────────────────────┘
//! ```

use ratatui::layout::Position;

use super::{Place, Sheet, WIDTH, first_shown};
use crate::app::dialog::order::{OrderDialog, OrderKind};
use crate::ui::canvas::Canvas;
use crate::ui::scene::Scene;
use crate::ui::text::wrap;

/// The most choices that are shown at once.
const MOST: usize = 6;

/// Draws the dialog.
pub fn draw(canvas: &mut Canvas<'_>, scene: &Scene<'_>, dialog: &OrderDialog) -> Option<Position> {
    let (theme, name) = (&scene.theme, &dialog.name);
    let (title, label) = match dialog.kind {
        OrderKind::Reassign => (format!("Give {name} to somebody else"), "to"),
        OrderKind::Take => (format!("Take {name} yourself"), ""),
        OrderKind::Nudge => (format!("Ask the owner of {name} to act"), ""),
        OrderKind::Waive => (format!("Let {name} pass all the same"), "item"),
        OrderKind::Complete => (format!("Fill in what {name} lacks"), "field"),
        OrderKind::Pause => (format!("{name} takes no leads for now"), ""),
    };
    let error = dialog.error.as_deref().map(|error| wrap(error, usize::from(WIDTH) - 4, 3)).unwrap_or_default();
    let shown = dialog.choices.len().min(MOST);
    let chooser = if dialog.choices.is_empty() { 0 } else { 1 + shown };
    let lines = chooser + 1 + error.len().max(1);
    let mut sheet = Sheet::open(canvas, scene, &title, (WIDTH, lines), Place::Low);
    if !dialog.choices.is_empty() {
        sheet.field(label, 10, &dialog.filter, !dialog.at_text && !dialog.waiting);
        let fitting = dialog.fitting();
        // The text and what went wrong keep their lines.
        let room = sheet.left().saturating_sub(1 + error.len().max(1)).min(shown);
        let first = first_shown(dialog.at, fitting.len(), room);
        for number in 0..room {
            let line = sheet.line();
            let Some(choice) = fitting.get(first + number) else { continue };
            let is_chosen = first + number == dialog.at;
            if is_chosen {
                sheet.canvas.tint(line, theme.selection);
            }
            let dim = if is_chosen { theme.selection_dim } else { theme.dim };
            let mut pen = sheet.canvas.pen(line);
            pen.gap(13).put(if is_chosen { "▸" } else { " " }, theme.accent);
            pen.column(24, &choice.label, theme.text).gap(1).put(&choice.note, dim);
        }
    }
    sheet.field(dialog.text_label(), 10, &dialog.text, dialog.at_text && !dialog.waiting);
    if dialog.waiting {
        sheet.text("  the hub is being asked; Esc does not take it back", theme.dim);
        return None;
    }
    for line in error {
        sheet.text(&line, theme.urgent);
    }
    sheet.cursor
}
