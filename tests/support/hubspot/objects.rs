//! One record: read, made, changed, archived.

use std::collections::BTreeMap;
use std::sync::Arc;

use serde_json::{Map, Value, json};

use super::answer::{Answer, Said, bad, iso, no_such_object};
use super::query::Query;
use super::records::{Kind, Record, created_name, kind as kind_named, modified_name, singular};
use super::state::State;

/// The texts of a list.
pub fn strings(list: &Value) -> Vec<String> {
    list.as_array().into_iter().flatten().filter_map(Value::as_str).map(str::to_owned).collect()
}

/// What comes without being asked for.
fn standard(kind: Kind) -> &'static [&'static str] {
    match kind {
        "contacts" => &["email", "firstname", "lastname"],
        "companies" => &["name", "domain"],
        _ => &[],
    }
}

/// A record as it is told of: what was asked for, empty or not, and its id and times.
pub fn shown(kind: Kind, record: &Record, properties: &[String], history: &[String], has_nulls: bool) -> Value {
    let own = ["hs_object_id", created_name(kind), modified_name(kind)];
    let names = properties.iter().chain(history).map(String::as_str);
    let names = names.chain(own).chain(standard(kind).iter().copied().filter(|_| properties.is_empty()));
    let mut told = Map::new();
    for name in names {
        match record.value(kind, name) {
            Some(value) => drop(told.insert(name.to_owned(), json!(value))),
            None if has_nulls => drop(told.insert(name.to_owned(), Value::Null)),
            None => {}
        }
    }
    let mut shown = json!({
        "id": record.id.to_string(),
        "properties": told,
        "createdAt": iso(record.created),
        "updatedAt": iso(record.modified),
        "archived": record.archived.is_some(),
    });
    if let Some(at) = record.archived {
        shown["archivedAt"] = json!(iso(at));
    }
    if !history.is_empty() {
        let most = if kind == "contacts" { 45 } else { 20 };
        let versions = |name: &String| -> Vec<Value> {
            let all = record.values.get(name).into_iter().flatten().take(most);
            all.map(|one| json!({ "value": one.value, "timestamp": iso(one.at), "sourceType": one.source })).collect()
        };
        let all: BTreeMap<&String, Vec<Value>> = history.iter().map(|name| (name, versions(name))).collect();
        shown["propertiesWithHistory"] = json!(all);
    }
    shown
}

/// The id of a record by its number, or by a property that is unique.
pub fn resolve(state: &State, kind: Kind, id: &str, id_property: Option<&str>) -> Result<Option<u64>, Answer> {
    let Some(name) = id_property.filter(|name| *name != "hs_object_id") else {
        return Ok(state.find(kind, id).map(|record| record.id));
    };
    if !state.definitions.get(kind, name).is_some_and(|definition| definition.is_unique) {
        return Err(bad(&format!("{name} is not a unique property")));
    }
    Ok(state.records.by_value(kind, name, id).map(|record| record.id))
}

/// `GET /crm/objects/…/{kind}/{id}`.
pub fn read(state: &State, kind: Kind, id: &str, query: &Query) -> Said {
    let record = match query.one("idProperty") {
        None if query.is("archived") => state.any(kind, id).filter(|record| record.archived.is_some()),
        name => resolve(state, kind, id, name)?.and_then(|id| state.records.get(kind, id)),
    };
    let record = record.ok_or_else(no_such_object)?;
    Ok(Answer::new(200, told(state, kind, record, query)?))
}

/// `GET /crm/objects/…/{kind}`: all records in the order of ids, as they are now; nothing of it goes by way of search.
pub fn list(state: &State, kind: Kind, query: &Query) -> Said {
    let (limit, after) = (query.number("limit", 10)?, query.number("after", 0)?);
    if !(1..=100).contains(&limit) {
        return Err(bad("limit must be between 1 and 100"));
    }
    let is_meant = |record: &&Arc<Record>| {
        record.id >= after as u64
            && record.archived.is_some() == query.is("archived")
            && !state.records.hidden.contains(&(kind, record.id))
    };
    let mut there = state.records.all(kind).filter(is_meant);
    let results = there.by_ref().take(limit).map(|record| told(state, kind, record, query));
    let mut body = json!({ "results": results.collect::<Result<Vec<Value>, Answer>>()? });
    if let Some(next) = there.next() {
        body["paging"] = json!({ "next": { "after": next.id.to_string() } });
    }
    Ok(Answer::new(200, body))
}

