//! What a source hands over for one lead: the record and its trail.

use std::collections::BTreeSet;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::sync::Arc;

use serde::{Deserialize, Serialize};

use super::Time;
use super::activity::Activity;
use super::event::Event;
use super::lead::Lead;
use super::score::Axis;
use super::state::Handoff;
use super::unread::Unread;

/// One lead as it comes from its source, with what the source knows of its trail.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Arrival {
    /// The record.
    pub lead: Lead,
    /// Its trail, in no particular order.
    #[serde(default)]
    pub trail: Vec<Activity>,
    /// What of the record the source spoke of: all the rest stays as it is known. Nothing where it tells everything.
    #[serde(skip)]
    pub told: Option<Arc<Told>>,
}

/// A hub's word on a lead: where it stands by the hub's own events. A laptop folds what it has not sent yet over it.
#[derive(Clone, Debug, PartialEq)]
pub struct Word {
    /// The lead's version there; a higher one is newer.
    pub version: i64,
    /// The record as it stands there: all but the key, the owner and the stage, by which it is known here.
    pub record: Unread<Lead>,
    /// Where it stands.
    pub handoff: Handoff,
    /// What happened to it, the oldest first.
    pub history: Unread<Vec<Event>>,
}

/// A lead that a hub told of and that cannot be read here: a newer program may read it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LeftOut {
    /// Its number there.
    pub external_id: String,
    /// Its version there.
    pub version: i64,
    /// Since when it is known there, if that can be read.
    pub created_at: Option<Time>,
}

/// A part of a record of which a source can speak.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Part {
    /// A field: the group that it belongs to (empty for the lead's own), and its name there.
    Field(&'static str, &'static str),
    /// A contribution to the score.
    Points(Axis, String),
    /// A pre-flight item.
    Preflight(String),
    /// One of the extras.
    Extra(String),
}

/// The parts of a record that a source spoke of, be it to say that there is nothing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Told {
    parts: BTreeSet<Part>,
    fingerprint: u64,
}

impl Told {
    /// The parts that both spoke of together.
    pub fn with(&self, other: &Self) -> Self {
        self.parts.union(&other.parts).cloned().collect()
    }

    /// Whether it spoke of this.
    pub fn has(&self, part: &Part) -> bool {
        self.parts.contains(part)
    }

    /// Whether it spoke of this field.
    pub fn has_field(&self, group: &'static str, name: &'static str) -> bool {
        self.has(&Part::Field(group, name))
    }

    /// All of them.
    pub fn parts(&self) -> impl Iterator<Item = &Part> {
        self.parts.iter()
    }

    /// A number that differs when the parts do.
    pub fn fingerprint(&self) -> u64 {
        self.fingerprint
    }
}

impl FromIterator<Part> for Told {
    fn from_iter<I: IntoIterator<Item = Part>>(parts: I) -> Self {
        let parts = BTreeSet::from_iter(parts);
        let mut hasher = DefaultHasher::new();
        parts.hash(&mut hasher);
        Self { parts, fingerprint: hasher.finish() }
    }
}
