//! `leadbox source`, and the CRMs as the app and `leadbox sync` use them.

mod add;
pub mod args;
mod callback;
mod keeper;
mod login;

use std::io::{self, IsTerminal};
use std::path::Path;
use std::sync::Arc;

use serde_json::json;

use super::args::Global;
use super::failure::{Exit, Failure};
use super::print::{Out, remark};
use super::session::data_dir;
use super::setup;
use crate::config::{Config, SourceKind, SourceSettings};
use crate::handoff::outbox::OutboxState;
use crate::keeping::secret::Printer;
use crate::source::connect::{Reach, connect, is_elsewhere};
use crate::source::{Credential, Finding, Keep, Secret, Source, SourceError};
use crate::store::Store;
use args::SourceCommand;
use keeper::Keeper;

/// So many rows of the outbox are looked through for answers that wait.
const MOST_WAITING: usize = 1000;

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

/// The sources that are configured, ready to be asked. If a person sits at the terminal, a command for a secret may ask them.
///
/// # Errors
/// One cannot be used as it is configured: which, why, and what to do.
pub fn open(config: &Config, dir: &Path, store: &Store) -> Result<Vec<Box<dyn Source>>, Failure> {
    for settings in &config.sources {
        if let Some(why) = moved(settings, store)? {
            return Err(Failure::new(Exit::Configuration, why));
        }
    }
    config.sources.iter().map(|settings| one(settings, credential(settings, dir, at_terminal()))).collect()
}

/// Sources, and why one of those that are configured is not among them.
pub type Opened = (Vec<Box<dyn Source>>, Option<String>);

/// The same for the app, which has the terminal for itself. One that nothing may be sent to is left out, and it is said why.
///
/// # Errors
/// As for [`open`].
pub fn open_for_app(config: &Config, dir: &Path, store: &Store) -> Result<Opened, Failure> {
    let (mut sources, mut trouble) = (Vec::new(), None);
    for settings in &config.sources {
        match moved(settings, store)? {
            Some(why) => trouble = trouble.or(Some(why)),
            None => sources.push(one(settings, credential(settings, dir, false))?),
        }
    }
    Ok((sources, trouble))
}

/// Whether the section names another account than the one that was read, while answers wait for it here: they would come to
/// other people's records, which have the same ids.
fn moved(settings: &SourceSettings, store: &Store) -> Result<Option<String>, Failure> {
    let name = &settings.name;
    if !store.cursor(name)?.is_some_and(|cursor| is_elsewhere(settings, &cursor)) {
        return Ok(None);
    }
    let waiting = waiting(store, name)?;
    let then = "name the former address and database again and `leadbox sync`, or give this one a name of its own";
    let why = || {
        let what = format!("[sources.{name}] at {} is another account than the one that was read", settings.place);
        format!("{what}, and {waiting} of your answers wait to be sent to that one: nothing is sent; {then}")
    };
    Ok((waiting > 0).then(why))
}

/// How many answers wait to be sent to a source.
fn waiting(store: &Store, name: &str) -> Result<usize, Failure> {
    let is_open = |state| matches!(state, OutboxState::Held | OutboxState::Waiting | OutboxState::Parked);
    let items = store.outbox(MOST_WAITING)?;
    Ok(items.iter().filter(|item| item.key.source == name && is_open(item.state)).count())
}

fn at_terminal() -> bool {
    io::stdin().is_terminal() && io::stderr().is_terminal()
}

fn one(settings: &SourceSettings, credential: Credential) -> Result<Box<dyn Source>, Failure> {
    let wrong = |why: String| Failure::new(Exit::Configuration, format!("the source “{}”: {why}", settings.name));
    connect(settings, Reach::Own, credential).map_err(wrong)
}

/// The secret of a source where it is kept: it is looked for each time, since another program may have put it elsewhere.
fn credential(settings: &SourceSettings, dir: &Path, at_terminal: bool) -> Credential {
    let (source, folder, printer) = (settings.clone(), dir.to_owned(), Printer::new(at_terminal));
    // No keyring is unlocked for this: the app has the terminal.
    let give: Secret = Arc::new(move || {
        let keeper = Keeper::of(&folder, &source);
        keeper.secret(&source.name, None, &printer).map_err(|error| error.to_string())
    });
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

/// Where the secret of a source is, if it can be had there, else why not. Nobody is asked for anything.
pub fn secret(settings: &SourceSettings, dir: &Path) -> Result<String, String> {
    let keeper = Keeper::of(dir, settings);
    let had = match &keeper {
        // It may open a window.
        Keeper::Command(_) => Ok(()),
        keeper => keeper.secret(&settings.name, None, &Printer::new(false)).map(drop),
    };
    let what = format!("{} at {}", kind(settings), settings.url);
    match had {
        Ok(()) => Ok(format!("{what}; {keeper}")),
        Err(error) => Err(format!("{what}: {error}")),
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
        is_wrong |= told(
            &mut out,
            &settings.name,
            &ask(
                one(settings, credential(settings, &dir, at_terminal()))?,
                create,
                &login::again_with(&settings.name),
            )?,
            global,
        )?;
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

/// Asks a source what does not fit, see [`look`]. Where it does not answer that is what is wrong; where it does not let us
/// in, `then` is what to do.
pub(super) fn ask(source: Box<dyn Source>, create: bool, then: &str) -> Result<Vec<Finding>, Failure> {
    Ok(look(source, create)?.unwrap_or_else(|error| vec![away(&error, then)]))
}

/// A person asked, and nobody tries it again.
fn away(error: &SourceError, then: &str) -> Finding {
    match error {
        SourceError::AuthExpired { .. } => Finding::bad("it does not accept our credentials", then),
        SourceError::Unreachable { why, .. } => {
            Finding { is_wrong: true, what: format!("it cannot be reached: {why}"), hint: None }
        }
        error => Finding { is_wrong: true, what: error.to_string(), hint: None },
    }
}

/// What a source says does not fit, after making there what it lacks if that is wanted; an error where it does not let us in.
fn look(mut source: Box<dyn Source>, create: bool) -> Result<Result<Vec<Finding>, SourceError>, Failure> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    Ok(runtime.block_on(async {
        let mut found = if create { source.create().await? } else { Vec::new() };
        found.extend(source.check().await?);
        Ok(found)
    }))
}

fn remove(name: &str, global: &Global) -> Result<(), Failure> {
    let (config, dir) = (setup::load(global)?, data_dir(global)?);
    let settings = find(&config, name)?;
    let forgotten = Keeper::forget(&dir, name, super::hub::asking());
    forgotten.map_err(|error| Failure::file(format!("the secret of “{name}” is there still"), &error))?;
    let (place, waiting) = (&settings.place, waiting(&Store::open(&dir)?, name)?);
    let mut out = Out::new();
    if global.json {
        out.json(&json!({ "name": name, "configured_at": place.to_string(), "waiting": waiting }))?;
        return out.finish();
    }
    out.line(format!("its secret is forgotten; now remove [sources.{name}] at {place}. Its leads stay here"))?;
    out.finish()?;
    let answers = if waiting == 1 { "answer of yours was" } else { "answers of yours were" };
    let then = format!("`leadbox source login {name}`, then `leadbox sync`, sends what waits");
    remark(waiting > 0, &format!("{waiting} {answers} not sent to it yet: {then}"));
    Ok(())
}
