//! Reading records: rows of a search or a batch, and what stands beside them, put together as the mapping sees a lead:
//! `lead.…`, `contact.…`, `company.…` are their properties, `owner.name`, `owner.email`, `owner.id` the owner, and
//! `stage.label` the stage in the words of people.

use std::collections::{BTreeSet, HashMap};

use chrono::DateTime;
use serde_json::{Value as Json, json};

use super::V;
use super::api::{Api, Trouble};
use super::office::{Mode, Office};
use crate::handoff::is_reckonable;
use crate::source::Record;
use crate::source::files::RecordMapping;

/// So many records are asked for at once.
pub(super) const BATCH: usize = 100;

/// A record as HubSpot told it.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Row {
    pub(super) id: u64,
    /// When it was changed, in milliseconds since 1970.
    pub(super) changed: i64,
    pub(super) properties: Json,
    /// Where it is opened.
    url: Option<String>,
}

impl Row {
    pub(super) fn read(told: &Json) -> Result<Self, Trouble> {
        let lacks = |what: &str| Trouble::Unknown(format!("a record without {what}"));
        let id = told["id"].as_str().and_then(|id| id.parse().ok()).ok_or_else(|| lacks("an id"))?;
        let changed = ["hs_lastmodifieddate", "lastmodifieddate"].iter().find_map(|name| ms(&told["properties"][name]));
        let changed = changed.or_else(|| ms(&told["updatedAt"])).ok_or_else(|| lacks("a time of change"))?;
        let properties = told["properties"].clone();
        if !properties.is_object() {
            return Err(lacks("properties"));
        }
        Ok(Self { id, changed, properties, url: told["url"].as_str().map(str::to_owned) })
    }

    /// What a property is; nothing where it is empty.
    pub(super) fn text(&self, name: &str) -> Option<&str> {
        self.properties[name].as_str().filter(|text| !text.is_empty())
    }

    /// The ids of the records that were merged into this one.
    pub(super) fn merged(&self) -> impl Iterator<Item = String> {
        let ids = self.text("hs_merged_object_ids").unwrap_or_default().to_owned();
        let (ids, own) = (ids.split(';').map(|id| id.trim().to_owned()).collect::<Vec<_>>(), self.id.to_string());
        ids.into_iter().filter(move |id| !id.is_empty() && *id != own)
    }
}

/// A time in an answer, in milliseconds since 1970.
pub(super) fn ms(told: &Json) -> Option<i64> {
    let text = told.as_str()?;
    let at = match text.parse() {
        Ok(ms) => DateTime::from_timestamp_millis(ms)?,
        Err(_) => DateTime::parse_from_rfc3339(text).ok()?.to_utc(),
    };
    is_reckonable(at).then(|| at.timestamp_millis())
}

/// The rows of an answer.
pub(super) fn rows(told: &Json) -> Result<Vec<Row>, Trouble> {
    let all = told["results"].as_array().ok_or_else(|| Trouble::Unknown("its records are no list".into()))?;
    all.iter().map(Row::read).collect()
}

/// Records by their ids, in no order; those that are not there are missing.
pub(super) async fn batch(
    api: &Api,
    kind: &str,
    ids: &BTreeSet<String>,
    properties: &[String],
    archived: bool,
) -> Result<Vec<Row>, Trouble> {
    let ids: Vec<&String> = ids.iter().collect();
    let ask = |ids: &[&String]| {
        let inputs: Vec<Json> = ids.iter().map(|id| json!({ "id": id })).collect();
        let body = json!({ "inputs": inputs, "properties": properties, "propertiesWithHistory": [] });
        let archived = if archived { "?archived=true" } else { "" };
        (format!("/crm/objects/{V}/{kind}/batch/read{archived}"), body)
    };
    let mut all = Vec::new();
    for told in api.post_all(ids.chunks(BATCH).map(ask).collect()).await? {
        all.extend(rows(&told?)?);
    }
    Ok(all)
}

/// With what of a kind each of these is linked.
pub(super) async fn links(
    api: &Api,
    from: &str,
    to: &str,
    ids: &BTreeSet<String>,
) -> Result<HashMap<String, Vec<String>>, Trouble> {
    let mut links = HashMap::new();
    let ids: Vec<&String> = ids.iter().collect();
    for ids in ids.chunks(1000) {
        let inputs: Vec<Json> = ids.iter().map(|id| json!({ "id": id })).collect();
        let path = format!("/crm/associations/{V}/{from}/{to}/batch/read");
        let told = match api.post(&path, &json!({ "inputs": inputs })).await {
            Ok(told) => told,
            // Where none of them is linked it may say so.
            Err(Trouble::Missing) => continue,
            Err(trouble) => return Err(trouble),
        };
        for one in told["results"].as_array().into_iter().flatten() {
            let id = |told: &Json| told.as_str().map(str::to_owned).or_else(|| Some(told.as_u64()?.to_string()));
            let others = one["to"].as_array().into_iter().flatten().filter_map(|other| id(&other["toObjectId"]));
            if let Some(id) = id(&one["from"]["id"]) {
                links.insert(id, others.collect());
            }
        }
    }
    Ok(links)
}