/// A record with what the query asks of it, links too.
fn told(state: &State, kind: Kind, record: &Record, query: &Query) -> Result<Value, Answer> {
    let mut told = shown(kind, record, &query.list("properties"), &query.list("propertiesWithHistory"), true);
    let mut associations = Map::new();
    for name in query.list("associations") {
        let to = kind_named(&name).ok_or_else(|| bad(&format!("{name} is no type of object")))?;
        let label = format!("{}_to_{}", singular(kind), singular(to));
        let linked = record.links.iter().filter(|link| link.0 == to && state.records.get(to, link.1).is_some());
        let linked: Vec<Value> = linked.map(|link| json!({ "id": link.1.to_string(), "type": label })).collect();
        // Nothing is said of kinds without any.
        if !linked.is_empty() {
            associations.insert(to.to_owned(), json!({ "results": linked }));
        }
    }
    if !associations.is_empty() {
        told["associations"] = Value::Object(associations);
    }
    Ok(told)
}

/// `POST /crm/objects/…/{kind}`.
pub fn create(state: &mut State, kind: Kind, body: &Value) -> Said {
    let taken = state.judge(kind, None, &body["properties"])?;
    let links = links(state, kind, &body["associations"])?;
    let id = state.write(kind, None, &taken, "INTEGRATION");
    for link in links {
        state.link((kind, id), link);
    }
    Ok(Answer::new(201, written(state, kind, id, &taken)))
}

/// With what a new record is to be linked. Types are known for pairs; which pair it is follows from the kinds named.
fn links(state: &State, kind: Kind, associations: &Value) -> Result<Vec<(Kind, u64)>, Answer> {
    let mut links = Vec::new();
    for one in associations.as_array().into_iter().flatten() {
        let type_id = one["types"][0]["associationTypeId"].as_u64().ok_or_else(|| bad("types must not be empty"))?;
        let to = super::beside::linked_by(kind, type_id).ok_or_else(|| bad("no such association type"))?;
        let id = one["to"]["id"].as_str().unwrap_or_default();
        let record = state.find(to, id).ok_or_else(|| bad(&format!("{to} {id} does not exist")))?;
        links.push((to, record.id));
    }
    Ok(links)
}

/// What a write answers: what was written, and the id and times.
pub fn written(state: &State, kind: Kind, id: u64, taken: &[(String, String)]) -> Value {
    let names: Vec<String> = taken.iter().map(|one| one.0.clone()).collect();
    shown(kind, state.records.any(kind, id).unwrap(), &names, &[], false)
}

/// `PATCH /crm/objects/…/{kind}/{id}`.
pub fn change(state: &mut State, kind: Kind, id: &str, query: &Query, body: &Value) -> Said {
    let id = resolve(state, kind, id, query.one("idProperty"))?.ok_or_else(no_such_object)?;
    let old = state.records.get(kind, id).ok_or_else(no_such_object)?;
    let taken = state.judge(kind, Some(old), &body["properties"])?;
    if taken.is_empty() {
        return Err(bad("No properties found to update, please provide at least one."));
    }
    state.write(kind, Some(id), &taken, "INTEGRATION");
    Ok(Answer::new(200, written(state, kind, id, &taken)))
}

/// `DELETE /crm/objects/…/{kind}/{id}`; what is archived already stays so.
pub fn archive(state: &mut State, kind: Kind, id: &str) -> Answer {
    if let Some(record) = state.find(kind, id) {
        let mut record = Record::clone(record);
        (record.archived, record.modified) = (Some(state.now), state.now);
        state.keep(kind, record);
    }
    Answer::empty()
}
