//! Looking through the log for what was done to it.

use std::fmt;

use super::{Anchor, COLUMNS, GENESIS, Hash, Head, Logged, head, hex};
use crate::hub::db::{DbError, Tx};

/// How many entries are read at once.
const SLICE: i64 = 500;

/// How many findings are told in full; the rest are counted.
pub const MOST_FINDINGS: usize = 100;

/// What the log looks like.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Report {
    /// Entries that were looked at.
    pub entries: u64,
    /// The last of them.
    pub end: Head,
    /// What is wrong, by place; the first [`MOST_FINDINGS`] of them.
    pub findings: Vec<Finding>,
    /// How many findings there are.
    pub found: u64,
}

impl Report {
    /// Nothing was done to the log, as far as it and the anchors can tell.
    pub fn is_whole(&self) -> bool {
        self.found == 0
    }

    fn add(&mut self, finding: Finding) {
        self.found += 1;
        if self.findings.len() < MOST_FINDINGS {
            self.findings.push(finding);
        }
    }
}

/// Something was done to the log.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Finding {
    /// Entries are missing within the log.
    Missing {
        /// The first.
        from: i64,
        /// The last.
        to: i64,
    },
    /// An entry is not what was written: it was edited, or another one was put in its place.
    Changed(i64),
    /// An entry does not follow the one before it: one of them was put there, or the log was written anew up to here.
    Unchained(i64),
    /// What is stored there is no entry at all.
    Unreadable {
        /// Where.
        n: i64,
        /// Why.
        why: String,
    },
    /// The log ends before its head: entries were cut off.
    CutOff {
        /// Its last entry.
        end: i64,
        /// The head's.
        head: i64,
    },
    /// The log goes on behind its head: entries were put there, or the head was put back.
    BehindHead {
        /// Its last entry.
        end: i64,
        /// The head's.
        head: i64,
    },
    /// The head has another hash than the last entry.
    Head(i64),
    /// The log does not reach what was written down elsewhere: entries were cut off, or an old copy was put back.
    BeforeAnchor {
        /// Its last entry.
        end: i64,
        /// The anchor's.
        anchor: i64,
    },
    /// Elsewhere another hash was written down for this entry: the log was written anew.
    OtherThanAnchor(i64),
}

impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Missing { from, to } if from == to => write!(f, "entry {from} is missing"),
            Self::Missing { from, to } => write!(f, "entries {from} to {to} are missing"),
            Self::Changed(n) => {
                write!(f, "entry {n} is not what was written: it was edited, or another put in its place")
            }
            Self::Unchained(n) => write!(f, "entry {n} does not follow the one before it"),
            Self::Unreadable { n, why } => write!(f, "entry {n} cannot be read: {why}"),
            Self::CutOff { end, head } => {
                write!(f, "the log ends with entry {end}, its head says {head}: it was cut off")
            }
            Self::BehindHead { end, head } => write!(f, "the log goes on to entry {end}, its head says {head}"),
            Self::Head(n) => write!(f, "the head's hash is not that of entry {n}"),
            Self::BeforeAnchor { end, anchor } => {
                write!(f, "the log ends with entry {end}, but {anchor} was written down elsewhere: it was cut off")
            }
            Self::OtherThanAnchor(n) => write!(f, "entry {n} is not the one that was written down elsewhere"),
        }
    }
}

/// Walks the whole log, however long, and compares it with its head and with the anchors, which are in the order in which
/// they were written. Run it as the system: a person sees a part of the log only.
///
/// # Errors
/// As the database says. What is wrong with the log is no error but in the report.
pub fn verify(tx: &mut dyn Tx, anchors: &[Anchor]) -> Result<Report, DbError> {
    let mut report = Report { entries: 0, end: Head { n: 0, hash: GENESIS }, findings: Vec::new(), found: 0 };
    let mut anchors: Vec<Anchor> = anchors.to_vec();
    anchors.sort_by_key(|anchor| anchor.head.n);
    let mut anchors = anchors.into_iter().peekable();
    let sql = format!("SELECT {COLUMNS} FROM log WHERE n > ?1 ORDER BY n LIMIT {SLICE}");
    // Entries are counted from 1, but somebody may have put some before.
    let mut from = i64::MIN;
    loop {
        let mut seen = 0;
        tx.each(&sql, &[from.into()], &mut |row| {
            seen += 1;
            from = row.int(0)?;
            let hash = look(&mut report, from, Logged::read(row).map_err(|error| error.to_string()));
            while let Some(anchor) = anchors.next_if(|anchor| anchor.head.n <= from) {
                // One for an entry that is missing is told by the gap; that before the first entry is known.
                let other = anchor.head.n == from && hash != Some(anchor.head.hash);
                if other {
                    report.add(Finding::OtherThanAnchor(from));
                }
            }
            Ok(())
        })?;
        if seen < SLICE {
            break;
        }
    }
    for anchor in anchors.filter(|anchor| anchor.head.n > 0) {
        report.add(Finding::BeforeAnchor { end: report.end.n, anchor: anchor.head.n });
    }
    let (end, head) = (report.end, head(tx)?);
    if end.n < head.n {
        report.add(Finding::CutOff { end: end.n, head: head.n });
    } else if end.n > head.n {
        report.add(Finding::BehindHead { end: end.n, head: head.n });
    } else if end.hash != head.hash {
        report.add(Finding::Head(head.n));
    }
    Ok(report)
}

/// Looks at one entry after those before. Its hash, if it has one.
fn look(report: &mut Report, n: i64, entry: Result<Logged, String>) -> Option<Hash> {
    let before = report.end;
    report.entries += 1;
    let follows = n == before.n + 1;
    if n > before.n + 1 {
        report.add(Finding::Missing { from: before.n + 1, to: n - 1 });
    }
    match entry {
        Err(why) => {
            report.add(Finding::Unreadable { n, why });
            report.end = Head { n, hash: GENESIS };
            None
        }
        Ok(entry) => {
            if entry.expected() != entry.hash {
                report.add(Finding::Changed(n));
            }
            if n < 1 || follows && entry.prev != before.hash {
                report.add(Finding::Unchained(n));
            }
            report.end = Head { n, hash: entry.hash };
            Some(entry.hash)
        }
    }
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Head { n, hash } = self.end;
        if self.is_whole() {
            return write!(f, "the log is whole: {} entries, the last with hash {}", self.entries, hex(&hash));
        }
        writeln!(f, "the log was tampered with, or damaged ({} findings up to entry {n}):", self.found)?;
        for finding in &self.findings {
            writeln!(f, "- {finding}")?;
        }
        let more = self.found - self.findings.len() as u64;
        if more > 0 { write!(f, "- and {more} more") } else { Ok(()) }
    }
}
