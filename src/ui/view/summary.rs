//! The selected lead in short: only what a list may tell before the lead is opened.
//!
//! ```text
//!  Maya Chen · VP Revenue Operations · Northwind Traders · Chicago, US                                   L-12 · hubspot
//!  ▲ 0:41 left to answer, due 14:03:12 · demo request · “Q4 pricing”, Google Ads
//!  “Can we see the Salesforce sync next week?”
//! ```

use ratatui::layout::Rect;

use crate::handoff::state::Stage;
use crate::handoff::summary::Summary;
use crate::ui::canvas::Canvas;
use crate::ui::countdown::{TAKEN_AWAY, Urgency};
use crate::ui::scene::Scene;
use crate::ui::text::wrap;
use crate::ui::words::{self, DOT};
use crate::wire::hub_number;

/// Draws the selected lead in the area's lines.
pub fn draw(canvas: &mut Canvas<'_>, scene: &Scene<'_>, area: Rect) {
    let Some(row) = scene.model.list.selected_row() else { return };
    let theme = &scene.theme;
    let line = |number: u16| Rect { y: area.y + number, height: u16::from(number < area.height), ..area };
    // Commands take a hub's number; other sources' can be as long as they like.
    let source = match hub_number(&row.source, &row.external_id) {
        Some(number) => format!("{}:{number}", row.source),
        None => row.source.clone(),
    };
    let number = words::joined([Some(row.id.to_string().as_str()), Some(source.as_str())]);
    let mut pen = canvas.pen(line(0));
    pen.gap(1).end(" ", theme.dim).end(&number, theme.dim).end("  ", theme.dim).put(&row.name, theme.strong);
    for fact in [&row.title, &row.company, &row.place].into_iter().flatten() {
        pen.put(DOT, theme.dim).put(fact, theme.text);
    }
    let mut pen = canvas.pen(line(1));
    pen.gap(1).end(" ", theme.dim);
    let (standing, style) = standing(scene, row);
    pen.put(&standing, style);
    let why = row.why.as_deref().or(row.trigger.map(|trigger| trigger.label()));
    let touches = match row.touches {
        0 => None,
        touches => Some(format!("{} touches", scene.touches(touches))),
    };
    let origin = row.origin.as_deref().filter(|&origin| why != Some(origin));
    for fact in [why, touches.as_deref(), origin].into_iter().flatten() {
        // A dot and no more would say nothing.
        if usize::from(pen.room()) < DOT.len() + 1 {
            break;
        }
        pen.put(DOT, theme.dim).put(fact, theme.text);
    }
    if let Some(asked) = &row.asked {
        let lines = wrap(
            &words::quoted(asked),
            usize::from(area.width.saturating_sub(2)),
            usize::from(area.height.saturating_sub(2)),
        );
        for (text, number) in lines.iter().zip(2..) {
            canvas.pen(line(number)).gap(1).put(text, theme.text);
        }
    }
}

/// How it stands, in a sentence.
fn standing(scene: &Scene<'_>, row: &Summary) -> (String, ratatui::style::Style) {
    let (when, theme) = (&scene.when, &scene.theme);
    if row.stage.is_closed() {
        let at = row.closed_at.map(|at| when.stamp(at)).unwrap_or_default();
        let (what, why) = match &row.taken_away {
            Some(why) => (TAKEN_AWAY, format!("{DOT}{why}")),
            None => (words::stage(row.stage), String::new()),
        };
        return (format!("{}{why}", format!("{what} {at}").trim_end()), theme.dim);
    }
    if let (Stage::Deferred, Some(at)) = (row.stage, row.returns_at) {
        return (format!("‖ deferred until {}", when.whole(at)), theme.dim);
    }
    let Some(deadline) = &row.deadline else { return (words::stage(row.stage).into(), theme.dim) };
    let countdown = scene.present.count(deadline, None);
    let verb = if countdown.urgency == Urgency::Over { "was due" } else { "due" };
    let due = deadline.due.map_or(String::new(), |due| format!(", {verb} {}", when.exact(due)));
    let hidden = row.returns_at.map_or(String::new(), |at| format!("{DOT}snoozed until {}", when.whole(at)));
    let clock = words::clock(deadline.clock, &countdown);
    let text = format!("{} {clock}{due}{hidden}", countdown.urgency.glyph());
    (text.trim_start().to_owned(), countdown.urgency.style(theme))
}
