//! Records that could not be read or taken in: kept with the reason until they are, so that an administrator sees them. Each is
//! fetched and tried again by itself, less and less often, and at once when its CRM tells of it anew or a person says so.

use std::collections::BTreeMap;

use chrono::Duration;

use super::rows;
use crate::handoff::Time;
use crate::hub::db::{Row, Scope, Tx};
use crate::hub::error::HubError;
use crate::hub::gate;
use crate::hub::intake::{LONGEST_ID, must_fit};
use crate::hub::leads::{ms, time};
use crate::hub::work::Work;
use crate::wire::bridge::{MOST_UNTAKEN, RecordOrder, Untaken};

/// After so long it is tried again for the first time.
const FIRST: Duration = Duration::hours(1);
/// It is tried at least so often.
const LONGEST: Duration = Duration::days(1);
/// So many are kept of one CRM, and of more only how many there were.
const MOST: i64 = 10_000;
/// So many letters of a reason are kept.
const KEPT: usize = 1_000;

/// When it is tried again that was tried so often.
fn again(tries: i64) -> Duration {
    let doubled = u32::try_from(tries.clamp(0, 16)).map_or(1, |tries| 2_i32.saturating_pow(tries));
    (FIRST * doubled).min(LONGEST)
}

/// A text as a database keeps it.
fn kept(text: &str) -> String {
    text.chars().map(|c| if c == '\0' { char::REPLACEMENT_CHARACTER } else { c }).take(KEPT).collect()
}

/// An id as a database keeps it, and its index.
fn kept_id(id: &str) -> String {
    let mut id = kept(id);
    id.truncate(id.floor_char_boundary(LONGEST_ID));
    id
}

/// Why something was not taken, with the place in it where that is known.
pub(super) fn reason(error: &HubError) -> String {
    match error {
        HubError::Problem(problem) => match &problem.at {
            Some(at) => format!("{}: {}", at.trim_start_matches('/'), problem.detail),
            None => problem.detail.clone(),
        },
        error => error.to_string(),
    }
}

/// This one could not be taken in: as a page tells it, or the whole of it, of which a page has only a part.
pub(super) fn note(
    work: &mut Work<'_>,
    source: &str,
    external_id: &str,
    is_whole: bool,
    why: &str,
) -> Result<(), HubError> {
    enter(work, source, (external_id, why), is_whole, &mut None)
}

/// None of these could be read, as a page tells them, each with why. How much room there is for more is looked up once.
pub(super) fn note_all(work: &mut Work<'_>, source: &str, not_read: &[(String, String)]) -> Result<(), HubError> {
    let mut room = None;
    not_read.iter().try_for_each(|(id, why)| enter(work, source, (id, why), false, &mut room))
}

/// Enters one with the reason, or counts it where there is no room: for how many there is, is looked up if nobody has yet.
fn enter(
    work: &mut Work<'_>,
    source: &str,
    (external_id, why): (&str, &str),
    is_whole: bool,
    room: &mut Option<i64>,
) -> Result<(), HubError> {
    let (id, now) = (kept_id(external_id), work.now);
    let sql = "SELECT tries FROM bridge_untaken WHERE source = ?1 AND external_id = ?2";
    let rows = work.tx.query(sql, &[source.into(), id.as_str().into()])?;
    let tries = rows.first().map(|row| row.int(0)).transpose()?;
    if tries.is_none() {
        let left = match *room {
            Some(left) => left,
            None => room_for(work.tx, source)?,
        };
        *room = Some(left - 1);
        if left <= 0 {
            let sql = "UPDATE bridge SET untaken_beyond = untaken_beyond + 1 WHERE source = ?1";
            work.tx.execute(sql, &[source.into()])?;
            return Ok(());
        }
    }
    let tries = tries.unwrap_or_default();
    work.tx.execute(
        "INSERT INTO bridge_untaken (source, external_id, why, is_whole, since, tried_at, tries, look_at)
         VALUES (?1, ?2, ?3, ?4, ?5, ?5, ?6, ?7)
         ON CONFLICT (source, external_id) DO UPDATE SET why = excluded.why, tried_at = excluded.tried_at,
            tries = excluded.tries, look_at = excluded.look_at,
            is_whole = CASE WHEN excluded.is_whole = 1 THEN 1 ELSE bridge_untaken.is_whole END",
        &[
            source.into(),
            id.into(),
            kept(why).into(),
            i64::from(is_whole).into(),
            ms(now).into(),
            (tries + 1).into(),
            ms(now + again(tries)).into(),
        ],
    )?;
    Ok(())
}

/// For how many more of this CRM there is room.
fn room_for(tx: &mut dyn Tx, source: &str) -> Result<i64, HubError> {
    let rows = tx.query("SELECT count(*) FROM bridge_untaken WHERE source = ?1", &[source.into()])?;
    let kept = rows.first().map(|row| row.int(0)).transpose()?;
    Ok(MOST - kept.unwrap_or_default())
}

/// Whether there is any of this CRM.
pub(super) fn is_any(tx: &mut dyn Tx, source: &str) -> Result<bool, HubError> {
    let sql = "SELECT 1 FROM bridge_untaken WHERE source = ?1 LIMIT 1";
    Ok(!tx.query(sql, &[source.into()])?.is_empty())
}

/// This one is no longer there, none of ours, or in: with all that is to be had of it, or as far as a page tells it.
pub(super) fn forget(tx: &mut dyn Tx, source: &str, external_id: &str, is_whole: bool) -> Result<(), HubError> {
    let sql = "DELETE FROM bridge_untaken WHERE source = ?1 AND external_id = ?2 AND is_whole <= ?3";
    tx.execute(sql, &[source.into(), kept_id(external_id).into(), i64::from(is_whole).into()])?;
    if !is_any(tx, source)? {
        // What there was no room for was told long ago, and is told again when it is read from the start.
        tx.execute("UPDATE bridge SET untaken_beyond = 0 WHERE source = ?1", &[source.into()])?;
    }
    Ok(())
}

