//! Defer: until when, with the time that the words mean, and what they said.
//!
//! ```text
//! ┌ Defer Maya Chen ───────────────────────────────────────────────────────────┐
//! │ ▸ until      tomorrow 9am                                                  │
//! │              = Sat Nov 21, 09:00 · in 19 h                                 │
//! │   they said  budget comes in January                                       │
//! │   the clocks pause until then; 30 days at the most                         │
//! └────────────────────────────────────────────────────────────────────────────┘
//! ```

use ratatui::layout::Position;

use super::{Place, Sheet, WIDTH, error_lines};
use crate::app::dialog::defer::DeferDialog;
use crate::ui::canvas::Canvas;
use crate::ui::scene::Scene;

/// Cells of the labels.
const LABEL: u16 = 10;

/// Draws the dialog.
pub fn draw(canvas: &mut Canvas<'_>, scene: &Scene<'_>, dialog: &DeferDialog) -> Option<Position> {
    let title = format!("Defer {}", dialog.form.name);
    let mut sheet = Sheet::open(canvas, scene, &title, (WIDTH, 4 + error_lines(&dialog.form)), Place::Low);
    let hint = "tomorrow 9am, +3d, next week, Dec 4 10:00; ↓ suggests";
    sheet.date("until", LABEL, &dialog.until, !dialog.at_why, hint);
    sheet.field("they said", LABEL, &dialog.why, dialog.at_why);
    let policy = &scene.model.settings.policy.deferral;
    let note = format!("  the clocks pause until then; {} days at the most, {} times", policy.days, policy.most);
    sheet.text(&note, scene.theme.dim);
    sheet.outcome(&dialog.form)
}
