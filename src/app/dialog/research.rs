//! Three to five minutes of research before the first contact (F19, R49): what to look at, opened and ticked by a key.
//! It is a help for the head, not a record: it holds while the lead is open.

use super::{Dialog, Flow, Press};
use crate::app::action::Action;
use crate::app::effect::LaunchKind;
use crate::app::launch::launch;
use crate::app::model::Model;
use crate::handoff::Time;
use crate::handoff::lead::LeadId;

/// How long it should take, in seconds: from, to (R49).
pub const MINUTES: (i64, i64) = (180, 300);

/// One thing to look at.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Topic {
    /// The key that opens and ticks it.
    pub key: char,
    /// What it is.
    pub label: &'static str,
    /// What to find out.
    pub why: &'static str,
    /// What is opened, where something is.
    pub opens: Option<LaunchKind>,
}

/// What to look at, in its order.
pub const TOPICS: [Topic; 5] = [
    Topic { key: 'a', label: "what they asked and did", why: "the reason to call", opens: None },
    Topic { key: 's', label: "their site", why: "what they sell, to whom", opens: Some(LaunchKind::Website) },
    Topic { key: 'p', label: "their profile", why: "role, time in it, before", opens: Some(LaunchKind::Profile) },
    Topic { key: 'r', label: "the record", why: "who spoke to them, when", opens: Some(LaunchKind::Record) },
    Topic { key: 'n', label: "company and news", why: "what changed lately", opens: None },
];

/// What was looked at, of one lead.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Research {
    /// Of which lead.
    pub lead: LeadId,
    /// Since when.
    pub since: Time,
    /// What is ticked, in the order of [`TOPICS`].
    pub ticked: [bool; TOPICS.len()],
    /// When the last one was ticked.
    pub done_at: Option<Time>,
}

impl Research {
    /// Seconds that it took, or takes.
    pub fn seconds(&self, now: Time) -> i64 {
        (self.done_at.unwrap_or(now) - self.since).num_seconds().max(0)
    }
}

/// The state of the checklist.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ResearchDialog {
    /// The highlighted one.
    pub at: usize,
}

/// Opens the checklist of the open lead; its time begins with the first look.
pub fn open(model: &mut Model) {
    let Some(opened) = &model.opened else { return };
    let lead = opened.dossier.id;
    if model.research.as_ref().is_none_or(|research| research.lead != lead) {
        model.research = Some(Research { lead, since: model.now, ticked: [false; TOPICS.len()], done_at: None });
    }
    let ticked = model.research.as_ref().map_or([false; TOPICS.len()], |research| research.ticked);
    let at = ticked.iter().position(|ticked| !ticked).unwrap_or(0);
    model.dialogs.push(Dialog::Research(ResearchDialog { at }));
}

/// Ticks a topic, or unticks it; returns what is to be opened for it.
pub fn tick(model: &mut Model, at: usize) -> Option<LaunchKind> {
    let now = model.now;
    let research = model.research.as_mut()?;
    let ticked = research.ticked.get_mut(at)?;
    *ticked = !*ticked;
    let is_new = *ticked;
    research.done_at = research.ticked.iter().all(|&ticked| ticked).then_some(now);
    let opens = TOPICS.get(at)?.opens.filter(|_| is_new);
    opens.filter(|&kind| launch(model, kind).is_ok())
}

impl ResearchDialog {
    pub(super) fn press(&mut self, press: Press) -> Flow {
        let last = TOPICS.len() - 1;
        match (press.action, press.key.typed()) {
            (Some(Action::Cancel), _) | (_, Some('i')) => return Flow::Close,
            (Some(Action::NextChoice), _) | (_, Some('j')) => self.at = (self.at + 1).min(last),
            (Some(Action::PreviousChoice), _) | (_, Some('k')) => self.at = self.at.saturating_sub(1),
            (Some(Action::Confirm), _) | (_, Some(' ')) => return self.tick(self.at),
            (_, Some(char)) => match TOPICS.iter().position(|topic| topic.key == char) {
                Some(at) => return self.tick(at),
                None => return Flow::NotMine,
            },
            _ => return Flow::NotMine,
        }
        Flow::Stay
    }

    fn tick(&mut self, at: usize) -> Flow {
        self.at = (at + 1).min(TOPICS.len() - 1);
        Flow::Tick(at)
    }
}
