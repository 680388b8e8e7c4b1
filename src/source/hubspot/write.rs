//! Writing: each step so that it takes hold once. An activity carries the disposition's key in a unique property, where the
//! account has one, and may be written again; else in its text, by which it is found again after a while.

use std::collections::{BTreeMap, BTreeSet};

use chrono::TimeDelta;
use reqwest::Method;
use serde_json::{Map, Value as Json, json};
use uuid::Uuid;

use super::api::Trouble;
use super::office::{Mode, Office};
use super::plan::{Body, Deed, text_of};
use super::read::{self, Beside, Row};
use super::{HubspotSource, V, gone, markup, plan, trail};
use crate::handoff::Time;
use crate::handoff::outbox::Base;
use crate::source::judge::{Owner, Verdict, conflict, judge, judge_gift};
use crate::source::said::remark;
use crate::source::{Applied, Change, Disposition, Probe, SourceError, Step, Tombstone};

/// The property that holds a disposition's key, on activities.
pub const KEY: &str = "leadbox_key";
/// The property that holds what came of a call.
pub(super) const DISPOSITION: &str = "hs_call_disposition";
/// The property that holds the owner's id, on every kind of record.
pub(super) const OWNER: &str = "hubspot_owner_id";
/// Search learns of a new record within so many seconds, as far as is known.
pub(super) const LAG: u32 = 30;
/// A call that a program was ended over had come there by then, in seconds.
const CALL: u32 = 60;

/// How far an activity without a unique key came, by what this program did.
#[derive(Clone, Debug)]
pub(super) enum Tried {
    /// Its call is under way, or was given up.
    Calling,
    /// Its call came to an end then, by HubSpot's clock, and nobody knows to which.
    Lost(Time),
    /// It was refused.
    Refused,
    /// It is there under this id, and may lack its links.
    There(String),
}

/// How the key is told in an activity's text.
fn mark(key: Uuid) -> String {
    format!("[leadbox:{}]", key.simple())
}

impl HubspotSource {
    fn body(&self, step: &Step) -> Result<Body, SourceError> {
        let body: Result<Body, _> = serde_json::from_value(step.body.clone());
        let body = body.map_err(|error| error.to_string());
        // It becomes part of a path.
        let body = body.and_then(|body| if body.id.parse::<u64>().is_ok() { Ok(body) } else { Err("no id".into()) });
        body.map_err(|why| self.odd(format!("a step is unreadable: {why}")))
    }

    pub(super) async fn write(&mut self, step: &Step) -> Result<Applied, SourceError> {
        let Body { id, base, deed } = self.body(step)?;
        self.prepare().await?;
        let done = match deed {
            Deed::Stage { property, to, also, follows } => {
                self.move_to(&id, &base, (&property, &to), &also, follows).await
            }
            Deed::Give { to } => self.give(&id, &base, &to).await,
            Deed::Log { .. } => self.log(step, &id, deed).await,
        };
        match done {
            Ok(applied) => Ok(applied),
            Err(Trouble::Unknown(_)) => Ok(Applied::Unknown),
            Err(Trouble::Missing) => Ok(Applied::Rejected { why: "it is no longer there".into() }),
            Err(Trouble::Said(code, why)) => Ok(Applied::Rejected { why: refusal(&code, &why) }),
            Err(Trouble::Forbidden(why)) => {
                Ok(Applied::Rejected { why: format!("the token may not write that: {why}") })
            }
            Err(trouble) => Err(self.error(trouble)),
        }
    }

    /// The record as it is right now.
    async fn one(&self, id: &str) -> Result<Option<Row>, Trouble> {
        let office = self.office()?;
        let ids = BTreeSet::from([id.to_owned()]);
        let rows = read::batch(&self.api, office.mode.kind(), &ids, &office.asked.own, false).await?;
        Ok(rows.into_iter().find(|row| row.id.to_string() == id))
    }

