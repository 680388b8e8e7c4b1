//! What an account at HubSpot is, and what there does not fit: whose leads, which records, properties, stages.

use serde_json::json;

use super::{HubspotSource, Mode};
use crate::source::{Finding, SourceError};

impl HubspotSource {
    pub(super) async fn findings(&mut self) -> Result<Vec<Finding>, SourceError> {
        self.office = None;
        self.prepare().await?;
        let before = std::mem::take(&mut self.unread);
        let office = self.office().map_err(|trouble| self.error(trouble))?;
        let records = match office.mode {
            Mode::Leads => "lead objects",
            Mode::Contacts => "contacts, since there are no lead objects, or the token may not see them",
        };
        let whose = office.own.as_deref().map_or("all owners".to_owned(), |own| office.name(own));
        let mut found = vec![Finding::good(format!("the token holds; the leads of {whose}: {records}"))];
        let see = "see docs/connectors/hubspot.md: a scope, a tier, or a name in the mapping";
        found.extend(before.into_iter().map(|what| Finding::bad(what, see)));
        let mapping = self.mappings.of(office.mode);
        for (id, label) in office.stages() {
            let property = office.mode.stage();
            let record = json!({ office.mode.prefix(): { "id": "1", property: id }, "stage": { "label": label } });
            if !matches!(mapping.arrival(record), Ok(Some(arrival)) if arrival.lead.stage.canonical.is_some()) {
                let hint = "add its id to the map of `stage`; until then such leads stand as nobody knows where";
                found.push(Finding::bad(format!("the stage “{label}” ({id}) is not mapped"), hint));
            }
        }
        for (stage, word) in &mapping.write.stages {
            if office.mode == Mode::Leads && office.stages().all(|(id, _)| id != word) {
                let hint = "put the id of one of the account's stages under [write.stages]";
                found.push(Finding::bad(
                    format!("{stage} would be written as “{word}”, and there is no such stage"),
                    hint,
                ));
            }
        }
        Ok(found)
    }
}
