//! What was done with a lead, and what it did: its tasks, events and campaigns.

use serde_json::Value as Json;

use super::read::{quoted, told_at};
use super::schema::Schema;
use crate::handoff::activity::{Activity, ActivityKind, Direction};

/// So many of each are looked at, the newest first.
const MOST: u32 = 200;

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

/// The queries for the trail of a lead, each with what it is for people.
pub(super) fn queries(id: &str, tasks: &Schema) -> [(&'static str, String); 3] {
    let id = quoted(id);
    let of_tasks: String = OF_TASKS.iter().filter(|name| tasks.has(name)).map(|name| format!(",{name}")).collect();
    let select = |fields: &str, from: &str, of: &str| {
        format!(
            "SELECT {fields} FROM {from} WHERE {of} = {id} AND IsDeleted = false ORDER BY CreatedDate DESC LIMIT {MOST}"
        )
    };
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
    ]
}

/// An activity of a kind of [`queries`].
pub(super) fn activity(kind: &str, row: &Json) -> Option<Activity> {
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
    let external_id = text("Id")?;
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
