//! Where a source's secret is: in the system's keyring, in a private file beside the leads, or with a command.

use std::fmt;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use secrecy::{ExposeSecret, SecretString};
use uuid::Uuid;

use crate::config::SourceSettings;
use crate::keeping::keyring::{Asking, Entry, Keyring};
use crate::keeping::secret::{self, Printer};

/// Where it is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Keeper {
    /// In the keyring, under this number.
    Keyring(Uuid),
    /// In this file.
    File(PathBuf),
    /// A command prints it.
    Command(Vec<String>),
    /// Nowhere yet.
    Nowhere,
}

impl fmt::Display for Keeper {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Keyring(_) => f.write_str("the secret is in the system's keyring"),
            Self::File(file) => write!(f, "the secret is in {}, which only you can read", file.display()),
            Self::Command(command) => {
                write!(f, "“{}” is asked for the secret", command.first().map_or("", String::as_str))
            }
            Self::Nowhere => f.write_str("there is no secret yet"),
        }
    }
}

/// Where the secret itself is kept, and where the number of its entry in the keyring.
fn files(dir: &Path, name: &str) -> (PathBuf, PathBuf) {
    (dir.join(format!("source-{name}.secret")), dir.join(format!("source-{name}.keyring")))
}

impl Keeper {
    /// The file whose lock is held by whoever uses up the secret of a source.
    pub fn lock(dir: &Path, name: &str) -> PathBuf {
        dir.join(format!("source-{name}.lock"))
    }

    /// Where the secret of a source is.
    pub fn of(dir: &Path, source: &SourceSettings) -> Self {
        if !source.secret_cmd.is_empty() {
            return Self::Command(source.secret_cmd.clone());
        }
        let (file, number) = files(dir, &source.name);
        match fs::read_to_string(number).ok().and_then(|text| text.trim().parse().ok()) {
            Some(id) => Self::Keyring(id),
            None if file.exists() => Self::File(file),
            None => Self::Nowhere,
        }
    }

    /// The secret; where a command has it, this printer runs that.
    ///
    /// # Errors
    /// It cannot be had: why, and what to do. The secret is in no message.
    pub fn secret(&self, name: &str, asking: Asking, printer: &Printer) -> io::Result<SecretString> {
        match self {
            Self::Command(command) => printer.print(command, "secret"),
            Self::File(file) => secret::in_file(file),
            Self::Keyring(id) => match Keyring::System.find(*id, asking) {
                Ok(Some(secret)) => Ok(secret),
                Ok(None) => Err(io::Error::other(format!("the keyring has it no more; `leadbox source login {name}`"))),
                Err(trouble) => Err(io::Error::other(trouble)),
            },
            Self::Nowhere => Err(io::Error::other(format!("it has no secret yet: `leadbox source login {name}`"))),
        }
    }

    /// Keeps a secret: in the keyring, where that takes it, else in a file.
    ///
    /// # Errors
    /// The file cannot be written.
    pub fn keep(
        dir: &Path,
        name: &str,
        secret_text: &SecretString,
        with_keyring: bool,
        asking: Asking,
    ) -> io::Result<Self> {
        let (file, number) = files(dir, name);
        if with_keyring {
            let known = fs::read_to_string(&number).ok().and_then(|text| text.trim().parse().ok());
            let id = known.unwrap_or_else(Uuid::new_v4);
            let label = format!("Leadbox: the source {name}");
            if Keyring::System.keep(Entry { id, label: &label }, secret_text, asking).is_ok() {
                secret::write(&number, id.to_string().as_bytes())?;
                secret::remove(&file)?;
                return Ok(Self::Keyring(id));
            }
        }
        secret::write(&file, secret_text.expose_secret().as_bytes())?;
        secret::remove(&number)?;
        Ok(Self::File(file))
    }

    /// Forgets a secret that is kept here.
    ///
    /// # Errors
    /// Something of it is there still.
    pub fn forget(dir: &Path, name: &str, asking: Asking) -> io::Result<()> {
        let (file, number) = files(dir, name);
        if let Some(id) = fs::read_to_string(&number).ok().and_then(|text| text.trim().parse().ok()) {
            Keyring::System.forget(id, asking).map_err(io::Error::other)?;
        }
        secret::remove(&file)?;
        secret::remove(&number)
    }
}
