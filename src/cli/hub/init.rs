//! `leadbox hub init`: a database with a policy and one administrator, whose token goes into a file.

use std::fs;
use std::io::Write;
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
use std::path::Path;
use std::sync::Arc;

use serde_json::json;

use super::args::InitArgs;
use super::{db_url, hub_dir};
use crate::cli::args::Global;
use crate::cli::configure::preset;
use crate::cli::failure::{Exit, Failure};
use crate::cli::print::Out;
use crate::cli::session::now;
use crate::handoff::event::Role;
use crate::hub::core::Hub;
use crate::hub::{db, people, rules, settings, sync, tokens};
use crate::reading::text_of;
use crate::wire::people::{NewToken, Person, Takes};

/// The policy that a hub begins with.
const POLICY: &str = include_str!("../../../assets/hub/policy.toml");

/// The hub's own settings that it begins with: none, explained.
const SETTINGS: &str = include_str!("../../../assets/hub/hub.toml");

/// The short name of the first administrator.
const ADMIN: &str = "admin";

/// The file with the administrator's token, in the hub's folder.
pub const ADMIN_TOKEN: &str = "admin.token";

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
    fs::DirBuilder::new()
        .recursive(true)
        .mode(0o700)
        .create(&dir)
        .map_err(|error| Failure::file(format!("the folder {} cannot be made", dir.display()), &error))?;
    let file = dir.join(ADMIN_TOKEN);
    let url = db_url(&args.db, global)?;
    let at = now()?;
    let hub = Hub::direct(
        db::open(&url, db::Options::default()).map_err(|error| Failure::because("the database", error))?,
        Arc::new(move || at),
    )?;
    let admin = Person {
        id: ADMIN.into(),
        name: "Administrator".into(),
        email: None,
        role: Role::Revops,
        team: None,
        is_active: true,
        paused: None,
        takes: Takes::default(),
    };
    let text = policy.clone();
    // Nothing is waited for: a hub without a writer of its own does it at once.
    let made = futures_util::FutureExt::now_or_never(hub.write(move |work| {
        if !people::all(work.tx)?.is_empty() {
            return Ok(None);
        }
        sync::found(work.tx)?;
        rules::put(work.tx, &text, ADMIN, work.now)?;
        people::put(work.tx, &admin, work.now)?;
        let wanted = NewToken { label: "made by hub init".into(), days: None };
        tokens::make(work.tx, ADMIN, &wanted, work.now).map(Some)
    }));
    let Some(Some(token)) = made.transpose()? else {
        let what = format!(
            "there is a hub already; nothing was changed. `leadbox hub serve` runs it (its database is {})",
            if args.db.db.is_some() {
                "the one that you named".into()
            } else {
                dir.join("hub.db").display().to_string()
            }
        );
        return Err(Failure::new(Exit::Failed, what));
    };
    write_token(&file, &token.token)?;
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

fn write_token(file: &Path, token: &str) -> Result<(), Failure> {
    write_private(file, &format!("{token}\n"))
}

fn write_private(file: &Path, text: &str) -> Result<(), Failure> {
    let written = fs::OpenOptions::new().write(true).create(true).truncate(true).mode(0o600).open(file);
    let written = written.and_then(|mut file| file.write_all(text.as_bytes()).and_then(|()| file.sync_all()));
    written.map_err(|error| Failure::file(format!("{} cannot be written", file.display()), &error))
}
