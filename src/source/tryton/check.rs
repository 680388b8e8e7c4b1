//! What a Tryton is, and what there does not fit: rights, fields, states.

use serde_json::{Value as Json, json};

use super::{MODEL, TrytonSource, write};
use crate::source::words::silent_stages;
use crate::source::{Finding, SourceError};

impl TrytonSource {
    pub(super) async fn findings(&mut self) -> Result<Vec<Finding>, SourceError> {
        let mut found = vec![self.person().await?];
        found.extend(self.rights().await?);
        let fields = self.model(MODEL).await?;
        for column in self.mapping.columns().to_vec() {
            found.extend(self.field(&fields, &column).await?);
        }
        found.extend(self.states(&fields));
        Ok(found)
    }

    async fn person(&mut self) -> Result<Finding, SourceError> {
        if self.of_all {
            self.rows(json!([["id", "=", 0]]), 1).await?;
            return Ok(Finding::good("signed in; all leads that the user sees"));
        }
        Ok(match self.employee().await {
            Ok(_) => {
                let named = self.rpc.context().and_then(|context| context["employee.rec_name"].as_str());
                Finding::good(format!("signed in; the leads of {}", named.unwrap_or("its employee")))
            }
            Err(SourceError::Protocol { why, .. }) => Finding::bad(
                why,
                "Party → Configuration → Employees, then the user's Employees in Administration → Users",
            ),
            Err(error) => return Err(error),
        })
    }

    async fn rights(&mut self) -> Result<Vec<Finding>, SourceError> {
        let models = json!([MODEL, "ir.note"]);
        let told = self.rpc.call("model.ir.model.access.get_access", vec![models], None).await;
        let told = told.map_err(|trouble| self.error(trouble))?;
        let may = |model: &str, what: &str| match &told[model][what] {
            Json::Bool(may) => *may,
            other => other.as_i64() == Some(1),
        };
        let asked =
            [(MODEL, "read", "read leads"), (MODEL, "write", "change leads"), ("ir.note", "create", "write notes")];
        let finding = |(model, right, what): (&str, &str, &str)| match may(model, right) {
            true => Finding::good(format!("the user may {what}")),
            false => Finding::bad(format!("the user may not {what}"), "put the user into the group “Sale Opportunity”"),
        };
        Ok(asked.into_iter().map(finding).collect())
    }

    async fn model(&mut self, model: &str) -> Result<Json, SourceError> {
        let fields = self.rpc.call(&format!("model.{model}.fields_get"), vec![Json::Null], None).await;
        fields.map_err(|trouble| self.error(trouble))
    }

    /// What is wrong with a column of the mapping: a field that is not there, be it of a record that another names.
    async fn field(&mut self, fields: &Json, column: &str) -> Result<Option<Finding>, SourceError> {
        let mut known = fields.clone();
        let mut model = MODEL.to_owned();
        let mut names = column.split('.').peekable();
        while let Some(name) = names.next() {
            let field = &known[name];
            if field.is_null() && !matches!(name, "id" | "rec_name") {
                let hint = format!("take “{column}” out of the mapping, or add the module that has it");
                return Ok(Some(Finding::bad(format!("{model} has no field “{name}”"), hint)));
            }
            let (Some(relation), Some(_)) = (field["relation"].as_str().map(str::to_owned), names.peek()) else {
                break;
            };
            known = self.model(&relation).await?;
            model = relation;
        }
        Ok(None)
    }

    fn states(&self, fields: &Json) -> Vec<Finding> {
        let mut found = Vec::new();
        let states = fields["state"]["selection"].as_array().cloned().unwrap_or_default();
        let states: Vec<&str> = states.iter().filter_map(|state| state[0].as_str()).collect();
        for state in &states {
            let read = self.mapping.arrival(json!({ "id": 1, "state": state }));
            if !matches!(read, Ok(Some(arrival)) if arrival.lead.stage.canonical.is_some()) {
                let hint = "add it to the map of `stage`; until then such leads stand as nobody knows where";
                found.push(Finding::bad(format!("the state “{state}” is not mapped"), hint));
            }
        }
        for (stage, state) in &self.mapping.write.stages {
            if write::button(state).is_none() || !states.is_empty() && !states.contains(&state.as_str()) {
                let hint = "give lead, opportunity, lost or cancelled under [write.stages]";
                found.push(Finding::bad(format!("{stage} cannot be written as “{state}”"), hint));
            }
        }
        found.extend(silent_stages(&self.mapping.write));
        if found.is_empty() {
            found.push(Finding::good("all fields and states are mapped"));
        }
        found
    }
}
