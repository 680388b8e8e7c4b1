//! What the hub asks the rep to decide about this lead: what is to be done, until when, and why (F72, R82).
//!
//! ```text
//! ─ For you to decide ──────────────────────────────── 18m left ─
//!  until 14:20  accept, reject or defer it, or log a contact
//!               time is running out · demo request, today
//! ```

use super::section::{Row, Section, hang};
use crate::app::msg::Opened;
use crate::ui::scene::Scene;
use crate::ui::text::{cells, rough};
use crate::ui::words::joined;

/// The section for this many cells; nothing where nothing is asked.
pub fn section(scene: &Scene<'_>, opened: &Opened, width: usize) -> Option<Section> {
    let (theme, now) = (&scene.theme, scene.when.now);
    let mut section = Section { title: "For you to decide", ..Section::default() };
    for alert in scene.model.alerts.of(opened.dossier.id, now) {
        let notice = &alert.notice;
        if section.rows.is_empty() {
            section.note = format!("{} left", rough((notice.until - now).num_seconds()));
        }
        let until = format!("until {}  ", scene.when.moment(notice.until));
        let indent = cells(&until);
        let style = if notice.is_urgent { theme.over } else { theme.urgent };
        hang(&mut section.rows, Row::new().add(until, style), indent, width, 2, &notice.action, theme.strong);
        let history = notice.history.iter().map(String::as_str).map(Some);
        let why = joined(std::iter::once(Some(notice.category.label())).chain(history));
        hang(&mut section.rows, Row::new().add(" ".repeat(indent), theme.dim), indent, width, 3, &why, theme.dim);
    }
    (!section.rows.is_empty()).then_some(section)
}
