//! What comes from a source: new leads go in, known ones are brought up to date, and what the rep did with them is
//! never touched.

use std::hash::Hasher;
use std::io;

use rusqlite::{Connection, OptionalExtension, Transaction, TransactionBehavior, params};

use super::record::{self, Held};
use super::rows::{self, Face, Place};
use super::tally::Shift;
use super::{Ctx, Store, StoreError, desk, ms};
use crate::handoff::activity::Activity;
use crate::handoff::arrival::Arrival;
use crate::handoff::lead::{Lead, LeadId};
use crate::handoff::query::fold_into;
use crate::handoff::standing::standing;
use crate::handoff::state::Handoff;

/// So many leads go in with one transaction, so that other windows can write in between.
const BATCH: usize = 2000;
/// So many characters of what they asked can be searched.
const SEARCHED: usize = 400;

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

/// What is kept when a load breaks off.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Load {
    /// What was received up to there.
    Batches,
    /// Nothing.
    Whole,
}

impl Store {
    /// Receives a few leads at once, all of them or, on an error, none.
    pub fn receive(&mut self, arrivals: &[Arrival], ctx: &Ctx<'_>) -> Result<Vec<Received>, StoreError> {
        let tx = self.begin()?;
        let mut shift = Shift::default();
        let received = arrivals.iter().map(|arrival| put(&tx, arrival, ctx, &mut shift)).collect::<Result<_, _>>()?;
        shift.save(&tx)?;
        tx.commit()?;
        Ok(received)
    }

    /// Receives as many leads as `fill` gives, quickly. If it fails, so does this; `how` says what is kept then.
    pub fn load<T, E: From<StoreError>>(
        &mut self,
        how: Load,
        ctx: &Ctx<'_>,
        fill: impl FnOnce(&mut Loader<'_>) -> Result<T, E>,
    ) -> Result<T, E> {
        let mut loader = Loader::start(&self.conn, how, *ctx)?;
        let filled = fill(&mut loader);
        if filled.is_ok() || how == Load::Batches {
            loader.finish()?;
        }
        filled
    }
}

/// Takes leads in, see [`Store::load`].
pub struct Loader<'a> {
    conn: &'a Connection,
    batch: Option<Batch<'a>>,
    ctx: Ctx<'a>,
    how: Load,
    /// The indices that were put aside for the first load, as SQL.
    indices: Vec<String>,
}

/// A transaction, and what was received in it.
struct Batch<'a> {
    tx: Transaction<'a>,
    shift: Shift,
    size: usize,
}

impl<'a> Batch<'a> {
    fn begin(conn: &'a Connection) -> Result<Self, StoreError> {
        let tx = Transaction::new_unchecked(conn, TransactionBehavior::Immediate)?;
        Ok(Self { tx, shift: Shift::default(), size: 0 })
    }

    fn commit(self) -> Result<(), StoreError> {
        self.shift.save(&self.tx)?;
        Ok(self.tx.commit()?)
    }
}

impl<'a> Loader<'a> {
    fn start(conn: &'a Connection, how: Load, ctx: Ctx<'a>) -> Result<Self, StoreError> {
        let batch = Batch::begin(conn)?;
        let is_first = !batch.tx.prepare("SELECT 1 FROM lead LIMIT 1")?.exists([])?;
        let indices = if is_first { put_aside_indices(&batch.tx)? } else { Vec::new() };
        Ok(Self { batch: Some(batch), conn, ctx, how, indices })
    }

