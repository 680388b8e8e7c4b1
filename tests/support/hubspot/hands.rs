//! What people do in the CRM itself, and what tests look at there.

use serde_json::{Map, Value, json};

use super::answer::iso;
use super::beside::{Happened, Score};
use super::records::{Kind, Record, kind as kind_named};
use super::staff::{Owner, Pipeline};
use super::{Account, Hubspot};

/// A lead and whom it is about. Where the account has no lead object, `lead` is the contact's id.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Trio {
    pub lead: String,
    pub contact: String,
    pub company: String,
}

fn known(kind: &str) -> Kind {
    kind_named(kind).unwrap()
}

fn number(id: &str) -> u64 {
    id.parse().unwrap()
}

impl Hubspot {
    /// Somebody who can own records: the owner's id is this, the user's is another.
    pub fn owner(&self, id: u32, email: &str, first: &str, last: &str) {
        let (email, first, last) = (email.to_owned(), first.to_owned(), last.to_owned());
        self.state().owners.push(Owner { id, user: 90_000 + id, email, first, last, is_archived: false });
    }

    /// An owner has another last name now.
    pub fn rename_owner(&self, id: u32, last: &str) {
        self.state().owners.iter_mut().filter(|owner| owner.id == id).for_each(|owner| owner.last = last.to_owned());
    }

    /// An owner is deactivated.
    pub fn archive_owner(&self, id: u32) {
        self.state().owners.iter_mut().filter(|owner| owner.id == id).for_each(|owner| owner.is_archived = true);
    }

    /// The pipelines of leads are others.
    pub fn pipelines(&self, change: impl FnOnce(&mut Vec<Pipeline>)) {
        change(&mut self.state().pipelines);
    }

    /// A custom property: `string`, `number`, `datetime`, `enumeration` or `bool`.
    pub fn property(&self, kind: &str, name: &str, sort: &str, is_unique: bool) {
        self.state().definitions.custom(known(kind), name, sort, is_unique);
    }

    /// A property gets other options: value and label.
    pub fn options(&self, kind: &str, name: &str, options: &[(&str, &str)]) {
        let mut state = self.state();
        let mut definition = state.definitions.get(known(kind), name).unwrap().clone();
        definition.options = options.iter().map(|(value, label)| ((*value).into(), (*label).into())).collect();
        state.definitions.put(known(kind), definition);
    }

    /// A record; whatever the account would calculate can be set as well.
    pub fn create(&self, kind: &str, properties: &[(&str, &str)]) -> String {
        self.write(kind, None, properties)
    }

    /// A record is changed.
    pub fn edit(&self, kind: &str, id: &str, properties: &[(&str, &str)]) {
        self.write(kind, Some(number(id)), properties);
    }

    fn write(&self, kind: &str, id: Option<u64>, properties: &[(&str, &str)]) -> String {
        let mut state = self.state();
        let kind = known(kind);
        let all: Map<String, Value> =
            properties.iter().map(|(name, value)| ((*name).to_owned(), json!(value))).collect();
        let (set, plain): (Map<_, _>, Map<_, _>) = all
            .into_iter()
            .partition(|(name, _)| state.definitions.get(kind, name).is_some_and(|definition| definition.is_read_only));
        let mut taken = state.definitions.taken(kind, &Value::Object(plain)).unwrap();
        taken.extend(set.into_iter().map(|(name, value)| (name, value.as_str().unwrap().to_owned())));
        state.write(kind, id, &taken, "CRM_UI").to_string()
    }

    /// A lead as marketing hands it over: company, contact and lead, linked; owned by this owner, new.
    pub fn lead(&self, name: &str, email: &str, owner: &str) -> Trio {
        let domain = email.split_once('@').map_or("example.com", |parts| parts.1);
        let company = self.create("companies", &[("name", domain), ("domain", domain)]);
        let (first, last) = name.split_once(' ').unwrap_or((name, ""));
        let contact = self.create(
            "contacts",
            &[
                ("email", email),
                ("firstname", first),
                ("lastname", last),
                ("hubspot_owner_id", owner),
                ("lifecyclestage", "marketingqualifiedlead"),
                ("hs_lead_status", "NEW"),
            ],
        );
        self.link("contacts", &contact, "companies", &company);
        if !self.state().account.has_leads {
            return Trio { lead: contact.clone(), contact, company };
        }
        let lead = self.create(
            "leads",
            &[
                ("hs_lead_name", name),
                ("hs_pipeline", "lead-pipeline-id"),
                ("hs_pipeline_stage", "new-stage-id"),
                ("hubspot_owner_id", owner),
            ],
        );
        self.link("leads", &lead, "contacts", &contact);
        self.link("leads", &lead, "companies", &company);
        Trio { lead, contact, company }
    }

    /// Many of them, the clock moving on by so many milliseconds after each.
    pub fn leads(&self, count: usize, owner: &str, apart: i64) -> Vec<Trio> {
        let one = |n: usize| {
            let trio = self.lead(&format!("Lead {n}"), &format!("lead{n}@example{n}.com"), owner);
            self.shared.clock.fetch_add(apart, std::sync::atomic::Ordering::SeqCst);
            trio
        };
        (0..count).map(one).collect()
    }

