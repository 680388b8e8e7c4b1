//! Dispositions on their way to where their leads came from.
//!
//! Each is held back for as long as it can be undone. Whoever sends takes it with [`Store::outbox_due`], and from
//! that moment it cannot be undone. Of one lead only the oldest is given out, so that they arrive in their order; one
//! that was refused is parked and waits for a person, and holds nothing back.

use chrono::Duration;
use rusqlite::types::ValueRef;
use rusqlite::{Connection, OptionalExtension, Row, params};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::record::{self, Held};
use super::tally::Shift;
use super::{Ctx, Store, StoreError, Unreadable, at_most, ms, remote, rows, time};
use crate::handoff::Time;
use crate::handoff::event::{Event, EventKind};
use crate::handoff::lead::{LeadId, LeadKey};
use crate::handoff::outbox::{Base, OutboxState};

/// One disposition on its way.
#[derive(Clone, Debug, PartialEq)]
pub struct OutboxItem {
    /// The idempotency key: the event's id.
    pub op: Uuid,
    /// The lead here.
    pub lead: LeadId,
    /// The lead there.
    pub key: LeadKey,
    /// The person's name, to show.
    pub name: String,
    /// What happened.
    pub event: Event,
    /// Where it is.
    pub state: OutboxState,
    /// It is not sent before.
    pub not_before: Time,
    /// When it was done.
    pub made_at: Time,
    /// How often sending was tried.
    pub attempts: u32,
    /// Why it failed last.
    pub last_error: Option<String>,
    /// The version that the lead has at its source, as far as it was told.
    pub version: Option<i64>,
    /// By how much the time of the event is ahead of what the machine's own clock showed.
    pub ahead: Duration,
    /// What it is based upon.
    pub base: Base,
    /// How its source writes it, where that was begun, as JSON; and how many of the steps took hold.
    pub steps: Option<String>,
    /// See there.
    pub done: usize,
    /// When the step that is next was begun last, if it was.
    pub tried_at: Option<Time>,
}

/// What is sent, versioned: a newer program can still read what an older one left here.
#[derive(Serialize, Deserialize)]
struct Payload<T> {
    v: u8,
    event: T,
    /// In milliseconds, see [`OutboxItem::ahead`].
    #[serde(default, skip_serializing_if = "is_none")]
    ahead: i64,
}

fn is_none(ahead: &i64) -> bool {
    *ahead == 0
}

/// On its way: the condition of an index, which is used only where the same words stand.
const OPEN: &str = "state IN ('held', 'waiting')";

/// Its turn among those of the same lead: nothing is ahead of it that is on its way. Each answer is judged for itself, by
/// where the lead stands there: what was refused holds nothing back, and least of all a contact.
const IS_HEAD: &str = "NOT EXISTS (SELECT 1 FROM outbox AS ahead WHERE ahead.lead = outbox.lead AND ahead.n < outbox.n
    AND ahead.state IN ('held', 'waiting'))";

/// Its time has come, by the time `?1`. Nobody waits for a clock that was set back: something is held from when it was
/// made for as long as it can be undone, and nothing else waits for longer than a minute.
const IS_RIPE: &str = "(not_before <= ?1 OR CASE state WHEN 'held' THEN 2 * made_at - not_before > ?1
    ELSE not_before > ?1 + 60000 END)";

const COLUMNS: &str = "outbox.op, outbox.lead, lead.source, lead.external_id, lead.name, outbox.payload, outbox.state,
    outbox.not_before, outbox.made_at, outbox.attempts, outbox.last_error, outbox.n, lead_record.version,
    outbox.base, lead_record.wrote, outbox.steps, outbox.done, outbox.tried_at
    FROM outbox JOIN lead ON lead.id = outbox.lead JOIN lead_record ON lead_record.lead = outbox.lead";

fn read(row: &Row<'_>) -> rusqlite::Result<OutboxItem> {
    let Payload { event, ahead, .. } = record::json::<Payload<Event>>(row, 5)?;
    Ok(OutboxItem {
        op: Uuid::from_bytes(row.get(0)?),
        lead: LeadId(row.get(1)?),
        key: LeadKey { source: row.get(2)?, external_id: row.get(3)? },
        name: row.get(4)?,
        event,
        ahead: Duration::milliseconds(ahead),
        state: rows::code(row, 6, OutboxState::from_code)?.unwrap_or(OutboxState::Parked),
        not_before: time(row.get(7)?),
        made_at: time(row.get(8)?),
        attempts: row.get(9)?,
        last_error: row.get(10)?,
        version: row.get(12)?,
        base: base(row)?,
        steps: row.get(15)?,
        done: usize::try_from(row.get::<_, i64>(16)?).unwrap_or_default(),
        tried_at: row.get::<_, Option<i64>>(17)?.map(time),
    })
}

