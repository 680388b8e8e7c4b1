//! What a disposition is written as: a stage with what belongs to it, an activity, or another owner. Decided once, without
//! asking anybody; what only the account knows is filled in when it is written.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::json;

use super::office::Mode;
use super::write::DISPOSITION;
use crate::handoff::Time;
use crate::handoff::disposition::{Attempt, Channel, Deferral, Outcome};
use crate::handoff::event::EventKind;
use crate::handoff::outbox::Base;
use crate::handoff::state::Stage;
use crate::source::files::WriteMap;
use crate::source::{Disposition, Step, words};

/// HubSpot's own words are numbers and codes: a text has ours.
static PLAIN: WriteMap = WriteMap {
    stages: BTreeMap::new(),
    reasons: BTreeMap::new(),
    outcomes: BTreeMap::new(),
    channels: BTreeMap::new(),
    fields: BTreeMap::new(),
};

/// What a step does.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "do", rename_all = "snake_case")]
pub(super) enum Deed {
    /// Moves the lead to a stage.
    Stage {
        /// The property that holds it.
        property: String,
        /// The stage.
        to: String,
        /// What is set with it.
        #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
        also: BTreeMap<String, String>,
        /// It follows from a fact, which stands in any case: somebody else's word goes before it.
        #[serde(default, skip_serializing_if = "std::ops::Not::not")]
        follows: bool,
    },
    /// Gives the lead to somebody else.
    Give {
        /// Their names, e-mail addresses or ids as an owner, the surest first.
        to: Vec<String>,
    },
    /// Writes an activity beside it.
    Log {
        /// Its kind, as paths name it.
        kind: String,
        /// Its properties but for the text.
        properties: BTreeMap<String, String>,
        /// Its text, for people.
        text: String,
        /// Who did it.
        by: String,
    },
}

/// A step as it is stored.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(super) struct Body {
    /// Of which lead.
    pub(super) id: String,
    /// What it was when the rep decided.
    pub(super) base: Base,
    #[serde(flatten)]
    pub(super) deed: Deed,
}

/// The property in which an activity's text stands, and whether that is HTML.
pub(super) fn text_of(kind: &str) -> (&'static str, bool) {
    match kind {
        "calls" => ("hs_call_body", true),
        "emails" => ("hs_email_text", false),
        "communications" => ("hs_communication_body", true),
        "tasks" => ("hs_task_body", true),
        "meetings" => ("hs_meeting_body", true),
        _ => ("hs_note_body", true),
    }
}

/// The steps of a disposition, the activity first: it is a fact, whatever becomes of the stage.
pub(super) fn plan(disposition: &Disposition, mode: Mode, words: &WriteMap) -> Vec<Step> {
    let Disposition { key, lead, base, event, people, .. } = disposition;
    if lead.external_id.parse::<u64>().is_err() {
        return Vec::new();
    }
    if let EventKind::Assigned { to } | EventKind::Rerouted { to, .. } = &event.what {
        let names = if people.to.is_empty() { vec![to.clone()] } else { people.to.clone() };
        let what = format!("give it to {}", names[0]);
        let body = json!(Body { id: lead.external_id.clone(), base: base.clone(), deed: Deed::Give { to: names } });
        return vec![Step { key: *key, number: 0, what, sets: None, body }];
    }
    let note = |text: String| (text.lines().next().unwrap_or_default().to_owned(), log("notes", event.at, [], text));
    let mut reason = None;
    let (activity, stage) = match &event.what {
        EventKind::Accepted { .. } => (None, Some(Stage::Accepted)),
        EventKind::Rejected(rejection) => {
            reason = words.reason(&rejection.code, rejection.sub.as_deref()).or_else(|| words.reason("other", None));
            (Some(note(format!("Rejected: {}", words::reason(rejection, &PLAIN)))), Some(Stage::Rejected))
        }
        EventKind::Attempted(attempt) => (Some(contact(attempt, event.at, words)), reached(attempt, base, words)),
        EventKind::ContactKept(attempt) => (Some(contact(attempt, event.at, words)), None),
        EventKind::Deferred(deferral) => (Some(task(deferral)), Some(Stage::Deferred)),
        EventKind::Resumed => (Some(note("Taken up again before the deferral's end".into())), None),
        EventKind::Qualified(qualification) => (Some(note(words::qualified(qualification))), Some(Stage::Sql)),
        EventKind::Recycled { .. } => (Some(note("Back to marketing".into())), Some(Stage::Recycled)),
        _ => return Vec::new(),
    };
    let mut deeds = Vec::new();
    if let Some((what, mut deed)) = activity {
        if let Deed::Log { by, .. } = &mut deed {
            by.clone_from(people.by.as_ref().unwrap_or(&event.actor.name));
        }
        deeds.push((what, None, deed));
    }
    if let Some((stage, to)) = stage.and_then(|stage| Some((stage, words.stage(stage)?))) {
        let property = words.fields.get("stage").cloned().unwrap_or_else(|| mode.stage().to_owned());
        let mut also = beside(stage, words);
        if let Some((property, reason)) = words.fields.get("reason").zip(reason) {
            also.insert(property.clone(), reason.to_owned());
        }
        let follows = matches!(event.what, EventKind::Attempted(_));
        let deed = Deed::Stage { property, to: to.to_owned(), also, follows };
        deeds.push((format!("set the stage to {to}"), Some(to.to_owned()), deed));
    }
    let step = |(number, (what, sets, deed))| {
        let body = json!(Body { id: lead.external_id.clone(), base: base.clone(), deed });
        Step { key: *key, number, what, sets, body }
    };
    (0..).zip(deeds).map(step).collect()
}

