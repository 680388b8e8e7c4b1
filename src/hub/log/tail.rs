//! The end of the log within one transaction that writes: entries get their number and hash as they come, and are written
//! together, since one statement for many costs little more than one for each.

use super::super::db::{DbError, Tx, Value, insert_all};
use super::{COLUMNS, Entry, Head, Logged, chain, head};

/// The end of the log, with what is not written yet.
#[derive(Clone, Debug)]
pub struct Tail {
    head: Head,
    /// What came since this was read.
    entries: Vec<Logged>,
    /// So many of these are written.
    written: usize,
    /// The log's last number in the database.
    stored: i64,
}

/// How far a [`Tail`] had come.
#[derive(Clone, Copy, Debug)]
pub struct Mark {
    head: Head,
    entries: usize,
    written: usize,
    stored: i64,
}

impl Tail {
    /// As the database has it.
    ///
    /// # Errors
    /// As the database says.
    pub fn read(tx: &mut dyn Tx) -> Result<Self, DbError> {
        let head = head(tx)?;
        Ok(Self { head, entries: Vec::new(), written: 0, stored: head.n })
    }

    /// The last entry, written or not.
    pub fn head(&self) -> Head {
        self.head
    }

    /// Puts an entry at the end: its number and hash are those of the head now.
    pub fn push(&mut self, entry: Entry) {
        let (n, prev) = (self.head.n + 1, self.head.hash);
        let hash = chain(&prev, n, &entry);
        self.entries.push(Logged { n, entry, prev, hash });
        self.head = Head { n, hash };
    }

    /// Where it is now.
    pub fn mark(&self) -> Mark {
        Mark { head: self.head, entries: self.entries.len(), written: self.written, stored: self.stored }
    }

    /// Takes back what came since, as the database does with a savepoint that was made there: what was written meanwhile
    /// of the time before is written again.
    pub fn back_to(&mut self, mark: Mark) {
        self.entries.truncate(mark.entries);
        (self.head, self.written, self.stored) = (mark.head, mark.written, mark.stored);
    }

    /// Writes what is not written yet, but for the head.
    ///
    /// # Errors
    /// As [`Tx::later`]: then or later [`DbError::Taken`] if an entry of that id, or of that lead and number, is there
    /// already.
    pub fn write(&mut self, tx: &mut dyn Tx) -> Result<(), DbError> {
        let new = self.entries.get(self.written..).unwrap_or_default();
        insert_all(tx, &format!("log ({COLUMNS})"), new.iter().map(row).collect(), "")?;
        self.written = self.entries.len();
        Ok(())
    }

    /// Writes what is not written yet, and where the log ends.
    ///
    /// # Errors
    /// As [`Tail::write`]; the head is not where it was.
    pub fn end(&mut self, tx: &mut dyn Tx) -> Result<(), DbError> {
        self.write(tx)?;
        if self.stored == self.head.n {
            return Ok(());
        }
        let moved = tx.execute(
            "UPDATE head SET n = ?1, hash = ?2 WHERE one = 1 AND n = ?3",
            &[self.head.n.into(), self.head.hash.into(), self.stored.into()],
        )?;
        if moved != 1 {
            return Err(DbError::Damaged("the log's head moved while its lock was held".to_owned()));
        }
        self.stored = self.head.n;
        Ok(())
    }
}

fn row(logged: &Logged) -> Vec<Value> {
    let Logged { n, entry, prev, hash } = logged;
    let (lead, seq) = entry.lead.unzip();
    let mut row = vec![(*n).into(), lead.into(), seq.into(), (*entry.id.as_bytes()).into()];
    row.extend([entry.at.into(), entry.received_at.into(), (&entry.actor).into(), (&entry.what).into()]);
    row.extend([entry.closes.as_ref().into(), entry.basis.as_ref().into(), (*prev).into(), (*hash).into()]);
    row
}
