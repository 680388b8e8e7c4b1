//! A section of the lead view: a heading in a rule and lines of text beneath it, cut to the height it is given.
//!
//! ```text
//! ── Why they qualified ─────────────────────── s1-points@1 ─
//! demo request  13:58 · 58 to 92, past 65
//! ```

use ratatui::layout::Rect;
use ratatui::style::Style;

use crate::ui::canvas::Canvas;
use crate::ui::text::{cells, fit, wrap};
use crate::ui::theme::Theme;

/// The most cells of what stands at the right end of a line.
const END: usize = 32;

/// One line: its pieces, each with its style, and what stands at its right end.
#[derive(Clone, Debug, Default)]
pub struct Row {
    pieces: Vec<(String, Style)>,
    end: Option<(String, Style)>,
}

impl Row {
    /// An empty line.
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds a piece.
    pub fn add(mut self, text: impl Into<String>, style: Style) -> Self {
        self.pieces.push((text.into(), style));
        self
    }

    /// Adds a piece in exactly `width` cells, or more where the text is longer.
    pub fn column(self, width: usize, text: &str, style: Style) -> Self {
        let fill = width.saturating_sub(cells(text));
        self.add(format!("{text}{}", " ".repeat(fill)), style)
    }

    /// What stands at the right end.
    pub fn end(mut self, text: impl AsRef<str>, style: Style) -> Self {
        self.end = Some((fit(text.as_ref(), END).into_owned(), style));
        self
    }

    fn draw(&self, canvas: &mut Canvas<'_>, line: Rect) {
        let mut pen = canvas.pen(line);
        if let Some((text, style)) = &self.end {
            pen.end(text, *style).end("  ", *style);
        }
        for (text, style) in &self.pieces {
            pen.put(text, *style);
        }
    }
}

/// Adds the text after `first` in as many lines as it needs, `most` of them, each beginning in the same column, which
/// is `indent` cells from the left; `width` is that of the section.
pub fn hang(rows: &mut Vec<Row>, first: Row, indent: usize, width: usize, most: usize, text: &str, style: Style) {
    let end = first.end.as_ref().map_or(0, |(text, _)| cells(text) + 2);
    let mut first = Some(first);
    // The first line's end takes room from all lines, which keeps them in one column.
    for line in wrap(text, width.saturating_sub(indent + end).max(8), most) {
        let row = first.take().unwrap_or_else(|| Row::new().add(" ".repeat(indent), style));
        rows.push(row.add(line, style));
    }
    rows.extend(first);
}

/// A heading and its lines.
#[derive(Clone, Debug, Default)]
pub struct Section {
    /// The heading.
    pub title: &'static str,
    /// What stands at the right of the heading.
    pub note: String,
    /// The lines.
    pub rows: Vec<Row>,
}

impl Section {
    fn draw_heading(&self, canvas: &mut Canvas<'_>, line: Rect, theme: &Theme) {
        canvas.rule(line, theme.rule);
        let mut pen = canvas.pen(line);
        if !self.note.is_empty() {
            pen.end("─", theme.rule).end(" ", theme.rule).end(&self.note, theme.dim).end(" ", theme.rule);
        }
        pen.put("─ ", theme.rule).put(self.title, theme.strong).put(" ", theme.rule);
    }
}

/// Sections one under the other: as long as they need to be, and scrolled where the window is shorter.
#[derive(Clone, Debug, Default)]
pub struct Column(pub Vec<Section>);

impl Column {
    /// All its lines.
    pub fn height(&self) -> usize {
        self.0.iter().map(|section| section.rows.len() + 1).sum()
    }

    /// How far it can be scrolled so that the last page is full.
    pub fn most(&self, height: u16) -> usize {
        self.height().saturating_sub(usize::from(height))
    }

    /// Draws the lines from `scroll` on; never beyond the last page.
    pub fn draw(&self, canvas: &mut Canvas<'_>, area: Rect, scroll: usize, theme: &Theme) {
        let lines = self.0.iter().flat_map(|section| {
            let rows = section.rows.iter().map(move |row| (section, Some(row)));
            std::iter::once((section, None)).chain(rows)
        });
        let shown = lines.skip(scroll.min(self.most(area.height)));
        for ((section, row), y) in shown.zip(area.top()..area.bottom()) {
            let line = Rect { y, height: 1, ..area };
            match row {
                Some(row) => row.draw(canvas, Rect { x: line.x + 1, width: line.width.saturating_sub(2), ..line }),
                None => section.draw_heading(canvas, line, theme),
            }
        }
    }
}
