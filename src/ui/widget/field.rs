//! A line of text being typed, with its cursor always in sight.

use ratatui::layout::{Position, Rect};
use unicode_segmentation::UnicodeSegmentation;

use crate::app::input::Input;
use crate::ui::canvas::Canvas;
use crate::ui::inert::inert;
use crate::ui::text::cells;
use crate::ui::theme::Theme;

/// Draws the field in the area's first line; the text is moved left as far as the cursor needs. Returns where the
/// cursor is to stand.
pub fn draw(canvas: &mut Canvas<'_>, area: Rect, input: &Input, active: bool, theme: &Theme) -> Option<Position> {
    if area.width == 0 || area.height == 0 {
        return None;
    }
    let (before, after) = input.split();
    let (before, after) = (inert(before), inert(after));
    let width = usize::from(area.width);
    // The cursor needs a cell behind the text.
    let shown = if active { tail(&before, width - 1) } else { &before };
    let style = theme.text.patch(theme.field);
    canvas.tint(Rect { height: 1, ..area }, theme.field);
    let mut pen = canvas.pen(area);
    pen.put(shown, style);
    let x = pen.x();
    pen.put(&after, style);
    active.then_some(Position { x: x.min(area.right() - 1), y: area.y })
}

/// The longest end of the text within so many cells.
fn tail(text: &str, most: usize) -> &str {
    let mut over = cells(text).saturating_sub(most);
    for (at, cluster) in text.grapheme_indices(true) {
        if over == 0 {
            return text.get(at..).unwrap_or_default();
        }
        over = over.saturating_sub(cells(cluster));
    }
    ""
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_end_of_a_long_text_stays_in_sight() {
        assert_eq!(tail("abcdef", 9), "abcdef");
        assert_eq!(tail("abcdef", 3), "def");
        assert_eq!(tail("王小明x", 4), "明x");
        assert_eq!(tail("abc", 0), "");
        assert_eq!(tail("", 4), "");
    }
}
