//! What was done and what is owed, in words for the status line.

use super::action::Action;
use super::model::Model;
use crate::handoff::disposition::Act;
use crate::handoff::lead::LeadId;
use crate::handoff::policy::Policy;
use crate::handoff::reason;

/// What was done, before a name: `accepted`, `rejected (no budget)`, `logged phone, voicemail with`.
pub fn done(act: &Act, policy: &Policy) -> String {
    match act {
        Act::Accept => "accepted".into(),
        Act::Reject(rejection) => {
            let label =
                reason::find(&policy.reasons, &rejection.code).map_or(rejection.code.as_str(), |found| &found.label);
            // A label may end with a hint for the dialog: `other (say why)`.
            let label = label.split(" (").next().unwrap_or(label);
            format!("rejected ({label})")
        }
        Act::Attempt(attempt) => format!("logged {}, {} with", attempt.channel.label(), attempt.outcome.label()),
        Act::Defer(_) => "deferred".into(),
        Act::Qualify(_) => "qualified as SQL:".into(),
        Act::Skip { .. } => "skipped".into(),
        Act::Snooze { .. } => "snoozed".into(),
    }
}

/// What the open lead owes, with the keys that pay it (R86).
pub fn owed(model: &Model, lead: LeadId) -> String {
    let ways = [Action::Accept, Action::Reject, Action::Contact, Action::Defer, Action::Skip].map(|action| {
        let label = action.label().trim_end_matches('…');
        format!("{} {label}", model.keymap.label(action))
    });
    let then = model.keymap.label(Action::StopAfter);
    let then = if then.is_empty() || model.stop_after { String::new() } else { format!("; {then} then the list") };
    format!("{} is open and owes a disposition: {}{then}", name(model, lead), ways.join(", "))
}

/// The lead's name if it is on the screen, else its number.
pub fn name(model: &Model, lead: LeadId) -> String {
    let opened = model.opened.as_ref().filter(|opened| opened.dossier.id == lead);
    opened
        .map(|opened| opened.dossier.lead.display_name())
        .or_else(|| model.list.rows.iter().find(|row| row.id == lead).map(|row| row.name.clone()))
        .or_else(|| model.marks.get(&lead).cloned())
        .unwrap_or_else(|| lead.to_string())
}
