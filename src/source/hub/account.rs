//! Which hub one is signed in to: the address in a file, the token in another that only its owner can read.

use std::fs;
use std::io::{self, Write};
use std::os::unix::fs::{MetadataExt, OpenOptionsExt};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use secrecy::{ExposeSecret, SecretString};
use serde::{Deserialize, Serialize};

/// The file with the address, in the folder of the leads.
const ACCOUNT: &str = "hub.json";
/// The file with the token.
const TOKEN: &str = "hub.token";
/// The team's policy as the hub told it last.
const POLICY: &str = "hub-policy.toml";

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
    /// The program and its arguments that print the token; nothing where a file has it.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub token_cmd: Vec<String>,
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

    /// Remembers it, with the token and the team's policy.
    pub fn save(&self, dir: &Path, token: &SecretString, policy: &str) -> io::Result<()> {
        // The token last: without it nothing is signed in.
        write_private(&dir.join(ACCOUNT), &serde_json::to_vec(self)?)?;
        save_policy(dir, policy)?;
        if self.token_cmd.is_empty() {
            return write_private(&dir.join(TOKEN), token.expose_secret().as_bytes());
        }
        match fs::remove_file(dir.join(TOKEN)) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
            _ => Ok(()),
        }
    }

    /// The token, from its file or from the command that was named when one signed in.
    ///
    /// # Errors
    /// It is not there, others can read it, or the command failed.
    pub fn token(dir: &Path) -> io::Result<SecretString> {
        match Self::load(dir)? {
            Some(account) if !account.token_cmd.is_empty() => token_of(&account.token_cmd),
            _ => Self::token_in_file(dir),
        }
    }

    /// The token that is kept by now, if one is signed in as the same person still. Nothing where a command prints it: that
    /// may want to ask something, and the terminal is taken.
    pub fn token_by_now(&self, dir: &Path) -> Option<SecretString> {
        let now = Self::load(dir).ok()??;
        let is_same = (&now.url, &now.person) == (&self.url, &self.person);
        if is_same && now.token_cmd.is_empty() { Self::token_in_file(dir).ok() } else { None }
    }

    fn token_in_file(dir: &Path) -> io::Result<SecretString> {
        let path = dir.join(TOKEN);
        let meta = fs::symlink_metadata(&path)?;
        if !meta.is_file() || meta.mode() & 0o077 != 0 {
            let what = format!("{} can be read by others: make it yours alone with chmod 600", path.display());
            return Err(io::Error::new(io::ErrorKind::PermissionDenied, what));
        }
        Ok(fs::read_to_string(path)?.trim().to_owned().into())
    }

    /// Forgets the hub. The leads stay.
    pub fn forget(dir: &Path) -> io::Result<()> {
        for name in [TOKEN, ACCOUNT, POLICY] {
            match fs::remove_file(dir.join(name)) {
                Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
                _ => {}
            }
        }
        Ok(())
    }
}

/// The token that a command prints. It may ask on the terminal, as keepers of passwords do.
///
/// # Errors
/// It cannot be run, fails, or prints none. What it prints is in no message.
pub fn token_of(command: &[String]) -> io::Result<SecretString> {
    let (program, arguments) =
        command.split_first().ok_or_else(|| io::Error::new(io::ErrorKind::InvalidInput, "the command is empty"))?;
    let ran = Command::new(program).args(arguments).stdin(Stdio::inherit()).stderr(Stdio::inherit()).output();
    let ran = ran.map_err(|error| io::Error::new(error.kind(), format!("the command “{program}”: {error}")))?;
    let printed = SecretString::from(String::from_utf8(ran.stdout).unwrap_or_default());
    let printed = printed.expose_secret().trim();
    if !ran.status.success() {
        return Err(io::Error::other(format!("the command “{program}” for the token failed ({})", ran.status)));
    }
    if printed.is_empty() || printed.contains(char::is_whitespace) {
        return Err(io::Error::other(format!("the command “{program}” did not print a token, and nothing else")));
    }
    Ok(printed.to_owned().into())
}

/// Where the team's policy is, as the hub told it last.
pub fn policy_path(dir: &Path) -> PathBuf {
    dir.join(POLICY)
}

/// Keeps the team's policy.
pub(super) fn save_policy(dir: &Path, policy: &str) -> io::Result<()> {
    write_private(&policy_path(dir), policy.as_bytes())
}

/// Writes a file that only its owner can read, whole or not at all.
fn write_private(path: &Path, bytes: &[u8]) -> io::Result<()> {
    let beside = path.with_extension("new");
    match fs::remove_file(&beside) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
        _ => {}
    }
    let mut file = fs::OpenOptions::new().write(true).create_new(true).mode(0o600).open(&beside)?;
    file.write_all(bytes)?;
    file.sync_all()?;
    fs::rename(beside, path)
}
