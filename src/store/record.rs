//! The whole record of a lead, its trail, and the events of its handoff.

use rusqlite::types::{Type, ValueRef};
use rusqlite::{Connection, OptionalExtension, Row, params};
use uuid::Uuid;

use super::rows::{self, Face, Place};
use super::tally::Shift;
use super::twins::twins;
use super::{Ctx, StoreError, ms, theirs, time};
use crate::handoff::Time;
use crate::handoff::activity::{Activity, ActivityKind, Direction};
use crate::handoff::dossier::Dossier;
use crate::handoff::event::{Actor, Event, EventKind, Role};
use crate::handoff::lead::{Lead, LeadId, LeadKey};
use crate::handoff::machine;
use crate::handoff::refusal::Refusal;
use crate::handoff::scoring::{rescore, unscore};
use crate::handoff::standing::standing;
use crate::handoff::state::Handoff;
use crate::handoff::unread::Unread;

/// A lead with its handoff as its last event left it; [`Handoff::at`] says what time has made of it.
pub(super) struct Held {
    pub(super) id: LeadId,
    pub(super) lead: Lead,
    pub(super) handoff: Handoff,
    pub(super) received_at: Time,
    pub(super) updated_at: Time,
}

/// The lead, if there is one.
pub(super) fn load(conn: &Connection, id: LeadId) -> Result<Option<Held>, StoreError> {
    let mut statement = conn.prepare_cached(
        "SELECT record, arrived, handoff, received_at, updated_at, version, source, external_id, owner
         FROM lead_record JOIN lead ON lead.id = lead_record.lead WHERE lead = ?1",
    )?;
    let mut rows = statement.query([id.0])?;
    let Some(row) = rows.next()? else { return Ok(None) };
    let mut lead: Lead = serde_json::from_str(row.get_ref(0)?.as_str()?)?;
    let received_at = time(row.get(3)?);
    let (is_hubs, handoff) = (row.get_ref(5)? != ValueRef::Null, row.get_ref(2)?.as_str_or_null()?);
    let arrived = row.get_ref(1)?.as_str_or_null()?.filter(|_| is_hubs || handoff.is_none());
    let arrived: Option<Handoff> = arrived.map(serde_json::from_str).transpose()?;
    if let Some(arrived) = arrived.as_ref().filter(|_| is_hubs) {
        lead.key = LeadKey { source: row.get(6)?, external_id: row.get(7)? };
        lead.owner = row.get(8)?;
        lead.stage.canonical = Some(arrived.stage);
    }
    let handoff = match handoff {
        Some(json) => serde_json::from_str(json)?,
        None => arrived.unwrap_or_else(|| Handoff::arrived(&lead, received_at)),
    };
    Ok(Some(Held { id, lead, handoff, received_at, updated_at: time(row.get(4)?) }))
}

/// The lead, which must be there.
pub(super) fn must_load(conn: &Connection, id: LeadId) -> Result<Held, StoreError> {
    load(conn, id)?.ok_or(StoreError::NoSuchLead(id))
}

/// The state in which it arrived: kept since its first event, and until then what its record says.
pub(super) fn arrived(conn: &Connection, held: &Held) -> Result<Handoff, StoreError> {
    let mut statement = conn.prepare_cached("SELECT arrived FROM lead_record WHERE lead = ?1")?;
    let json: Option<String> = statement.query_row([held.id.0], |row| row.get(0))?;
    Ok(match json {
        Some(json) => serde_json::from_str(&json)?,
        None => Handoff::arrived(&held.lead, held.received_at),
    })
}

/// Appends `events` as what happens now, by `actor`, and moves the handoff along. The row is not stood again yet.
/// Nothing happens before what happened already, nor before the lead came to this desk: where the clock was set back it
/// is dated with that. A breach cannot be turned into a promise kept.
pub(super) fn append(
    conn: &Connection,
    held: &mut Held,
    kinds: Vec<EventKind>,
    actor: &Actor,
    ctx: &Ctx<'_>,
) -> Result<Result<Vec<Event>, Refusal>, StoreError> {
    let mut last = conn.prepare_cached("SELECT max(at) FROM event WHERE lead = ?1")?;
    let last: Option<i64> = last.query_row([held.id.0], |row| row.get(0))?;
    let last = last.map_or(held.handoff.assigned_at.min(held.received_at), time);
    let at = ctx.at().max(last);
    let events = match happen(held, kinds, actor, at, ctx) {
        Ok(events) => events,
        Err(refusal) => return Ok(Err(refusal)),
    };
    for event in &events {
        insert_event(conn, held.id, event)?;
    }
    Ok(Ok(events))
}

