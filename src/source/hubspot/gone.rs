//! What became of records that are known: batches by id tell of those that are there, whoever owns them.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::json;

use super::V;
use super::api::{Api, Trouble};
use super::office::Office;
use super::read::{self, Row};
use crate::source::{Gone, Tombstone};

/// So many that are nowhere are looked for among those that were merged.
const LOOKED_FOR: usize = 5;

/// Those of these ids that are no longer there for us, and why.
pub(super) async fn gone(api: &Api, office: &Office, known: &[String]) -> Result<Vec<Tombstone>, Trouble> {
    let kind = office.mode.kind();
    // What has no number was never there.
    let ids: BTreeSet<String> = known.iter().filter(|id| id.parse::<u64>().is_ok()).cloned().collect();
    let properties = ["hubspot_owner_id", "hs_merged_object_ids", office.mode.modified()].map(str::to_owned);
    let there = read::batch(api, kind, &ids, &properties, false).await?;
    let found: BTreeMap<String, &Row> = there.iter().map(|row| (row.id.to_string(), row)).collect();
    let mut gone = Vec::new();
    let mut lacking = BTreeSet::new();
    for id in &ids {
        // An old id may lead on to the record that won.
        let winner = there.iter().find(|row| row.merged().any(|merged| merged == *id));
        let why = match (found.get(id), winner) {
            (Some(row), _) => given_away(office, row.text("hubspot_owner_id")),
            (None, Some(winner)) => Some(Gone::Merged(winner.id.to_string())),
            (None, None) => {
                lacking.insert(id.clone());
                None
            }
        };
        gone.extend(why.map(|why| Tombstone { external_id: id.clone(), why, at: None }));
    }
    if lacking.is_empty() {
        return Ok(gone);
    }
    let archived = read::batch(api, kind, &lacking, &properties, true).await?;
    let archived: BTreeSet<String> = archived.iter().map(|row| row.id.to_string()).collect();
    let nowhere: Vec<&String> = lacking.difference(&archived).collect();
    let winners = winners(api, kind, &nowhere[..nowhere.len().min(LOOKED_FOR)], &properties).await?;
    for id in lacking {
        let winner = winners.iter().find(|row| row.merged().any(|merged| merged == id));
        let why = match winner {
            _ if archived.contains(&id) => Gone::Deleted,
            Some(winner) => Gone::Merged(winner.id.to_string()),
            None => Gone::NoAccess,
        };
        gone.push(Tombstone { external_id: id, why, at: None });
    }
    Ok(gone)
}

/// Who has it now, where that is not the owner whose leads are asked for.
pub(super) fn given_away(office: &Office, owner: Option<&str>) -> Option<Gone> {
    let own = office.own.as_deref()?;
    match owner {
        Some(owner) if owner == own => None,
        Some(owner) => Some(Gone::Reassigned(format!("given to {}", office.name(owner)))),
        None => Some(Gone::Reassigned("it has no owner any more".into())),
    }
}

/// The records that these were merged into. Not every account lets one search for that.
async fn winners(api: &Api, kind: &str, ids: &[&String], properties: &[String]) -> Result<Vec<Row>, Trouble> {
    if ids.is_empty() {
        return Ok(Vec::new());
    }
    let merged = |id: &&String| {
        let filter = json!({ "propertyName": "hs_merged_object_ids", "operator": "CONTAINS_TOKEN", "value": id });
        json!({ "filters": [filter] })
    };
    let body = json!({
        "filterGroups": ids.iter().map(merged).collect::<Vec<_>>(),
        "sorts": [{ "propertyName": "hs_object_id", "direction": "ASCENDING" }],
        "properties": properties, "limit": 100, "after": "0",
    });
    match api.post(&format!("/crm/objects/{V}/{kind}/search"), &body).await {
        Ok(told) => read::rows(&told),
        Err(Trouble::Said(..)) => Ok(Vec::new()),
        Err(trouble) => Err(trouble),
    }
}
