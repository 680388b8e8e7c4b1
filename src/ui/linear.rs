//! The linear look, for screen readers (F13): what is drawn is read line by line, so there are no frames, rules, bars,
//! large digits or signs that only stand for a word beside them; and the cursor stands where the attention is.

use ratatui::layout::Position;
use ratatui::style::Style;

use super::canvas::Canvas;

/// The mark of a selected row, at the left edge.
const SELECTED: &str = "▌";
/// The mark of what is chosen in a dialog.
const CHOSEN: &str = "▸";

/// Takes away what is only there for the eye. Returns where the cursor is to stand: at what is chosen, else at the
/// selected row.
pub fn flatten(canvas: &mut Canvas<'_>) -> Option<Position> {
    let area = canvas.area();
    let (mut chosen, mut selected) = (None, None);
    for at in area.positions() {
        let symbol = canvas.symbol(at);
        if symbol == CHOSEN {
            chosen = Some(at);
        } else if symbol == SELECTED && at.x == area.left() {
            selected = Some(at);
        }
        if is_drawing(symbol) {
            canvas.put(at.x, at.y, 1, " ", Style::new());
        }
    }
    for at in [chosen, selected].into_iter().flatten() {
        canvas.put(at.x, at.y, 1, ">", Style::new());
    }
    chosen.or(selected)
}

/// It holds nothing but drawing.
fn is_drawing(symbol: &str) -> bool {
    let mut chars = symbol.chars();
    let first = chars.next();
    first.is_some_and(|c| matches!(c, '\u{2500}'..='\u{259f}' | '▸' | '●' | '◐' | '▲' | '◌' | '‖'))
        && chars.next().is_none()
}
