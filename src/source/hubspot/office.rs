//! What an account is: which records its leads are, who owns them, which properties and stages it has. It is read when the
//! first call is made, and again after a day.

use std::collections::{BTreeSet, HashMap};

use chrono::TimeDelta;
use serde::{Deserialize, Serialize};
use serde_json::{Value as Json, json};

use super::V;
use super::api::{Api, Trouble};
use super::outcomes::Outcomes;
use crate::handoff::Time;
use crate::source::files::RecordMapping;

/// How long it holds, in hours.
const HOLDS: i64 = 24;
/// So many owners are on a page, and so many pages are read at the most.
const OWNERS: usize = 500;
const PAGES: usize = 40;

/// Which records an account's leads are.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Mode {
    /// Lead objects (Sales Hub Professional and above).
    Leads,
    /// Contacts.
    Contacts,
}

impl Mode {
    /// The kind of record, as paths name it.
    pub(super) fn kind(self) -> &'static str {
        match self {
            Self::Leads => "leads",
            Self::Contacts => "contacts",
        }
    }

    /// The kind's number.
    pub(super) fn type_id(self) -> &'static str {
        match self {
            Self::Leads => "0-136",
            Self::Contacts => "0-1",
        }
    }

    /// What a record's columns begin with.
    pub(super) fn prefix(self) -> &'static str {
        match self {
            Self::Leads => "lead",
            Self::Contacts => "contact",
        }
    }

    /// The property that says when a record was changed.
    pub(super) fn modified(self) -> &'static str {
        match self {
            Self::Leads => "hs_lastmodifieddate",
            Self::Contacts => "lastmodifieddate",
        }
    }

    /// The property that holds the stage, where the mapping names no other.
    pub(super) fn stage(self) -> &'static str {
        match self {
            Self::Leads => "hs_pipeline_stage",
            Self::Contacts => "hs_lead_status",
        }
    }
}

/// How records are read and written, by what the account's leads are.
pub struct Mappings {
    /// Lead objects.
    pub leads: RecordMapping,
    /// Contacts.
    pub contacts: RecordMapping,
}

impl Mappings {
    pub(super) fn of(&self, mode: Mode) -> &RecordMapping {
        match mode {
            Mode::Leads => &self.leads,
            Mode::Contacts => &self.contacts,
        }
    }
}

/// What is asked for of each kind of record.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Asked {
    /// Of leads, or of contacts where they are the leads.
    pub(super) own: Vec<String>,
    /// Of a lead's contact.
    pub(super) contact: Vec<String>,
    /// Of the company.
    pub(super) company: Vec<String>,
}

/// An account as it was read.
pub(super) struct Office {
    pub(super) mode: Mode,
    /// The owner whose leads are asked for; nothing where all are.
    pub(super) own: Option<String>,
    pub(super) asked: Asked,
    /// By id.
    owners: Owners,
    /// The labels of stages, by id.
    stages: HashMap<String, String>,
    /// What can come of a call.
    pub(super) outcomes: Outcomes,
    read_at: Time,
}

impl Office {
    /// Reads the account. `mode` is which records are its leads, where that is known already. Also what to tell of it.
    pub(super) async fn read(
        api: &Api,
        mode: Option<Mode>,
        owner: Option<&str>,
        mappings: &Mappings,
    ) -> Result<(Self, Vec<String>), Trouble> {
        let read_at = api.now();
        let mut unread = Vec::new();
        let (mode, known) = match mode {
            Some(mode) => (mode, properties(api, mode.kind()).await?),
            None => match properties(api, Mode::Leads.kind()).await {
                Ok(known) => (Mode::Leads, known),
                Err(Trouble::Forbidden(_) | Trouble::Missing) => {
                    (Mode::Contacts, properties(api, Mode::Contacts.kind()).await?)
                }
                Err(trouble) => return Err(trouble),
            },
        };
        let mapping = mappings.of(mode);
        let owners = owners(api).await?;
        let own = match owner {
            Some(named) => Some(found(&owners, named)?),
            None => None,
        };
        let stages = if mode == Mode::Leads { stages(api).await? } else { HashMap::new() };
        let outcomes = Outcomes::read(api).await?;
        let always =
            ["hubspot_owner_id", "hs_merged_object_ids", "hs_primary_contact_id", mode.modified(), mode.stage()];
        let mut asked = Asked { own: wanted(mapping, mode.prefix(), &known, &mut unread), ..Asked::default() };
        // What is written is compared with what is there.
        let written =
            mapping.write.fields.iter().map(|(name, value)| name.split_once('.').map_or(value.as_str(), |own| own.1));
        let always = always.into_iter().chain(written).filter(|name| known.contains(*name));
        asked.own.extend(always.map(str::to_owned));
        asked.own.sort_unstable();
        asked.own.dedup();
        if mode == Mode::Leads {
            asked.contact = beside(api, mapping, "contact", "contacts", &mut unread).await?;
        }
        asked.company = beside(api, mapping, "company", "companies", &mut unread).await?;
        Ok((Self { mode, own, asked, owners, stages, outcomes, read_at }, unread))
    }

