//! Finding leads in the order of the lists, whatever is asked of them.
//!
//! The lists' index knows the order, the full text knows which leads have a word, and neither knows the other. So:
//! what is common is met soon by walking the index; of what is rare the full text names few, which are looked up and
//! sorted by hand; what is neither is walked with the full text's answer as a set of numbers.

use rusqlite::types::Value;
use rusqlite::{Connection, OptionalExtension, Row, params_from_iter};

use super::StoreError;
use super::clause::Clause;
use crate::handoff::lead::LeadId;
use crate::handoff::summary::Tab;

/// So many lines are walked before the full text is asked.
const NEAR: usize = if cfg!(test) { 5 } else { 400 };
/// Up to so many leads are looked up one by one.
const FEW: usize = if cfg!(test) { 20 } else { 1000 };

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

impl Key {
    pub(super) fn read(row: &Row<'_>) -> rusqlite::Result<Self> {
        Ok(Self { sort: row.get(0)?, rank: row.get(1)?, id: LeadId(row.get(2)?) })
    }
}

/// Where a scan begins, and in which direction it goes.
#[derive(Clone, Copy)]
pub(super) enum Bound {
    Top,
    From(Key),
    After(Key),
    Before(Key),
    End,
}

impl Bound {
    fn is_backward(self) -> bool {
        matches!(self, Self::Before(_) | Self::End)
    }

    /// As SQL, with the key that stands for its question marks.
    fn sql(self) -> (&'static str, Option<Key>) {
        match self {
            Self::Top | Self::End => ("", None),
            Self::From(key) => ("AND (sort, rank, id) >= (?, ?, ?)", Some(key)),
            Self::After(key) => ("AND (sort, rank, id) > (?, ?, ?)", Some(key)),
            Self::Before(key) => ("AND (sort, rank, id) < (?, ?, ?)", Some(key)),
        }
    }
}

/// How the conditions on the row are asked on a walk.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Ask {
    /// Only lines that pass are met.
    InSql,
    /// Every line is met, with the answer.
    EachLine,
    /// Not at all, so that the index is enough.
    Nothing,
}

/// Looks for what passes one filter, list after list.
pub(super) struct Scan<'a> {
    conn: &'a Connection,
    clause: &'a Clause,
    words: Words,
}

/// What is known of the words of the filter.
enum Words {
    /// Nothing yet: each lead is asked.
    Unasked,
    /// These few leads may pass.
    Few(Vec<LeadId>),
    /// These leads have all the words.
    Many(IdSet),
}

impl<'a> Scan<'a> {
    pub(super) fn new(conn: &'a Connection, clause: &'a Clause) -> Self {
        Self { conn, clause, words: Words::Unasked }
    }

    /// Up to `limit` places that pass in these lists, which are taken for one, in their order.
    pub(super) fn keys(&mut self, tabs: &[Tab], bound: Bound, limit: usize) -> Result<Vec<Key>, StoreError> {
        if tabs.is_empty() || limit == 0 {
            return Ok(Vec::new());
        }
        let Clause { with, hints, .. } = self.clause;
        if matches!(self.words, Words::Unasked) && !(with.is_empty() && hints.is_empty()) {
            if let Some(keys) = self.walk_near(tabs, bound, limit)? {
                return Ok(keys);
            }
            self.words = self.ask()?;
        }
        match &self.words {
            Words::Unasked => self.walk(tabs, bound, limit),
            Words::Few(ids) => self.look_up(ids, tabs, bound, limit),
            Words::Many(set) => self.walk_set(set, tabs, bound, limit),
        }
    }

    /// Walks the lists by what the row alone can say, until there are enough.
    fn walk(&self, tabs: &[Tab], bound: Bound, limit: usize) -> Result<Vec<Key>, StoreError> {
        let mut keys = Vec::new();
        self.each(tabs, bound, Ask::InSql, |key, _| {
            if self.has_words(key.id, false)? {
                keys.push(key);
            }
            Ok(keys.len() < limit)
        })?;
        Ok(keys)
    }

