//! `[[providers]]` in the hub's own file: addresses and secrets are not for the policy, which every laptop fetches.

use std::collections::BTreeSet;
use std::path::Path;
use std::time::Duration;

use reqwest::header::{AUTHORIZATION, HeaderName};

use super::ask::{Kind, Provider, Providers};
use super::csv::{By, Table};
use super::http::Template;
use crate::hub::outgoing::{command_line, secret};
use crate::reading::{Item, Read, Section};
use crate::source::files::{text_at, text_paths};

/// How long a provider may take where nothing is said, in seconds.
const LIMIT: u32 = 5;

/// The longest that makes sense: the whole check is to take less than a minute (R37).
const LONGEST: u32 = 60;

impl Providers {
    /// Reads `[[providers]]`. Files are looked for beside the configuration, in the folder `dir`.
    pub fn read(s: &mut Section<'_>, dir: &Path) -> Self {
        let mut names = BTreeSet::new();
        let all = s.sections("providers", |s| {
            let provider = provider(s, dir)?;
            if !names.insert(provider.name.clone()) {
                s.refuse_section(
                    format!("there are two providers named “{}”", provider.name),
                    "give each its own name",
                );
            }
            Some(provider)
        });
        Self(all.unwrap_or_default().into_iter().flatten().collect())
    }
}

/// What a provider is.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Shape {
    Csv,
    Http,
    Command,
}

fn provider(s: &mut Section<'_>, dir: &Path) -> Option<Provider> {
    let name = s.require("name", Item::words);
    let shape = s.require("kind", |item| {
        item.one_of(&[("csv", Shape::Csv), ("http", Shape::Http), ("command", Shape::Command)])
    });
    let limit = s.read_or("limit", LIMIT, |item| item.seconds(LONGEST));
    let as_of = s.read_or("as_of", "as_of".to_owned(), Item::words);
    let fields = fields(s);
    let kind = match shape? {
        Shape::Csv => csv(s, dir, as_of.clone().unwrap_or_default()),
        Shape::Http => http(s, dir),
        Shape::Command => s.require("command", command_line).map(Kind::Command),
    };
    let limit = Duration::from_secs(u64::from(limit?));
    Some(Provider { name: name?, limit, fields, as_of: as_of?, kind: kind? })
}

fn csv(s: &mut Section<'_>, dir: &Path, as_of: String) -> Option<Kind> {
    let file = s.require("file", Item::words);
    let by = s.read_or("by", By::Domain, |item| item.one_of(&[("domain", By::Domain), ("email", By::Email)]))?;
    let usual = match by {
        By::Domain => "domain",
        By::Email => "email",
    };
    let column = s.read_or("column", usual.to_owned(), Item::words)?;
    Some(Kind::Csv(Table::new(dir.join(file?), column, by, as_of)))
}

fn http(s: &mut Section<'_>, dir: &Path) -> Option<Kind> {
    let url = s.require("url", |item| Template::parse(item.text()?).map_err(|why| item.said(why)));
    let header = s.read_or("header", AUTHORIZATION, header)?;
    let secret = secret(s, dir, "secret_file", "secret_cmd").map(|secret| (header, secret));
    Some(Kind::Http { url: url?, secret })
}

fn header(item: &Item<'_>) -> Read<HeaderName> {
    let name = item.text()?;
    name.parse().map_err(|_| item.wrong_hint(format!("“{name}” is no header"), "write a name such as \"X-Api-Key\""))
}

/// The fields that it fills, each with what its answer calls it: all that there are, by their own names, where nothing is
/// said.
fn fields(s: &mut Section<'_>) -> Vec<(String, String)> {
    let mut fields = Vec::new();
    s.section("fields", |s| {
        for (path, item) in s.free() {
            if text_at(&path).is_none() {
                let near = crate::handoff::similar::similar(
                    &path,
                    text_paths().collect::<Vec<_>>().iter().map(String::as_str),
                )
                .map(|near| format!("did you mean “{near}”?"));
                let all = || format!("there are {}", text_paths().collect::<Vec<_>>().join(", "));
                let wrong = item.wrong_hint(format!("a provider cannot fill “{path}”"), near.unwrap_or_else(all));
                s.accept::<()>(Err(wrong));
            } else if let Some(column) = s.accept(item.words()) {
                fields.push((path, column));
            }
        }
    });
    if fields.is_empty() {
        fields.extend(text_paths().map(|path| (path.clone(), path)));
    }
    fields
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::super::Kind;
    use crate::hub::settings::{FILE, HubSettings};

    const EXAMPLE: &str = include_str!("../../../assets/hub/hub.toml");

    #[test]
    fn the_example_has_one_of_each_kind() {
        let lines = EXAMPLE.lines().map(|line| match line.strip_prefix('#') {
            Some(setting) if !setting.starts_with(' ') => setting,
            _ => line,
        });
        let read = HubSettings::parse(&lines.collect::<Vec<_>>().join("\n"), FILE, Path::new("/hub")).unwrap();
        let kind = |kind: &Kind| match kind {
            Kind::Csv(_) => "csv",
            Kind::Http { .. } => "http",
            Kind::Command(_) => "command",
        };
        let kinds: Vec<&str> = read.providers.0.iter().map(|it| kind(&it.kind)).collect();
        assert_eq!(kinds, ["csv", "http", "command"]);
        assert!(format!("{:?}", read.providers).contains("/hub/accounts.csv"));
        assert!(HubSettings::parse(EXAMPLE, FILE, Path::new("/hub")).unwrap().providers.0.is_empty());
    }

    #[test]
    fn a_mistake_is_told_with_its_line_and_what_to_do() {
        let provider = |more: &str| format!("[[providers]]\nname = \"p\"\n{more}\n");
        let csv = "kind = \"csv\"\nfile = \"a.csv\"\n";
        for (text, words) in [
            (provider(""), "has no “kind”"),
            (provider("kind = \"cvs\""), "did you mean “csv”"),
            (provider("kind = \"csv\""), "has no “file”"),
            (provider(&format!("{csv}colum = \"x\"")), "did you mean “column”"),
            (provider(&format!("{csv}limit = \"2m\"")), "longer than"),
            (provider(&format!("{csv}fields = {{ \"company.sise\" = \"x\" }}")), "did you mean “company.size”"),
            (provider(&format!("{csv}fields = {{ owner = \"x\" }}")), "cannot fill “owner”"),
            (provider("kind = \"http\"\nurl = \"https://{domain}/\""), "must not name the host"),
            (provider("kind = \"command\"\ncommand = []"), "a command is a list"),
            (format!("{0}{0}", provider(csv)), "two providers named “p”"),
        ] {
            let error = HubSettings::parse(&text, FILE, Path::new("/")).map(drop).unwrap_err().to_string();
            assert!(error.contains(words) && error.contains("hub.toml:"), "{text}\n{error}");
        }
    }
}