    async fn move_to(
        &mut self,
        id: &str,
        base: &Base,
        (property, to): (&str, &str),
        also: &BTreeMap<String, String>,
        follows: bool,
    ) -> Result<Applied, Trouble> {
        let Some(row) = self.one(id).await? else { return Err(Trouble::Missing) };
        let office = self.office()?;
        let kind = office.mode.kind();
        let (stage, owner) = self.stands(&row, office);
        let stage = if row.text(property) == Some(to) { to } else { stage.as_str() };
        let mut properties = Map::new();
        let owner = Owner { id: row.text(OWNER), name: owner.as_deref() };
        match judge(&known(base, &row, office), to, stage, owner) {
            // What we brought there ourselves may still lack what goes with it now.
            Verdict::Done if base.wrote.as_deref() == Some(to) && !has_all(&row, also) => {}
            Verdict::Done => return Ok(Applied::Applied),
            Verdict::Changed(why) => {
                let why = why.replace(stage, office.stage(stage));
                return if follows { Ok(Applied::Kept { why }) } else { self.conflict(row, why).await };
            }
            Verdict::Write => drop(properties.insert(property.to_owned(), json!(to))),
        }
        properties.extend(also.iter().map(|(name, value)| (name.clone(), json!(value))));
        let body = json!({ "properties": properties });
        self.api.call(Method::PATCH, &format!("/crm/objects/{V}/{kind}/{id}"), Some(&body)).await?;
        Ok(Applied::Applied)
    }

    async fn give(&mut self, id: &str, base: &Base, to: &[String]) -> Result<Applied, Trouble> {
        let Some(row) = self.one(id).await? else { return Err(Trouble::Missing) };
        let office = self.office()?;
        let kind = office.mode.kind();
        let Some(owner) = to.iter().find_map(|name| office.owner_named(name)) else {
            let to = to.first().map(String::as_str).unwrap_or_default();
            return Ok(Applied::Rejected {
                why: format!("nobody called {to} owns anything there, or several do: see Settings, Users & Teams"),
            });
        };
        if row.text(OWNER) == Some(&owner) {
            return Ok(Applied::Applied);
        }
        let (_, now) = self.stands(&row, office);
        let is_ours = base.gave.iter().any(|name| office.owner_named(name).as_deref() == row.text(OWNER));
        let now = Owner { id: row.text(OWNER), name: now.as_deref() };
        if let Some(why) = judge_gift(base, now).filter(|_| !is_ours) {
            return self.conflict(row, why).await;
        }
        let body = json!({ "properties": { OWNER: owner } });
        self.api.call(Method::PATCH, &format!("/crm/objects/{V}/{kind}/{id}"), Some(&body)).await?;
        Ok(Applied::Applied)
    }

    /// Stage and owner of a record, in the words of what was pulled.
    fn stands(&self, row: &Row, office: &Office) -> (String, Option<String>) {
        let plain = || row.text(office.mode.stage()).unwrap_or_default().to_owned();
        let mapping = self.mappings.of(office.mode);
        match read::record(row, &Beside::default(), office, mapping, &self.name) {
            Ok(Some(record)) => {
                let lead = record.arrival.lead;
                (lead.stage.raw.unwrap_or_else(plain), lead.owner)
            }
            _ => (plain(), row.text(OWNER).map(|id| office.name(id))),
        }
    }

    async fn conflict(&self, row: Row, why: String) -> Result<Applied, Trouble> {
        let office = self.office()?;
        let external_id = row.id.to_string();
        if let Some(gone) = gone::given_away(office, row.text(OWNER)) {
            let now = Change::Gone(Tombstone { external_id, why: gone, at: None });
            return Ok(Applied::Conflict { why, now: Box::new(now) });
        }
        let rows = [row];
        let beside = Beside::read(&self.api, office, &rows).await?;
        let now = read::record(&rows[0], &beside, office, self.mappings.of(office.mode), &self.name);
        Ok(conflict(why, external_id, now.map(|now| now.map(|record| Change::Upsert(Box::new(record))))))
    }

