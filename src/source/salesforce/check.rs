//! What an org is, and what there does not fit: the version, the user's rights, the field for keys, statuses, reasons, fields
//! of the mapping. What is missing is told with the way to make it (docs/connectors/salesforce.md has all of it).

use std::sync::Arc;

use reqwest::Method;
use serde_json::{Value as Json, json};

use super::rest::{DATA, Trouble};
use super::schema::{Field, Schema};
use super::{SalesforceSource, read, write};
use crate::source::words::{silent_stages, without_word};
use crate::source::{Finding, SourceError};

/// So long a key is, in characters.
const KEY_LENGTH: u64 = 36;
/// The types of fields whose values are numbers, or may be.
const NUMBERS: [&str; 7] = ["double", "int", "long", "percent", "currency", "string", "picklist"];

/// A status of leads.
struct Status {
    name: String,
    is_converted: bool,
}

impl SalesforceSource {
    pub(super) async fn findings(&mut self) -> Result<Vec<Finding>, SourceError> {
        // Whatever was made since is to be seen.
        self.schemas.clear();
        let mut found = vec![self.person().await?, self.version().await?];
        let Some(leads) = self.seen_schema("Lead", &mut found).await? else { return Ok(found) };
        found.push(rights("leads", &[("read", leads.may_read), ("edit", leads.may_edit)]));
        if let Some(tasks) = self.seen_schema("Task", &mut found).await? {
            found.push(rights("tasks", &[("create", tasks.may_create), ("edit", tasks.may_edit)]));
            found.push(key(&tasks, write::key_field(&self.mapping.write)));
        }
        found.extend(self.columns(&leads));
        let statuses = self.statuses_of(&leads).await?;
        found.extend(self.statuses(&statuses));
        found.extend(self.reasons(&leads));
        Ok(found)
    }

    /// Who one is there, and whose leads are asked for.
    async fn person(&mut self) -> Result<Finding, SourceError> {
        let user = self.rest.entry.user().await.map_err(|trouble| self.error(trouble))?;
        let Some(user) = user else {
            let hint = "the app's scopes are to be api and refresh_token";
            return Ok(Finding::bad("Salesforce does not say who signed in", hint));
        };
        let soql = format!("SELECT Name FROM User WHERE Id = {}", read::quoted(&user));
        let name = match self.rest.query(&soql).await {
            Ok(answer) => answer["records"][0]["Name"].as_str().map(str::to_owned),
            // Not everybody may look at users.
            Err(Trouble::Said { .. }) => None,
            Err(trouble) => return Err(self.error(trouble)),
        };
        let whose = if self.of_all { "all leads that they see" } else { "their own leads" };
        Ok(Finding::good(format!("signed in as {}; {whose}", name.unwrap_or(format!("the user {user}")))))
    }

    async fn version(&mut self) -> Result<Finding, SourceError> {
        let told = self.rest.call(Method::GET, "/services/data/", None).await.map_err(|trouble| self.error(trouble))?;
        let told = told.as_array().ok_or_else(|| self.odd("its versions are no list"))?;
        let version = DATA.rsplit('/').next().unwrap_or_default();
        if told.iter().any(|one| one["url"] == json!(DATA)) {
            return Ok(Finding::good(format!("it speaks {version} of its interface")));
        }
        let newest = told.last().and_then(|one| one["version"].as_str()).unwrap_or("none");
        let what = format!("it does not speak {version} of its interface; its newest is {newest}");
        Ok(Finding::bad(what, "check the address: it is to be that of an org of your own"))
    }

    /// What an object is made of; where this user does not see it at all, that is what is wrong.
    async fn seen_schema(
        &mut self,
        object: &'static str,
        found: &mut Vec<Finding>,
    ) -> Result<Option<Arc<Schema>>, SourceError> {
        match self.schema(object).await {
            Ok(schema) => Ok(Some(schema)),
            Err(SourceError::Protocol { why, .. }) => {
                let hint = "an administrator gives them a permission set that lets them";
                found.push(Finding::bad(format!("this user does not see the object {object} ({why})"), hint));
                Ok(None)
            }
            Err(error) => Err(error),
        }
    }