    /// Receives a lead.
    pub fn push(&mut self, arrival: &Arrival) -> Result<Received, StoreError> {
        let batch = match self.batch.take() {
            Some(batch) => self.batch.insert(batch),
            None => self.batch.insert(Batch::begin(self.conn)?),
        };
        let receive = if self.indices.is_empty() { put } else { put_new };
        let received = receive(&batch.tx, arrival, &self.ctx, &mut batch.shift);
        batch.size += 1;
        if received.is_err() {
            // It may be half written: the batch goes, and with it the putting aside of the indices.
            self.batch = None;
            self.indices.clear();
        } else if batch.size == BATCH && self.how == Load::Batches && self.indices.is_empty()
            // A first load is one transaction: there is nothing yet that another window could write to.
            && let Some(batch) = self.batch.take()
        {
            batch.commit()?;
        }
        received
    }

    fn finish(self) -> Result<(), StoreError> {
        let Some(batch) = self.batch else { return Ok(()) };
        for index in &self.indices {
            batch.tx.execute_batch(index)?;
        }
        batch.commit()
    }
}

/// Drops the indices that a first load does not need, and returns how to make them again. It is much quicker to
/// make them in one go at the end.
fn put_aside_indices(conn: &Connection) -> Result<Vec<String>, StoreError> {
    let mut statement = conn.prepare(
        "SELECT name, sql FROM sqlite_schema
         WHERE type = 'index' AND tbl_name = 'lead' AND name <> 'lead_key' AND sql IS NOT NULL",
    )?;
    let found = statement.query_map([], |row| Ok((row.get(0)?, row.get(1)?)))?;
    let found: Vec<(String, String)> = found.collect::<Result<_, _>>()?;
    for (name, _) in &found {
        conn.execute_batch(&format!("DROP INDEX {name}"))?;
    }
    Ok(found.into_iter().map(|(_, sql)| sql).collect())
}

/// Takes in a lead that may be known.
fn put(conn: &Connection, arrival: &Arrival, ctx: &Ctx<'_>, shift: &mut Shift) -> Result<Received, StoreError> {
    let key = &arrival.lead.key;
    let mut statement = conn.prepare_cached(
        "SELECT lead.id, lead_record.hash FROM lead JOIN lead_record ON lead_record.lead = lead.id
         WHERE lead.external_id = ?1 AND lead.source = ?2",
    )?;
    let known = statement.query_row([&key.external_id, &key.source], |row| Ok((LeadId(row.get(0)?), row.get(1)?)));
    match known.optional()? {
        Some((id, hash)) => update(conn, id, hash, arrival, ctx, shift),
        None => put_new(conn, arrival, ctx, shift),
    }
}

/// Takes in a lead that is probably new.
fn put_new(conn: &Connection, arrival: &Arrival, ctx: &Ctx<'_>, shift: &mut Shift) -> Result<Received, StoreError> {
    let record = Record::of(arrival)?;
    let lead = record.lead(arrival);
    let handoff = Handoff::arrived(lead, ctx.at());
    let standing = standing(lead, &handoff, ctx.policy, ctx.at());
    let Some(id) = rows::insert(conn, lead, &Face::of(lead), &Place::of(&handoff, &standing), shift)? else {
        // It came twice in one load.
        return put(conn, arrival, ctx, shift);
    };
    let mut statement = conn.prepare_cached(
        "INSERT INTO lead_record (lead, record, hash, received_at, updated_at) VALUES (?1, ?2, ?3, ?4, ?4)",
    )?;
    statement.execute(params![id.0, record.json, record.hash, ms(ctx.at())])?;
    put_rest(conn, id, lead, &arrival.trail)?;
    Ok(Received::Added(id))
}

/// Brings a known lead up to date.
fn update(
    conn: &Connection,
    id: LeadId,
    hash: i64,
    arrival: &Arrival,
    ctx: &Ctx<'_>,
    shift: &mut Shift,
) -> Result<Received, StoreError> {
    let record = Record::of(arrival)?;
    if record.hash == hash {
        return Ok(Received::Unchanged(id));
    }
    let lead = record.lead(arrival);
    rows::update_face(conn, id, &Face::of(lead))?;
    let mut statement =
        conn.prepare_cached("UPDATE lead_record SET record = ?2, hash = ?3, updated_at = ?4 WHERE lead = ?1")?;
    statement.execute(params![id.0, record.json, record.hash, ms(ctx.at())])?;
    // As long as nobody acted on it, it stands as the new record says; otherwise as its events say.
    let held: Held = record::must_load(conn, id)?;
    record::stand(conn, &held, ctx, shift)?;
    desk::release_settled(conn, &held)?;
    put_rest(conn, id, lead, &arrival.trail)?;
    Ok(Received::Updated(id))
}

