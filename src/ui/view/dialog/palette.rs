//! The palette: every command that is allowed now.
//!
//! ```text
//! ┌ Commands ──────────────────────────────────────────────────────────────────┐
//! │ : rej                                                                       │
//! │ ▸ reject, with a reason                                                   r │
//! │   open the record in the browser                                          o │
//! └────────────────────────────────────────────────────────────────────────────┘
//! ```

use ratatui::layout::{Position, Rect};

use super::{Place, Sheet, WIDTH, first_shown};
use crate::app::dialog::palette::{PaletteDialog, PaletteRow};
use crate::ui::canvas::Canvas;
use crate::ui::scene::Scene;
use crate::ui::widget::field;

/// Rows that are shown at the most.
const ROWS: usize = 16;

/// Draws the palette.
pub fn draw(canvas: &mut Canvas<'_>, scene: &Scene<'_>, dialog: &PaletteDialog) -> Option<Position> {
    let theme = &scene.theme;
    let rows = dialog.rows.len().clamp(1, ROWS);
    let mut sheet = Sheet::open(canvas, scene, "Commands", (WIDTH, rows + 2), Place::High);
    let line = sheet.line();
    let mut pen = sheet.canvas.pen(line);
    pen.put(": ", theme.key);
    let area = Rect { x: pen.x(), width: pen.room(), ..line };
    let cursor = field::draw(sheet.canvas, area, &dialog.input, true, theme);
    sheet.line();
    if dialog.rows.is_empty() {
        sheet.text("  no command does that now", theme.dim);
    }
    let first = first_shown(dialog.at, dialog.rows.len(), sheet.left());
    for (at, row) in dialog.rows.iter().enumerate().skip(first) {
        draw_row(&mut sheet, row, at == dialog.at);
    }
    cursor
}

fn draw_row(sheet: &mut Sheet<'_, '_, '_>, row: &PaletteRow, is_chosen: bool) {
    let (line, theme) = (sheet.line(), &sheet.scene.theme);
    if is_chosen {
        sheet.canvas.tint(line, theme.selection);
    }
    let mut pen = sheet.canvas.pen(line);
    pen.put(if is_chosen { "▸ " } else { "  " }, theme.accent).end(&row.key, theme.key).end(" ", theme.text);
    let told = row.action.told(&sheet.scene.model.settings);
    for (at, letter) in (0..).zip(told.chars()) {
        let is_matched = row.matched.binary_search(&at).is_ok();
        pen.put(letter.encode_utf8(&mut [0; 4]), if is_matched { theme.found } else { theme.text });
    }
}