    async fn log(&mut self, step: &Step, lead: &str, deed: Deed) -> Result<Applied, Trouble> {
        let Deed::Log { kind, mut properties, text, by, by_property } = deed else { return Ok(Applied::Applied) };
        let kind = kind.as_str();
        if self.one(lead).await?.is_none() {
            return Err(Trouble::Missing);
        }
        let mut unknown = None;
        let office = self.office()?;
        let mut text = text.to_owned();
        match office.own.clone().or_else(|| office.owner_named(&by)) {
            Some(owner) => drop(properties.insert(OWNER.into(), owner)),
            // Else nobody there would know who it was.
            None => text += &format!("\nBy: {by}"),
        }
        if let Some(word) = properties.remove(DISPOSITION) {
            match office.outcomes.id(&word) {
                Some(id) => drop(properties.insert(DISPOSITION.into(), id.to_owned())),
                // It stands in the text.
                None => unknown = Some(word),
            }
        }
        let (name, is_html) = text_of(kind);
        if !by_property {
            text += &format!("\n{}", mark(step.key));
        }
        properties.insert(name.into(), if is_html { markup::marked_up(&text) } else { text });
        if let Some(word) = unknown {
            self.tell(format!("calls have no outcome “{word}” there; it is left out (see `leadbox source check`)"));
        }
        let place = (step.key, step.number);
        let known = match self.tried.get(&place) {
            Some(Tried::There(id)) => Some(id.clone()),
            _ => None,
        };
        let id = match known {
            Some(id) => id,
            None if by_property => {
                let input = json!({ "id": step.key.to_string(), "idProperty": KEY, "properties": properties });
                let path = format!("/crm/objects/{V}/{kind}/batch/upsert");
                let told = self.api.post(&path, &json!({ "inputs": [input] })).await?;
                written(&told["results"][0], &told["errors"][0])?
            }
            None => {
                self.tried.insert(place, Tried::Calling);
                let body = json!({ "properties": properties, "associations": [] });
                let told = self.api.post(&format!("/crm/objects/{V}/{kind}"), &body).await;
                let id = told.and_then(|told| written(&told, &Json::Null));
                let tried = match &id {
                    Ok(id) => Tried::There(id.clone()),
                    Err(Trouble::Unknown(_)) => Tried::Lost(self.api.now()),
                    Err(_) => Tried::Refused,
                };
                self.tried.insert(place, tried);
                id?
            }
        };
        self.link(kind, &id, lead).await?;
        self.tried.remove(&place);
        Ok(Applied::Applied)
    }

    /// To what an activity about this lead is linked: the lead, and its contact.
    async fn about(&self, lead: &str) -> Result<Vec<(&'static str, String)>, Trouble> {
        let mut about = vec![(self.office()?.mode.kind(), lead.to_owned())];
        if self.office()?.mode == Mode::Leads {
            let ids = BTreeSet::from([lead.to_owned()]);
            let mut links = read::links(&self.api, "leads", "contacts", &ids).await?;
            let contact = links.remove(lead).and_then(|contacts| contacts.into_iter().next());
            about.extend(contact.map(|contact| ("contacts", contact)));
        }
        Ok(about)
    }

    /// What is not linked is to be seen nowhere there.
    async fn link(&self, kind: &str, id: &str, lead: &str) -> Result<(), Trouble> {
        let (mut linked, mut refused) = (0, None);
        for (to, other) in self.about(lead).await? {
            let path = format!("/crm/objects/{V}/{kind}/{id}/associations/default/{to}/{other}");
            match self.api.call(Method::PUT, &path, None).await {
                Ok(_) => linked += 1,
                // One kind that will not be linked is no harm where another is.
                Err(trouble @ (Trouble::Said(..) | Trouble::Forbidden(_))) => refused = Some(trouble),
                Err(trouble) => return Err(trouble),
            }
        }
        match refused {
            Some(trouble) if linked == 0 => Err(trouble),
            _ => Ok(()),
        }
    }

