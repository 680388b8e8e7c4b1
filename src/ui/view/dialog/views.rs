//! The saved views.
//!
//! ```text
//! ┌ Views ──────────────────────────────────────────────┐
//! │ ▸1 hot        tab:due cat:A                          │
//! │  2 over       due:<0s                                │
//! └─────────────────────────────────────────────────────┘
//! ```

use super::{Place, Sheet, WIDTH, first_shown};
use crate::app::dialog::views::ViewsDialog;
use crate::ui::canvas::Canvas;
use crate::ui::scene::Scene;

/// Draws the menu.
pub fn draw(canvas: &mut Canvas<'_>, scene: &Scene<'_>, dialog: &ViewsDialog) {
    let (theme, views) = (&scene.theme, &scene.model.settings.views);
    let mut sheet = Sheet::open(canvas, scene, "Views", (WIDTH, views.len().max(1)), Place::High);
    let first = first_shown(dialog.at, views.len(), sheet.left());
    for (at, view) in views.iter().enumerate().skip(first) {
        let line = sheet.line();
        let is_chosen = at == dialog.at;
        if is_chosen {
            sheet.canvas.tint(line, theme.selection);
        }
        let dim = if is_chosen { theme.selection_dim } else { theme.dim };
        let digit = if at < 9 { (at + 1).to_string() } else { String::new() };
        let mut pen = sheet.canvas.pen(line);
        pen.put(if is_chosen { "▸" } else { " " }, theme.accent).column(2, &digit, theme.key);
        pen.column(20, &view.name, theme.text).put(&view.filter, dim);
    }
}
