//! What was done with a lead, and what it did: its tasks, events, campaigns and e-mails, and what was changed of it.

use serde_json::Value as Json;

use super::read::{quoted, told_at};
use super::schema::Schema;
use crate::handoff::activity::{Activity, ActivityKind, Direction};
use crate::source::own_activity;

/// So many of each are looked at, the newest first; of e-mails fewer, since they are long.
const MOST: u32 = 200;
const MOST_EMAILS: u32 = 50;
/// The longest text of an e-mail that is kept, in characters.
const TEXT: usize = 16_000;

/// What is asked for of tasks, as far as this user may see it.
const OF_TASKS: [&str; 9] = [
    "Subject",
    "Description",
    "Status",
    "TaskSubtype",
    "CallType",
    "CallDisposition",
    "ActivityDate",
    "CompletedDateTime",
    "Owner.Name",
];

/// What of a kind can be had by one query.
pub(super) type Query = (&'static str, String);

/// The queries for the trail of a lead, each with what it is for people. Not every org has e-mails as records, and keeps a
/// history.
/// `key` is the field of tasks that carries a disposition's key.
pub(super) fn queries(id: &str, tasks: &Schema, key: &str) -> [Query; 5] {
    let id = quoted(id);
    let of_tasks = OF_TASKS.into_iter().chain([key]).filter(|name| tasks.has(name));
    let of_tasks: String = of_tasks.map(|name| format!(",{name}")).collect();
    let newest = |fields: &str, from: &str, which: &str, most: u32| {
        format!(
            "SELECT {fields} FROM {from} WHERE {which} AND IsDeleted = false ORDER BY CreatedDate DESC LIMIT {most}"
        )
    };
    let select = |fields: &str, from: &str, of: &str| newest(fields, from, &format!("{of} = {id}"), MOST);
    // A lead is one of those whom an e-mail relates to. A draft ('5') was not sent.
    let of_emails = "Id,CreatedDate,ActivityId,Subject,TextBody,MessageDate,Incoming,FromName";
    let with =
        format!("Id IN (SELECT EmailMessageId FROM EmailMessageRelation WHERE RelationId = {id}) AND Status != '5'");
    [
        ("tasks", select(&format!("Id,CreatedDate{of_tasks}"), "Task", "WhoId")),
        (
            "events",
            select("Id,CreatedDate,Subject,Description,StartDateTime,ActivityDate,Owner.Name", "Event", "WhoId"),
        ),
        (
            "campaigns",
            select("Id,CreatedDate,Status,HasResponded,FirstRespondedDate,Campaign.Name", "CampaignMember", "LeadId"),
        ),
        ("changes", select("Id,CreatedDate,Field,OldValue,NewValue,CreatedBy.Name", "LeadHistory", "LeadId")),
        ("e-mails", newest(of_emails, "EmailMessage", &with, MOST_EMAILS)),
    ]
}

/// Adds the activities of a kind. An e-mail has a task of its own there, whose place it takes.
pub(super) fn add(activities: &mut Vec<Activity>, kind: &str, rows: &[Json], key: &str) {
    for activity in rows.iter().filter_map(|row| activity(kind, row, key)) {
        match activities.iter_mut().find(|known| known.external_id == activity.external_id) {
            Some(known) => *known = activity,
            None => activities.push(activity),
        }
    }
}

/// An activity of a kind of [`queries`]. One that carries a key is ours.
fn activity(kind: &str, row: &Json, key: &str) -> Option<Activity> {
    let text = |name: &str| row[name].as_str().filter(|text| !text.trim().is_empty()).map(str::to_owned);
    let at = |names: &[&str]| {
        names.iter().find_map(|&name| {
            told_at(&row[name]).or_else(|| {
                let day: chrono::NaiveDate = row[name].as_str()?.parse().ok()?;
                Some(day.and_time(chrono::NaiveTime::MIN).and_utc())
            })
        })
    };
    let body = |first: Option<String>| {
        let words = [first, text("Description")].into_iter().flatten().collect::<Vec<_>>();
        words.join("\n")
    };
    let own = row[key].as_str().and_then(|key| key.parse().ok()).map(own_activity);
    let external_id = own.or_else(|| text("Id"))?;
    let actor = row["Owner"]["Name"].as_str().map(str::to_owned);
    Some(match kind {
        "tasks" => {
            let kind = match row["TaskSubtype"].as_str() {
                Some("Call") => ActivityKind::Call,
                Some("Email" | "ListEmail") => ActivityKind::Email,
                Some("LinkedIn") => ActivityKind::Message,
                _ => ActivityKind::Task,
            };
            let direction = match (row["CallType"].as_str(), kind) {
                (Some("Inbound"), _) => Direction::Inbound,
                (_, ActivityKind::Task) | (Some("Internal"), _) => Direction::Internal,
                _ => Direction::Outbound,
            };
            Activity {
                external_id,
                kind,
                direction,
                at: at(&["CompletedDateTime", "ActivityDate", "CreatedDate"]),
                actor,
                outcome: text("CallDisposition").or_else(|| text("Status")),
                text: body(text("Subject")),
                url: None,
            }
        }
        "events" => Activity {
            external_id,
            kind: ActivityKind::Meeting,
            direction: Direction::Internal,
            at: at(&["StartDateTime", "ActivityDate", "CreatedDate"]),
            actor,
            outcome: None,
            text: body(text("Subject")),
            url: None,
        },
        "e-mails" => {
            let is_theirs = row["Incoming"].as_bool().unwrap_or_default();
            let words = [text("Subject"), text("TextBody")].into_iter().flatten().collect::<Vec<_>>().join("\n");
            Activity {
                external_id: text("ActivityId").unwrap_or(external_id),
                kind: ActivityKind::Email,
                direction: if is_theirs { Direction::Inbound } else { Direction::Outbound },
                at: at(&["MessageDate", "CreatedDate"]),
                actor: text("FromName").filter(|_| !is_theirs),
                outcome: None,
                text: words.chars().take(TEXT).collect(),
                url: None,
            }
        }
        "changes" => Activity {
            external_id,
            kind: ActivityKind::Other,
            direction: Direction::Internal,
            at: at(&["CreatedDate"]),
            actor: row["CreatedBy"]["Name"].as_str().map(str::to_owned),
            outcome: None,
            text: changed(row)?,
            url: None,
        },
        _ => {
            // Without an answer it is a mailing of ours.
            let has_responded = row["HasResponded"].as_bool().unwrap_or_default();
            let name = row["Campaign"]["Name"].as_str().unwrap_or("without a name");
            Activity {
                external_id,
                kind: if has_responded { ActivityKind::Event } else { ActivityKind::Email },
                direction: if has_responded { Direction::Inbound } else { Direction::Outbound },
                at: at(&["FirstRespondedDate", "CreatedDate"]),
                actor: None,
                outcome: text("Status"),
                text: format!("campaign {name}"),
                url: None,
            }
        }
    })
}

/// What a row of the history says. One of two of a change of owner says it by ids, and is left out.
fn changed(row: &Json) -> Option<String> {
    let field = row["Field"].as_str()?;
    let told = |name: &str| match &row[name] {
        Json::Null => None,
        Json::String(text) => Some(text.clone()),
        other => Some(other.to_string()),
    };
    let is_id = |text: &String| text.len() >= 15 && (text.starts_with("005") || text.starts_with("00G"));
    let (before, now) = (told("OldValue"), told("NewValue"));
    if before.iter().chain(&now).any(is_id) {
        return None;
    }
    let empty = || "empty".to_owned();
    Some(match (before, now) {
        (None, None) => field.to_owned(),
        (before, now) => format!("{field}: {} → {}", before.unwrap_or_else(empty), now.unwrap_or_else(empty)),
    })
}
