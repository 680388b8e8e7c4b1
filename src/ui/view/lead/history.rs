//! What was done here: the events of the handoff, newest first, with the touches so far (F82).
//!
//! ```text
//! 14:05          contact   phone, voicemail · “asked for Tuesday” · cited pricing page      Ana
//! Nov 18, 09:12  accepted                                                                   Ana
//! ```

use super::or_nothing;
use super::section::{Row, Section, hang};
use crate::app::msg::Opened;
use crate::handoff::event::Role;
use crate::handoff::watch;
use crate::ui::scene::Scene;
use crate::ui::words::{self, DOT};

/// Cells of the time and of the doing.
const WHEN: usize = 14;
const DOING: usize = 10;

/// The section for this many cells.
pub fn section(scene: &Scene<'_>, opened: &Opened, width: usize) -> Section {
    let (theme, dossier) = (&scene.theme, &opened.dossier);
    let policy = &scene.model.settings.policy;
    let mut section = Section { title: "What was done", ..Section::default() };
    let (handoff, now) = (&dossier.handoff, scene.when.now);
    section.note = format!("touches {}/{}", handoff.touches.count, policy.touches.most);
    if let Some(due) = watch::touches_due(handoff, policy) {
        section.note = format!("{} by {}{DOT}{}", policy.touches.least, scene.when.day(due), section.note);
    }
    let mut add = |label: &str, text: &str, style| {
        let row = Row::new().column(WHEN, label, theme.dim);
        hang(&mut section.rows, row, WHEN, width, 2, text, style);
    };
    if let Some(missing) = words::missing(&handoff.missing(&policy.touches)) {
        add("still missing", &missing, theme.text);
    }
    if let Some(hole) = watch::black_hole(handoff, policy, now) {
        add("black hole", &words::black_hole(&hole, policy), if hole.is_over { theme.dim } else { theme.urgent });
    }
    if let Some(unread) = words::unread_steps(dossier.unread) {
        add("not shown", &unread, theme.dim);
    }
    for event in dossier.events.iter().rev() {
        let (what, more) = words::event(event, policy, &scene.when);
        let mut row = Row::new()
            .column(WHEN, &scene.when.stamp(event.at), theme.dim)
            .column(DOING - 1, &what, theme.text)
            .add(" ", theme.text);
        if event.actor.role != Role::System {
            row = row.end(event.actor.name.clone(), theme.dim);
        }
        hang(&mut section.rows, row, WHEN + DOING, width, 2, &more, theme.text);
    }
    or_nothing(section, scene, "nothing yet")
}
