//! What is asked of the hub for one who directs a team, and what it says. The hub decides what a role may do; what is
//! said of that here is so that the app offers nothing that would be refused.

use crate::handoff::event::Role;
use crate::wire::board::{Board, BoardLeads, Incidents, Of};
use crate::wire::team::Order;

/// One as the hub knows them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Member {
    /// The short name there.
    pub id: String,
    /// What one may do there.
    pub role: Role,
}

impl Member {
    /// The board is for them.
    pub fn sees_board(&self) -> bool {
        !matches!(self.role, Role::Rep | Role::System)
    }

    /// They give leads to others, nudge their owners, and say who is there.
    pub fn directs(&self) -> bool {
        matches!(self.role, Role::Manager | Role::Revops)
    }

    /// They take leads themselves.
    pub fn takes(&self) -> bool {
        self.role == Role::Manager
    }

    /// They fill in what leads lack, and let items pass.
    pub fn completes(&self) -> bool {
        self.directs() || self.role == Role::Marketing
    }
}

/// A question to the hub, or an order for it. Each but [`TeamAsk::Watch`] has one [`TeamReply`].
#[derive(Clone, Debug, PartialEq)]
pub enum TeamAsk {
    /// Tell of news from now on, or no more.
    Watch(bool),
    /// The board.
    Board,
    /// Leads, from this place on.
    Leads {
        /// Which.
        of: Of,
        /// Where the page before ended.
        after: Option<String>,
    },
    /// Breaches, from this place on.
    Incidents {
        /// Where the page before ended.
        after: Option<String>,
    },
    /// Do this with a lead.
    Order {
        /// The lead's number at the hub.
        lead: i64,
        /// What.
        order: Order,
    },
    /// Somebody takes no leads, or takes them again.
    Availability {
        /// Who.
        person: String,
        /// Why not; nothing where they do.
        paused: Option<String>,
    },
}

/// What the hub says.
#[derive(Clone, Debug, PartialEq)]
pub enum TeamReply {
    /// Something changed there.
    News,
    /// The board.
    Board(Box<Board>),
    /// Leads.
    Leads {
        /// Which were asked for.
        of: Of,
        /// From where on.
        after: Option<String>,
        /// They.
        page: BoardLeads,
    },
    /// Breaches.
    Incidents {
        /// From where on.
        after: Option<String>,
        /// They.
        page: Incidents,
    },
    /// What was ordered is done: in words.
    Done(String),
    /// It came to nothing.
    Failed {
        /// What was asked.
        ask: TeamAsk,
        /// Why.
        trouble: Trouble,
    },
}

/// Why something came to nothing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Trouble {
    /// What kind of trouble it is.
    pub kind: TroubleKind,
    /// In words.
    pub why: String,
}

/// What kind of trouble.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TroubleKind {
    /// The hub cannot be reached.
    Offline,
    /// It says no.
    Refused,
    /// Something else.
    Failed,
}
