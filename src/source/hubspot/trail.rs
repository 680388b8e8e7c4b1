//! Activities, events and changes of scores, as HubSpot tells of them.

use chrono::DateTime;
use serde_json::Value as Json;
use uuid::Uuid;

use super::api;
use super::markup::plain;
use super::office::Office;
use super::plan::text_of;
use super::read::{Row, ms};
use crate::handoff::activity::{Activity, ActivityKind, Direction};
use crate::handoff::score::{Axis, ScorePart};
use crate::source::own_activity;
use crate::source::words::{has_key, key_of, unmarked};

/// The property that says by what a record was made: `INTEGRATION` for what a token wrote.
pub(super) const MADE_BY: &str = "hs_object_source";

/// What is asked for of each kind.
pub(super) fn properties(kind: &str) -> Vec<&'static str> {
    let own: &[&str] = match kind {
        "calls" => &["hs_call_title", "hs_call_body", "hs_call_direction", "hs_call_status", "hs_call_disposition"],
        "emails" => &["hs_email_subject", "hs_email_text", "hs_email_direction", "hs_email_status"],
        "meetings" => &["hs_meeting_title", "hs_meeting_body", "hs_meeting_outcome"],
        "notes" => &["hs_note_body"],
        "tasks" => &["hs_task_subject", "hs_task_body", "hs_task_status"],
        _ => &["hs_communication_body", "hs_communication_channel_type"],
    };
    // Where there is no property of that name, nothing is told of it.
    ["hs_timestamp", "hubspot_owner_id", "hs_lastmodifieddate", super::write::KEY, MADE_BY]
        .into_iter()
        .chain(own.iter().copied())
        .collect()
}

/// An activity of this kind.
pub(super) fn activity(kind: &str, row: &Row, office: &Office) -> Activity {
    let is_theirs = |name: &str, words: &[&str]| row.text(name).is_some_and(|word| words.contains(&word));
    let sent = |is_inbound: bool| if is_inbound { Direction::Inbound } else { Direction::Outbound };
    let (sort, direction, title, body, outcome) = match kind {
        "calls" => {
            let direction = sent(is_theirs("hs_call_direction", &["INBOUND"]));
            (ActivityKind::Call, direction, "hs_call_title", "hs_call_body", "hs_call_disposition")
        }
        "emails" => {
            let direction = sent(is_theirs("hs_email_direction", &["INCOMING_EMAIL"]));
            (ActivityKind::Email, direction, "hs_email_subject", "hs_email_text", "hs_email_status")
        }
        "meetings" => {
            (ActivityKind::Meeting, Direction::Outbound, "hs_meeting_title", "hs_meeting_body", "hs_meeting_outcome")
        }
        "notes" => (ActivityKind::Note, Direction::Internal, "", "hs_note_body", ""),
        "tasks" => (ActivityKind::Task, Direction::Internal, "hs_task_subject", "hs_task_body", "hs_task_status"),
        _ => {
            let (body, channel) = ("hs_communication_body", "hs_communication_channel_type");
            (ActivityKind::Message, Direction::Outbound, "", body, channel)
        }
    };
    // Titles, subjects and the text of e-mails are no HTML: “Maya <maya@acme.example>” is no tag there.
    let read = |name: &str, text: &str| if name.ends_with("_body") { plain(text) } else { text.trim().to_owned() };
    let said = |name: &str| row.text(name).map(|text| unmarked(&read(name, text)));
    let (title, body) = (said(title), said(body));
    let text = match (title, body) {
        // Ours begin with their title.
        (Some(title), Some(body)) if !body.starts_with(&title) => format!("{title}\n{body}"),
        (title, body) => body.or(title).unwrap_or_else(|| sort.label().to_owned()),
    };
    let key = row.text(super::write::KEY).and_then(|key| key.parse().ok()).or_else(|| key_of(&by_app(kind, row)?));
    Activity {
        external_id: key.map_or_else(|| format!("{kind}-{}", row.id), own_activity),
        kind: sort,
        direction,
        at: ms(&row.properties["hs_timestamp"]).map(api::moment),
        actor: row.text("hubspot_owner_id").map(|id| office.name(id)),
        outcome: row.text(outcome).map(|word| disposition(word, office).to_owned()),
        text,
        url: None,
    }
}

/// Whether this activity was left there with the mark of this key.
pub(super) fn is_marked(kind: &str, row: &Row, key: Uuid) -> bool {
    by_app(kind, row).is_some_and(|text| has_key(&text, key))
}

/// The text of an activity that an app left there. What people typed there, or wrote to us, is none of ours.
fn by_app(kind: &str, row: &Row) -> Option<String> {
    let is_by_app = row.text(MADE_BY).is_none_or(|by| by == "INTEGRATION");
    let is_to_us = row.text("hs_email_direction") == Some("INCOMING_EMAIL");
    let (name, is_html) = text_of(kind);
    let text = row.text(name).filter(|_| is_by_app && !is_to_us)?;
    Some(if is_html { plain(text) } else { text.to_owned() })
}

/// What came of a call, in words: its outcomes have numbers.
fn disposition<'a>(word: &'a str, office: &'a Office) -> &'a str {
    office.outcomes.label(word).unwrap_or(word)
}

/// Something that a contact did.
pub(super) fn event(told: &Json) -> Option<Activity> {
    let (id, sort) = (told["id"].as_str()?, told["eventType"].as_str()?);
    let of = |name: &str| told["properties"][name].as_str().filter(|text| !text.is_empty());
    let kind = match sort {
        _ if sort.contains("visited_page") => ActivityKind::PageVisit,
        _ if sort.contains("form") => ActivityKind::Form,
        _ if sort.contains("clicked") => ActivityKind::EmailClick,
        _ if sort.contains("opened") => ActivityKind::EmailOpen,
        _ => ActivityKind::Other,
    };
    let page = of("hs_title").or_else(|| of("hs_url")).or_else(|| of("hs_page_title")).map(str::to_owned);
    // An account's own events begin with its number: `pe123_wants_demo`.
    let named = || sort.trim_start_matches("e_").replace('_', " ");
    Some(Activity {
        external_id: format!("event-{id}"),
        kind,
        direction: Direction::Inbound,
        at: ms(&told["occurredAt"]).map(api::moment),
        actor: None,
        outcome: None,
        text: page.unwrap_or_else(named),
        url: of("hs_url").map(str::to_owned),
    })
}

/// One change of a score.
pub(super) fn score_part(axis: Axis, told: &Json) -> Option<ScorePart> {
    let points = told["delta"].as_f64().filter(|points| points.is_finite() && *points != 0.0)?;
    let heading = told["renderedEvents"][0]["heading"].as_str();
    let property = || told["resolvedProperties"].as_object().and_then(|all| all.keys().next()).map(String::as_str);
    let label = heading.or_else(property).unwrap_or("score");
    let at = ms(&told["timestamp"]).and_then(DateTime::from_timestamp_millis);
    Some(ScorePart { axis, label: plain(label), points, full: None, at })
}
