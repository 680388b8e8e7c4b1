//! Calls of a command to a hub.

use std::io::Read;
use std::path::Path;

use secrecy::SecretString;
use serde::Serialize;
use serde::de::DeserializeOwned;

use super::args::AtArgs;
use super::hub_dir;
use super::init::ADMIN_TOKEN;
use crate::cli::args::Global;
use crate::cli::failure::{Exit, Failure};
use crate::cli::session::data_dir;
use crate::source::hub::{Account, Call, Client, Failure as CallFailure, Http, Method};
use crate::wire::problem::Code;

/// A hub at the end of the line.
pub(super) struct Calls {
    client: Client,
    url: String,
    runtime: tokio::runtime::Runtime,
}

impl Calls {
    /// Speaks to the hub at `url` with this token.
    pub(super) fn new(url: &str, token: SecretString) -> Result<Self, Failure> {
        let http = Http::new(url, token).map_err(Failure::usage)?;
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
        Ok(Self { client: Client::new(Box::new(http)), url: url.to_owned(), runtime })
    }

    /// Speaks to the hub that is meant: as its administrator where this is the hub's machine, else as the one who is
    /// signed in.
    pub(super) fn to(at: &AtArgs, global: &Global) -> Result<Self, Failure> {
        let admin = hub_dir(global)?.join(ADMIN_TOKEN);
        let token = match &at.token_file {
            Some(file) => read_token(file)?,
            None if admin.exists() => read_token(&admin)?,
            None => Account::token(&data_dir(global)?).map_err(|error| {
                Failure::file("there is no token: sign in with `leadbox login`, or name a --token-file", &error)
            })?,
        };
        Self::new(&at.hub, token)
    }

    pub(super) fn get<T: DeserializeOwned>(&self, path: &str) -> Result<T, Failure> {
        self.call(Call::get(path))
    }

    pub(super) fn send<T: DeserializeOwned>(
        &self,
        method: Method,
        path: &str,
        body: &impl Serialize,
    ) -> Result<T, Failure> {
        let body = serde_json::to_vec(body).map_err(|error| Failure::because("the request", error))?;
        self.call(Call::send(method, path, body))
    }

    pub(super) fn call<T: DeserializeOwned>(&self, call: Call) -> Result<T, Failure> {
        self.runtime.block_on(self.client.ask(call)).map_err(|failure| self.told(&failure))
    }

    fn told(&self, failure: &CallFailure) -> Failure {
        let exit = match failure {
            CallFailure::Problem(problem) if problem.is(Code::Refused) => Exit::Refused,
            CallFailure::Problem(problem) if problem.is(Code::Invalid) => Exit::Usage,
            _ => Exit::Failed,
        };
        let more = match failure {
            CallFailure::Lost(_) => format!("the hub at {} cannot be reached: ", self.url),
            CallFailure::Problem(problem) => problem.at.as_ref().map(|at| format!("{at}: ")).unwrap_or_default(),
            _ => format!("{}: ", self.url),
        };
        Failure::new(exit, format!("{more}{failure}"))
    }
}

/// A token from a file; `-` is standard input.
pub(super) fn read_token(file: &Path) -> Result<SecretString, Failure> {
    let text = text_or_input(file)
        .map_err(|error| Failure::file(format!("the token in {} cannot be read", file.display()), &error))?;
    Ok(SecretString::from(text.trim().to_owned()))
}

/// The text of a file; `-` is standard input.
pub(super) fn text_or_input(file: &Path) -> std::io::Result<String> {
    if file != Path::new("-") {
        return crate::reading::text_of(file);
    }
    let mut text = String::new();
    std::io::stdin().read_to_string(&mut text)?;
    Ok(text)
}
