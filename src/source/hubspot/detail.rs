//! One lead as a whole: its record, the history of its scores, what was done with it, and what its contact did on the site,
//! as far as the account's tier and the token's scopes let one see it.

use std::collections::BTreeSet;
use std::sync::Arc;

use chrono::{SecondsFormat, TimeDelta};
use serde_json::{Value as Json, json};

use super::api::Trouble;
use super::office::Mode;
use super::read::{self, Beside};
use super::write::OWNER;
use super::{HubspotSource, ScoreProperty, V, gone, trail};
use crate::handoff::activity::Activity;
use crate::handoff::arrival::{Arrival, Part};
use crate::handoff::score::{Score, ScorePart};
use crate::source::{Record, SourceError};

/// So many activities of a kind, events and changes of a score are fetched: the newest.
const MOST: usize = 100;
/// How far back events are asked for, in days.
const EVENTS: i64 = 90;
/// The kinds of activities.
pub(super) const KINDS: [&str; 6] = ["calls", "emails", "meetings", "notes", "tasks", "communications"];

/// So many of them are searched at once.
const AT_ONCE: usize = 3;

/// That a search cannot be narrowed to a lead object's activities.
const BY_LEAD: &str = "searches by lead";
const SCORES: &str = "the history of scores";
const VISITS: &str = "events on the site";

impl HubspotSource {
    pub(super) async fn whole(&mut self, id: &str) -> Result<Option<Record>, SourceError> {
        if id.parse::<u64>().is_err() {
            return Ok(None);
        }
        self.prepare().await?;
        self.gathered(id).await.map_err(|trouble| self.error(trouble))
    }

    async fn gathered(&mut self, id: &str) -> Result<Option<Record>, Trouble> {
        let office = self.office()?;
        let (mode, ids) = (office.mode, BTreeSet::from([id.to_owned()]));
        let rows = read::batch(&self.api, mode.kind(), &ids, &office.asked.own, false).await?;
        // An old id may lead on to a record that has another.
        let Some(row) = rows.first().filter(|row| row.id.to_string() == id) else { return Ok(None) };
        // Nobody decides here on what is somebody else's there.
        if gone::given_away(office, row.text(OWNER)).is_some() {
            return Ok(None);
        }
        let beside = Beside::read(&self.api, office, &rows).await?;
        let contact = beside.contact(office, row);
        let record = read::record(row, &beside, office, self.mappings.of(mode), &self.name);
        let mut record = match record {
            Ok(Some(record)) => record,
            Ok(None) => {
                self.note_lead(row.id, false);
                return Ok(None);
            }
            Err(why) => {
                self.leave_out(row.id, why);
                return Ok(None);
            }
        };
        self.note_lead(row.id, true);
        self.seen.beside(row.id, row.changed);
        record.arrival.trail.extend(self.activities(id, contact.as_deref()).await?);
        if let Some(contact) = &contact {
            record.arrival.trail.extend(self.visits(contact).await?);
        }
        let parts = self.parts(id, contact.as_deref()).await?;
        if !parts.is_empty() {
            tell_parts(&mut record.arrival, parts);
        }
        Ok(Some(record))
    }

    /// What was done with it: all kinds, by the lead and by its contact.
    async fn activities(&mut self, id: &str, contact: Option<&str>) -> Result<Vec<Activity>, Trouble> {
        let by_lead = self.office()?.mode == Mode::Leads && !self.lacks.contains(BY_LEAD);
        let of = [("lead", by_lead.then_some(id)), ("contact", contact)];
        let of: Vec<(&str, &str)> = of.into_iter().filter_map(|(kind, id)| Some((kind, id?))).collect();
        let kinds: Vec<&'static str> = KINDS.into_iter().filter(|kind| !self.lacks.contains(kind)).collect();
        if of.is_empty() || kinds.is_empty() {
            return Ok(Vec::new());
        }
        let mut all = Vec::new();
        for kinds in kinds.chunks(AT_ONCE) {
            let found = self.api.post_all(kinds.iter().map(|kind| of_kind(kind, &of)).collect()).await?;
            for (kind, told) in kinds.iter().zip(found) {
                match told {
                    Ok(told) => {
                        let (rows, office) = (read::rows(&told)?, self.office()?);
                        all.extend(rows.iter().map(|row| trail::activity(kind, row, office)));
                    }
                    Err(Trouble::Forbidden(why)) => {
                        self.lacks.insert(kind);
                        self.tell(format!("{kind} cannot be read: {why}"));
                    }
                    // Whether it can be narrowed so is told nowhere.
                    Err(Trouble::Said(..)) if by_lead => {
                        self.lacks.insert(BY_LEAD);
                    }
                    Err(trouble) => return Err(trouble),
                }
            }
            if by_lead && self.lacks.contains(BY_LEAD) {
                // Then by the contact alone, to which they are linked as well.
                return Box::pin(self.activities(id, contact)).await;
            }
        }
        Ok(all)
    }

