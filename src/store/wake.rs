//! What time brings about: ends of deferrals and snoozes, leads that become due, new rules.
//!
//! None of it is an event. Where a lead stands follows from its events and the time; a row only keeps the answer, for
//! as long as it is true: since [`stood_since`](crate::handoff::standing::Standing::since) and until `wake_at`. A clock
//! that goes on wakes rows, one that is set back makes those be stood again that were woken too early.

use rusqlite::{Connection, OptionalExtension, params};

use super::record;
use super::tally::Shift;
use super::{Ctx, Store, StoreError, at_most, desk, ms, time};
use crate::handoff::Time;
use crate::handoff::event::Actor;
use crate::handoff::lead::LeadId;
use crate::handoff::machine;
use crate::handoff::summary::Tab;

/// The name under which the latest `stood_since` of all rows is remembered.
const STOOD: &str = "stood";
/// The `wake_at` of rows that stand by rules which are no longer in force, and whose scores may be by another model.
const NEW_RULES: i64 = -1;

impl Store {
    /// Makes this store say what is true at a time that it need not be, and keep that to itself: where leads stand is
    /// copied aside and worked out there. What time would have noted by then is no event, but is told as one by what
    /// reads a lead here. From here on nothing can be written to the file.
    pub fn pretend(&mut self, fingerprint: &str, ctx: &Ctx<'_>) -> Result<(), StoreError> {
        if !self.is_true_at(ctx.at())? || self.goes_by(fingerprint)? != Some(true) {
            // What is asked for by name is found there first. Other rules may score other leads as well.
            let scores_anew = self.goes_by(fingerprint)? != Some(true);
            self.copy_aside(&["lead", "tally", "meta", "engagement", "withdrawn", "desk"])?;
            if scores_anew {
                self.copy_aside(&["lead_record"])?;
            }
            self.pretends = true;
            self.adopt_policy(fingerprint)?;
            while self.wake(ctx, usize::MAX)? > 0 {}
        }
        Ok(self.conn.pragma_update(None, "query_only", true)?)
    }

    fn copy_aside(&self, tables: &[&str]) -> Result<(), StoreError> {
        for table in tables {
            let mut statement = self.conn.prepare(
                "SELECT sql FROM main.sqlite_schema WHERE tbl_name = ?1 AND type IN ('table', 'index') AND sql IS NOT NULL
                 ORDER BY type DESC",
            )?;
            let made: Vec<String> = statement.query_map([table], |row| row.get(0))?.collect::<Result<_, _>>()?;
            for (number, sql) in made.iter().enumerate() {
                let aside = ["TABLE ", "UNIQUE INDEX ", "INDEX "].iter().find_map(|what| {
                    let rest = sql.strip_prefix("CREATE ")?.strip_prefix(what)?;
                    Some(format!("CREATE {what}temp.{rest}"))
                });
                self.conn.execute_batch(&aside.unwrap_or_default())?;
                if number == 0 {
                    self.conn.execute_batch(&format!("INSERT INTO temp.{table} SELECT * FROM main.{table}"))?;
                }
            }
        }
        Ok(())
    }

    /// Stands up to `most` leads again whose time has come, or has not come yet after all. Returns how many; when it
    /// is `most`, there may be more; none while somebody else is writing.
    pub fn wake(&mut self, ctx: &Ctx<'_>, most: usize) -> Result<usize, StoreError> {
        // Looking must not take the writer's place.
        if self.is_true_at(ctx.at())? {
            return Ok(0);
        }
        // Time can wait for those who write; it must not fail those who only read.
        let is_real = !self.pretends;
        let Some(tx) = self.begin_if_free()? else { return Ok(0) };
        if stood(&tx)? > ms(ctx.at()) {
            tx.prepare_cached("UPDATE lead SET wake_at = min(coalesce(wake_at, 0), 0) WHERE stood_since > ?1")?
                .execute([ms(ctx.at())])?;
            tx.prepare_cached("UPDATE meta SET value = ?2 WHERE name = ?1")?
                .execute(params![STOOD, ms(ctx.at()).to_string()])?;
        }
        let due: Vec<(LeadId, bool)> = tx
            .prepare_cached("SELECT id, wake_at = ?3 FROM lead WHERE wake_at <= ?1 ORDER BY wake_at LIMIT ?2")?
            .query_map(params![ms(ctx.at()), at_most(most), NEW_RULES], |row| Ok((LeadId(row.get(0)?), row.get(1)?)))?
            .collect::<Result<_, _>>()?;
        let (mut shift, mut woken) = (Shift::default(), 0);
        for &(id, has_new_rules) in &due {
            let mut held = match record::must_load(&tx, id) {
                // It stays as its row has it, and holds nobody else back. Who opens it is told, and so is who asks
                // [`Store::unreadable`].
                Err(StoreError::Damaged(_)) => continue,
                held => held?,
            };
            woken += 1;
            if has_new_rules && record::score(&tx, &mut held, ctx)? {
                record::put_lead(&tx, &held)?;
            }
            if !is_real {
                let is_news = !record::foresee(&mut held, ctx).is_empty();
                record::stand(&tx, &held, ctx, &mut shift)?;
                if is_news {
                    desk::follow(&tx, &held, ctx)?;
                }
                continue;
            }
            let follows = machine::consequences(&held.handoff, ctx.policy, ctx.at());
            // What time brings about for a hub's lead, the hub says.
            if follows.is_empty() || record::version(&tx, id)?.is_some() {
                record::stand(&tx, &held, ctx, &mut shift)?;
            } else if record::append(&tx, &mut held, follows, &Actor::system(), ctx)?.is_ok() {
                record::keep(&tx, &held, ctx, &mut shift)?;
                desk::follow(&tx, &held, ctx)?;
            }
        }
        shift.save(&tx)?;
        tx.commit()?;
        Ok(woken)
    }

