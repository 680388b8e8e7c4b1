//! The calendars that the clocks ran on, so that an edit of the configuration never changes what was consumed before it.

use rusqlite::{Connection, OptionalExtension, params};

use super::{Store, StoreError, ms, time};
use crate::handoff::Time;
use crate::handoff::calendar::{Calendar, CalendarSpec};
use crate::handoff::policy::FormerCalendar;

/// So many calendars are remembered: a clock that ran through more edits counts its beginning by the oldest of them.
const REMEMBERED: i64 = 64;

impl Store {
    /// Says that the clocks run on `calendar` from `now` on, unless they do already, and returns those that they ran on
    /// before, in order. What was edited in between counts from here: the file cannot know when the editor was closed.
    pub fn adopt_calendar(&mut self, calendar: &Calendar, now: Time) -> Result<Vec<FormerCalendar>, StoreError> {
        // While somebody else is writing, this is left to the next opening.
        if newest(&self.conn)?.is_none_or(|(_, version)| version != calendar.version())
            && let Some(tx) = self.begin_if_free()?
        {
            let known = newest(&tx)?;
            // Another window may have been quicker.
            if known.as_ref().is_none_or(|(_, version)| version != calendar.version()) {
                // Never before the one that it follows, whatever this computer's clock says.
                let since = known.map_or(ms(now), |(since, _)| since.max(ms(now)));
                let spec = serde_json::to_string(&calendar.spec())?;
                let sql = "INSERT INTO calendar (since, version, name, spec) VALUES (?1, ?2, ?3, ?4)";
                tx.execute(sql, params![since, calendar.version(), calendar.name(), spec])?;
            }
            tx.commit()?;
        }
        self.former_calendars(calendar, now)
    }

    /// The calendars that the clocks ran on before `calendar`, each until the next one began. If it was not adopted yet,
    /// it is as if it were from `now` on.
    pub fn former_calendars(&self, calendar: &Calendar, now: Time) -> Result<Vec<FormerCalendar>, StoreError> {
        let mut statement =
            self.conn.prepare_cached("SELECT since, name, spec FROM calendar ORDER BY n DESC LIMIT ?1")?;
        let mut rows = statement.query([REMEMBERED])?;
        let mut former = Vec::new();
        let newest = newest(&self.conn)?.filter(|(_, version)| version != calendar.version());
        let mut until = newest.map(|(since, _)| time(since).max(now));
        while let Some(row) = rows.next()? {
            let since = time(row.get(0)?);
            if let Some(until) = until {
                let spec: CalendarSpec = serde_json::from_str(row.get_ref(2)?.as_str()?)?;
                // One whose zone this program does not know any more is passed over: the one before it counts on.
                if let Ok(calendar) = Calendar::from_spec(row.get_ref(1)?.as_str()?, &spec, since) {
                    former.push(FormerCalendar { until, calendar });
                }
            }
            until = Some(since);
        }
        former.reverse();
        Ok(former)
    }
}

/// Since when the newest calendar holds, and its version.
fn newest(conn: &Connection) -> Result<Option<(i64, String)>, StoreError> {
    let mut statement = conn.prepare_cached("SELECT since, version FROM calendar ORDER BY n DESC LIMIT 1")?;
    Ok(statement.query_row([], |row| Ok((row.get(0)?, row.get(1)?))).optional()?)
}
