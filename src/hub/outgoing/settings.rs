//! `[outgoing]` in the hub's own file, and the words in which other sections name addresses and secrets.

use std::path::{Path, PathBuf};

use super::address::{Allow, Entry};
use super::client::Address;
use super::secret::SecretFrom;
use crate::reading::{Item, Read, Section};

/// What the hub may call.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct OutgoingSettings {
    /// What may be called although it is no public address.
    pub allow: Allow,
    /// Everything is called through this proxy, which then looks names up; the environment names none.
    pub proxy: Option<Address>,
}

impl OutgoingSettings {
    /// Reads `[outgoing]`.
    pub fn read(s: &mut Section<'_>) -> Self {
        let entry = |item: &Item<'_>| Entry::parse(item.text()?).map_err(|why| item.said(why));
        let allow = s.read("allow", |item| item.list(entry)).unwrap_or_default();
        Self { allow: Allow(allow), proxy: s.read("proxy", address) }
    }
}

/// An address that may stand in the configuration.
pub fn address(item: &Item<'_>) -> Read<Address> {
    Address::parse(item.text()?).map_err(|why| item.said(why))
}

/// A program and its arguments.
pub fn command_line(item: &Item<'_>) -> Read<Vec<String>> {
    let argv = item.list(|item| item.text().map(str::to_owned))?;
    match argv.first().map(|program| program.trim()) {
        None | Some("") => {
            let what = "a command is a list of its program and arguments";
            Err(item.wrong_hint(what, "write it as [\"/usr/bin/program\", \"argument\"]"))
        }
        Some(_) => Ok(argv),
    }
}

/// A secret by `file_key` or `command_key`, of which there may be one. A file is looked for beside the configuration, in
/// the folder `dir`.
pub fn secret(
    s: &mut Section<'_>,
    dir: &Path,
    file_key: &'static str,
    command_key: &'static str,
) -> Option<SecretFrom> {
    let file = s.read(file_key, |item| Ok(SecretFrom::File(dir.join(PathBuf::from(item.words()?)))));
    let command = s.read(command_key, |item| command_line(item).map(SecretFrom::Command));
    if file.is_some() && command.is_some() {
        s.refuse_section(format!("“{file_key}” and “{command_key}” are both there"), "leave one of them");
    }
    file.or(command)
}
