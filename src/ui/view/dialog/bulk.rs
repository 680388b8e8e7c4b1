//! What came of a bulk act.
//!
//! ```text
//! ┌ 12 leads rejected (no budget) ─────────────────────────────────────────────┐
//! │ 2 refused it and stay as they were                                         │
//! │ L-22    R. Okafor           you cannot reject this lead: it is reached. …  │
//! └────────────────────────────────────────────────────────────────────────────┘
//! ```

use super::{Place, Sheet, first_shown};
use crate::app::dialog::bulk::BulkDialog;
use crate::ui::canvas::Canvas;
use crate::ui::scene::Scene;
use crate::ui::text::wrap;

/// Wider than the others: it holds whole sentences.
const WIDTH: u16 = 110;
/// Cells of number and name.
const NUMBER: u16 = 8;
const NAME: u16 = 22;

/// Draws the result.
pub fn draw(canvas: &mut Canvas<'_>, scene: &Scene<'_>, dialog: &BulkDialog) {
    let theme = &scene.theme;
    let title = match dialog.done {
        1 => format!("1 lead {}", dialog.verb),
        done => format!("{done} leads {}", dialog.verb),
    };
    let mut sheet = Sheet::open(canvas, scene, &title, (WIDTH, dialog.refused.len() * 2 + 2), Place::Low);
    let said = match dialog.refused.len() {
        0 => "none refused it".into(),
        1 => "1 refused it and stays as it was".into(),
        refused => format!("{refused} refused it and stay as they were"),
    };
    sheet.text(&said, theme.strong);
    let width = sheet.width().saturating_sub(usize::from(NUMBER + NAME));
    let most = first_shown(dialog.refused.len(), dialog.refused.len(), (sheet.left() / 2).max(1));
    for (id, name, why) in dialog.refused.iter().skip(dialog.scroll.min(most)) {
        for (at, text) in wrap(why, width, 2).iter().enumerate() {
            let line = sheet.line();
            let mut pen = sheet.canvas.pen(line);
            if at == 0 {
                pen.column(NUMBER, &id.to_string(), theme.dim).column(NAME - 1, name, theme.text).gap(1);
            } else {
                pen.gap(NUMBER + NAME);
            }
            pen.put(text, theme.urgent);
        }
    }
}
