//! Where a lead stands in the inbox at an instant: its tab, its clocks, its turn. A pure function of the record,
//! the handoff and the policy; the store keeps its answer in columns so that lists need not compute it.

use super::Time;
use super::lead::Lead;
use super::policy::Policy;
use super::state::{Debt, Handoff, Stage};
use super::summary::{Deadline, Tab};

/// Where a lead stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Standing {
    /// Its tab (never `Due`).
    pub tab: Tab,
    /// Whether it shows under `Due` as well.
    pub is_due: bool,
    /// Its nearest clock.
    pub deadline: Option<Deadline>,
    /// Its place in the order of `next`: nothing owed, or 0 unanswered, 1 uncontacted, 2 and 3 the same but skipped
    /// in the last twelve hours.
    pub turn: Option<u8>,
    /// When a deferral or snooze ends.
    pub returns_at: Option<Time>,
    /// The next instant at which this answer changes by time alone.
    pub wake_at: Option<Time>,
}

/// Where the lead stands at `now`.
pub fn standing(_lead: &Lead, handoff: &Handoff, _policy: &Policy, _now: Time) -> Standing {
    let tab = match handoff.stage {
        Stage::Assigned => Tab::New,
        Stage::Accepted | Stage::Attempted | Stage::Connected => Tab::Working,
        Stage::Deferred => Tab::Deferred,
        Stage::Captured | Stage::Scored | Stage::Mql | Stage::DataCompletion | Stage::Ready | Stage::Routed => {
            Tab::Data
        }
        Stage::Rejected | Stage::Recycled | Stage::Sql | Stage::Opportunity => Tab::Done,
    };
    let turn = handoff.debt().map(|debt| if debt == Debt::Answer { 0 } else { 1 });
    Standing { tab, is_due: false, deadline: None, turn, returns_at: None, wake_at: None }
}