    /// Every row says what is true at `now`: none is to be stood again.
    pub(super) fn is_true_at(&self, now: Time) -> Result<bool, StoreError> {
        Ok(self.next_wake()?.is_none_or(|at| at > now) && stood(&self.conn)? <= ms(now))
    }

    /// When the next lead is to be stood again.
    pub fn next_wake(&self) -> Result<Option<Time>, StoreError> {
        let mut statement = self.conn.prepare_cached("SELECT min(wake_at) FROM lead WHERE wake_at IS NOT NULL")?;
        Ok(statement.query_row([], |row| row.get::<_, Option<i64>>(0))?.map(time))
    }

    /// The rules by which the leads were stood are those with this fingerprint.
    pub(super) fn goes_by(&self, fingerprint: &str) -> Result<Option<bool>, StoreError> {
        let mut known = self.conn.prepare_cached("SELECT value = ?1 FROM meta WHERE name = 'policy'")?;
        Ok(known.query_row([fingerprint], |row| row.get(0)).optional()?)
    }

    /// The same for a file that is open: whether the leads go by these rules now. If not, it is to be tried again.
    pub fn adopts(&mut self, fingerprint: &str) -> Result<bool, StoreError> {
        Ok(self.adopt_policy(fingerprint)? || self.goes_by(fingerprint)? == Some(true))
    }

    /// Says by which rules leads are stood from now on, in any form that changes when they do. If they changed, all
    /// open leads are due to be stood again by [`Store::wake`]; returns whether. While somebody else is writing, this
    /// is left to the next opening.
    pub fn adopt_policy(&mut self, fingerprint: &str) -> Result<bool, StoreError> {
        let found = self.goes_by(fingerprint)?;
        if found == Some(true) {
            return Ok(false);
        }
        let Some(tx) = self.begin_if_free()? else { return Ok(false) };
        tx.execute(
            "INSERT INTO meta (name, value) VALUES ('policy', ?1)
             ON CONFLICT (name) DO UPDATE SET value = excluded.value",
            [fingerprint],
        )?;
        stand_all_again(&tx)?;
        tx.commit()?;
        Ok(found.is_some())
    }
}

/// All open leads are due to be stood again.
pub(super) fn stand_all_again(conn: &Connection) -> Result<(), StoreError> {
    conn.execute("UPDATE lead SET wake_at = ?2 WHERE tab <> ?1", [Tab::Done as i64, NEW_RULES])?;
    Ok(())
}

/// The latest `stood_since` of all rows, in milliseconds: at an earlier time than that, some are not true.
fn stood(conn: &Connection) -> Result<i64, StoreError> {
    let mut statement = conn.prepare_cached("SELECT CAST(value AS INTEGER) FROM meta WHERE name = ?1")?;
    Ok(statement.query_row([STOOD], |row| row.get(0)).optional()?.unwrap_or(i64::MIN))
}

/// Remembers that a row was stood with this `stood_since`.
pub(super) fn has_stood(conn: &Connection, since: i64) -> Result<(), StoreError> {
    conn.prepare_cached(
        "INSERT INTO meta (name, value) VALUES (?1, ?2)
         ON CONFLICT (name) DO UPDATE SET value = excluded.value
         WHERE CAST(value AS INTEGER) < CAST(excluded.value AS INTEGER)",
    )?
    .execute(params![STOOD, since.to_string()])?;
    Ok(())
}
