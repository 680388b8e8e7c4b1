//! Skip: why, and how many are left today.
//!
//! ```text
//! ┌ Pass Maya Chen by ─────────────────────────────────────────────────────────┐
//! │ ▸ why        speaks only Portuguese, Rui is back at three                  │
//! │   3 left today, this one included; it comes back later                     │
//! └────────────────────────────────────────────────────────────────────────────┘
//! ```

use ratatui::layout::Position;

use super::{Place, Sheet, WIDTH, error_lines};
use crate::app::dialog::skip::SkipDialog;
use crate::ui::canvas::Canvas;
use crate::ui::scene::Scene;

/// Draws the dialog.
pub fn draw(canvas: &mut Canvas<'_>, scene: &Scene<'_>, dialog: &SkipDialog) -> Option<Position> {
    let title = format!("Pass {} by", dialog.form.name);
    let mut sheet = Sheet::open(canvas, scene, &title, (WIDTH, 2 + error_lines(&dialog.form)), Place::Low);
    sheet.field("why", 10, &dialog.reason, true);
    let note = format!("  {} left today, this one included; the lead comes back later", dialog.left);
    sheet.text(&note, scene.theme.dim);
    sheet.outcome(&dialog.form)
}
