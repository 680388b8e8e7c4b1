//! Calls of a command to a hub.

use std::io::Read;
use std::path::Path;

use secrecy::SecretString;
use serde::Serialize;
use serde::de::DeserializeOwned;

use super::args::AtArgs;
use super::hub_dir;
use super::init::ADMIN_TOKEN;
use super::login::token;
use crate::cli::args::Global;
use crate::cli::failure::{Exit, Failure};
use crate::cli::session::data_dir;
use crate::source::hub::{Account, Call, Client, Failure as CallFailure, Http, Method};
use crate::wire::problem::Code;

/// Where a hub on this machine is, if nothing else is said.
const HERE: &str = "http://127.0.0.1:7475";

/// Whether an address is this machine's own, whatever the network says.
fn is_here(url: &str) -> bool {
    let host = reqwest::Url::parse(url).ok().and_then(|url| url.host_str().map(str::to_owned)).unwrap_or_default();
    let ip = host.trim_start_matches('[').trim_end_matches(']').parse::<std::net::IpAddr>();
    host == "localhost" || ip.is_ok_and(|ip| ip.is_loopback())
}

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
    /// signed in. A token goes to the address that it belongs to, and to no other unless its file is named.
    pub(super) fn to(at: &AtArgs, global: &Global) -> Result<Self, Failure> {
        let dir = data_dir(global)?;
        let admin = hub_dir(global)?.join(ADMIN_TOKEN);
        let account = Account::load(&dir).map_err(|error| Failure::file("the account cannot be read", &error))?;
        let hub = at.hub.as_deref().map(|url| url.trim_end_matches('/'));
        if let Some(file) = &at.token_file {
            let url = account.filter(|_| !admin.exists()).map_or_else(|| HERE.to_owned(), |account| account.url);
            return Self::new(hub.unwrap_or(&url), read_token(file)?);
        }
        if admin.exists() && hub.is_none_or(is_here) {
            return Self::new(hub.unwrap_or(HERE), read_token(&admin)?);
        }
        let Some(account) = account else {
            let what = match hub.filter(|_| admin.exists()) {
                Some(hub) => format!(
                    "the administrator's token is for the hub on this machine, not for {hub}; if that is it, name \
                     --token-file {}",
                    admin.display()
                ),
                None => "there is no token: sign in with `leadbox login`, or name a --token-file".into(),
            };
            return Err(Failure::new(Exit::Failed, what));
        };
        if let Some(hub) = hub.filter(|hub| *hub != account.url) {
            let what = format!("you are signed in to {}, not to {hub}: name a --token-file for it", account.url);
            return Err(Failure::new(Exit::Failed, what));
        }
        let token = token(&dir).map_err(|error| {
            Failure::file("there is no token: sign in with `leadbox login`, or name a --token-file", &error)
        })?;
        Self::new(&account.url, token)
    }

    /// The address that is spoken to.
    pub(super) fn url(&self) -> &str {
        &self.url
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
pub fn read_token(file: &Path) -> Result<SecretString, Failure> {
    let text = text_or_input(file)
        .map_err(|error| Failure::file(format!("the secret in {} cannot be read", file.display()), &error))?;
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