/// The same, where one of a kind is enough.
async fn linked(api: &Api, from: &str, to: &str, ids: &BTreeSet<String>) -> Result<HashMap<String, String>, Trouble> {
    let links = links(api, from, to, ids).await?;
    Ok(links.into_iter().filter_map(|(id, others)| Some((id, others.into_iter().next()?))).collect())
}

/// What is known of some leads beside their own records.
#[derive(Default)]
pub(super) struct Beside {
    /// By lead.
    contact_of: HashMap<String, String>,
    company_of: HashMap<String, String>,
    contacts: HashMap<String, Row>,
    companies: HashMap<String, Row>,
}

impl Beside {
    /// Of these rows.
    pub(super) async fn read(api: &Api, office: &Office, rows: &[Row]) -> Result<Self, Trouble> {
        let mut beside = Self::default();
        if rows.is_empty() {
            return Ok(beside);
        }
        let ids: BTreeSet<String> = rows.iter().map(|row| row.id.to_string()).collect();
        if office.mode == Mode::Leads {
            beside.read_contacts(api, office, rows, &ids).await?;
        }
        if !office.asked.company.is_empty() {
            beside.company_of = degraded(linked(api, office.mode.kind(), "companies", &ids).await)?;
            let ids = beside.company_of.values().cloned().collect();
            beside.companies = keyed(degraded(batch(api, "companies", &ids, &office.asked.company, false).await)?);
        }
        Ok(beside)
    }

    async fn read_contacts(
        &mut self,
        api: &Api,
        office: &Office,
        rows: &[Row],
        ids: &BTreeSet<String>,
    ) -> Result<(), Trouble> {
        let primary = |row: &Row| Some((row.id.to_string(), row.text("hs_primary_contact_id")?.to_owned()));
        self.contact_of = rows.iter().filter_map(primary).collect();
        let wanted: BTreeSet<String> = self.contact_of.values().cloned().collect();
        let asked = &office.asked.contact;
        self.contacts = keyed(degraded(batch(api, "contacts", &wanted, asked, false).await)?);
        // One that was merged meanwhile has another id now, and not every account names the contact.
        let has = |id: &&String| self.contact_of.get(*id).is_some_and(|contact| self.contacts.contains_key(contact));
        let lacking: BTreeSet<String> = ids.iter().filter(|id| !has(id)).cloned().collect();
        if !lacking.is_empty() {
            let links = degraded(linked(api, "leads", "contacts", &lacking).await)?;
            let wanted: BTreeSet<String> = links.values().cloned().collect();
            self.contact_of.extend(links);
            self.contacts.extend(keyed(degraded(batch(api, "contacts", &wanted, asked, false).await)?));
        }
        Ok(())
    }

    /// The contact of a lead.
    pub(super) fn contact(&self, office: &Office, row: &Row) -> Option<String> {
        match office.mode {
            Mode::Leads => self.contact_of.get(&row.id.to_string()).cloned(),
            Mode::Contacts => Some(row.id.to_string()),
        }
    }
}

/// What the token may not see stays empty.
fn degraded<T: Default>(told: Result<T, Trouble>) -> Result<T, Trouble> {
    match told {
        Err(Trouble::Forbidden(_)) => Ok(T::default()),
        told => told,
    }
}

fn keyed(rows: Vec<Row>) -> HashMap<String, Row> {
    rows.into_iter().map(|row| (row.id.to_string(), row)).collect()
}

/// The lead that a row tells of; nothing for one that the mapping passes over.
///
/// # Errors
/// A value makes no sense: which, in words.
pub(super) fn record(
    row: &Row,
    beside: &Beside,
    office: &Office,
    mapping: &RecordMapping,
    name: &str,
) -> Result<Option<Record>, String> {
    let id = row.id.to_string();
    let mut whole = json!({ "id": id, "owner": office.owner(row.text("hubspot_owner_id")) });
    if let Some(stage) = row.text(office.mode.stage()) {
        whole["stage"] = json!({ "id": stage, "label": office.stage(stage) });
    }
    whole[office.mode.prefix()] = row.properties.clone();
    if let Some(contact) = beside.contact_of.get(&id).and_then(|contact| beside.contacts.get(contact)) {
        whole["contact"] = contact.properties.clone();
    }
    if let Some(company) = beside.company_of.get(&id).and_then(|company| beside.companies.get(company)) {
        whole["company"] = company.properties.clone();
    }
    let arrival = mapping.arrival(whole).map_err(|why| format!("{} {id}: {why}", office.mode.prefix()))?;
    let Some(mut arrival) = arrival else { return Ok(None) };
    arrival.lead.key.source = name.to_owned();
    arrival.lead.key.external_id = id;
    arrival.lead.owner_id = row.text("hubspot_owner_id").map(str::to_owned);
    arrival.lead.url = arrival.lead.url.or_else(|| row.url.clone());
    Ok(Some(Record { arrival, word: None }))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_told_in_two_ways_and_those_that_nobody_can_reckon_with_are_none() {
        assert_eq!(ms(&json!("1767323045000")), Some(1_767_323_045_000));
        assert_eq!(ms(&json!("2026-01-02T03:04:05Z")), Some(1_767_323_045_000));
        for odd in ["9223372036854775807", "-62167219200001", "-262143-01-01T00:00:00Z", "soon"] {
            assert_eq!(ms(&json!(odd)), None, "{odd}");
        }
    }
}
