//! What waits for the rep's decision.
//!
//! ```text
//! ┌ For you to decide ──────────────────────────────────────────┐
//! │ ▸ until 14:20  Maya Chen · time is running out               │
//! │                accept, reject or defer it, or log a contact   │
//! │                demo request, today · pricing page, 3 times     │
//! └──────────────────────────────────────────────────────────────┘
//! ```

use super::{Place, Sheet, WIDTH, first_shown};
use crate::app::dialog::alerts::AlertsDialog;
use crate::app::msg::AlertLine;
use crate::ui::canvas::Canvas;
use crate::ui::scene::Scene;
use crate::ui::text::{cells, wrap};
use crate::ui::words::DOT;

/// Lines of one alert: what and until when, what is to be done, why.
const LINES: usize = 3;

/// Draws the list.
pub fn draw(canvas: &mut Canvas<'_>, scene: &Scene<'_>, dialog: &AlertsDialog) {
    let theme = &scene.theme;
    let lines: Vec<&AlertLine> = scene.model.alerts.waiting(scene.when.now).collect();
    let size = (WIDTH, (lines.len() * LINES).max(1));
    let mut sheet = Sheet::open(canvas, scene, "For you to decide", size, Place::High);
    if lines.is_empty() {
        return sheet.text("Nothing waits for your decision any more.", theme.dim);
    }
    let at = dialog.at(&lines);
    let first = first_shown(at, lines.len(), (sheet.left() / LINES).max(1));
    for (place, alert) in lines.iter().enumerate().skip(first) {
        let is_chosen = place == at;
        let until = format!("until {}", scene.when.moment(alert.notice.until));
        let indent = u16::try_from(cells(&until)).unwrap_or(u16::MAX).saturating_add(2);
        let line = sheet.line();
        let style = if alert.notice.is_urgent { theme.over } else { theme.urgent };
        let mut pen = sheet.canvas.pen(line);
        pen.put(if is_chosen { "▸ " } else { "  " }, theme.accent).column(indent, &until, style);
        pen.put(&alert.name, theme.strong).put(DOT, theme.dim).put(alert.notice.category.label(), theme.text);
        pen.end(&alert.lead.map_or(String::new(), |lead| lead.to_string()), theme.dim);
        let line = sheet.line();
        sheet.canvas.pen(line).gap(indent + 2).put(&alert.notice.action, theme.text);
        let line = sheet.line();
        let width = sheet.width().saturating_sub(usize::from(indent) + 2);
        let why = wrap(&alert.notice.history.join(DOT), width, 1);
        sheet.canvas.pen(line).gap(indent + 2).put(why.first().map_or("", String::as_str), theme.dim);
    }
}
