//! Help: the live key map, searchable.
//!
//! ```text
//! ┌ Keys ──────────────────────────────────────────────────────────────────────┐
//! │ ▸ find  rej                                                    leadbox 0.1.0│
//! │ lead                                                                        │
//! │   a              accept: reviewed, I pursue it now                          │
//! │   r              reject, with a reason                                      │
//! └────────────────────────────────────────────────────────────────────────────┘
//! ```

use ratatui::layout::Position;

use super::{Place, Sheet};
use crate::app::dialog::help::{HelpDialog, HelpRow};
use crate::ui::canvas::Canvas;
use crate::ui::scene::Scene;

/// Wide enough for the longest description.
const WIDTH: u16 = 96;
/// Cells of the keys.
const KEYS: u16 = 20;

/// Draws the help.
pub fn draw(canvas: &mut Canvas<'_>, scene: &Scene<'_>, dialog: &HelpDialog) -> Option<Position> {
    let theme = &scene.theme;
    let title = format!("Keys of leadbox {}", scene.model.settings.version);
    let mut sheet = Sheet::open(canvas, scene, &title, (WIDTH, lines(&dialog.rows) + 2), Place::High);
    sheet.field("find", 5, &dialog.filter, true);
    sheet.line();
    if dialog.rows.is_empty() {
        sheet.text("no key does that", theme.dim);
    }
    let scroll = dialog.scroll.min(last_page(&dialog.rows, sheet.left()));
    let mut above: Option<&HelpRow> = None;
    for row in dialog.rows.iter().skip(scroll) {
        if above.is_none_or(|above| above.context != row.context) {
            sheet.text(row.context.map_or("everywhere", |context| context.label()), theme.strong);
        }
        above = Some(row);
        let line = sheet.line();
        let keys = if row.keys.is_empty() { format!(":{}", row.action.name()) } else { row.keys.clone() };
        sheet
            .canvas
            .pen(line)
            .gap(2)
            .column(KEYS, &keys, theme.key)
            .put(&row.action.told(&scene.model.settings), theme.text);
    }
    sheet.cursor
}

/// The rows with their headings.
fn lines(rows: &[HelpRow]) -> usize {
    let headings = rows.iter().zip(rows.iter().skip(1)).filter(|(row, next)| row.context != next.context).count();
    rows.len() + headings + usize::from(!rows.is_empty())
}

/// The first row of the last page, as far as it can be filled.
fn last_page(rows: &[HelpRow], height: usize) -> usize {
    (0..rows.len()).find(|&first| rows.get(first..).is_none_or(|rest| lines(rest) <= height)).unwrap_or(0)
}
