//! What stands where a text would be typed and cannot be.
//!
//! ```text
//! ┌ Not now ───────────────────────────────────────────────────────────────────┐
//! │ Maya Chen is open and owes a disposition: a accept, r reject, …            │
//! │   ignored    anna                                                          │
//! └────────────────────────────────────────────────────────────────────────────┘
//! ```

use ratatui::layout::Position;

use super::{Place, Sheet, WIDTH};
use crate::app::dialog::barred::BarredDialog;
use crate::ui::canvas::Canvas;
use crate::ui::scene::Scene;
use crate::ui::text::wrap;

/// Draws it.
pub fn draw(canvas: &mut Canvas<'_>, scene: &Scene<'_>, dialog: &BarredDialog) -> Option<Position> {
    let lines = wrap(&dialog.why, usize::from(WIDTH) - 4, 3);
    let mut sheet = Sheet::open(canvas, scene, "Not now", (WIDTH, lines.len() + 1), Place::Low);
    for line in &lines {
        sheet.text(line, scene.theme.urgent);
    }
    sheet.field("ignored", 10, &dialog.typed, true);
    sheet.cursor
}
