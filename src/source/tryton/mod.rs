//! Tryton (8.2) as a source: its sale opportunities that are leads, over JSON-RPC. A rep's word is a state, a reason and a
//! note; nothing is written over what somebody else changed meanwhile, since each change names the record's time stamp.
//!
//! | File | What it does |
//! |---|---|
//! | `check` | what of an account does not fit |
//! | `rpc` | session, calls, and what its errors mean |
//! | `read` | fields, values, places |
//! | `write` | what a disposition is written as |

mod check;
mod read;
mod rpc;
mod write;

use std::collections::BTreeSet;

use chrono::Duration;
use serde_json::{Value as Json, json};

use super::files::RecordMapping;
use super::http::Site;
use super::judge::{Owner, Verdict, changed, conflict, judge, judge_gift};
use super::lately::Lately;
use super::said::Said;
use super::words::has_key;
use super::{
    Answer, Applied, Capabilities, Change, ConflictDetection, Cursor, Detail, Disposition, Finding, Gone, NotRead,
    Page, Probe, Record, Secret, Source, SourceError, Step, Tombstone,
};
use crate::handoff::Time;
use read::{HEAD, HEADS, Head, PAGE, Place, Told};
use rpc::{Rpc, Trouble};
use write::{Body, Deed};

const MODEL: &str = "sale.opportunity";
/// The mapping where the configuration names no other.
pub const MAPPING: &str = include_str!("../../../assets/mappings/crm-tryton.toml");
/// A change is tried so often where somebody else is quicker each time.
const TRIES: u32 = 4;
/// So many notes with a mark are looked at.
const CITED: usize = 20;
/// How often it is asked for changes, where the configuration does not say, in seconds.
pub const ASKED_EVERY: u32 = 30;

/// What the configuration says of an account at a Tryton.
pub struct Account {
    /// What the source is called.
    pub name: String,
    /// Its address, such as `https://tryton.example`.
    pub url: String,
    /// The database there.
    pub database: String,
    /// The user there.
    pub user: String,
    /// Gives the password.
    pub password: Secret,
    /// How records are read and written.
    pub mapping: RecordMapping,
    /// Whose leads: all that the user sees, else those of the user's own employee.
    pub of_all: bool,
    /// How often it is asked for changes, in seconds.
    pub asked_every: u32,
    /// The clock.
    pub clock: super::hub::Clock,
}

/// One account at a Tryton.
pub struct TrytonSource {
    name: String,
    rpc: Rpc,
    mapping: RecordMapping,
    of_all: bool,
    asked_every: u32,
    clock: super::hub::Clock,
    /// Where records are opened, but for their ids.
    link: String,
    /// The stamps of what was told lately.
    lately: Lately<i64, String>,
    /// What was said to a person already.
    said: Said,
    unread: Vec<NotRead>,
}

impl TrytonSource {
    /// The source for this account.
    ///
    /// # Errors
    /// Its address is none, or would send the password in the clear over a network.
    pub fn new(account: Account) -> Result<Self, String> {
        let Account { name, url, database, user, password, mapping, of_all, asked_every, clock } = account;
        let site = Site::new(&url, "a Tryton")?;
        let link = format!("{}/#{database}/model/{MODEL}/", url.trim_end_matches('/'));
        let rpc = Rpc::new(site, database, user, password);
        let (lately, said, unread) = (Lately::default(), Said::default(), Vec::new());
        Ok(Self { name, rpc, mapping, of_all, asked_every, clock, link, lately, said, unread })
    }

    fn error(&self, trouble: Trouble) -> SourceError {
        trouble.reading(&self.name, (self.clock)())
    }

    fn odd(&self, why: impl Into<String>) -> SourceError {
        SourceError::Protocol { source_name: self.name.clone(), why: why.into() }
    }

    /// Tells that a record was left out and why, once.
    fn leave_out(&mut self, id: impl ToString, why: String) {
        self.said.once(&mut self.unread, NotRead::record(id.to_string(), why));
    }

    /// These fields of the opportunities of a domain, by change and id.
    async fn search(&mut self, domain: Json, most: usize, fields: Json) -> Result<Vec<Json>, SourceError> {
        let order = json!([["last_modified_at", "ASC"], ["id", "ASC"]]);
        let params = vec![domain, json!(0), json!(most), order, fields];
        let rows = self.rpc.call(&format!("model.{MODEL}.search_read"), params, None).await;
        match rows.map_err(|trouble| self.error(trouble))? {
            Json::Array(rows) => Ok(rows),
            _ => Err(self.odd("its opportunities are no list")),
        }
    }

