//! From what the configuration says of a CRM to a source that can be asked.

use std::path::Path;
use std::sync::Arc;

use super::bound::{self, Bound};
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
    let inner = unbound(settings, reach, credential.into())?;
    let reading = reading(settings, reach)?;
    Ok(Box::new(Bound::new(inner, &account(settings), &reading)))
}

/// Whether what was read up to this place, by its text in the store, came from another account than this one: records of the
/// same ids are others there.
pub fn is_elsewhere(settings: &SourceSettings, cursor: &str) -> bool {
    bound::account_of(cursor).is_some_and(|read| read != account(settings))
}

/// The mark of where the records stand. At HubSpot the token alone says which account that is.
fn account(settings: &SourceSettings) -> String {
    let url = settings.url.trim_end_matches('/').to_ascii_lowercase();
    match &settings.kind {
        SourceKind::Hubspot { .. } => bound::mark(&["hubspot", &url]),
        SourceKind::Salesforce { .. } => bound::mark(&["salesforce", &url]),
        SourceKind::Tryton { database, .. } => bound::mark(&["tryton", &url, database]),
    }
}

/// The mark of which records are read, and how.
fn reading(settings: &SourceSettings, reach: Reach) -> Result<String, String> {
    let whose = match &settings.kind {
        _ if reach == Reach::Team => "all".to_owned(),
        SourceKind::Hubspot { owner, .. } => owner.clone(),
        SourceKind::Tryton { user, .. } => user.clone(),
        SourceKind::Salesforce { sign_in: SignIn::Key { user, .. }, .. } => user.clone(),
        // Whoever signed in.
        SourceKind::Salesforce { sign_in: SignIn::Browser { .. }, .. } => String::new(),
    };
    let (records, shipped) = match &settings.kind {
        SourceKind::Hubspot { records, .. } => {
            let records = records.map(|records| if records == Records::Leads { "leads" } else { "contacts" });
            (records.unwrap_or_default(), [hubspot::LEADS, hubspot::CONTACTS].concat())
        }
        SourceKind::Tryton { .. } => ("", tryton::MAPPING.to_owned()),
        SourceKind::Salesforce { .. } => ("", salesforce::MAPPING.to_owned()),
    };
    let mapping = match &settings.map {
        None => shipped,
        Some(path) => mapping_text(path)?,
    };
    Ok(bound::mark(&[&whose, records, &mapping]))
}

fn unbound(settings: &SourceSettings, reach: Reach, credential: Credential) -> Result<Box<dyn Source>, String> {
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
            let text = mapping_text(path)?;
            RecordMapping::parse(&path.display().to_string(), &text).map_err(|error| error.to_string())
        }
    }
}

fn mapping_text(path: &Path) -> Result<String, String> {
    text_of(path).map_err(|error| format!("its mapping {} cannot be read: {error}", path.display()))
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;
    use crate::config::{Config, Surroundings};

    fn settings(text: &str) -> SourceSettings {
        let file = Path::new("config.toml");
        Config::parse(text, file, &Surroundings::here(), &|_| Vec::new()).unwrap().sources.remove(0)
    }

    #[test]
    fn a_place_is_of_one_account_one_owner_and_one_mapping() {
        let folder = tempfile::tempdir().unwrap();
        let map = folder.path().join("own.toml");
        fs::write(&map, tryton::MAPPING).unwrap();
        let section = |url: &str, database: &str, user: &str, more: &str| {
            settings(&format!(
                "[sources.crm]\nkind = \"tryton\"\nurl = \"{url}\"\ndatabase = \"{database}\"\nuser = \"{user}\"\n{more}"
            ))
        };
        let own = |settings: &SourceSettings| (account(settings), reading(settings, Reach::Own).unwrap());
        let known = section("https://crm.example", "prod", "ana", "");
        let (account, read) = own(&known);
        let place = format!("{account}-{read}:{{}}");
        let same = section("https://crm.example/", "prod", "ana", "every = 60\nsecret_cmd = [\"pass\", \"crm\"]\n");
        assert_eq!(own(&same), (account.clone(), read.clone()));
        for other in [("https://crm.example", "test"), ("https://new.example", "prod")] {
            assert!(is_elsewhere(&section(other.0, other.1, "ana", ""), &place), "{other:?}");
        }
        assert!(!is_elsewhere(&same, &place) && !is_elsewhere(&same, "{\"at\":\"2026-01-01\"}"));
        assert_eq!(own(&section("https://crm.example", "prod", "bo", "")).0, account);
        assert_ne!(own(&section("https://crm.example", "prod", "bo", "")).1, read);
        assert_ne!(reading(&known, Reach::Team).unwrap(), read);
        let mapped = section("https://crm.example", "prod", "ana", &format!("map = \"{}\"\n", map.display()));
        assert_eq!(own(&mapped).1, read, "it is the mapping's text that counts");
        fs::write(&map, format!("{}\n# another stage\n", tryton::MAPPING)).unwrap();
        assert_ne!(own(&mapped).1, read);
    }
}
