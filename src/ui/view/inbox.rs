//! The inbox: header, list, the selected lead in short, footer.
//!
//! ```text
//!  leadbox   Due 6   New 3   Working 11   Deferred 4   Data 2   Done 17 today                   3 to send   Ana 14:02
//! ───────────━━━━━────────────────────────────────────────────────────────────────────────────────────────────────────
//!     left          lead                 company             why                          score               touches
//! ▌ ▲ 0:41        A Maya Chen            Northwind Traders   demo request                 92 █████████▏ F38 …       –
//!   ● 11:20       B Ingrid Solberg       Fjord Logistics     webinar, asked a question    74 ███████▍   F36 …     1/8
//! ────────────────────────────────────────────────────────────────────────────────────────────────────────────────────
//!  Maya Chen · VP Revenue Operations · Northwind Traders · Chicago, US                                   L-12 · hubspot
//!  ▲ 0:41 left to answer, due 14:03:12 · demo request · “Q4 pricing”, Google Ads
//!  “Can we see the Salesforce sync next week?”
//! ─ 1 of 6 ───────────────────────────────────────────────────────────────────────────────────────────────────────────
//!  ⏎ open   n next   / search   Tab view   space mark   : commands   ? help
//! ```

use ratatui::layout::{Position, Rect};

use super::{footer, header, list, summary};
use crate::ui::canvas::Canvas;
use crate::ui::scene::Scene;

/// Lines for the lead in short.
fn summary_lines(height: u16) -> u16 {
    match height {
        ..20 => 2,
        20..34 => 3,
        _ => 4,
    }
}

/// The line of the list's first row, from 0: what a click is counted from.
pub const LIST_TOP: u16 = header::HEIGHT + 1;

/// Rows of the list that a window of this height shows; at least 1.
pub fn list_rows(height: u16) -> u16 {
    // The headings and the rule above the lead in short take a line each.
    let around = header::HEIGHT + 1 + 1 + summary_lines(height) + footer::HEIGHT;
    height.saturating_sub(around).max(1)
}

/// Draws the inbox. Returns where the cursor stands, if the search bar has it.
pub fn draw(canvas: &mut Canvas<'_>, scene: &Scene<'_>) -> Option<Position> {
    let area = canvas.area();
    let rows = list_rows(area.height);
    let cursor = header::draw(canvas, scene, area);
    let top = area.y + header::HEIGHT;
    list::draw(canvas, scene, Rect { y: top, height: rows + 1, ..area });
    let rule = Rect { y: top + rows + 1, height: 1, ..area };
    canvas.rule(rule, scene.theme.rule);
    summary::draw(canvas, scene, Rect { y: rule.y + 1, height: summary_lines(area.height), ..area });
    footer::draw(canvas, scene, area, None);
    cursor
}
