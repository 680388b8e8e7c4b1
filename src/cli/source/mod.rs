//! `leadbox source`, and the CRMs as the app and `leadbox sync` use them.

mod add;
pub mod args;
mod callback;
mod keeper;
mod login;

use std::path::Path;
use std::sync::Arc;

use serde_json::json;

use super::args::Global;
use super::failure::{Exit, Failure};
use super::print::Out;
use super::session::data_dir;
use super::setup;
use crate::config::{Config, SourceKind, SourceSettings};
use crate::source::connect::{Reach, connect};
use crate::source::{Credential, Finding, Keep, Secret, Source, SourceError};
use args::SourceCommand;
use keeper::Keeper;

/// Runs a subcommand.
pub fn run(command: &SourceCommand, global: &Global) -> Result<(), Failure> {
    match command {
        SourceCommand::List => list(global),
        SourceCommand::Check { name, create } => check(name.as_deref(), *create, global),
        SourceCommand::Add(args) => add::run(args, global),
        SourceCommand::Login(args) => login::run(args, global),
        SourceCommand::Remove { name } => remove(name, global),
    }
}

/// The sources that are configured, ready to be asked.
///
/// # Errors
/// One cannot be used as it is configured: which, why, and what to do.
pub fn open(config: &Config, dir: &Path) -> Result<Vec<Box<dyn Source>>, Failure> {
    config.sources.iter().map(|settings| one(settings, dir)).collect()
}

fn one(settings: &SourceSettings, dir: &Path) -> Result<Box<dyn Source>, Failure> {
    let wrong = |why: String| Failure::new(Exit::Configuration, format!("the source “{}”: {why}", settings.name));
    connect(settings, Reach::Own, credential(settings, dir)).map_err(wrong)
}

/// The secret of a source where it is kept: it is looked for each time, since another program may have put it elsewhere.
fn credential(settings: &SourceSettings, dir: &Path) -> Credential {
    let (source, folder) = (settings.clone(), dir.to_owned());
    // A person is asked for nothing here: the app has the terminal.
    let give: Secret =
        Arc::new(move || Keeper::of(&folder, &source).secret(&source.name, None).map_err(|error| error.to_string()));
    let (source, folder) = (settings.clone(), dir.to_owned());
    let keep: Keep = Arc::new(move |secret| {
        let keeper = Keeper::of(&folder, &source);
        if let Keeper::Command(_) = keeper {
            return Err("a command gives it, which keeps nothing".into());
        }
        let with_keyring = matches!(keeper, Keeper::Keyring(_));
        let kept = Keeper::keep(&folder, &source.name, secret, with_keyring, None);
        kept.map(drop).map_err(|error| error.to_string())
    });
    Credential { give, keep, lock: Some(Keeper::lock(dir, &settings.name)) }
}

fn list(global: &Global) -> Result<(), Failure> {
    let (config, dir) = (setup::load(global)?, data_dir(global)?);
    let mut out = Out::new();
    for source in &config.sources {
        let keeper = Keeper::of(&dir, source);
        if global.json {
            out.json(
                &json!({ "name": source.name, "kind": kind(source), "url": source.url, "secret": keeper.to_string() }),
            )?;
        } else {
            out.line(format!("{}  {} at {}; {keeper}", source.name, kind(source), source.url))?;
        }
    }
    if config.sources.is_empty() && !global.json {
        out.line("No CRM is set up; `leadbox source add crm` sets one up.")?;
    }
    out.finish()
}

fn kind(source: &SourceSettings) -> &'static str {
    match source.kind {
        SourceKind::Hubspot { .. } => "hubspot",
        SourceKind::Salesforce { .. } => "salesforce",
        SourceKind::Tryton { .. } => "tryton",
    }
}

fn find<'c>(config: &'c Config, name: &str) -> Result<&'c SourceSettings, Failure> {
    config.sources.iter().find(|source| source.name == name).ok_or_else(|| {
        let known: Vec<&str> = config.sources.iter().map(|source| source.name.as_str()).collect();
        let known = if known.is_empty() { "none".into() } else { known.join(", ") };
        Failure::usage(format!("there is no source “{name}”; there are: {known}"))
    })
}

fn check(name: Option<&str>, create: bool, global: &Global) -> Result<(), Failure> {
    let (config, dir) = (setup::load(global)?, data_dir(global)?);
    let asked: Vec<&SourceSettings> = match name {
        Some(name) => vec![find(&config, name)?],
        None => config.sources.iter().collect(),
    };
    let mut out = Out::new();
    let mut is_wrong = false;
    for settings in asked {
        is_wrong |= told(&mut out, &settings.name, &ask(one(settings, &dir)?, create)?, global)?;
    }
    out.finish()?;
    if is_wrong { Err(Failure::new(Exit::Failed, "not all of it fits; see above")) } else { Ok(()) }
}

/// Tells what was found at a source, and whether any of it is wrong.
pub(super) fn told(out: &mut Out, name: &str, findings: &[Finding], global: &Global) -> Result<bool, Failure> {
    for Finding { is_wrong, what, hint } in findings {
        if global.json {
            out.json(&json!({ "source": name, "ok": !is_wrong, "what": what, "hint": hint }))?;
        } else {
            let mark = match hint {
                _ if *is_wrong => "✗",
                Some(_) => "–",
                None => "✓",
            };
            let hint = hint.as_ref().map(|hint| format!(": {hint}")).unwrap_or_default();
            out.paragraph(&format!("{mark} {name}: {what}{hint}"))?;
        }
    }
    Ok(findings.iter().any(|finding| finding.is_wrong))
}

/// Asks a source what does not fit, after making there what it lacks if that is wanted. Where it does not answer that is what is wrong.
pub(super) fn ask(mut source: Box<dyn Source>, create: bool) -> Result<Vec<Finding>, Failure> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    let found = runtime.block_on(async {
        let mut found = if create { source.create().await? } else { Vec::new() };
        found.extend(source.check().await?);
        Ok(found)
    });
    Ok(found.unwrap_or_else(|error: SourceError| vec![Finding { is_wrong: true, what: error.to_string(), hint: None }]))
}

fn remove(name: &str, global: &Global) -> Result<(), Failure> {
    let (config, dir) = (setup::load(global)?, data_dir(global)?);
    let settings = find(&config, name)?;
    let forgotten = Keeper::forget(&dir, name, super::hub::asking());
    forgotten.map_err(|error| Failure::file(format!("the secret of “{name}” is there still"), &error))?;
    let place = &settings.place;
    let mut out = Out::new();
    if global.json {
        out.json(&json!({ "name": name, "configured_at": place.to_string() }))?;
    } else {
        out.line(format!("its secret is forgotten; now remove [sources.{name}] at {place}. Its leads stay here"))?;
    }
    out.finish()
}
