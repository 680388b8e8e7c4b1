//! What a list shows of a lead without opening it, and what stands around the list.

use serde::{Deserialize, Serialize};

use super::Time;
use super::lead::{LeadId, TriggerKind};
use super::score::Category;
use super::sla::Mode;
use super::state::Stage;

/// The tabs of the inbox (F3). A lead stands in one of them; `Due` is the view across `New` and `Working` of what
/// is due within the policy's horizon or over.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Tab {
    /// Due within the horizon, or over.
    #[default]
    Due,
    /// Unanswered.
    New,
    /// Accepted or contacted, open.
    Working,
    /// Deferred or snoozed.
    Deferred,
    /// In data completion.
    Data,
    /// Closed.
    Done,
}

impl Tab {
    /// All tabs, from left to right.
    pub const ALL: [Self; 6] = [Self::Due, Self::New, Self::Working, Self::Deferred, Self::Data, Self::Done];

    /// The word in configuration and JSON.
    pub fn code(self) -> &'static str {
        match self {
            Self::Due => "due",
            Self::New => "new",
            Self::Working => "working",
            Self::Deferred => "deferred",
            Self::Data => "data",
            Self::Done => "done",
        }
    }

    /// The tab with this code.
    pub fn from_code(code: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|tab| tab.code() == code)
    }
}

/// The clocks that run on a lead (F57).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum ClockKind {
    /// To answer it: from assignment (C21).
    Acceptance,
    /// To contact them: from the MQL conversion (C3).
    FirstContact,
    /// Activity of any kind: from assignment or the last touch (R75).
    NoActivity,
    /// The agreed next step.
    NextStep,
    /// Seven days idle without a next step (R84).
    Stalled,
}

impl ClockKind {
    /// The word in configuration and JSON.
    pub fn code(self) -> &'static str {
        match self {
            Self::Acceptance => "acceptance",
            Self::FirstContact => "first_contact",
            Self::NoActivity => "no_activity",
            Self::NextStep => "next_step",
            Self::Stalled => "stalled",
        }
    }

    /// What is to be done before it runs out.
    pub fn label(self) -> &'static str {
        match self {
            Self::Acceptance => "to answer",
            Self::FirstContact => "to first contact",
            Self::NoActivity => "to any activity",
            Self::NextStep => "to the next step",
            Self::Stalled => "until stalled",
        }
    }
}

/// The nearest clock of a lead, with what a countdown needs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Deadline {
    /// Which clock.
    pub clock: ClockKind,
    /// When it runs out; nothing while it is paused.
    pub due: Option<Time>,
    /// How its time is counted.
    pub mode: Mode,
    /// What is left while it is paused, in seconds.
    pub frozen: i64,
}

/// One line of a list: everything that may be seen of a lead before it is engaged.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Summary {
    /// Its number.
    pub id: LeadId,
    /// The source it came from.
    pub source: String,
    /// Its id there.
    pub external_id: String,
    /// The person.
    pub name: String,
    /// Their title.
    pub title: Option<String>,
    /// The company.
    pub company: Option<String>,
    /// Where they are: city and country, as known.
    pub place: Option<String>,
    /// What made it an MQL, in words.
    pub why: Option<String>,
    /// The kind of trigger.
    pub trigger: Option<TriggerKind>,
    /// Which marketing brought it.
    pub origin: Option<String>,
    /// A, B or C.
    pub category: Option<Category>,
    /// Total score.
    pub score: Option<i32>,
    /// Fit, intent and behavior within it.
    pub parts: [Option<i32>; 3],
    /// Its owner.
    pub owner: Option<String>,
    /// It is a hub's, and with somebody else or with nobody: to be read here, and not to be answered.
    pub is_theirs: bool,
    /// Where it stands.
    pub stage: Stage,
    /// The tab it stands in (never `Due`, which is a view).
    pub tab: Tab,
    /// The nearest clock.
    pub deadline: Option<Deadline>,
    /// When a deferral or snooze ends.
    pub returns_at: Option<Time>,
    /// When it was closed.
    pub closed_at: Option<Time>,
    /// Its hub took it away, and says to whom and why: it is closed here, by nobody's work.
    pub taken_away: Option<String>,
    /// Touches that count.
    pub touches: u32,
    /// The first words of what they asked.
    pub asked: Option<String>,
}

/// How many leads stand under each tab.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Counts {
    /// By tab, in the order of [`Tab::ALL`].
    pub by_tab: [u32; 6],
    /// Of those under [`Tab::New`], how many are one's own to answer.
    pub new_own: u32,
    /// Closed today.
    pub done_today: u32,
    /// Dispositions waiting to be sent.
    pub to_send: u32,
    /// Dispositions that were refused and need a person.
    pub parked: u32,
}

impl Counts {
    /// The count of this tab.
    pub fn of(&self, tab: Tab) -> u32 {
        self.by_tab[tab as usize]
    }
}
