//! What time brings about: ends of deferrals and snoozes, leads that become due, new rules.

use rusqlite::params;

use super::record;
use super::tally::Shift;
use super::{Ctx, Store, StoreError, at_most, desk, ms, time};
use crate::handoff::Time;
use crate::handoff::event::Actor;
use crate::handoff::lead::LeadId;
use crate::handoff::machine;
use crate::handoff::summary::Tab;

impl Store {
    /// Stands up to `most` leads again whose time has come, and records what follows from it. Returns how many; when
    /// it is `most`, there may be more; none while somebody else is writing.
    pub fn wake(&mut self, ctx: &Ctx<'_>, most: usize) -> Result<usize, StoreError> {
        // Looking must not take the writer's place.
        if self.next_wake()?.is_none_or(|at| at > ctx.at()) {
            return Ok(0);
        }
        // Time can wait for those who write; it must not fail those who only read.
        let Some(tx) = self.begin_if_free()? else { return Ok(0) };
        let ids: Vec<LeadId> = tx
            .prepare_cached("SELECT id FROM lead WHERE wake_at <= ?1 ORDER BY wake_at LIMIT ?2")?
            .query_map(params![ms(ctx.at()), at_most(most)], |row| row.get(0).map(LeadId))?
            .collect::<Result<_, _>>()?;
        let mut shift = Shift::default();
        for &id in &ids {
            let mut held = record::must_load(&tx, id)?;
            let follows = machine::consequences(&held.handoff, ctx.policy, ctx.at());
            if follows.is_empty() {
                record::stand(&tx, &held, ctx, &mut shift)?;
            } else if record::append(&tx, &mut held, follows, &Actor::system(), ctx.at())?.is_ok() {
                record::keep(&tx, &held, ctx, &mut shift)?;
                desk::release_settled(&tx, &held)?;
            }
            // A standing that wants to be looked at again at once would keep us here forever.
            tx.prepare_cached("UPDATE lead SET wake_at = ?2 WHERE id = ?1 AND wake_at < ?2")?
                .execute([id.0, ms(ctx.at()) + 1000])?;
        }
        shift.save(&tx)?;
        tx.commit()?;
        Ok(ids.len())
    }

    /// When the next lead is to be stood again.
    pub fn next_wake(&self) -> Result<Option<Time>, StoreError> {
        let mut statement = self.conn.prepare_cached("SELECT min(wake_at) FROM lead WHERE wake_at IS NOT NULL")?;
        Ok(statement.query_row([], |row| row.get::<_, Option<i64>>(0))?.map(time))
    }

    /// Says by which rules leads are stood from now on, in any form that changes when they do. If they changed, all
    /// open leads are due to be stood again by [`Store::wake`]; returns whether. While somebody else is writing, this
    /// is left to the next opening.
    pub fn adopt_policy(&mut self, fingerprint: &str) -> Result<bool, StoreError> {
        let known = "SELECT value = ?1 FROM meta WHERE name = 'policy'";
        let is_same = |row: &rusqlite::Row<'_>| row.get::<_, bool>(0);
        let mut rows = self.conn.prepare_cached(known)?;
        let found = rows.query_map([fingerprint], is_same)?.next().transpose()?;
        drop(rows);
        if found == Some(true) {
            return Ok(false);
        }
        let Some(tx) = self.begin_if_free()? else { return Ok(false) };
        tx.execute(
            "INSERT INTO meta (name, value) VALUES ('policy', ?1)
             ON CONFLICT (name) DO UPDATE SET value = excluded.value",
            [fingerprint],
        )?;
        tx.execute("UPDATE lead SET wake_at = 0 WHERE tab <> ?1", [Tab::Done as i64])?;
        tx.commit()?;
        Ok(found.is_some())
    }
}
