//! What is on its way to a CRM: of each record one after the other. How it is written is kept before any of it is. What was
//! refused waits for a person and holds nothing back, not of its own record either: what was done after it is true all the same.

use chrono::Duration;
use uuid::Uuid;

use super::owners::Owners;
use super::rows::{self, Record};
use super::take::{self, From};
use crate::handoff::Time;
use crate::handoff::event::{Event, EventKind};
use crate::handoff::lead::LeadKey;
use crate::handoff::outbox::Base;
use crate::hub::db::{Row, Scope, Tx};
use crate::hub::error::HubError;
use crate::hub::leads::{self, ms, time};
use crate::hub::work::Work;
use crate::source::deliver::Sent;
use crate::source::{Change, Disposition, People, Step};

/// Its turn among those of the same record. What was refused holds nothing back, as on a laptop, and least of all a contact.
const IS_HEAD: &str = "NOT EXISTS (SELECT 1 FROM bridge_write AS ahead WHERE ahead.source = bridge_write.source
    AND ahead.external_id = bridge_write.external_id AND ahead.id < bridge_write.id
    AND ahead.state = 'waiting')";

/// Something on its way.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Errand {
    pub(super) id: i64,
    pub(super) source: String,
    pub(super) external_id: String,
    pub(super) lead: i64,
    pub(super) key: Uuid,
    pub(super) event: Event,
    pub(super) base: Base,
    /// How it is written, where that was begun.
    pub(super) steps: Option<Vec<Step>>,
    /// How many of the steps took hold.
    pub(super) done: usize,
    pub(super) attempts: u32,
    /// When the step that is next was begun last, by whichever hub; nothing where it never was.
    pub(super) tried_at: Option<Time>,
}

const COLUMNS: &str = "id, source, external_id, lead, key, event, base, steps, done, attempts, tried_at";

fn read(row: &Row) -> Result<Errand, HubError> {
    Ok(Errand {
        id: row.int(0)?,
        source: row.text(1)?.to_owned(),
        external_id: row.text(2)?.to_owned(),
        lead: row.int(3)?,
        key: Uuid::from_bytes(row.array(4)?),
        event: serde_json::from_str(row.text(5)?)?,
        base: serde_json::from_str(row.text(6)?)?,
        steps: row.opt_text(7)?.map(serde_json::from_str).transpose()?,
        done: usize::try_from(row.int(8)?).unwrap_or_default(),
        attempts: u32::try_from(row.int(9)?).unwrap_or(u32::MAX),
        tried_at: row.opt_int(10)?.map(time),
    })
}

impl Errand {
    /// To whom it gives the record, if it does.
    pub(super) fn gives(&self) -> Option<&str> {
        match &self.event.what {
            EventKind::Assigned { to } | EventKind::Rerouted { to, .. } => Some(to),
            _ => None,
        }
    }

    /// The stage that it sets there.
    fn sets(&self) -> Option<&str> {
        self.steps.iter().flatten().rev().find_map(|step| step.sets.as_deref())
    }

    /// As it is handed to the source: with what was written there since, and with people as they are called there.
    pub(super) fn disposition(&self, record: &Record, owners: &Owners) -> Disposition {
        let mut base = self.base.clone();
        base.wrote = record.known.wrote.last().cloned();
        base.gave = record.known.gave.iter().flat_map(|person| owners.names(person)).collect();
        let to = self.gives().map(|person| owners.names(person)).unwrap_or_default();
        let by = Some(owners.shown(&self.event.actor.name));
        Disposition {
            key: self.key,
            lead: LeadKey { source: self.source.clone(), external_id: self.external_id.clone() },
            base,
            event: self.event.clone(),
            ahead: Duration::zero(),
            people: People { by, to },
        }
    }
}

/// Whether anything is to be written to this CRM now.
pub(super) fn is_due(tx: &mut dyn Tx, source: &str, now: Time) -> Result<bool, HubError> {
    let sql = format!(
        "SELECT 1 FROM bridge_write WHERE source = ?1 AND state = 'waiting' AND not_before <= ?2 AND {IS_HEAD} LIMIT 1"
    );
    Ok(!tx.query(&sql, &[source.into(), ms(now).into()])?.is_empty())
}

