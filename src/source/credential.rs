//! What a source signs in with, where that is kept, and how what can be used once only stays whole between the programs of
//! ours that use it: the app, a second window, `leadbox sync`.

use std::fs::{File, TryLockError};
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use secrecy::SecretString;

use crate::keeping::private;

/// Gives a secret that is kept now: a password, a token, a key. It may take seconds.
pub type Secret = Arc<dyn Fn() -> Result<SecretString, String> + Send + Sync>;

/// Keeps a secret in the place of the one that was kept. It may take seconds.
pub type Keep = Arc<dyn Fn(&SecretString) -> Result<(), String> + Send + Sync>;

/// How often it is tried: a minute. Whoever has the turn makes one call and asks a keyring, which seldom takes seconds.
const TRIES: u32 = 600;
const PAUSE: Duration = Duration::from_millis(100);

/// A secret where it is kept.
#[derive(Clone)]
pub struct Credential {
    /// Gives it.
    pub give: Secret,
    /// Keeps another one in its place, for those that are used up by their use.
    pub keep: Keep,
    /// The file whose lock is held by whoever uses up what is kept; nothing where nobody else can.
    pub lock: Option<PathBuf>,
}

impl From<Secret> for Credential {
    /// One that stands where Leadbox does not write.
    fn from(give: Secret) -> Self {
        let keep: Keep = Arc::new(|_| Err("it is kept where Leadbox does not write".into()));
        Self { give, keep, lock: None }
    }
}

/// The turn of one who uses up what is kept. It ends when this is dropped, or with the program.
pub struct Turn {
    _lock: Option<File>,
}

impl Credential {
    /// Waits until nobody else uses up what is kept. What was read before may be void by then.
    ///
    /// # Errors
    /// The lock cannot be had: why, in words.
    pub async fn turn(&self) -> Result<Turn, String> {
        let Some(path) = self.lock.clone() else { return Ok(Turn { _lock: None }) };
        let opened = tokio::task::spawn_blocking(move || private::open(&path)).await;
        let lock = opened.map_err(|error| error.to_string())?.map_err(|error| error.to_string())?;
        for _ in 0..TRIES {
            match lock.try_lock() {
                Ok(()) => return Ok(Turn { _lock: Some(lock) }),
                Err(TryLockError::WouldBlock) => tokio::time::sleep(PAUSE).await,
                // A file system without locks: one program is the rule there.
                Err(TryLockError::Error(_)) => return Ok(Turn { _lock: None }),
            }
        }
        Err("another Leadbox is signing in there, and does not come to an end; close it".into())
    }
}