/// Moves the handoff along to where time brings it by now, and says by which events; they are written nowhere.
pub(super) fn foresee(held: &mut Held, ctx: &Ctx<'_>) -> Vec<Event> {
    let follows = machine::consequences(&held.handoff, ctx.policy, ctx.at());
    happen(held, follows, &Actor::system(), ctx.at(), ctx).unwrap_or_default()
}

fn happen(
    held: &mut Held,
    kinds: Vec<EventKind>,
    actor: &Actor,
    at: Time,
    ctx: &Ctx<'_>,
) -> Result<Vec<Event>, Refusal> {
    let mut events = Vec::with_capacity(kinds.len());
    let mut next = held.handoff.clone();
    for what in kinds {
        let event = Event::new(Uuid::now_v7(), next.seq + 1, at, actor.clone(), what);
        let (after, event) = machine::happen(&next, &held.lead, ctx.policy, event)?;
        next = after;
        events.push(event);
    }
    held.handoff = next;
    Ok(events)
}

pub(super) fn insert_event(conn: &Connection, lead: LeadId, event: &Event) -> Result<(), StoreError> {
    let mut statement = conn.prepare_cached(
        "INSERT INTO event (lead, seq, id, at, actor, what, closes) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)",
    )?;
    let (actor, what) = (serde_json::to_string(&event.actor)?, serde_json::to_string(&event.what)?);
    let closes = if event.closes.is_empty() { None } else { Some(serde_json::to_string(&event.closes)?) };
    statement.execute(params![lead.0, event.seq, event.id.as_bytes(), ms(event.at), actor, what, closes])?;
    Ok(())
}

/// Lets the lead follow what its source says now, unless an act holds that back: then it stands as the new record says,
/// with what the rep did for themself on top.
pub(super) fn follow_source(conn: &Connection, held: &mut Held) -> Result<(), StoreError> {
    // What its hub says of where it stands is not in the record.
    if version(conn, held.id)?.is_some() {
        return Ok(());
    }
    // Without events nothing is kept: it stands as the record says.
    if held.handoff.seq == 0 {
        held.handoff = Handoff::arrived(&held.lead, held.received_at);
        return Ok(());
    }
    let events = events(conn, held.id)?;
    let arrived = Handoff::arrived(&held.lead, held.received_at);
    if !machine::holds_source(&events)
        && let Ok(handoff) = machine::replay(arrived.clone(), &events)
    {
        held.handoff = handoff;
        let mut statement = conn.prepare_cached("UPDATE lead_record SET arrived = ?2, handoff = ?3 WHERE lead = ?1")?;
        let (arrived, handoff) = (serde_json::to_string(&arrived)?, serde_json::to_string(&held.handoff)?);
        statement.execute(params![held.id.0, arrived, handoff])?;
    }
    Ok(())
}

/// Keeps the handoff beside its events, freezes what it arrived as, and stands its row again.
pub(super) fn keep(conn: &Connection, held: &Held, ctx: &Ctx<'_>, shift: &mut Shift) -> Result<(), StoreError> {
    let handoff = serde_json::to_string(&held.handoff)?;
    let arrived = serde_json::to_string(&Handoff::arrived(&held.lead, held.received_at))?;
    let mut statement =
        conn.prepare_cached("UPDATE lead_record SET arrived = coalesce(arrived, ?2), handoff = ?3 WHERE lead = ?1")?;
    statement.execute(params![held.id.0, arrived, handoff])?;
    stand(conn, held, ctx, shift)
}

/// Stands its row again: its tab, its clock, its turn.
pub(super) fn stand(conn: &Connection, held: &Held, ctx: &Ctx<'_>, shift: &mut Shift) -> Result<(), StoreError> {
    let standing = standing(&held.lead, &held.handoff, ctx.policy, ctx.at());
    let mut place = Place::of(&held.handoff.at(ctx.at()), &standing);
    if theirs::refusal(conn, held)?.is_some() {
        place = place.of_others();
    }
    if version(conn, held.id)?.is_some() {
        // Only of what is closed it matters.
        place.acted = held.handoff.closed_at.is_some() && was_acted_on(conn, held.id)?;
    } else if held.handoff.closed_at_source && held.handoff.seq > 0 {
        // That its CRM closed it is nobody's work here.
        place.acted = events(conn, held.id)?.iter().any(is_work);
    }
    rows::update_place(conn, held.id, &place, shift)
}