    async fn is_linked(&self, kind: &str, id: &str, lead: &str) -> Result<bool, Trouble> {
        let ids = BTreeSet::from([id.to_owned()]);
        for (to, other) in self.about(lead).await? {
            let links = match read::links(&self.api, kind, to, &ids).await {
                // That it will not be linked with these, the write found out as well.
                Err(Trouble::Said(..) | Trouble::Forbidden(_)) => continue,
                links => links?,
            };
            if !links.get(id).is_some_and(|others| others.contains(&other)) {
                return Ok(false);
            }
        }
        Ok(true)
    }

    /// The steps of a disposition, once it is known which records the account's leads are, and how activities carry keys.
    pub(super) async fn planned(&mut self, disposition: &Disposition) -> Result<Vec<Step>, SourceError> {
        self.prepare().await?;
        let Some(mode) = self.mode else { return Err(self.odd("it is not known which records its leads are")) };
        let mut steps = plan::plan(disposition, mode, &self.mappings.of(mode).write);
        for step in &mut steps {
            if let Some(kind) = plan::kind_of(step) {
                let has_key = self.has_key(&kind).await.map_err(|trouble| self.error(trouble))?;
                step.body["by_property"] = json!(has_key);
            }
        }
        Ok(steps)
    }

    /// Whether activities of this kind have the unique property.
    pub(super) async fn has_key(&mut self, kind: &str) -> Result<bool, Trouble> {
        if let Some(has) = self.keys.get(kind) {
            return Ok(*has);
        }
        let has = match self.api.get(&format!("/crm/properties/{V}/{kind}/{KEY}")).await {
            Ok(told) => told["hasUniqueValue"] == json!(true),
            Err(Trouble::Missing | Trouble::Forbidden(_)) => false,
            Err(trouble) => return Err(trouble),
        };
        self.keys.insert(kind.to_owned(), has);
        Ok(has)
    }

    pub(super) async fn look(&mut self, step: &Step, tried: Option<TimeDelta>) -> Result<Probe, SourceError> {
        let Body { id, deed, .. } = self.body(step)?;
        self.prepare().await?;
        let found = match deed {
            Deed::Stage { property, to, also, .. } => {
                let row = self.one(&id).await;
                row.map(|row| match row {
                    Some(row) if row.text(&property) == Some(&to) && has_all(&row, &also) => Probe::Committed,
                    _ => Probe::Absent,
                })
            }
            Deed::Give { to } => {
                let row = self.one(&id).await;
                let owner = self.office.as_ref().and_then(|office| to.iter().find_map(|name| office.owner_named(name)));
                let is_there = |row: &Row| owner.is_some() && row.text(OWNER) == owner.as_deref();
                row.map(|row| if row.is_some_and(|row| is_there(&row)) { Probe::Committed } else { Probe::Absent })
            }
            Deed::Log { kind, by_property, .. } => self.is_logged(step, &id, (&kind, by_property), tried).await,
        };
        found.map_err(|trouble| self.error(trouble))
    }