/// What it is based upon: the record as it was then, and what we wrote there since.
fn base(row: &Row<'_>) -> rusqlite::Result<Base> {
    let base = if row.get_ref(13)? == ValueRef::Null { Base::default() } else { record::json(row, 13)? };
    Ok(Base { wrote: row.get(14)?, ..base })
}

/// The rows that cannot be read, read by so many at once.
pub(super) fn unreadable(store: &Store, slice: usize) -> Result<Vec<Unreadable>, StoreError> {
    let mut found = Vec::new();
    let mut last = i64::MIN;
    loop {
        let tx = store.look()?;
        let mut statement =
            tx.prepare_cached(&format!("SELECT {COLUMNS} WHERE outbox.n > ?1 ORDER BY outbox.n LIMIT ?2"))?;
        let mut rows = statement.query((last, at_most(slice)))?;
        let mut is_end = true;
        while let Some(row) = rows.next()? {
            (is_end, last) = (false, row.get(11)?);
            if let Err(error) = read(row) {
                let why = format!("a disposition on its way: {error}");
                found.push(Unreadable { lead: LeadId(row.get(1)?), name: row.get(4)?, why });
            }
        }
        if is_end {
            return Ok(found);
        }
    }
}

/// Puts what happened to a lead on its way, as part of the transaction in which it happened.
pub(super) fn put(
    conn: &Connection,
    held: &Held,
    events: &[Event],
    not_before: Time,
    ctx: &Ctx<'_>,
    shift: &mut Shift,
) -> Result<(), StoreError> {
    let is_sent = record::takes_writes(conn, &held.lead.key.source)?;
    let state = if is_sent { OutboxState::Held } else { OutboxState::Local };
    let base = if is_sent && record::version(conn, held.id)?.is_none() {
        let (stage, owner, owner_id) = (&held.lead.stage.raw, &held.lead.owner, &held.lead.owner_id);
        let base = Base { stage: stage.clone(), owner: owner.clone(), owner_id: owner_id.clone(), ..Base::default() };
        Some(serde_json::to_string(&base)?)
    } else {
        None
    };
    let mut statement = conn.prepare_cached(
        "INSERT INTO outbox (op, lead, payload, state, not_before, made_at, attempts, base)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, 0, ?7)",
    )?;
    for event in events.iter().filter(|event| !event.what.is_private()) {
        let payload = serde_json::to_string(&Payload { v: 1, event, ahead: ctx.ahead.num_milliseconds() })?;
        let op = event.id.as_bytes();
        statement.execute(params![op, held.id.0, payload, state.code(), ms(not_before), ms(ctx.at()), base])?;
        shift.sending(i64::from(is_sent));
    }
    Ok(())
}

/// Puts an event on its way by the next export, unless it is there already.
pub(super) fn put_local(conn: &Connection, lead: LeadId, event: &Event, at: Time) -> Result<(), StoreError> {
    let payload = serde_json::to_string(&Payload { v: 1, event, ahead: 0 })?;
    let mut statement = conn.prepare_cached(
        "INSERT INTO outbox (op, lead, payload, state, not_before, made_at, attempts)
         VALUES (?1, ?2, ?3, 'local', ?4, ?4, 0) ON CONFLICT (op) DO NOTHING",
    )?;
    statement.execute(params![event.id.as_bytes(), lead.0, payload, ms(at)])?;
    Ok(())
}

/// Takes these back, if none of them was given out yet; says whether it could.
pub(super) fn cancel(conn: &Connection, ops: &[Uuid], shift: &mut Shift) -> Result<bool, StoreError> {
    for op in ops {
        let Some(state) = state(conn, *op)? else { continue };
        match state {
            OutboxState::Held | OutboxState::Local => change(conn, *op, state, OutboxState::Cancelled, shift)?,
            OutboxState::Cancelled => {}
            OutboxState::Waiting | OutboxState::Sent | OutboxState::Parked | OutboxState::Kept => return Ok(false),
        }
    }
    Ok(true)
}

