//! `leadbox hub`: the team's server, and those who look after it. `init` and `serve` work on its database, everything
//! else speaks to a running hub.

pub mod args;
mod audit;
pub mod bridge;
mod bridge_check;
mod calls;
mod feeds;
mod import;
mod init;
mod login;
mod people;
mod secret;
mod serve;
mod simulate;
mod sync;
mod team;

use std::path::PathBuf;

use super::args::Global;
use super::failure::Failure;
use super::session::data_dir;
use crate::hub::outgoing::private_text;
use args::{HubCommand, RouteCommand, TeamCommand};
pub use audit::audit;
pub use calls::read_token;
pub use login::{Directing, asking, directing, login, logout, source, typed as typed_secret, way, way_without_token};
pub use sync::sync;

/// Runs one of the subcommands.
pub fn run(command: &HubCommand, global: &Global) -> Result<(), Failure> {
    match command {
        HubCommand::Init(args) => init::run(args, global),
        HubCommand::Serve(args) => serve::run(args, global),
        HubCommand::Person(command) => people::person(command, global),
        HubCommand::Team(args) => people::team(args, global),
        HubCommand::Token(command) => people::token(command, global),
        HubCommand::Source(args) => people::source(args, global),
        HubCommand::Policy(command) => people::policy(command, global),
        HubCommand::Import(args) => import::run(args, global),
        HubCommand::Bridge(command) => bridge::run(command, global),
    }
}

/// Runs one of the subcommands of `leadbox team`.
pub fn team(command: &TeamCommand, global: &Global) -> Result<(), Failure> {
    team::run(command, global)
}

/// Runs one of the subcommands of `leadbox route`.
pub fn route(command: &RouteCommand, global: &Global) -> Result<(), Failure> {
    match command {
        RouteCommand::Explain(lead) => team::explain(lead, global),
        RouteCommand::Simulate(args) => simulate::run(args, global),
    }
}

/// The folder of a hub on this machine.
fn hub_dir(global: &Global) -> Result<PathBuf, Failure> {
    Ok(data_dir(global)?.join("hub"))
}

/// The database that is meant.
fn db_url(db: &args::DbArgs, global: &Global) -> Result<String, Failure> {
    if let Some(file) = &db.db_file {
        let read = private_text(file);
        let text = read.map_err(|error| Failure::file(format!("{} cannot be read", file.display()), &error))?;
        return Ok(text.trim().to_owned());
    }
    match &db.db {
        Some(url) => Ok(url.clone()),
        None => Ok(format!("sqlite:{}", hub_dir(global)?.join("hub.db").display())),
    }
}

impl From<crate::hub::error::HubError> for Failure {
    fn from(error: crate::hub::error::HubError) -> Self {
        Self::new(super::failure::Exit::Failed, error)
    }
}
