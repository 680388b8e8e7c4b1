//! Secrets of the configuration: never in it, but in a file of one's own or behind a command.

use std::io::{self, Read};
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::time::Duration;

use secrecy::SecretString;

use crate::keeping::command::{CommandError, Whose, run_command};
use crate::reading::plight;

/// How long a command may take to tell a secret.
const TIME: Duration = Duration::from_secs(10);

/// The longest secret, in bytes.
const MOST: usize = 16 * 1024;

/// Where a secret comes from. It is fetched when it is used, so that a new one counts at once.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum SecretFrom {
    /// The text of a file that nobody else can read.
    File(PathBuf),
    /// What a command prints: the program and its arguments, without a shell.
    Command(Vec<String>),
}

/// Why there is no secret. The secret is in none of these.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SecretError {
    /// The file.
    #[error("the secret's file {path}: {why}")]
    File {
        /// Which.
        path: PathBuf,
        /// What is wrong, and what to do.
        why: String,
    },
    /// The command.
    #[error("the command that tells the secret: {0}")]
    Command(#[from] CommandError),
    /// There is nothing in it, or what no header can hold.
    #[error("the secret is empty, longer than {MOST} bytes, or not one line of text")]
    Useless,
}

impl SecretFrom {
    /// Fetches the secret; blanks and line ends around it are left out.
    ///
    /// # Errors
    /// It cannot be had, others could read it, or it is none.
    pub async fn fetch(&self) -> Result<SecretString, SecretError> {
        let bytes = match self {
            Self::File(path) => {
                let why = |error: io::Error| SecretError::File { path: path.clone(), why: plight(&error) };
                let path = path.clone();
                let read = tokio::task::spawn_blocking(move || private(&path)).await;
                read.map_err(|error| why(io::Error::other(error)))?.map_err(why)?
            }
            Self::Command(argv) => run_command(argv, &[], Whose::Server(&[]), TIME, MOST).await?.output,
        };
        let text = String::from_utf8(bytes).map_err(|_| SecretError::Useless)?;
        let text = text.trim();
        let is_one = !text.is_empty() && text.len() <= MOST && !text.chars().any(char::is_control);
        is_one.then(|| text.to_owned().into()).ok_or(SecretError::Useless)
    }
}

/// The text of a small file that is its owner's alone.
///
/// # Errors
/// It cannot be read, others could read it, or it is no text.
pub fn private_text(path: &Path) -> io::Result<String> {
    String::from_utf8(private(path)?).map_err(io::Error::other)
}

/// The bytes of a file that is its owner's alone.
fn private(path: &Path) -> io::Result<Vec<u8>> {
    let file = std::fs::File::open(path)?;
    let meta = file.metadata()?;
    if !meta.is_file() || meta.mode() & 0o077 != 0 {
        let what = "others can read it; make it yours alone with chmod 600";
        return Err(io::Error::other(what));
    }
    let mut bytes = Vec::new();
    file.take(MOST as u64 + 1).read_to_end(&mut bytes)?;
    Ok(bytes)
}
