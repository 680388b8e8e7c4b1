//! What a hub keeps for its own sake, and for how long: receipts of what was posted and answered, alerts, messages and
//! errands that are over, and where leads went from whom. A worker deletes what can no longer matter, a little at a time and
//! behind everybody's writes. Leads, what they did and the log are never touched.

use std::sync::Arc;
use std::time::Duration;

use serde::Deserialize;

use super::acknowledged;
use super::core::Hub;
use super::db::{Row, Scope, Tx, Value};
use super::error::HubError;
use super::leads::ms;
use super::sync;
use crate::handoff::Time;
use crate::handoff::alert::Available;

/// How often it is looked.
const LOOK: Duration = Duration::from_secs(3600);

/// The most rows of one write: a few milliseconds.
const AT_ONCE: usize = 500;

/// So long a sender's key is known. Senders try again for minutes, people import a file again in weeks. In days.
const KEY_DAYS: i64 = 90;

/// So long what became of an answer is known: six times as long as laptops offer again what a hub has taken, so that one
/// that was shut for months still hears what it missed. In days.
const RECEIPT_DAYS: i64 = 180;

/// So long it is known that a lead left somebody's view. A laptop that was shut for longer reads the hub from the start. In
/// days.
const DEPARTURE_DAYS: i64 = 180;

/// So long alerts, messages and lookups are kept when they are over, for whoever asks what went out and why not. No
/// channel is told less than that back: the policy's `dedup` is 30 days at the most. In days.
const OVER_DAYS: i64 = 90;

/// Runs for as long as the hub does.
pub async fn run(hub: Arc<Hub>) {
    loop {
        match tick(&hub).await {
            Ok(0) => {}
            Ok(rows) => tracing::info!(rows, "deleted what was over long ago"),
            Err(error) => tracing::warn!(%error, "what is over could not be deleted; it is tried again in an hour"),
        }
        tokio::time::sleep(LOOK).await;
    }
}

/// Deletes all that can no longer matter. Returns how many rows.
///
/// # Errors
/// The database's, or that the hub has more to write than it can; what was deleted before stays so.
pub async fn tick(hub: &Hub) -> Result<usize, HubError> {
    let mut rows = 0;
    for (sql, days) in OLD {
        loop {
            let deleted = hub.write_behind(move |work| {
                let before = ms(work.now - chrono::Duration::days(days));
                let most = i64::try_from(AT_ONCE).unwrap_or(i64::MAX);
                Ok(work.tx.execute(sql, &[before.into(), most.into()])?)
            });
            let deleted = usize::try_from(deleted.await?).unwrap_or(usize::MAX);
            rows += deleted;
            if deleted < AT_ONCE {
                break;
            }
        }
    }
    for over in &OVER {
        rows += over.delete(hub).await?;
    }
    rows += forget_departures(hub).await?;
    renew_medians(hub).await?;
    Ok(rows)
}

/// What is simply old, by its index: how it is deleted, and after how many days.
const OLD: [(&str, i64); 2] = [
    (
        "DELETE FROM received WHERE (source, key) IN
            (SELECT source, key FROM received WHERE at < ?1 ORDER BY at LIMIT ?2)",
        KEY_DAYS,
    ),
    ("DELETE FROM op WHERE id IN (SELECT id FROM op WHERE at < ?1 ORDER BY at LIMIT ?2)", RECEIPT_DAYS),
];

/// What is over when it says so itself. Its numbers grow with time, so that it is read from the first one on until what is
/// young begins, beside the writer.
struct Over {
    /// The number, the time, and what [`Over::is_over`] looks at.
    read: &'static str,
    delete: &'static str,
    is_over: fn(&Row, Time) -> Result<bool, HubError>,
}

static OVER: [Over; 4] = [
    Over {
        read: "SELECT id, at, next_at FROM delivery WHERE id > ?1 ORDER BY id LIMIT ?2",
        delete: "DELETE FROM delivery WHERE id = ?1 AND next_at IS NULL",
        is_over: |row, _| Ok(row.opt_int(2)?.is_none()),
    },
    Over {
        read: "SELECT id, at, body FROM alert WHERE id > ?1 ORDER BY id LIMIT ?2",
        // One that still has to go out is read then.
        delete: "DELETE FROM alert WHERE id = ?1 AND NOT EXISTS
            (SELECT 1 FROM delivery WHERE delivery.alert = alert.id AND delivery.next_at IS NOT NULL)",
        is_over: |row, before| Ok(serde_json::from_str::<Alert>(row.text(2)?)?.available.until < before),
    },
    Over {
        read: "SELECT id, coalesce(done_at, not_before), done_at FROM job WHERE id > ?1 ORDER BY id LIMIT ?2",
        delete: "DELETE FROM job WHERE id = ?1 AND done_at IS NOT NULL",
        is_over: |row, _| Ok(row.opt_int(2)?.is_some()),
    },
    Over {
        read: "SELECT id, at, state FROM bridge_write WHERE id > ?1 ORDER BY id LIMIT ?2",
        delete: "DELETE FROM bridge_write WHERE id = ?1 AND state IN ('sent', 'kept', 'dropped')",
        is_over: |row, _| Ok(!matches!(row.text(2)?, "waiting" | "parked")),
    },
];

