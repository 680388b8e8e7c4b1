//! What comes from a source: new leads go in, known ones are brought up to date, and what the rep did with them is
//! never touched.

use rusqlite::{Connection, OptionalExtension, Row, params};

use super::merge::merge;
use super::ready::{self, Ready, distinct};
use super::tally::Shift;
use super::{Ctx, Store, StoreError, anew, desk, ms, record, remote, rows};
use crate::handoff::arrival::Arrival;
use crate::handoff::lead::{Lead, LeadId};
use crate::handoff::machine;
use crate::handoff::scoring::unscore;

/// What became of an arrival.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Received {
    /// It is new.
    Added(LeadId),
    /// It was known, and something about it is new.
    Updated(LeadId),
    /// It was known like this.
    Unchanged(LeadId),
}

impl Store {
    /// Receives a few leads at once, all of them or, on an error, none. For many see [`Store::load`].
    pub fn receive(&mut self, arrivals: &[Arrival], ctx: &Ctx<'_>) -> Result<Vec<Received>, StoreError> {
        let ready: Vec<Ready> = arrivals.iter().map(|arrival| Ready::new(arrival, ctx)).collect::<Result<_, _>>()?;
        let tx = self.begin()?;
        let mut shift = Shift::default();
        let received = ready.iter().map(|ready| put(&tx, ready, ctx, &mut shift)).collect::<Result<_, _>>()?;
        shift.save(&tx)?;
        tx.commit()?;
        Ok(received)
    }
}

/// Takes in a lead that may be known.
pub(super) fn put(conn: &Connection, ready: &Ready, ctx: &Ctx<'_>, shift: &mut Shift) -> Result<Received, StoreError> {
    let mut statement = conn.prepare_cached(
        "SELECT lead.id, lead_record.hash, lead_record.version FROM lead JOIN lead_record ON lead_record.lead = lead.id
         WHERE lead.external_id = ?1 AND lead.source = ?2",
    )?;
    let key = [&ready.key.external_id, &ready.key.source];
    let known = |row: &Row<'_>| Ok((LeadId(row.get(0)?), row.get::<_, i64>(1)?, row.get(2)?));
    match statement.query_row(key, known).optional()? {
        None => put_new(conn, ready, ctx, shift),
        Some((id, _, away)) if anew::is_away(away) => update(conn, id, ready, true, ctx, shift),
        Some((id, hash, _)) if hash == ready.hash || ready.is_copy => Ok(Received::Unchanged(id)),
        Some((id, ..)) => update(conn, id, ready, false, ctx, shift),
    }
}

/// Takes in a lead that is probably new.
pub(super) fn put_new(
    conn: &Connection,
    ready: &Ready,
    ctx: &Ctx<'_>,
    shift: &mut Shift,
) -> Result<Received, StoreError> {
    let Some(id) = rows::insert(conn, &ready.key, &ready.face, &ready.place, shift)? else {
        // It came twice in one load.
        return put(conn, ready, ctx, shift);
    };
    let mut statement = conn.prepare_cached(
        "INSERT INTO lead_record (lead, hash, received_at, updated_at, words, record, arrived, version)
         VALUES (?1, ?2, ?3, ?3, ?4, ?5, ?6, ?7)",
    )?;
    let said = ready.said.as_ref();
    statement.execute(params![
        id.0,
        ready.hash,
        ms(ctx.at()),
        ready.words,
        ready.record,
        said.map(|said| &said.arrived),
        said.map(|said| said.version),
    ])?;
    if let Some(said) = said {
        record::put_history(conn, id, &said.history)?;
    }
    put_words(conn, id, &ready.distinct)?;
    for activity in &ready.trail {
        record::put_activity(conn, id, activity)?;
    }
    Ok(Received::Added(id))
}

/// Brings a known lead up to date. What came need not be news: it may only have come in another way.
fn update(
    conn: &Connection,
    id: LeadId,
    ready: &Ready,
    was_away: bool,
    ctx: &Ctx<'_>,
    shift: &mut Shift,
) -> Result<Received, StoreError> {
    if was_away {
        conn.prepare_cached("UPDATE lead_record SET version = NULL WHERE lead = ?1")?.execute([id.0])?;
    }
    let mut held = record::must_load(conn, id)?;
    let mut is_news = was_away;
    for activity in &ready.trail {
        is_news |= record::put_activity(conn, id, activity)?;
    }
    let known = held.lead.clone();
    let mut came: Lead = serde_json::from_str(&ready.record)?;
    unscore(&mut came);
    forget_echo(&mut came, &known);
    unscore(&mut held.lead);
    held.lead = match &ready.told {
        Some(told) => merge(&held.lead, &came, told)?,
        None => came,
    };
    let (stage, before) = (&mut held.lead.stage, &known.stage);
    if ready.has_our_end && before.canonical == stage.canonical && before.since == stage.since {
        stage.until = before.until;
    }
    // What they did before counts as well as what came now.
    record::score(conn, &mut held, ctx)?;
    if held.lead == known && !is_news {
        conn.prepare_cached("UPDATE lead_record SET hash = ?2 WHERE lead = ?1")?.execute(params![id.0, ready.hash])?;
        return Ok(Received::Unchanged(id));
    }
    let words = ready::words(&held.lead);
    let mut statement = conn.prepare_cached("SELECT words FROM lead_record WHERE lead = ?1")?;
    let before: String = statement.query_row([id.0], |row| row.get(0))?;
    if words != before {
        forget_words(conn, id, &before)?;
        put_words(conn, id, &distinct(&words))?;
    }
    let mut statement = conn.prepare_cached(
        "UPDATE lead_record SET hash = ?2, updated_at = ?3, words = ?4, detailed_at = NULL WHERE lead = ?1",
    )?;
    statement.execute(params![id.0, ready.hash, ms(ctx.at()), words])?;
    record::put_lead(conn, &held)?;
    // What a rep did is told to a CRM: from then on its word is an event like theirs.
    let is_told =
        record::takes_writes(conn, &held.lead.key.source)? && machine::holds_source(&record::events(conn, id)?);
    if !is_told {
        record::follow_source(conn, &mut held)?;
    } else if was_away {
        remote::come_back(conn, &mut held, ctx, shift)?;
    } else {
        remote::follow(conn, &mut held, &known.stage, ctx, shift)?;
    }
    record::stand(conn, &held, ctx, shift)?;
    desk::follow(conn, &held, ctx)?;
    Ok(Received::Updated(id))
}

/// The bare total that our model gave, and its category, are no source's word: they come back from an export.
fn forget_echo(came: &mut Lead, known: &Lead) {
    let (Some(ours), Some(theirs)) = (&known.score, &came.score) else { return };
    let Some(evaluated) = ours.evaluated else { return };
    if theirs.total == ours.total && theirs.parts.is_empty() {
        came.score = None;
        if evaluated.with_category && came.category == known.category {
            came.category = None;
        }
    }
}

/// The full text keeps no copy: it must be told what to forget.
pub(super) fn forget_words(conn: &Connection, id: LeadId, words: &str) -> Result<(), StoreError> {
    let mut forget =
        conn.prepare_cached("INSERT INTO lead_words (lead_words, rowid, words) VALUES ('delete', ?1, ?2)")?;
    forget.execute(params![id.0, distinct(words)])?;
    Ok(())
}

pub(super) fn put_words(conn: &Connection, id: LeadId, words: &str) -> Result<(), StoreError> {
    conn.prepare_cached("INSERT INTO lead_words (rowid, words) VALUES (?1, ?2)")?.execute(params![id.0, words])?;
    Ok(())
}
