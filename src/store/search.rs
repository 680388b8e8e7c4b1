//! Search as one types: words by full text, the order by the lists' own index.
//!
//! The full text knows which leads have a word, but not in which order one wants them. So its answer becomes a set
//! of numbers. A small set is looked up and sorted; a large one is met soon by walking the lists in their order.

use rusqlite::types::Value;
use rusqlite::{Connection, OptionalExtension, params_from_iter};

use super::clause::Clause;
use super::list::{self, Key};
use super::{Store, StoreError, rows};
use crate::handoff::Time;
use crate::handoff::lead::LeadId;
use crate::handoff::query::{Filter, Test};
use crate::handoff::summary::{Summary, Tab};

/// Up to so many found leads are looked up one by one.
const FEW: usize = 1000;

impl Store {
    /// Up to `limit` leads that pass, in the order of the lists: open ones by what is due first, then deferred ones,
    /// incomplete ones, closed ones. A lead that is named by its number comes first. Can be interrupted.
    pub fn search(&self, filter: &Filter, limit: usize, now: Time) -> Result<Vec<Summary>, StoreError> {
        let look = self.look()?;
        let clause = Clause::new(filter, now);
        let words = Words::find(&look, &clause)?;
        let named = named(&look, filter)?;
        let mut ids = Vec::from_iter(named);
        let found = match words.with.as_ref().filter(|set| set.len <= FEW) {
            Some(few) => look_up(&look, few, &clause, &words)?,
            None => walk(&look, &clause, &words, limit)?,
        };
        ids.extend(found.into_iter().filter(|&id| Some(id) != named));
        ids.truncate(limit);
        rows::summaries(&look, &ids)
    }
}

/// The lead whose number or id in its source is all that was typed.
fn named(conn: &Connection, filter: &Filter) -> Result<Option<LeadId>, StoreError> {
    let [term] = filter.terms.as_slice() else { return Ok(None) };
    let (Test::Words(words), false) = (&term.test, term.negated) else { return Ok(None) };
    let Ok(id) = words.replace(' ', "-").parse::<LeadId>() else { return Ok(None) };
    let mut statement = conn.prepare_cached("SELECT id FROM lead WHERE id = ?1")?;
    Ok(statement.query_row([id.0], |row| row.get(0)).optional()?.map(LeadId))
}

/// Few leads, sorted by hand.
fn look_up(conn: &Connection, few: &IdSet, clause: &Clause, words: &Words) -> Result<Vec<LeadId>, StoreError> {
    // New and working leads are one list by due time.
    let sql = format!("SELECT sort, rank, id, max(tab, 2) FROM lead WHERE id = ? {}", clause.sql);
    let mut statement = conn.prepare_cached(&sql)?;
    let mut found: Vec<(i64, Key)> = Vec::new();
    for id in few.iter().filter(|&id| words.pass(id)) {
        let values = std::iter::once(Value::Integer(id.0)).chain(clause.values.iter().cloned());
        found.extend(
            statement.query_row(params_from_iter(values), |row| Ok((row.get(3)?, list::key(row)?))).optional()?,
        );
    }
    found.sort_unstable();
    Ok(found.into_iter().map(|(_, key)| key.id).collect())
}

/// Walks the lists until there are enough.
fn walk(conn: &Connection, clause: &Clause, words: &Words, limit: usize) -> Result<Vec<LeadId>, StoreError> {
    let mut ids = Vec::new();
    for tabs in [&[Tab::New, Tab::Working] as &[Tab], &[Tab::Deferred], &[Tab::Data], &[Tab::Done]] {
        let select = |tab: &Tab| {
            let tab = *tab as i64;
            format!("SELECT sort, rank, id FROM lead INDEXED BY lead_tab WHERE tab = {tab} {}", clause.sql)
        };
        // SQLite merges the two as it goes; nothing is sorted.
        let sql =
            format!("{} ORDER BY sort, rank, id", tabs.iter().map(select).collect::<Vec<_>>().join(" UNION ALL "));
        let values: Vec<Value> = tabs.iter().flat_map(|_| clause.values.iter().cloned()).collect();
        let keys = list::passing(conn, &sql, &values, words, limit - ids.len())?;
        ids.extend(keys.into_iter().map(|key| key.id));
        if ids.len() >= limit || words.with.as_ref().is_some_and(|set| ids.len() >= set.len) {
            break;
        }
    }
    Ok(ids)
}

/// The leads that have the words of a filter, and those that have the unwanted ones.
#[derive(Default)]
pub(super) struct Words {
    with: Option<IdSet>,
    without: Option<IdSet>,
}

impl Words {
    /// Asks the full text.
    pub(super) fn find(conn: &Connection, clause: &Clause) -> Result<Self, StoreError> {
        let ask = |lists: &[String], join: &str| -> Result<Option<IdSet>, StoreError> {
            if lists.is_empty() {
                return Ok(None);
            }
            let asked: Vec<String> = lists.iter().map(|words| expression(words)).collect();
            IdSet::matching(conn, &asked.join(join)).map(Some)
        };
        Ok(Self { with: ask(&clause.with, " AND ")?, without: ask(&clause.without, " OR ")? })
    }

    /// Whether this lead passes.
    pub(super) fn pass(&self, id: LeadId) -> bool {
        self.with.as_ref().is_none_or(|set| set.contains(id))
            && self.without.as_ref().is_none_or(|set| !set.contains(id))
    }
}

/// Folded words as the full text wants them: each in quotes, the last one free to go on. Nothing but letters and
/// digits is left in them, so that nothing can be mistaken for syntax.
fn expression(words: &str) -> String {
    let quoted: Vec<String> = words.split(' ').map(|word| format!("\"{word}\"")).collect();
    format!("({}*)", quoted.join(" AND "))
}

/// A set of leads: one bit for each number.
#[derive(Default)]
struct IdSet {
    bits: Vec<u64>,
    len: usize,
}

impl IdSet {
    fn matching(conn: &Connection, expression: &str) -> Result<Self, StoreError> {
        let mut statement = conn.prepare_cached("SELECT rowid FROM lead_words WHERE lead_words MATCH ?1")?;
        let mut rows = statement.query([expression])?;
        let mut set = Self::default();
        while let Some(row) = rows.next()? {
            set.insert(row.get::<_, u32>(0)? as usize);
        }
        Ok(set)
    }

    fn insert(&mut self, id: usize) {
        let word = id / 64;
        if word >= self.bits.len() {
            self.bits.resize(word + 1, 0);
        }
        self.bits[word] |= 1 << (id % 64);
        self.len += 1;
    }

    fn contains(&self, id: LeadId) -> bool {
        usize::try_from(id.0).is_ok_and(|id| self.bits.get(id / 64).is_some_and(|word| word & (1 << (id % 64)) != 0))
    }

    fn iter(&self) -> impl Iterator<Item = LeadId> + '_ {
        let numbers =
            self.bits.iter().zip(0_i64..).flat_map(|(&word, n)| (0..64).map(move |bit| (word, bit, n * 64 + bit)));
        numbers.filter(|(word, bit, _)| word & (1 << bit) != 0).map(|(.., number)| LeadId(number))
    }
}
