//! HubSpot as a source, on its dated paths (`/2026-09/`): lead objects where the account has them, contacts otherwise.
//!
//! | File | What it does |
//! |---|---|
//! | `api`, `pacer` | calls, what their answers mean, and how fast they may come |
//! | `office`, `outcomes` | what the account has: owners, properties, stages, outcomes of calls |
//! | `check` | what there does not fit |
//! | `place` | how far one has read, and what one looks for next |
//! | `read` | records, and what stands beside them |
//! | `gone` | what became of known records |
//! | `detail`, `trail` | one lead with its score and its activities |
//! | `plan`, `write` | what a disposition is written as, and how it is written once |
//! | `markup` | the HTML of texts |

mod api;
mod check;
mod detail;
mod gone;
mod markup;
mod office;
mod outcomes;
mod pacer;
mod place;
mod plan;
mod read;
mod trail;
mod write;

use std::collections::{BTreeMap, BTreeSet, HashMap};

use chrono::Duration;
use uuid::Uuid;

pub use office::{Mappings, Mode};
pub use pacer::{Wait, by_the_wall};
pub use write::KEY;

use super::http::Site;
use super::said::Said;
use super::{
    Answer, Applied, Capabilities, Change, ConflictDetection, Cursor, Detail, Disposition, Finding, Gone, NotRead,
    Page, Probe, Record, Secret, Source, SourceError, Step, Tombstone,
};
use crate::handoff::score::Axis;
use api::{Api, Trouble};
use office::Office;
use place::{Place, Seen};
use read::{Beside, Row};
use write::Tried;

/// The version that paths carry.
const V: &str = "2026-09";
/// Where HubSpot is.
pub const URL: &str = "https://api.hubapi.com";
/// The mappings where the configuration names no others: for lead objects, and for contacts.
pub const LEADS: &str = include_str!("../../../assets/mappings/crm-hubspot-leads.toml");
/// For contacts.
pub const CONTACTS: &str = include_str!("../../../assets/mappings/crm-hubspot-contacts.toml");
/// How often it is asked for changes, where the configuration does not say, in seconds.
pub const ASKED_EVERY: u32 = 60;

/// A property in which an account keeps a score.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ScoreProperty {
    /// Which dimension it is about.
    pub axis: Axis,
    /// Whose it is: the lead object's, else the contact's.
    pub of_lead: bool,
    /// Its name.
    pub name: String,
}

/// What the configuration says of an account at HubSpot.
pub struct Account {
    /// What the source is called.
    pub name: String,
    /// Its address: [`URL`].
    pub url: String,
    /// Gives the token: a Service Key, or that of a private app.
    pub token: Secret,
    /// Whose leads: an owner's e-mail address or id; all without one.
    pub owner: Option<String>,
    /// Which records are its leads; without one it is found out at the first pull.
    pub mode: Option<Mode>,
    /// How records are read and written.
    pub mappings: Mappings,
    /// The scores of which the history is shown.
    pub scores: Vec<ScoreProperty>,
    /// How often it is asked for changes, in seconds.
    pub asked_every: u32,
    /// The clock.
    pub clock: super::hub::Clock,
    /// Lets that clock go on: [`by_the_wall`].
    pub wait: Wait,
}

/// One account at HubSpot.
pub struct HubspotSource {
    name: String,
    api: Api,
    owner: Option<String>,
    mode: Option<Mode>,
    mappings: Mappings,
    scores: Vec<ScoreProperty>,
    asked_every: u32,
    office: Option<Office>,
    seen: Seen,
    /// Whether activities of a kind have the unique property.
    keys: HashMap<String, bool>,
    /// Activities without it that were written lately.
    tried: BTreeMap<(Uuid, u8), Tried>,
    /// Records that the mapping passed over when they were read last.
    no_leads: BTreeSet<String>,
    unread: Vec<NotRead>,
    /// What was told of already.
    told: Said,
    /// What the account or the token has not got.
    lacks: BTreeSet<&'static str>,
}

