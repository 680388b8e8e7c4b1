//! All that the double knows, and how a record is written.

use std::collections::BTreeMap;
use std::sync::Arc;

use serde_json::{Value, json};

use super::account::{Account, Habits};
use super::answer::{Answer, bad, error, invalid, iso};
use super::beside::{Happened, Score};
use super::definitions::Definitions;
use super::faults::Faults;
use super::limits::{Asked, Limits};
use super::records::{Key, Kind, Record, Records, is_activity};
use super::staff::{Owner, Pipeline, Stage};

/// Everything.
pub struct State {
    pub account: Account,
    pub habits: Habits,
    /// Milliseconds since 1970; looked at before each request.
    pub now: i64,
    pub records: Records,
    pub definitions: Definitions,
    pub owners: Vec<Owner>,
    pub pipelines: Vec<Pipeline>,
    /// By object and the property that holds the score, the newest first.
    pub scores: BTreeMap<(Key, String), Vec<Score>>,
    /// The newest last.
    pub events: Vec<Happened>,
    pub limits: Limits,
    pub log: Vec<Asked>,
    pub faults: Faults,
}

impl State {
    pub fn new(account: Account, now: i64) -> Self {
        Self {
            account,
            habits: Habits::tame(),
            now,
            records: Records::default(),
            definitions: Definitions::standard(),
            owners: Vec::new(),
            pipelines: vec![Pipeline::standard()],
            scores: BTreeMap::new(),
            events: Vec::new(),
            limits: Limits::default(),
            log: Vec::new(),
            faults: Faults::default(),
        }
    }

    /// When search learns of a record that is written now.
    fn seen(&self, id: u64) -> i64 {
        let lag = self.habits.lag * 1000;
        let lag = if self.habits.is_lag_uneven { [lag, 0, lag / 2][usize::try_from(id / 3 % 3).unwrap()] } else { lag };
        self.now + lag
    }

    pub fn keep(&mut self, kind: Kind, record: Record) {
        let seen = self.seen(record.id);
        self.records.put(kind, record, seen);
    }

    /// The record by its id, or by that of a record that it won over, where the habit is so.
    pub fn find(&self, kind: Kind, id: &str) -> Option<&Arc<Record>> {
        self.any(kind, id).filter(|record| record.archived.is_none())
    }

    /// The same, archived or not.
    pub fn any(&self, kind: Kind, id: &str) -> Option<&Arc<Record>> {
        let mut id: u64 = id.parse().ok()?;
        while let Some(winner) = self.records.merged.get(&(kind, id)).filter(|_| self.habits.leads_on_from_old_ids) {
            id = *winner;
        }
        self.records.any(kind, id)
    }

    /// What is to be written to a record, or to a new one, as it is kept; or why it is refused.
    pub fn judge(&self, kind: Kind, old: Option<&Record>, properties: &Value) -> Result<Vec<(String, String)>, Answer> {
        let taken = self.definitions.taken(kind, properties)?;
        let sent = |name: &str| taken.iter().find(|one| one.0 == name).map(|one| one.1.clone());
        let will_be = |name: &str| {
            sent(name).or_else(|| old.and_then(|old| old.value(kind, name)).map(Into::into)).filter(|v| !v.is_empty())
        };
        if is_activity(kind) && will_be("hs_timestamp").is_none() {
            return Err(bad("Some required properties were not set: hs_timestamp"));
        }
        if let Some(owner) = sent("hubspot_owner_id").filter(|owner| !owner.is_empty())
            && !self.owners.iter().any(|known| known.id.to_string() == owner && !known.is_archived)
        {
            return Err(invalid("INVALID_OWNER_ID", "hubspot_owner_id", &format!("Owner {owner} does not exist")));
        }
        if kind == "leads" {
            let stage = will_be("hs_pipeline_stage").map(|id| self.stage(&id, will_be("hs_pipeline"))).transpose()?;
            let reason = "hs_lead_disqualification_reason";
            let is_moved = sent("hs_pipeline_stage").is_some();
            let wants = self.habits.wants_reason && is_moved && stage.is_some_and(|stage| stage.wants_reason);
            if wants && will_be(reason).is_none() {
                return Err(conditional(reason));
            }
        }
        for (name, value) in taken.iter().filter(|one| !one.1.is_empty()) {
            let is_unique = self.definitions.get(kind, name).is_some_and(|definition| definition.is_unique);
            let other = is_unique.then(|| self.records.by_value(kind, name, value)).flatten();
            if let Some(other) = other.filter(|other| old.is_none_or(|old| old.id != other.id)) {
                let message = format!("{kind} with {name} {value} already exists. Existing ID: {}", other.id);
                return Err(error(409, "CONFLICT", &message));
            }
        }
        Ok(taken)
    }

