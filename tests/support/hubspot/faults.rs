//! What goes wrong by order.

use super::answer::{Answer, error};
use super::limits::Asked;

/// What goes wrong with one call.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fault {
    /// Another status, such as 423, 477 or 502, with a Retry-After in seconds where there is one. Nothing is done.
    Say(u16, Option<u32>),
    /// The connection ends before anything is done.
    LostBefore,
    /// It is done, and the connection ends without an answer.
    LostAfter,
    /// A page of some gateway, with status 200. Nothing is done.
    Html,
    /// Bytes that are no HTTP. Nothing is done.
    Garbage,
    /// It is done, and half of the answer's body comes.
    Half,
    /// It is done, and no answer comes until the caller goes.
    Hang,
}

impl Fault {
    /// The call takes hold all the same.
    pub fn is_done(self) -> bool {
        matches!(self, Self::LostAfter | Self::Half | Self::Hang)
    }

    /// The answer of a status that was ordered.
    pub fn answer(self) -> Option<Answer> {
        let Self::Say(status, after) = self else { return None };
        let (category, message) = match status {
            423 => ("LOCKED", "This resource is temporarily locked"),
            477 => ("MIGRATION_IN_PROGRESS", "A migration is currently in progress for this account"),
            _ => ("INTERNAL_ERROR", "internal error"),
        };
        let mut answer = error(status, category, message);
        answer.headers.extend(after.map(|seconds| ("Retry-After", seconds.to_string())));
        Some(answer)
    }
}

/// Decides what goes wrong with a call.
type Schedule = Box<dyn FnMut(&Asked) -> Option<Fault> + Send>;

/// What is still to go wrong.
#[derive(Default)]
pub struct Faults {
    /// Part of the kind of call, how many of them go well before, and what goes wrong then.
    orders: Vec<(String, usize, Fault)>,
    schedule: Option<Schedule>,
}

impl Faults {
    pub fn order(&mut self, kind: &str, after: usize, fault: Fault) {
        self.orders.push((kind.to_owned(), after, fault));
    }

    pub fn schedule(&mut self, schedule: Option<Schedule>) {
        self.schedule = schedule;
    }

    /// What goes wrong with this one.
    pub fn next(&mut self, asked: &Asked) -> Option<Fault> {
        let mut found = None;
        for (n, (kind, after, fault)) in self.orders.iter_mut().enumerate() {
            if !asked.kind.contains(kind.as_str()) || found.is_some() {
                continue;
            }
            match after.checked_sub(1) {
                Some(left) => *after = left,
                None => found = Some((n, *fault)),
            }
        }
        if let Some((n, fault)) = found {
            self.orders.remove(n);
            return Some(fault);
        }
        self.schedule.as_mut().and_then(|schedule| schedule(asked))
    }
}
