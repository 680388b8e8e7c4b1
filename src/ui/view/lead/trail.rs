//! What they did, and what was done with them before: direct interactions pinned and starred (F15, R43).
//!
//! ```text
//! ★ 13:58   demo form  “Can we see the Salesforce sync next week?”
//!   13:55   page       pricing, third visit in 2 h
//! → Nov 18  e-mail     Your question about prices · no reply                            J. Beck
//! ```

use super::or_nothing;
use super::section::{Row, Section, hang};
use crate::app::action::Action;
use crate::app::msg::Opened;
use crate::app::screen::lead::ordered;
use crate::handoff::activity::{Activity, Direction};
use crate::ui::scene::Scene;
use crate::ui::view::footer::key;
use crate::ui::words::{DOT, joined};

/// Cells before the text: the sign, the time, the kind.
const INDENT: usize = 22;
/// Lines of one activity: what they said to us is worth reading, the rest is worth a line.
const LINES: [usize; 2] = [1, 3];

/// The section for this many cells.
pub fn section(scene: &Scene<'_>, opened: &Opened, width: usize) -> Section {
    let kind = scene.model.lead.trail;
    let trail = ordered(&opened.dossier.trail, kind);
    let mut section = Section { title: "What they did", ..Section::default() };
    if !opened.dossier.trail.is_empty() {
        let key = key(scene.model, Action::TrailKind);
        section.note = format!("{key} {}{DOT}{}", kind.label(), trail.len());
    }
    for activity in trail {
        add(scene, activity, width, &mut section.rows);
    }
    let words =
        if opened.dossier.trail.is_empty() { "no activity came with this lead" } else { "nothing of this kind" };
    or_nothing(section, scene, words)
}

fn add(scene: &Scene<'_>, activity: &Activity, width: usize, rows: &mut Vec<Row>) {
    let theme = &scene.theme;
    let is_direct = activity.kind.is_direct() && activity.direction == Direction::Inbound;
    let (sign, sign_style, style) = match activity.direction {
        Direction::Inbound if is_direct => ("★ ", theme.accent, theme.strong),
        Direction::Inbound => ("  ", theme.text, theme.text),
        Direction::Outbound => ("→ ", theme.dim, theme.text),
        Direction::Internal => ("· ", theme.dim, theme.dim),
    };
    let when = activity.at.map_or(String::new(), |at| scene.when.short(at));
    let text = joined([Some(activity.text.as_str()), activity.outcome.as_deref()]);
    let mut row = Row::new()
        .add(sign, sign_style)
        .column(8, &when, theme.dim)
        .add(" ", theme.dim)
        .column(10, activity.kind.label(), theme.dim)
        .add(" ", theme.dim);
    if let Some(actor) = activity.actor.as_deref().filter(|_| activity.direction != Direction::Inbound) {
        row = row.end(actor, theme.dim);
    }
    hang(rows, row, INDENT, width, LINES[usize::from(is_direct)], &text, style);
}
