//! What a disposition is written as: the lead's status, and a task that carries the disposition's key, together or not at
//! all. Whether the task is there tells whether it took hold.

use reqwest::Method;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value as Json, json};
use uuid::Uuid;

use super::read::Told;
use super::rest::{DATA, Trouble};
use crate::handoff::Time;
use crate::handoff::disposition::Channel;
use crate::handoff::event::EventKind;
use crate::handoff::outbox::Base;
use crate::handoff::state::Stage;
use crate::source::files::WriteMap;
use crate::source::words::{contact, deferred, qualified, reason};
use crate::source::{Disposition, Step};

/// The field of tasks that carries a disposition's key, where the mapping names no other.
const KEY: &str = "Leadbox_Key__c";
/// The longest text that a subject, and what came of a call, may have, in characters.
const LINE: usize = 255;
/// The longest description, in characters.
const TEXT: usize = 32_000;

/// A step as it is stored.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(super) struct Body {
    /// Of which lead.
    pub(super) id: String,
    /// What it was when the rep decided.
    pub(super) base: Base,
    /// The status that it comes to.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) to: Option<String>,
    /// The field for the reason, and the reason.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) reason: Option<(String, String)>,
    /// The task that says what was done.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) task: Option<Map<String, Json>>,
    /// To whom it is given: their names or addresses, the surest first.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(super) gives: Vec<String>,
}

/// The field of tasks that carries a disposition's key.
pub(super) fn key_field(words: &WriteMap) -> &str {
    words.fields.get("key").map_or(KEY, String::as_str)
}

/// The only step of a disposition; none where there is nothing to write.
pub(super) fn plan(disposition: &Disposition, words: &WriteMap) -> Vec<Step> {
    let Disposition { key, lead, base, event, people, .. } = disposition;
    let id = lead.external_id.clone();
    if let EventKind::Assigned { .. } | EventKind::Rerouted { .. } = &event.what {
        let Some(name) = people.to.first() else { return Vec::new() };
        let what = format!("give it to {name}");
        let body = Body { id, base: base.clone(), to: None, reason: None, task: None, gives: people.to.clone() };
        return vec![Step { key: *key, number: 0, what, sets: None, body: json!(body) }];
    }
    let by = people.by.as_ref().map(|by| format!("\nBy: {by}")).unwrap_or_default();
    let done = |text: String| task_of(&(text + &by), "Completed", event.at);
    let mut why = None;
    let (task, stage) = match &event.what {
        EventKind::Accepted { .. } => (None, Some(Stage::Accepted)),
        EventKind::Rejected(rejection) => {
            why = words.fields.get("reason").zip(words.reason(&rejection.code, rejection.sub.as_deref()));
            (Some(done(format!("Rejected: {}", reason(rejection, words)))), Some(Stage::Rejected))
        }
        EventKind::Attempted(attempt) | EventKind::ContactKept(attempt) => {
            let mut task = task_of(&(contact(attempt, words) + &by), "Completed", attempt.at.unwrap_or(event.at));
            let told = words.outcome(attempt.channel, attempt.outcome).unwrap_or(attempt.outcome.label());
            match attempt.channel {
                Channel::Phone => {
                    task.insert("TaskSubtype".into(), json!("Call"));
                    task.insert("CallType".into(), json!("Outbound"));
                    task.insert("CallDisposition".into(), json!(cut(told, LINE)));
                }
                Channel::Email => drop(task.insert("TaskSubtype".into(), json!("Email"))),
                _ => {}
            }
            (Some(task), None)
        }
        EventKind::Deferred(deferral) => {
            (Some(task_of(&(deferred(deferral) + &by), "Not Started", deferral.until)), Some(Stage::Deferred))
        }
        EventKind::Resumed => (Some(done("Taken up again before the deferral's end".into())), None),
        EventKind::Qualified(qualification) => (Some(done(qualified(qualification))), Some(Stage::Sql)),
        EventKind::Recycled { .. } => (Some(done("Back to marketing".into())), Some(Stage::Recycled)),
        _ => return Vec::new(),
    };
    let to = stage.and_then(|stage| words.stage(stage)).map(str::to_owned);
    if to.is_none() && task.is_none() {
        return Vec::new();
    }
    let subject = task.as_ref().and_then(|task| task["Subject"].as_str().map(str::to_owned));
    let status = to.as_ref().map(|to| format!("set the status to {to}"));
    let what = [status, subject].into_iter().flatten().collect::<Vec<_>>().join(", ");
    let reason = why.filter(|_| to.is_some()).map(|(field, word)| (field.clone(), word.to_owned()));
    let body = Body { id, base: base.clone(), to: to.clone(), reason, task, gives: Vec::new() };
    vec![Step { key: *key, number: 0, what, sets: to, body: json!(body) }]
}