/// It cannot be had now: it is tried again when it would be if it had been refused.
pub(super) fn put_off(tx: &mut dyn Tx, source: &str, external_id: &str, now: Time) -> Result<(), HubError> {
    let params = [source.into(), external_id.into()];
    let rows = tx.query("SELECT tries FROM bridge_untaken WHERE source = ?1 AND external_id = ?2", &params)?;
    if let Some(row) = rows.first() {
        let tries = row.int(0)?;
        let sql = "UPDATE bridge_untaken SET tries = ?3, look_at = ?4 WHERE source = ?1 AND external_id = ?2";
        let [source, id] = params;
        tx.execute(sql, &[source, id, (tries + 1).into(), ms(now + again(tries)).into()])?;
    }
    Ok(())
}

/// The one whose turn it is by now, if there is any.
pub(super) fn next(tx: &mut dyn Tx, source: &str, now: Time) -> Result<Option<String>, HubError> {
    let sql = "SELECT external_id FROM bridge_untaken WHERE source = ?1 AND look_at <= ?2
               ORDER BY look_at, external_id LIMIT 1";
    let rows = tx.query(sql, &[source.into(), ms(now).into()])?;
    Ok(rows.first().map(|row| row.text(0)).transpose()?.map(str::to_owned))
}

/// How many there are, by CRM.
pub(super) fn counts(tx: &mut dyn Tx) -> Result<BTreeMap<String, i64>, HubError> {
    let sql = "SELECT source, CAST(sum(many) AS BIGINT) FROM (
            SELECT source, count(*) AS many FROM bridge_untaken GROUP BY source
            UNION ALL SELECT source, untaken_beyond FROM bridge) AS counted GROUP BY source";
    let rows = tx.query(sql, &[])?;
    rows.iter().map(|row| Ok((row.text(0)?.to_owned(), row.int(1)?))).collect()
}

/// Those of one CRM, for one who sees what is nobody's: the first ones.
pub(super) fn list(tx: &mut dyn Tx, scope: &Scope, source: &str) -> Result<Vec<Untaken>, HubError> {
    if !gate::sees(scope, None, None) {
        return Ok(Vec::new());
    }
    let sql = "SELECT external_id, why, since, tried_at FROM bridge_untaken WHERE source = ?1
               ORDER BY since, external_id LIMIT ?2";
    let read = |row: &Row| {
        Ok(Untaken {
            record: row.text(0)?.to_owned(),
            why: row.text(1)?.to_owned(),
            since: time(row.int(2)?),
            tried_at: time(row.int(3)?),
        })
    };
    tx.query(sql, &[source.into(), MOST_UNTAKEN.into()])?.iter().map(read).collect()
}

/// Has one tried again at once; or a CRM asked that asked to wait, since somebody did something about that.
///
/// # Errors
/// None of that name waits to be taken in, or no CRM of that name was ever asked.
pub fn retry(work: &mut Work<'_>, order: &RecordOrder) -> Result<RecordOrder, HubError> {
    must_be_some(order)?;
    let RecordOrder { source, record } = order;
    match record {
        Some(record) => {
            // Before all others.
            let sql = "UPDATE bridge_untaken SET look_at = 0 WHERE source = ?1 AND external_id = ?2";
            if work.tx.execute(sql, &[source.as_str().into(), kept_id(record).into()])? == 0 {
                return Err(absent());
            }
        }
        None if rows::wait_no_more(work.tx, source)? => {}
        None => return Err(HubError::not_found("no CRM of that name was asked yet")),
    }
    work.changed.insert(super::NEWS.to_owned());
    Ok(order.clone())
}

/// Has one looked at no more, until its CRM tells of it anew.
///
/// # Errors
/// None of that name waits to be taken in.
pub fn drop_one(work: &mut Work<'_>, order: &RecordOrder) -> Result<RecordOrder, HubError> {
    must_be_some(order)?;
    let RecordOrder { source, record } = order;
    let Some(record) = record else { return Err(HubError::invalid("/record", "say which record is left out")) };
    let sql = "DELETE FROM bridge_untaken WHERE source = ?1 AND external_id = ?2";
    if work.tx.execute(sql, &[source.as_str().into(), kept_id(record).into()])? == 0 {
        return Err(absent());
    }
    Ok(order.clone())
}

fn must_be_some(order: &RecordOrder) -> Result<(), HubError> {
    must_fit(&serde_json::to_value(order)?, "")
}

fn absent() -> HubError {
    HubError::not_found("no record of that name waits to be taken in")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_is_tried_less_and_less_often_and_once_a_day_at_least() {
        let minutes: Vec<i64> = [0, 1, 2, 7, 8, 1_000_000].map(|tries| again(tries).num_minutes()).into();
        assert_eq!(minutes, [60, 120, 240, 1440, 1440, 1440]);
    }

    #[test]
    fn what_no_database_keeps_is_kept_all_the_same() {
        assert_eq!(kept("a\0b"), "a\u{fffd}b");
        assert_eq!(kept(&"x".repeat(5000)).len(), KEPT);
        let id = kept_id(&"ä\0".repeat(5000));
        assert!(id.len() <= LONGEST_ID && id.len() > LONGEST_ID - 4 && id.starts_with("ä\u{fffd}ä"), "{id}");
    }
}