impl HubspotSource {
    /// The source for this account.
    ///
    /// # Errors
    /// Its address is none, or would send the token in the clear over a network.
    pub fn new(account: Account) -> Result<Self, String> {
        let Account { name, url, token, owner, mode, mappings, scores, asked_every, clock, wait } = account;
        let api = Api::new(Site::new(&url, "HubSpot")?, token, clock, wait);
        Ok(Self {
            name,
            api,
            owner,
            mode,
            mappings,
            scores,
            asked_every,
            office: None,
            seen: Seen::default(),
            keys: HashMap::new(),
            tried: BTreeMap::new(),
            no_leads: BTreeSet::new(),
            unread: Vec::new(),
            told: Said::default(),
            lacks: BTreeSet::new(),
        })
    }

    /// Which records its leads are, once that is known.
    pub fn mode(&self) -> Option<Mode> {
        self.mode
    }

    fn error(&self, trouble: Trouble) -> SourceError {
        trouble.reading(&self.name)
    }

    fn odd(&self, why: impl Into<String>) -> SourceError {
        SourceError::Protocol { source_name: self.name.clone(), why: why.into() }
    }

    /// Tells of something, once.
    fn tell(&mut self, what: String) {
        self.told.once(&mut self.unread, NotRead::other(what));
    }

    /// Tells that a record was left out and why, once.
    fn leave_out(&mut self, id: impl ToString, why: String) {
        self.told.once(&mut self.unread, NotRead::record(id.to_string(), why));
    }

    /// Reads what the account has, where that is not known yet, or was long ago.
    async fn prepare(&mut self) -> Result<(), SourceError> {
        if self.office.as_ref().is_some_and(|office| !office.is_old(self.api.now())) {
            return Ok(());
        }
        let read = Office::read(&self.api, self.mode, self.owner.as_deref(), &self.mappings).await;
        let (office, unread) = read.map_err(|trouble| self.error(trouble))?;
        unread.into_iter().for_each(|what| self.tell(what));
        self.mode = Some(office.mode);
        self.office = Some(office);
        // Whoever got more rights since is asked again.
        self.keys.clear();
        self.lacks.clear();
        Ok(())
    }

    fn office(&self) -> Result<&Office, Trouble> {
        self.office.as_ref().ok_or_else(|| Trouble::Unsent("the account is not known yet".into()))
    }

    async fn page(&mut self, after: Option<&Cursor>) -> Result<Page, SourceError> {
        let bad = |why| SourceError::Cursor { source_name: self.name.clone(), why };
        let place = after.map(Place::of).transpose().map_err(bad)?;
        // What the leads were, they stay: a right that is taken away for an hour makes no lead out of each contact.
        self.mode = self.mode.or(place.map(|place| place.mode));
        self.prepare().await?;
        let mode = self.mode.unwrap_or(Mode::Leads);
        if place.is_some_and(|place| place.mode != mode) {
            let why = "it was read by another kind of record".to_owned();
            return Err(SourceError::Cursor { source_name: self.name.clone(), why });
        }
        let rest = place.unwrap_or(Place::start(mode));
        let now = self.api.now();
        self.seen.come(after, now);
        let place = rest.begin(now.timestamp_millis(), &mut self.seen);
        let (rows, new, more) = self.rows(&place).await.map_err(|trouble| self.error(trouble))?;
        let changes = self.changes(&new).await.map_err(|trouble| self.error(trouble))?;
        let next = place.after(rows.last().map(|row| row.id).filter(|_| more));
        let next = if new.is_empty() && !more && after.is_some() { next.or_still(rest) } else { next };
        let next = next.cursor();
        self.seen.give(&next, new.iter().map(|row| (row.id, row.changed)).collect());
        Ok(Page { changes, left_out: Vec::new(), next, more })
    }

    /// The next rows, those of them that are news, and whether there are more.
    async fn rows(&self, place: &Place) -> Result<(Vec<Row>, Vec<Row>, bool), Trouble> {
        let office = self.office()?;
        let told =
            self.api.post(&format!("/crm/objects/{V}/{}/search", place.mode.kind()), &place.search(office)).await?;
        let mut rows = read::rows(&told)?;
        rows.sort_unstable_by_key(|row| row.id);
        let new: Vec<Row> = rows.iter().filter(|row| !self.seen.has(row.id, row.changed)).cloned().collect();
        let total = told["total"].as_u64().and_then(|total| usize::try_from(total).ok());
        // As many as are known, and the first of them known: that is all of them.
        let is_known = new.is_empty() && !place.is_amid() && total == Some(self.seen.since(place.from));
        let more = rows.len() >= place::PAGE && !is_known;
        Ok((rows, new, more))
    }

