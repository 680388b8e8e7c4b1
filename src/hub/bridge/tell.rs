//! What a CRM must hear of: a row for each record that a lead stands for, in the transaction in which it happened.

use sha2::{Digest, Sha256};
use uuid::Uuid;

use super::NEWS;
use super::rows::{self, Record};
use crate::handoff::event::{Actor, Event, EventKind, Role};
use crate::handoff::outbox::Base;
use crate::hub::error::HubError;
use crate::hub::leads::{Case, ms};
use crate::hub::work::Work;

/// What a CRM is told of an event.
enum Told<'e> {
    /// It is somebody else's.
    Gift(&'e str),
    /// What was done with it.
    Deed,
}

fn told<'e>(event: &'e Event, case: &Case) -> Option<Told<'e>> {
    match &event.what {
        // A queue is nobody there.
        EventKind::Assigned { to } | EventKind::Rerouted { to, .. } => {
            (case.owner.as_deref() == Some(to)).then_some(Told::Gift(to))
        }
        EventKind::Accepted { .. }
        | EventKind::Rejected(_)
        | EventKind::Attempted(_)
        | EventKind::ContactKept(_)
        | EventKind::Deferred(_)
        | EventKind::Resumed
        | EventKind::Qualified(_)
        | EventKind::Recycled { .. } => Some(Told::Deed),
        _ => None,
    }
}

/// Puts an event on its way to the CRMs that must hear of it.
pub(in crate::hub) fn tell(work: &mut Work<'_>, case: &Case, event: &Event) -> Result<(), HubError> {
    if work.bridges.is_empty() {
        return Ok(());
    }
    let Some(told) = told(event, case) else { return Ok(()) };
    for (number, (source, external_id)) in rows::keys(case).into_iter().enumerate() {
        // What came from there is known there.
        let is_theirs = event.actor == by(&source);
        if is_theirs || !work.bridges.contains_key(&source) {
            continue;
        }
        let Some(mut record) = rows::find(work.tx, &source, &external_id)? else { continue };
        if record.gone.is_some() {
            continue;
        }
        if let Told::Gift(to) = told {
            if !record.known.give(to) {
                continue;
            }
            rows::save(work.tx, &record)?;
            forget_gifts(work, &record, "'parked'")?;
        }
        let key = if number == 0 { event.id } else { key_of(event.id, &record) };
        if key != event.id {
            remember(work, key)?;
        }
        put(work, case.id, &record, key, event)?;
    }
    Ok(())
}

/// To whom it could not be given before, or was to be, matters no more: what of that is in one of these states.
pub(super) fn forget_gifts(work: &mut Work<'_>, record: &Record, states: &str) -> Result<(), HubError> {
    work.tx.later(
        &format!(
            "UPDATE bridge_write SET state = 'dropped'
             WHERE source = ?1 AND external_id = ?2 AND state IN ({states}) AND what IN ('assigned', 'rerouted')"
        ),
        vec![record.source.as_str().into(), record.external_id.as_str().into()],
    )?;
    Ok(())
}

/// Has a CRM hear whose a lead is that was somebody's here before its record was known.
pub(super) fn tell_owner(work: &mut Work<'_>, case: &Case, record: &mut Record, to: &str) -> Result<(), HubError> {
    if record.known.give(to) {
        let what = EventKind::Assigned { to: to.to_owned() };
        let event = Event::new(Uuid::now_v7(), case.handoff.seq, work.now, Actor::system(), what);
        remember(work, event.id)?;
        put(work, case.id, record, event.id, &event)?;
    }
    Ok(())
}

/// The log has no entry with this key: it is kept apart, also when what was written by it is forgotten.
fn remember(work: &mut Work<'_>, key: Uuid) -> Result<(), HubError> {
    let sql = "INSERT INTO bridge_key (key) VALUES (?1) ON CONFLICT (key) DO NOTHING";
    work.tx.later(sql, vec![key.into_bytes().into()])?;
    Ok(())
}

/// As whom the log knows a CRM.
pub(super) fn by(source: &str) -> Actor {
    Actor { role: Role::System, name: source.to_owned() }
}

/// The key of an event at one of several records: the same whenever it is asked for.
fn key_of(event: Uuid, record: &Record) -> Uuid {
    let mut hash = Sha256::new();
    hash.update(event.as_bytes());
    hash.update(record.source.as_bytes());
    hash.update([0]);
    hash.update(record.external_id.as_bytes());
    let mut key = [0; 16];
    key.iter_mut().zip(hash.finalize()).for_each(|(byte, of_hash)| *byte = of_hash);
    uuid::Builder::from_custom_bytes(key).into_uuid()
}

fn put(work: &mut Work<'_>, lead: i64, record: &Record, key: Uuid, event: &Event) -> Result<(), HubError> {
    let known = &record.known;
    let (stage, owner, owner_id) = (known.stage.clone(), known.owner.clone(), known.owner_id.clone());
    let base = Base { stage, owner, owner_id, ..Base::default() };
    work.tx.later(
        "INSERT INTO bridge_write (source, external_id, lead, key, what, event, base, done, state, not_before, attempts, at)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, 0, 'waiting', ?8, 0, ?8)",
        vec![
            record.source.as_str().into(),
            record.external_id.as_str().into(),
            lead.into(),
            key.into_bytes().into(),
            event.what.code().into(),
            serde_json::to_string(event)?.into(),
            serde_json::to_string(&base)?.into(),
            ms(work.now).into(),
        ],
    )?;
    work.changed.insert(NEWS.to_owned());
    Ok(())
}