/// Of an alert, until when something can be done.
#[derive(Deserialize)]
struct Alert {
    available: Available,
}

impl Over {
    async fn delete(&'static self, hub: &Hub) -> Result<usize, HubError> {
        let before = hub.now() - chrono::Duration::days(OVER_DAYS);
        let (mut after, mut rows) = (0, 0);
        loop {
            let page = hub.read(Scope::System, move |tx| self.page(tx, after, before)).await?;
            let Page { over, last, is_last } = page;
            after = last.unwrap_or(after);
            if !over.is_empty() {
                let delete = move |work: &mut super::work::Work<'_>| {
                    let delete = |id: &i64| Ok::<_, HubError>(work.tx.execute(self.delete, &[Value::from(*id)])?);
                    over.iter().map(delete).sum::<Result<u64, _>>()
                };
                rows += usize::try_from(hub.write_behind(delete).await?).unwrap_or(usize::MAX);
            }
            if is_last {
                return Ok(rows);
            }
        }
    }

    fn page(&self, tx: &mut dyn Tx, after: i64, before: Time) -> Result<Page, HubError> {
        let most = i64::try_from(AT_ONCE).unwrap_or(i64::MAX);
        let rows = tx.query(self.read, &[after.into(), most.into()])?;
        let mut page = Page { over: Vec::new(), last: None, is_last: rows.len() < AT_ONCE };
        for row in &rows {
            let (id, at) = (row.int(0)?, row.int(1)?);
            page.last = Some(id);
            if at >= ms(before) {
                page.is_last = true;
            } else if (self.is_over)(row, before).unwrap_or_else(|error| unread(id, &error)) {
                page.over.push(id);
            }
        }
        Ok(page)
    }
}

/// Some rows of a table.
struct Page {
    over: Vec<i64>,
    last: Option<i64>,
    is_last: bool,
}

/// What cannot be read stays, and keeps nothing else from being deleted.
fn unread(id: i64, error: &HubError) -> bool {
    tracing::warn!(id, %error, "whether this row is over cannot be read; it stays");
    false
}

/// Forgets where leads went from whom, from the first entry of the log on until what is young begins.
async fn forget_departures(hub: &Hub) -> Result<usize, HubError> {
    let before = ms(hub.now() - chrono::Duration::days(DEPARTURE_DAYS));
    let mut rows = 0;
    loop {
        let old = hub.read(Scope::System, move |tx| {
            let most = i64::try_from(AT_ONCE).unwrap_or(i64::MAX);
            let sql = "SELECT departure.n, log.received_at FROM departure JOIN log ON log.n = departure.n
                       ORDER BY departure.n LIMIT ?1";
            let rows = tx.query(sql, &[most.into()])?;
            let old = rows.iter().map(|row| Ok((row.int(0)?, row.int(1)?))).collect::<Result<Vec<_>, HubError>>()?;
            Ok(old.into_iter().take_while(|(_, at)| *at < before).map(|(n, _)| n).last())
        });
        let Some(until) = old.await? else { return Ok(rows) };
        let forget = hub.write_behind(move |work| sync::forget_departures(work.tx, until)).await?;
        rows += usize::try_from(forget).unwrap_or(usize::MAX);
    }
}

/// Leaves answers out of the medians that are too old for them: whoever gives none any more makes no new one.
async fn renew_medians(hub: &Hub) -> Result<(), HubError> {
    let now = hub.now();
    let stale = hub.read(Scope::System, move |tx| acknowledged::stale(tx, now)).await?;
    for people in stale.chunks(AT_ONCE) {
        let people = people.to_vec();
        hub.write_behind(move |work| people.iter().try_for_each(|person| acknowledged::renew(work, person))).await?;
    }
    Ok(())
}