/// The events of a lead of which it is not settled that they are there, in their order: on their way, or refused.
pub(super) fn open_events(conn: &Connection, lead: LeadId) -> Result<Vec<Event>, StoreError> {
    let mut open = conn.prepare_cached(
        "SELECT payload FROM outbox WHERE lead = ?1 AND state IN ('held', 'waiting', 'parked') ORDER BY n",
    )?;
    let events = open.query_map([lead.0], |row| Ok(record::json::<Payload<Event>>(row, 0)?.event))?;
    Ok(events.collect::<Result<_, _>>()?)
}

/// What was done in one act that is nowhere folded in: what can still be undone is known by its time then.
pub(super) fn made_at(conn: &Connection, lead: LeadId, at: Time) -> Result<Vec<Uuid>, StoreError> {
    let mut made = conn.prepare_cached("SELECT op FROM outbox WHERE lead = ?1 AND made_at = ?2 ORDER BY n DESC")?;
    let ops = made.query_map(params![lead.0, ms(at)], |row| row.get(0).map(Uuid::from_bytes))?;
    Ok(ops.collect::<Result<_, _>>()?)
}

/// Its source says by itself that it has this: as it was meant, or as a fact only, which the rep is to hear of.
pub(super) fn is_there(conn: &Connection, op: Uuid, as_fact: bool, shift: &mut Shift) -> Result<(), StoreError> {
    let Some(from @ (OutboxState::Held | OutboxState::Waiting | OutboxState::Parked)) = state(conn, op)? else {
        return Ok(());
    };
    let to = unless_read(conn, op, if as_fact { OutboxState::Kept } else { OutboxState::Sent })?;
    if as_fact {
        let why = "the contact is kept; the hub had decided otherwise on the lead before it came";
        let note = "UPDATE outbox SET last_error = coalesce(last_error, ?2) WHERE op = ?1";
        conn.prepare_cached(note)?.execute(params![op.as_bytes(), why])?;
    }
    change(conn, op, from, to, shift)
}

/// A person has read what came of it; says whether there was anything to read. It stays as it is, with its reason.
pub(super) fn acknowledge(conn: &Connection, op: Uuid, shift: &mut Shift) -> Result<bool, StoreError> {
    let (from, to) = match state(conn, op)? {
        Some(OutboxState::Parked) => (OutboxState::Parked, OutboxState::Cancelled),
        Some(OutboxState::Kept) => (OutboxState::Kept, OutboxState::Sent),
        _ => return Ok(false),
    };
    conn.prepare_cached("UPDATE outbox SET was_read = 1 WHERE op = ?1")?.execute([op.as_bytes()])?;
    change(conn, op, from, to, shift)?;
    Ok(true)
}

/// What was kept as a fact only is told to a person once, however often its source is offered it.
fn unless_read(conn: &Connection, op: Uuid, to: OutboxState) -> Result<OutboxState, StoreError> {
    let mut read = conn.prepare_cached("SELECT 1 FROM outbox WHERE op = ?1 AND was_read = 1")?;
    let is_read = to == OutboxState::Kept && read.exists([op.as_bytes()])?;
    Ok(if is_read { OutboxState::Sent } else { to })
}

/// What was acknowledged as refused, since it was done once more, waits for a person again: that was taken back.
pub(super) fn refuse_again(conn: &Connection, op: Uuid, shift: &mut Shift) -> Result<(), StoreError> {
    match state(conn, op)? {
        Some(OutboxState::Cancelled) => change(conn, op, OutboxState::Cancelled, OutboxState::Parked, shift),
        _ => Ok(()),
    }
}

/// Of which lead it is, and what happened.
pub(super) fn find(conn: &Connection, op: Uuid) -> Result<Option<(LeadId, Event)>, StoreError> {
    let mut found = conn.prepare_cached("SELECT lead, payload FROM outbox WHERE op = ?1")?;
    let row = |row: &Row<'_>| Ok((LeadId(row.get(0)?), record::json::<Payload<Event>>(row, 1)?.event));
    Ok(found.query_row([op.as_bytes()], row).optional()?)
}

pub(super) fn state(conn: &Connection, op: Uuid) -> Result<Option<OutboxState>, StoreError> {
    let mut statement = conn.prepare_cached("SELECT state FROM outbox WHERE op = ?1")?;
    let state = statement.query_row([op.as_bytes()], |row| rows::code(row, 0, OutboxState::from_code)).optional()?;
    Ok(state.flatten())
}

