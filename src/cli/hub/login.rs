//! `leadbox login` and `logout`: a laptop and its hub.

use std::io::{self, IsTerminal};
use std::path::Path;
use std::sync::Arc;

use rustix::termios::{LocalModes, OptionalActions, tcgetattr, tcsetattr};
use secrecy::{ExposeSecret, SecretString};
use serde_json::json;
use uuid::Uuid;

use super::args::LoginArgs;
use super::calls::{Calls, read_token};
use crate::app::team::Member;
use crate::cli::args::Global;
use crate::cli::failure::{Exit, Failure};
use crate::cli::print::Out;
use crate::cli::session::data_dir;
use crate::keeping::keyring::{Asking, Keyring, Trouble};
use crate::source::hub::{Account, Http, HubSource, Keeper, SOURCE, Transport, clock, token_of};
use crate::store::Store;
use crate::ui::inert::inert;
use crate::wire::sync::{Me, PolicyText};

/// Signs in: asks the hub who one is, and remembers it with the token and the team's policy.
pub fn login(args: &LoginArgs, global: &Global) -> Result<(), Failure> {
    let dir = data_dir(global)?;
    let asks = args.token_file.is_none() && args.token_cmd.is_empty();
    let token = match args.token_cmd.as_slice() {
        [] if asks && std::io::stdin().is_terminal() => {
            typed("paste the token that you were given, then press Enter (it is not shown):")
                .map_err(|error| Failure::file("the token cannot be read", &error))?
        }
        [] => read_token(args.token_file.as_deref().unwrap_or(Path::new("-")))?,
        command => token_of(command).map_err(|error| Failure::new(Exit::Failed, error))?,
    };
    if token.expose_secret().is_empty() {
        return Err(Failure::usage("no token came: pipe it in, or name a file with --token-file"));
    }
    let url = args.url.trim_end_matches('/');
    let calls = Calls::new(url, token.clone())?;
    let me: Me = calls.get("/v1/me")?;
    let policy: PolicyText = calls.get("/v1/policy")?;
    // A hub of somebody else's: what was done for one must not be sent to the other.
    let mut store = Store::open(&dir)?;
    let known = Account::load(&dir).map_err(|error| Failure::file("the account cannot be read", &error))?;
    let entry = known.as_ref().and_then(|known| known.keyring);
    let mut account = Account {
        url: url.to_owned(),
        person: me.id.clone(),
        name: me.name.clone(),
        role: me.role,
        token_cmd: args.token_cmd.clone(),
        keyring: None,
    };
    if known.is_some_and(|known| (known.url, known.person) != (account.url.clone(), account.person.clone())) {
        let what = "this folder belongs to another account; `leadbox logout` first, or name another with --data-dir";
        return Err(Failure::new(Exit::Failed, what));
    }
    if args.token_cmd.is_empty() && !args.no_keyring {
        account.keyring = entry;
        keep(&mut account, &token)?;
    }
    if let Err(error) = account.save(&dir, &token, &policy.toml) {
        take_out(account.keyring.filter(|_| entry.is_none()));
        return Err(Failure::file(format!("the account cannot be kept in {}", dir.display()), &error));
    }
    store.register_source(SOURCE, true)?;
    store.set_account(Some(&account.person))?;
    take_out(entry.filter(|_| account.keyring.is_none()));
    let keeper = account.keeper(&dir);
    let mut out = Out::new();
    if global.json {
        let token_in = match &keeper {
            Keeper::Keyring => "keyring",
            Keeper::File(_) => "file",
            Keeper::Command(_) => "command",
        };
        let (role, policy) = (me.role, policy.version);
        out.json(&json!({ "hub": url, "person": me.id, "role": role, "policy": policy, "token_in": token_in }))?;
    } else {
        out.line(format!("signed in to {url} as {} ({}); `leadbox` opens your inbox", me.name, me.role.code()))?;
        out.line(keeper.to_string())?;
    }
    out.finish()
}

/// Gives the token to the system's keyring. Where there is none, or it hangs, a file will do.
fn keep(account: &mut Account, token: &SecretString) -> Result<(), Failure> {
    let asking = asking();
    match account.keep_in(&Keyring::System, token, asking) {
        Ok(()) => Ok(()),
        Err(trouble) if asking.is_none() || matches!(trouble, Trouble::Absent(_) | Trouble::Slow) => {
            eprintln!("leadbox: {}: a file keeps the token", inert(&trouble.to_string()));
            let entry = account.keyring.take();
            // It may have taken it after that.
            take_out(entry.filter(|_| trouble == Trouble::Slow));
            Ok(())
        }
        Err(trouble) => {
            let then = "unlock it and sign in again, or keep the token in a file with --no-keyring";
            Err(Failure::new(Exit::Failed, format!("{trouble}: {then}")))
        }
    }
}

