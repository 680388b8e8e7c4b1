//! The message of a window that is too small.
//!
//! ```text
//!   Leadbox needs 60 × 15 cells.
//!   This window has 48 × 20.
//!   No key acts until there is room; Ctrl-C quits.
//! ```

use ratatui::layout::Rect;

use crate::app::model::Size;
use crate::ui::canvas::Canvas;
use crate::ui::scene::Scene;

/// Draws it in the middle.
pub fn draw(canvas: &mut Canvas<'_>, scene: &Scene<'_>) {
    let area = canvas.area();
    let lines = [
        format!("Leadbox needs {} × {} cells.", Size::LEAST.0, Size::LEAST.1),
        format!("This window has {} × {}.", area.width, area.height),
        "No key acts until there is room; Ctrl-C quits.".into(),
    ];
    let top = area.y + area.height.saturating_sub(3) / 2;
    for (line, y) in lines.iter().zip(top..) {
        let width = (line.chars().count() as u16).min(area.width);
        let x = area.x + (area.width - width) / 2;
        canvas.pen(Rect { x, y, width, height: u16::from(y < area.bottom()) }).put(line, scene.theme.text);
    }
}
