//! How fast HubSpot may be asked: five searches in a second, and so many other calls in ten. It is kept here, since a call
//! too many is refused and counts all the same.

use std::collections::VecDeque;
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

/// Waits so long. The account's clock goes on meanwhile.
pub type Wait = Arc<dyn Fn(Duration) -> Pin<Box<dyn Future<Output = ()> + Send>> + Send + Sync>;

/// Waits by the machine's own time.
pub fn by_the_wall() -> Wait {
    Arc::new(|duration| Box::pin(tokio::time::sleep(duration)))
}

/// Of the searches of a whole account, so many in a second.
const SEARCHES: usize = 5;
/// A second and ten of them in milliseconds, with room for calls that overtake each other on the way.
const SECOND: i64 = 1_030;
const TEN_SECONDS: i64 = 10_200;
/// Until an answer says how many calls the account has in ten seconds, it is taken to have the fewest (Free, Starter).
const FEWEST_CALLS: usize = 100;
/// Nobody is kept waiting longer for a turn, in milliseconds.
pub(super) const LONGEST: i64 = 5_000;

/// By what a call counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Weight {
    /// As a search.
    Search,
    /// As a call.
    Call,
    /// As neither: associations in batches.
    Free,
}

impl Weight {
    pub(super) fn of(path: &str) -> Self {
        if path.starts_with("/crm/associations/") {
            Self::Free
        } else if path.starts_with("/crm/objects/") && path.ends_with("/search") {
            Self::Search
        } else {
            Self::Call
        }
    }
}

/// Gives turns. All times are milliseconds since 1970.
#[derive(Debug)]
pub(super) struct Pacer {
    searches: VecDeque<i64>,
    calls: VecDeque<i64>,
    most: usize,
    blocked: i64,
}

impl Default for Pacer {
    fn default() -> Self {
        Self { searches: VecDeque::new(), calls: VecDeque::new(), most: FEWEST_CALLS, blocked: 0 }
    }
}

impl Pacer {
    /// When so many calls of this weight may go out together, which are taken to do so.
    ///
    /// # Errors
    /// It is too long until then: when.
    pub(super) fn book(&mut self, weight: Weight, count: usize, now: i64) -> Result<i64, i64> {
        let (turns, most, length) = match weight {
            Weight::Search => (&mut self.searches, SEARCHES, SECOND),
            Weight::Call => (&mut self.calls, self.most, TEN_SECONDS),
            Weight::Free => return turn(now.max(self.blocked), now),
        };
        // A clock that was set back would else keep everybody waiting.
        turns.retain(|at| *at <= now + LONGEST);
        // The last of those that must lie so long back.
        let free = (turns.len() + count).checked_sub(most + 1).and_then(|oldest| turns.get(oldest));
        let due = free.map_or(now, |at| now.max(at + length)).max(self.blocked);
        let due = turn(due, now)?;
        turns.extend(std::iter::repeat_n(due, count));
        while turns.len() > most {
            turns.pop_front();
        }
        Ok(due)
    }

    /// Nothing goes out before then.
    pub(super) fn block(&mut self, until: i64) {
        self.blocked = until;
    }

    /// The account has so many calls in ten seconds.
    pub(super) fn learn(&mut self, most: usize) {
        // A little is left to whoever else uses the token's limit.
        self.most = most.clamp(10, 1_000);
    }
}

fn turn(due: i64, now: i64) -> Result<i64, i64> {
    if due - now > LONGEST { Err(due) } else { Ok(due) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn searches_have_a_limit_of_their_own_and_too_long_a_wait_is_told() {
        let mut pacer = Pacer::default();
        let searches: Vec<_> = (0..7).map(|_| pacer.book(Weight::Search, 1, 1_000).unwrap()).collect();
        assert_eq!(searches, [1_000, 1_000, 1_000, 1_000, 1_000, 2_030, 2_030]);
        assert!((0..FEWEST_CALLS).all(|_| pacer.book(Weight::Call, 1, 1_000) == Ok(1_000)));
        assert_eq!(pacer.book(Weight::Call, 1, 1_000), Err(11_200), "the next ten seconds");
        assert_eq!(pacer.book(Weight::Call, 1, 7_000), Ok(11_200));
        assert_eq!(pacer.book(Weight::Free, 1, 1_000), Ok(1_000));
        assert_eq!(pacer.book(Weight::Search, 4, 2_000), Ok(3_060), "together, so that they wait for the last");
        pacer.learn(190);
        assert!((0..89).all(|_| pacer.book(Weight::Call, 1, 7_000) == Ok(7_000)));
        pacer.block(9_000);
        assert_eq!(pacer.book(Weight::Free, 1, 7_000), Ok(9_000));
        assert_eq!(pacer.book(Weight::Free, 1, 1_000), Err(9_000));
    }

    #[test]
    fn a_call_counts_by_its_path() {
        assert_eq!(Weight::of("/crm/objects/2026-09/leads/search"), Weight::Search);
        assert_eq!(Weight::of("/crm/associations/2026-09/leads/contacts/batch/read"), Weight::Free);
        assert_eq!(Weight::of("/crm/objects/2026-09/leads/batch/read"), Weight::Call);
    }
}
