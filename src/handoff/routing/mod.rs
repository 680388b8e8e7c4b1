//! Routing: who gets a lead (R52-R63, F41-F53). A pure function of the lead, the people, the rules and `now`.
//!
//! `policy` holds the rules and `faults` what can be wrong with them; `when` a rule's conditions, `facts` what people are
//! matched by; `availability` who is there and under their caps, `rank` who of those comes first; `decide` puts them
//! together, and `decision` is what comes out; `replay` does all that once more for the past. [`route`] is for the hot path
//! and [`explain`] for people; both are the same walk, and put nothing in words that nobody reads.

mod availability;
mod decide;
mod decision;
mod facts;
mod faults;
mod policy;
mod rank;
mod replay;
mod when;

#[cfg(test)]
mod tests;

pub use availability::{Presence, presence};
pub use decide::{explain, held_until, route};
pub use decision::{Considered, Decision, Target, Tried, Verdict};
pub use faults::Fault;
pub use policy::{Claim, Criterion, FeedRules, Hours, Monitor, Queue, RoutingPolicy, Rule, Who};
pub use replay::{Happened, Held, Replay, Replayed, Side, Went};
pub use when::{When, is_high_intent};