/// What else is set with a stage: `[write.fields]` says `"sql.lifecyclestage" = "salesqualifiedlead"`.
fn beside(stage: Stage, words: &WriteMap) -> BTreeMap<String, String> {
    let of = |(name, value): (&String, &String)| {
        let property = name.strip_prefix(stage.code())?.strip_prefix('.')?;
        Some((property.to_owned(), value.clone()))
    };
    words.fields.iter().filter_map(of).collect()
}

/// The stage that a contact brings about: never back from one that is farther on.
fn reached(attempt: &Attempt, base: &Base, words: &WriteMap) -> Option<Stage> {
    if attempt.outcome == Outcome::Reached && words.stage(Stage::Connected).is_some() {
        return Some(Stage::Connected);
    }
    let now = base.wrote.as_deref().or(base.stage.as_deref());
    let is_past = [Stage::Connected, Stage::Sql].into_iter().any(|past| now.is_some() && words.stage(past) == now);
    (!is_past).then_some(Stage::Attempted)
}

fn log<const N: usize>(kind: &str, at: Time, properties: [(&str, String); N], text: String) -> Deed {
    let mut all: BTreeMap<String, String> = properties.map(|(name, value)| (name.to_owned(), value)).into();
    all.insert("hs_timestamp".into(), at.timestamp_millis().to_string());
    Deed::Log { kind: kind.to_owned(), properties: all, text, by: String::new() }
}

fn contact(attempt: &Attempt, at: Time, words: &WriteMap) -> (String, Deed) {
    let Attempt { channel, outcome, at: made, .. } = attempt;
    // The call or message has its own time.
    let text = words::contact(&Attempt { at: None, ..attempt.clone() }, &PLAIN);
    let at = made.unwrap_or(at);
    let title = text.lines().next().unwrap_or_default().to_owned();
    let deed = match channel {
        Channel::Phone | Channel::Video => {
            let status = if *outcome == Outcome::NoAnswer { "NO_ANSWER" } else { "COMPLETED" };
            let mut deed = log(
                "calls",
                at,
                [
                    ("hs_call_title", title.clone()),
                    ("hs_call_direction", "OUTBOUND".into()),
                    ("hs_call_status", status.into()),
                ],
                text,
            );
            if let (Deed::Log { properties, .. }, Some(word)) = (&mut deed, words.outcome(*channel, *outcome)) {
                properties.insert(DISPOSITION.into(), word.to_owned());
            }
            deed
        }
        Channel::Email => {
            let subject = attempt.cited.clone().unwrap_or_else(|| title.clone());
            let properties = [
                ("hs_email_direction", "EMAIL".to_owned()),
                ("hs_email_status", "SENT".to_owned()),
                ("hs_email_subject", subject),
            ];
            log("emails", at, properties, text)
        }
        Channel::Message | Channel::Linkedin => {
            let usual = if *channel == Channel::Linkedin { "LINKEDIN_MESSAGE" } else { "SMS" };
            let word = words.channels.get(channel.code()).map_or(usual, String::as_str);
            let properties = [
                ("hs_communication_channel_type", word.to_owned()),
                ("hs_communication_logged_from", "CRM".to_owned()),
            ];
            log("communications", at, properties, text)
        }
    };
    (title, deed)
}

fn task(deferral: &Deferral) -> (String, Deed) {
    let subject = format!("Take up again: {}", deferral.why);
    // HubSpot's own words: a task of no other kind, still to be done.
    let properties =
        [("hs_task_subject", subject), ("hs_task_type", "TODO".into()), ("hs_task_status", "NOT_STARTED".into())];
    let text = words::deferred(deferral);
    (text.clone(), log("tasks", deferral.until, properties, text))
}
