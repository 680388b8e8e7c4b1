//! From what the configuration says of a CRM to a source that can be asked.

use std::sync::Arc;

use super::files::RecordMapping;
use super::hubspot::{self, HubspotSource, Mappings, Mode, ScoreProperty};
use super::salesforce::{self, Auth, SalesforceSource};
use super::tryton::{self, TrytonSource};
use super::{Credential, Source};
use crate::config::{Records, SignIn, SourceKind, SourceSettings};
use crate::handoff::score::Axis;
use crate::reading::text_of;

/// Whose leads are asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reach {
    /// Those of the rep whom the configuration names: a laptop.
    Own,
    /// All that the credential sees: a hub.
    Team,
}

/// The source that is configured so. Nothing is asked of it yet.
///
/// # Errors
/// It cannot be used as it is configured: why, in words.
pub fn connect(
    settings: &SourceSettings,
    reach: Reach,
    credential: impl Into<Credential>,
) -> Result<Box<dyn Source>, String> {
    let credential = credential.into();
    let (name, url) = (settings.name.clone(), settings.url.clone());
    let clock: super::hub::Clock = Arc::new(super::hub::clock);
    match &settings.kind {
        SourceKind::Hubspot { owner, records, scores } => {
            let leads = mapping(settings, "crm-hubspot-leads.toml", hubspot::LEADS)?;
            let contacts = mapping(settings, "crm-hubspot-contacts.toml", hubspot::CONTACTS)?;
            let score = |(axis, name): &(Axis, String)| {
                let (of, name) = name.split_once('.')?;
                Some(ScoreProperty { axis: *axis, of_lead: of == "lead", name: name.to_owned() })
            };
            let account = hubspot::Account {
                name,
                url,
                token: credential.give,
                owner: Some(owner.clone()).filter(|_| reach == Reach::Own),
                mode: records.map(|records| match records {
                    Records::Leads => Mode::Leads,
                    Records::Contacts => Mode::Contacts,
                }),
                mappings: Mappings { leads, contacts },
                scores: scores.iter().filter_map(score).collect(),
                asked_every: settings.every,
                clock,
                wait: hubspot::by_the_wall(),
            };
            Ok(Box::new(HubspotSource::new(account)?))
        }
        SourceKind::Tryton { database, user } => {
            let account = tryton::Account {
                name,
                url,
                database: database.clone(),
                user: user.clone(),
                password: credential.give,
                mapping: mapping(settings, "crm-tryton.toml", tryton::MAPPING)?,
                of_all: reach == Reach::Team,
                asked_every: settings.every,
                clock,
            };
            Ok(Box::new(TrytonSource::new(account)?))
        }
        SourceKind::Salesforce { client_id, sign_in } => {
            let client_id = client_id.clone();
            let auth = match sign_in.clone() {
                SignIn::Browser { .. } => Auth::Refresh { client_id, credential },
                SignIn::Key { user, audience } => Auth::Jwt { client_id, user, audience, key: credential.give },
            };
            let account = salesforce::Account {
                name,
                url,
                auth,
                of_all: reach == Reach::Team,
                mapping: mapping(settings, "crm-salesforce.toml", salesforce::MAPPING)?,
                asked_every: settings.every,
                clock,
            };
            Ok(Box::new(SalesforceSource::new(account)?))
        }
    }
}

fn mapping(settings: &SourceSettings, shipped: &str, text: &str) -> Result<RecordMapping, String> {
    match &settings.map {
        None => RecordMapping::parse(shipped, text).map_err(|error| error.to_string()),
        Some(path) => {
            let file = path.display().to_string();
            let text = text_of(path).map_err(|error| format!("its mapping {file} cannot be read: {error}"))?;
            RecordMapping::parse(&file, &text).map_err(|error| error.to_string())
        }
    }
}
