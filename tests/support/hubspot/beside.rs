//! What stands beside the records: links, scores, events.

use serde_json::{Value, json};

use super::answer::{Answer, Said, bad, batch, batch_error, error, iso, millis, page};
use super::query::Query;
use super::records::{Kind, kind as kind_named, type_id};
use super::state::State;

/// The default type of a link, one way and the other. From memory, as far as a number goes: nobody may count on them.
const TYPES: [(Kind, Kind, u64, u64); 21] = [
    ("contacts", "companies", 279, 280),
    ("leads", "contacts", 578, 579),
    ("leads", "companies", 610, 611),
    ("calls", "contacts", 194, 193),
    ("calls", "companies", 182, 181),
    ("calls", "leads", 596, 597),
    ("emails", "contacts", 198, 197),
    ("emails", "companies", 186, 185),
    ("emails", "leads", 598, 599),
    ("meetings", "contacts", 200, 199),
    ("meetings", "companies", 188, 187),
    ("meetings", "leads", 600, 601),
    ("notes", "contacts", 202, 201),
    ("notes", "companies", 190, 189),
    ("notes", "leads", 855, 854),
    ("tasks", "contacts", 204, 203),
    ("tasks", "companies", 192, 191),
    ("tasks", "leads", 646, 645),
    ("communications", "contacts", 81, 82),
    ("communications", "companies", 87, 88),
    ("communications", "leads", 602, 603),
];

fn type_of(from: Kind, to: Kind) -> Option<u64> {
    TYPES.iter().find_map(|(one, other, there, back)| match (*one, *other) {
        pair if pair == (from, to) => Some(*there),
        pair if pair == (to, from) => Some(*back),
        _ => None,
    })
}

/// The kind at the other end of a link of this type.
pub fn linked_by(from: Kind, type_id: u64) -> Option<Kind> {
    TYPES.iter().find_map(|(one, other, there, back)| match type_id {
        id if *one == from && id == *there => Some(*other),
        id if *other == from && id == *back => Some(*one),
        _ => None,
    })
}

fn kinds(from: &str, to: &str) -> Result<(Kind, Kind, u64), Answer> {
    let unknown = || bad(&format!("{from} cannot be associated with {to}"));
    let (from, to) = (kind_named(from).ok_or_else(unknown)?, kind_named(to).ok_or_else(unknown)?);
    Ok((from, to, type_of(from, to).ok_or_else(unknown)?))
}

/// `PUT /crm/objects/…/{from}/{id}/associations/default/{to}/{id}`. Told of twice: one way and the other.
pub fn associate(state: &mut State, from: (&str, &str), to: (&str, &str)) -> Said {
    let (from_kind, to_kind, there) = kinds(from.0, to.0)?;
    let lacks = |kind: Kind, id: &str| error(404, "OBJECT_NOT_FOUND", &format!("{kind} {id} was not found"));
    let one = state.find(from_kind, from.1).ok_or_else(|| lacks(from_kind, from.1))?.id;
    let other = state.find(to_kind, to.1).ok_or_else(|| lacks(to_kind, to.1))?.id;
    state.link((from_kind, one), (to_kind, other));
    let told = |from: u64, to: u64, type_id: u64| {
        json!({
            "from": { "id": from.to_string() }, "to": { "id": to.to_string() },
            "associationSpec": { "associationCategory": "HUBSPOT_DEFINED", "associationTypeId": type_id },
        })
    };
    let back = type_of(to_kind, from_kind).unwrap();
    Ok(batch(200, state.now, vec![told(one, other, there), told(other, one, back)], Vec::new()))
}

/// `POST /crm/associations/…/{from}/{to}/batch/read`. A record without links is an error of the batch.
pub fn associations(state: &State, from: &str, to: &str, body: &Value) -> Said {
    let (from, to, type_id) = kinds(from, to)?;
    let inputs = body["inputs"].as_array().map(Vec::as_slice).unwrap_or_default();
    if inputs.is_empty() || inputs.len() > 1000 {
        return Err(bad("inputs must hold between 1 and 1000 items"));
    }
    let (mut results, mut errors) = (Vec::new(), Vec::new());
    for input in inputs {
        let id = input["id"].as_str().ok_or_else(|| bad("id must not be null"))?;
        let links = state.find(from, id).map(|record| record.links.clone()).unwrap_or_default();
        let links = links.iter().filter(|link| link.0 == to && state.records.get(to, link.1).is_some());
        let types = json!([{ "category": "HUBSPOT_DEFINED", "typeId": type_id }]);
        let links: Vec<Value> =
            links.map(|link| json!({ "toObjectId": link.1.to_string(), "associationTypes": types })).collect();
        if links.is_empty() {
            let message = format!("No {to} is associated with {from} {id}.");
            let mut error = batch_error("OBJECT_NOT_FOUND", &message, &[id.to_owned()]);
            error["subCategory"] = json!("crm.associations.NO_ASSOCIATIONS_FOUND");
            errors.push(error);
        } else {
            results.push(json!({ "from": { "id": id }, "to": links }));
        }
    }
    Ok(batch(200, state.now, results, errors))
}

