//! Records, cursors and leases of CRMs, as they are kept.

use chrono::Duration;

use super::known::Known;
use super::untaken;
use crate::handoff::Time;
use crate::hub::db::{Row, Tx};
use crate::hub::error::HubError;
use crate::hub::leads::{Case, ms, time};

/// Whoever asks a CRM is the only one for so long after the last sign of life.
pub(super) const LEASE: Duration = Duration::seconds(150);

/// No CRM is left alone for longer, whatever it asks for.
const LONGEST_WAIT: Duration = Duration::days(1);

/// A record of a CRM that a lead stands for.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Record {
    pub(super) source: String,
    pub(super) external_id: String,
    pub(super) known: Known,
    /// Why it is no longer there for us.
    pub(super) gone: Option<String>,
    /// When the whole of it is to be fetched.
    pub(super) look_at: Option<Time>,
    /// Since when it is known.
    pub(super) since: Time,
}

/// The record that a CRM calls so.
pub(super) fn find(tx: &mut dyn Tx, source: &str, external_id: &str) -> Result<Option<Record>, HubError> {
    let rows = tx.query(
        "SELECT known, gone, look_at, since FROM bridged WHERE source = ?1 AND external_id = ?2",
        &[source.into(), external_id.into()],
    )?;
    let read = |row: &Row| {
        Ok(Record {
            source: source.to_owned(),
            external_id: external_id.to_owned(),
            known: serde_json::from_str(row.text(0)?)?,
            gone: row.opt_text(1)?.map(str::to_owned),
            look_at: row.opt_int(2)?.map(time),
            since: time(row.int(3)?),
        })
    };
    rows.first().map(read).transpose()
}

/// Writes it back, or enters it.
pub(super) fn save(tx: &mut dyn Tx, record: &Record) -> Result<(), HubError> {
    tx.later(
        "INSERT INTO bridged (source, external_id, known, gone, look_at, since) VALUES (?1, ?2, ?3, ?4, ?5, ?6)
         ON CONFLICT (source, external_id) DO UPDATE SET known = excluded.known, gone = excluded.gone,
            look_at = excluded.look_at",
        vec![
            record.source.as_str().into(),
            record.external_id.as_str().into(),
            serde_json::to_string(&record.known)?.into(),
            record.gone.clone().into(),
            record.look_at.map(ms).into(),
            ms(record.since).into(),
        ],
    )?;
    Ok(())
}

/// By what the CRMs may call a lead: its own name, and those of records that were united with it.
pub(super) fn keys(case: &Case) -> Vec<(String, String)> {
    let own = (case.lead.key.source.clone(), case.lead.key.external_id.clone());
    let united = case.facts.united.keys().filter_map(|name| name.split_once(':'));
    std::iter::once(own).chain(united.map(|(source, id)| (source.to_owned(), id.to_owned()))).collect()
}

/// The records of one CRM that are open here and were there when it was asked last, and those that could not be taken in: so
/// many of them after this one.
pub(super) fn open(tx: &mut dyn Tx, source: &str, after: &str, most: i64) -> Result<Vec<String>, HubError> {
    let rows = tx.query(
        "SELECT bridged.external_id AS id FROM bridged
         JOIN lead ON lead.source = bridged.source AND lead.external_id = bridged.external_id
         LEFT JOIN lead AS whole ON whole.id = lead.merged_into
         WHERE bridged.source = ?1 AND bridged.external_id > ?2 AND bridged.gone IS NULL
            AND coalesce(whole.stage, lead.stage) NOT IN ('rejected', 'recycled', 'sql', 'opportunity')
         UNION SELECT external_id AS id FROM bridge_untaken WHERE source = ?1 AND external_id > ?2
         ORDER BY id LIMIT ?3",
        &[source.into(), after.into(), most.into()],
    )?;
    rows.iter().map(|row| Ok(row.text(0)?.to_owned())).collect()
}

/// The records of one CRM of which the whole is to be fetched by now; behind them one of those that could not be taken in.
pub(super) fn to_look_at(tx: &mut dyn Tx, source: &str, now: Time, most: i64) -> Result<Vec<String>, HubError> {
    let rows = tx.query(
        "SELECT external_id FROM bridged WHERE source = ?1 AND look_at <= ?2 ORDER BY look_at, external_id LIMIT ?3",
        &[source.into(), ms(now).into(), most.into()],
    )?;
    let mut ids = rows.iter().map(|row| Ok(row.text(0)?.to_owned())).collect::<Result<Vec<_>, HubError>>()?;
    ids.extend(untaken::next(tx, source, now)?.filter(|id| !ids.contains(id)));
    Ok(ids)
}