    /// It is so old that it is to be read again.
    pub(super) fn is_old(&self, now: Time) -> bool {
        (now - self.read_at).abs() > TimeDelta::hours(HOLDS)
    }

    /// An owner as the mapping sees them.
    pub(super) fn owner(&self, id: Option<&str>) -> Json {
        let Some(id) = id.filter(|id| !id.is_empty()) else { return Json::Null };
        let email = self.owners.get(id).map(|owner| owner.email.as_str()).unwrap_or_default();
        json!({ "id": id, "name": self.name(id), "email": email })
    }

    /// An owner's name, or something like one.
    pub(super) fn name(&self, id: &str) -> String {
        match self.owners.get(id) {
            Some(owner) if owner.name.is_empty() => owner.email.clone(),
            Some(owner) => owner.name.clone(),
            None => format!("owner {id}"),
        }
    }

    /// The id of the owner of this name, e-mail address or id; nothing where there is none, or where it may be several.
    pub(super) fn owner_named(&self, named: &str) -> Option<String> {
        let by_name = || only(&self.owners, |owner| owner.name.eq_ignore_ascii_case(named));
        found(&self.owners, named).ok().or_else(by_name)
    }

    /// The account's stages of leads: id and label, by id.
    pub(super) fn stages(&self) -> impl Iterator<Item = (&str, &str)> {
        let mut stages: Vec<(&str, &str)> = self.stages.iter().map(|(id, label)| (&**id, &**label)).collect();
        stages.sort_unstable();
        stages.into_iter()
    }

    /// A stage in the words of people.
    pub(super) fn stage<'a>(&'a self, id: &'a str) -> &'a str {
        self.stages.get(id).map_or(id, String::as_str)
    }
}

/// The names of a kind's properties.
async fn properties(api: &Api, kind: &str) -> Result<BTreeSet<String>, Trouble> {
    let told = api.get(&format!("/crm/properties/{V}/{kind}")).await?;
    let all = told["results"].as_array().ok_or_else(|| odd("its properties are no list"))?;
    Ok(all.iter().filter_map(|one| one["name"].as_str()).map(str::to_owned).collect())
}

fn odd(what: &str) -> Trouble {
    Trouble::Unknown(what.to_owned())
}

/// The mapped properties of this kind that there are; of the others it is told.
fn wanted(mapping: &RecordMapping, prefix: &str, known: &BTreeSet<String>, unread: &mut Vec<String>) -> Vec<String> {
    let of = |column: &String| column.strip_prefix(prefix)?.strip_prefix('.').map(str::to_owned);
    let (there, lacking): (Vec<_>, Vec<_>) =
        mapping.columns().iter().filter_map(of).partition(|name| known.contains(name));
    if !lacking.is_empty() {
        unread.push(format!("there is no property {} of a {prefix}; it is left out", lacking.join(", ")));
    }
    there
}

/// The same for the records beside a lead, which the token need not be allowed to see.
async fn beside(
    api: &Api,
    mapping: &RecordMapping,
    prefix: &str,
    kind: &str,
    unread: &mut Vec<String>,
) -> Result<Vec<String>, Trouble> {
    if !mapping.columns().iter().any(|column| column.starts_with(&format!("{prefix}."))) {
        return Ok(Vec::new());
    }
    match properties(api, kind).await {
        Ok(known) => Ok(wanted(mapping, prefix, &known, unread)),
        Err(Trouble::Forbidden(why)) => {
            unread.push(format!("{kind} cannot be read: {why}"));
            Ok(Vec::new())
        }
        Err(trouble) => Err(trouble),
    }
}

