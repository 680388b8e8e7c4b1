//! By how much the machine's clock is off, as a hub's answers said last: for commands, and for an app that is opened
//! without the net. All that have the file open should see the same time, or they would stand its leads to and fro.

use chrono::Duration;
use rusqlite::OptionalExtension;

use super::{Store, StoreError};

/// The name under which it is kept, in milliseconds.
pub(super) const AHEAD: &str = "ahead";

impl Store {
    /// By how much the time of day is ahead of the machine's clock, as far as it was heard.
    pub fn ahead(&self) -> Result<Duration, StoreError> {
        let mut statement = self.conn.prepare_cached("SELECT value FROM meta WHERE name = ?1")?;
        let kept: Option<String> = statement.query_row([AHEAD], |row| row.get(0)).optional()?;
        Ok(kept.and_then(|kept| kept.parse().ok()).and_then(Duration::try_milliseconds).unwrap_or_default())
    }

    /// Keeps it.
    pub fn set_ahead(&mut self, ahead: Duration) -> Result<(), StoreError> {
        if self.ahead()? == ahead {
            return Ok(());
        }
        let tx = self.begin()?;
        tx.execute(
            "INSERT INTO meta (name, value) VALUES (?1, ?2) ON CONFLICT (name) DO UPDATE SET value = excluded.value",
            [AHEAD, &ahead.num_milliseconds().to_string()],
        )?;
        Ok(tx.commit()?)
    }
}