/// There was nothing more of it to be had.
pub(super) fn looked(tx: &mut dyn Tx, source: &str, external_id: &str) -> Result<(), HubError> {
    let sql = "UPDATE bridged SET look_at = NULL WHERE source = ?1 AND external_id = ?2";
    tx.execute(sql, &[source.into(), external_id.into()])?;
    Ok(())
}

/// It cannot be had now: it is asked for again at this time, behind the others.
pub(super) fn look_later(tx: &mut dyn Tx, source: &str, external_id: &str, at: Time) -> Result<(), HubError> {
    let sql = "UPDATE bridged SET look_at = ?3 WHERE source = ?1 AND external_id = ?2";
    tx.execute(sql, &[source.into(), external_id.into(), ms(at).into()])?;
    Ok(())
}

/// How far a CRM was read.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Reach {
    pub(super) cursor: Option<String>,
    /// When it was last asked for all that changed; nothing while there is more.
    pub(super) asked_at: Option<Time>,
    /// When it was last asked what became of the open ones.
    pub(super) reconciled_at: Option<Time>,
    /// The last one that it was asked about since, where not all were.
    pub(super) reconciled_to: Option<String>,
    waits_until: Option<Time>,
    /// When it asked for that, or for time for the whole of records.
    pub(super) waits_since: Option<Time>,
    details_from: Option<Time>,
    /// The mark of the settings with which it was asked last.
    pub(super) settings: Option<String>,
    /// Who asks it, and until when nobody else does.
    held: Option<(String, Time)>,
}

impl Reach {
    /// It asked us to wait, whichever hub it was that asked.
    pub(super) fn is_to_wait(&self, now: Time) -> bool {
        is_ahead(self.waits_until, now)
    }

    /// It has time for the whole of records, and to say what became of them.
    pub(super) fn has_time(&self, now: Time) -> bool {
        !is_ahead(self.details_from, now)
    }

    /// Another hub than `me` asks it. That is seen here without a write; who may ask, [`hold`] says.
    pub(super) fn is_others(&self, me: &str, now: Time) -> bool {
        self.held.as_ref().is_some_and(|(by, until)| by != me && now < *until && *until <= now + LEASE * 2)
    }
}

/// It lies ahead. A clock that was set back makes nobody wait for it.
fn is_ahead(at: Option<Time>, now: Time) -> bool {
    at.is_some_and(|at| now < at && at <= now + LONGEST_WAIT)
}

/// How far a CRM was read.
pub(super) fn reach(tx: &mut dyn Tx, source: &str) -> Result<Reach, HubError> {
    let sql = "SELECT cursor, asked_at, reconciled_at, reconciled_to, waits_until, details_from, held_by, held_until,
            waits_since, settings
         FROM bridge WHERE source = ?1";
    let rows = tx.query(sql, &[source.into()])?;
    let read = |row: &Row| {
        Ok::<_, HubError>(Reach {
            cursor: row.opt_text(0)?.map(str::to_owned),
            asked_at: row.opt_int(1)?.map(time),
            reconciled_at: row.opt_int(2)?.map(time),
            reconciled_to: row.opt_text(3)?.map(str::to_owned),
            waits_until: row.opt_int(4)?.map(time),
            details_from: row.opt_int(5)?.map(time),
            held: Some((row.text(6)?.to_owned(), time(row.int(7)?))),
            waits_since: row.opt_int(8)?.map(time),
            settings: row.opt_text(9)?.map(str::to_owned),
        })
    };
    Ok(rows.first().map(read).transpose()?.unwrap_or_default())
}

/// It was read up to here. With `more` behind it, it is asked again at once.
pub(super) fn note_read(tx: &mut dyn Tx, source: &str, cursor: &str, more: bool, now: Time) -> Result<(), HubError> {
    let asked_at = (!more).then(|| ms(now));
    let sql = "UPDATE bridge SET cursor = ?2, asked_at = ?3, answered_at = ?4, failed = NULL WHERE source = ?1";
    tx.execute(sql, &[source.into(), cursor.into(), asked_at.into(), ms(now).into()])?;
    Ok(())
}

/// It is read from the start: where it was read up to is known there no more.
pub(super) fn begin_again(tx: &mut dyn Tx, source: &str) -> Result<(), HubError> {
    let sql = "UPDATE bridge SET cursor = NULL, asked_at = NULL, untaken_beyond = 0 WHERE source = ?1";
    tx.execute(sql, &[source.into()])?;
    Ok(())
}