    /// What the contact did on the site, where the account's tier tells that.
    async fn visits(&mut self, contact: &str) -> Result<Vec<Activity>, Trouble> {
        if self.lacks.contains(VISITS) {
            return Ok(Vec::new());
        }
        let since = self.api.now() - TimeDelta::days(EVENTS);
        let since = since.to_rfc3339_opts(SecondsFormat::Secs, true).replace(':', "%3A");
        let of = format!("objectType=contact&objectId={contact}&occurredAfter={since}&limit={MOST}");
        let told = self.api.get(&format!("/events/event-occurrences/{V}?{of}")).await;
        let Some(told) = self.without(VISITS, told)? else { return Ok(Vec::new()) };
        Ok(told["results"].as_array().into_iter().flatten().filter_map(trail::event).collect())
    }

    /// How its scores came about.
    async fn parts(&mut self, id: &str, contact: Option<&str>) -> Result<Vec<ScorePart>, Trouble> {
        let mode = self.office()?.mode;
        let mut parts = Vec::new();
        for ScoreProperty { axis, of_lead, name } in self.scores.clone() {
            let (of, whose) = if of_lead { (mode, Some(id)) } else { (Mode::Contacts, contact) };
            let Some(whose) = whose.filter(|_| !self.lacks.contains(SCORES) && is_name(&name)) else { continue };
            let query = format!("objectTypeId={}&objectId={whose}&outputProperty={name}&limit={MOST}", of.type_id());
            let path = format!("/marketing/lead-scoring/{V}-beta/score-values/object-history?{query}");
            let told = self.api.get(&path).await;
            let Some(told) = self.without(SCORES, told)? else { break };
            let told = told["results"].as_array().into_iter().flatten();
            parts.extend(told.filter_map(|change| trail::score_part(axis, change)));
        }
        Ok(parts)
    }

    /// What not every account has, and not every token may see: nothing where it is so, which is told once.
    fn without(&mut self, what: &'static str, told: Result<Json, Trouble>) -> Result<Option<Json>, Trouble> {
        let why = match told {
            Ok(told) => return Ok(Some(told)),
            Err(Trouble::Forbidden(why) | Trouble::Said(_, why)) => why,
            Err(Trouble::Missing) => "the account has none".into(),
            // These are open to other kinds of tokens only: ours holds, it was just used.
            Err(Trouble::SignedOut) => {
                self.api.forgive();
                "the token is of another kind".into()
            }
            Err(trouble) => return Err(trouble),
        };
        self.lacks.insert(what);
        self.tell(format!("{what} cannot be read: {why}"));
        Ok(None)
    }
}

/// The search for what of a kind is linked with any of these, the newest first.
fn of_kind(kind: &str, of: &[(&str, &str)]) -> (String, Json) {
    let group = |(to, id): &(&str, &str)| {
        let filter = json!({ "propertyName": format!("associations.{to}"), "operator": "EQ", "value": id });
        json!({ "filters": [filter] })
    };
    let body = json!({
        "filterGroups": of.iter().map(group).collect::<Vec<_>>(),
        "sorts": [{ "propertyName": "hs_timestamp", "direction": "DESCENDING" }],
        "properties": trail::properties(kind),
        "limit": MOST,
        "after": "0",
    });
    (format!("/crm/objects/{V}/{kind}/search"), body)
}

/// The name of a property, which becomes part of a query.
fn is_name(name: &str) -> bool {
    !name.is_empty() && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_')
}

/// The parts of a score go beside what the record says of it.
fn tell_parts(arrival: &mut Arrival, parts: Vec<ScorePart>) {
    let named = parts.iter().map(|part| Part::Points(part.axis, part.label.clone()));
    let told = arrival.told.iter().flat_map(|told| told.parts().cloned()).chain(named).collect();
    arrival.told = Some(Arc::new(told));
    // Where the record names no score, they are all there is of one.
    let sum = parts.iter().map(|part| part.points).sum::<f64>().round().clamp(0.0, 100.0);
    let (total, model) = (sum as i32, Some("hubspot".to_owned()));
    let bare = || Score { total, fit: None, intent: None, behavior: None, parts: Vec::new(), model, evaluated: None };
    let score = arrival.lead.score.get_or_insert_with(bare);
    score.parts.extend(parts);
    score.parts.sort_by(|one, other| other.points.total_cmp(&one.points));
}