    /// The fields that the mapping reads, and what is wrong with them.
    fn columns(&self, leads: &Schema) -> Vec<Finding> {
        let missing: Vec<&String> = self.mapping.columns().iter().filter(|column| !leads.has(column)).collect();
        let (own, standard): (Vec<&String>, Vec<&String>) =
            missing.into_iter().partition(|column| column.contains("__"));
        let mut found = Vec::new();
        for column in own {
            let hint = "make it under Setup → Object Manager → Lead → Fields & Relationships, let this user see it, or take it \
                        out of the mapping";
            found.push(Finding::bad(format!("leads have no field {column} that this user sees"), hint));
        }
        if !standard.is_empty() {
            let names = standard.into_iter().cloned().collect::<Vec<_>>().join(", ");
            let hint = "they are left out; field-level security shows them, if they are wanted";
            found.push(Finding::note(format!("this user does not see {names} of leads"), hint));
        }
        let is_number = |field: &Field| NUMBERS.contains(&field.kind.as_str());
        for column in self.mapping.score_columns() {
            if let Some(field) = leads.field(column).filter(|field| !is_number(field)) {
                let what = format!("{column} is to be a score, and is a field of the type {}", field.kind);
                found.push(Finding::bad(what, "name a field of numbers under [score] in the mapping"));
            }
        }
        if found.is_empty() {
            found.push(Finding::good("all fields of the mapping are there"));
        }
        found
    }

    async fn statuses_of(&mut self, leads: &Schema) -> Result<Vec<Status>, SourceError> {
        let told = match self.rest.query("SELECT ApiName,IsConverted FROM LeadStatus").await {
            Ok(answer) => answer["records"].as_array().cloned().unwrap_or_default(),
            Err(Trouble::Said { .. }) => Vec::new(),
            Err(trouble) => return Err(self.error(trouble)),
        };
        let read = |row: &Json| {
            let is_converted = row["IsConverted"].as_bool().unwrap_or_default();
            Some(Status { name: row["ApiName"].as_str()?.to_owned(), is_converted })
        };
        let statuses: Vec<Status> = told.iter().filter_map(read).collect();
        if !statuses.is_empty() {
            return Ok(statuses);
        }
        let picks = leads.field("Status").map(|field| field.picks.clone()).unwrap_or_default();
        Ok(picks.into_iter().map(|name| Status { name, is_converted: false }).collect())
    }

    /// Statuses that are not understood, and words for them that are none.
    fn statuses(&self, statuses: &[Status]) -> Vec<Finding> {
        let mut found = Vec::new();
        let reads_status = self.mapping.columns().iter().any(|column| column == "Status");
        for Status { name, .. } in statuses.iter().filter(|status| reads_status && !status.is_converted) {
            let read = self.mapping.arrival(json!({ "Id": "1", "Status": name }));
            if !matches!(read, Ok(Some(arrival)) if arrival.lead.stage.canonical.is_some()) {
                let hint = "add it to the map of `stage` in a copy of the mapping; until then such leads stand as nobody \
                            knows where";
                found.push(Finding::bad(format!("the status “{name}” is not mapped"), hint));
            }
        }
        for (stage, word) in &self.mapping.write.stages {
            let hint = "name one of theirs under [write.stages], or add it under Setup → Object Manager → Lead → Fields & \
                        Relationships → Lead Status";
            match statuses.iter().find(|status| status.name == *word) {
                None => {
                    let what = format!("{stage} would be written as “{word}”, and leads have no such status");
                    found.push(Finding::bad(what, hint));
                }
                Some(status) if status.is_converted => {
                    let what = format!("{stage} would be written as “{word}”, which only a conversion sets");
                    found.push(Finding::bad(what, hint));
                }
                Some(_) => {}
            }
        }
        found.extend(silent_stages(&self.mapping.write));
        if found.is_empty() {
            found.push(Finding::good("all statuses are mapped, and those that are written are there"));
        }
        found
    }