/// It said what became of the open ones up to this one.
pub(super) fn note_asked_to(tx: &mut dyn Tx, source: &str, external_id: &str) -> Result<(), HubError> {
    let sql = "UPDATE bridge SET reconciled_to = ?2 WHERE source = ?1";
    tx.execute(sql, &[source.into(), external_id.into()])?;
    Ok(())
}

/// It said what became of all of the open ones.
pub(super) fn note_reconciled(tx: &mut dyn Tx, source: &str, now: Time) -> Result<(), HubError> {
    let sql = "UPDATE bridge SET reconciled_at = ?2, reconciled_to = NULL WHERE source = ?1";
    tx.execute(sql, &[source.into(), ms(now).into()])?;
    Ok(())
}

/// It cannot be had: why.
pub(super) fn note_failed(tx: &mut dyn Tx, source: &str, why: &str) -> Result<(), HubError> {
    tx.execute("UPDATE bridge SET failed = ?2 WHERE source = ?1", &[source.into(), why.into()])?;
    Ok(())
}

/// It cannot be used as this hub has it: why. Nothing is said where another hub asks it, was answered within twice the time
/// after which it asks again, or waits as it was told to.
pub(super) fn note_unusable(
    tx: &mut dyn Tx,
    source: &str,
    why: &str,
    every: Duration,
    now: Time,
) -> Result<(), HubError> {
    let lately = now - every * 2;
    tx.execute(
        "INSERT INTO bridge (source, failed, held_by, held_until) VALUES (?1, ?2, '', 0)
         ON CONFLICT (source) DO UPDATE SET failed = excluded.failed
         WHERE bridge.held_until <= ?3 AND coalesce(bridge.waits_until, 0) <= ?3
            AND coalesce(bridge.answered_at, 0) NOT BETWEEN ?4 AND ?3",
        &[source.into(), why.into(), ms(now).into(), ms(lately).into()],
    )?;
    Ok(())
}

/// It asked us to wait until then.
pub(super) fn wait_until(tx: &mut dyn Tx, source: &str, until: Time, now: Time) -> Result<(), HubError> {
    let until = ms(until.min(now + LONGEST_WAIT)).into();
    let sql = "UPDATE bridge SET waits_until = ?2, waits_since = ?3 WHERE source = ?1";
    tx.execute(sql, &[source.into(), until, ms(now).into()])?;
    Ok(())
}

/// It is asked again at once. Says whether it was ever asked.
pub(super) fn wait_no_more(tx: &mut dyn Tx, source: &str) -> Result<bool, HubError> {
    let sql = "UPDATE bridge SET waits_until = NULL, details_from = NULL, asked_at = NULL WHERE source = ?1";
    Ok(tx.execute(sql, &[source.into()])? > 0)
}

/// It is asked with settings that have this mark from now on.
pub(super) fn note_settings(tx: &mut dyn Tx, source: &str, mark: &str) -> Result<(), HubError> {
    tx.execute(
        "INSERT INTO bridge (source, settings, held_by, held_until) VALUES (?1, ?2, '', 0)
         ON CONFLICT (source) DO UPDATE SET settings = excluded.settings",
        &[source.into(), mark.into()],
    )?;
    Ok(())
}

/// Until then it has no time for the whole of records, nor to say what became of them.
pub(super) fn no_details_before(tx: &mut dyn Tx, source: &str, until: Time, now: Time) -> Result<(), HubError> {
    let until = ms(until.min(now + LONGEST_WAIT)).into();
    let sql = "UPDATE bridge SET details_from = ?2, waits_since = ?3 WHERE source = ?1";
    tx.execute(sql, &[source.into(), until, ms(now).into()])?;
    Ok(())
}

/// Takes or keeps the right to ask a CRM. Whoever writes is alone: no other hub has it then.
pub(super) fn hold(tx: &mut dyn Tx, source: &str, me: &str, now: Time) -> Result<bool, HubError> {
    let params = [source.into(), me.into(), ms(now + LEASE).into(), ms(now).into(), ms(now + LEASE * 2).into()];
    // A clock that was set back makes nobody wait for it.
    let held = tx.execute(
        "INSERT INTO bridge (source, held_by, held_until) VALUES (?1, ?2, ?3) ON CONFLICT (source) DO UPDATE
         SET held_by = excluded.held_by, held_until = excluded.held_until
         WHERE bridge.held_by = excluded.held_by OR bridge.held_until <= ?4 OR bridge.held_until > ?5",
        &params,
    )?;
    Ok(held > 0)
}

/// Gives the right up to ask any of them: this hub ends.
pub(super) fn let_go(tx: &mut dyn Tx, me: &str) -> Result<(), HubError> {
    tx.execute("UPDATE bridge SET held_until = 0 WHERE held_by = ?1", &[me.into()])?;
    Ok(())
}