    /// Walks only the nearest lines; nothing if they are not enough and there are more.
    fn walk_near(&self, tabs: &[Tab], bound: Bound, limit: usize) -> Result<Option<Vec<Key>>, StoreError> {
        let (mut keys, mut left) = (Vec::new(), NEAR);
        let is_all = self.each(tabs, bound, Ask::EachLine, |key, passes| {
            if passes && self.has_words(key.id, false)? {
                keys.push(key);
            }
            left -= 1;
            Ok(keys.len() < limit && left > 0)
        })?;
        Ok((is_all || keys.len() == limit).then_some(keys))
    }

    /// Walks the lists' index alone, and asks only those in the set for the rest.
    fn walk_set(&self, set: &IdSet, tabs: &[Tab], bound: Bound, limit: usize) -> Result<Vec<Key>, StoreError> {
        let clause = self.clause;
        let mut row = self.conn.prepare_cached(&format!("SELECT 1 FROM lead WHERE id = ?{}", clause.sql))?;
        let mut keys = Vec::new();
        self.each(tabs, bound, Ask::Nothing, |key, _| {
            if set.contains(key.id) {
                let values = std::iter::once(Value::Integer(key.id.0)).chain(clause.values.iter().cloned());
                let passes = clause.sql.is_empty() || row.exists(params_from_iter(values))?;
                if passes && self.has_words(key.id, true)? {
                    keys.push(key);
                }
            }
            Ok(keys.len() < limit)
        })?;
        Ok(keys)
    }

    /// Goes along these lists as if they were one, for as long as `visit` wants, which hears of each line whether
    /// its row passes. Says whether it came to the end.
    fn each(
        &self,
        tabs: &[Tab],
        bound: Bound,
        ask: Ask,
        mut visit: impl FnMut(Key, bool) -> Result<bool, StoreError>,
    ) -> Result<bool, StoreError> {
        let (bounds, key) = bound.sql();
        let (conditions, column) = match ask {
            Ask::InSql => (self.clause.sql.as_str(), "1".to_owned()),
            Ask::EachLine => ("", format!("(1{})", self.clause.sql)),
            Ask::Nothing => ("", "1".to_owned()),
        };
        let is_by_due = tabs.iter().all(|tab| matches!(tab, Tab::Due | Tab::New | Tab::Working));
        let (along_due, due) = self.clause.along_due();
        let along_due = if is_by_due { along_due.as_str() } else { "" };
        let select = |&tab: &Tab| {
            let range = match tab {
                Tab::Due => "INDEXED BY lead_due WHERE is_due = 1".to_owned(),
                tab => format!("INDEXED BY lead_tab WHERE tab = {}", tab as i64),
            };
            format!("SELECT sort, rank, id, {column} FROM lead {range} {bounds}{along_due}{conditions}")
        };
        let order = if bound.is_backward() { "sort DESC, rank DESC, id DESC" } else { "sort, rank, id" };
        // SQLite merges several lists as it goes; nothing is sorted.
        let selects: Vec<String> = tabs.iter().map(select).collect();
        let mut statement = self.conn.prepare_cached(&format!("{} ORDER BY {order}", selects.join(" UNION ALL ")))?;
        let of_key = key.into_iter().flat_map(|key| [key.sort, key.rank, key.id.0].map(Value::Integer));
        let of_due = due.filter(|_| is_by_due);
        let of_clause = self.clause.values.iter().filter(|_| ask != Ask::Nothing).cloned();
        let values: Vec<Value> = if ask == Ask::EachLine {
            of_clause.chain(of_key).chain(of_due).collect()
        } else {
            of_key.chain(of_due).chain(of_clause).collect()
        };
        let mut rows = statement.query(params_from_iter(tabs.iter().flat_map(|_| &values)))?;
        while let Some(row) = rows.next()? {
            if !visit(Key::read(row)?, row.get(3)?)? {
                return Ok(false);
            }
        }
        Ok(true)
    }

