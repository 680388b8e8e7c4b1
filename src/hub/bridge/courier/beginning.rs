//! What a hub does that begins to ask a CRM: where somebody changed how it is asked since it asked to wait, it is asked at once.

use std::path::Path;
use std::time::SystemTime;

use sha2::{Digest, Sha256};
use uuid::Uuid;

use super::super::{Bridge, rows};
use super::Courier;
use crate::config::SourceSettings;
use crate::handoff::Time;
use crate::hub::db::Scope;
use crate::hub::error::HubError;
use crate::hub::outgoing::SecretFrom;
use crate::hub::work::Work;
use crate::reading::Place;

impl Courier {
    /// Once, before it asks for the first time.
    pub(super) async fn begin(&mut self) -> Result<(), HubError> {
        if self.has_begun {
            return Ok(());
        }
        let name = self.name.clone();
        let reach = self.hub.read(Scope::System, move |tx| rows::reach(tx, &name)).await?;
        let (told, secret_at) = (told(&self.bridge), secret_at(&self.bridge.secret));
        let is_other = !reach.settings.as_deref().is_some_and(|mark| is_of(mark, &told));
        let is_newer = reach.waits_since.is_some_and(|since| secret_at.is_some_and(|at| at > since));
        let (name, mark) = (self.name.clone(), is_other.then(|| marked(&told)));
        // Where it was never asked before there is nothing to wait for.
        let is_to_ask = is_newer || is_other && reach.settings.is_some();
        let note = move |work: &mut Work<'_>| {
            if is_to_ask {
                rows::wait_no_more(work.tx, &name)?;
            }
            mark.iter().try_for_each(|mark| rows::note_settings(work.tx, &name, mark))
        };
        if is_other || is_newer {
            self.hub.write(note).await?;
        }
        self.has_begun = true;
        Ok(())
    }
}

/// How it is asked, and where the secret for that is. Where that stands in a file says nothing of it, nor who is who there.
fn told(bridge: &Bridge) -> String {
    let settings = SourceSettings { place: Place::whole(""), ..bridge.settings.clone() };
    format!("{settings:?} {:?}", bridge.secret)
}

/// When the file with the secret was changed last; nothing where a command tells it.
fn secret_at(secret: &SecretFrom) -> Option<Time> {
    let SecretFrom::File(path) = secret else { return None };
    changed_at(path).map(Time::from)
}

fn changed_at(path: &Path) -> Option<SystemTime> {
    std::fs::metadata(path).and_then(|file| file.modified()).ok()
}

/// A mark of settings: what they say cannot be read from it, nor tried out on marks of others.
fn marked(told: &str) -> String {
    with(&Uuid::new_v4().simple().to_string(), told)
}

fn is_of(mark: &str, told: &str) -> bool {
    mark.split_once(':').is_some_and(|(salt, _)| with(salt, told) == mark)
}

fn with(salt: &str, told: &str) -> String {
    let digest = Sha256::new().chain_update(salt).chain_update(told).finalize();
    let hex: String = digest.iter().map(|byte| format!("{byte:02x}")).collect();
    format!("{salt}:{hex}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_mark_is_known_again_and_tells_nothing() {
        let mark = marked("curl -u hub:geheim");
        assert!(is_of(&mark, "curl -u hub:geheim") && !is_of(&mark, "curl -u hub:other") && !is_of("", ""));
        assert!(!mark.contains("geheim") && marked("curl -u hub:geheim") != mark);
    }
}
