//! What an account at HubSpot is, and what there does not fit: whose leads, which records, properties, stages, reasons,
//! outcomes; and making the one property that Leadbox would like to have.

use serde_json::{Value as Json, json};

use super::api::Trouble;
use super::outcomes::options;
use super::write::KEY;
use super::{HubspotSource, Mode, V};
use crate::handoff::disposition::Channel;
use crate::source::words::{silent_stages, without_word};
use crate::source::{Finding, SourceError};

/// The kinds of activities that are written.
const WRITTEN: [&str; 5] = ["calls", "emails", "notes", "tasks", "communications"];

impl HubspotSource {
    pub(super) async fn findings(&mut self) -> Result<Vec<Finding>, SourceError> {
        self.office = None;
        let mut found = match self.prepare().await {
            Ok(()) => Vec::new(),
            // It may be that nobody is called so: the rest is looked at all the same.
            Err(error @ SourceError::Protocol { .. }) => vec![self.without_owner(error).await?],
            Err(error) => return Err(error),
        };
        let before = std::mem::take(&mut self.unread);
        let office = self.office().map_err(|trouble| self.error(trouble))?;
        let records = match office.mode {
            Mode::Leads => "lead objects",
            Mode::Contacts => "contacts, since there are no lead objects, or the token may not see them",
        };
        if found.is_empty() {
            let whose = office.own.as_deref().map_or("all owners".to_owned(), |own| office.name(own));
            found.push(Finding::good(format!("the token holds; the leads of {whose}: {records}")));
        }
        let see = "see docs/connectors/hubspot.md: a scope, a tier, or a name in the mapping";
        found.extend(before.into_iter().map(|told| Finding::bad(told.what, see)));
        found.extend(self.stages().map_err(|trouble| self.error(trouble))?);
        found.extend(self.outcomes().map_err(|trouble| self.error(trouble))?);
        found.extend(self.reasons().await.map_err(|trouble| self.error(trouble))?);
        found.extend(self.keys_there().await.map_err(|trouble| self.error(trouble))?);
        // What was found out for nobody's leads does not hold for somebody's.
        self.office = None;
        Ok(found)
    }

    /// Reads the account for whoever it is, where that goes; then it was the owner who was unknown, as the error says.
    async fn without_owner(&mut self, error: SourceError) -> Result<Finding, SourceError> {
        let Some(owner) = self.owner.take() else { return Err(error) };
        let prepared = self.prepare().await;
        self.owner = Some(owner.clone());
        if prepared.is_err() {
            return Err(error);
        }
        let hint = "Settings → Users & Teams has them: give the address or the id of one as `owner`";
        Ok(Finding::bad(format!("nobody is known there as “{owner}” who could own leads"), hint))
    }

