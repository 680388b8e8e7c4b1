//! Where leads come from and dispositions go: the trait, and its implementations.
//!
//! A [`Source`] is asked by the sync engine alone, which knows none by name. What it promises is small: it **pulls**
//! pages of changes after an opaque cursor, says what became of records that vanished (**reconcile**), fetches one
//! lead's whole context (**detail**), **plans** a disposition as steps that can be stored, **applies** one step, and
//! **probes** a step whose outcome it does not know. An [`Applied::Unknown`] always goes through a probe, never
//! through a blind resend.

pub mod backoff;
mod bound;
pub mod connect;
mod credential;
pub mod deliver;
pub mod demo;
pub mod export;
pub mod files;
pub mod http;
pub mod hub;
pub mod hubspot;
mod inert;
pub mod intake;
pub mod judge;
mod lately;
pub mod said;
pub mod salesforce;
pub mod tryton;
mod words;

use std::future::Future;
use std::pin::Pin;

use chrono::Duration;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::handoff::Time;
use crate::handoff::alert::Notice;
use crate::handoff::arrival::{Arrival, LeftOut, Word};
use crate::handoff::event::Event;
use crate::handoff::lead::LeadKey;
use crate::handoff::outbox::Base;

pub use credential::{Credential, Keep, Secret, Turn};

/// A source's answer, when it comes. Boxed, so that the engine can hold sources of any kind.
pub type Answer<'a, T> = Pin<Box<dyn Future<Output = Result<T, SourceError>> + Send + 'a>>;

/// A remote system that leads come from and dispositions go to.
pub trait Source: Send {
    /// The name in [`LeadKey::source`], such as `hubspot`.
    fn name(&self) -> &str;

    /// What it can do. Constant while it lives.
    fn capabilities(&self) -> Capabilities;

    /// The next page of what changed after `after`; everything from the start without one.
    fn pull(&mut self, after: Option<&Cursor>) -> Answer<'_, Page>;

    /// Comes back when there may be something new to pull. A source that does not say never comes back: it is asked
    /// again and again.
    fn news(&mut self) -> Pin<Box<dyn Future<Output = ()> + Send + '_>> {
        Box::pin(std::future::pending())
    }

    /// What the rep is to decide, told after this place (F72). Most sources tell nothing of the kind.
    fn notices(&mut self, after: Option<&Cursor>) -> Answer<'_, Notices> {
        let _ = after;
        Box::pin(async { Ok(Notices::default()) })
    }

    /// Says that the rep has seen the alert of this number.
    fn saw(&mut self, id: i64) -> Answer<'_, ()> {
        let _ = id;
        Box::pin(async { Ok(()) })
    }

    /// Which of these external ids are no longer there for us, and why.
    fn reconcile(&mut self, known: &[String]) -> Answer<'_, Vec<Tombstone>>;

    /// One lead with its whole trail and the parts of its score; nothing when it is not there, or is no lead for us.
    fn detail(&mut self, external_id: &str) -> Answer<'_, Option<Record>>;

    /// The steps by which a disposition is written there, in order; empty where there is nothing to write. What has to be
    /// known of the account for that is asked first. Nothing is written.
    fn plan(&mut self, disposition: &Disposition) -> Answer<'_, Vec<Step>>;

    /// Writes one step. An error means that nothing was written; where that is not known, [`Applied::Unknown`].
    fn apply(&mut self, step: &Step) -> Answer<'_, Applied>;

    /// What it is, and what there does not fit its configuration. Most have nothing to say.
    fn check(&mut self) -> Answer<'_, Vec<Finding>> {
        Box::pin(async { Ok(Vec::new()) })
    }

    /// Makes there what it would like to have and may make itself, and says what came of that. Most make nothing.
    fn create(&mut self) -> Answer<'_, Vec<Finding>> {
        Box::pin(async { Ok(Vec::new()) })
    }

    /// What it told of and could not be read here; it was left out, and is told of once.
    fn unread(&mut self) -> Vec<NotRead> {
        Vec::new()
    }

    /// Looks whether a step took hold. `tried` is how long ago it was begun last, by whichever program; nothing where it
    /// never was.
    fn probe(&mut self, step: &Step, tried: Option<Duration>) -> Answer<'_, Probe>;
}

/// Something that a source told of and that could not be read here.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NotRead {
    /// The record that was left out; nothing where it is not about one.
    pub external_id: Option<String>,
    /// What, or why a record was left out, in words.
    pub what: String,
}

impl NotRead {
    /// This record was left out.
    pub fn record(external_id: impl Into<String>, why: impl Into<String>) -> Self {
        Self { external_id: Some(external_id.into()), what: why.into() }
    }

    /// Something that is not about one record.
    pub fn other(what: impl Into<String>) -> Self {
        Self { external_id: None, what: what.into() }
    }