    async fn rows(&mut self, domain: Json, most: usize) -> Result<Vec<Told>, SourceError> {
        let fields = json!(read::fields(&self.mapping));
        let rows = self.search(domain, most, fields).await?;
        rows.into_iter().map(|row| Told::read(row).map_err(|why| self.odd(why))).collect()
    }

    async fn one(&mut self, id: i64) -> Result<Option<Told>, SourceError> {
        Ok(self.rows(json!([["id", "=", id]]), 1).await?.pop())
    }

    /// The employee whose leads are asked for; nothing where all are.
    async fn employee(&mut self) -> Result<Option<Json>, SourceError> {
        if self.of_all {
            return Ok(None);
        }
        if self.rpc.context().is_none() {
            // Any call begins the session.
            self.rows(json!([["id", "=", 0]]), 1).await?;
        }
        let employee = self.rpc.context().map(|context| context["employee"].clone()).unwrap_or_default();
        if employee.is_null() {
            let why = "its user is no employee there, so that no lead is theirs; an administrator can set that";
            return Err(self.odd(why));
        }
        Ok(Some(employee))
    }

    async fn page(&mut self, after: Option<&Cursor>) -> Result<Page, SourceError> {
        let bad = |why| SourceError::Cursor { source_name: self.name.clone(), why };
        let place = after.map(Place::of).transpose().map_err(bad)?;
        self.lately.come(after);
        let mut domain = place.as_ref().map_or(json!([]), Place::domain);
        if let (Some(employee), Some(conditions)) = (self.employee().await?, domain.as_array_mut()) {
            conditions.push(json!(["employee", "=", employee]));
        }
        let place = match place {
            Some(place) if !place.amid => {
                let page = self.news(domain, place).await?;
                self.lately.give(&page.next);
                return Ok(page);
            }
            place => place,
        };
        let rows = self.rows(domain, PAGE).await?;
        let more = rows.len() == PAGE;
        let end = place.unwrap_or(Place { at: Time::UNIX_EPOCH, id: 0, amid: false, found: 0 });
        let next = rows.last().map_or(Place { amid: false, ..end }, |row| Place::behind(&row.head, more));
        let page = Page { changes: self.changes(rows), left_out: Vec::new(), next: next.cursor(), more };
        self.lately.give(&page.next);
        Ok(page)
    }

    /// What changed since one was at the end: first only which, since one looks back and knows most of it.
    async fn news(&mut self, domain: Json, place: Place) -> Result<Page, SourceError> {
        self.lately.since(place.horizon());
        let heads = self.search(domain, HEADS, json!(HEAD)).await?;
        let heads: Vec<Head> =
            heads.iter().map(|row| Head::read(row).map_err(|why| self.odd(why))).collect::<Result<_, _>>()?;
        let is_new = |head: &&Head| self.lately.is_news(&head.id, &head.stamp);
        let new: Vec<Head> = heads.iter().filter(is_new).take(PAGE).cloned().collect();
        let more = heads.len() == HEADS || new.len() == PAGE;
        let last = if new.len() == PAGE { new.last() } else { heads.last() };
        // Whoever looks back and finds nothing new is still where they were.
        let next = match last {
            Some(last) if more || last.changed_at > place.at => Place::behind(last, more),
            _ if new.is_empty() => place,
            _ => Place { found: place.found.wrapping_add(1), ..place },
        };
        let ids: Vec<i64> = new.iter().map(|head| head.id).collect();
        let rows = if ids.is_empty() { Vec::new() } else { self.rows(json!([["id", "in", ids]]), PAGE).await? };
        Ok(Page { changes: self.changes(rows), left_out: Vec::new(), next: next.cursor(), more })
    }

    fn changes(&mut self, rows: Vec<Told>) -> Vec<Change> {
        let mut changes = Vec::new();
        for row in rows {
            let Head { id, stamp, changed_at } = row.head.clone();
            self.lately.note(id, changed_at, stamp);
            match row.record(&self.name, &self.mapping, &self.link) {
                Ok(Some(record)) => changes.push(Change::Upsert(Box::new(record))),
                Ok(None) => {
                    let external_id = id.to_string();
                    changes.push(Change::Gone(Tombstone { external_id, why: Gone::NoLead, at: None }));
                }
                Err(why) => self.unread.push(NotRead::record(id.to_string(), why)),
            }
        }
        changes
    }

