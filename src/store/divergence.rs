//! Where systems tell different things of a lead (F111, N19): here and where it came from, and two sources of one person. It
//! reads every record, so it is for a report and not for a screen.

use std::collections::{BTreeMap, BTreeSet};
use std::hash::{BuildHasher, RandomState};

use rusqlite::{Connection, OptionalExtension, Row, params};

use super::record::{self, Held};
use super::{Store, StoreError, at_most, desk, rows, time};
use crate::handoff::Time;
use crate::handoff::dedup::{self, Certainty, Keys};
use crate::handoff::divergence::{Divergence, Field, Phase, Side, between};
use crate::handoff::gate::Desk;
use crate::handoff::lead::{Lead, LeadId};
use crate::handoff::outbox::OutboxState;
use crate::handoff::state::Stage;

/// Leads that are read at once: between them others may write.
const SLICE: usize = 500;

/// More leads than this with one key are no duplicates but a key that says nothing, such as a placeholder.
const MOST_ALIKE: usize = 20;

impl Store {
    /// All that differs at `now`, by field and then by age, the oldest first.
    pub fn divergences(&self, now: Time) -> Result<Vec<Divergence>, StoreError> {
        let mut found = Vec::new();
        let mut alike = Alike::default();
        let mut last = LeadId(0);
        loop {
            let look = self.look()?;
            let sql = "SELECT id FROM lead WHERE id > ?1 ORDER BY id LIMIT ?2";
            let ids: Vec<i64> = look
                .prepare_cached(sql)?
                .query_map(params![last.0, at_most(SLICE)], |row| row.get(0))?
                .collect::<Result<_, _>>()?;
            let Some(end) = ids.last() else { break };
            last = LeadId(*end);
            for id in ids {
                let held = record::must_load(&look, LeadId(id))?;
                found.extend(from_its_source(&look, &held, now)?);
                alike.add(&held.lead, held.id);
            }
        }
        let look = self.look()?;
        let desk = desk::load(&look)?;
        for (a, b) in alike.pairs() {
            let both = (record::load(&look, a)?, record::load(&look, b)?);
            let (Some(a), Some(b)) = both else { continue };
            found.extend(between_sources(&look, &desk, &a, &b, now)?);
        }
        found.sort_by_key(|divergence| (divergence.field, divergence.since, divergence.lead));
        Ok(found)
    }
}

/// Leads by what makes them candidates for being one person.
#[derive(Default)]
struct Alike {
    hasher: RandomState,
    /// Hashes only: there may be many leads. [`dedup::same`] judges.
    by_key: BTreeMap<u64, Vec<LeadId>>,
    sources: BTreeMap<LeadId, u64>,
}

impl Alike {
    fn add(&mut self, lead: &Lead, id: LeadId) {
        let Keys { email, person, company } = Keys::of(lead);
        for key in [email, person, company].into_iter().flatten() {
            self.by_key.entry(self.hasher.hash_one(key)).or_default().push(id);
        }
        self.sources.insert(id, self.hasher.hash_one(&lead.key.source));
    }

    /// Two leads of different sources that share a key, each pair once.
    fn pairs(&self) -> BTreeSet<(LeadId, LeadId)> {
        let mut pairs = BTreeSet::new();
        for ids in self.by_key.values().filter(|ids| (2..=MOST_ALIKE).contains(&ids.len())) {
            for (n, &a) in ids.iter().enumerate() {
                let others = ids.iter().skip(n + 1).filter(|b| self.sources.get(b) != self.sources.get(&a));
                pairs.extend(others.map(|&b| (a.min(b), a.max(b))));
            }
        }
        pairs
    }
}

/// How far a lead is here, and how far where it came from.
fn from_its_source(conn: &Connection, held: &Held, now: Time) -> Result<Option<Divergence>, StoreError> {
    let version = record::version(conn, held.id)?;
    let there = match version {
        // It is not there for us any more.
        Some(0) => return Ok(None),
        Some(_) => record::arrived(conn, held)?.stage,
        None => held.lead.stage.canonical.unwrap_or_default(),
    };
    let here = held.handoff.at(now).stage;
    // A deferral has no stage of its own in a CRM: what nobody took up stands there as it did, and the note says the rest.
    let is_put_off = here == Stage::Deferred && Phase::of(there) == Phase::Waiting;
    if held.handoff.seq == 0 || Phase::of(here) == Phase::of(there) {
        return Ok(None);
    }
    let Some((since, why)) = unsaid(conn, held, version.is_some(), is_put_off)? else { return Ok(None) };
    let source = held.lead.key.source.clone();
    Ok(Some(Divergence {
        field: Field::Stage,
        since,
        lead: held.id,
        name: held.lead.display_name(),
        this: Side { source: "here".into(), value: Some(here.code().into()) },
        other: None,
        that: Side { source, value: Some(held.lead.stage.raw.clone().unwrap_or_else(|| there.code().into())) },
        why,
    }))
}