    /// The field for reasons, and the words for them.
    fn reasons(&self, leads: &Schema) -> Vec<Finding> {
        let words = &self.mapping.write;
        let Some(name) = words.fields.get("reason") else {
            let hint =
                "for a field of leads, name it as `reason` under [write.fields], and its values under [write.reasons]";
            return vec![Finding::note("why a lead is rejected stands in the task alone", hint)];
        };
        let Some(field) = leads.field(name) else {
            let picks = words.reasons.values().cloned().collect::<Vec<_>>().join(", ");
            let hint = format!(
                "Setup → Object Manager → Lead → Fields & Relationships → New → Picklist, with the values {picks}; editable \
                 for this user. Until then reasons stand in the task alone"
            );
            return vec![Finding::bad(format!("leads have no field {name} for reasons that this user sees"), hint)];
        };
        let mut found = Vec::new();
        if !field.may_edit {
            let hint = "field-level security lets them edit it; until then reasons stand in the task alone";
            found.push(Finding::bad(format!("this user may not write {name}, the field for reasons"), hint));
        }
        for (code, word) in &words.reasons {
            if !leads.has_pick(name, word) {
                let hint = "add the value there, or name one of theirs under [write.reasons]";
                found.push(Finding::bad(
                    format!("{code} would be written as “{word}”, and {name} has no such value"),
                    hint,
                ));
            }
        }
        let without = without_word(words);
        if !without.is_empty() {
            let what = format!("for {} there is no value of {name}", without.join(", "));
            found.push(Finding::note(what, "name one under [write.reasons]; until then it stands in the task alone"));
        }
        if found.is_empty() {
            found.push(Finding::good("the field for reasons has all that is written to it"));
        }
        found
    }
}

/// Whether this user may do with an object what is done with it.
fn rights(object: &str, rights: &[(&str, bool)]) -> Finding {
    let lacking: Vec<&str> = rights.iter().filter(|(_, may)| !may).map(|(right, _)| *right).collect();
    if lacking.is_empty() {
        let all: Vec<&str> = rights.iter().map(|(right, _)| *right).collect();
        return Finding::good(format!("this user may {} {object}", all.join(" and ")));
    }
    let hint = format!("Setup → Permission Sets → the user's → Object Settings → {object}; for tasks, “Edit Tasks”");
    Finding::bad(format!("this user may not {} {object}", lacking.join(" or ")), hint)
}

/// The field by which each disposition is there once.
fn key(tasks: &Schema, name: &str) -> Finding {
    let Some(field) = tasks.field(name) else {
        let label = name.trim_end_matches("__c");
        let hint = format!(
            "Setup → Object Manager → Activity → Fields & Relationships → New: Text, length {KEY_LENGTH}, field name {label}, \
             Unique, External ID; visible and editable for this user. Until then nothing but a mere acceptance is written"
        );
        return Finding::bad(format!("activities have no field {name} that this user sees, for the keys"), hint);
    };
    let wrong: Vec<&str> = [
        (field.kind != "string", "is no text"),
        (field.length.is_some_and(|length| length < KEY_LENGTH), "holds fewer than 36 characters"),
        (!field.is_external_id, "is no External ID"),
        (!field.is_unique, "is not Unique"),
        (!field.may_edit || !field.may_create, "cannot be written by this user"),
    ]
    .into_iter()
    .filter_map(|(is_so, what)| is_so.then_some(what))
    .collect();
    if wrong.is_empty() {
        return Finding::good(format!("{name} is there for the keys, unique, and may be written"));
    }
    let hint =
        "Setup → Object Manager → Activity → Fields & Relationships → the field → Edit, and its field-level security";
    Finding::bad(format!("the field {name} for the keys {}", wrong.join(", ")), hint)
}