/// Somebody whose leads there may be.
#[derive(Clone, Debug, PartialEq)]
struct Owner {
    name: String,
    email: String,
    /// They were removed: whoever is invited again is another owner.
    has_left: bool,
}

type Owners = HashMap<String, Owner>;

/// All owners, those who left too: leads may be theirs still.
async fn owners(api: &Api) -> Result<Owners, Trouble> {
    let mut owners = HashMap::new();
    for archived in ["true", "false"] {
        let mut after = String::new();
        for _ in 0..PAGES {
            let path = format!("/crm/owners/{V}?limit={OWNERS}&archived={archived}{after}");
            let told = api.get(&path).await?;
            for owner in told["results"].as_array().ok_or_else(|| odd("its owners are no list"))? {
                let text = |name: &str| owner[name].as_str().unwrap_or_default();
                let name = format!("{} {}", text("firstName"), text("lastName")).trim().to_owned();
                let owner = Owner { name, email: text("email").to_owned(), has_left: archived == "true" };
                owners.insert(text("id").to_owned(), owner);
            }
            let Some(next) = told["paging"]["next"]["after"].as_str() else { break };
            if !next.bytes().all(|byte| byte.is_ascii_alphanumeric()) {
                return Err(odd("its owners go on at an odd place"));
            }
            after = format!("&after={next}");
        }
    }
    Ok(owners)
}

/// The id of the only owner who is so. Whoever left counts where nobody who is there does.
fn only(owners: &Owners, is_it: impl Fn(&Owner) -> bool) -> Option<String> {
    let of = |has_left: bool| {
        let mut found = owners.iter().filter(|(_, owner)| owner.has_left == has_left && is_it(owner));
        (found.next().map(|(id, _)| id.clone()), found.next().is_none())
    };
    let (found, is_only) = match of(false) {
        (None, _) => of(true),
        found => found,
    };
    found.filter(|_| is_only)
}

fn found(owners: &Owners, named: &str) -> Result<String, Trouble> {
    let by_email = || only(owners, |owner| owner.email.eq_ignore_ascii_case(named));
    let lacks = || {
        let why = format!(
            "nobody with the id or e-mail address “{named}” owns anything there, or several do: see Settings, Users & \
             Teams"
        );
        Trouble::Said(String::new(), why)
    };
    owners.contains_key(named).then(|| named.to_owned()).or_else(by_email).ok_or_else(lacks)
}

async fn stages(api: &Api) -> Result<HashMap<String, String>, Trouble> {
    let told = api.get(&format!("/crm/pipelines/{V}/leads")).await?;
    let pipelines = told["results"].as_array().ok_or_else(|| odd("its pipelines are no list"))?;
    let stages = pipelines.iter().flat_map(|pipeline| pipeline["stages"].as_array().into_iter().flatten());
    let labelled =
        stages.filter_map(|stage| Some((stage["id"].as_str()?.to_owned(), stage["label"].as_str()?.to_owned())));
    Ok(labelled.collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn whoever_is_there_goes_before_whoever_left_and_of_several_none_is_meant() {
        let owner = |id: &str, name: &str, email: &str, has_left: bool| {
            (id.to_owned(), Owner { name: name.into(), email: email.into(), has_left })
        };
        // Many that left, so that whichever comes first is one of them.
        let mut owners: Owners = (0..50).map(|n| owner(&n.to_string(), "Ana Ruiz", "ana@x.example", true)).collect();
        owners.extend([owner("100", "Ana Ruiz", "ana@x.example", false), owner("101", "Bo", "bo@x.example", true)]);
        assert_eq!(found(&owners, "Ana@x.example").ok().as_deref(), Some("100"));
        assert_eq!(found(&owners, "7").ok().as_deref(), Some("7"), "an id is an id");
        assert_eq!(found(&owners, "bo@x.example").ok().as_deref(), Some("101"), "their leads may be theirs still");
        assert!(found(&owners, "cy@x.example").is_err());
        let by_name = |owners: &Owners| only(owners, |owner| owner.name == "Ana Ruiz");
        assert_eq!(by_name(&owners).as_deref(), Some("100"));
        owners.extend([owner("102", "Ana Ruiz", "ana@y.example", false)]);
        assert_eq!(by_name(&owners), None, "either of two");
    }
}