/// A person did something about a hub's lead, as far as the hub told or as it was done here: what the hub itself did, and
/// that it was taken away, is nobody's work.
fn was_acted_on(conn: &Connection, lead: LeadId) -> Result<bool, StoreError> {
    let mut made =
        conn.prepare_cached("SELECT 1 FROM outbox WHERE lead = ?1 AND state NOT IN ('cancelled', 'parked')")?;
    Ok(made.exists([lead.0])? || history(conn, lead)?.iter().any(is_work))
}

/// It is a person's, and an answer to the lead.
pub(super) fn is_work(event: &Event) -> bool {
    event.actor.role != Role::System && event.what.is_answer()
}

/// The version that a lead has at its hub; nothing for leads from elsewhere.
pub(super) fn version(conn: &Connection, id: LeadId) -> Result<Option<i64>, StoreError> {
    Ok(conn.prepare_cached("SELECT version FROM lead_record WHERE lead = ?1")?.query_row([id.0], |row| row.get(0))?)
}

/// What happened to a lead at its hub, as far as the hub has told and it can be read here.
pub(super) fn history(conn: &Connection, lead: LeadId) -> Result<Vec<Event>, StoreError> {
    Ok(read_history(conn, lead)?.0)
}

/// The same, and how many steps cannot be read: a newer hub may say what this program does not know yet.
fn read_history(conn: &Connection, lead: LeadId) -> Result<(Vec<Event>, usize), StoreError> {
    let mut statement = conn.prepare_cached("SELECT steps FROM history WHERE lead = ?1")?;
    let json: Option<String> = statement.query_row([lead.0], |row| row.get(0)).optional()?;
    json.map_or(Ok((Vec::new(), 0)), |json| read(&Unread::new(json)))
}

/// What can be read of these steps, and how many cannot.
pub(super) fn read(steps: &Unread<Vec<Event>>) -> Result<(Vec<Event>, usize), StoreError> {
    let each: Vec<Unread<Event>> = serde_json::from_str(steps.json())?;
    let read: Vec<Event> = each.iter().filter_map(|step| step.read().ok()).collect();
    let unread = each.len() - read.len();
    Ok((read, unread))
}

/// Keeps what happened to a lead at its hub.
pub(super) fn put_history(conn: &Connection, lead: LeadId, steps: &Unread<Vec<Event>>) -> Result<(), StoreError> {
    let mut statement = conn.prepare_cached(
        "INSERT INTO history (lead, steps) VALUES (?1, ?2) ON CONFLICT (lead) DO UPDATE SET steps = excluded.steps",
    )?;
    statement.execute(params![lead.0, steps.json()])?;
    Ok(())
}

/// What happened at its hub, and what was made here since.
pub(super) fn steps(conn: &Connection, lead: LeadId) -> Result<Vec<Event>, StoreError> {
    let mut steps = history(conn, lead)?;
    steps.extend(events(conn, lead)?);
    Ok(steps)
}

/// The events of a lead that were made here, the oldest first; those that its hub has are the hub's to tell.
pub(super) fn events(conn: &Connection, lead: LeadId) -> Result<Vec<Event>, StoreError> {
    let mut statement =
        conn.prepare_cached("SELECT id, seq, at, actor, what, closes FROM event WHERE lead = ?1 ORDER BY seq")?;
    let events = statement.query_map([lead.0], |row| {
        Ok(Event {
            id: Uuid::from_bytes(row.get(0)?),
            seq: row.get(1)?,
            at: time(row.get(2)?),
            actor: json(row, 3)?,
            what: json(row, 4)?,
            closes: if row.get_ref(5)? == ValueRef::Null { Vec::new() } else { json(row, 5)? },
        })
    })?;
    Ok(events.collect::<Result<_, _>>()?)
}

pub(super) fn json<T: serde::de::DeserializeOwned>(row: &Row<'_>, column: usize) -> rusqlite::Result<T> {
    serde_json::from_str(row.get_ref(column)?.as_str()?)
        .map_err(|error| rusqlite::Error::FromSqlConversionFailure(column, Type::Text, error.into()))
}

/// Everything that is known of a lead, as it stands at `now`.
pub(super) fn dossier(conn: &Connection, mut held: Held, now: Time) -> Result<Dossier, StoreError> {
    held.handoff = held.handoff.at(now).into_owned();
    let twins = twins(conn, &held, now)?;
    Ok(Dossier { twins, ..whole(conn, held)? })
}

