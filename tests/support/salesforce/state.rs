//! All that the double knows.

use std::collections::{BTreeMap, BTreeSet};

use chrono::{DateTime, Duration, Timelike, Utc};
use serde_json::{Map, Value, json};

use super::oauth::Oauth;
use super::objects::STATUSES;
use super::soql::Rest;
use super::{ANA, BEN};

/// A record: its fields by name. What is not there is null.
pub type Row = Map<String, Value>;

/// A request as it came in.
#[derive(Clone, Debug)]
pub struct Asked {
    pub method: String,
    pub path: String,
    pub body: String,
    pub since: String,
}

/// What there are records of.
pub const OBJECTS: [&str; 10] = [
    "Lead",
    "Task",
    "Event",
    "CampaignMember",
    "Campaign",
    "User",
    "LeadStatus",
    "LeadHistory",
    "EmailMessage",
    "EmailMessageRelation",
];

/// Everything.
pub struct State {
    pub oauth: Oauth,
    /// By object, then by id.
    pub objects: BTreeMap<&'static str, BTreeMap<String, Row>>,
    /// Fields that this user may not see, as `Lead.MobilePhone`.
    pub hidden: BTreeSet<String>,
    /// Objects that this user may not see.
    pub forbidden: BTreeSet<&'static str>,
    /// What descriptions say otherwise than usual, by object (`Lead`) or field (`Lead.Status`).
    pub described: BTreeMap<String, Value>,
    /// The versions of the interface that it speaks.
    pub versions: Vec<&'static str>,
    /// What is left of queries, by the path where it goes on.
    pub locators: BTreeMap<String, Rest>,
    /// So many rows are on a page.
    pub page: usize,
    /// Calls of the last 24 hours, and how many there may be.
    pub used: u64,
    pub limit: u64,
    /// The next writes of leads meet with a lock.
    pub locks: usize,
    /// The next calls for data are answered so.
    pub says: Vec<(u16, &'static str)>,
    /// Somebody writes this to a lead just before the next composite write does.
    pub meddles: Vec<(String, Row)>,
    pub log: Vec<Asked>,
    /// So far its clock is ahead.
    pub ahead: Duration,
    last: u64,
}

impl State {
    pub fn new() -> Self {
        let mut state = Self {
            oauth: Oauth::default(),
            objects: OBJECTS.map(|object| (object, BTreeMap::new())).into(),
            described: BTreeMap::new(),
            versions: vec!["66.0", "67.0"],
            hidden: BTreeSet::new(),
            forbidden: BTreeSet::new(),
            locators: BTreeMap::new(),
            page: 2000,
            used: 0,
            limit: 100_000,
            locks: 0,
            says: Vec::new(),
            meddles: Vec::new(),
            log: Vec::new(),
            ahead: Duration::zero(),
            last: 0,
        };
        for (id, name) in [(ANA, "Ana Ruiz"), (BEN, "Ben Okoro")] {
            state.user(id, name, true);
        }
        for status in STATUSES {
            state.status(status, status == STATUSES[2]);
        }
        state
    }

    /// Adds a user, whose address is made of the first name.
    pub fn user(&mut self, id: &str, name: &str, is_active: bool) {
        let first = name.split(' ').next().unwrap().to_lowercase();
        let row = json!({
            "Id": id, "Name": name, "Username": format!("{first}@org.example"), "Email": format!("{first}@mail.example"),
            "IsActive": is_active,
        });
        let Value::Object(row) = row else { unreachable!() };
        self.objects.get_mut("User").unwrap().insert(id.to_owned(), row);
    }

    /// Adds a status of leads.
    pub fn status(&mut self, name: &str, is_converted: bool) {
        let row = json!({ "ApiName": name, "MasterLabel": name, "IsConverted": is_converted });
        let Value::Object(mut row) = row else { unreachable!() };
        let id = format!("01J{:012}AAA", self.objects["LeadStatus"].len());
        row.insert("Id".into(), json!(id));
        self.objects.get_mut("LeadStatus").unwrap().insert(id, row);
    }

    /// A description, with what is otherwise.
    pub fn described(&self, what: &str, mut told: Value) -> Value {
        let others = self.described.get(what).and_then(Value::as_object);
        for (name, value) in others.into_iter().flatten() {
            told[name] = value.clone();
        }
        told
    }

    /// What its clock shows: whole seconds.
    pub fn now(&self) -> DateTime<Utc> {
        (Utc::now() + self.ahead).with_nanosecond(0).unwrap()
    }

    pub fn stamp(&self) -> Value {
        json!(self.now().format("%Y-%m-%dT%H:%M:%S.000+0000").to_string())
    }

    /// A new id with this prefix, of 18 letters.
    fn id(&mut self, prefix: &str) -> String {
        self.last += 1;
        format!("{prefix}{:012}AAA", self.last)
    }

    /// Writes a record: this one, or a new one. Whoever writes, its time of change is now.
    pub fn write(&mut self, object: &'static str, id: Option<&str>, values: Row) -> String {
        let prefix = match object {
            "Lead" => "00Q",
            "Task" => "00T",
            "Event" => "00U",
            "Campaign" => "701",
            "EmailMessage" => "02s",
            "LeadHistory" => "017",
            _ => "00v",
        };
        let id = id.map_or_else(|| self.id(prefix), str::to_owned);
        let now = self.stamp();
        if object == "Lead" {
            self.note_change(&id, &values);
        }
        let row = self.objects.get_mut(object).unwrap().entry(id.clone()).or_default();
        if row.is_empty() {
            row.insert("Id".into(), json!(id));
            row.insert("IsDeleted".into(), json!(false));
            row.insert("CreatedDate".into(), now.clone());
            row.insert("OwnerId".into(), json!(ANA));
            if object == "Lead" {
                row.insert("IsConverted".into(), json!(false));
                row.insert("Status".into(), json!("Open - Not Contacted"));
            }
        }
        let is_done = values.get("Status").is_some_and(|status| status == "Completed");
        row.extend(values);
        if object == "Task" && is_done {
            row.insert("CompletedDateTime".into(), now.clone());
        }
        row.insert("SystemModstamp".into(), now.clone());
        row.insert("LastModifiedDate".into(), now);
        id
    }

    /// The history of a lead: of its status, the only field that is followed here.
    fn note_change(&mut self, id: &str, values: &Row) {
        let before = self.row("Lead", id).and_then(|row| row.get("Status")).cloned();
        let (Some(before), Some(status)) = (before, values.get("Status")) else { return };
        if before != *status {
            let change = json!({ "LeadId": id, "Field": "Status", "OldValue": before, "NewValue": status });
            let Value::Object(mut change) = change else { unreachable!() };
            change.insert("CreatedById".into(), json!(self.oauth.user));
            self.write("LeadHistory", None, change);
        }
    }

    pub fn row(&self, object: &str, id: &str) -> Option<&Row> {
        self.objects.get(object)?.get(id)
    }

    /// What a field of a record is, or of one that it names (`Owner.Name`).
    pub fn value(&self, row: &Row, path: &str) -> Value {
        let Some((relation, field)) = path.split_once('.') else { return row.get(path).cloned().unwrap_or_default() };
        let object = if relation == "Campaign" { "Campaign" } else { "User" };
        let id = row.get(&format!("{relation}Id")).and_then(Value::as_str).unwrap_or_default();
        self.row(object, id).and_then(|row| row.get(field)).cloned().unwrap_or_default()
    }
}