/// Takes a token out of the keyring that is needed no more. Where that cannot be, one can do it oneself.
fn take_out(entry: Option<Uuid>) {
    let Some(Err(trouble)) = entry.map(|entry| Keyring::System.forget(entry, asking())) else { return };
    let then = "look there for an entry “Leadbox” and remove it";
    eprintln!("leadbox: the former token may be in the keyring still ({}): {then}", inert(&trouble.to_string()));
}

/// Where somebody sits at a terminal on a desktop, the keyring may ask them: over ssh its window would open where nobody is.
pub fn asking() -> Asking {
    let is_said = |name: &str| std::env::var_os(name).is_some_and(|value| !value.is_empty());
    let has_windows = cfg!(target_os = "macos") || is_said("DISPLAY") || is_said("WAYLAND_DISPLAY");
    let is_seen = has_windows && io::stdin().is_terminal() && io::stderr().is_terminal();
    is_seen.then_some(|| eprintln!("leadbox: the keyring is locked; unlock it in the window that it opens"))
}

/// The token of the one who is signed in.
pub(super) fn token(dir: &Path) -> io::Result<SecretString> {
    Account::token(dir, &Keyring::System, asking())
}

/// A secret that is typed or pasted into the terminal: it does not stand there afterwards.
pub fn typed(question: &str) -> io::Result<SecretString> {
    eprintln!("{question}");
    let input = io::stdin();
    let before = tcgetattr(&input)?;
    let mut silent = before.clone();
    silent.local_modes.remove(LocalModes::ECHO);
    tcsetattr(&input, OptionalActions::Now, &silent)?;
    let mut line = String::new();
    let read = input.read_line(&mut line);
    tcsetattr(&input, OptionalActions::Now, &before)?;
    read.map(|_| SecretString::from(line.trim().to_owned()))
}

/// Signs out: the token is forgotten, the leads stay.
pub fn logout(global: &Global) -> Result<(), Failure> {
    let dir = data_dir(global)?;
    let known = Account::load(&dir).map_err(|error| Failure::file("the account cannot be read", &error))?;
    let Some(account) = known else { return Err(Failure::new(Exit::Failed, "nobody is signed in")) };
    Account::forget(&dir).map_err(|error| Failure::file("the account cannot be forgotten", &error))?;
    take_out(account.keyring);
    Store::open(&dir)?.set_account(None)?;
    let mut out = Out::new();
    if global.json {
        out.json(&json!({ "hub": account.url, "person": account.person }))?;
    } else {
        out.line(format!("signed out of {}; the leads stay here", account.url))?;
    }
    out.finish()
}

/// The hub that one is signed in to, and the way there. The token is asked for once: whoever has it may ask for a word.
pub fn way(dir: &Path) -> Result<Option<(Account, Http)>, Failure> {
    let account = Account::load(dir).map_err(|error| Failure::file("the account cannot be read", &error))?;
    let Some(account) = account else { return Ok(None) };
    let token =
        token(dir).map_err(|error| Failure::file(format!("the token for {} cannot be read", account.url), &error))?;
    let http = with(&account, dir, token).map_err(|why| Failure::new(Exit::Configuration, why))?;
    Ok(Some((account, http)))
}

/// The same way for an app that stays open, where the token cannot be had now: it is asked for until it can. Nothing where
/// that would need a person, since the app has the terminal, and the keychain of macOS would open a window each time.
pub fn way_without_token(dir: &Path) -> Option<(Account, Http)> {
    let account = Account::load(dir).ok()??;
    match account.keeper(dir) {
        Keeper::Command(_) => return None,
        Keeper::Keyring if cfg!(target_os = "macos") => return None,
        Keeper::Keyring | Keeper::File(_) => {}
    }
    let http = with(&account, dir, SecretString::default()).ok()?;
    Some((account, http))
}

/// The way to the hub of an account with this token, or with the one that is kept by the time that another one is needed.
fn with(account: &Account, dir: &Path, token: SecretString) -> Result<Http, String> {
    let (known, dir) = (account.clone(), dir.to_owned());
    let renewal = move || known.token_by_now(&dir, &Keyring::System);
    Ok(Http::new(&account.url, token)?.renewing(Arc::new(renewal)))
}

/// One who directs a team at a hub, and the way there.
pub type Directing = (Member, Box<dyn Transport>);

/// Whether the one who is signed in directs a team: who that is, and the way to the hub.
pub fn directing(account: &Account, http: &Http) -> Option<Directing> {
    let member = Member { id: account.person.clone(), role: account.role };
    member.sees_board().then(|| (member, Box::new(http.clone()) as Box<dyn Transport>))
}

/// The hub at the end of this way, as a source.
pub fn source(dir: &Path, http: Http) -> HubSource {
    HubSource::new(Box::new(http), Arc::new(clock)).keep_policy_in(dir.to_owned())
}
