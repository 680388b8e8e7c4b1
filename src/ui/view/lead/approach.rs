//! What to say (F18, R47): what was agreed, then the suggested approach.
//!
//! ```text
//! agreed     Tue 10:00 call
//! now        Call at once: category A.
//! about      The Salesforce sync, which she asked about.
//! objection  Rollout time.
//! aim for    30 minutes with a solutions engineer.
//! ```

use super::or_nothing;
use super::section::{Row, Section};
use crate::app::msg::{AdviceKind, Opened};
use crate::handoff::state::Stage;
use crate::ui::scene::Scene;
use crate::ui::text::wrap;
use crate::ui::words::quoted;

/// Cells of the labels.
const LABEL: usize = 11;

/// The section for this many cells.
pub fn section(scene: &Scene<'_>, opened: &Opened, width: usize) -> Section {
    let (theme, handoff) = (&scene.theme, &opened.dossier.handoff);
    let mut section = Section { title: "What to say", ..Section::default() };
    let mut add = |label: &str, text: &str, style| {
        for (at, line) in wrap(text, width.saturating_sub(LABEL), 3).into_iter().enumerate() {
            let label = if at == 0 { label } else { "" };
            section.rows.push(Row::new().column(LABEL, label, theme.dim).add(line, style));
        }
    };
    if let Some(deferral) = handoff.deferral.as_ref().filter(|_| handoff.stage == Stage::Deferred) {
        let until = scene.when.whole(deferral.until);
        add("deferred", &format!("until {until}: {}", quoted(&deferral.why)), theme.strong);
    }
    if let Some(next) = handoff.next_step.as_ref().filter(|_| !handoff.stage.is_closed()) {
        add("agreed", &format!("{} {}", scene.when.whole(next.at), next.what), theme.strong);
    }
    if let Some(sql) = &handoff.qualification {
        add("problem", &sql.problem, theme.text);
        add("authority", &sql.authority, theme.text);
        add("next step", &sql.next_step, theme.strong);
    }
    for advice in &opened.approach {
        let (label, style) = match advice.kind {
            AdviceKind::Action => ("now", theme.strong),
            AdviceKind::Topic => ("about", theme.text),
            AdviceKind::Objection => ("objection", theme.text),
            AdviceKind::NextStep => ("aim for", theme.text),
        };
        add(label, &advice.text, style);
    }
    or_nothing(section, scene, "no advice for a lead of this kind")
}
