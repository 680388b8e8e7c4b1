//! The keychain of macOS, which asks by itself whether a program may read an entry.

use secrecy::{ExposeSecret, SecretString};
use security_framework::base::Error;
use security_framework::passwords::{delete_generic_password, get_generic_password, set_generic_password};
use uuid::Uuid;

use super::{Asking, Entry, Trouble};

const SERVICE: &str = "leadbox";
/// errSecItemNotFound, errSecInteractionNotAllowed, errSecAuthFailed, errSecUserCanceled.
const NOT_FOUND: i32 = -25300;
const LOCKED: [i32; 3] = [-25308, -25293, -128];

fn trouble(error: &Error) -> Trouble {
    if LOCKED.contains(&error.code()) { Trouble::Locked } else { Trouble::Refused(error.to_string()) }
}

pub fn keep(entry: Entry<'_>, secret: &SecretString, _asking: Asking) -> Result<(), Trouble> {
    let kept = set_generic_password(SERVICE, &entry.id.to_string(), secret.expose_secret().as_bytes());
    kept.map_err(|error| trouble(&error))
}

pub fn find(id: Uuid, _asking: Asking) -> Result<Option<SecretString>, Trouble> {
    match get_generic_password(SERVICE, &id.to_string()) {
        Ok(bytes) => super::read(bytes).map(Some),
        Err(error) if error.code() == NOT_FOUND => Ok(None),
        Err(error) => Err(trouble(&error)),
    }
}

pub fn forget(id: Uuid, _asking: Asking) -> Result<(), Trouble> {
    match delete_generic_password(SERVICE, &id.to_string()) {
        Err(error) if error.code() != NOT_FOUND => Err(trouble(&error)),
        _ => Ok(()),
    }
}
