//! Taking turns at writing, between processes and threads.
//!
//! SQLite lets in whoever happens to look first, so that one who writes much, such as an import, would keep the others
//! out; and it gives up after a while without knowing what it waited for. A lock beside the file does better: who wants
//! to write waits with the lock shared; who writes much takes it alone for a moment between two batches, which it gets
//! when nobody waits any more, or keeps it alone through a transaction that cannot be cut. It is let go with the
//! process, however that ends. Where the file system knows no such locks, SQLite's own have to do.

use std::fs::{File, TryLockError};
use std::time::Duration;

/// Somebody who has the lock for longer than this keeps it for a transaction of many leads.
const MOMENT: Duration = Duration::from_millis(50);

/// Says that something is waited for.
pub(super) type Tell = Box<dyn Fn() + Send + Sync>;

/// The place of one connection in the queue of those who write.
pub(super) struct Turn {
    lock: File,
    /// Told when a write has to wait for long.
    pub(super) tell: Tell,
}

/// Held until it is dropped.
pub(super) struct Held<'a>(&'a File);

impl Drop for Held<'_> {
    fn drop(&mut self) {
        // A lock that cannot be let go is let go with the file.
        let _ = self.0.unlock();
    }
}

impl Turn {
    /// By this lock, which is open already.
    pub(super) fn new(lock: File, tell: Tell) -> Self {
        Self { lock, tell }
    }

    /// Stands in the queue until whoever writes many leads at once is done, however long that takes.
    pub(super) fn wait(&self) -> Held<'_> {
        if let Some(held) = self.try_wait() {
            return held;
        }
        std::thread::sleep(MOMENT);
        self.try_wait().unwrap_or_else(|| {
            (self.tell)();
            let _ = self.lock.lock_shared();
            Held(&self.lock)
        })
    }

    /// The same, but nothing if somebody writes many leads at once.
    pub(super) fn try_wait(&self) -> Option<Held<'_>> {
        match self.lock.try_lock_shared() {
            Ok(()) | Err(TryLockError::Error(_)) => Some(Held(&self.lock)),
            Err(TryLockError::WouldBlock) => None,
        }
    }

    /// Lets all who wait write first, and keeps everybody out from then on.
    pub(super) fn alone(&self) -> Held<'_> {
        let _ = self.lock.lock();
        Held(&self.lock)
    }
}