    async fn changes(&mut self, rows: &[Row]) -> Result<Vec<Change>, Trouble> {
        let office = self.office()?;
        let beside = Beside::read(&self.api, office, rows).await?;
        let (mut changes, mut wrong, mut no_leads) = (Vec::new(), Vec::new(), Vec::new());
        for row in rows {
            let merged = row.merged().map(|external_id| {
                Change::Gone(Tombstone { external_id, why: Gone::Merged(row.id.to_string()), at: None })
            });
            changes.extend(merged);
            match read::record(row, &beside, office, self.mappings.of(office.mode), &self.name) {
                Ok(Some(record)) => {
                    changes.push(Change::Upsert(Box::new(record)));
                    no_leads.push((row.id, false));
                }
                Ok(None) => {
                    let external_id = row.id.to_string();
                    changes.push(Change::Gone(Tombstone { external_id, why: Gone::NoLead, at: None }));
                    no_leads.push((row.id, true));
                }
                Err(why) => wrong.push(NotRead::record(row.id.to_string(), why)),
            }
        }
        no_leads.into_iter().for_each(|(id, is_none)| self.note_lead(id, !is_none));
        self.unread.extend(wrong);
        Ok(changes)
    }

    /// Whether this record is a lead, by the mapping.
    fn note_lead(&mut self, id: u64, is_lead: bool) {
        if is_lead {
            self.no_leads.remove(&id.to_string());
        } else {
            self.no_leads.insert(id.to_string());
        }
    }

    async fn reconciled(&mut self, known: &[String]) -> Result<Vec<Tombstone>, SourceError> {
        self.prepare().await?;
        let gone = match self.office() {
            Ok(office) => gone::gone(&self.api, office, known).await,
            Err(trouble) => Err(trouble),
        };
        let mut gone = gone.map_err(|trouble| self.error(trouble))?;
        // What stands beside a record may have made it none, and no page tells of that.
        let is_none = |id: &&String| self.no_leads.contains(*id) && gone.iter().all(|told| told.external_id != **id);
        let none: Vec<Tombstone> = known
            .iter()
            .filter(is_none)
            .map(|id| Tombstone { external_id: id.clone(), why: Gone::NoLead, at: None })
            .collect();
        gone.extend(none);
        Ok(gone)
    }
}

impl Source for HubspotSource {
    fn name(&self) -> &str {
        &self.name
    }

    fn capabilities(&self) -> Capabilities {
        Capabilities {
            writes: true,
            atomic: false,
            // Not where activities have no unique property.
            repeatable: false,
            conflicts: ConflictDetection::ReadCompare,
            read_lag: write::LAG,
            tells_news: false,
            // A search finds neither what was archived nor what went to somebody else.
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

    fn create(&mut self) -> Answer<'_, Vec<Finding>> {
        Box::pin(self.created())
    }

    fn unread(&mut self) -> Vec<NotRead> {
        std::mem::take(&mut self.unread)
    }

    fn reconcile(&mut self, known: &[String]) -> Answer<'_, Vec<Tombstone>> {
        let known = known.to_vec();
        Box::pin(async move { self.reconciled(&known).await })
    }

    fn detail(&mut self, external_id: &str) -> Answer<'_, Option<Record>> {
        let id = external_id.to_owned();
        Box::pin(async move { self.whole(&id).await })
    }

    fn plan(&mut self, disposition: &Disposition) -> Answer<'_, Vec<Step>> {
        let disposition = disposition.clone();
        Box::pin(async move { self.planned(&disposition).await })
    }

    fn apply(&mut self, step: &Step) -> Answer<'_, Applied> {
        let step = step.clone();
        Box::pin(async move { self.write(&step).await })
    }

    fn probe(&mut self, step: &Step, tried: Option<Duration>) -> Answer<'_, Probe> {
        let step = step.clone();
        Box::pin(async move { self.look(&step, tried).await })
    }
}