fn put_rest(conn: &Connection, id: LeadId, lead: &Lead, trail: &[Activity]) -> Result<(), StoreError> {
    for activity in trail {
        record::put_activity(conn, id, activity)?;
    }
    let mut statement = conn.prepare_cached("INSERT OR REPLACE INTO lead_words (rowid, words) VALUES (?1, ?2)")?;
    statement.execute(params![id.0, words(lead)])?;
    Ok(())
}

/// The words by which a lead is found.
fn words(lead: &Lead) -> String {
    let (person, company) = (&lead.person, &lead.company);
    let mut words = String::with_capacity(256);
    fold_into(&lead.display_name(), &mut words);
    let asked = lead.message.as_deref().map(|text| match text.char_indices().nth(SEARCHED) {
        Some((end, _)) => &text[..end],
        None => text,
    });
    let texts = [
        company.name.as_deref(),
        company.domain.as_deref(),
        person.title.as_deref(),
        person.email.as_deref(),
        lead.trigger.as_ref().map(|trigger| trigger.what.as_str()),
        asked,
        Some(lead.key.source.as_str()),
        lead.attribution.source.as_deref(),
        lead.attribution.campaign.as_deref(),
        Some(lead.key.external_id.as_str()),
    ];
    for text in texts.into_iter().flatten() {
        fold_into(text, &mut words);
    }
    words
}

/// A record as it is kept.
struct Record {
    json: String,
    /// Of the record and the trail that came with it, to see whether anything is new.
    hash: i64,
    /// The lead, where it had to be cleaned.
    cleaned: Option<Lead>,
}

impl Record {
    fn of(arrival: &Arrival) -> Result<Self, StoreError> {
        let mut json = serde_json::to_string(&arrival.lead)?;
        let mut cleaned = None;
        if json.contains("\\u0000") {
            let lead: Lead = serde_json::from_str(&without_nul(&json))?;
            json = serde_json::to_string(&lead)?;
            cleaned = Some(lead);
        }
        // A hash that another build of the program may not repeat: the worst that can come of it is one update
        // that changes nothing.
        let mut hasher = HashWriter(std::hash::DefaultHasher::new());
        hasher.0.write(json.as_bytes());
        serde_json::to_writer(&mut hasher, &arrival.trail)?;
        Ok(Self { json, hash: hasher.0.finish().cast_signed(), cleaned })
    }

    fn lead<'a>(&'a self, arrival: &'a Arrival) -> &'a Lead {
        self.cleaned.as_ref().unwrap_or(&arrival.lead)
    }
}

/// JSON without the escapes that stand for NUL, which no text here may hold. A backslash that was itself escaped
/// is not the beginning of one.
fn without_nul(json: &str) -> String {
    let mut kept = String::with_capacity(json.len());
    let mut rest = json;
    while let Some(at) = rest.find('\\') {
        kept.push_str(&rest[..at]);
        rest = &rest[at..];
        match rest.strip_prefix("\\u0000") {
            Some(behind) => rest = behind,
            // An escape is one character behind the backslash, or four more that hold no backslash.
            None => {
                let end = rest.char_indices().nth(2).map_or(rest.len(), |(end, _)| end);
                kept.push_str(&rest[..end]);
                rest = &rest[end..];
            }
        }
    }
    kept + rest
}

struct HashWriter(std::hash::DefaultHasher);

impl io::Write for HashWriter {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.write(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}
