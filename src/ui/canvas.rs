//! The only place that writes to the screen's buffer. Whatever is put here is made inert and cut to its cells first,
//! so that no view can forget it; everything is clipped to the canvas, so that no geometry can be wrong.

use std::borrow::Cow;

use ratatui::buffer::{Buffer, Cell};
use ratatui::layout::{Position, Rect};
use ratatui::style::Style;
use unicode_segmentation::UnicodeSegmentation;
use unicode_width::UnicodeWidthStr;

use super::inert::inert;
use super::text::{self, ELLIPSIS, head};

/// The screen's buffer with the seam before it.
pub struct Canvas<'a> {
    buf: &'a mut Buffer,
}

impl<'a> Canvas<'a> {
    /// A canvas over all of the buffer.
    pub fn new(buf: &'a mut Buffer) -> Self {
        Self { buf }
    }

    /// All of it.
    pub fn area(&self) -> Rect {
        self.buf.area
    }

    /// What stands in a cell; nothing beyond the canvas.
    pub fn symbol(&self, at: Position) -> &str {
        self.buf.cell(at).map_or("", Cell::symbol)
    }

    /// A pen at the left of this area's first line, which does not write beyond its right edge.
    pub fn pen(&mut self, line: Rect) -> Pen<'_, 'a> {
        Pen { x: line.x, y: line.y, right: if line.height == 0 { line.x } else { line.right() }, canvas: self }
    }

    /// Writes one line of foreign text in at most `most` cells, with `…` where it is longer. Returns the cells taken.
    pub fn put(&mut self, x: u16, y: u16, most: u16, foreign: &str, style: Style) -> u16 {
        let Some(row) = self.row(x, y, most) else { return 0 };
        let most = row.len();
        let (head, was_cut) = head(foreign, most);
        match text::simple_cells(head) {
            // Nothing in it acts on the terminal, and every character is a cell.
            Some(cells) if cells <= most && !was_cut => write_simple(row, head, style),
            Some(_) => write_simple(row, &cut(head, most), style),
            None => {
                let text = inert(head);
                let fits = !was_cut && text::cells(&text) <= most;
                write(row, &if fits { text } else { cut(&text, most) }, style)
            }
        }
    }

    /// The same, but ending at the right edge of `area`'s first line.
    pub fn put_right(&mut self, area: Rect, foreign: &str, style: Style) -> u16 {
        let (head, _) = head(foreign, usize::from(area.width));
        let cells = text::simple_cells(head).unwrap_or_else(|| text::cells(&inert(head)));
        let taken = u16::try_from(cells).unwrap_or(u16::MAX).min(area.width);
        if area.height == 0 {
            return 0;
        }
        self.put(area.right() - taken, area.y, taken, foreign, style)
    }

    /// Sets the style of an area without touching its letters.
    pub fn tint(&mut self, area: Rect, style: Style) {
        self.buf.set_style(area.intersection(self.buf.area), style);
    }

    /// Blanks an area, for what is to stand above what was there.
    pub fn clear(&mut self, area: Rect) {
        let area = area.intersection(self.buf.area);
        for y in area.top()..area.bottom() {
            // A wide letter that reaches in from the left would hide the first column.
            if area.width > 0
                && let Some(before) = area.x.checked_sub(1).and_then(|x| self.buf.cell_mut((x, y)))
                && before.symbol().width() > 1
            {
                before.set_char(' ');
            }
            if let Some(row) = self.row(area.x, y, area.width) {
                row.fill(Cell::EMPTY);
            }
        }
    }

    /// A horizontal rule over the area's first line.
    pub fn rule(&mut self, area: Rect, style: Style) {
        if area.height > 0
            && let Some(row) = self.row(area.x, area.y, area.width)
        {
            row.iter_mut().for_each(|cell| draw(cell, "─", style));
        }
    }

    /// A frame around the area with a title in its upper edge. Returns what is inside.
    pub fn frame(&mut self, area: Rect, title: &str, rule: Style, heading: Style) -> Rect {
        if area.width < 2 || area.height < 2 {
            return Rect { width: 0, height: 0, ..area };
        }
        let (right, bottom) = (area.right() - 1, area.bottom() - 1);
        for (y, left, end) in [(area.y, "┌", "┐"), (bottom, "└", "┘")] {
            self.rule(Rect { y, height: 1, ..area }, rule);
            self.put(area.x, y, 1, left, rule);
            self.put(right, y, 1, end, rule);
        }
        for y in area.y + 1..bottom {
            self.put(area.x, y, 1, "│", rule);
            self.put(right, y, 1, "│", rule);
        }
        if !title.is_empty() && area.width > 6 {
            let taken = self.put(area.x + 2, area.y, area.width - 4, title, heading);
            self.put(area.x + 1, area.y, 1, " ", rule);
            self.put(area.x + 2 + taken, area.y, 1, " ", rule);
        }
        Rect { x: area.x + 1, y: area.y + 1, width: area.width - 2, height: area.height - 2 }
    }

