//! The hub's log: every change, with who made it and what it was decided upon (F120, R124). It only grows; numbers have no
//! gaps, over all hubs; each entry has the hash of the one before it in its own. So an entry that was edited, deleted or
//! moved is found ([`verify`]), and one cut off at the end too, as long as the head was written down elsewhere ([`Anchor`]).

mod anchor;
mod tail;
mod verify;

#[cfg(test)]
mod tests;

use sha2::{Digest, Sha256};
use uuid::Uuid;

use super::db::{DbError, Row, Tx};

pub use anchor::{Anchor, AnchorError};
pub use tail::{Mark, Tail};
pub use verify::{Finding, MOST_FINDINGS, Report, verify};

/// SHA-256 of an entry, and of all before it.
pub type Hash = [u8; 32];

/// The hash before the first entry.
pub const GENESIS: Hash = [0; 32];

/// What is hashed first: which encoding it is. Another one has another number, and old entries keep theirs.
const ENCODING: &[u8] = b"leadbox log 1";

/// What is written into the log. Texts are JSON.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    /// Of which lead it speaks, and its number within that lead (from 1, without gaps); nothing if of none.
    pub lead: Option<(i64, i64)>,
    /// Its own id, the idempotency key of whatever made it.
    pub id: Uuid,
    /// When it happened, in milliseconds since 1970 UTC.
    pub at: i64,
    /// When the hub heard of it, likewise.
    pub received_at: i64,
    /// Who did it.
    pub actor: String,
    /// What it was.
    pub what: String,
    /// The clocks that it closed.
    pub closes: Option<String>,
    /// Version of the policy, and the inputs that it decided upon (R124).
    pub basis: Option<String>,
}

/// The log's last entry.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Head {
    /// Its number; 0 if there is none.
    pub n: i64,
    /// Its hash; [`GENESIS`] if there is none.
    pub hash: Hash,
}

/// An entry as it stands in the log.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Logged {
    /// Its number, from 1, without gaps.
    pub n: i64,
    /// What was written.
    pub entry: Entry,
    /// The hash of the entry before.
    pub prev: Hash,
    /// Its own hash.
    pub hash: Hash,
}

/// The columns that [`Logged::read`] wants, in this order.
pub const COLUMNS: &str = "n, lead, seq, id, at, received_at, actor, what, closes, basis, prev, hash";

impl Logged {
    /// From a row of [`COLUMNS`].
    ///
    /// # Errors
    /// If the row is not such a one.
    pub fn read(row: &Row) -> Result<Self, DbError> {
        let text = |column| row.opt_text(column).map(|text| text.map(str::to_owned));
        let entry = Entry {
            lead: row.opt_int(1)?.zip(row.opt_int(2)?),
            id: Uuid::from_bytes(row.array(3)?),
            at: row.int(4)?,
            received_at: row.int(5)?,
            actor: row.text(6)?.to_owned(),
            what: row.text(7)?.to_owned(),
            closes: text(8)?,
            basis: text(9)?,
        };
        Ok(Self { n: row.int(0)?, entry, prev: row.array(10)?, hash: row.array(11)? })
    }

    /// The hash that it should have: over every column, each told by its kind and length, so that no two entries are
    /// hashed alike.
    pub fn expected(&self) -> Hash {
        chain(&self.prev, self.n, &self.entry)
    }
}

/// The hash of an entry with this number after the one with that hash.
fn chain(prev: &Hash, n: i64, entry: &Entry) -> Hash {
    let mut hasher = Sha256::new();
    hasher.update(ENCODING);
    let mut field = |kind: u8, bytes: Option<&[u8]>| match bytes {
        None => hasher.update([b'0']),
        Some(bytes) => {
            hasher.update([kind]);
            hasher.update((bytes.len() as u64).to_be_bytes());
            hasher.update(bytes);
        }
    };
    let int = |int: i64| int.to_be_bytes();
    field(b'b', Some(prev));
    field(b'i', Some(&int(n)));
    field(b'i', entry.lead.map(|(lead, _)| int(lead)).as_ref().map(|bytes| &bytes[..]));
    field(b'i', entry.lead.map(|(_, seq)| int(seq)).as_ref().map(|bytes| &bytes[..]));
    field(b'b', Some(entry.id.as_bytes()));
    field(b'i', Some(&int(entry.at)));
    field(b'i', Some(&int(entry.received_at)));
    field(b't', Some(entry.actor.as_bytes()));
    field(b't', Some(entry.what.as_bytes()));
    field(b't', entry.closes.as_ref().map(String::as_bytes));
    field(b't', entry.basis.as_ref().map(String::as_bytes));
    hasher.finalize().into()
}

/// The log's last entry, as the database's head says.
///
/// # Errors
/// As the database says.
pub fn head(tx: &mut dyn Tx) -> Result<Head, DbError> {
    let rows = tx.query("SELECT n, hash FROM head WHERE one = 1", &[])?;
    let row = rows.first().ok_or_else(|| DbError::Damaged("the log has no head".to_owned()))?;
    Ok(Head { n: row.int(0)?, hash: row.array(1)? })
}

/// A hash as people read it.
pub fn hex(hash: &Hash) -> String {
    base16ct::lower::encode_string(hash)
}
