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
use crate::ui::scene::Scene;
use crate::ui::words;

/// Cells of the time and of the doing.
const WHEN: usize = 14;
const DOING: usize = 10;

/// The section for this many cells.
pub fn section(scene: &Scene<'_>, opened: &Opened, width: usize) -> Section {
    let (theme, dossier) = (&scene.theme, &opened.dossier);
    let policy = &scene.model.settings.policy;
    let mut section = Section { title: "What was done", ..Section::default() };
    let counted = policy.touches.counted(&dossier.handoff.touches);
    section.note = format!("touches {counted}/{}", policy.touches.most);
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
