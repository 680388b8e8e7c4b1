//! The Secret Service, over the session's bus. It is asked on a thread of its own, so that whoever waits may be in a
//! runtime or in none.

use std::collections::HashMap;
use std::env;
use std::path::Path;
use std::thread;

use secrecy::{ExposeSecret, SecretString};
use secret_service::{Collection, EncryptionType, Error, Item, SecretService};
use tokio::time::timeout;
use uuid::Uuid;

use super::{AT_MOST, Asking, Entry, FOR_A_PERSON, Trouble};

const OURS: (&str, &str) = ("application", "leadbox");

pub fn keep(entry: Entry<'_>, secret: &SecretString, asking: Asking) -> Result<(), Trouble> {
    asked(async || {
        let service = connected().await?;
        let collection = in_time(service.get_default_collection()).await?;
        if in_time(collection.is_locked()).await? {
            unlock(asking, async || collection.unlock().await).await?;
        }
        in_time(create(&collection, entry, secret)).await
    })
}

pub fn find(id: Uuid, asking: Asking) -> Result<Option<SecretString>, Trouble> {
    asked(async || {
        let service = connected().await?;
        let Some(item) = item(&service, id, asking).await? else { return Ok(None) };
        let bytes = in_time(item.get_secret()).await?;
        super::read(bytes).map(Some)
    })
}

pub fn forget(id: Uuid, asking: Asking) -> Result<(), Trouble> {
    asked(async || {
        let service = connected().await?;
        match item(&service, id, asking).await? {
            Some(item) => in_time(item.delete()).await,
            None => Ok(()),
        }
    })
}

/// Answers a question on a thread of its own.
fn asked<T: Send>(question: impl AsyncFnOnce() -> Result<T, Trouble> + Send) -> Result<T, Trouble> {
    let ask = || {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().map_err(refused)?;
        let answer = runtime.block_on(question());
        // What hangs is not waited for.
        runtime.shutdown_background();
        answer
    };
    let ended = || Trouble::Refused("the question was broken off".into());
    thread::scope(|scope| scope.spawn(ask).join()).unwrap_or_else(|_| Err(ended()))
}

async fn connected() -> Result<SecretService<'static>, Trouble> {
    if !has_bus() {
        return Err(Trouble::Absent("no desktop is there to ask for a keyring".into()));
    }
    in_time(SecretService::connect(EncryptionType::Dh)).await.map_err(|trouble| match trouble {
        // Nobody has it, or can be started to.
        Trouble::Refused(why) => Trouble::Absent(format!("no keyring answers here ({why})")),
        other => other,
    })
}

/// Whether the session has a bus, by what is said of it: none is guessed at.
fn has_bus() -> bool {
    let said = |name: &str| env::var_os(name).filter(|value| !value.is_empty());
    said("DBUS_SESSION_BUS_ADDRESS").is_some()
        || said("XDG_RUNTIME_DIR").is_some_and(|dir| Path::new(&dir).join("bus").exists())
}

async fn create(collection: &Collection<'_>, entry: Entry<'_>, secret: &SecretString) -> Result<(), Error> {
    let id = entry.id.to_string();
    let (secret, names) = (secret.expose_secret().as_bytes(), HashMap::from([OURS, ("entry", &id)]));
    collection.create_item(entry.label, names, secret, true, "text/plain").await.map(drop)
}

/// The entry, unlocked.
async fn item<'a>(service: &'a SecretService<'_>, id: Uuid, asking: Asking) -> Result<Option<Item<'a>>, Trouble> {
    let id = id.to_string();
    let found = in_time(service.search_items(HashMap::from([OURS, ("entry", &id)]))).await?;
    if let Some(item) = found.unlocked.into_iter().next() {
        return Ok(Some(item));
    }
    let Some(item) = found.locked.into_iter().next() else { return Ok(None) };
    unlock(asking, async || item.unlock().await).await?;
    Ok(Some(item))
}

/// Unlocks, which may need a dialog, if a person may be asked.
async fn unlock(asking: Asking, unlock: impl AsyncFnOnce() -> Result<(), Error>) -> Result<(), Trouble> {
    let tell = asking.ok_or(Trouble::Locked)?;
    tell();
    match timeout(FOR_A_PERSON, unlock()).await {
        Ok(Ok(())) => Ok(()),
        // It was dismissed, or nobody can show it.
        _ => Err(Trouble::Locked),
    }
}

async fn in_time<T>(answer: impl Future<Output = Result<T, Error>>) -> Result<T, Trouble> {
    match timeout(AT_MOST, answer).await {
        Ok(Ok(answer)) => Ok(answer),
        Ok(Err(Error::Locked)) => Err(Trouble::Locked),
        Ok(Err(Error::NoResult)) => Err(Trouble::Absent("the keyring has no place that is the usual one".into())),
        Ok(Err(error)) => Err(refused(error)),
        Err(_) => Err(Trouble::Slow),
    }
}

fn refused(error: impl std::fmt::Display) -> Trouble {
    Trouble::Refused(error.to_string())
}