/// What is to be written to this CRM now, each with its record: of each record the first.
pub(super) fn due(tx: &mut dyn Tx, source: &str, now: Time, most: i64) -> Result<Vec<(Errand, Record)>, HubError> {
    let sql = format!(
        "SELECT {COLUMNS} FROM bridge_write WHERE source = ?1 AND state = 'waiting' AND not_before <= ?2 AND {IS_HEAD}
         ORDER BY id LIMIT ?3"
    );
    let mut due = Vec::new();
    for row in tx.query(&sql, &[source.into(), ms(now).into(), most.into()])? {
        let errand = read(&row)?;
        if let Some(record) = rows::find(tx, source, &errand.external_id)? {
            due.push((errand, record));
        }
    }
    Ok(due)
}

/// Keeps how it is written, before any of it is: whatever changes meanwhile, it goes on as it was begun. Reads may lag behind
/// by `lag`.
pub(super) fn begin(work: &mut Work<'_>, errand: &Errand, lag: Duration) -> Result<(), HubError> {
    let steps = serde_json::to_string(errand.steps.as_deref().unwrap_or_default())?;
    let sql = "UPDATE bridge_write SET steps = ?2, done = 0, tried_at = NULL WHERE id = ?1";
    work.tx.execute(sql, &[errand.id.into(), steps.into()])?;
    if let Some(stage) = errand.sets() {
        let now = work.now;
        change(work, errand, |record| record.known.write_stage(stage, now, lag))?;
    }
    Ok(())
}

/// The step that is next is begun: whoever comes after a crash has to look whether it took hold.
pub(super) fn note_try(work: &mut Work<'_>, id: i64) -> Result<(), HubError> {
    let now = ms(work.now).into();
    work.tx.execute("UPDATE bridge_write SET tried_at = ?2 WHERE id = ?1", &[id.into(), now])?;
    Ok(())
}

/// So many of its steps took hold.
pub(super) fn note_steps(work: &mut Work<'_>, id: i64, done: usize) -> Result<(), HubError> {
    let done = i64::try_from(done).unwrap_or(i64::MAX);
    let sql = "UPDATE bridge_write SET done = ?2, tried_at = NULL WHERE id = ?1";
    work.tx.execute(sql, &[id.into(), done.into()])?;
    Ok(())
}

fn change(work: &mut Work<'_>, errand: &Errand, change: impl FnOnce(&mut Record)) -> Result<(), HubError> {
    if let Some(mut record) = rows::find(work.tx, &errand.source, &errand.external_id)? {
        change(&mut record);
        rows::save(work.tx, &record)?;
    }
    Ok(())
}

/// Writes down what became of it, and takes in what the CRM said of the record instead.
pub(super) fn settle(
    work: &mut Work<'_>,
    from: &From,
    errand: &Errand,
    sent: &Sent,
    lag: Duration,
) -> Result<Vec<String>, HubError> {
    let now = work.now;
    let (state, at, why) = match sent {
        Sent::Done => ("sent", now, None),
        Sent::Kept(why) => ("kept", now, Some(why)),
        Sent::Retry(at, why) => ("waiting", *at, Some(why)),
        // Somebody else gave it to somebody else: that counts, and nobody need look.
        Sent::Parked(why, Some(_)) if errand.gives().is_some() => ("dropped", now, Some(why)),
        Sent::Parked(why, _) => ("parked", now, Some(why)),
    };
    // What was given up meanwhile stays so; so does what another hub settled.
    let changed = work.tx.execute(
        "UPDATE bridge_write SET state = ?2, not_before = ?3, why = ?4, attempts = attempts + 1
         WHERE id = ?1 AND state = 'waiting'",
        &[errand.id.into(), state.into(), ms(at).into(), why.cloned().into()],
    )?;
    if changed == 0 {
        return Ok(Vec::new());
    }
    match sent {
        Sent::Retry(..) => return Ok(Vec::new()),
        Sent::Done => {
            if errand.gives().is_some() {
                change(work, errand, |record| record.known.given(now, lag))?;
            }
            if errand.sets().is_some() {
                change(work, errand, |record| record.known.written(now, lag))?;
            }
        }
        Sent::Kept(_) | Sent::Parked(..) => change(work, errand, |record| {
            errand.sets().into_iter().for_each(|stage| record.known.did_not_write(stage));
            errand.gives().into_iter().for_each(|person| record.known.did_not_give(person));
        })?,
    }
    let Sent::Parked(why, change) = sent else { return Ok(Vec::new()) };
    if state == "parked" {
        note(work, errand, why)?;
    }
    let change: Vec<Change> = change.iter().map(|change| (**change).clone()).collect();
    take::take(work, from, &change, false)
}

