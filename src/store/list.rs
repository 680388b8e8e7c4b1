//! Windows of a list: pages by key in the list's own order, at the same cost at any depth.

use rusqlite::types::Value;
use rusqlite::{Connection, OptionalExtension, params_from_iter};

use super::clause::Clause;
use super::search::Words;
use super::{Store, StoreError, rows};
use crate::handoff::Time;
use crate::handoff::lead::LeadId;
use crate::handoff::query::Filter;
use crate::handoff::summary::{Summary, Tab};

/// A place in the order of a list: due first, then category and score, then number.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Key {
    /// What the list is sorted by first: a time, in milliseconds.
    pub sort: i64,
    /// Category and score, the better the lower.
    pub rank: i64,
    /// The lead.
    pub id: LeadId,
}

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
        let words = Words::find(&look, &clause)?;
        let walk = |bound, limit| keys(&look, query.tab, bound, &clause, &words, limit);
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
                    _ => (Bound::FromEnd, false),
                };
                let mut keys = walk(bound, n + 1)?;
                let more = keys.len() > n;
                keys.truncate(n);
                keys.reverse();
                (keys, more, more_after)
            }
            From::Top | From::Around(_) => match around {
                None => {
                    let keys = walk(Bound::FromTop, n + 1)?;
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

/// Where a walk begins, and in which direction it goes.
#[derive(Clone, Copy)]
enum Bound {
    FromTop,
    From(Key),
    After(Key),
    Before(Key),
    FromEnd,
}

/// The place of a lead in this list, if it is in it.
fn key_of(conn: &Connection, tab: Tab, id: LeadId) -> Result<Option<Key>, StoreError> {
    let condition = if tab == Tab::Due { "is_due = ?2" } else { "tab = ?2" };
    let wanted = if tab == Tab::Due { 1 } else { tab as i64 };
    let mut statement =
        conn.prepare_cached(&format!("SELECT sort, rank, id FROM lead WHERE id = ?1 AND {condition}"))?;
    Ok(statement.query_row([id.0, wanted], key).optional()?)
}

pub(super) fn key(row: &rusqlite::Row<'_>) -> rusqlite::Result<Key> {
    Ok(Key { sort: row.get(0)?, rank: row.get(1)?, id: LeadId(row.get(2)?) })
}

/// The places that pass, in the order of the walk, from an index alone where the filter allows.
fn keys(
    conn: &Connection,
    tab: Tab,
    bound: Bound,
    clause: &Clause,
    words: &Words,
    limit: usize,
) -> Result<Vec<Key>, StoreError> {
    let range = match tab {
        Tab::Due => "lead INDEXED BY lead_due WHERE is_due = 1".to_owned(),
        tab => format!("lead INDEXED BY lead_tab WHERE tab = {}", tab as i64),
    };
    let (bounds, order, key) = match bound {
        Bound::FromTop => ("", "ASC", None),
        Bound::From(key) => ("AND (sort, rank, id) >= (?, ?, ?)", "ASC", Some(key)),
        Bound::After(key) => ("AND (sort, rank, id) > (?, ?, ?)", "ASC", Some(key)),
        Bound::Before(key) => ("AND (sort, rank, id) < (?, ?, ?)", "DESC", Some(key)),
        Bound::FromEnd => ("", "DESC", None),
    };
    let sql = format!(
        "SELECT sort, rank, id FROM {range} {bounds} {} ORDER BY sort {order}, rank {order}, id {order}",
        clause.sql
    );
    let mut values: Vec<Value> =
        key.into_iter().flat_map(|key| [key.sort, key.rank, key.id.0].map(Value::Integer)).collect();
    values.extend(clause.values.iter().cloned());
    passing(conn, &sql, &values, words, limit)
}

/// Walks a query that yields places, and takes those whose words pass, until there are enough.
pub(super) fn passing(
    conn: &Connection,
    sql: &str,
    values: &[Value],
    words: &Words,
    limit: usize,
) -> Result<Vec<Key>, StoreError> {
    let mut statement = conn.prepare_cached(sql)?;
    let mut rows = statement.query(params_from_iter(values))?;
    let mut keys = Vec::new();
    while keys.len() < limit
        && let Some(row) = rows.next()?
    {
        let key = key(row)?;
        if words.pass(key.id) {
            keys.push(key);
        }
    }
    Ok(keys)
}