/// One change of a score.
#[derive(Clone, Debug)]
pub struct Score {
    pub at: i64,
    pub delta: f64,
    /// What it came to.
    pub value: f64,
    /// What happened, in the words of the account.
    pub heading: String,
}

impl Score {
    fn shown(&self) -> Value {
        json!({
            "timestamp": iso(self.at),
            "delta": self.delta,
            "propertyValue": self.value.to_string(),
            "renderedEvents": [{
                "heading": self.heading, "eventTypeId": "4-1", "timestamp": self.at,
                "renderedComponents": [{ "componentType": "TEXT", "tokenName": "page", "fields": {} }],
            }],
            "resolvedListIds": [],
            "resolvedProperties": {},
        })
    }
}

/// `GET /marketing/lead-scoring/…/score-values/object-history`.
pub fn history(state: &State, query: &Query) -> Said {
    let needed = |name: &str| query.one(name).ok_or_else(|| bad(&format!("{name} is required")));
    let named = needed("objectTypeId")?;
    let kind = kind_named(named).filter(|kind| type_id(kind) == named);
    let kind = kind.ok_or_else(|| bad(&format!("{named} is no object type id")))?;
    let id = needed("objectId")?.parse().map_err(|_| bad("objectId is no number"))?;
    let property = needed("outputProperty")?.to_owned();
    let (limit, after) = (query.number("limit", 100)?, query.number("after", 0)?);
    let all = state.scores.get(&((kind, id), property)).map(Vec::as_slice).unwrap_or_default();
    let all: Vec<Value> = all.iter().map(Score::shown).collect();
    Ok(Answer::new(200, page(&all, after, limit)))
}

/// Something that somebody did.
#[derive(Clone, Debug)]
pub struct Happened {
    pub id: u64,
    pub kind: Kind,
    pub object: u64,
    pub at: i64,
    /// Such as `e_visited_page`.
    pub what: String,
    pub properties: Vec<(String, String)>,
}

/// `GET /events/event-occurrences/…`: the newest first.
pub fn events(state: &State, query: &Query) -> Said {
    let time = |name: &str| match query.one(name) {
        Some(text) => millis(text).map(Some).ok_or_else(|| bad(&format!("{name} is no time: {text}"))),
        None => Ok(None),
    };
    let (since, until) = (time("occurredAfter")?, time("occurredBefore")?);
    let (object, what) = (query.one("objectId"), query.one("eventType"));
    // Which kind is told in the singular.
    let kind =
        query.one("objectType").map(|name| kind_named(name).ok_or_else(|| bad("no such objectType"))).transpose()?;
    if object.is_some() && kind.is_none() {
        return Err(bad("objectType is required with objectId"));
    }
    let is_meant = |event: &&Happened| {
        kind.is_none_or(|kind| event.kind == kind)
            && object.is_none_or(|object| event.object.to_string() == object)
            && what.is_none_or(|what| event.what == what)
            && since.is_none_or(|since| event.at >= since)
            && until.is_none_or(|until| event.at < until)
    };
    let shown = |event: &Happened| {
        let properties = event.properties.iter().map(|(name, value)| (name.clone(), json!(value)));
        json!({
            "id": event.id.to_string(), "eventType": event.what, "occurredAt": iso(event.at),
            "objectType": super::records::singular(event.kind).to_uppercase(), "objectId": event.object.to_string(),
            "properties": properties.collect::<serde_json::Map<_, _>>(),
        })
    };
    let all: Vec<Value> = state.events.iter().rev().filter(is_meant).map(shown).collect();
    Ok(Answer::new(200, page(&all, query.number("after", 0)?, query.number("limit", 20)?)))
}

/// `GET /events/event-occurrences/…/event-types`.
pub fn event_types(state: &State) -> Answer {
    let all: std::collections::BTreeSet<&str> = state.events.iter().map(|event| event.what.as_str()).collect();
    Answer::new(200, json!({ "eventTypes": all }))
}