/// The same of this lead alone, with its handoff as its last event left it.
pub(super) fn whole(conn: &Connection, held: Held) -> Result<Dossier, StoreError> {
    let (mut steps, unread) = read_history(conn, held.id)?;
    steps.extend(events(conn, held.id)?);
    Ok(Dossier {
        id: held.id,
        trail: trail(conn, held.id)?,
        events: steps,
        unread,
        lead: held.lead,
        handoff: held.handoff,
        updated_at: held.updated_at,
        twins: Vec::new(),
    })
}

/// What they did, the newest first; what has no time comes last.
fn trail(conn: &Connection, lead: LeadId) -> Result<Vec<Activity>, StoreError> {
    let mut statement = conn.prepare_cached(
        "SELECT external_id, kind, direction, at, actor, outcome, text, url FROM activity WHERE lead = ?1
         ORDER BY at DESC NULLS LAST, external_id DESC",
    )?;
    let trail = statement.query_map([lead.0], |row| {
        Ok(Activity {
            external_id: row.get(0)?,
            kind: rows::code(row, 1, ActivityKind::from_code)?.unwrap_or(ActivityKind::Other),
            direction: match row.get(2)? {
                1 => Direction::Outbound,
                2 => Direction::Internal,
                _ => Direction::Inbound,
            },
            at: row.get::<_, Option<i64>>(3)?.map(time),
            actor: row.get(4)?,
            outcome: row.get(5)?,
            text: row.get(6)?,
            url: row.get(7)?,
        })
    })?;
    Ok(trail.collect::<Result<_, _>>()?)
}

/// Scores a lead by the model in use over the whole trail that is kept, unless it came with a score of its own. The
/// record is not written yet; returns whether it changed.
pub(super) fn score(conn: &Connection, held: &mut Held, ctx: &Ctx<'_>) -> Result<bool, StoreError> {
    if version(conn, held.id)?.is_some() {
        return Ok(false);
    }
    if held.lead.score.as_ref().is_some_and(|own| own.evaluated.is_none()) {
        return Ok(false);
    }
    let before = held.lead.clone();
    unscore(&mut held.lead);
    if ctx.scoring.active().is_some() {
        rescore(&mut held.lead, &trail(conn, held.id)?, ctx.scoring, ctx.at());
    }
    Ok(held.lead != before)
}

/// Writes the record and what a list shows of it.
pub(super) fn put_lead(conn: &Connection, held: &Held) -> Result<(), StoreError> {
    rows::update_face(conn, held.id, &Face::of(&held.lead))?;
    let mut statement = conn.prepare_cached("UPDATE lead_record SET record = ?2 WHERE lead = ?1")?;
    statement.execute(params![held.id.0, serde_json::to_string(&held.lead)?])?;
    Ok(())
}

/// Adds an activity, or writes what is new about it; returns whether anything is.
pub(super) fn put_activity(conn: &Connection, lead: LeadId, activity: &Activity) -> Result<bool, StoreError> {
    let mut statement = conn.prepare_cached(
        "INSERT INTO activity (lead, external_id, kind, direction, at, actor, outcome, text, url)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)
         ON CONFLICT (lead, external_id) DO UPDATE SET
             kind = excluded.kind, direction = excluded.direction, at = excluded.at, actor = excluded.actor,
             outcome = excluded.outcome, text = excluded.text, url = excluded.url
         WHERE (kind, direction, at, actor, outcome, text, url) IS NOT
             (excluded.kind, excluded.direction, excluded.at, excluded.actor, excluded.outcome, excluded.text,
              excluded.url)",
    )?;
    let direction = match activity.direction {
        Direction::Inbound => 0,
        Direction::Outbound => 1,
        Direction::Internal => 2,
    };
    let written = statement.execute(params![
        lead.0,
        activity.external_id,
        activity.kind.code(),
        direction,
        activity.at.map(ms),
        activity.actor,
        activity.outcome,
        activity.text,
        activity.url,
    ])?;
    Ok(written > 0)
}

/// The source of a lead takes dispositions back.
pub(super) fn takes_writes(conn: &Connection, source: &str) -> Result<bool, StoreError> {
    let mut statement = conn.prepare_cached("SELECT takes_writes FROM source WHERE name = ?1")?;
    Ok(statement.query_row([source], |row| row.get(0)).optional()?.unwrap_or(false))
}
