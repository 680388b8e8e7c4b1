//! What the rep is to decide, as the hub told it (F72): kept until it is over, so that it is there offline too.

use chrono::Duration;
use rusqlite::{OptionalExtension, params};

use super::{Store, StoreError, ms, record, rows};
use crate::handoff::Time;
use crate::handoff::alert::Notice;
use crate::handoff::lead::LeadId;
use crate::handoff::state::Stage;

/// The place up to which a source's alerts were read stands under this, with the source's name behind it.
const CURSOR: &str = "alerts:";

/// An alert whose time is over is forgotten after so many days.
const KEPT_DAYS: i64 = 7;

/// The most that wait at once.
const MOST: i64 = 200;

/// An alert that waits for a decision.
#[derive(Clone, Debug, PartialEq)]
pub struct OpenAlert {
    /// About which lead; nothing of one that is not here and that one is told of as who watches its queue.
    pub lead: Option<LeadId>,
    /// Its name; of one that is not here its number at its source.
    pub name: String,
    /// Where it stands.
    pub stage: Stage,
    /// The alert.
    pub notice: Notice,
    /// The rep has not seen it.
    pub is_new: bool,
}

impl Store {
    /// Takes in alerts, each with the id that its lead has at this source and whether it was seen there, and the place
    /// up to which they tell. Says whether there were any.
    pub fn take_alerts(
        &mut self,
        source: &str,
        told: &[(String, Notice, bool)],
        next: Option<&str>,
        now: Time,
    ) -> Result<bool, StoreError> {
        if told.is_empty() && (next.is_none() || self.alert_cursor(source)?.as_deref() == next) {
            return Ok(false);
        }
        let tx = self.begin()?;
        for (external_id, notice, is_seen) in told {
            tx.prepare_cached(
                "INSERT INTO alert (source, id, external_id, body, until, state) VALUES (?1, ?2, ?3, ?4, ?5, ?6)
                 ON CONFLICT (source, id) DO UPDATE SET body = excluded.body, until = excluded.until,
                     state = CASE excluded.state WHEN 'settled' THEN 'settled' ELSE state END",
            )?
            .execute(params![
                source,
                notice.id,
                external_id,
                serde_json::to_string(notice)?,
                ms(notice.until),
                if *is_seen { "settled" } else { "new" },
            ])?;
        }
        tx.prepare_cached("DELETE FROM alert WHERE until < ?1")?.execute([ms(now - Duration::days(KEPT_DAYS))])?;
        if let Some(next) = next {
            tx.prepare_cached(
                "INSERT INTO meta (name, value) VALUES (?1 || ?2, ?3)
                 ON CONFLICT (name) DO UPDATE SET value = excluded.value",
            )?
            .execute([CURSOR, source, next])?;
        }
        tx.commit()?;
        Ok(!told.is_empty())
    }

    /// The place up to which this source's alerts were read.
    pub fn alert_cursor(&self, source: &str) -> Result<Option<String>, StoreError> {
        let mut place = self.conn.prepare_cached("SELECT value FROM meta WHERE name = ?1 || ?2")?;
        Ok(place.query_row([CURSOR, source], |row| row.get(0)).optional()?)
    }

    /// What waits for the rep's decision at `now`, what is over first standing first. A lead that went elsewhere asks nothing
    /// any more; of one that waits in a queue which one watches, the alert is all there is.
    pub fn open_alerts(&self, now: Time) -> Result<Vec<OpenAlert>, StoreError> {
        let look = self.look()?;
        let mut waiting = look.prepare_cached(
            "SELECT lead.id, alert.body, alert.state = 'new', alert.source || ':' || alert.external_id FROM alert
             LEFT JOIN lead ON lead.external_id = alert.external_id AND lead.source = alert.source
             WHERE alert.until > ?1 AND (lead.id IS NOT NULL OR json_extract(alert.body, '$.is_pointer')) ORDER BY alert.until, alert.id LIMIT ?2",
        )?;
        let waiting = waiting.query_map([ms(now), MOST], |row| {
            let lead = row.get::<_, Option<i64>>(0)?.map(LeadId);
            Ok((lead, record::json::<Notice>(row, 1)?, row.get(2)?, row.get::<_, String>(3)?))
        })?;
        let mut open = Vec::new();
        for row in waiting {
            let (lead, notice, is_new, number) = row?;
            let Some(lead) = lead else {
                open.push(OpenAlert { lead: None, name: number, stage: Stage::Routed, notice, is_new });
                continue;
            };
            let held = record::must_load(&look, lead)?;
            let stands = held.handoff.at(now);
            if notice.is_open(&stands, &record::steps(&look, lead)?, now) {
                let name = rows::summary(&look, lead)?.map_or_else(|| lead.to_string(), |row| row.name);
                open.push(OpenAlert { lead: Some(lead), name, stage: stands.stage, notice, is_new });
            }
        }
        Ok(open)
    }

    /// The rep has seen these; the hub is told with the next sync.
    pub fn see_alerts(&mut self, ids: &[i64]) -> Result<(), StoreError> {
        let tx = self.begin()?;
        for id in ids {
            let see = "UPDATE alert SET state = 'seen' WHERE id = ?1 AND state = 'new'";
            tx.prepare_cached(see)?.execute([id])?;
        }
        Ok(tx.commit()?)
    }

    /// Those that the rep has seen and this source has not heard of.
    pub fn seen_alerts(&self, source: &str) -> Result<Vec<i64>, StoreError> {
        let mut seen = self.conn.prepare_cached("SELECT id FROM alert WHERE source = ?1 AND state = 'seen'")?;
        let seen = seen.query_map([source], |row| row.get(0))?;
        Ok(seen.collect::<Result<_, _>>()?)
    }

    /// This source has heard that it was seen.
    pub fn settle_alert(&mut self, source: &str, id: i64) -> Result<(), StoreError> {
        let tx = self.begin()?;
        let settle = "UPDATE alert SET state = 'settled' WHERE source = ?1 AND id = ?2";
        tx.prepare_cached(settle)?.execute(params![source, id])?;
        Ok(tx.commit()?)
    }
}

/// A lead left a queue that one watches, without coming here: nothing is to be decided about it any more.
pub(super) fn forget_pointers(conn: &rusqlite::Connection, source: &str, external_id: &str) -> Result<(), StoreError> {
    let over = "DELETE FROM alert WHERE source = ?1 AND external_id = ?2 AND json_extract(body, '$.is_pointer')";
    conn.prepare_cached(over)?.execute([source, external_id])?;
    Ok(())
}

/// This source is read from the start: the numbers of its alerts may be others'.
pub(super) fn forget(conn: &rusqlite::Connection, source: &str) -> Result<(), StoreError> {
    conn.prepare_cached("DELETE FROM alert WHERE source = ?1")?.execute([source])?;
    conn.prepare_cached("DELETE FROM meta WHERE name = ?1 || ?2")?.execute([CURSOR, source])?;
    Ok(())
}