/// The lead's history says that something could not be written.
fn note(work: &mut Work<'_>, errand: &Errand, why: &str) -> Result<(), HubError> {
    let mut case = leads::load(work.tx, errand.lead, &Scope::System)?;
    let case = match case.merged_into {
        Some(other) => &mut leads::load(work.tx, other, &Scope::System)?,
        None => &mut case,
    };
    let (source, what) = (errand.source.clone(), named(&errand.event.what));
    let inputs = serde_json::json!({ "write": errand.id });
    work.decide(case, EventKind::Unwritten { source, what, why: why.to_owned() }, Some(&inputs))?;
    let trail = leads::trail(work.tx, case.id)?;
    work.save(case, &trail)
}

/// What happened, in words.
pub(super) fn named(what: &EventKind) -> String {
    match what {
        EventKind::Assigned { to } | EventKind::Rerouted { to, .. } => format!("given to {to}"),
        other => other.code().replace('_', " "),
    }
}

/// One that was refused, by its number.
pub(super) fn parked(tx: &mut dyn Tx, id: i64) -> Result<Option<Errand>, HubError> {
    let sql = format!("SELECT {COLUMNS} FROM bridge_write WHERE id = ?1 AND state = 'parked'");
    tx.query(&sql, &[id.into()])?.first().map(read).transpose()
}

/// Something that was done after it is written there by now. Only a contact is a fact at any time.
pub(super) fn is_past(tx: &mut dyn Tx, errand: &Errand) -> Result<bool, HubError> {
    if matches!(errand.event.what, EventKind::Attempted(_)) {
        return Ok(false);
    }
    let sql =
        "SELECT 1 FROM bridge_write WHERE source = ?1 AND external_id = ?2 AND id > ?3 AND state IN ('sent', 'kept')
         AND what NOT IN ('assigned', 'rerouted') LIMIT 1";
    let params = [errand.source.as_str().into(), errand.external_id.as_str().into(), errand.id.into()];
    Ok(!tx.query(sql, &params)?.is_empty())
}

/// Has one written again that was refused, upon the record as it stands there now: somebody looked at both.
pub(super) fn retry(work: &mut Work<'_>, errand: &Errand) -> Result<(), HubError> {
    let mut base = Base::default();
    change(work, errand, |record| {
        if let Some(person) = errand.gives() {
            record.known.give(person);
        }
        let known = &record.known;
        (base.stage, base.owner, base.owner_id) = (known.stage.clone(), known.owner.clone(), known.owner_id.clone());
    })?;
    // What took hold already is found there by its key.
    work.tx.execute(
        "UPDATE bridge_write SET state = 'waiting', base = ?2, steps = NULL, done = 0, tried_at = NULL, not_before = ?3, attempts = 0
         WHERE id = ?1",
        &[errand.id.into(), serde_json::to_string(&base)?.into(), ms(work.now).into()],
    )?;
    work.changed.insert(super::NEWS.to_owned());
    Ok(())
}

/// Gives one up that was refused: it stays true here, and is never written there.
pub(super) fn give_up(work: &mut Work<'_>, errand: &Errand) -> Result<(), HubError> {
    work.tx.execute("UPDATE bridge_write SET state = 'dropped' WHERE id = ?1", &[errand.id.into()])?;
    work.changed.insert(super::NEWS.to_owned());
    Ok(())
}
