//! `leadbox source login`: a source is given its secret anew; at Salesforce a person gets it with the browser.

use std::io::{self, ErrorKind, IsTerminal};
use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use secrecy::{ExposeSecret, SecretString};
use serde_json::json;
use tokio::signal::unix::{SignalKind, signal};

use super::add::SECRET;
use super::args::{LoginArgs, SecretArgs};
use super::callback::Door;
use super::{Keeper, away, credential, find, look, one, told};
use crate::cli::args::Global;
use crate::cli::failure::{Exit, Failure};
use crate::cli::hub::{asking, read_token, typed_secret};
use crate::cli::print::Out;
use crate::cli::session::data_dir;
use crate::cli::setup;
use crate::config::{Config, SignIn, SourceKind, SourceSettings};
use crate::source::salesforce::pkce;
use crate::source::{Credential, Keep, Secret};
use crate::ui::inert::inert;

/// So long a person has to sign in with the browser.
const PATIENCE: Duration = Duration::from_secs(300);

/// Signs in to a source that is configured.
pub fn run(args: &LoginArgs, global: &Global) -> Result<(), Failure> {
    let config = setup::load(global)?;
    again(&config, &args.name, &args.secret, global)
}

/// What to do where a source that is set up lets us in no more.
pub(super) fn again_with(name: &str) -> String {
    format!("sign in again with `leadbox source login {name}`")
}

/// Gives a source that is configured its secret anew, once that was seen to let us in.
pub(super) fn again(config: &Config, name: &str, args: &SecretArgs, global: &Global) -> Result<(), Failure> {
    let settings = find(config, name)?;
    if let Some(program) = settings.secret_cmd.first() {
        let what = format!("“{program}” is asked for the secret of “{name}” each time: there is nothing to keep");
        return Err(Failure::new(Exit::Configuration, what));
    }
    let dir = data_dir(global)?;
    // What is wrong with the section or the folder is told before anybody signs in for nothing.
    one(settings, credential(settings, &dir, false))?;
    crate::store::Store::open(&dir)?;
    let tried = Tried::new(given(settings, args)?);
    let mut out = Out::new();
    let found = match look(one(settings, tried.credential())?, false)? {
        Err(error) if !args.untested => {
            told(&mut out, name, &[away(&error, SECRET)], global)?;
            out.finish()?;
            let then = "what was kept before is kept still; try again, or have it kept all the same with --untested";
            return Err(Failure::new(Exit::Failed, then));
        }
        found => found.unwrap_or_else(|error| vec![away(&error, SECRET)]),
    };
    let is_wrong = told(&mut out, name, &found, global)?;
    let keeper = keep(settings, &dir, &tried.secret(), args)?;
    if global.json {
        out.json(&json!({ "source": name, "secret": keeper.to_string() }))?;
    } else {
        out.line(keeper.to_string())?;
    }
    out.finish()?;
    if is_wrong { Err(Failure::new(Exit::Failed, "it is kept, and not all of it fits; see above")) } else { Ok(()) }
}

/// A secret that is tried before it is kept. What is used up by its use has another one come in its place meanwhile.
pub(super) struct Tried(Arc<Mutex<SecretString>>);

impl Tried {
    pub(super) fn new(given: SecretString) -> Self {
        Self(Arc::new(Mutex::new(given)))
    }

    pub(super) fn secret(&self) -> SecretString {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Gives it from memory, and keeps it there. Nobody else has it, so nobody else can use it up.
    pub(super) fn credential(&self) -> Credential {
        let held = Self(Arc::clone(&self.0));
        let give: Secret = Arc::new(move || Ok(held.secret()));
        let held = Arc::clone(&self.0);
        let keep: Keep = Arc::new(move |secret| {
            *held.lock().unwrap_or_else(PoisonError::into_inner) = secret.clone();
            Ok(())
        });
        Credential { give, keep, lock: None }
    }
}

/// Keeps a secret, while no other program of ours uses up the one that was kept, and would keep what came in its place.
pub(super) fn keep(
    settings: &SourceSettings,
    dir: &Path,
    given: &SecretString,
    args: &SecretArgs,
) -> Result<Keeper, Failure> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    let turn =
        runtime.block_on(credential(settings, dir, false).turn()).map_err(|why| Failure::new(Exit::Failed, why))?;
    let kept = Keeper::keep(dir, &settings.name, given, !args.no_keyring, asking());
    drop(turn);
    kept.map_err(|error| Failure::file("the secret cannot be kept", &error))
}

