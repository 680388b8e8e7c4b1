//! Secrets in the system's keyring: on Linux and its kin whatever keeps the desktop's secrets (the Secret Service: GNOME
//! Keyring, KWallet, KeePassXC), on macOS the keychain. All calls block, for [`AT_MOST`] at the longest unless a person
//! is asked.

#[cfg(all(feature = "keyring", target_os = "macos"))]
mod apple;
#[cfg(all(feature = "keyring", not(target_os = "macos")))]
mod secret_service;

use std::time::Duration;

use secrecy::SecretString;
use uuid::Uuid;

/// So long a keyring has for an answer that needs nobody.
pub const AT_MOST: Duration = Duration::from_secs(3);
/// So long a person has to unlock it.
pub const FOR_A_PERSON: Duration = Duration::from_secs(60);

/// Why a keyring does not do what it is asked for.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Trouble {
    /// There is none, or none for this program.
    #[error("{0}")]
    Absent(String),
    /// It is locked, and nobody unlocked it.
    #[error("the keyring is locked")]
    Locked,
    /// It did not answer in time.
    #[error("the keyring does not answer")]
    Slow,
    /// It says no.
    #[error("the keyring refuses: {0}")]
    Refused(String),
}

/// What an entry is called there: by a number, which says nothing to others and stays when the folder is moved.
#[derive(Clone, Copy, Debug)]
pub struct Entry<'a> {
    /// Its number.
    pub id: Uuid,
    /// What people read who look through their keyring.
    pub label: &'a str,
}

/// Whether a person may be asked to unlock the keyring, in a dialog of the desktop's: told before that opens. Nobody is
/// asked where this is nothing.
pub type Asking = Option<fn()>;

/// A keyring.
#[derive(Clone, Debug)]
pub enum Keyring {
    /// The system's.
    System,
    /// For tests.
    #[cfg(test)]
    Fake(std::sync::Arc<std::sync::Mutex<fake::Fake>>),
}

impl Keyring {
    /// Keeps a secret, in the place of what the entry had.
    ///
    /// # Errors
    /// It is not kept.
    pub fn keep(&self, entry: Entry<'_>, secret: &SecretString, asking: Asking) -> Result<(), Trouble> {
        match self {
            Self::System => system::keep(entry, secret, asking),
            #[cfg(test)]
            Self::Fake(fake) => fake::keep(fake, entry.id, secret),
        }
    }

    /// The secret that an entry has; nothing where there is no such entry.
    ///
    /// # Errors
    /// It cannot be had.
    pub fn find(&self, id: Uuid, asking: Asking) -> Result<Option<SecretString>, Trouble> {
        match self {
            Self::System => system::find(id, asking),
            #[cfg(test)]
            Self::Fake(fake) => fake::find(fake, id),
        }
    }

    /// Takes an entry out, if it is there.
    ///
    /// # Errors
    /// It may be there still.
    pub fn forget(&self, id: Uuid, asking: Asking) -> Result<(), Trouble> {
        match self {
            Self::System => system::forget(id, asking),
            #[cfg(test)]
            Self::Fake(fake) => fake::forget(fake, id),
        }
    }
}

#[cfg(all(feature = "keyring", target_os = "macos"))]
use apple as system;
#[cfg(all(feature = "keyring", not(target_os = "macos")))]
use secret_service as system;

/// What an entry has, as text.
#[cfg(feature = "keyring")]
fn read(bytes: Vec<u8>) -> Result<SecretString, Trouble> {
    let text = String::from_utf8(bytes).map_err(|_| Trouble::Refused("what it has is no text".into()))?;
    Ok(text.into())
}

/// Where this program was built without.
#[cfg(not(feature = "keyring"))]
mod system {
    use super::{Asking, Entry, SecretString, Trouble, Uuid};

    fn none<T>() -> Result<T, Trouble> {
        Err(Trouble::Absent("this leadbox was built without keyrings (cargo's feature `keyring`)".into()))
    }

    pub fn keep(_entry: Entry<'_>, _secret: &SecretString, _asking: Asking) -> Result<(), Trouble> {
        none()
    }

    pub fn find(_id: Uuid, _asking: Asking) -> Result<Option<SecretString>, Trouble> {
        none()
    }

    pub fn forget(_id: Uuid, _asking: Asking) -> Result<(), Trouble> {
        none()
    }
}

/// A keyring for tests, which can be out of order.
#[cfg(test)]
pub mod fake {
    use std::collections::BTreeMap;
    use std::sync::Mutex;

    use super::{SecretString, Trouble, Uuid};

    /// What it has, and why it does nothing.
    #[derive(Debug, Default)]
    pub struct Fake {
        /// By number.
        pub entries: BTreeMap<Uuid, SecretString>,
        /// What is said to all that is asked.
        pub trouble: Option<Trouble>,
    }

    fn with<T>(fake: &Mutex<Fake>, act: impl FnOnce(&mut BTreeMap<Uuid, SecretString>) -> T) -> Result<T, Trouble> {
        let mut fake = fake.lock().unwrap();
        fake.trouble.clone().map_or_else(|| Ok(act(&mut fake.entries)), Err)
    }

    pub(super) fn keep(fake: &Mutex<Fake>, id: Uuid, secret: &SecretString) -> Result<(), Trouble> {
        with(fake, |entries| drop(entries.insert(id, secret.clone())))
    }

    pub(super) fn find(fake: &Mutex<Fake>, id: Uuid) -> Result<Option<SecretString>, Trouble> {
        with(fake, |entries| entries.get(&id).cloned())
    }

    pub(super) fn forget(fake: &Mutex<Fake>, id: Uuid) -> Result<(), Trouble> {
        with(fake, |entries| drop(entries.remove(&id)))
    }
}