pub(super) fn change(
    conn: &Connection,
    op: Uuid,
    from: OutboxState,
    to: OutboxState,
    shift: &mut Shift,
) -> Result<(), StoreError> {
    conn.prepare_cached("UPDATE outbox SET state = ?2 WHERE op = ?1")?.execute(params![op.as_bytes(), to.code()])?;
    let is_open = |state| matches!(state, OutboxState::Held | OutboxState::Waiting);
    shift.sending(i64::from(is_open(to)) - i64::from(is_open(from)));
    shift.parked(i64::from(to.needs_person()) - i64::from(from.needs_person()));
    Ok(())
}

impl OutboxItem {
    /// How it stands at `now`, for a person: what is held although its time has come waits to be sent, whether or not
    /// anything sends.
    pub fn standing(&self, now: Time) -> OutboxState {
        match self.state {
            OutboxState::Held if self.not_before <= now => OutboxState::Waiting,
            state => state,
        }
    }
}

impl Store {
    /// What is or was on its way: first what is not there yet, in its order, then what is settled, the newest first.
    pub fn outbox(&self, limit: usize) -> Result<Vec<OutboxItem>, StoreError> {
        let look = self.look()?;
        let mut items = Vec::new();
        for (states, order) in
            [("'held', 'waiting', 'parked', 'kept'", "ASC"), ("'sent', 'cancelled', 'local'", "DESC")]
        {
            let sql = format!("SELECT {COLUMNS} WHERE outbox.state IN ({states}) ORDER BY outbox.n {order} LIMIT ?1");
            let mut statement = look.prepare_cached(&sql)?;
            let found = statement.query_map([at_most(limit - items.len())], read)?;
            items.extend(found.collect::<Result<Vec<_>, _>>()?);
        }
        Ok(items)
    }

    /// Takes up to `limit` dispositions whose time has come, of each lead the oldest, to be sent now. They cannot be
    /// undone from here on. Each must be answered by [`Store::mark_sent`], [`Store::mark_retry`] or [`Store::park`];
    /// one that is not is given out again. Those for the sources in `resting` stay where they are.
    pub fn outbox_due(&mut self, now: Time, limit: usize, resting: &[String]) -> Result<Vec<OutboxItem>, StoreError> {
        // Looking must not take the writer's place.
        if !self.has_due(now)? {
            return Ok(Vec::new());
        }
        let resting = serde_json::to_string(resting)?;
        let tx = self.begin()?;
        let ripen = format!("UPDATE outbox SET state = 'waiting' WHERE {OPEN} AND state = 'held' AND {IS_RIPE}");
        tx.prepare_cached(&ripen)?.execute([ms(now)])?;
        let sql = format!(
            "SELECT {COLUMNS} WHERE outbox.{OPEN} AND {IS_RIPE} AND {IS_HEAD}
             AND coalesce(lead_record.version, 0) >= 0 AND lead.source NOT IN (SELECT value FROM json_each(?3)) ORDER BY outbox.n LIMIT ?2"
        );
        let mut due = tx.prepare_cached(&sql)?;
        let items = due.query_map(params![ms(now), at_most(limit), resting], read)?.collect::<Result<_, _>>()?;
        drop(due);
        tx.commit()?;
        Ok(items)
    }

    /// Something is to be sent, or can no longer be undone: that is said of those behind a parked one, too.
    pub fn has_due(&self, now: Time) -> Result<bool, StoreError> {
        let sql = format!("SELECT 1 FROM outbox WHERE {OPEN} AND {IS_RIPE} AND (state = 'held' OR {IS_HEAD}) LIMIT 1");
        Ok(self.conn.prepare_cached(&sql)?.exists([ms(now)])?)
    }

    /// The source has it.
    pub fn mark_sent(&mut self, op: Uuid) -> Result<(), StoreError> {
        self.settle_op(op, OutboxState::Sent, None, None)
    }

    /// The source keeps it as a fact, and nothing more: `why` is shown beside it, until a person has read it.
    pub fn mark_kept(&mut self, op: Uuid, why: &str) -> Result<(), StoreError> {
        self.settle_op(op, OutboxState::Kept, None, Some(why))
    }

    /// It did not go through; it is tried again at `at`.
    pub fn mark_retry(&mut self, op: Uuid, at: Time, error: &str) -> Result<(), StoreError> {
        self.settle_op(op, OutboxState::Waiting, Some(at), Some(error))
    }

