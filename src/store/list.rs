//! Windows of a list: pages by key in the list's own order, at the same cost at any depth.

use rusqlite::{Connection, OptionalExtension};

use super::clause::Clause;
use super::scan::{Bound, Key, Scan};
use super::{Store, StoreError, rows};
use crate::handoff::Time;
use crate::handoff::lead::LeadId;
use crate::handoff::query::Filter;
use crate::handoff::summary::{Summary, Tab};

/// Where a window begins.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum From {
    /// At the first line.
    #[default]
    Top,
    /// So that it ends with the last line.
    End,
    /// Behind this place.
    After(Key),
    /// So that it ends before this place.
    Before(Key),
    /// So that this lead is in the middle, as far as there are lines.
    Around(LeadId),
}

/// Which lines are wanted.
#[derive(Clone, Debug, PartialEq)]
pub struct PageQuery {
    /// Of which tab.
    pub tab: Tab,
    /// From where.
    pub from: From,
    /// How many at the most.
    pub rows: usize,
    /// Only those that pass.
    pub filter: Filter,
    /// Now, for "due within" in the filter.
    pub now: Time,
}

/// A window of a list.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Page {
    /// The lines.
    pub rows: Vec<Summary>,
    /// The place of the first one.
    pub first: Option<Key>,
    /// The place of the last one.
    pub last: Option<Key>,
    /// The list may go on before it.
    pub more_before: bool,
    /// The list may go on behind it.
    pub more_after: bool,
    /// Which line is the lead that was asked for with [`From::Around`]; nothing if it is not in this list.
    pub at: Option<usize>,
}

impl Store {
    /// A window of a list. A filter that lets little pass walks far; it can be interrupted.
    pub fn page(&self, query: &PageQuery) -> Result<Page, StoreError> {
        let look = self.look()?;
        let clause = Clause::new(&query.filter, query.now);
        let mut scan = Scan::new(&look, &clause);
        let mut walk = |bound, limit| scan.keys(&[query.tab], bound, limit);
        let n = query.rows;
        let around = match query.from {
            From::Around(id) => key_of(&look, query.tab, id)?,
            _ => None,
        };
        // One more than wanted tells whether the list goes on.
        let (mut keys, more_before, more_after) = match query.from {
            From::After(key) => {
                let keys = walk(Bound::After(key), n + 1)?;
                let more = keys.len() > n;
                (keys, true, more)
            }
            From::End | From::Before(_) => {
                let (bound, more_after) = match query.from {
                    From::Before(key) => (Bound::Before(key), true),
                    _ => (Bound::End, false),
                };
                let mut keys = walk(bound, n + 1)?;
                let more = keys.len() > n;
                keys.truncate(n);
                keys.reverse();
                (keys, more, more_after)
            }
            From::Top | From::Around(_) => match around {
                None => {
                    let keys = walk(Bound::Top, n + 1)?;
                    let more = keys.len() > n;
                    (keys, false, more)
                }
                Some(key) => {
                    let behind = walk(Bound::From(key), n + 1)?;
                    let room = (n / 2).max(n.saturating_sub(behind.len()));
                    let mut before = walk(Bound::Before(key), room + 1)?;
                    let more_before = before.len() > room;
                    before.truncate(room);
                    let more_after = behind.len() > n - before.len();
                    let mut keys: Vec<Key> = before.into_iter().rev().collect();
                    keys.extend(behind);
                    (keys, more_before, more_after)
                }
            },
        };
        keys.truncate(n);
        let ids: Vec<LeadId> = keys.iter().map(|key| key.id).collect();
        Ok(Page {
            rows: rows::summaries(&look, &ids)?,
            first: keys.first().copied(),
            last: keys.last().copied(),
            more_before,
            more_after,
            at: around.and_then(|key| ids.iter().position(|&id| id == key.id)),
        })
    }
}

/// The place of a lead in this list, if it is in it.
fn key_of(conn: &Connection, tab: Tab, id: LeadId) -> Result<Option<Key>, StoreError> {
    let condition = if tab == Tab::Due { "is_due = ?2" } else { "tab = ?2" };
    let wanted = if tab == Tab::Due { 1 } else { tab as i64 };
    let mut statement =
        conn.prepare_cached(&format!("SELECT sort, rank, id FROM lead WHERE id = ?1 AND {condition}"))?;
    Ok(statement.query_row([id.0, wanted], Key::read).optional()?)
}