    /// The cells from `x` on in line `y`, `most` of them or as many as there are.
    fn row(&mut self, x: u16, y: u16, most: u16) -> Option<&mut [Cell]> {
        let area = self.buf.area;
        if x < area.left() || x >= area.right() || y < area.top() || y >= area.bottom() || most == 0 {
            return None;
        }
        let start = usize::from(y - area.y) * usize::from(area.width) + usize::from(x - area.x);
        let end = start + usize::from(most.min(area.right() - x));
        self.buf.content.get_mut(start..end)
    }
}

/// Writes along a line, one piece after the other.
pub struct Pen<'c, 'a> {
    canvas: &'c mut Canvas<'a>,
    x: u16,
    y: u16,
    right: u16,
}

impl Pen<'_, '_> {
    /// Writes foreign text where the pen is, cut at the edge.
    pub fn put(&mut self, foreign: &str, style: Style) -> &mut Self {
        let room = self.room();
        self.x += self.canvas.put(self.x, self.y, room, foreign, style);
        self
    }

    /// Writes foreign text in exactly `width` cells: cut or filled with blanks.
    pub fn column(&mut self, width: u16, foreign: &str, style: Style) -> &mut Self {
        let width = width.min(self.room());
        self.canvas.put(self.x, self.y, width, foreign, style);
        self.x += width;
        self
    }

    /// The same, at the right of its cells.
    pub fn column_right(&mut self, width: u16, foreign: &str, style: Style) -> &mut Self {
        let width = width.min(self.room());
        self.canvas.put_right(Rect { x: self.x, y: self.y, width, height: 1 }, foreign, style);
        self.x += width;
        self
    }

    /// Moves on by so many cells.
    pub fn gap(&mut self, cells: u16) -> &mut Self {
        self.x += cells.min(self.room());
        self
    }

    /// Writes foreign text at the right edge, which moves before it; nothing where it has no room.
    pub fn end(&mut self, foreign: &str, style: Style) -> &mut Self {
        let area = Rect { x: self.x, y: self.y, width: self.room(), height: 1 };
        self.right -= self.canvas.put_right(area, foreign, style).min(area.width);
        self
    }

    /// The cells left before the edge.
    pub fn room(&self) -> u16 {
        self.right.saturating_sub(self.x)
    }

    /// The column where the pen is.
    pub fn x(&self) -> u16 {
        self.x
    }
}

/// The text, cut to its cells and marked as cut.
fn cut(text: &str, most: usize) -> Cow<'static, str> {
    match most {
        0 => Cow::Borrowed(""),
        _ => Cow::Owned(format!("{}{ELLIPSIS}", text::prefix(text, most - 1))),
    }
}

/// Writes text of simple characters that fits; returns the cells taken.
fn write_simple(row: &mut [Cell], text: &str, style: Style) -> u16 {
    let mut at = 0;
    for (cell, c) in row.iter_mut().zip(text.chars()) {
        cell.set_char(c).set_style(style);
        at += 1;
    }
    at
}

/// Writes inert text that fits; returns the cells taken.
fn write(row: &mut [Cell], text: &str, style: Style) -> u16 {
    let mut at = 0;
    let mut cells = row.iter_mut();
    for cluster in text.graphemes(true) {
        let width = cluster.width();
        let Some(cell) = cells.next() else { break };
        draw(cell, cluster, style);
        at += width as u16;
        // What a wide letter covers is blank.
        for covered in cells.by_ref().take(width.saturating_sub(1)) {
            draw(covered, " ", style);
        }
    }
    at
}

