//! A horizontal bar in eighths of a cell, over an even ground.

use ratatui::style::Style;

use crate::ui::canvas::Pen;

const EIGHTHS: [&str; 8] = ["", "▏", "▎", "▍", "▌", "▋", "▊", "▉"];

/// Draws `part` of `whole` as a bar of `width` cells. `ground` fills what is not taken, where it is given.
pub fn bar(pen: &mut Pen<'_, '_>, width: u16, part: i64, whole: i64, style: Style, ground: Option<Style>) {
    let width = width.min(pen.room());
    let eighths = match whole {
        ..=0 => 0,
        _ => part.clamp(0, whole).saturating_mul(i64::from(width) * 8) / whole,
    };
    let (full, rest) = (eighths / 8, usize::try_from(eighths % 8).unwrap_or(0));
    let full = u16::try_from(full).unwrap_or(width);
    let before = pen.x();
    for _ in 0..full {
        pen.put("█", style);
    }
    pen.put(EIGHTHS.get(rest).copied().unwrap_or_default(), style);
    let left = width.saturating_sub(pen.x() - before);
    match ground {
        Some(ground) => (0..left).for_each(|_| {
            pen.put("░", ground);
        }),
        None => {
            pen.gap(left);
        }
    }
}

#[cfg(test)]
mod tests {
    use ratatui::buffer::Buffer;
    use ratatui::layout::Rect;

    use super::*;
    use crate::ui::canvas::Canvas;

    fn drawn(width: u16, part: i64, whole: i64) -> String {
        let mut buf = Buffer::empty(Rect::new(0, 0, 12, 1));
        let mut canvas = Canvas::new(&mut buf);
        let area = canvas.area();
        let mut pen = canvas.pen(area);
        bar(&mut pen, width, part, whole, Style::new(), Some(Style::new()));
        pen.put("|", Style::new());
        buf.content.iter().map(|cell| cell.symbol()).collect::<String>().trim_end().to_owned()
    }

    #[test]
    fn a_bar_is_as_long_as_its_part() {
        assert_eq!(drawn(4, 0, 100), "░░░░|");
        assert_eq!(drawn(4, 50, 100), "██░░|");
        assert_eq!(drawn(4, 92, 100), "███▋|");
        assert_eq!(drawn(4, 100, 100), "████|");
        assert_eq!(drawn(4, 900, 100), "████|");
        assert_eq!(drawn(4, -3, 100), "░░░░|");
        assert_eq!(drawn(4, 1, 0), "░░░░|");
        assert_eq!(drawn(40, i64::MAX, i64::MAX).chars().count(), 12);
    }
}
