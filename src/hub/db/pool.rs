//! Connections for reading: lent to one reader at a time, made when they are needed, kept while they are sound.

use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use super::DbError;

/// How long one waits for a connection that another reader has.
const PATIENCE: Duration = Duration::from_secs(10);

/// At most so many connections.
pub(super) struct Pool<C> {
    state: Mutex<State<C>>,
    freed: Condvar,
    most: usize,
    is_sound: fn(&C) -> bool,
}

struct State<C> {
    idle: Vec<C>,
    lent: usize,
}

/// A place among those who read; given back when it is dropped, also by a panic.
struct Place<'a, C>(&'a Pool<C>);

impl<C> Drop for Place<'_, C> {
    fn drop(&mut self) {
        self.0.lock().lent -= 1;
        self.0.freed.notify_one();
    }
}

impl<C> Pool<C> {
    /// With at most so many connections, of which those are used again that are sound.
    pub(super) fn new(most: usize, is_sound: fn(&C) -> bool) -> Self {
        let state = Mutex::new(State { idle: Vec::new(), lent: 0 });
        Self { state, freed: Condvar::new(), most: most.max(1), is_sound }
    }

    /// Runs the job with an idle connection, or a new one, waiting for a place if there are enough.
    pub(super) fn with<T>(
        &self,
        make: impl FnOnce() -> Result<C, DbError>,
        job: impl FnOnce(&mut C) -> Result<T, DbError>,
    ) -> Result<T, DbError> {
        let _place = self.place()?;
        let idle = self.lock().idle.pop();
        let mut conn = match idle {
            Some(conn) => conn,
            None => make()?,
        };
        let done = job(&mut conn);
        if (self.is_sound)(&conn) {
            self.lock().idle.push(conn);
        }
        done
    }

    /// Takes all idle connections out.
    pub(super) fn drain(&self) -> Vec<C> {
        std::mem::take(&mut self.lock().idle)
    }

    fn place(&self) -> Result<Place<'_, C>, DbError> {
        let until = Instant::now() + PATIENCE;
        let mut state = self.lock();
        while state.lent >= self.most {
            let left = until.saturating_duration_since(Instant::now());
            if left.is_zero() {
                return Err(DbError::Busy("all connections for reading are taken"));
            }
            state = self.freed.wait_timeout(state, left).unwrap_or_else(PoisonError::into_inner).0;
        }
        state.lent += 1;
        drop(state);
        Ok(Place(self))
    }

    fn lock(&self) -> MutexGuard<'_, State<C>> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_sound_connections_are_used_again_and_a_panic_gives_its_place_back() {
        let pool = Pool::new(1, |number: &i32| *number < 10);
        let with = |make: i32, set: i32| pool.with(|| Ok(make), |conn| Ok(std::mem::replace(conn, set))).unwrap();
        assert_eq!(with(1, 2), 1);
        assert_eq!(with(3, 10), 2, "the idle one is used again");
        assert_eq!(with(4, 5), 4, "the spoilt one is not");
        let panicking = || pool.with(|| Ok(0), |_| -> Result<(), DbError> { panic!("in a job") });
        assert!(std::panic::catch_unwind(std::panic::AssertUnwindSafe(panicking)).is_err());
        assert_eq!(with(6, 7), 6, "a connection that a panic left as it was is not used again, but its place is");
        assert!(pool.with(|| Err(DbError::Full), |_| Ok(())).is_ok(), "the idle one needs no new one");
    }
}
