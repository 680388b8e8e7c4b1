//! Snooze: hide until when. The clocks run on.
//!
//! ```text
//! ┌ Hide Maya Chen for a while ────────────────────────────────────────────────┐
//! │ ▸ until      +2h                                                           │
//! │              = 16:02 · in 2 h                                              │
//! │   the clocks run on meanwhile                                              │
//! └────────────────────────────────────────────────────────────────────────────┘
//! ```

use ratatui::layout::Position;

use super::{Place, Sheet, WIDTH, error_lines};
use crate::app::dialog::snooze::SnoozeDialog;
use crate::ui::canvas::Canvas;
use crate::ui::scene::Scene;

/// Draws the dialog.
pub fn draw(canvas: &mut Canvas<'_>, scene: &Scene<'_>, dialog: &SnoozeDialog) -> Option<Position> {
    let title = format!("Hide {} for a while", dialog.form.name);
    let mut sheet = Sheet::open(canvas, scene, &title, (WIDTH, 3 + error_lines(&dialog.form)), Place::Low);
    sheet.date("until", 10, &dialog.until, true, "+2h, tomorrow, mon 9am; ↓ suggests");
    sheet.text("  the clocks run on meanwhile", scene.theme.dim);
    sheet.outcome(&dialog.form)
}
