//! How they came: marketing's part (F22), the route (R62), the checks (R34), and whatever else the source knows.
//!
//! ```text
//! campaign  Q4 pricing · Google Ads, cpc
//! message   Prices that fit your quarter
//! route     demo requests to the inbound queue · account match
//! also      L-40 at hubspot · unanswered · Ben
//! checks    8 of 9 passed
//!           ✗ phone: no number
//! ```

use super::or_nothing;
use super::section::{Row, Section};
use crate::app::msg::Opened;
use crate::handoff::watch::auto_response;
use crate::ui::scene::Scene;
use crate::ui::text::{fit, wrap};
use crate::ui::words::{self, joined, plain};

/// Cells of the labels.
const LABEL: usize = 13;
const WIDE_LABEL: usize = 22;

/// The section for this many cells.
pub fn section(scene: &Scene<'_>, opened: &Opened, width: usize) -> Section {
    let (theme, lead) = (&scene.theme, &opened.dossier.lead);
    let mut section = Section { title: "How they came", ..Section::default() };
    section.note = format!("read {}", scene.when.ago(opened.dossier.updated_at));
    let from = &lead.attribution;
    let mut add = |label: &str, text: &str, style| {
        // What the source calls a thing may be longer than our own words.
        let cells = if label.len() < LABEL { LABEL } else { WIDE_LABEL };
        for (at, line) in wrap(text, width.saturating_sub(cells), 2).into_iter().enumerate() {
            let label = if at == 0 { fit(label, cells - 1) } else { "".into() };
            section.rows.push(Row::new().column(cells, &label, theme.dim).add(line, style));
        }
    };
    let campaign = joined([from.campaign.as_deref(), from.source.as_deref(), from.medium.as_deref()]);
    add("campaign", &campaign, theme.text);
    for (label, text) in
        [("message", &from.message), ("first touch", &from.first_touch), ("last touch", &from.last_touch)]
    {
        add(label, text.as_deref().unwrap_or_default(), theme.text);
    }
    if let Some(route) = &lead.routing {
        let queue = route.queue.as_deref().map(|queue| format!("queue {queue}"));
        let pinned = route.pinned.then_some("account match");
        add("route", &joined([Some(route.rule.as_str()), queue.as_deref(), pinned]), theme.text);
    }
    add("owner", lead.owner.as_deref().unwrap_or_default(), theme.text);
    add("stage there", lead.stage.raw.as_deref().unwrap_or_default(), theme.text);
    for twin in &opened.dossier.twins {
        add("also", &words::twin(twin), theme.text);
    }
    if !lead.preflight.is_empty() {
        let passed = lead.preflight.iter().filter(|item| item.passed).count();
        add("checks", &format!("{passed} of {} passed", lead.preflight.len()), theme.text);
        for item in lead.preflight.iter().filter(|item| !item.passed) {
            let why = item.why.as_deref().map_or(String::new(), |why| format!(": {why}"));
            add("", &format!("✗ {}{why}", plain(&item.item)), theme.urgent);
        }
    }
    let policy = &scene.model.settings.policy;
    if let Some(response) = auto_response(&opened.dossier.handoff, &opened.dossier.trail, policy) {
        add("auto-answer", &words::auto_response(&response, &scene.when), theme.text);
    }
    for (name, value) in &lead.extras {
        add(&plain(name), value, theme.dim);
    }
    or_nothing(section, scene, "nothing is known of how they came")
}