    /// Nothing where the mapping passes it over, or cannot read it, which is told.
    fn record(&mut self, told: Told) -> Option<Record> {
        let id = told.head.id;
        told.record(&self.name, &self.mapping, &self.link).unwrap_or_else(|why| {
            self.leave_out(id, why);
            None
        })
    }

    /// One lead as it is now; nothing where it is not there, or is none for us.
    async fn whole(&mut self, id: i64) -> Result<Option<Record>, SourceError> {
        let own = self.employee().await?;
        let told = self.one(id).await?.filter(|told| is_of(told, own.as_ref()));
        Ok(told.and_then(|told| self.record(told)))
    }

    /// What became of these: those that are not there, and those that went to somebody else.
    async fn gone(&mut self, known: &[String]) -> Result<Vec<Tombstone>, SourceError> {
        let ids: BTreeSet<i64> = known.iter().filter_map(|id| id.parse().ok()).collect();
        let found = self.rows(json!([["id", "in", ids]]), ids.len()).await?;
        let own = self.employee().await?;
        let mut gone = Vec::new();
        for id in ids {
            let why = match found.iter().find(|row| row.head.id == id) {
                // It may be there, where this user does not see it.
                None => Gone::NoAccess,
                Some(row) if is_of(row, own.as_ref()) => {
                    match row.clone().record(&self.name, &self.mapping, &self.link) {
                        Ok(None) => Gone::NoLead,
                        _ => continue,
                    }
                }
                Some(row) => match &row.employee {
                    Some(name) => Gone::Reassigned(format!("given to {name}")),
                    None => Gone::Reassigned("it has no owner any more".into()),
                },
            };
            gone.push(Tombstone { external_id: id.to_string(), why, at: None });
        }
        Ok(gone)
    }

    fn body(&self, step: &Step) -> Result<Body, SourceError> {
        serde_json::from_value(step.body.clone()).map_err(|error| self.odd(format!("a step is unreadable: {error}")))
    }

    async fn write(&mut self, step: &Step) -> Result<Applied, SourceError> {
        let Body { id, base, deed } = self.body(step)?;
        for _ in 0..TRIES {
            let Some(now) = self.one(id).await? else {
                return Ok(Applied::Rejected { why: "it is no longer there, or not to be seen".into() });
            };
            let stamp = now.head.stamp.clone();
            let owner_id = now.owner_id();
            let owner = Owner { id: owner_id.as_deref(), name: now.employee.as_deref() };
            let (method, mut params) = match &deed {
                Deed::Move { to } => match judge(&base, to, &now.state, owner) {
                    Verdict::Done => return Ok(Applied::Applied),
                    Verdict::Changed(why) => return Ok(self.conflict(now, why)),
                    Verdict::Write => (write::button(to).unwrap_or_default(), Vec::new()),
                },
                Deed::Give { to } => {
                    let employee = match self.employee_named(to).await {
                        Ok(Some(employee)) => employee,
                        Ok(None) => {
                            let to = to.first().map(String::as_str).unwrap_or_default();
                            return Ok(Applied::Rejected { why: format!("no employee there is called {to}") });
                        }
                        Err(Trouble::Said(why)) => return Ok(Applied::Rejected { why }),
                        Err(trouble) => return Err(self.error(trouble)),
                    };
                    if now.employee_id == Some(employee) {
                        return Ok(Applied::Applied);
                    }
                    if let Some(why) = judge_gift(&base, owner) {
                        return Ok(self.conflict(now, why));
                    }
                    ("write", vec![json!({ "employee": employee })])
                }
                // A call of ours that was thought lost may have come through meanwhile.
                Deed::Note { .. } if self.is_noted(id, step).await? => return Ok(Applied::Applied),
                Deed::Note { text, lost_reason, decides } => {
                    let changed = decides.then(|| changed(&base, &now.state, owner));
                    if let Some(why) = changed.flatten() {
                        return Ok(self.conflict(now, why));
                    }
                    let mut values = json!({ "notes": [["create", [{ "message": text }]]] });
                    if let Some(reason) = lost_reason {
                        values["lost_reason"] = json!(reason);
                    }
                    ("write", vec![values])
                }
            };
            params.insert(0, json!([id]));
            let record = format!("{MODEL},{id}");
            match self.rpc.call(&format!("model.{MODEL}.{method}"), params, Some((&record, &stamp))).await {
                Ok(_) => return Ok(Applied::Applied),
                Err(Trouble::Changed) => {}
                Err(Trouble::Unknown(_) | Trouble::Silent(_)) => return Ok(Applied::Unknown),
                Err(Trouble::Said(why)) => return Ok(Applied::Rejected { why }),
                Err(trouble) => return Err(self.error(trouble)),
            }
        }
        Err(self.odd("somebody else changed it each time that it was to be written"))
    }