/// A task that says this, of that day.
fn task_of(text: &str, status: &str, at: Time) -> Map<String, Json> {
    let subject = text.lines().next().unwrap_or_default();
    let mut task = Map::new();
    task.insert("Subject".into(), json!(cut(subject, LINE)));
    task.insert("Description".into(), json!(cut(text, TEXT)));
    task.insert("Status".into(), json!(status));
    task.insert("ActivityDate".into(), json!(at.date_naive().to_string()));
    task
}

fn cut(text: &str, most: usize) -> String {
    match text.char_indices().nth(most - 1) {
        Some((at, _)) if text.chars().count() > most => format!("{}…", &text[..at]),
        _ => text.to_owned(),
    }
}

/// Where a disposition's task is.
pub(super) fn task_path(field: &str, key: Uuid) -> String {
    format!("{DATA}/sobjects/Task/{field}/{key}")
}

/// What is sent: the change of the lead, where there is one, and the task. All of it takes hold, or nothing.
pub(super) fn composite(body: &Body, key: Uuid, field: &str, now: &Told, moves: bool, may_reason: bool) -> Json {
    let mut parts = Vec::new();
    if let (true, Some(to)) = (moves, &body.to) {
        let mut values = Map::new();
        values.insert("Status".into(), json!(to));
        if let (true, Some((field, reason))) = (may_reason, &body.reason) {
            values.insert(field.clone(), json!(reason));
        }
        parts.push(change(&body.id, json!(values), now));
    }
    if let Some(task) = &body.task {
        let mut values = task.clone();
        values.insert("WhoId".into(), json!(body.id));
        parts.push(json!({
            "method": Method::PATCH.as_str(),
            "url": task_path(field, key),
            "referenceId": "task",
            "body": values,
        }));
    }
    json!({ "allOrNone": true, "compositeRequest": parts })
}

/// What is sent to give a lead to a user.
pub(super) fn gift(id: &str, user: &str, now: &Told) -> Json {
    json!({ "allOrNone": true, "compositeRequest": [change(id, json!({ "OwnerId": user }), now)] })
}

/// A change of a lead, unless somebody changed it since we looked. That is as coarse as its clock: seconds.
fn change(id: &str, values: Json, now: &Told) -> Json {
    let since = now.changed_at.format("%a, %d %b %Y %H:%M:%S GMT").to_string();
    json!({
        "method": Method::PATCH.as_str(),
        "url": format!("{DATA}/sobjects/Lead/{id}"),
        "referenceId": "lead",
        "httpHeaders": { "If-Unmodified-Since": since },
        "body": values,
    })
}

/// What came of a composite.
#[derive(Debug)]
pub(super) enum Outcome {
    /// All of it took hold.
    Done,
    /// The lead was changed since we looked, or is no longer what it was.
    Changed,
    /// Somebody else is writing there: nothing took hold.
    Locked(String),
    /// Nothing took hold: why.
    Refused(Trouble),
}

/// # Errors
/// It makes no sense, so that one does not know: why, in words.
pub(super) fn outcome(answer: &Json, parts: usize) -> Result<Outcome, String> {
    let results = answer["compositeResponse"].as_array().ok_or("no results of what was written together")?;
    if results.len() != parts {
        return Err(format!("{} results of {parts} that were written together", results.len()));
    }
    let status = |result: &Json| result["httpStatusCode"].as_u64().unwrap_or_default();
    if results.iter().all(|result| (200..300).contains(&status(result))) {
        return Ok(Outcome::Done);
    }
    if results.iter().any(|result| status(result) == 412) {
        return Ok(Outcome::Changed);
    }
    // The others fail because one does.
    let mut said =
        results.iter().filter(|result| status(result) >= 400).filter_map(|result| Trouble::listed(&result["body"]));
    let said = said.find(|said| !said.is("PROCESSING_HALTED"));
    Ok(match said.ok_or("an error without words")? {
        Trouble::Said { code, why } => match code.as_str() {
            "ENTITY_FAILED_IFLASTMODIFIED_ON_UPDATE_CHECK" | "ENTITY_IS_DELETED" | "CANNOT_UPDATE_CONVERTED_LEAD" => {
                Outcome::Changed
            }
            "UNABLE_TO_LOCK_ROW" | "SERVER_UNAVAILABLE" => Outcome::Locked(format!("{why} ({code})")),
            _ => Outcome::Refused(Trouble::Said { code, why }),
        },
        other => Outcome::Refused(other),
    })
}
