//! Many records at once.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use super::answer::{Answer, Said, bad, batch, batch_error, error};
use super::objects::{archive, resolve, shown, strings, written};
use super::records::{Kind, singular};
use super::state::State;

/// The inputs, not too many of them, and none twice.
fn inputs(body: &Value, most: usize) -> Result<&Vec<Value>, Answer> {
    let all = body["inputs"].as_array().ok_or_else(|| bad("inputs must not be null"))?;
    if all.is_empty() || all.len() > most {
        return Err(bad(&format!("inputs must hold between 1 and {most} items")));
    }
    let ids: Vec<&str> = all.iter().filter_map(|one| one["id"].as_str()).collect();
    if ids.iter().collect::<BTreeSet<_>>().len() < ids.len() {
        return Err(bad("Duplicate IDs found in batch input"));
    }
    Ok(all)
}

fn not_found(kind: Kind, ids: &[String]) -> Value {
    let what = singular(kind).to_uppercase();
    let message =
        format!("Could not get some {what} objects, they may be deleted or not exist. Check that ids are valid.");
    batch_error("OBJECT_NOT_FOUND", &message, ids)
}

/// `…/batch/read`.
pub fn read(state: &State, kind: Kind, archived: bool, body: &Value) -> Said {
    let (properties, history) = (strings(&body["properties"]), strings(&body["propertiesWithHistory"]));
    let (mut results, mut missing, mut seen) = (Vec::new(), Vec::new(), BTreeSet::new());
    for input in inputs(body, if history.is_empty() { 100 } else { 50 })? {
        let id = input["id"].as_str().ok_or_else(|| bad("id must not be null"))?;
        let record = match body["idProperty"].as_str() {
            None if archived => state.any(kind, id).filter(|record| record.archived.is_some()),
            name => resolve(state, kind, id, name)?.and_then(|id| state.records.get(kind, id)),
        };
        match record {
            Some(record) if seen.insert(record.id) => {
                results.push(shown(kind, record, &properties, &history, true));
            }
            Some(_) => {}
            None => missing.push(id.to_owned()),
        }
    }
    // In an order that nobody asked for.
    results.reverse();
    let is_told = !missing.is_empty() && !state.habits.is_silent_on_misses;
    let errors = is_told.then(|| not_found(kind, &missing));
    Ok(batch(200, state.now, results, errors.into_iter().collect()))
}

/// What one item of a batch comes to.
type Judged = Result<(Option<u64>, Vec<(String, String)>), Answer>;

/// Writes what may be written. Without a trace on every item, one that may not spoils all.
fn write_all(state: &mut State, kind: Kind, status: u16, judged: Vec<(&Value, Judged)>, is_upsert: bool) -> Said {
    let is_traced = judged.iter().all(|(input, _)| input["objectWriteTraceId"].is_string());
    let (mut results, mut errors) = (Vec::new(), Vec::new());
    if !is_traced && let Some(refused) = judged.iter().find_map(|one| one.1.as_ref().err()) {
        return Err(refused.clone());
    }
    for (input, judged) in judged {
        match judged {
            Ok((old, taken)) => {
                let id = state.write(kind, old, &taken, "INTEGRATION");
                let mut told = written(state, kind, id, &taken);
                if is_upsert {
                    told["new"] = json!(old.is_none());
                }
                if is_traced {
                    told["objectWriteTraceId"] = input["objectWriteTraceId"].clone();
                }
                results.push(told);
            }
            Err(refused) => {
                let body = refused.body.unwrap_or_default();
                let said = |name: &str| body[name].as_str().unwrap_or_default().to_owned();
                let mut error = batch_error(&said("category"), &said("message"), &[]);
                error["context"] = json!({ "objectWriteTraceId": [input["objectWriteTraceId"]] });
                error["errors"] = body.get("errors").cloned().unwrap_or_else(|| json!([]));
                errors.push(error);
            }
        }
    }
    Ok(batch(status, state.now, results, errors))
}

/// `…/batch/upsert`.
pub fn upsert(state: &mut State, kind: Kind, body: &Value) -> Said {
    let judge = |input: &Value| -> Judged {
        let id = input["id"].as_str().ok_or_else(|| bad("id must not be null"))?;
        let name = input["idProperty"].as_str();
        let old = resolve(state, kind, id, name)?;
        let Some(name) = name.filter(|name| *name != "hs_object_id") else {
            let old = old.ok_or_else(|| error(404, "OBJECT_NOT_FOUND", "no record has this id"))?;
            return Ok((
                Some(old),
                state.judge(kind, state.records.get(kind, old).map(|one| &**one), &input["properties"])?,
            ));
        };
        let mut properties = input["properties"].clone();
        properties
            .as_object_mut()
            .ok_or_else(|| bad("properties must not be null"))?
            .insert(name.to_owned(), json!(id));
        let record = old.and_then(|id| state.records.get(kind, id)).map(|record| &**record);
        Ok((old, state.judge(kind, record, &properties)?))
    };
    let judged = inputs(body, 100)?.iter().map(|input| (input, judge(input))).collect();
    write_all(state, kind, 200, judged, true)
}

/// `…/batch/update`.
pub fn update(state: &mut State, kind: Kind, body: &Value) -> Said {
    let judge = |input: &Value| -> Judged {
        let id = input["id"].as_str().ok_or_else(|| bad("id must not be null"))?;
        let old = resolve(state, kind, id, input["idProperty"].as_str())?;
        let old = old.ok_or_else(|| error(404, "OBJECT_NOT_FOUND", "no record has this id"))?;
        Ok((Some(old), state.judge(kind, state.records.get(kind, old).map(|one| &**one), &input["properties"])?))
    };
    let judged = inputs(body, 100)?.iter().map(|input| (input, judge(input))).collect();
    write_all(state, kind, 200, judged, false)
}

/// `…/batch/archive`; silent on what is not there.
pub fn archive_all(state: &mut State, kind: Kind, body: &Value) -> Said {
    for input in inputs(body, 100)? {
        archive(state, kind, input["id"].as_str().unwrap_or_default());
    }
    Ok(Answer::empty())
}
