//! Secrets of ours outside of the keyring: in a file that only its owner can read, or printed by a command.

use std::fs;
use std::io::{self, Write};
use std::os::unix::fs::{MetadataExt, OpenOptionsExt};
use std::path::Path;
use std::sync::{Mutex, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

use secrecy::{ExposeSecret, SecretString};

use super::command::{Whose, run_command};

/// How long a command has that can ask nobody, and how long where a person may be asked.
const AT_MOST: Duration = Duration::from_secs(10);
const FOR_A_PERSON: Duration = Duration::from_secs(120);
/// After a command failed it is let be for so long: it would be run with every call, and may open a window each time.
const PAUSE: Duration = Duration::from_secs(60);
/// The longest secret, in bytes.
const MOST: usize = 16 * 1024;

/// The secret that a command prints: its first line, or a key as PEM as a whole. Where a person sits at the terminal it may
/// ask there, as keepers of passwords do. `what` it is, for messages: `token`.
///
/// # Errors
/// It cannot be run, fails, takes too long, or prints none. What it prints is in no message.
pub fn printed(command: &[String], what: &str, at_terminal: bool) -> io::Result<SecretString> {
    let (whose, time) = if at_terminal { (Whose::AtTerminal, FOR_A_PERSON) } else { (Whose::Beside, AT_MOST) };
    printed_in(command, what, whose, time)
}

fn printed_in(command: &[String], what: &str, whose: Whose<'_>, time: Duration) -> io::Result<SecretString> {
    let run = || {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
        runtime.block_on(run_command(command, &[], whose, time, MOST)).map_err(io::Error::other)
    };
    // On a thread of its own, since whoever asks may be within a runtime.
    let ran = thread::scope(|scope| scope.spawn(run).join());
    let ran = ran.unwrap_or_else(|_| Err(io::Error::other("it could not be waited for")));
    let done = ran.map_err(|error| io::Error::other(format!("the command for the {what}: {error}")))?;
    let all = SecretString::from(String::from_utf8(done.output).unwrap_or_default());
    let text = all.expose_secret().trim();
    let is_key = text.starts_with("-----BEGIN");
    let secret = if is_key { text } else { text.lines().next().unwrap_or_default().trim_end() };
    if secret.is_empty() {
        let program = command.first().map_or("", String::as_str);
        return Err(io::Error::other(format!("the command for the {what}: “{program}” printed none")));
    }
    Ok(secret.to_owned().into())
}

/// Has the command of one source print its secret: never twice at a time, and not again soon after it failed.
#[derive(Debug)]
pub struct Printer {
    at_terminal: bool,
    pause: Duration,
    /// When it failed last, and why.
    failed: Mutex<Option<(Instant, String)>>,
}

impl Printer {
    /// `at_terminal`: a person sits there, and may be asked.
    pub fn new(at_terminal: bool) -> Self {
        Self { at_terminal, pause: PAUSE, failed: Mutex::default() }
    }

    /// The secret, see [`printed`].
    ///
    /// # Errors
    /// There is none, or there was none a moment ago.
    pub fn print(&self, command: &[String], what: &str) -> io::Result<SecretString> {
        let mut failed = self.failed.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some((at, why)) = &*failed
            && at.elapsed() < self.pause
        {
            return Err(io::Error::other(why.clone()));
        }
        let came = printed(command, what, self.at_terminal);
        *failed = came.as_ref().err().map(|error| (Instant::now(), error.to_string()));
        came
    }
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

#[cfg(test)]
mod tests {
    use super::*;

    fn sh(script: &str) -> Vec<String> {
        ["sh", "-c", script].map(str::to_owned).to_vec()
    }

    #[test]
    fn the_first_line_is_the_secret_and_a_key_is_taken_whole() {
        let text = |script: &str| printed(&sh(script), "password", false).map(|it| it.expose_secret().to_owned());
        assert_eq!(text("printf 'correct horse battery\\nuser: ana\\nurl: x\\n'").unwrap(), "correct horse battery");
        let key = "-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----";
        assert_eq!(text(&format!("printf '%s\\n' '{key}'")).unwrap(), key);
        for none in ["true", "echo; echo", "printf '\\377'"] {
            assert!(text(none).unwrap_err().to_string().contains("printed none"), "{none}");
        }
    }

    #[test]
    fn a_command_beside_the_terminal_reads_nothing_and_its_complaint_is_told() {
        let script = "read line && echo $line; echo s3cret; printf '\\n\\033[2Jno such entry\\nmore\\n' >&2; exit 7";
        let failed = printed(&sh(script), "password", false).unwrap_err().to_string();
        assert!(failed.contains("no such entry") && failed.contains('7'), "{failed}");
        assert!(!failed.contains("s3cret") && !failed.contains("more") && !failed.contains('\u{1b}'), "{failed}");
        // More of it than a pipe holds stops nobody.
        let loud = printed(&sh("yes no | head -c 300000 >&2; echo s3cret"), "password", false).unwrap();
        assert_eq!(loud.expose_secret(), "s3cret");
    }

    #[test]
    fn a_command_that_hangs_is_ended() {
        let time = Duration::from_millis(200);
        let failed = printed_in(&sh("cat /dev/zero > /dev/null & wait"), "password", Whose::Beside, time).unwrap_err();
        assert!(failed.to_string().contains("was ended"), "{failed}");
    }

    #[test]
    fn one_that_failed_is_let_be_for_a_while() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("runs");
        let runs = || fs::read_to_string(&file).unwrap().lines().count();
        let command = sh(&format!("echo x >> {0}; test $(wc -l < {0}) -gt 1 && echo s3cret", file.display()));
        let mut printer = Printer::new(false);
        let first = printer.print(&command, "password").unwrap_err().to_string();
        assert_eq!(printer.print(&command, "password").unwrap_err().to_string(), first);
        assert_eq!(runs(), 1, "it is not run again");
        printer.pause = Duration::ZERO;
        assert_eq!(printer.print(&command, "password").unwrap().expose_secret(), "s3cret");
        printer.pause = PAUSE;
        printer.print(&command, "password").unwrap();
        assert_eq!(runs(), 3, "one that does its work is run whenever it is needed");
    }
}
