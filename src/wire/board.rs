//! What a manager looks at: who has what in hand and what is late, what waits in the queues and in data completion, what
//! nobody has touched, and what went wrong (F94, F95, F35, F77).

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::handoff::Time;
use crate::handoff::escalation::Cause;
use crate::handoff::event::Role;
use crate::handoff::routing::Presence;
use crate::handoff::score::Category;
use crate::handoff::sla::Mode;
use crate::handoff::state::Stage;

/// The most that is counted of anything: where there is more, it is said that there is.
pub const MOST_COUNTED: u32 = 1000;

/// The most rows of a page.
pub const MOST_ROWS: u32 = 100;

/// The board of the teams that the caller sees.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct Board {
    /// As of when, by the hub's clock.
    #[schema(value_type = String, format = DateTime)]
    pub now: Time,
    /// The teams by name; those who are in none come last.
    pub teams: Vec<BoardTeam>,
    /// The queues, in the policy's order.
    pub queues: Vec<BoardQueue>,
    /// What waits for its data to be completed (R35).
    pub completion: Waiting,
    /// What nobody has answered or touched for too long (R75, R76).
    pub idle: Waiting,
    /// The breaches of the last 24 hours, by their cause (R78).
    #[schema(value_type = BTreeMap<String, u32>)]
    pub incidents: BTreeMap<Cause, u32>,
    /// What CRMs would not have of what was done with these leads, and a person has to decide about: how many by CRM.
    #[serde(default)]
    pub refused: BTreeMap<String, u32>,
    /// What [`BoardPerson::soon`] means by soon, in seconds.
    pub soon_within: u32,
}

/// A team.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct BoardTeam {
    /// Its name; nothing for those who are in none.
    pub name: Option<String>,
    /// Who manages it.
    pub manager: Option<String>,
    /// Its people, by name.
    pub people: Vec<BoardPerson>,
}

/// One who holds leads, or could.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct BoardPerson {
    /// The short name.
    pub id: String,
    /// The name to show.
    pub name: String,
    /// What they may do.
    #[schema(value_type = String)]
    pub role: Role,
    /// Open leads in hand.
    pub open: u32,
    /// The most of them, where there is a limit.
    pub open_cap: Option<u32>,
    /// Leads given to them today.
    pub today: u32,
    /// The most of them, where there is a limit.
    pub daily_cap: Option<u32>,
    /// The median of what they took to answer their last leads, in working seconds; nothing where it is not known (F45).
    #[serde(default)]
    pub acknowledges: Option<i64>,
    /// Leads with a clock that has run out, as far as they are counted.
    pub over: u32,
    /// Leads with a clock that runs out soon, as far as they are counted.
    pub soon: u32,
    /// What runs out next, of what has not yet.
    pub next: Option<NextDue>,
    /// Since when the oldest lead waits for an answer.
    #[schema(value_type = Option<String>, format = DateTime)]
    pub oldest: Option<Time>,
    /// Whether they are there.
    pub presence: Presence,
    /// Why they take no leads for now.
    pub paused: Option<String>,
}

/// What runs out next.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct NextDue {
    /// When.
    #[schema(value_type = String, format = DateTime)]
    pub at: Time,
    /// The clock, as [`BoardLead::due_what`] names it.
    pub what: String,
}

/// A queue.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct BoardQueue {
    /// Its name.
    pub name: String,
    /// Who watches it, in words; nothing where nobody is named.
    pub monitor: Option<String>,
    /// What waits in it, also what is no team's yet.
    pub waiting: Waiting,
}

/// How much waits, and since when.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Waiting {
    /// How many, as far as they are counted.
    pub count: u32,
    /// Since when the oldest does.
    #[schema(value_type = Option<String>, format = DateTime)]
    pub oldest: Option<Time>,
}

/// Which leads are asked for.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Of {
    /// Those that this person holds, what runs out first.
    Rep(String),
    /// Those that wait in this queue, the oldest first.
    Queue(String),
    /// Those in data completion, the oldest first.
    Completion,
    /// Those that nobody has answered or touched for too long, the longest first.
    Idle,
}

/// Leads of the board, page by page.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct BoardLeads {
    /// The leads.
    pub leads: Vec<BoardLead>,
    /// Where the next page begins, if there is one. Opaque.
    pub next: Option<String>,
}

/// One lead, as far as one who directs needs to see it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct BoardLead {
    /// Its number at the hub.
    pub id: i64,
    /// The person.
    pub name: String,
    /// The company.
    pub company: Option<String>,
    /// Who holds it.
    pub owner: Option<String>,
    /// The queue where it waits.
    pub queue: Option<String>,
    /// Where it stands.
    #[schema(value_type = String)]
    pub stage: Stage,
    /// A, B or C.
    #[schema(value_type = Option<String>)]
    pub category: Option<Category>,
    /// Its score.
    pub score: Option<i32>,
    /// What made it an MQL, in words.
    pub why: Option<String>,
    /// Since when it waits for whoever is next to do something.
    #[schema(value_type = Option<String>, format = DateTime)]
    pub since: Option<Time>,
    /// When its next clock runs out, or did.
    #[schema(value_type = Option<String>, format = DateTime)]
    pub due: Option<Time>,
    /// Which clock that is: `acceptance`, `first_contact`, `no_activity`, `next_step`, `stalled`, `completion`,
    /// `unassigned`, or `deferral` for the end of one.
    pub due_what: Option<String>,
    /// How that clock counts.
    #[schema(value_type = String)]
    pub mode: Mode,
    /// The pre-flight items that it fails.
    pub missing: Vec<MissingItem>,
    /// Why it stands among those that nobody has touched.
    pub idle: Option<Idle>,
}

/// A pre-flight item that a lead fails.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct MissingItem {
    /// The item, such as `business_email`.
    pub item: String,
    /// The item in words.
    pub label: String,
    /// Why it fails.
    pub why: Option<String>,
}

/// How a lead is neglected.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Idle {
    /// Nobody answered it at all (R76).
    BlackHole,
    /// Nobody touched it: a rejection without a word (R75).
    SilentRejection,
}

impl Idle {
    /// In words.
    pub fn label(self) -> &'static str {
        match self {
            Self::BlackHole => "black hole",
            Self::SilentRejection => "silent rejection",
        }
    }
}

/// Breaches, the newest first, page by page.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Incidents {
    /// The breaches.
    pub incidents: Vec<IncidentLine>,
    /// Where the next page begins, if there is one. Opaque.
    pub next: Option<String>,
}

/// A breach (F77).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct IncidentLine {
    /// When the window closed.
    #[schema(value_type = String, format = DateTime)]
    pub at: Time,
    /// The lead's number at the hub.
    pub lead: i64,
    /// The lead's name; nothing where it is another team's now.
    pub name: Option<String>,
    /// Whose share it was.
    #[schema(value_type = String)]
    pub cause: Cause,
    /// Which window closed, such as `acceptance`.
    pub clock: String,
    /// Which one of its kind, from 1.
    pub window: u32,
    /// Who held it then.
    pub owner: Option<String>,
}
