//! What to say (F18, R47): what was agreed, then the suggested approach.
//!
//! ```text
//! agreed     Tue 10:00 call
//! now        call within 5m · before anything else
//! begin with Hi Maya, about the Salesforce sync: what must it carry first?
//! about      The Salesforce sync, which she asked about.
//! objection  Rollout time.
//! aim for    30 minutes with a solutions engineer.
//! ```

use super::or_nothing;
use super::section::{Row, Section};
use crate::app::msg::Opened;
use crate::handoff::approach::{Approach, Priority};
use crate::handoff::clocks::Clock;
use crate::handoff::disposition::Channel;
use crate::handoff::state::Stage;
use crate::handoff::summary::ClockKind;
use crate::ui::countdown::Urgency;
use crate::ui::scene::Scene;
use crate::ui::text::{rough, wrap};
use crate::ui::words::{joined, quoted};

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
    if let Some(approach) = &opened.approach {
        let how = how(scene, opened, approach);
        if !how.is_empty() {
            add("now", &how, theme.strong);
        }
        let one = |text: &Option<String>| text.iter().cloned().collect::<Vec<_>>();
        let parts = [
            ("begin with", one(&approach.opening)),
            ("about", approach.topics.clone()),
            ("objection", approach.objections.clone()),
            ("aim for", one(&approach.next_step)),
        ];
        for (label, texts) in &parts {
            let labels = std::iter::once(*label).chain(std::iter::repeat(""));
            texts.iter().zip(labels).for_each(|(text, label)| add(label, text, theme.text));
        }
    }
    or_nothing(section, scene, "no advice for a lead of this kind")
}

/// How to reach them, and how soon: within the time for it, as long as that runs.
fn how(scene: &Scene<'_>, opened: &Opened, approach: &Approach) -> String {
    let way = approach.channel.map(|channel| match channel {
        Channel::Phone => "call",
        Channel::Email => "e-mail",
        Channel::Message => "send a message",
        Channel::Linkedin => "write on LinkedIn",
        Channel::Video => "meet by video",
    });
    let priority = match approach.priority {
        Priority::Urgent => Some("before anything else"),
        Priority::High => Some("before the rest"),
        Priority::Normal => None,
        Priority::Low => Some("when there is time"),
    };
    // Where the time for it was over before they had the lead, their own window is what they can be in time for.
    let of = |kind| opened.clocks.iter().find(|clock| clock.kind == kind);
    let is_lost = |clock: &&Clock| clock.was_lost(&opened.dossier.handoff);
    let contact = of(ClockKind::FirstContact);
    let window = if contact.filter(is_lost).is_some() { of(ClockKind::Acceptance).or(contact) } else { contact };
    let (soon, over) = match (window.map(|clock| scene.clock(clock)), approach.respond_within) {
        (Some(first), _) if first.urgency == Urgency::Over => (Some("now".to_owned()), Some(first.text)),
        // A template is for many leads: where less is left for this one, that is what counts.
        (Some(left), Some(within)) => {
            let within = i64::from(within);
            let within = Some(left.left).filter(|&left| left > 0).map_or(within, |left| left.min(within));
            let is_read_out = scene.model.settings.linear;
            (
                Some(if is_read_out && within < 60 {
                    "in under 1m".into()
                } else {
                    format!("within {}", rough(within))
                }),
                None,
            )
        }
        // They were contacted: nothing is left to be in time for.
        (None, _) | (_, None) => (None, None),
    };
    let way = [way, soon.as_deref()].into_iter().flatten().collect::<Vec<_>>().join(" ");
    let way = [Some(way).filter(|way| !way.is_empty()), over].into_iter().flatten().collect::<Vec<_>>().join(": ");
    joined([Some(way.as_str()), priority])
}
