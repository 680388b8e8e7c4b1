//! Qualify: the three things that make an SQL, and when the next step is.
//!
//! ```text
//! ┌ Confirm Maya Chen as SQL ──────────────────────────────────────────────────┐
//! │ ▸ problem    the rollout takes six weeks today                             │
//! │   authority  she decides, with the CFO                                     │
//! │   next step  demo with a solutions engineer                                │
//! │   when       tue 10:00                                                     │
//! │              = Tue Nov 24, 10:00 · in 3 days                               │
//! └────────────────────────────────────────────────────────────────────────────┘
//! ```

use ratatui::layout::Position;

use super::{Place, Sheet, WIDTH, error_lines};
use crate::app::dialog::qualify::{QualifyDialog, QualifyStep};
use crate::ui::canvas::Canvas;
use crate::ui::scene::Scene;

/// Cells of the labels.
const LABEL: u16 = 10;

/// Draws the dialog.
pub fn draw(canvas: &mut Canvas<'_>, scene: &Scene<'_>, dialog: &QualifyDialog) -> Option<Position> {
    let title = format!("Confirm {} as SQL", dialog.form.name);
    let mut sheet = Sheet::open(canvas, scene, &title, (WIDTH, 5 + error_lines(&dialog.form)), Place::Low);
    for (label, input, step) in [
        ("problem", &dialog.problem, QualifyStep::Problem),
        ("authority", &dialog.authority, QualifyStep::Authority),
        ("next step", &dialog.next_step, QualifyStep::NextStep),
    ] {
        sheet.field(label, LABEL, input, dialog.step == step);
    }
    let hint = "may stay empty: tue 10:00, +3d, Dec 4 10:00";
    sheet.date("when", LABEL, &dialog.next_at, dialog.step == QualifyStep::NextAt, hint);
    sheet.outcome(&dialog.form)
}
