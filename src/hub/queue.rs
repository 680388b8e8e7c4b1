//! What waits for the writer: what people and the clock do goes before what senders post, and of both only so much waits
//! that whoever asks is told in time to come again.

use std::collections::VecDeque;
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};

use tokio::sync::oneshot;

use super::work::Work;
use crate::wire::problem::Problem;

/// The most writes of people and of the clock that wait.
const MOST_FIRST: usize = 4_096;

/// The most posts of senders that wait: each may have as many items as a batch may.
const MOST_BEHIND: usize = 256;

/// One caller's write on its way.
pub(super) struct Job {
    /// Does it; says whether it is to stand. May be run again if the commit did not come about.
    pub(super) run: Box<dyn FnMut(&mut Work<'_>) -> bool + Send>,
    /// Tells the caller what became of the commit.
    pub(super) tell: oneshot::Sender<Result<(), Problem>>,
    /// A sender's: it waits behind all others, and sends again by its key what nobody answered.
    pub(super) is_behind: bool,
}

impl Job {
    /// Whether it is to be done still. A sender that went away was told nothing, and comes again; a person who went away
    /// gets what they asked for.
    pub(super) fn is_wanted(&self) -> bool {
        !(self.is_behind && self.tell.is_closed())
    }
}

/// Why a write does not wait.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Turned {
    /// Too many wait.
    Full,
    /// Nobody writes any more.
    Closed,
}

#[derive(Default)]
struct Waiting {
    first: VecDeque<Job>,
    behind: VecDeque<Job>,
    is_closed: bool,
}

impl Waiting {
    fn lane(&mut self, is_behind: bool) -> &mut VecDeque<Job> {
        if is_behind { &mut self.behind } else { &mut self.first }
    }
}

/// What waits for the writer.
#[derive(Default)]
pub(super) struct Queue {
    waiting: Mutex<Waiting>,
    more: Condvar,
}

impl Queue {
    fn lock(&self) -> MutexGuard<'_, Waiting> {
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Lets a write wait.
    pub(super) fn put(&self, job: Job) -> Result<(), Turned> {
        let mut waiting = self.lock();
        if waiting.is_closed {
            return Err(Turned::Closed);
        }
        let most = if job.is_behind { MOST_BEHIND } else { MOST_FIRST };
        let lane = waiting.lane(job.is_behind);
        if lane.len() >= most {
            return Err(Turned::Full);
        }
        lane.push_back(job);
        self.more.notify_one();
        Ok(())
    }

    /// Puts back what was taken and not begun, before what came since.
    pub(super) fn put_back(&self, jobs: Vec<Job>) {
        let mut waiting = self.lock();
        for job in jobs.into_iter().rev() {
            waiting.lane(job.is_behind).push_front(job);
        }
    }

    /// Waits for writes, and takes at most so many; nothing when nobody is left to ask.
    pub(super) fn take(&self, most: usize) -> Option<Vec<Job>> {
        let mut waiting = self.lock();
        while waiting.first.is_empty() && waiting.behind.is_empty() {
            if waiting.is_closed {
                return None;
            }
            waiting = self.more.wait(waiting).unwrap_or_else(PoisonError::into_inner);
        }
        let first = waiting.first.len().min(most);
        let behind = waiting.behind.len().min(most - first);
        let mut batch: Vec<Job> = waiting.first.drain(..first).collect();
        batch.extend(waiting.behind.drain(..behind));
        Some(batch)
    }

    /// Nobody asks any more.
    pub(super) fn close(&self) {
        self.lock().is_closed = true;
        self.more.notify_all();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn job(is_behind: bool) -> (Job, oneshot::Receiver<Result<(), Problem>>) {
        let (tell, told) = oneshot::channel();
        (Job { run: Box::new(|_| true), tell, is_behind }, told)
    }

    #[test]
    fn people_go_first_and_what_was_not_begun_keeps_its_place() {
        let queue = Queue::default();
        let lanes = |jobs: &[Job]| jobs.iter().map(|job| job.is_behind).collect::<Vec<_>>();
        let told: Vec<_> = [true, true, false]
            .map(|is_behind| {
                let (job, told) = job(is_behind);
                queue.put(job).unwrap();
                told
            })
            .into();
        let mut batch = queue.take(2).unwrap();
        assert_eq!(lanes(&batch), [false, true]);
        queue.put_back(batch.split_off(1));
        let batch = queue.take(9).unwrap();
        assert_eq!(lanes(&batch), [true, true]);
        drop(told);
        // Of those whose caller has gone, a sender's is not done.
        assert!(batch.iter().all(|job| !job.is_wanted()));
        assert!(job(false).0.is_wanted());
        queue.close();
        assert!(queue.take(9).is_none());
        assert_eq!(queue.put(job(true).0), Err(Turned::Closed));
    }

    #[test]
    fn of_senders_posts_only_so_many_wait_and_people_are_let_in_still() {
        let queue = Queue::default();
        for _ in 0..MOST_BEHIND {
            queue.put(job(true).0).unwrap();
        }
        assert_eq!(queue.put(job(true).0), Err(Turned::Full));
        queue.put(job(false).0).unwrap();
    }
}