/// A secret: from the browser, where that is how one signs in there, else from a file, a pipe or the terminal.
pub(super) fn given(settings: &SourceSettings, args: &SecretArgs) -> Result<SecretString, Failure> {
    if let SourceKind::Salesforce { client_id, sign_in: SignIn::Browser { port } } = &settings.kind {
        if args.secret_file.is_some() {
            let then = "a key is for a service, which says as whom by `user` (--user)";
            return Err(Failure::usage(format!("people sign in to Salesforce with the browser; {then}")));
        }
        return with_browser(&settings.url, client_id, *port, args.no_browser);
    }
    let is_key = matches!(settings.kind, SourceKind::Salesforce { .. });
    let given = match &args.secret_file {
        Some(file) => read_token(file)?,
        None if is_key && io::stdin().is_terminal() => {
            return Err(Failure::usage("name the file of the key with --secret-file"));
        }
        None if io::stdin().is_terminal() => {
            let read = typed_secret("your password or token there, then Enter (it is not shown):");
            read.map_err(|error| Failure::file("the secret cannot be read", &error))?
        }
        None => read_token(Path::new("-"))?,
    };
    if given.expose_secret().is_empty() {
        return Err(Failure::usage("no secret came: pipe it in, or name a file with --secret-file"));
    }
    Ok(given)
}

fn with_browser(url: &str, client_id: &str, port: u16, no_browser: bool) -> Result<SecretString, Failure> {
    let door = Door::open(port).map_err(|error| taken(port, &error))?;
    let callback = format!("http://localhost:{port}/callback");
    let begun = pkce::begin(url, client_id, &callback).map_err(|why| Failure::new(Exit::Configuration, why))?;
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    runtime.block_on(async {
        let mut interrupt = signal(SignalKind::interrupt())?;
        eprintln!("sign in at this address, and let the app in; Ctrl-C gives up:\n\n{}\n", inert(&begun.url));
        if !no_browser && open::that_detached(&begun.url).is_err() {
            eprintln!("leadbox: no browser could be opened; open the address yourself, on this machine");
        }
        let state = begun.state.clone();
        let coming =
            door.wait(move |path| pkce::is_of(&state, path), |path| async move { pkce::finish(begun, &path).await });
        in_time(coming, interrupt.recv(), PATIENCE).await.map_err(|why| Failure::new(Exit::Failed, why))
    })
}

/// What comes, unless the person gives up or that takes too long.
async fn in_time<T>(
    coming: impl Future<Output = Result<T, String>>,
    interrupted: impl Future,
    patience: Duration,
) -> Result<T, String> {
    tokio::select! {
        came = coming => came,
        _ = interrupted => Err("given up; nothing was changed".into()),
        () = tokio::time::sleep(patience) => {
            Err(format!("nobody signed in within {} minutes; nothing was changed", patience.as_secs() / 60))
        }
    }
}

fn taken(port: u16, error: &io::Error) -> Failure {
    if error.kind() != ErrorKind::AddrInUse {
        return Failure::file(format!("nobody can be waited for on port {port} of this machine"), error);
    }
    let then = "end the program that has it, or name another one as `callback` in the section, and in the app's settings at \
                Salesforce as http://localhost:PORT/callback";
    Failure::new(
        Exit::Failed,
        format!("port {port} of this machine, which the browser comes back to, is taken: {then}"),
    )
}

#[cfg(test)]
mod tests {
    use std::future::pending;

    use super::*;

    #[tokio::test]
    async fn nobody_is_waited_for_without_end() {
        let door = Door::open(0).unwrap();
        let coming = door.wait(|_| true, |path| async move { Ok(path) });
        let why = in_time(coming, pending::<()>(), Duration::ZERO).await.unwrap_err();
        assert!(why.contains("nobody signed in") && why.contains("nothing was changed"), "{why}");
        assert_eq!(in_time(async { Ok(1) }, pending::<()>(), PATIENCE).await, Ok(1));
    }
}
