//! What to copy.
//!
//! ```text
//! ┌ Copy ──────────────────────────────────────────────┐
//! │ ▸e e-mail address    maya@northwind.example        │
//! │  p telephone number  +1 312 555 0143               │
//! └────────────────────────────────────────────────────┘
//! ```

use super::{Place, Sheet, WIDTH};
use crate::app::dialog::copy::CopyDialog;
use crate::ui::canvas::Canvas;
use crate::ui::scene::Scene;

/// Draws the menu.
pub fn draw(canvas: &mut Canvas<'_>, scene: &Scene<'_>, dialog: &CopyDialog) {
    let theme = &scene.theme;
    let mut sheet = Sheet::open(canvas, scene, "Copy", (WIDTH, dialog.items.len().max(1)), Place::Low);
    if dialog.items.is_empty() {
        sheet.text("there is nothing to copy", theme.dim);
    }
    for (at, item) in dialog.items.iter().enumerate() {
        let line = sheet.line();
        let is_chosen = at == dialog.at;
        if is_chosen {
            sheet.canvas.tint(line, theme.selection);
        }
        let dim = if is_chosen { theme.selection_dim } else { theme.dim };
        let mut pen = sheet.canvas.pen(line);
        pen.put(if is_chosen { "▸" } else { " " }, theme.accent).put(&item.key.to_string(), theme.key).gap(1);
        pen.column(20, item.label, theme.text).put(&item.text, dim);
    }
}
