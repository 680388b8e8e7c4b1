//! What happened since the app was opened, newest first.
//!
//! ```text
//! ─ Log ──────────────────────────────────────────────────────────────────────
//!   14:02:31  accepted Maya Chen
//! ✗ 14:01:07  acme hub cannot be reached: the connection was refused
//! ```

use ratatui::layout::Rect;

use super::{footer, header};
use crate::ui::canvas::Canvas;
use crate::ui::scene::Scene;

/// Draws the log.
pub fn draw(canvas: &mut Canvas<'_>, scene: &Scene<'_>) {
    let (area, theme, view) = (canvas.area(), &scene.theme, &scene.model.log);
    header::draw(canvas, scene, area);
    header::title(canvas, scene, area, "Log");
    let height = area.height.saturating_sub(header::HEIGHT + footer::HEIGHT);
    let list = Rect { y: area.y + header::HEIGHT, height, ..area };
    if view.lines.is_empty() {
        canvas.pen(list).gap(2).put("Nothing happened yet.", theme.dim);
    }
    // The last page is full.
    let most = view.lines.len().saturating_sub(usize::from(height));
    for (line, y) in view.lines.iter().skip(view.top.min(most)).zip(list.top()..list.bottom()) {
        let (sign, style) = if line.problem { ("✗ ", theme.urgent) } else { ("  ", theme.text) };
        let mut pen = canvas.pen(Rect { y, height: 1, ..list });
        pen.put(sign, style).column(12, &scene.when.clock_to_the_second(line.at), theme.dim).put(&line.text, style);
    }
    footer::draw(canvas, scene, area, None);
}
