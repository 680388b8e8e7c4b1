//! Records that could not be taken in: kept with the reason until they are, so that an administrator sees them. Each is fetched
//! and tried again by itself, less and less often, and at once when its CRM tells of it anew or a person says so.

use std::collections::BTreeMap;

use chrono::Duration;

use crate::handoff::Time;
use crate::hub::db::{Row, Scope, Tx};
use crate::hub::error::HubError;
use crate::hub::gate;
use crate::hub::intake::{LONGEST_ID, must_fit};
use crate::hub::leads::{ms, time};
use crate::hub::work::Work;
use crate::wire::bridge::{MOST_UNTAKEN, RecordOrder, Untaken};

/// After so long it is tried again for the first time.
const FIRST: Duration = Duration::minutes(10);
/// It is tried at least so often.
const LONGEST: Duration = Duration::days(1);
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

/// This one could not be taken in.
pub(super) fn note(work: &mut Work<'_>, source: &str, external_id: &str, why: &str) -> Result<(), HubError> {
    let (id, now) = (kept_id(external_id), work.now);
    let sql = "SELECT tries FROM bridge_untaken WHERE source = ?1 AND external_id = ?2";
    let rows = work.tx.query(sql, &[source.into(), id.as_str().into()])?;
    let tries = rows.first().map(|row| row.int(0)).transpose()?.unwrap_or_default();
    work.tx.execute(
        "INSERT INTO bridge_untaken (source, external_id, why, since, tried_at, tries, look_at)
         VALUES (?1, ?2, ?3, ?4, ?4, ?5, ?6)
         ON CONFLICT (source, external_id) DO UPDATE SET why = excluded.why, tried_at = excluded.tried_at,
            tries = excluded.tries, look_at = excluded.look_at",
        &[
            source.into(),
            id.into(),
            kept(why).into(),
            ms(now).into(),
            (tries + 1).into(),
            ms(now + again(tries)).into(),
        ],
    )?;
    Ok(())
}

/// Whether there is any of this CRM.
pub(super) fn is_any(tx: &mut dyn Tx, source: &str) -> Result<bool, HubError> {
    let sql = "SELECT 1 FROM bridge_untaken WHERE source = ?1 LIMIT 1";
    Ok(!tx.query(sql, &[source.into()])?.is_empty())
}

/// This one is taken in, or is no longer there.
pub(super) fn forget(tx: &mut dyn Tx, source: &str, external_id: &str) -> Result<(), HubError> {
    let sql = "DELETE FROM bridge_untaken WHERE source = ?1 AND external_id = ?2";
    tx.execute(sql, &[source.into(), kept_id(external_id).into()])?;
    Ok(())
}

/// It cannot be had now: it is tried again at this time, behind the others.
pub(super) fn look_later(tx: &mut dyn Tx, source: &str, external_id: &str, at: Time) -> Result<(), HubError> {
    let sql = "UPDATE bridge_untaken SET look_at = ?3 WHERE source = ?1 AND external_id = ?2";
    tx.execute(sql, &[source.into(), external_id.into(), ms(at).into()])?;
    Ok(())
}

/// How many there are, by CRM.
pub(super) fn counts(tx: &mut dyn Tx) -> Result<BTreeMap<String, i64>, HubError> {
    let rows = tx.query("SELECT source, count(*) FROM bridge_untaken GROUP BY source", &[])?;
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

/// Has one tried again at once.
///
/// # Errors
/// None of that name waits to be taken in.
pub fn retry(work: &mut Work<'_>, order: &RecordOrder) -> Result<RecordOrder, HubError> {
    must_be_some(order)?;
    let RecordOrder { source, record } = order;
    // Before all others.
    let sql = "UPDATE bridge_untaken SET look_at = 0 WHERE source = ?1 AND external_id = ?2";
    if work.tx.execute(sql, &[source.as_str().into(), kept_id(record).into()])? == 0 {
        return Err(absent());
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
        assert_eq!(minutes, [10, 20, 40, 1280, 1440, 1440]);
    }

    #[test]
    fn what_no_database_keeps_is_kept_all_the_same() {
        assert_eq!(kept("a\0b"), "a\u{fffd}b");
        assert_eq!(kept(&"x".repeat(5000)).len(), KEPT);
        let id = kept_id(&"ä\0".repeat(5000));
        assert!(id.len() <= LONGEST_ID && id.len() > LONGEST_ID - 4 && id.starts_with("ä\u{fffd}ä"), "{id}");
    }
}
