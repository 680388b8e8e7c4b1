//! Alerts as the hub keeps them: each for one person, with a pointer that any channel may be told.

use serde::{Deserialize, Serialize};

use super::db::{Row, Scope, Tx, Value};
use super::error::HubError;
use super::gate;
use super::leads::{Case, ms, time};
use super::outbox;
use super::people;
use super::rules::TeamRules;
use super::work::Work;
use crate::handoff::alert::{Alert, Available, Category};
use crate::handoff::escalation::Action;
use crate::handoff::event::Role;
use crate::handoff::routing::{Monitor, Queue};
use crate::wire::alerts::{AlertPage, AlertState, Seen};
use crate::wire::people::Person;

/// The most alerts of a page.
pub const MOST: i64 = 200;

/// Who has to decide: the owner, the owner's manager, or whoever watches what nobody holds.
pub(super) fn recipients(
    tx: &mut dyn Tx,
    rules: &TeamRules,
    case: &Case,
    action: &Action,
) -> Result<Vec<String>, HubError> {
    let owner = case.owner.clone();
    let is_for_owner = matches!(
        action,
        Action::Wake
            | Action::Warn { .. }
            | Action::TellOwner
            | Action::PersonalMessage
            | Action::NextStep { .. }
            | Action::NoShowRisk { .. }
            | Action::Stalled
            | Action::Reroute { .. }
    );
    if let (true, Some(owner)) = (is_for_owner, owner) {
        return Ok(vec![owner]);
    }
    let mut found = Vec::new();
    if matches!(action, Action::CompletionOverdue) {
        found = with_role(tx, Role::Marketing)?;
    } else if let (None, Some(queue)) = (&case.owner, &case.queue) {
        found = monitors(tx, case, rules.config.routing.queues.iter().find(|known| known.name == *queue))?;
    }
    if let (true, Some(team)) = (found.is_empty(), &case.team) {
        // The one whom the team names; without one, all who see its leads.
        found = people::managers_of(tx, team)?;
        let named = people::manager_of(tx, team)?.filter(|named| found.first() == Some(named));
        found.truncate(if named.is_some() { 1 } else { found.len() });
    } else if found.is_empty() {
        found = with_role(tx, Role::Manager)?;
    }
    if found.is_empty() { with_role(tx, Role::Revops) } else { Ok(found) }
}

/// Who watches a queue, of those whom a lead in it concerns: all where it is no team's yet, else those who see it.
fn monitors(tx: &mut dyn Tx, case: &Case, queue: Option<&Queue>) -> Result<Vec<String>, HubError> {
    let people = people::all(tx)?.into_iter().filter(|person| person.is_active);
    let watches = |person: &Person| match queue.map(|queue| &queue.monitor) {
        Some(Monitor::Person(id)) => person.id == *id,
        // A policy may call them administrators, too.
        Some(Monitor::Role(role)) if role == "admin" => person.role == Role::Revops,
        Some(Monitor::Role(role)) => person.role.code() == role,
        None => false,
    };
    let mut found = Vec::new();
    for person in people.filter(watches) {
        if case.team.is_none() || gate::sees(&people::scope_of(tx, &person)?, None, case.team.as_deref()) {
            found.push(person.id);
        }
    }
    Ok(found)
}

fn with_role(tx: &mut dyn Tx, role: Role) -> Result<Vec<String>, HubError> {
    let all = people::all(tx)?.into_iter();
    Ok(all.filter(|person| person.is_active && person.role == role).map(|person| person.id).collect())
}

/// An alert as it is kept.
#[derive(Serialize)]
struct Kept<'a> {
    pointer: String,
    #[serde(flatten)]
    alert: &'a Alert,
}

/// Keeps an alert for somebody, and has it go out by the channels that take it. One that says the very same at the same
/// instant is no other one.
pub(super) fn put(work: &mut Work<'_>, recipient: &str, alert: &Alert) -> Result<(), HubError> {
    let body = serde_json::to_string(&Kept { pointer: alert.pointer(), alert })?;
    let same = work.tx.query(
        "SELECT 1 FROM alert WHERE lead = ?1 AND recipient = ?2 AND at = ?3 AND body = ?4",
        &[alert.lead().0.into(), recipient.into(), ms(work.now).into(), body.clone().into()],
    )?;
    if !same.is_empty() {
        return Ok(());
    }
    let rows = work.tx.query(
        "INSERT INTO alert (lead, recipient, category, body, at) VALUES (?1, ?2, ?3, ?4, ?5) RETURNING id",
        &[alert.lead().0.into(), recipient.into(), alert.category().code().into(), body.into(), ms(work.now).into()],
    )?;
    work.changed.insert(recipient.to_owned());
    let id = rows.first().map(|row| row.int(0)).transpose()?.unwrap_or_default();
    outbox::alert(work, id, recipient, alert)
}