    /// For a person, with what its source is called.
    pub fn said(&self, source_name: &str) -> String {
        let left_out = if self.external_id.is_some() { "left out: " } else { "" };
        format!("{source_name}: {left_out}{}", self.what)
    }
}

/// What the id of an activity begins with that a disposition of ours left there.
pub const OWN: &str = "leadbox:";

/// The id of the activity that the disposition with this key left there.
pub fn own_activity(key: Uuid) -> String {
    format!("{OWN}{key}")
}

/// What was found when a source was looked at.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Finding {
    /// It does not fit.
    pub is_wrong: bool,
    /// What, in words.
    pub what: String,
    /// What to do about it.
    pub hint: Option<String>,
}

impl Finding {
    /// Something fits.
    pub fn good(what: impl Into<String>) -> Self {
        Self { is_wrong: false, what: what.into(), hint: None }
    }

    /// Something could be otherwise, and what that would take.
    pub fn note(what: impl Into<String>, hint: impl Into<String>) -> Self {
        Self { is_wrong: false, what: what.into(), hint: Some(hint.into()) }
    }

    /// Something does not, and what to do about it.
    pub fn bad(what: impl Into<String>, hint: impl Into<String>) -> Self {
        Self { is_wrong: true, what: what.into(), hint: Some(hint.into()) }
    }
}

/// What a source can do, as far as the engine acts differently by it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Capabilities {
    /// Dispositions can be written there. Where not, they leave by export.
    pub writes: bool,
    /// All steps of a disposition take hold together or not at all.
    pub atomic: bool,
    /// A step that was applied already can be applied again without harm.
    pub repeatable: bool,
    /// How a change made by somebody else in the meantime is noticed.
    pub conflicts: ConflictDetection,
    /// A write may be invisible to reads for so long, in seconds.
    pub read_lag: u32,
    /// It says by itself when there is news, see [`Source::news`]: it need not be asked again and again.
    pub tells_news: bool,
    /// Deleted records show up in [`Source::pull`]; where not, only [`Source::reconcile`] finds them.
    pub sees_deletes: bool,
    /// For which leads [`Source::detail`] has more than the pages.
    pub detail: Detail,
    /// It is asked for changes so often, in seconds.
    pub asked_every: u32,
}

/// For which leads the whole is fetched beside the pages of changes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Detail {
    /// The pages have all there is.
    None,
    /// They had all there was when the lead changed: the one in front is looked at again.
    Front,
    /// They have the record alone.
    All,
}

/// How a source notices that a record changed under us.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ConflictDetection {
    /// It refuses a write that names an older version.
    Strong,
    /// It refuses by time of change, which is coarse.
    Weak,
    /// It does not: one reads, compares and writes, and a small race remains.
    ReadCompare,
    /// There is nothing to conflict with.
    None,
}

/// How far one has read. Its text means something to its source only; it is stored as it is.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Cursor(pub String);

/// One page of changes.
#[derive(Clone, Debug, PartialEq)]
pub struct Page {
    /// What changed, oldest first.
    pub changes: Vec<Change>,
    /// Leads that were told of and cannot be read here.
    pub left_out: Vec<LeftOut>,
    /// Where the next page begins. Store it together with the changes.
    pub next: Cursor,
    /// There is more to be had at once.
    pub more: bool,
}

/// One page of what the rep is to decide.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Notices {
    /// The alerts, each with the id of its lead and whether it was seen, the oldest first.
    pub told: Vec<(String, Notice, bool)>,
    /// Where the next page begins.
    pub next: Option<Cursor>,
    /// There is more to be had at once.
    pub more: bool,
}

/// One change.
#[derive(Clone, Debug, PartialEq)]
pub enum Change {
    /// A lead is new or different.
    Upsert(Box<Record>),
    /// A lead is no longer there for us.
    Gone(Tombstone),
}

/// A lead as it is in its source now.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Record {
    /// The lead and its trail.
    pub arrival: Arrival,
    /// A hub's word on where it stands.
    pub word: Option<Word>,
}

/// A record that is no longer there for us.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Tombstone {
    /// Its id.
    pub external_id: String,
    /// What became of it.
    pub why: Gone,
    /// When, where that is told.
    pub at: Option<Time>,
}

/// Why a record is no longer there for us.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Gone {
    /// Deleted or archived.
    #[error("deleted there")]
    Deleted,
    /// Merged into the record with this id.
    #[error("united with {0}")]
    Merged(String),
    /// Given to another owner: who and why, as far as it is known.
    #[error("{0}")]
    Reassigned(String),
    /// Converted to a contact, account or opportunity.
    #[error("converted there")]
    Converted,
    /// The mapping passes it over now: it is no lead for us.
    #[error("no longer a lead there")]
    NoLead,
    /// It may exist, but we may not see it.
    #[error("no longer to be seen there")]
    NoAccess,
}