    /// Stages that are not understood, and words for them that are none.
    fn stages(&self) -> Result<Vec<Finding>, Trouble> {
        let office = self.office()?;
        let mapping = self.mappings.of(office.mode);
        let mut found = Vec::new();
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
                let what = format!("{stage} would be written as “{word}”, and there is no such stage");
                found.push(Finding::bad(what, hint));
            }
        }
        found.extend(silent_stages(&mapping.write));
        Ok(found)
    }

    /// Outcomes of calls that have no option there.
    fn outcomes(&self) -> Result<Vec<Finding>, Trouble> {
        let office = self.office()?;
        let words = &self.mappings.of(office.mode).write;
        let mut found = Vec::new();
        if let Some(why) = &office.outcomes.unread {
            let hint = "HubSpot's own are taken; the token needs crm.objects.contacts.read to see the account's";
            found.push(Finding::note(format!("the outcomes of calls cannot be read: {why}"), hint));
        }
        for (code, word) in &words.outcomes {
            if office.outcomes.id(word).is_none() {
                let labels = office.outcomes.labels();
                let hint =
                    format!("name one of these under [write.outcomes]: {labels}; Settings → Objects → Calls has them");
                let what = format!("{code} would be written as “{word}”, and calls have no such outcome there");
                found.push(Finding::bad(what, hint));
            }
        }
        let lacking =
            Channel::Phone.outcomes().iter().filter(|outcome| words.outcome(Channel::Phone, **outcome).is_none());
        let lacking: Vec<&str> = lacking.map(|outcome| outcome.code()).collect();
        if !lacking.is_empty() {
            let what = format!("no outcome there stands for {}", lacking.join(", "));
            found.push(Finding::note(what, "name one under [write.outcomes]; until then it stands in the text alone"));
        }
        if found.is_empty() {
            found.push(Finding::good("all outcomes of calls are there"));
        }
        Ok(found)
    }

    /// The property for reasons, and the words for them.
    async fn reasons(&self) -> Result<Vec<Finding>, Trouble> {
        let mode = self.office()?.mode;
        let words = &self.mappings.of(mode).write;
        let Some(name) = words.fields.get("reason") else {
            let hint =
                "for a property, name it as `reason` under [write.fields], and its options under [write.reasons]";
            return Ok(vec![Finding::note("why a lead is rejected stands in the note alone", hint)]);
        };
        let path = format!("/crm/properties/{V}/{}/{name}", mode.kind());
        let property = match self.api.get(&path).await {
            Ok(property) => property,
            Err(Trouble::Missing) => {
                let hint = "Settings → Properties → Create property makes it, or take it out of [write.fields]";
                let what = format!("{} have no property {name} for reasons", mode.kind());
                return Ok(vec![Finding::bad(what, hint)]);
            }
            Err(trouble) => return Err(trouble),
        };
        let options = options(&property);
        let mut found = Vec::new();
        for (code, word) in &words.reasons {
            if !options.is_empty() && options.iter().all(|(value, _)| value != word) {
                let known: Vec<&str> = options.iter().map(|option| option.0.as_str()).collect();
                let hint = format!("name one of these under [write.reasons], or add it there: {}", known.join(", "));
                found.push(Finding::bad(
                    format!("{code} would be written as “{word}”, and {name} has no such option"),
                    hint,
                ));
            }
        }
        let without = without_word(words);
        if !without.is_empty() {
            let instead = words.reason("other", None);
            let what = match instead {
                Some(other) => format!("{} are written as “{other}”, that of other reasons", without.join(", ")),
                None => format!("for {} there is no option of {name}", without.join(", ")),
            };
            found.push(Finding::note(what, "name an option for them under [write.reasons], if there is a better one"));
        }
        if found.is_empty() {
            found.push(Finding::good("the property for reasons has all that is written to it"));
        }
        Ok(found)
    }

    /// Whether activities have the property by which each is there once.
    async fn keys_there(&mut self) -> Result<Vec<Finding>, Trouble> {
        let lacking = self.lacking_keys().await?;
        let Some(first) = lacking.first() else {
            return Ok(vec![Finding::good(format!("activities have the unique property {KEY}"))]);
        };
        let what = format!("{} have no unique property {KEY}; a key stands in their text instead", lacking.join(", "));
        let body = self.key_property(first).await?;
        let hint = format!(
            "`leadbox source check {} --create` makes it with a token that has crm.schemas.contacts.write, as POST \
             /crm/properties/{V}/{first} with {body} does, and likewise for each of them",
            self.name
        );
        Ok(vec![Finding::note(what, hint)])
    }

    async fn lacking_keys(&mut self) -> Result<Vec<&'static str>, Trouble> {
        let mut lacking = Vec::new();
        for kind in WRITTEN {
            if !self.has_key(kind).await? {
                lacking.push(kind);
            }
        }
        Ok(lacking)
    }

    /// The property, beside others of this kind.
    async fn key_property(&self, kind: &str) -> Result<Json, Trouble> {
        let group = match self.api.get(&format!("/crm/properties/{V}/{kind}/hs_timestamp")).await {
            Ok(beside) => beside["groupName"].as_str().map(str::to_owned),
            Err(Trouble::Missing | Trouble::Forbidden(_) | Trouble::Said(..)) => None,
            Err(trouble) => return Err(trouble),
        };
        Ok(json!({
            "name": KEY, "label": "Leadbox key", "type": "string", "fieldType": "text",
            "groupName": group.unwrap_or_else(|| "the name of a group there".into()), "hasUniqueValue": true,
        }))
    }

    /// Makes the property where it is lacking.
    pub(super) async fn created(&mut self) -> Result<Vec<Finding>, SourceError> {
        self.keys.clear();
        let lacking = self.lacking_keys().await.map_err(|trouble| self.error(trouble))?;
        let mut found = Vec::new();
        for kind in lacking {
            let body = self.key_property(kind).await.map_err(|trouble| self.error(trouble))?;
            match self.api.post(&format!("/crm/properties/{V}/{kind}"), &body).await {
                Ok(_) => found.push(Finding::good(format!("made the unique property {KEY} of {kind}"))),
                Err(Trouble::Forbidden(why)) => {
                    let hint = "give it crm.schemas.contacts.write for this one time";
                    let what = format!("the token may not make properties of {kind}: {why}");
                    return Ok([found, vec![Finding::bad(what, hint)]].concat());
                }
                Err(Trouble::Said(_, why)) => {
                    let hint = "it goes on without: a key stands in the text instead";
                    found.push(Finding::note(format!("HubSpot makes no unique property of {kind}: {why}"), hint));
                }
                Err(trouble) => return Err(self.error(trouble)),
            }
        }
        self.keys.clear();
        if found.is_empty() {
            found.push(Finding::good("there is nothing to make"));
        }
        Ok(found)
    }
}
