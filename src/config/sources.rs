//! `[sources.NAME]`: the CRMs that leads come from and dispositions go to. Secrets stand elsewhere.

use std::path::{Path, PathBuf};

use crate::handoff::score::Axis;
use crate::reading::{Item, Place, Read, Section};

/// The names that other sources have, or commands would take for something else.
const TAKEN: [&str; 2] = ["hub", "demo"];

/// One CRM.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SourceSettings {
    /// What it is called: its leads are known as `NAME:id`.
    pub name: String,
    /// Its address.
    pub url: String,
    /// Which CRM it is, and what only that one needs to know.
    pub kind: SourceKind,
    /// The program and its arguments that print the secret; nothing where the keyring or a file has it.
    pub secret_cmd: Vec<String>,
    /// The mapping, where it is not the shipped one.
    pub map: Option<PathBuf>,
    /// How often it is asked for changes, in seconds.
    pub every: u32,
    /// Where it stands.
    pub place: Place,
}

/// The CRMs that there are connectors for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum SourceKind {
    /// HubSpot.
    Hubspot {
        /// Whose leads: an owner's e-mail address or id. Empty where they are a team's.
        owner: String,
        /// Which records are its leads: lead objects or contacts; found out where it is not said.
        records: Option<Records>,
        /// The scores of which the history is shown: by dimension, `lead.PROPERTY` or `contact.PROPERTY`.
        scores: Vec<(Axis, String)>,
    },
    /// Tryton.
    Tryton {
        /// The database there.
        database: String,
        /// The user there.
        user: String,
    },
    /// Salesforce.
    Salesforce {
        /// The consumer key of the org's app.
        client_id: String,
        /// How one signs in.
        sign_in: SignIn,
    },
}

/// How one signs in at Salesforce.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum SignIn {
    /// As a person, with the browser.
    Browser {
        /// Where the browser comes back to: a port of this machine, which the app's settings name.
        port: u16,
    },
    /// As one whom an administrator let the app act for, by a key: a service.
    Key {
        /// The user there.
        user: String,
        /// Who is to accept what the key signed.
        audience: String,
    },
}

/// Which of HubSpot's records are the leads.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Records {
    /// Lead objects.
    Leads,
    /// Contacts.
    Contacts,
}

#[derive(Clone, Copy)]
enum Kind {
    Hubspot,
    Tryton,
    Salesforce,
}

/// Where HubSpot is, unless the configuration says otherwise.
const HUBSPOT: &str = "https://api.hubapi.com";
/// Who accepts signed words at Salesforce, and the port that a browser comes back to, unless the configuration says otherwise.
const AUDIENCE: &str = "https://login.salesforce.com";
const CALLBACK: u16 = 7477;

/// The dimensions of which HubSpot keeps scores.
const AXES: [(&str, Axis); 4] =
    [("fit", Axis::Fit), ("intent", Axis::Intent), ("behavior", Axis::Behavior), ("combined", Axis::Combined)];

/// Reads all of them. Files that they name are looked for beside `file`.
pub(super) fn read(s: &mut Section<'_>, file: &Path) -> Vec<SourceSettings> {
    let all = s.named("sources", |_| true, |name, s| source(name, s, file, false));
    all.into_iter().filter_map(|(_, source)| source).collect()
}

/// Reads those of a hub, whose leads are a team's: nobody's name is asked for. `beside` reads what else it says of each.
pub fn read_of_team<T>(
    s: &mut Section<'_>,
    file: &Path,
    mut beside: impl FnMut(&mut Section<'_>) -> Option<T>,
) -> Vec<(SourceSettings, T)> {
    let all = s.named(
        "sources",
        |_| true,
        |name, s| {
            let (source, more) = (source(name, s, file, true), beside(s));
            source.zip(more)
        },
    );
    all.into_iter().filter_map(|(_, source)| source).collect()
}

fn source(name: &str, s: &mut Section<'_>, file: &Path, of_team: bool) -> Option<SourceSettings> {
    let is_plain = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-';
    if name.is_empty() || !name.chars().all(is_plain) || TAKEN.contains(&name) {
        let hint = "small letters, digits and hyphens, such as [sources.crm]; “hub” and “demo” are taken";
        s.refuse_section(format!("a source cannot be called “{name}”"), hint);
    }
    let place = s.place();
    let kinds = [("hubspot", Kind::Hubspot), ("salesforce", Kind::Salesforce), ("tryton", Kind::Tryton)];
    let kind = s.require("kind", |item| item.one_of(&kinds));
    let url = match kind {
        Some(Kind::Hubspot) => s.read_or("url", HUBSPOT.to_owned(), Item::words),
        _ => s.require("url", Item::words),
    };
    let secret_cmd = s.read_or("secret_cmd", Vec::new(), Item::texts);
    let map = s.read("map", Item::words);
    let every = s.read_or("every", 30, |item| item.seconds(86_400));
    let kind = match kind? {
        Kind::Hubspot => {
            let owner = match of_team {
                true => s.read_or("owner", String::new(), Item::words),
                false => s.require("owner", Item::words),
            };
            let known = [("leads", Records::Leads), ("contacts", Records::Contacts)];
            let records = s.read("records", |item| item.one_of(&known));
            let scores = s.section("scores", |s| {
                let read = |(name, axis)| Some((axis, s.read(name, property)?));
                AXES.into_iter().filter_map(read).collect()
            });
            SourceKind::Hubspot { owner: owner?, records, scores }
        }
        Kind::Tryton => {
            let (database, user) = (s.require("database", Item::words), s.require("user", Item::words));
            SourceKind::Tryton { database: database?, user: user? }
        }
        Kind::Salesforce => {
            let (client_id, sign_in) = (s.require("client_id", Item::words), sign_in(s));
            SourceKind::Salesforce { client_id: client_id?, sign_in: sign_in? }
        }
    };
    let map = map.map(|map| file.parent().unwrap_or(Path::new("")).join(map));
    Some(SourceSettings { name: name.to_owned(), url: url?, kind, secret_cmd: secret_cmd?, map, every: every?, place })
}

fn sign_in(s: &mut Section<'_>) -> Option<SignIn> {
    let has_user = s.count(&["user"]) == 1;
    let user = s.read("user", Item::words);
    let port = s.read_or("callback", CALLBACK, |item| item.whole(1024..=65_535));
    let audience = s.read_or("audience", AUDIENCE.to_owned(), Item::words);
    let (one_too_many, why, hint) = match has_user {
        true => ("callback", "a user who signs in by a key needs no browser", "take out “callback”, or “user”"),
        false => ("audience", "“audience” is for a user who signs in by a key", "add “user”, or take it out"),
    };
    if s.count(&[one_too_many]) == 1 {
        s.refuse_section(why, hint);
    }
    Some(if has_user { SignIn::Key { user: user?, audience: audience? } } else { SignIn::Browser { port: port? } })
}

/// `lead.PROPERTY` or `contact.PROPERTY`.
fn property(item: &Item<'_>) -> Read<String> {
    let text = item.words()?;
    let is_one = text.split_once('.').is_some_and(|(of, name)| matches!(of, "lead" | "contact") && !name.is_empty());
    if is_one {
        Ok(text)
    } else {
        Err(item.wrong_hint(format!("“{text}” names no score"), "say lead.NAME or contact.NAME"))
    }
}

#[cfg(test)]
mod tests;