    /// The employee who has the first of these names or e-mail addresses that only one has.
    async fn employee_named(&mut self, names: &[String]) -> Result<Option<i64>, Trouble> {
        for name in names {
            let of = match name.contains('@') {
                true => json!([["party.contact_mechanisms.value", "=", name]]),
                false => json!([["party.name", "=", name]]),
            };
            let params = vec![of, json!(0), json!(2), Json::Null, json!(["id"])];
            let found = self.rpc.call("model.company.employee.search_read", params, None).await?;
            if let Some([one]) = found.as_array().map(Vec::as_slice) {
                return Ok(one["id"].as_i64());
            }
        }
        Ok(None)
    }

    fn conflict(&self, now: Told, why: String) -> Applied {
        let id = now.head.id.to_string();
        let now = now.record(&self.name, &self.mapping, &self.link);
        conflict(why, id, now.map(|now| now.map(|record| Change::Upsert(Box::new(record)))))
    }

    /// Whether the note of this step is there.
    async fn is_noted(&mut self, id: i64, step: &Step) -> Result<bool, SourceError> {
        let of = json!([
            ["resource", "=", format!("{MODEL},{id}")],
            ["message", "like", format!("%{}%", write::mark(step.key))],
        ]);
        // Whoever cites it does so after it was written.
        let params = vec![of, json!(0), json!(CITED), json!([["id", "ASC"]]), json!(["message"])];
        let found = self.rpc.call("model.ir.note.search_read", params, None).await;
        let found = match found {
            // It refuses to tell of the notes of what is not there, or not to be seen.
            Err(Trouble::Said(_)) if self.one(id).await?.is_none() => return Ok(false),
            found => found.map_err(|trouble| self.error(trouble))?,
        };
        let found = found.as_array().ok_or_else(|| self.odd("its notes are no list"))?;
        Ok(found.iter().any(|note| note["message"].as_str().is_some_and(|text| has_key(text, step.key))))
    }

    async fn look(&mut self, step: &Step) -> Result<Probe, SourceError> {
        let Body { id, deed, .. } = self.body(step)?;
        let is_there = match deed {
            Deed::Move { to } => self.one(id).await?.is_some_and(|now| now.state == to),
            Deed::Give { to } => {
                let employee = self.employee_named(&to).await.map_err(|trouble| self.error(trouble))?;
                employee.is_some() && self.one(id).await?.is_some_and(|now| now.employee_id == employee)
            }
            Deed::Note { .. } => self.is_noted(id, step).await?,
        };
        Ok(if is_there { Probe::Committed } else { Probe::Absent })
    }
}

/// Whether it is a lead of this employee's; any is where all are asked for.
fn is_of(row: &Told, own: Option<&Json>) -> bool {
    own.is_none_or(|own| own.as_i64() == row.employee_id)
}

impl Source for TrytonSource {
    fn name(&self) -> &str {
        &self.name
    }

    fn capabilities(&self) -> Capabilities {
        Capabilities {
            writes: true,
            atomic: false,
            repeatable: false,
            conflicts: ConflictDetection::Strong,
            read_lag: 0,
            tells_news: false,
            // It tells neither those that were deleted nor those of others.
            sees_deletes: false,
            // Notes do not change the record.
            detail: Detail::Front,
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
        std::mem::take(&mut self.unread)
    }

    fn reconcile(&mut self, known: &[String]) -> Answer<'_, Vec<Tombstone>> {
        let known = known.to_vec();
        Box::pin(async move { self.gone(&known).await })
    }

    fn detail(&mut self, external_id: &str) -> Answer<'_, Option<Record>> {
        let id = external_id.parse().unwrap_or_default();
        Box::pin(async move { self.whole(id).await })
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
