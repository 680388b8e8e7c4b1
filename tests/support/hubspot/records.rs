//! The records of all kinds: what each is now, what it was, and what search knows of it.

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use super::answer::iso;

/// Plural, singular and type id.
pub const KINDS: [(&str, &str, &str); 9] = [
    ("contacts", "contact", "0-1"),
    ("companies", "company", "0-2"),
    ("leads", "lead", "0-136"),
    ("calls", "call", "0-48"),
    ("emails", "email", "0-49"),
    ("meetings", "meeting", "0-47"),
    ("notes", "note", "0-46"),
    ("tasks", "task", "0-27"),
    ("communications", "communication", "0-18"),
];

/// A kind of record, by its plural.
pub type Kind = &'static str;

/// A record's name within the account.
pub type Key = (Kind, u64);

/// The kind of this name, in any spelling that paths allow.
pub fn kind(name: &str) -> Option<Kind> {
    KINDS.iter().find(|kind| [kind.0, kind.1, kind.2].contains(&name)).map(|kind| kind.0)
}

pub fn singular(kind: Kind) -> &'static str {
    KINDS.iter().find(|known| known.0 == kind).unwrap().1
}

pub fn type_id(kind: Kind) -> &'static str {
    KINDS.iter().find(|known| known.0 == kind).unwrap().2
}

/// Calls, e-mails and the like.
pub fn is_activity(kind: Kind) -> bool {
    !["contacts", "companies", "leads"].contains(&kind)
}

/// The property that says when a record was changed last.
pub fn modified_name(kind: Kind) -> &'static str {
    if kind == "contacts" { "lastmodifieddate" } else { "hs_lastmodifieddate" }
}

/// The property that says when a record was made.
pub fn created_name(kind: Kind) -> &'static str {
    if is_activity(kind) || kind == "leads" { "hs_createdate" } else { "createdate" }
}

/// One value that a property had.
#[derive(Clone, Debug)]
pub struct Version {
    pub value: String,
    pub at: i64,
    /// `CRM_UI` for a person, `INTEGRATION` for ours.
    pub source: &'static str,
}

/// A record.
#[derive(Clone, Debug)]
pub struct Record {
    pub id: u64,
    pub created: i64,
    pub modified: i64,
    pub archived: Option<i64>,
    /// By property, the newest first.
    pub values: BTreeMap<String, Vec<Version>>,
    pub links: BTreeSet<Key>,
}

impl Record {
    /// What a property is now; nothing where it is empty.
    pub fn value(&self, kind: Kind, name: &str) -> Option<Cow<'_, str>> {
        match name {
            "hs_object_id" => Some(Cow::Owned(self.id.to_string())),
            _ if name == modified_name(kind) => Some(Cow::Owned(iso(self.modified))),
            _ if name == created_name(kind) => Some(Cow::Owned(iso(self.created))),
            _ => self.text(name).map(Cow::Borrowed),
        }
    }

    /// What a property is now that is neither its id nor a time of its own.
    pub fn text(&self, name: &str) -> Option<&str> {
        self.values.get(name).map(|all| all[0].value.as_str()).filter(|text| !text.is_empty())
    }

    /// Sets a property, if it is another value.
    pub fn set(&mut self, name: &str, value: &str, at: i64, source: &'static str) {
        let all = self.values.entry(name.to_owned()).or_default();
        if all.first().is_none_or(|last| last.value != value) {
            all.insert(0, Version { value: value.to_owned(), at, source });
        }
    }
}

type Shelf = BTreeMap<Kind, BTreeMap<u64, Arc<Record>>>;

/// All records, and search's own idea of them.
#[derive(Default)]
pub struct Records {
    all: Shelf,
    found: Shelf,
    /// What search is still to learn, by when.
    pending: BTreeMap<(i64, u64), (Kind, Arc<Record>)>,
    /// Which our token may not see.
    pub hidden: BTreeSet<Key>,
    /// Losers of merges, and who won.
    pub merged: BTreeMap<Key, u64>,
    last: u64,
}

impl Records {
    /// A new record's id.
    pub fn next_id(&mut self) -> u64 {
        // As far apart as theirs are: nobody may count on them.
        self.last += 3;
        100_000_000 + self.last
    }

    /// Whatever there is by this id, archived or not.
    pub fn any(&self, kind: Kind, id: u64) -> Option<&Arc<Record>> {
        self.all.get(kind)?.get(&id).filter(|_| !self.hidden.contains(&(kind, id)))
    }

    /// The record, if it is there and to be seen.
    pub fn get(&self, kind: Kind, id: u64) -> Option<&Arc<Record>> {
        self.any(kind, id).filter(|record| record.archived.is_none())
    }

    /// The one whose property is this.
    pub fn by_value(&self, kind: Kind, name: &str, value: &str) -> Option<&Arc<Record>> {
        let is_it = |record: &&Arc<Record>| record.value(kind, name).is_some_and(|has| has.eq_ignore_ascii_case(value));
        self.all(kind).filter(|record| record.archived.is_none()).find(is_it)
    }

    /// All that are there, hidden ones too, by id.
    pub fn all(&self, kind: Kind) -> impl Iterator<Item = &Arc<Record>> {
        self.all.get(kind).into_iter().flat_map(BTreeMap::values)
    }

    /// Keeps a record; search learns of it at `seen`.
    pub fn put(&mut self, kind: Kind, record: Record, seen: i64) {
        if record.archived.is_some() {
            self.found.entry(kind).or_default().remove(&record.id);
        }
        let record = Arc::new(record);
        self.all.entry(kind).or_default().insert(record.id, Arc::clone(&record));
        self.last += 3;
        self.pending.insert((seen, self.last), (kind, record));
    }

    /// A record ends, for search as well.
    pub fn remove(&mut self, kind: Kind, id: u64) {
        self.all.entry(kind).or_default().remove(&id);
        self.found.entry(kind).or_default().remove(&id);
    }

    /// What search knows by now, in the order of ids, from this one on. What was archived or ended is none of it, at once.
    pub fn known(&mut self, kind: Kind, now: i64, from: u64) -> impl Iterator<Item = &Arc<Record>> {
        while let Some(next) = self.pending.first_entry().filter(|next| next.key().0 <= now) {
            let (of, record) = next.remove();
            let is = self.all.get(of).and_then(|all| all.get(&record.id));
            if is.is_some_and(|is| is.archived.is_none()) {
                self.found.entry(of).or_default().insert(record.id, record);
            }
        }
        let hidden = &self.hidden;
        let is_seen = move |record: &&Arc<Record>| hidden.is_empty() || !hidden.contains(&(kind, record.id));
        self.found.entry(kind).or_default().range(from..).map(|(_, record)| record).filter(is_seen)
    }
}