    /// The few that pass, sorted by hand.
    fn look_up(&self, ids: &[LeadId], tabs: &[Tab], bound: Bound, limit: usize) -> Result<Vec<Key>, StoreError> {
        let (bounds, key) = bound.sql();
        let is_in = match tabs {
            [Tab::Due] => "is_due = 1".to_owned(),
            tabs => {
                let tabs: Vec<String> = tabs.iter().map(|&tab| (tab as i64).to_string()).collect();
                format!("tab IN ({})", tabs.join(", "))
            }
        };
        let sql = format!("SELECT sort, rank, id FROM lead WHERE id = ? AND {is_in} {bounds}{}", self.clause.sql);
        let mut statement = self.conn.prepare_cached(&sql)?;
        let mut keys = Vec::new();
        for &id in ids {
            let of_key = key.into_iter().flat_map(|key| [key.sort, key.rank, key.id.0]);
            let first = std::iter::once(id.0).chain(of_key).map(Value::Integer);
            let values = first.chain(self.clause.values.iter().cloned());
            let found = statement.query_row(params_from_iter(values), Key::read).optional()?;
            if let Some(key) = found
                && self.has_words(id, false)?
            {
                keys.push(key);
            }
        }
        keys.sort_unstable();
        if bound.is_backward() {
            keys.reverse();
        }
        keys.truncate(limit);
        Ok(keys)
    }

    /// Whether the lead's own words pass. Where the full text said so already, only what it cannot know is asked:
    /// whether words stand in a row, and which are missing.
    fn has_words(&self, id: LeadId, is_in_set: bool) -> Result<bool, StoreError> {
        let Clause { with, without, .. } = self.clause;
        let asked = |words: &&String| !is_in_set || words.contains(' ');
        if without.is_empty() && !with.iter().any(|words| asked(&words)) {
            return Ok(true);
        }
        let mut statement = self.conn.prepare_cached("SELECT words FROM lead_record WHERE lead = ?1")?;
        let mut rows = statement.query([id.0])?;
        let Some(row) = rows.next()? else { return Ok(false) };
        let text = row.get_ref(0)?.as_str()?;
        let has = |words: &String| {
            let begins = text.strip_prefix(words.as_str()).is_some();
            begins || text.contains(&format!(" {words}"))
        };
        Ok(with.iter().filter(asked).all(has) && !without.iter().any(has))
    }

    /// Asks the full text: first for each word, in the hope that one is rare, then for all at once.
    fn ask(&self) -> Result<Words, StoreError> {
        let lists = self.clause.with.iter().chain(&self.clause.hints);
        let mut words: Vec<String> = Vec::new();
        for list in lists {
            words.extend(list.split(' ').map(|word| format!("\"{word}\"")));
            // Only the last one in a row may go on.
            if let Some(last) = words.last_mut() {
                last.push('*');
            }
        }
        // The longest is probably the rarest.
        words.sort_by_key(|word| std::cmp::Reverse(word.len()));
        for word in &words {
            let ids = self.matching(word, FEW + 1)?;
            if ids.len() <= FEW {
                return Ok(Words::Few(ids));
            }
        }
        let ids = self.matching(&words.join(" AND "), usize::MAX)?;
        Ok(if ids.len() <= FEW { Words::Few(ids) } else { Words::Many(IdSet::from_iter(ids)) })
    }

    /// Nothing but letters and digits is in the words, and each is in quotes, so that none is mistaken for syntax.
    fn matching(&self, expression: &str, limit: usize) -> Result<Vec<LeadId>, StoreError> {
        let mut statement = self.conn.prepare_cached("SELECT rowid FROM lead_words WHERE lead_words MATCH ?1")?;
        let mut rows = statement.query([expression])?;
        let mut ids = Vec::new();
        while ids.len() < limit
            && let Some(row) = rows.next()?
        {
            ids.push(LeadId(row.get(0)?));
        }
        Ok(ids)
    }
}

/// A set of leads: one bit for each number.
#[derive(Default)]
struct IdSet(Vec<u64>);

impl IdSet {
    /// The word that holds a number's bit, and the bit.
    fn place(id: LeadId) -> (usize, u64) {
        (usize::try_from(id.0 / 64).unwrap_or_default(), 1 << (id.0 % 64))
    }

    fn contains(&self, id: LeadId) -> bool {
        let (word, bit) = Self::place(id);
        self.0.get(word).is_some_and(|bits| bits & bit != 0)
    }
}

impl FromIterator<LeadId> for IdSet {
    fn from_iter<I: IntoIterator<Item = LeadId>>(ids: I) -> Self {
        let mut set = Self::default();
        for id in ids {
            let (word, bit) = Self::place(id);
            if word >= set.0.len() {
                set.0.resize(word + 1, 0);
            }
            set.0[word] |= bit;
        }
        set
    }
}
