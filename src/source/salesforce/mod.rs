//! Salesforce as a source: its leads, over REST (v67.0). A rep's word is a status and a task, which take hold together or not
//! at all; the task carries the disposition's key, by which one knows later whether it did.
//!
//! | File | What it does |
//! |---|---|
//! | `auth` | tokens and assertions |
//! | `pkce` | letting the app in, once |
//! | `rest` | calls, and what its errors mean |
//! | `schema` | which fields there are |
//! | `check` | what there does not fit |
//! | `fetch` | what changed, what is gone, one lead with all |
//! | `read` | leads, queries, places |
//! | `trail` | tasks, events, campaigns, e-mails, changes |
//! | `put` | writing a disposition, and looking whether it is there |
//! | `write` | what a disposition is written as |

mod auth;
mod check;
mod fetch;
mod give;
pub mod pkce;
mod put;
mod read;
mod rest;
mod schema;
mod trail;
mod write;

use std::collections::HashMap;
use std::sync::Arc;

use chrono::Duration;
use reqwest::Method;

pub use auth::Auth;

use super::files::RecordMapping;
use super::http::Site;
use super::lately::Lately;
use super::said::Said;
use super::{
    Answer, Applied, Capabilities, ConflictDetection, Cursor, Detail, Disposition, Finding, NotRead, Page, Probe,
    Record, Source, SourceError, Step, Tombstone,
};
use crate::handoff::Time;
use rest::{DATA, Rest, Trouble};
use schema::Schema;

/// The mapping where the configuration names no other.
pub const MAPPING: &str = include_str!("../../../assets/mappings/crm-salesforce.toml");
/// How often it is asked for changes, where the configuration does not say, in seconds.
pub const ASKED_EVERY: u32 = 60;
/// How long is believed what an object is made of.
const BELIEVED: chrono::Duration = chrono::Duration::hours(24);

/// What the configuration says of an account at Salesforce.
pub struct Account {
    /// What the source is called.
    pub name: String,
    /// The org's own address, such as `https://example.my.salesforce.com`.
    pub url: String,
    /// How one signs in.
    pub auth: Auth,
    /// The leads of all whom the user sees, not only their own.
    pub of_all: bool,
    /// How records are read and written.
    pub mapping: RecordMapping,
    /// How often it is asked for changes, in seconds.
    pub asked_every: u32,
    /// The clock.
    pub clock: super::hub::Clock,
}

/// One account at Salesforce.
pub struct SalesforceSource {
    name: String,
    rest: Rest,
    of_all: bool,
    mapping: RecordMapping,
    asked_every: u32,
    clock: super::hub::Clock,
    link: String,
    /// What objects are made of, and when that was read.
    schemas: HashMap<&'static str, (Time, Arc<Schema>)>,
    /// What of leads cannot be read there, and when that was found out.
    lacks: HashMap<&'static str, Time>,
    /// The leads that were told lately, as they were.
    lately: Lately<String, u64>,
    /// What was said to a person already.
    said: Said,
    unread: Vec<NotRead>,
}

impl SalesforceSource {
    /// The source for this account.
    ///
    /// # Errors
    /// Its address is none, or would send tokens in the clear over a network.
    pub fn new(account: Account) -> Result<Self, String> {
        let Account { name, url, auth, of_all, mapping, asked_every, clock } = account;
        let site = Site::new(&url, "a Salesforce")?;
        Ok(Self {
            name,
            rest: Rest::new(site, auth, clock.clone()),
            of_all,
            mapping,
            asked_every,
            clock,
            link: url.trim_end_matches('/').to_owned(),
            schemas: HashMap::new(),
            lacks: HashMap::new(),
            lately: Lately::default(),
            said: Said::default(),
            unread: Vec::new(),
        })
    }

    fn error(&self, trouble: Trouble) -> SourceError {
        trouble.reading(&self.name, (self.clock)())
    }

    fn odd(&self, why: impl Into<String>) -> SourceError {
        SourceError::Protocol { source_name: self.name.clone(), why: why.into() }
    }

    /// Says it to a person, once.
    fn tell(&mut self, what: String) {
        self.said.once(&mut self.unread, NotRead::other(what));
    }

    /// Tells that a record was left out and why, once.
    fn leave_out(&mut self, id: impl ToString, why: String) {
        self.said.once(&mut self.unread, NotRead::record(id.to_string(), why));
    }

    /// Whose leads are asked for: the user's who signed in; all that they see where there is none.
    async fn own(&mut self) -> Result<Option<String>, SourceError> {
        if self.of_all {
            return Ok(None);
        }
        let user = self.rest.entry.user().await.map_err(|trouble| self.error(trouble))?;
        user.map(Some).ok_or_else(|| self.odd("it does not say who signed in"))
    }

    /// What an object is made of for this user.
    async fn schema(&mut self, object: &'static str) -> Result<Arc<Schema>, SourceError> {
        let now = (self.clock)();
        if let Some((at, schema)) = self.schemas.get(object)
            && (now - *at).abs() < BELIEVED
        {
            return Ok(Arc::clone(schema));
        }
        let described = self.rest.call(Method::GET, &format!("{DATA}/sobjects/{object}/describe"), None).await;
        let described = described.map_err(|trouble| self.error(trouble))?;
        let schema = Schema::read(&described).ok_or_else(|| self.odd(format!("it does not say what a {object} is")))?;
        let schema = Arc::new(schema);
        self.schemas.insert(object, (now, Arc::clone(&schema)));
        Ok(schema)
    }
}

impl Source for SalesforceSource {
    fn name(&self) -> &str {
        &self.name
    }

    fn capabilities(&self) -> Capabilities {
        Capabilities {
            writes: true,
            atomic: true,
            // A task that somebody went on with would be set back.
            repeatable: false,
            conflicts: ConflictDetection::Weak,
            read_lag: 0,
            tells_news: false,
            // It tells those that were deleted, but not those of others.
            sees_deletes: false,
            detail: Detail::All,
            asked_every: self.asked_every,
        }
    }

    fn pull(&mut self, after: Option<&Cursor>) -> Answer<'_, Page> {
        let after = after.cloned();
        Box::pin(async move { self.page(after.as_ref()).await })
    }

    fn check(&mut self) -> Answer<'_, Vec<Finding>> {
        Box::pin(self.findings())
    }

    fn unread(&mut self) -> Vec<NotRead> {
        for told in self.rest.entry.told() {
            self.tell(told);
        }
        std::mem::take(&mut self.unread)
    }

    fn reconcile(&mut self, known: &[String]) -> Answer<'_, Vec<Tombstone>> {
        let known = known.to_vec();
        Box::pin(async move { self.gone(&known).await })
    }

    fn detail(&mut self, external_id: &str) -> Answer<'_, Option<Record>> {
        let id = external_id.to_owned();
        Box::pin(async move { self.whole(&id).await })
    }

    fn plan(&mut self, disposition: &Disposition) -> Answer<'_, Vec<Step>> {
        let steps = write::plan(disposition, &self.mapping.write);
        Box::pin(async { Ok(steps) })
    }

    fn apply(&mut self, step: &Step) -> Answer<'_, Applied> {
        let step = step.clone();
        Box::pin(async move { self.write(&step).await })
    }

    fn probe(&mut self, step: &Step, _tried: Option<Duration>) -> Answer<'_, Probe> {
        let step = step.clone();
        Box::pin(async move { self.look(&step).await })
    }
}