/// A disposition on its way out.
#[derive(Clone, Debug, PartialEq)]
pub struct Disposition {
    /// The idempotency key: the event's own id.
    pub key: Uuid,
    /// Which lead.
    pub lead: LeadKey,
    /// The record that the rep saw.
    pub base: Base,
    /// What was done.
    pub event: Event,
    /// By how much the time of it is ahead of what the machine's own clock showed.
    pub ahead: Duration,
    /// Whom it is about, where the credential is not the rep's own.
    pub people: People,
}

/// The people of a disposition that a hub writes for them with one credential, as their CRM may know them: short names of the
/// hub's say nothing there.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct People {
    /// The name of who did it; nothing where whoever signs in is that.
    pub by: Option<String>,
    /// Names, addresses or ids of who gets the lead, the surest first.
    pub to: Vec<String>,
}

/// One step of writing a disposition. Stored before it is applied, so that a crash cannot lose or double it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Step {
    /// The disposition it belongs to.
    pub key: Uuid,
    /// Its place in the plan, from 0.
    pub number: u8,
    /// What it does, for a person: `set the status to Unqualified`.
    pub what: String,
    /// The stage that it sets there, in the source's own word, if it does: our own change is known by it later.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sets: Option<String>,
    /// What its source needs to do it.
    pub body: serde_json::Value,
}

/// What came of applying a step.
#[derive(Clone, Debug, PartialEq)]
pub enum Applied {
    /// It took hold.
    Applied,
    /// It is kept there as a fact, and changes nothing about the lead, which is no longer ours or past it.
    Kept {
        /// What happened meanwhile, in words.
        why: String,
    },
    /// The record changed under us, and what the rep decided no longer fits: a person must look at both.
    Conflict {
        /// What happened meanwhile, in words.
        why: String,
        /// What it is now.
        now: Box<Change>,
    },
    /// The source will not have it, however often it is sent: a person must look.
    Rejected {
        /// Its reason, in words.
        why: String,
    },
    /// Not before then.
    Throttled {
        /// The earliest time to try again.
        until: Time,
    },
    /// The credentials no longer hold.
    AuthExpired,
    /// It may or may not have taken hold: probe.
    Unknown,
}

/// What a probe found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Probe {
    /// The step took hold.
    Committed,
    /// It took hold as a fact only, see [`Applied::Kept`].
    Kept {
        /// What happened meanwhile, in words.
        why: String,
    },
    /// It arrived, and the source will not have it, see [`Applied::Rejected`].
    Rejected {
        /// Its reason, in words.
        why: String,
    },
    /// It did not: it may be applied again.
    Absent,
    /// Reads lag behind writes: ask again in so many seconds.
    TooEarly {
        /// How long to wait, in seconds.
        lag: u32,
    },
}

/// Why a source could not answer. Nothing was written when this comes back.
#[derive(Debug, thiserror::Error)]
pub enum SourceError {
    /// No connection.
    #[error("{source_name} cannot be reached: {why}; it is tried again by itself")]
    Unreachable {
        /// Which source.
        source_name: String,
        /// What the network said.
        why: String,
    },
    /// Not before then.
    #[error("{source_name} asks to wait until {until}")]
    Throttled {
        /// Which source.
        source_name: String,
        /// The earliest time to try again.
        until: Time,
    },
    /// The credentials no longer hold.
    #[error("{source_name} no longer accepts our credentials; sign in again with {}", again(source_name))]
    AuthExpired {
        /// Which source.
        source_name: String,
    },
    /// It answered something that makes no sense.
    #[error("{source_name} answered something unexpected: {why}")]
    Protocol {
        /// Which source.
        source_name: String,
        /// What was wrong with it.
        why: String,
    },
    /// A cursor that this source never gave out, or that no longer fits.
    #[error("the place up to which {source_name} was read is not usable: {why}; it is read from the start again")]
    Cursor {
        /// Which source.
        source_name: String,
        /// What was wrong with it.
        why: String,
    },
    /// A file could not be read or understood.
    #[error(transparent)]
    Import(#[from] files::ImportError),
}

/// The command by which one signs in again.
fn again(source_name: &str) -> String {
    match source_name {
        hub::SOURCE => "`leadbox login`".to_owned(),
        name => format!("`leadbox source login {name}`"),
    }
}

impl SourceError {
    /// It does not answer, or not us, or not now: nothing is to be had from it, and nothing can be sent to it. Any other
    /// error is about what was asked for, and about nothing else.
    pub fn is_away(&self) -> bool {
        matches!(self, Self::Unreachable { .. } | Self::Throttled { .. } | Self::AuthExpired { .. })
    }
}