/// The same, as it is read again.
#[derive(Deserialize)]
struct Read {
    pointer: String,
    category: Category,
    history: Vec<String>,
    action: String,
    available: Available,
    is_urgent: bool,
}

/// The alerts of the one who asks after the one with this number, on leads that they see: whoever lost a lead is not told
/// any more what its people do. Of what waits in a queue and is no team's yet they were told as those who watch it: they get
/// the pointer, without what its people did. To be asked on the hub's own behalf.
pub fn list(tx: &mut dyn Tx, scope: &Scope, after: i64, limit: i64) -> Result<AlertPage, HubError> {
    let limit = limit.clamp(1, MOST);
    // Asked first: whatever comes in meanwhile is told with the page, or with the next.
    let newest = newest(tx, scope)?;
    let (seen, params) = gate::seen(scope, 4);
    let own: [Value; 3] = [gate::actor(scope).name.into(), after.into(), limit.into()];
    let params: Vec<Value> = own.into_iter().chain(params).collect();
    let sql = format!(
        "SELECT alert.id, alert.lead, alert.body, alert.at, alert.seen_at, CASE WHEN {seen} THEN 1 ELSE 0 END
         FROM alert JOIN lead ON lead.id = alert.lead
         WHERE alert.recipient = ?1 AND alert.id > ?2 AND lead.merged_into IS NULL AND ({seen} OR {unclaimed})
         ORDER BY alert.id LIMIT ?3",
        unclaimed = gate::UNCLAIMED,
    );
    let rows = tx.query(&sql, &params)?;
    let more = i64::try_from(rows.len()).unwrap_or(i64::MAX) >= limit;
    let last = rows.last().map(|row| row.int(0)).transpose()?.unwrap_or(after);
    // One that cannot be read holds back no other.
    let told = |row: &Row| read(row).inspect_err(|error| tracing::error!(%error, "an alert cannot be read")).ok();
    let alerts: Vec<AlertState> = rows.iter().filter_map(told).collect();
    // What is not told, since its lead went elsewhere, is not asked for again and again either.
    let next = if more { last } else { newest.max(last) };
    Ok(AlertPage { alerts, next, more })
}

/// The number of the newest alert of the one who asks; 0 without any.
pub fn newest(tx: &mut dyn Tx, scope: &Scope) -> Result<i64, HubError> {
    let sql = "SELECT coalesce(max(id), 0) FROM alert WHERE recipient = ?1";
    let rows = tx.query(sql, &[gate::actor(scope).name.into()])?;
    Ok(rows.first().map(|row| row.int(0)).transpose()?.unwrap_or(0))
}

fn read(row: &Row) -> Result<AlertState, HubError> {
    let Read { pointer, category, mut history, action, available, is_urgent } = serde_json::from_str(row.text(2)?)?;
    let is_pointer = row.int(5)? == 0;
    if is_pointer {
        history.clear();
    }
    Ok(AlertState {
        id: row.int(0)?,
        lead: row.int(1)?,
        category,
        pointer,
        action,
        until: available.until,
        history,
        is_pointer,
        is_urgent,
        at: time(row.int(3)?),
        seen_at: row.opt_int(4)?.map(time),
    })
}

/// The one who asks has seen an alert of theirs; when it was seen first stays.
pub fn see(work: &mut Work<'_>, scope: &Scope, id: i64) -> Result<Seen, HubError> {
    let own: [Value; 3] = [id.into(), gate::actor(scope).name.into(), ms(work.now).into()];
    let noted = "UPDATE alert SET seen_at = coalesce(seen_at, CAST(?3 AS BIGINT)) WHERE id = ?1 AND recipient = ?2";
    if work.tx.execute(noted, &own)? == 0 {
        return Err(HubError::not_found(format!("you have no alert {id}")));
    }
    let rows = work.tx.query("SELECT seen_at FROM alert WHERE id = ?1", &own[..1])?;
    let seen_at = rows.first().map(|row| row.int(0)).transpose()?.unwrap_or_else(|| ms(work.now));
    Ok(Seen { id, seen_at: time(seen_at) })
}
