//! Counts that are kept rather than counted, so that they stand ready before the first frame.

use rusqlite::Connection;

use super::{Ctx, Store, StoreError, ms, theirs, wake};
use crate::handoff::summary::{Counts, Tab};

/// Where the dispositions on their way are counted, behind the six tabs.
const TO_SEND: usize = 6;
/// Where those are that need a person: what was refused, and what was only kept.
const PARKED: usize = 7;

/// What one transaction changes for the whole: by how much the counts change, and by what time leads were stood.
#[derive(Default)]
pub(super) struct Shift {
    counts: [i64; 8],
    stood: Option<i64>,
}

impl Shift {
    /// So many leads more (or fewer) under this tab, which may be due.
    pub(super) fn tab(&mut self, tab: Tab, is_due: bool, by: i64) {
        self.counts[tab as usize] += by;
        self.counts[Tab::Due as usize] += if is_due { by } else { 0 };
    }

    /// So many dispositions more (or fewer) to send.
    pub(super) fn sending(&mut self, by: i64) {
        self.counts[TO_SEND] += by;
    }

    /// So many parked ones more (or fewer).
    pub(super) fn parked(&mut self, by: i64) {
        self.counts[PARKED] += by;
    }

    /// A lead stands as it does since this instant, by time alone.
    pub(super) fn stood(&mut self, since: Option<i64>) {
        self.stood = self.stood.max(since);
    }

    /// Writes the change down, as part of the transaction that it belongs to.
    pub(super) fn save(self, conn: &Connection) -> Result<(), StoreError> {
        if let Some(stood) = self.stood {
            wake::has_stood(conn, stood)?;
        }
        // A count that went wrong must not keep a rep from an honest act.
        let mut statement = conn.prepare_cached("UPDATE tally SET n = max(n + ?2, 0) WHERE what = ?1")?;
        for (what, by) in self.counts.into_iter().enumerate().filter(|&(_, by)| by != 0) {
            statement.execute([i64::try_from(what).unwrap_or_default(), by])?;
        }
        Ok(())
    }
}

impl Store {
    /// How many leads stand under each tab, how many were closed here today, and what waits to be sent.
    pub fn counts(&self, ctx: &Ctx<'_>) -> Result<Counts, StoreError> {
        read(&self.conn, ctx)
    }
}

pub(super) fn read(conn: &Connection, ctx: &Ctx<'_>) -> Result<Counts, StoreError> {
    let mut kept = [0; 8];
    let mut statement = conn.prepare_cached("SELECT what, n FROM tally")?;
    let mut rows = statement.query([])?;
    while let Some(row) = rows.next()? {
        if let Some(place) = kept.get_mut(usize::from(row.get::<_, u8>(0)?)) {
            *place = row.get(1)?;
        }
    }
    let [due, new, working, deferred, data, done, to_send, parked] = kept;
    // Counted, but only what was done here and today.
    let mut closed = conn.prepare_cached("SELECT count(*) FROM lead WHERE acted = 1 AND closed_at >= ?1")?;
    let done_today = closed.query_row([ms(ctx.midnight())], |row| row.get(0))?;
    let new_own = theirs::new_own(conn)?.unwrap_or(new);
    Ok(Counts { by_tab: [due, new, working, deferred, data, done], new_own, done_today, to_send, parked })
}

#[cfg(test)]
impl Store {
    /// The counts by counting, which must come to the same.
    pub(super) fn counted(&self, ctx: &Ctx<'_>) -> Counts {
        let count = |condition: &str| -> u32 {
            self.conn.query_row(&format!("SELECT count(*) FROM {condition}"), [], |row| row.get(0)).unwrap()
        };
        let mut by_tab = [1, 2, 3, 4, 5].map(|tab| count(&format!("lead WHERE tab = {tab}"))).to_vec();
        by_tab.insert(0, count("lead WHERE is_due = 1"));
        Counts {
            new_own: by_tab[Tab::New as usize],
            by_tab: by_tab.try_into().unwrap(),
            done_today: count(&format!(
                "lead WHERE closed_at >= {} AND EXISTS
                    (SELECT 1 FROM event WHERE lead = lead.id AND actor ->> '$.role' <> 'system'
                        AND what ->> '$.kind' NOT IN ('skipped', 'snoozed', 'undone'))",
                ms(ctx.midnight())
            )),
            to_send: count("outbox WHERE state IN ('held', 'waiting')"),
            parked: count("outbox WHERE state IN ('parked', 'kept')"),
        }
    }
}
