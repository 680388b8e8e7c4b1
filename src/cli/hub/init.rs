//! `leadbox hub init`: a database with a policy and one administrator, whose token goes into a file.

use std::fs;
use std::io::Write;
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
use std::path::Path;
use std::sync::Arc;

use secrecy::SecretString;
use serde_json::json;

use super::args::{DbArgs, InitArgs, RescueArgs};
use super::{db_url, hub_dir};
use crate::cli::args::Global;
use crate::cli::configure::preset;
use crate::cli::failure::{Exit, Failure};
use crate::cli::print::Out;
use crate::cli::session::now;
use crate::handoff::event::{Actor, Role};
use crate::hub::core::Hub;
use crate::hub::db::Scope;
use crate::hub::deeds::{self, Deed};
use crate::hub::error::HubError;
use crate::hub::{db, people, rules, settings, sync, tokens};
use crate::reading::text_of;
use crate::wire::people::{NewToken, Person, Takes};
use crate::wire::problem::{Code, Problem};

/// The policy that a hub begins with.
const POLICY: &str = include_str!("../../../assets/hub/policy.toml");

/// The hub's own settings that it begins with: none, explained.
const SETTINGS: &str = include_str!("../../../assets/hub/hub.toml");

/// The short name of the first administrator.
const ADMIN: &str = "admin";

/// The file with the administrator's token, in the hub's folder.
pub const ADMIN_TOKEN: &str = "admin.token";

/// The same, until the database has it.
const PENDING: &str = "admin.token.new";

/// Makes a hub.
pub fn run(args: &InitArgs, global: &Global) -> Result<(), Failure> {
    let dir = hub_dir(global)?;
    let policy = match (&args.policy, &args.preset) {
        (None, None) => POLICY.to_owned(),
        (None, Some(name)) => preset(name)?.toml.to_owned(),
        (Some(file), _) => {
            text_of(file).map_err(|error| Failure::file(format!("{} cannot be read", file.display()), &error))?
        }
    };
    make_folder(&dir)?;
    let file = dir.join(ADMIN_TOKEN);
    let hub = open(&args.db, global)?;
    if let Some(made) = resumed(&hub, &dir)? {
        return if made { finish(&dir, global) } else { Err(there_is_one(&args.db, &dir)) };
    }
    let admin = administrator();
    let (text, pending) = (policy.clone(), dir.join(PENDING));
    let made = at_once(hub.write(move |work| {
        if !people::all(work.tx)?.is_empty() {
            return Ok(None);
        }
        sync::found(work.tx)?;
        let by = Actor::system();
        if let Some(version) = rules::put(work, &text, ADMIN)? {
            deeds::note(work, &by, &Deed::PolicySet { version })?;
        }
        people::set(work, &by, &admin)?;
        let wanted = NewToken { label: "made by hub init".into(), days: None };
        let made = tokens::give(work, &by, ADMIN, &wanted)?;
        hold(&pending, &made.token).map(Some)
    }))?;
    if made.is_none() {
        return Err(there_is_one(&args.db, &dir));
    }
    put_in_place(&dir.join(PENDING), &file)?;
    finish(&dir, global)
}

/// Whether there is a hub, and then whether a former run made it that did not come to its end: nothing if there is none.
fn resumed(hub: &Hub, dir: &Path) -> Result<Option<bool>, Failure> {
    let is_there = at_once(hub.read(Scope::System, |tx| Ok(!people::all(tx)?.is_empty())))?;
    if !is_there {
        return Ok(None);
    }
    let (pending, file) = (dir.join(PENDING), dir.join(ADMIN_TOKEN));
    let Ok(token) = text_of(&pending) else { return Ok(Some(false)) };
    let (token, now) = (SecretString::from(token.trim().to_owned()), hub.now());
    let holds = at_once(hub.read(Scope::System, move |tx| Ok(tokens::holder(tx, &token, now)?.is_some())))?;
    if holds {
        put_in_place(&pending, &file)?;
    }
    Ok(Some(holds))
}

fn there_is_one(db: &DbArgs, dir: &Path) -> Failure {
    let is_named = db.db.is_some() || db.db_file.is_some();
    let which = if is_named { "the one that you named".into() } else { dir.join("hub.db").display().to_string() };
    let what = format!(
        "there is a hub already; nothing was changed. `leadbox hub serve` runs it (its database is {which}); where no token \
         holds any more, `leadbox hub token rescue` makes one"
    );
    Failure::new(Exit::Failed, what)
}