    /// The source refused it: it waits for a person.
    pub fn park(&mut self, op: Uuid, error: &str) -> Result<(), StoreError> {
        self.settle_op(op, OutboxState::Parked, None, Some(error))
    }

    fn settle_op(
        &mut self,
        op: Uuid,
        to: OutboxState,
        at: Option<Time>,
        error: Option<&str>,
    ) -> Result<(), StoreError> {
        let tx = self.begin()?;
        let mut shift = Shift::default();
        settle(&tx, op, to, at, error, &mut shift)?;
        shift.save(&tx)?;
        Ok(tx.commit()?)
    }

    /// Sends parked ones again: this one, or all but those that a hub refused, which answers the same to the same, and those
    /// that something was done after which is there by now: only a contact is a fact at any time. Returns how many.
    pub fn retry_parked(&mut self, op: Option<Uuid>, now: Time) -> Result<usize, StoreError> {
        self.release_parked(op, OutboxState::Waiting, now)
    }

    /// Gives a parked disposition up: it stays true here, but is never sent.
    pub fn dismiss_parked(&mut self, op: Uuid, now: Time) -> Result<usize, StoreError> {
        self.release_parked(Some(op), OutboxState::Cancelled, now)
    }

    fn release_parked(&mut self, op: Option<Uuid>, to: OutboxState, now: Time) -> Result<usize, StoreError> {
        let tx = self.begin()?;
        let parked: Vec<([u8; 16], Payload<Event>, bool)> = tx
            .prepare_cached(
                "SELECT op, payload, EXISTS (SELECT 1 FROM outbox AS later WHERE later.lead = outbox.lead
                    AND later.n > outbox.n AND later.state IN ('sent', 'kept'))
                 FROM outbox WHERE state = 'parked' AND (op = ?1 OR ?1 IS NULL AND
                    (SELECT version FROM lead_record WHERE lead_record.lead = outbox.lead) IS NULL)",
            )?
            .query_map([op.map(Uuid::into_bytes)], |row| Ok((row.get(0)?, record::json(row, 1)?, row.get(2)?)))?
            .collect::<Result<_, _>>()?;
        let goes = |event: &Event, is_past: bool| {
            to != OutboxState::Waiting || !is_past || matches!(event.what, EventKind::Attempted(_))
        };
        let parked: Vec<[u8; 16]> = parked
            .into_iter()
            .filter(|(_, payload, is_past)| goes(&payload.event, *is_past))
            .map(|(op, ..)| op)
            .collect();
        let mut shift = Shift::default();
        for &op in &parked {
            change(&tx, Uuid::from_bytes(op), OutboxState::Parked, to, &mut shift)?;
            // What was refused is decided upon anew, unless some of it is there: the mapping may have been mended.
            let anew = "UPDATE outbox SET steps = NULL, sets = NULL, sets_by = NULL WHERE op = ?1 AND done = 0";
            tx.prepare_cached(anew)?.execute([op])?;
            tx.prepare_cached("UPDATE outbox SET not_before = ?2 WHERE op = ?1")?.execute(params![op, ms(now)])?;
            if to == OutboxState::Waiting {
                remote::claim(&tx, Uuid::from_bytes(op), now)?;
            }
        }
        shift.save(&tx)?;
        tx.commit()?;
        Ok(parked.len())
    }
}

/// Writes down what became of one that was given out.
pub(super) fn settle(
    conn: &Connection,
    op: Uuid,
    to: OutboxState,
    at: Option<Time>,
    error: Option<&str>,
    shift: &mut Shift,
) -> Result<(), StoreError> {
    // What was undone or given up meanwhile stays so; so does what another process settled.
    let Some(from @ (OutboxState::Waiting | OutboxState::Parked)) = state(conn, op)? else { return Ok(()) };
    if from == OutboxState::Waiting && !matches!(to, OutboxState::Waiting | OutboxState::Sent) {
        remote::disclaim(conn, op)?;
    }
    let to = unless_read(conn, op, to)?;
    change(conn, op, from, to, shift)?;
    conn.prepare_cached(
        "UPDATE outbox SET attempts = attempts + 1, last_error = ?2, not_before = coalesce(?3, not_before) WHERE op = ?1",
    )?
    .execute(params![op.as_bytes(), error, at.map(ms)])?;
    Ok(())
}
