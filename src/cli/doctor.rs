//! `leadbox doctor`: is everything in order, and if not, what to do (F128).

use std::io::IsTerminal;
use std::path::Path;

use serde_json::json;

use super::args::Global;
use super::failure::{Exit, Failure};
use super::print::Out;
use super::session::{data_dir, now};
use super::setup;
use crate::config::config_path;
use crate::keeping::keyring::Keyring;
use crate::source::hub::{Account, Keeper};
use crate::store::{FILE, Store, StoreError, Unreadable};

/// One finding.
struct Finding {
    what: String,
    ok: bool,
    text: String,
}

/// Looks at everything, says what it found, and fails if anything is wrong: 5 if it is the configuration, else 1.
pub fn run(global: &Global) -> Result<(), Failure> {
    let mut findings = Vec::new();
    let mut note = |what: &str, result: Result<String, String>| {
        let ok = result.is_ok();
        findings.push(Finding { what: what.to_owned(), ok, text: result.unwrap_or_else(|text| text) });
    };
    let config = setup::load(global);
    note(
        "configuration",
        match &config {
            Ok(config) => Ok(match (&config.file, config_path(global.config())) {
                (Some(file), _) => file.display().to_string(),
                (None, Some(path)) => format!("{} does not exist: the defaults hold", path.display()),
                (None, None) => "the defaults hold".into(),
            }),
            Err(error) => Err(error.message.clone()),
        },
    );
    if let Ok(config) = &config {
        let calendar = &config.policy.calendar;
        let at = now()?;
        note(
            "calendar",
            match calendar.next_opening(at) {
                Some(opening) if opening <= at => Ok(format!("{} ({}), open now", calendar.name(), calendar.zone())),
                Some(opening) => {
                    let local = opening.with_timezone(&calendar.zone()).format("%a %Y-%m-%d %H:%M");
                    Ok(format!("{} ({}), opens {local}", calendar.name(), calendar.zone()))
                }
                None => Err(format!("{} never opens again: clocks stand still", calendar.name())),
            },
        );
        note(
            "rep",
            if config.rep.name.is_empty() {
                Err("nobody: say who you are under [rep] in the configuration".into())
            } else {
                Ok(format!("{} ({})", config.rep.name, config.rep.zone))
            },
        );
    }
    let dir = data_dir(global)?;
    note(
        "store",
        match Store::open(&dir).and_then(|store| Ok((store.check()?, store.unreadable()?))) {
            Ok((faults, unreadable)) if faults.is_empty() && unreadable.is_empty() => {
                Ok(format!("{} is whole, and all that is in it can be read", dir.join(FILE).display()))
            }
            Ok((faults, unreadable)) => Err(damaged(&dir, &told(&faults, &unreadable))),
            Err(StoreError::Damaged(why)) => Err(damaged(&dir, &why)),
            Err(error) => Err(Failure::from(error).message),
        },
    );
    if let Some(hub) = hub(&dir) {
        note("hub", hub);
    }
    for source in config.iter().flat_map(|config| &config.sources) {
        note(&format!("source {}", source.name), super::source::secret(source, &dir));
    }
    note("terminal", Ok(terminal()));
    report(&findings, global.json)?;
    match findings.iter().find(|finding| !finding.ok) {
        None => Ok(()),
        Some(finding) => {
            let is_configured = matches!(finding.what.as_str(), "configuration" | "calendar" | "rep");
            let exit = if is_configured { Exit::Configuration } else { Exit::Failed };
            Err(Failure::new(exit, format!("{}: {}", finding.what, finding.text)))
        }
    }
}

/// Whether the token for the hub can be had, if one is signed in to one. Nobody is asked anything for it.
fn hub(dir: &Path) -> Option<Result<String, String>> {
    let account = match Account::load(dir) {
        Ok(account) => account?,
        Err(error) => return Some(Err(Failure::file("the account cannot be read", &error).message)),
    };
    let (who, keeper) = (format!("{} at {}", account.name, account.url), account.keeper(dir));
    let found = match keeper {
        Keeper::Command(_) => Ok(()),
        Keeper::Keyring | Keeper::File(_) => Account::token(dir, &Keyring::System, None).map(drop),
    };
    let lost = |error| Failure::file(format!("the token of {who} cannot be read"), &error).message;
    Some(found.map(|()| format!("{who}; {keeper}")).map_err(lost))
}

/// What is wrong with the file, and with which leads: the first of them by name.
fn told(faults: &[String], unreadable: &[Unreadable]) -> String {
    const MOST: usize = 20;
    let mut all = faults.to_vec();
    let named = |found: &Unreadable| format!("{} ({}): {}", found.lead, found.name, found.why);
    all.extend(unreadable.iter().take(MOST).map(named));
    if let more @ 1.. = unreadable.len().saturating_sub(MOST) {
        all.push(format!("and {more} more"));
    }
    all.join("; ")
}

/// What to do about a lead file that is broken; what was sent or exported is safe elsewhere.
fn damaged(dir: &Path, why: &str) -> String {
    let file = dir.join(FILE);
    format!(
        "{} is damaged: {why}. Keep a copy of the folder, then put a backup in its place, or move it away and import again",
        file.display()
    )
}

fn terminal() -> String {
    let var = |name| std::env::var(name).ok().filter(|value| !value.is_empty());
    let kind = var("TERM").unwrap_or_else(|| "unknown".into());
    let mut facts = vec![kind];
    if !std::io::stdout().is_terminal() {
        facts.push("output is not a terminal".into());
    }
    if let Ok((columns, lines)) = crossterm::terminal::size() {
        facts.push(format!("{columns} × {lines}"));
    }
    if var("NO_COLOR").is_some() {
        facts.push("NO_COLOR is set: no colours".into());
    }
    facts.join(", ")
}

fn report(findings: &[Finding], as_json: bool) -> Result<(), Failure> {
    let mut out = Out::new();
    for finding in findings {
        if as_json {
            out.json(&json!({ "check": finding.what, "ok": finding.ok, "text": finding.text }))?;
        } else {
            let mark = if finding.ok { "ok " } else { "BAD" };
            let mut lines = finding.text.lines();
            out.line(format!("{mark} {:<14} {}", finding.what, lines.next().unwrap_or_default()))?;
            for line in lines {
                out.line(format!("{:<18} {line}", ""))?;
            }
        }
    }
    out.finish()
}