fn draw(cell: &mut Cell, symbol: &str, style: Style) {
    cell.set_symbol(symbol).set_style(style);
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn paint(width: u16, height: u16, painting: impl Fn(&mut Canvas)) -> Vec<String> {
        let mut buf = Buffer::empty(Rect::new(0, 0, width, height));
        painting(&mut Canvas::new(&mut buf));
        rows(&buf)
    }

    fn rows(buf: &Buffer) -> Vec<String> {
        buf.content
            .chunks(usize::from(buf.area.width).max(1))
            .map(|row| row.iter().map(Cell::symbol).collect::<String>().trim_end().to_owned())
            .collect()
    }

    #[test]
    fn text_is_made_inert_and_cut_where_it_is_put() {
        let style = Style::new();
        let row = paint(8, 1, |canvas| assert_eq!(canvas.put(0, 0, 6, "\u{1b}[31mMaya Chen", style), 6));
        assert_eq!(row, ["Maya …"]);
        assert_eq!(paint(8, 1, |canvas| assert_eq!(canvas.put(0, 0, 99, "Tomás\u{202e}", style), 5)), ["Tomás"]);
        assert_eq!(paint(4, 1, |canvas| assert_eq!(canvas.put(0, 0, 99, "王小明", style), 3)), ["王 …"]);
        assert_eq!(paint(8, 1, |canvas| assert_eq!(canvas.put(9, 0, 5, "x", style), 0)), [""]);
        assert_eq!(paint(8, 1, |canvas| assert_eq!(canvas.put(0, 1, 5, "x", style), 0)), [""]);
    }

    #[test]
    fn a_field_of_megabytes_is_read_only_as_far_as_it_is_shown() {
        let long = "\u{200b}a".repeat(5_000_000);
        assert_eq!(paint(6, 1, |canvas| assert_eq!(canvas.put(0, 0, 6, &long, Style::new()), 6)), ["aaaaa…"]);
    }

    #[test]
    fn a_pen_keeps_its_columns_and_its_edge() {
        let rows = paint(24, 1, |canvas| {
            let style = Style::new();
            let line = canvas.area();
            canvas
                .pen(line)
                .end("14:02", style)
                .column(8, "Ann", style)
                .column_right(6, "92", style)
                .put("long", style);
        });
        assert_eq!(rows, ["Ann         92long 14:02"]);
    }

    #[test]
    fn what_stands_above_is_not_hidden_by_a_wide_letter_beneath() {
        let rows = paint(8, 3, |canvas| {
            for y in 0..3 {
                canvas.put(0, y, 8, "王小明王", Style::new());
            }
            let dialog = Rect::new(3, 0, 4, 3);
            canvas.clear(dialog);
            canvas.frame(dialog, "", Style::new(), Style::new());
        });
        assert_eq!(rows, ["王  ┌──┐", "王  │  │", "王  └──┘"]);
    }

    proptest! {
        #[test]
        fn no_place_and_no_text_is_wrong(
            (width, height) in (0..30u16, 0..6u16),
            (x, y, w, h) in (0..40u16, 0..8u16, 0..40u16, 0..8u16),
            text in any::<String>(),
        ) {
            let mut buf = Buffer::empty(Rect::new(0, 0, width, height));
            let mut canvas = Canvas::new(&mut buf);
            let area = Rect::new(x, y, w, h);
            canvas.clear(area);
            let inside = canvas.frame(area, &text, Style::new(), Style::new());
            canvas.rule(inside, Style::new());
            canvas.pen(area).end(&text, Style::new()).put(&text, Style::new()).column_right(5, &text, Style::new());
            prop_assert!(canvas.put(x, y, w, &text, Style::new()) <= w);
            for cell in &buf.content {
                prop_assert_eq!(inert(cell.symbol()), cell.symbol());
            }
        }
    }

    /// The seam is only a seam if there is no way around it.
    #[test]
    fn nothing_else_in_this_room_writes_to_the_buffer() {
        let ways = [
            "set_string",
            "set_stringn",
            "set_symbol",
            "set_char",
            "set_line",
            "set_span",
            "Span::",
            "Line::",
            "Text::",
            "Paragraph",
            "Block::",
            "List::",
            "Table::",
            "render_widget",
            "content_mut",
            "cell_mut",
            "buffer::",
        ];
        // The house itself may lie in a folder of any name.
        let house = std::path::PathBuf::from(env!("CARGO_MANIFEST_DIR"));
        let mut files = vec![house.join("src/ui")];
        let mut read = 0;
        while let Some(path) = files.pop() {
            if path.is_dir() {
                files.extend(std::fs::read_dir(&path).unwrap().map(|entry| entry.unwrap().path()));
                continue;
            }
            if path.extension().is_none_or(|kind| kind != "rs") || path.ends_with("canvas.rs") {
                continue;
            }
            let inside = path.strip_prefix(&house).unwrap();
            if path.ends_with("tests.rs") || inside.components().any(|part| part.as_os_str() == "tests") {
                continue;
            }
            let source = std::fs::read_to_string(&path).unwrap();
            let source = source.split("#[cfg(test)]").next().unwrap_or_default();
            for way in ways {
                assert!(!source.contains(way), "{} goes around the canvas with {way}", path.display());
            }
            read += 1;
        }
        assert!(read >= 3, "the sources were not found");
    }
}
