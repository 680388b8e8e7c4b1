//! Secrets of ours outside of the keyring: in a file that only its owner can read, or printed by a command.

use std::fs;
use std::io::{self, Write};
use std::os::unix::fs::{MetadataExt, OpenOptionsExt};
use std::path::Path;
use std::process::{Command, Stdio};

use secrecy::{ExposeSecret, SecretString};

/// The secret that a command prints: one word, or a key as PEM. It may ask on the terminal, as keepers of passwords do. `what`
/// it is, for messages: `token`.
///
/// # Errors
/// It cannot be run, fails, or prints none. What it prints is in no message.
pub fn printed(command: &[String], what: &str) -> io::Result<SecretString> {
    let (program, arguments) =
        command.split_first().ok_or_else(|| io::Error::new(io::ErrorKind::InvalidInput, "the command is empty"))?;
    let ran = Command::new(program).args(arguments).stdin(Stdio::inherit()).stderr(Stdio::inherit()).output();
    let ran = ran.map_err(|error| io::Error::new(error.kind(), format!("the command “{program}”: {error}")))?;
    let printed = SecretString::from(String::from_utf8(ran.stdout).unwrap_or_default());
    let printed = printed.expose_secret().trim();
    if !ran.status.success() {
        return Err(io::Error::other(format!("the command “{program}” for the {what} failed ({})", ran.status)));
    }
    let is_one = !printed.contains(char::is_whitespace) || printed.starts_with("-----BEGIN ");
    if printed.is_empty() || !is_one {
        return Err(io::Error::other(format!("the command “{program}” did not print a {what}, and nothing else")));
    }
    Ok(printed.to_owned().into())
}

/// The secret in a file that only its owner can read.
///
/// # Errors
/// It is not there, no plain file, or others can read it.
pub fn in_file(path: &Path) -> io::Result<SecretString> {
    let meta = fs::symlink_metadata(path)?;
    if !meta.is_file() || meta.mode() & 0o077 != 0 {
        let what = format!("{} can be read by others: make it yours alone with chmod 600", path.display());
        return Err(io::Error::new(io::ErrorKind::PermissionDenied, what));
    }
    Ok(fs::read_to_string(path)?.trim().to_owned().into())
}

/// Writes a file that only its owner can read, whole or not at all.
///
/// # Errors
/// As the operating system says.
pub fn write(path: &Path, bytes: &[u8]) -> io::Result<()> {
    let beside = path.with_extension("new");
    remove(&beside)?;
    let mut file = fs::OpenOptions::new().write(true).create_new(true).mode(0o600).open(&beside)?;
    file.write_all(bytes)?;
    file.sync_all()?;
    fs::rename(beside, path)
}

/// Removes a file, if it is there.
///
/// # Errors
/// As the operating system says.
pub fn remove(path: &Path) -> io::Result<()> {
    match fs::remove_file(path) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
        _ => Ok(()),
    }
}
