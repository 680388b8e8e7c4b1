//! What a disposition is written as: a change of state under the record's time stamp, or a note that carries the
//! disposition's key, by which it is known whether it took hold.

use serde::{Deserialize, Serialize};
use serde_json::json;
use uuid::Uuid;

use crate::handoff::event::EventKind;
use crate::handoff::outbox::Base;
use crate::handoff::state::Stage;
use crate::source::files::WriteMap;
use crate::source::words::{contact, deferred, qualified, reason};
use crate::source::{Disposition, Step};

/// What a step does.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "do", rename_all = "snake_case")]
pub(super) enum Deed {
    /// Moves the opportunity to this state.
    Move {
        /// The state.
        to: String,
    },
    /// Gives it to an employee.
    Give {
        /// Their names or e-mail addresses, the surest first.
        to: Vec<String>,
    },
    /// Writes a note beside it, with a reason for its loss where there is one.
    Note {
        /// The note's text, its mark included.
        text: String,
        /// The reason.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        lost_reason: Option<String>,
        /// A state goes with it, in the next step: where somebody else decided meanwhile neither is written. Else it is a
        /// fact, which is written in any case.
        #[serde(default, skip_serializing_if = "std::ops::Not::not")]
        decides: bool,
    },
}

/// A step as it is stored.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(super) struct Body {
    /// Of which opportunity.
    pub(super) id: i64,
    /// What it was when the rep decided.
    pub(super) base: Base,
    #[serde(flatten)]
    pub(super) deed: Deed,
}

/// By what a note of ours is found again.
pub(super) fn mark(key: Uuid) -> String {
    format!("[leadbox:{key}]")
}

/// The button that leads to a state.
pub(super) fn button(state: &str) -> Option<&'static str> {
    Some(match state {
        "lead" => "lead",
        "opportunity" => "opportunity",
        "lost" => "lost",
        "cancelled" => "cancel",
        _ => return None,
    })
}

/// The steps of a disposition.
pub(super) fn plan(disposition: &Disposition, words: &WriteMap) -> Vec<Step> {
    let Disposition { key, lead, base, event, people, .. } = disposition;
    let Ok(id) = lead.external_id.parse() else { return Vec::new() };
    if let EventKind::Assigned { .. } | EventKind::Rerouted { .. } = &event.what {
        let Some(name) = people.to.first() else { return Vec::new() };
        let body = json!(Body { id, base: base.clone(), deed: Deed::Give { to: people.to.clone() } });
        return vec![Step { key: *key, number: 0, what: format!("give it to {name}"), sets: None, body }];
    }
    let (note, lost_reason, stage) = match &event.what {
        EventKind::Accepted { .. } => (None, None, Some(Stage::Accepted)),
        EventKind::Rejected(rejection) => {
            let reason = reason(rejection, words);
            (Some(format!("Rejected: {reason}")), Some(reason), Some(Stage::Rejected))
        }
        EventKind::Attempted(attempt) | EventKind::ContactKept(attempt) => (Some(contact(attempt, words)), None, None),
        EventKind::Deferred(deferral) => (Some(deferred(deferral)), None, None),
        EventKind::Resumed => (Some("Taken up again before the deferral's end".into()), None, None),
        EventKind::Qualified(qualification) => (Some(qualified(qualification)), None, Some(Stage::Sql)),
        EventKind::Recycled { .. } => (Some("Back to marketing".into()), None, Some(Stage::Recycled)),
        _ => return Vec::new(),
    };
    let to = stage.and_then(|stage| words.stage(stage)).filter(|state| button(state).is_some());
    let mut deeds = Vec::new();
    if let Some(text) = note {
        let what = text.lines().next().unwrap_or_default().to_owned();
        let by = people.by.as_ref().map(|by| format!("By: {by}\n")).unwrap_or_default();
        let text = format!("{text}\n{by}{}", mark(*key));
        let lost_reason = lost_reason.filter(|_| to == Some("lost"));
        deeds.push((what, None, Deed::Note { text, lost_reason, decides: to.is_some() }));
    }
    if let Some(to) = to {
        deeds.push((format!("set the state to {to}"), Some(to.to_owned()), Deed::Move { to: to.to_owned() }));
    }
    let step = |(number, (what, sets, deed))| {
        let body = json!(Body { id, base: base.clone(), deed });
        Step { key: *key, number, what, sets, body }
    };
    (0..).zip(deeds).map(step).collect()
}
