//! What `update` asks of the world, as data. The runtime runs the store's part on another thread and sends the
//! answer back as a [`super::Reply`].

use uuid::Uuid;

use super::launch::Values;
use super::team::TeamAsk;
use crate::handoff::disposition::Act;
use crate::handoff::lead::LeadId;
use crate::handoff::summary::Tab;

/// One thing to be done outside.
#[derive(Clone, Debug, PartialEq)]
pub enum Effect {
    /// Ask the store; it answers with one [`super::Reply`].
    Store(Ask),
    /// Ask the hub, or order something there; see [`TeamAsk`].
    Team(TeamAsk),
    /// Stop the search that runs, if one does: its answer is not wanted any more.
    CancelSearch,
    /// Copy this text to the clipboard (OSC 52, or the configured command).
    Copy(String),
    /// Open a link: a record in the browser, `mailto:`, `tel:`, or what the configuration put in their place (F23).
    Launch(Launch),
    /// Ring the terminal's bell.
    Bell,
    /// Show a notice outside of the window, if that is configured. It holds nothing that a lead says.
    Notify(String),
    /// Take the network away (`false`) or bring it back. Demo only.
    Network(bool),
    /// Let the other one sit down: the team's manager, or the rep again. Demo only.
    Switch,
    /// Forget what the screen shows and draw it all.
    Redraw,
    /// Restore the terminal and stop until `fg`.
    Suspend,
    /// End. Nothing is lost by it: every act is on disk when it is acknowledged.
    Quit,
}

/// Something to be opened outside of the terminal (F23).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Launch {
    /// What it is, which chooses the configured command.
    pub kind: LaunchKind,
    /// The URL: `https:`, `http:`, `mailto:` or `tel:`; no other scheme ever.
    pub url: String,
    /// What a configured command may be given of the lead.
    pub values: Values,
}

/// The kinds of things that can be opened.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum LaunchKind {
    /// The record in the CRM.
    Record,
    /// A new e-mail.
    Email,
    /// A call.
    Call,
    /// The company's web site.
    Website,
    /// The person's profile.
    Profile,
    /// The rep's calendar, to agree a meeting.
    Meeting,
}

impl LaunchKind {
    /// Its key under `[open]` in the configuration.
    pub fn key(self) -> &'static str {
        match self {
            Self::Record => "crm",
            Self::Email => "mail",
            Self::Call => "phone",
            Self::Website => "website",
            Self::Profile => "linkedin",
            Self::Meeting => "meeting",
        }
    }

    /// What a program for it does, as the end of "no program here".
    fn does(self) -> &'static str {
        match self {
            Self::Record | Self::Website | Self::Profile | Self::Meeting => "opens web pages",
            Self::Email => "writes e-mails",
            Self::Call => "dials",
        }
    }

    /// Why it could not be opened where no program is set for it: what is missing, and where it is set.
    pub fn nobody(self) -> String {
        let example = match self {
            Self::Email => "{email}",
            Self::Call => "{phone}",
            _ => "{url}",
        };
        let (does, key) = (self.does(), self.key());
        format!(
            "no program here {does}: set {key} under [open] in the configuration: {key} = [\"PROGRAM\", \"{example}\"]"
        )
    }
}

/// A question to the store, or an act for it.
#[derive(Clone, Debug, PartialEq)]
pub enum Ask {
    /// The desk, the counts and the skips left: [`super::Reply::Desk`].
    Desk,
    /// The leads that are due next: [`super::Reply::Soon`].
    Soon,
    /// What waits for the rep's decision: [`super::Reply::Alerts`].
    Alerts,
    /// The rep has seen these alerts: [`super::Reply::Alerts`].
    SeeAlerts(Vec<i64>),
    /// A window of a tab: [`super::Reply::Page`].
    Page(PageAsk),
    /// Search as one types: [`super::Reply::Found`]. A newer generation makes an older one void.
    Search {
        /// Counts up with each letter.
        generation: u64,
        /// The filter as typed, see `handoff::query`.
        text: String,
        /// The most rows wanted.
        most: usize,
    },
    /// Open this lead and owe it a disposition: [`super::Reply::Opened`].
    Engage(LeadId),
    /// Open the one in front, else the next of the queue: [`super::Reply::Opened`] or [`super::Reply::NoneLeft`].
    EngageNext,
    /// Show this lead, which is in front or was answered, whole; it never engages: [`super::Reply::Opened`].
    Show(LeadId),
    /// Do this to this lead: [`super::Reply::Acted`].
    Act {
        /// The lead.
        lead: LeadId,
        /// The act.
        act: Act,
    },
    /// Do this to each of these, one by one: [`super::Reply::BulkDone`].
    ActMany {
        /// The leads.
        leads: Vec<LeadId>,
        /// The act.
        act: Act,
    },
    /// Take back the last act: [`super::Reply::Undone`].
    Undo,
    /// Take back the last acts, which were one on all of these: [`super::Reply::Undone`].
    UndoBulk(Vec<LeadId>),
    /// Why the lead's clocks run out when they do: [`super::Reply::Walked`] (F64).
    WhyDue(LeadId),
    /// What waits to be sent, newest first: [`super::Reply::Outbox`].
    Outbox {
        /// The most rows wanted.
        most: usize,
    },
    /// The rep has read what came of this event: [`super::Reply::Outbox`].
    Acknowledge {
        /// The event.
        op: Uuid,
        /// The most rows wanted back.
        most: usize,
    },
    /// Do once more what the hub refused: [`super::Reply::Acted`].
    Redo {
        /// The event that was refused.
        op: Uuid,
        /// The act that it is, for the answer.
        act: Act,
    },
    /// Try again what was parked: [`super::Reply::Outbox`].
    RetryParked {
        /// This one; else all that a hub did not refuse.
        op: Option<Uuid>,
        /// The most rows wanted back.
        most: usize,
    },
}

/// A window of a tab's list, by keyset.
#[derive(Clone, Debug, PartialEq)]
pub struct PageAsk {
    /// Counts up with each reload; a reply of an older one is dropped.
    pub generation: u64,
    /// The tab.
    pub tab: Tab,
    /// From where.
    pub from: From,
    /// How many rows.
    pub rows: usize,
}

/// From where a window is read.
#[derive(Clone, Debug, PartialEq)]
pub enum From {
    /// The first rows.
    Top,
    /// The last rows.
    Bottom,
    /// The rows after this cursor.
    After(Cursor),
    /// The rows before this cursor, the nearest of them, in list order.
    Before(Cursor),
    /// A window with this lead about in its middle; where it is gone, or stands in another tab, the first rows.
    Around(LeadId),
}

/// Where a row stands in its list's order: made by the store, handed back to it unchanged.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Cursor {
    /// What the list is sorted by first.
    pub sort: i64,
    /// What it is sorted by among equals.
    pub rank: i64,
    /// What tells the rest apart.
    pub id: LeadId,
}
