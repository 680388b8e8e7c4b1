//! Looks through the lead file after an end that nobody asked for: a crash, a kill, a power cut.
//!
//! While a window is open, a file beside the store says so. A window that finds it saying so, with nobody there, checks
//! the store, on a thread of its own that begins behind the first frame.

use std::fs::File;
use std::io::{self, Write};
use std::path::Path;
use std::sync::{Arc, OnceLock};
use std::thread;

use tokio::sync::mpsc::UnboundedSender;

use super::Happening;
use crate::store::{Store, StoreError, lock_file};

/// Says something while a window is open; locked by those that are.
const MARK: &str = "leadbox.open";

/// The mark of this window, once it is set.
pub type Marked = Arc<OnceLock<Mark>>;

/// That this window is open.
pub struct Mark(File);

impl Mark {
    /// Marks this window as open. Says whether the one before it, in whose place nobody is, ended without a word.
    fn set(dir: &Path) -> Result<(Self, bool), StoreError> {
        let mut file = lock_file(dir, MARK)?;
        let mut was_left = false;
        // Another window's mark is this one's as well, and so is one that cannot be locked.
        if file.try_lock().is_ok() {
            let said = |source| StoreError::Io { path: dir.join(MARK), source };
            was_left = file.metadata().map_err(said)?.len() > 0;
            file.write_all(b"open\n").map_err(said)?;
            let _ = file.unlock();
        }
        let _ = file.try_lock_shared();
        Ok((Self(file), was_left))
    }

    /// Takes the mark off, unless another window is open still.
    pub fn clear(&self) -> io::Result<()> {
        self.0.unlock()?;
        if self.0.try_lock().is_ok() { self.0.set_len(0) } else { Ok(()) }
    }
}

/// Marks this window as open, and checks the store if the last one did not end well. Tells only what is wrong.
pub fn watch(dir: &Path, tell: UnboundedSender<Happening>) -> io::Result<Marked> {
    let marked = Marked::default();
    let (mark, dir) = (Arc::clone(&marked), dir.to_owned());
    thread::Builder::new().name("check".into()).spawn(move || {
        // Where no mark can be set there is no telling; whoever opened the store has said what is wrong with the folder.
        let Ok((set, was_left)) = Mark::set(&dir) else { return };
        let _ = mark.set(set);
        let found = if was_left { check(&dir) } else { None };
        if let Some(text) = found {
            let _ = tell.send(Happening::Report { problem: true, text });
        }
    })?;
    Ok(marked)
}

/// What is wrong with the file, if anything is.
fn check(dir: &Path) -> Option<String> {
    let why = match Store::open(dir).and_then(|store| store.check()) {
        Ok(faults) => faults.into_iter().next()?,
        Err(StoreError::Damaged(why)) => why,
        // It is busy, or the like: that is no damage.
        Err(_) => return None,
    };
    Some(format!("the lead file is damaged since the last end ({why}): run `leadbox doctor`"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_mark_is_left_by_whoever_ends_without_a_word_and_only_then() {
        let dir = tempfile::tempdir().unwrap();
        let set = || Mark::set(dir.path()).unwrap();
        let (first, was_left) = set();
        assert!(!was_left);
        let (second, was_left) = set();
        assert!(!was_left, "the other one is open");
        first.clear().unwrap();
        drop(first);
        drop(second);
        let (third, was_left) = set();
        assert!(was_left, "the second one ended without a word");
        third.clear().unwrap();
        drop(third);
        assert!(!set().1);
    }
}