/// Since when its source does not know what was done here, and why; nothing where it was told, or will be in a moment.
fn unsaid(
    conn: &Connection,
    held: &Held,
    is_hubs: bool,
    needs_no_stage: bool,
) -> Result<Option<(Time, String)>, StoreError> {
    let mut open = conn.prepare_cached(
        "SELECT state, made_at, last_error FROM outbox
         WHERE lead = ?1 AND state IN ('held', 'waiting', 'parked', 'local') ORDER BY n LIMIT 1",
    )?;
    let read = |row: &Row<'_>| {
        let error: Option<String> = row.get(2)?;
        Ok((rows::code(row, 0, OutboxState::from_code)?, time(row.get(1)?), error))
    };
    if let Some((state, since, error)) = open.query_row([held.id.0], read).optional()? {
        let because = |what: &str| error.map_or_else(|| what.to_owned(), |error| format!("{what}: {error}"));
        return Ok(Some((
            since,
            match state {
                Some(OutboxState::Parked) => because("it was refused there"),
                Some(OutboxState::Local) => "it is to be exported: leadbox export FILE --pending".into(),
                Some(OutboxState::Held) => return Ok(None),
                _ => because("it is not sent yet"),
            },
        )));
    }
    if is_hubs {
        return Ok(None);
    }
    let takes_writes = record::takes_writes(conn, &held.lead.key.source)?;
    let mut done = conn.prepare_cached(
        "SELECT wrote, (SELECT max(made_at) FROM outbox WHERE outbox.lead = lead_record.lead AND state <> 'cancelled'),
            (SELECT max(last_error) FROM outbox WHERE outbox.lead = lead_record.lead AND state = 'cancelled')
         FROM lead_record WHERE lead = ?1",
    )?;
    let (wrote, at, given_up): (Option<String>, Option<i64>, Option<String>) =
        done.query_row([held.id.0], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)))?;
    // Where nothing is written, such as in files, there is no note either: a deferral is known there once it was imported.
    if (wrote.is_some() || needs_no_stage && takes_writes) && given_up.is_none() {
        return Ok(None);
    }
    let since = at.map_or(held.updated_at, time);
    Ok(Some((
        since,
        match given_up {
            Some(why) => format!("it was refused there and given up: {why}"),
            None if takes_writes => "what was done has no stage there in the mapping".into(),
            None => "it was exported, and not imported again since".into(),
        },
    )))
}

/// What two sources tell differently of one person.
fn between_sources(
    conn: &Connection,
    desk: &Desk,
    a: &Held,
    b: &Held,
    now: Time,
) -> Result<Vec<Divergence>, StoreError> {
    let Some(same) = dedup::same(&a.lead, &b.lead) else { return Ok(Vec::new()) };
    let stands = |held: &Held| held.handoff.at(now).into_owned();
    let (stands_a, stands_b) = (stands(a), stands(b));
    let is_open = desk.may_read(a.id, &stands_a).is_ok() && desk.may_read(b.id, &stands_b).is_ok();
    let changed = |held: &Held| -> Result<Time, StoreError> { Ok(last_act(conn, held)?.unwrap_or(held.updated_at)) };
    let moved_at = changed(a)?.max(changed(b)?);
    let stage = |stage: Stage| stage.code().to_owned();
    let mut fields = Vec::new();
    if Phase::of(stands_a.stage) != Phase::of(stands_b.stage) {
        fields.push((Field::Stage, stage(stands_a.stage), stage(stands_b.stage)));
    }
    fields.extend(between(&a.lead, &b.lead));
    let why = match same.certainty {
        // The reason names the address, which a summary does not have.
        _ if !is_open => "the same person in both".to_owned(),
        Certainty::Certain => same.why,
        Certainty::Likely => format!("perhaps not the same person: {}", same.why),
    };
    let told = |field: Field, value: String| Some(value).filter(|_| is_open || !field.is_contact());
    let divergence = |(field, this, that)| Divergence {
        field,
        since: if field == Field::Stage { moved_at } else { a.updated_at.max(b.updated_at) },
        lead: a.id,
        name: a.lead.display_name(),
        this: Side { source: a.lead.key.source.clone(), value: told(field, this) },
        other: Some(b.id),
        that: Side { source: b.lead.key.source.clone(), value: told(field, that) },
        why: why.clone(),
    };
    Ok(fields.into_iter().map(divergence).collect())
}

/// When something was done with a lead last.
fn last_act(conn: &Connection, held: &Held) -> Result<Option<Time>, StoreError> {
    let mut last = conn.prepare_cached("SELECT max(at) FROM event WHERE lead = ?1")?;
    let last: Option<i64> = last.query_row([held.id.0], |row| row.get(0))?;
    Ok(last.map(time))
}
