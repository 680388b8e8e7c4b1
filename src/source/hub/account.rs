//! Which hub one is signed in to: the address in a file, the token in the system's keyring, with a command that prints it,
//! or in another file that only its owner can read.

use std::fmt;
use std::fs;
use std::io::{self, IsTerminal};
use std::path::{Path, PathBuf};

use secrecy::{ExposeSecret, SecretString};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::keeping::keyring::{Asking, Entry, Keyring, Trouble};
use crate::keeping::secret;

/// The file with the address, in the folder of the leads.
const ACCOUNT: &str = "hub.json";
/// The file with the token.
const TOKEN: &str = "hub.token";
/// The team's policy as the hub told it last.
const POLICY: &str = "hub-policy.toml";

impl fmt::Display for Keeper {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Keyring => f.write_str("the token is in the system's keyring"),
            Self::File(file) => write!(f, "the token is in {}, which only you can read", file.display()),
            Self::Command(program) => write!(f, "“{program}” is asked for the token"),
        }
    }
}

/// A hub that one is signed in to.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Account {
    /// Its address.
    pub url: String,
    /// One's short name there.
    pub person: String,
    /// One's name to show.
    pub name: String,
    /// What one may do there.
    pub role: crate::handoff::event::Role,
    /// The program and its arguments that print the token; nothing where the keyring or a file has it.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub token_cmd: Vec<String>,
    /// The entry of the system's keyring that has the token; nothing where a file has it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub keyring: Option<Uuid>,
}

/// Where a token is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Keeper {
    /// In the system's keyring.
    Keyring,
    /// In this file.
    File(PathBuf),
    /// This program prints it.
    Command(String),
}

impl Account {
    /// The hub that one is signed in to, if there is one.
    pub fn load(dir: &Path) -> io::Result<Option<Self>> {
        match fs::read(dir.join(ACCOUNT)) {
            Ok(bytes) => Ok(Some(serde_json::from_slice(&bytes)?)),
            // A folder that is none is for those to tell who need it.
            Err(error) if matches!(error.kind(), io::ErrorKind::NotFound | io::ErrorKind::NotADirectory) => Ok(None),
            Err(error) => Err(error),
        }
    }

    /// Where its token is.
    pub fn keeper(&self, dir: &Path) -> Keeper {
        match (self.token_cmd.first(), self.keyring) {
            (Some(program), _) => Keeper::Command(program.clone()),
            (None, Some(_)) => Keeper::Keyring,
            (None, None) => Keeper::File(dir.join(TOKEN)),
        }
    }

    /// Gives the token to a keyring, which [`Self::save`] then notes.
    ///
    /// # Errors
    /// It does not take it. One that did not answer in time may take it later, under the number that is noted here.
    pub fn keep_in(&mut self, keyring: &Keyring, token: &SecretString, asking: Asking) -> Result<(), Trouble> {
        let id = *self.keyring.get_or_insert_with(Uuid::new_v4);
        let label = format!("Leadbox: {} at {}", self.person, self.url);
        keyring.keep(Entry { id, label: &label }, token, asking)
    }

    /// Remembers it, with the team's policy, and with the token where nothing else has it.
    pub fn save(&self, dir: &Path, token: &SecretString, policy: &str) -> io::Result<()> {
        save_policy(dir, policy)?;
        let keeper = self.keeper(dir);
        if let Keeper::File(path) = &keeper {
            secret::write(path, token.expose_secret().as_bytes())?;
        }
        // Until this is written, what was there before is so still; and it names no place that has no token.
        secret::write(&dir.join(ACCOUNT), &serde_json::to_vec(self)?)?;
        if matches!(keeper, Keeper::File(_)) { Ok(()) } else { secret::remove(&dir.join(TOKEN)) }
    }

    /// The token, from where it was put when one signed in.
    ///
    /// # Errors
    /// It is not there, others can read its file, the keyring does not give it, or the command failed.
    pub fn token(dir: &Path, keyring: &Keyring, asking: Asking) -> io::Result<SecretString> {
        match Self::load(dir)? {
            Some(account) if !account.token_cmd.is_empty() => token_of(&account.token_cmd),
            Some(Self { keyring: Some(id), .. }) => token_in(keyring, id, asking),
            _ => secret::in_file(&dir.join(TOKEN)),
        }
    }

    /// The token that is kept by now, if one is signed in as the same person still. Nothing where a command prints it: that
    /// may want to ask something, and the terminal is taken. A locked keyring is not unlocked for the same reason.
    pub fn token_by_now(&self, dir: &Path, keyring: &Keyring) -> Option<SecretString> {
        let now = Self::load(dir).ok()??;
        let is_same = (&now.url, &now.person) == (&self.url, &self.person);
        match now.keeper(dir) {
            Keeper::Command(_) => None,
            _ if !is_same => None,
            _ => Self::token(dir, keyring, None).ok(),
        }
    }

    /// Forgets the hub. The leads stay.
    ///
    /// # Errors
    /// Something of it is there still.
    pub fn forget(dir: &Path) -> io::Result<()> {
        [TOKEN, ACCOUNT, POLICY].iter().try_for_each(|name| secret::remove(&dir.join(name)))
    }
}

/// The token that a keyring has, or what to do where it does not give it.
fn token_in(keyring: &Keyring, id: Uuid, asking: Asking) -> io::Result<SecretString> {
    let then = match keyring.find(id, asking) {
        Ok(Some(token)) => return Ok(token),
        Ok(None) => "the keyring has it no more; sign in again with `leadbox login`".to_owned(),
        Err(Trouble::Locked) => {
            "the keyring is locked; unlock it and try again, or sign in again with `leadbox login --no-keyring URL`"
                .into()
        }
        Err(trouble) => format!("{trouble}; see to that, or sign in again with `leadbox login --no-keyring URL`"),
    };
    Err(io::Error::other(then))
}

/// The token that a command prints. It may ask on the terminal, as keepers of passwords do.
///
/// # Errors
/// It cannot be run, fails, or prints none. What it prints is in no message.
pub fn token_of(command: &[String]) -> io::Result<SecretString> {
    let token = secret::printed(command, "token", io::stdin().is_terminal())?;
    // Other secrets may have blanks in them.
    if token.expose_secret().contains(char::is_whitespace) {
        let program = command.first().map_or("", String::as_str);
        return Err(io::Error::other(format!("“{program}” did not print a token")));
    }
    Ok(token)
}

/// Where the team's policy is, as the hub told it last.
pub fn policy_path(dir: &Path) -> PathBuf {
    dir.join(POLICY)
}

/// Keeps the team's policy.
pub(super) fn save_policy(dir: &Path, policy: &str) -> io::Result<()> {
    secret::write(&policy_path(dir), policy.as_bytes())
}

#[cfg(test)]
mod tests;