    async fn is_logged(
        &mut self,
        step: &Step,
        lead: &str,
        (kind, by_property): (&str, bool),
        tried: Option<TimeDelta>,
    ) -> Result<Probe, Trouble> {
        let place = (step.key, step.number);
        let id = match self.tried.get(&place) {
            _ if by_property => {
                let inputs = json!([{ "id": step.key.to_string() }]);
                let body =
                    json!({ "idProperty": KEY, "inputs": inputs, "properties": [KEY], "propertiesWithHistory": [] });
                let told = self.api.post(&format!("/crm/objects/{V}/{kind}/batch/read"), &body).await?;
                read::rows(&told)?.first().map(|row| row.id.to_string())
            }
            Some(Tried::There(id)) => Some(id.clone()),
            Some(Tried::Calling) => {
                // Whoever gave it up asks at once.
                self.tried.insert(place, Tried::Lost(self.api.now()));
                self.marked(step.key, kind).await?
            }
            _ => self.marked(step.key, kind).await?,
        };
        if let Some(id) = id {
            if self.is_linked(kind, &id, lead).await? {
                self.tried.remove(&place);
                return Ok(Probe::Committed);
            }
            // Written again it is linked, and nothing more.
            self.tried.insert(place, Tried::There(id));
            return Ok(Probe::Absent);
        }
        if by_property {
            return Ok(Probe::Absent);
        }
        let left = match (self.tried.get(&place), tried) {
            (Some(Tried::Lost(at)), _) => i64::from(LAG) - (self.api.now() - *at).num_seconds(),
            (Some(_), _) | (None, None) => 0,
            // Another program began it, and ended perhaps while it was called.
            (None, Some(ago)) => i64::from(LAG + CALL) - ago.num_seconds().abs(),
        };
        Ok(match u32::try_from(left) {
            Ok(lag @ 1..) => Probe::TooEarly { lag: lag.min(LAG + CALL) },
            _ => Probe::Absent,
        })
    }

    /// The activity whose text carries the key.
    async fn marked(&self, key: Uuid, kind: &str) -> Result<Option<String>, Trouble> {
        let (name, _) = text_of(kind);
        let filter = json!({ "propertyName": name, "operator": "CONTAINS_TOKEN", "value": key.simple().to_string() });
        let body = json!({
            "filterGroups": [{ "filters": [filter] }],
            "sorts": [{ "propertyName": "hs_object_id", "direction": "ASCENDING" }],
            "properties": [name, "hs_lastmodifieddate", trail::MADE_BY, "hs_email_direction"], "limit": 10, "after": "0",
        });
        let told = self.api.post(&format!("/crm/objects/{V}/{kind}/search"), &body).await?;
        let rows = read::rows(&told)?;
        let found = rows.iter().find(|row| trail::is_marked(kind, row, key));
        Ok(found.map(|row| row.id.to_string()))
    }
}

/// What a disposition is based upon, where the owner may be one to whom we gave it ourselves since.
fn known(base: &Base, row: &Row, office: &Office) -> Base {
    let is_ours = |name: &String| office.owner_named(name).is_some_and(|owner| row.text(OWNER) == Some(&owner));
    match base.gave.iter().any(is_ours) {
        true => Base { owner: None, owner_id: None, ..base.clone() },
        false => base.clone(),
    }
}

fn has_all(row: &Row, properties: &BTreeMap<String, String>) -> bool {
    properties.iter().all(|(name, value)| row.text(name) == Some(value))
}

/// The id of what was written, or what a batch says of it.
fn written(told: &Json, error: &Json) -> Result<String, Trouble> {
    if let Some(id) = told["id"].as_str().filter(|id| id.parse::<u64>().is_ok()) {
        return Ok(id.to_owned());
    }
    match error["message"].as_str() {
        Some(why) => Err(Trouble::Said(error["category"].as_str().unwrap_or_default().into(), remark(why))),
        None => Err(Trouble::Unknown("it does not say what it wrote".into())),
    }
}

/// Why HubSpot will not have it, in words that a rep can do something with.
fn refusal(code: &str, why: &str) -> String {
    match code {
        "MISSING_CONDITIONAL_REQUIRED_PROPERTY" => {
            format!("HubSpot wants more filled in before that stage: {why}; fill it in there, then send this again")
        }
        "READ_ONLY_VALUE" | "PROPERTY_DOESNT_EXIST" | "INVALID_OPTION" | "INVALID_OWNER_ID" => {
            format!("HubSpot does not know what the mapping writes: {why}; an administrator can mend the mapping")
        }
        _ => format!("HubSpot says: {why}"),
    }
}