    fn stage(&self, id: &str, pipeline: Option<String>) -> Result<&Stage, Answer> {
        let mut of = self.pipelines.iter().filter(|known| pipeline.as_ref().is_none_or(|id| known.id == *id));
        let found = of.find_map(|pipeline| pipeline.stages.iter().find(|stage| stage.id == id));
        found.ok_or_else(|| invalid("INVALID_OPTION", "hs_pipeline_stage", &format!("“{id}” is no stage there")))
    }

    /// Writes what was judged: to this record, or to a new one. Whoever writes, the modified date is now.
    pub fn write(&mut self, kind: Kind, id: Option<u64>, taken: &[(String, String)], source: &'static str) -> u64 {
        let now = self.now;
        let old = id.and_then(|id| self.records.any(kind, id)).map(|record| Record::clone(record));
        let mut record = old.unwrap_or_else(|| Record {
            id: self.records.next_id(),
            created: now,
            modified: now,
            archived: None,
            values: BTreeMap::new(),
            links: [].into(),
        });
        if record.values.is_empty() {
            record.set("hs_object_source", source, now, "CALCULATED");
        }
        for (name, value) in taken {
            let is_other = record.value(kind, name).unwrap_or_default() != value.as_str();
            record.set(name, value, now, source);
            if name == "hubspot_owner_id" && is_other {
                record.set("hubspot_owner_assigneddate", &iso(now), now, "CALCULATED");
            }
            let entered = format!("hs_v2_date_entered_{value}");
            if name == "lifecyclestage" && is_other && self.definitions.get(kind, &entered).is_some() {
                record.set(&entered, &iso(now), now, "CALCULATED");
            }
        }
        record.modified = now;
        let id = record.id;
        self.keep(kind, record);
        id
    }

    /// Links two records, and marks what an activity changes of whom it is about.
    pub fn link(&mut self, one: Key, other: Key) {
        for (here, there) in [(one, other), (other, one)] {
            let Some(record) = self.records.any(here.0, here.1) else { continue };
            let mut record = Record::clone(record);
            record.links.insert(there);
            if is_activity(there.0) && !is_activity(here.0) {
                record.modified = self.now;
                if here.0 == "contacts" {
                    record.set("notes_last_updated", &iso(self.now), self.now, "CALCULATED");
                }
            }
            for (name, of) in [("hs_primary_contact_id", "contacts"), ("hs_primary_company_id", "companies")] {
                if here.0 == "leads" && there.0 == of && record.value("leads", name).is_none() {
                    record.set(name, &there.1.to_string(), self.now, "CALCULATED");
                }
            }
            self.keep(here.0, record);
        }
    }
}

fn conditional(property: &str) -> Answer {
    let mut answer = error(400, "VALIDATION_ERROR", "Error updating LEAD. Some required properties were not set.");
    answer.body.as_mut().unwrap()["errors"] = json!([{
        "message": format!("{property} is required for this stage"),
        "code": "MISSING_CONDITIONAL_REQUIRED_PROPERTY",
        "context": { "properties": [property] },
    }]);
    answer
}
