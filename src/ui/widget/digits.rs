//! The next clock, large: a time in letters three lines high.

use ratatui::layout::Rect;
use ratatui::style::Style;

use crate::ui::canvas::Canvas;

/// Lines that a large text takes.
pub const HEIGHT: u16 = 3;

/// The three lines of a character; `None` for one that has no large form.
fn glyph(c: char) -> Option<[&'static str; 3]> {
    Some(match c {
        '0' => ["█▀█", "█ █", "▀▀▀"],
        '1' => ["▀█ ", " █ ", "▀▀▀"],
        '2' => ["▀▀█", "█▀▀", "▀▀▀"],
        '3' => ["▀▀█", "▀▀█", "▀▀▀"],
        '4' => ["█ █", "▀▀█", "  ▀"],
        '5' => ["█▀▀", "▀▀█", "▀▀▀"],
        '6' => ["█▀▀", "█▀█", "▀▀▀"],
        '7' => ["▀▀█", "  █", "  ▀"],
        '8' => ["█▀█", "█▀█", "▀▀▀"],
        '9' => ["█▀█", "▀▀█", "▀▀▀"],
        ':' => ["▄", "▄", " "],
        'h' => ["█  ", "█▀▄", "▀ ▀"],
        'm' => ["    ", "█▀█▀█", "▀ ▀ ▀"],
        'd' => ["  █", "█▀█", "▀▀▀"],
        's' => ["   ", "▄▀▀", "▀▀ "],
        '+' => ["   ", "▄█▄", " ▀ "],
        ' ' => [" ", " ", " "],
        _ => return None,
    })
}

/// The cells that a large text takes, or `None` where a character of it has no large form.
pub fn width(text: &str) -> Option<u16> {
    let mut cells = 0;
    for c in text.chars() {
        cells += glyph(c)?.iter().map(|line| line.chars().count() as u16).max().unwrap_or(0) + 1;
    }
    Some(cells.saturating_sub(1))
}

/// Draws a text that has a large form with its upper left corner at the area's.
pub fn draw(canvas: &mut Canvas<'_>, area: Rect, text: &str, style: Style) {
    let mut x = area.x;
    for c in text.chars() {
        let Some(lines) = glyph(c) else { return };
        let mut cells = 0;
        for (line, y) in lines.into_iter().zip(area.y..area.bottom()) {
            cells = cells.max(canvas.put(x, y, area.right().saturating_sub(x), line, style));
        }
        x += cells + 1;
    }
}

#[cfg(test)]
mod tests {
    use ratatui::buffer::Buffer;

    use super::*;

    #[test]
    fn a_time_is_drawn_large() {
        assert_eq!((width("4:12"), width("2h 10m"), width("paused")), (Some(13), Some(23), None));
        let mut buf = Buffer::empty(Rect::new(0, 0, 13, 3));
        let mut canvas = Canvas::new(&mut buf);
        let area = canvas.area();
        draw(&mut canvas, area, "4:12", Style::new());
        let rows: Vec<String> =
            buf.content.chunks(13).map(|row| row.iter().map(|cell| cell.symbol()).collect()).collect();
        assert_eq!(rows, ["█ █ ▄ ▀█  ▀▀█", "▀▀█ ▄  █  █▀▀", "  ▀   ▀▀▀ ▀▀▀"]);
    }
}