    /// Somebody else has it now.
    pub fn reassign(&self, kind: &str, id: &str, owner: &str) {
        self.edit(kind, id, &[("hubspot_owner_id", owner)]);
    }

    /// Two records are linked.
    pub fn link(&self, kind: &str, id: &str, to: &str, other: &str) {
        self.state().link((known(kind), number(id)), (known(to), number(other)));
    }

    /// Two records are made one: the id under which they are found from now on.
    pub fn merge(&self, kind: &str, winner: &str, loser: &str) -> String {
        let mut state = self.state();
        let (kind, now) = (known(kind), state.now);
        let (winner, loser) = (number(winner), number(loser));
        let is_third = state.habits.merges_into_a_third;
        let lost = Record::clone(state.records.any(kind, loser).unwrap());
        let mut record = Record::clone(state.records.any(kind, winner).unwrap());
        record.id = if is_third { state.records.next_id() } else { winner };
        for (name, versions) in lost.values {
            record.values.entry(name).or_insert(versions);
        }
        let gone = if is_third { vec![winner, loser] } else { vec![loser] };
        let before = record.value(kind, "hs_merged_object_ids").map(|ids| ids.into_owned());
        let ids = before.into_iter().chain(gone.iter().map(u64::to_string)).collect::<Vec<_>>().join(";");
        record.set("hs_merged_object_ids", &ids, now, "MERGE_OBJECTS");
        if kind == "contacts" {
            let vids = gone.iter().map(|id| format!("{id}:{now}")).collect::<Vec<_>>().join(";");
            record.set("hs_calculated_merged_vids", &vids, now, "MERGE_OBJECTS");
        }
        record.modified = now;
        let (id, links) = (record.id, lost.links.into_iter().chain(record.links.clone()).collect::<Vec<_>>());
        for gone in gone {
            state.records.remove(kind, gone);
            state.records.merged.insert((kind, gone), id);
        }
        state.keep(kind, record);
        for link in links {
            state.link((kind, id), link);
        }
        id.to_string()
    }

    /// A record goes to the recycling bin.
    pub fn archive(&self, kind: &str, id: &str) {
        super::objects::archive(&mut self.state(), known(kind), id);
    }

    /// A record ends without a trace.
    pub fn delete(&self, kind: &str, id: &str) {
        self.state().records.remove(known(kind), number(id));
    }

    /// Our token no longer sees a record, or does again.
    pub fn hide(&self, kind: &str, id: &str, is_hidden: bool) {
        let key = (known(kind), number(id));
        let mut state = self.state();
        if is_hidden {
            state.records.hidden.insert(key)
        } else {
            state.records.hidden.remove(&key)
        };
    }

    /// The token ends: nobody is let in until [`Hubspot::account`] sets another.
    pub fn revoke(&self) {
        self.account(|account: &mut Account| account.token = "revoked".to_owned());
    }

    /// A score changes by so much, now; the property that holds it follows.
    pub fn score(&self, kind: &str, id: &str, property: &str, delta: f64, heading: &str) {
        let mut state = self.state();
        let (key, now) = ((known(kind), number(id)), state.now);
        let history = state.scores.entry((key, property.to_owned())).or_default();
        let value = history.first().map_or(0.0, |last| last.value) + delta;
        history.insert(0, Score { at: now, delta, value, heading: heading.to_owned() });
        if state.definitions.get(key.0, property).is_some() {
            state.write(key.0, Some(key.1), &[(property.to_owned(), value.to_string())], "CALCULATED");
        }
    }

    /// Somebody does something, now.
    pub fn event(&self, kind: &str, id: &str, what: &str, properties: &[(&str, &str)]) {
        let mut state = self.state();
        let (kind, object, at, id) = (known(kind), number(id), state.now, state.records.next_id());
        let properties = properties.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
        state.events.push(Happened { id, kind, object, at, what: what.to_owned(), properties });
    }

    /// What a property is; nothing where it is empty, or the record is not there.
    pub fn value(&self, kind: &str, id: &str, name: &str) -> Option<String> {
        let (state, kind) = (self.state(), known(kind));
        state.records.any(kind, number(id))?.value(kind, name).map(|value| value.into_owned())
    }

    /// All that a property was, the newest first: value and time.
    pub fn history(&self, kind: &str, id: &str, name: &str) -> Vec<(String, String)> {
        let state = self.state();
        let record = state.records.any(known(kind), number(id));
        let versions = record.and_then(|record| record.values.get(name)).into_iter().flatten();
        versions.map(|one| (one.value.clone(), iso(one.at))).collect()
    }

    /// The ids of all records of a kind that are not archived.
    pub fn ids(&self, kind: &str) -> Vec<String> {
        let state = self.state();
        let there = state.records.all(known(kind)).filter(|record| record.archived.is_none());
        there.map(|record| record.id.to_string()).collect()
    }

    /// The ids of what a record is linked with.
    pub fn linked(&self, kind: &str, id: &str, to: &str) -> Vec<String> {
        let state = self.state();
        let record = state.records.any(known(kind), number(id));
        let links = record.into_iter().flat_map(|record| &record.links).filter(|link| link.0 == known(to));
        links.map(|link| link.1.to_string()).collect()
    }
}