fn finish(dir: &Path, global: &Global) -> Result<(), Failure> {
    let file = dir.join(ADMIN_TOKEN);
    let settings = dir.join(settings::FILE);
    if !settings.exists() {
        write_private(&settings, SETTINGS)?;
    }
    let mut out = Out::new();
    if global.json {
        out.json(&json!({ "folder": dir, "admin_token_file": file }))?;
    } else {
        out.line(format!("made a hub in {}", dir.display()))?;
        out.line(format!(
            "the administrator's token is in {}; commands on this machine find it there",
            file.display()
        ))?;
        out.line("next: leadbox hub serve")?;
    }
    out.finish()
}

/// `leadbox hub token rescue`: a token for one who looks after the hub, made in the database itself. Whoever can open that may
/// do so; the log says that it was done.
pub(super) fn rescue(args: &RescueArgs, global: &Global) -> Result<(), Failure> {
    let dir = hub_dir(global)?;
    make_folder(&dir)?;
    let hub = open(&args.db, global)?;
    let (pending, wanted) = (dir.join(PENDING), args.person.clone());
    let person = at_once(hub.write(move |work| {
        let all = people::all(work.tx)?;
        if all.is_empty() {
            return Err(HubError::not_found("there is no hub in this database; `leadbox hub init` makes one"));
        }
        let mut fit = all.into_iter().filter(|person| person.is_active && person.role == Role::Revops);
        let by = Actor { role: Role::System, name: "hub token rescue".into() };
        let person = match &wanted {
            Some(id) => fit.find(|person| person.id == *id).ok_or_else(|| {
                HubError::not_found(format!("“{id}” is nobody who is here as one of revenue operations"))
            })?,
            None => match fit.next() {
                Some(person) => person,
                None => {
                    people::set(work, &by, &administrator())?;
                    administrator()
                }
            },
        };
        let wanted = NewToken { label: "made by hub token rescue".into(), days: None };
        let made = tokens::give(work, &by, &person.id, &wanted)?;
        hold(&pending, &made.token)?;
        Ok(person.id)
    }))?;
    let file = dir.join(ADMIN_TOKEN);
    put_in_place(&dir.join(PENDING), &file)?;
    let mut out = Out::new();
    if global.json {
        out.json(&json!({ "person": person, "admin_token_file": file }))?;
    } else {
        out.line(format!("a token of {person}'s is in {}; commands on this machine find it there", file.display()))?;
    }
    out.finish()
}

fn administrator() -> Person {
    Person {
        id: ADMIN.into(),
        name: "Administrator".into(),
        email: None,
        role: Role::Revops,
        team: None,
        is_active: true,
        paused: None,
        takes: Takes::default(),
    }
}

/// The hub of this database, for one write after the other.
pub(super) fn open(db: &DbArgs, global: &Global) -> Result<Hub, Failure> {
    let (url, at) = (db_url(db, global)?, now()?);
    let db = db::open(&url, db::Options::default()).map_err(|error| Failure::because("the database", error))?;
    Ok(Hub::direct(db, Arc::new(move || at))?)
}

/// Nothing is waited for: a hub without a writer of its own does it at once.
pub(super) fn at_once<T>(work: impl Future<Output = Result<T, HubError>>) -> Result<T, Failure> {
    let done = futures_util::FutureExt::now_or_never(work);
    Ok(done.ok_or_else(|| Failure::new(Exit::Failed, "the database did not do it at once"))??)
}

fn make_folder(dir: &Path) -> Result<(), Failure> {
    let made = fs::DirBuilder::new().recursive(true).mode(0o700).create(dir);
    made.map_err(|error| Failure::file(format!("the folder {} cannot be made", dir.display()), &error))
}

fn put_in_place(pending: &Path, file: &Path) -> Result<(), Failure> {
    let put = fs::rename(pending, file);
    put.map_err(|error| {
        let what = format!("the token is in {} and cannot be moved to {}", pending.display(), file.display());
        Failure::file(what, &error)
    })
}

/// Writes a token down before the commit that makes it hold: one that is in no file would lock everybody out. No other write
/// waits for this one.
fn hold(file: &Path, token: &str) -> Result<(), HubError> {
    write_private(file, &format!("{token}\n"))
        .map_err(|failure| Problem::new(Code::Unavailable, failure.message).into())
}

fn write_private(file: &Path, text: &str) -> Result<(), Failure> {
    let written = fs::OpenOptions::new().write(true).create(true).truncate(true).mode(0o600).open(file);
    let written = written.and_then(|mut file| file.write_all(text.as_bytes()).and_then(|()| file.sync_all()));
    written.map_err(|error| Failure::file(format!("{} cannot be written", file.display()), &error))
}
