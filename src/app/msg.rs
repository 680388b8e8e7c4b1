//! What comes in: keys, time, and the answers of the store.

use crate::handoff::Time;
use crate::handoff::alert::Notice;
use crate::handoff::approach::Approach;
use crate::handoff::calendar::Window;
use crate::handoff::clocks::Clock;
use crate::handoff::disposition::Act;
use crate::handoff::dossier::Dossier;
use crate::handoff::event::Event;
use crate::handoff::gate::Desk;
use crate::handoff::lead::LeadId;
use crate::handoff::outbox::OutboxState;
use crate::handoff::policy::Policy;
use crate::handoff::reconcile::HubSide;
use crate::handoff::refusal::Refusal;
use crate::handoff::sla::Spent;
use crate::handoff::state::Stage;
use crate::handoff::summary::{Counts, Deadline, Summary, Tab};

use super::effect::{Ask, Cursor};
use super::key::Key;
use super::team::TeamReply;

/// One message.
#[derive(Clone, Debug)]
pub struct Msg {
    /// When it came.
    pub at: Time,
    /// What it is.
    pub what: What,
}

impl Msg {
    /// A message that came at `at`.
    pub fn new(at: Time, what: What) -> Self {
        Self { at, what }
    }

    /// Time passed.
    pub fn tick(at: Time) -> Self {
        Self::new(at, What::Tick)
    }

    /// A key was pressed.
    pub fn key(at: Time, key: Key) -> Self {
        Self::new(at, What::Key(key))
    }

    /// The store answered.
    pub fn reply(at: Time, reply: Reply) -> Self {
        Self::new(at, What::Reply(reply))
    }
}

/// What happened.
#[derive(Clone, Debug)]
pub enum What {
    /// The program began: asks for the desk and the first page.
    Start,
    /// Time passed.
    Tick,
    /// A key.
    Key(Key),
    /// A bracketed paste.
    Paste(String),
    /// A row of the list was clicked: its number on the screen, from 0.
    Click {
        /// Rows below the first row of the list that is shown.
        row: u16,
    },
    /// The wheel was turned: lines, down is positive.
    Wheel(i16),
    /// The terminal has this size now.
    Resize {
        /// Columns.
        width: u16,
        /// Lines.
        height: u16,
        /// Rows of a list that the screen shows at that size, as the `ui` room lays it out; at least 1.
        list_rows: u16,
    },
    /// The store answered.
    Reply(Reply),
    /// The hub said something to one who directs a team.
    Team(TeamReply),
    /// The store was written by somebody else: another window, the command line, a sync.
    StoreChanged,
    /// What the network does.
    Net(Net),
    /// The team's rules are others from now on.
    Rules {
        /// The rules.
        policy: Box<Policy>,
        /// The quiet hours, see [`super::model::Settings::quiet`].
        quiet: Option<Window>,
    },
    /// Something for the log and, if it is a problem, the status line.
    Report {
        /// A problem, which the rep should see.
        problem: bool,
        /// In words.
        text: String,
    },
    /// Back from the shell: everything may have changed.
    Resumed,
}

/// An answer of the store.
#[derive(Clone, Debug, PartialEq)]
pub enum Reply {
    /// The desk and what stands around the list.
    Desk {
        /// What lies on the desk.
        desk: Desk,
        /// How many leads stand where.
        counts: Counts,
    },
    /// The leads that are due next, the first one first.
    Soon(Vec<Soon>),
    /// A window of a list.
    Page(Page),
    /// What a search found, the best first.
    Found {
        /// Of the question.
        generation: u64,
        /// The leads.
        rows: Vec<Summary>,
        /// There are more than were asked for.
        more: bool,
        /// The filter does not parse: what is wrong, and how it is written. `rows` is then empty.
        error: Option<String>,
    },
    /// A lead, whole; engaged if the desk says so.
    Opened(Box<Opened>),
    /// Nothing waits for an answer or a contact.
    NoneLeft {
        /// The desk.
        desk: Desk,
        /// The counts.
        counts: Counts,
    },
    /// An act was done, and is on disk.
    Acted(Box<Acted>),
    /// An act was done to many.
    BulkDone {
        /// The act.
        act: Box<Act>,
        /// Those that it was done to.
        done: Vec<LeadId>,
        /// Those that refused it, each with why.
        refused: Vec<(LeadId, Refusal)>,
        /// Until when the last of them can be undone.
        undo_until: Time,
        /// The desk afterwards.
        desk: Desk,
        /// The counts afterwards.
        counts: Counts,
    },
    /// The last act was undone.
    Undone {
        /// On which leads, the last first; at least one.
        leads: Vec<LeadId>,
        /// The desk afterwards.
        desk: Desk,
        /// The counts afterwards.
        counts: Counts,
    },
    /// Why the clocks run out when they do.
    Walked {
        /// Of which lead.
        lead: LeadId,
        /// One walk for each clock, the nearest first.
        walks: Vec<Walk>,
    },
    /// What waits for the rep's decision, what is over first standing first.
    Alerts(Vec<AlertLine>),
    /// What waits to be sent.
    Outbox(Vec<OutboxLine>),
    /// The rules of the handoff refused it; nothing was changed.
    Refused {
        /// What was asked.
        ask: Ask,
        /// Why not.
        refusal: Refusal,
    },
    /// The store could not do it; nothing was changed.
    Failed {
        /// What was asked.
        ask: Ask,
        /// What happened, where, and what to do, in words.
        error: String,
    },
}

/// A lead that is due soon.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Soon {
    /// Which.
    pub lead: LeadId,
    /// Its nearest clock.
    pub deadline: Deadline,
}

/// A window of a list.
#[derive(Clone, Debug, PartialEq)]
pub struct Page {
    /// Of the question.
    pub generation: u64,
    /// The tab.
    pub tab: Tab,
    /// The rows, in list order.
    pub rows: Vec<Summary>,
    /// Where the first row stands, if there are rows above it.
    pub above: Option<Cursor>,
    /// Where the last row stands, if there are rows below it.
    pub below: Option<Cursor>,
    /// The name of the lead that comes next in the queue, whichever tab it stands under.
    pub next: Option<String>,
}

/// A lead, whole, with what the rules derive from it.
#[derive(Clone, Debug, PartialEq)]
pub struct Opened {
    /// Everything known of it.
    pub dossier: Dossier,
    /// Its clocks, the nearest first (F57).
    pub clocks: Vec<Clock>,
    /// What to say (F18).
    pub approach: Option<Approach>,
    /// It is with somebody else: to be read, and not to be answered.
    pub is_theirs: bool,
    /// The desk now.
    pub desk: Desk,
    /// The counts now.
    pub counts: Counts,
}

/// An act that was done.
#[derive(Clone, Debug, PartialEq)]
pub struct Acted {
    /// To which lead.
    pub lead: LeadId,
    /// What.
    pub act: Act,
    /// It had been in front, so that the next one is due.
    pub was_engaged: bool,
    /// The lead as it stands now; its row in a list of what was found is replaced by it.
    pub summary: Option<Summary>,
    /// Until when it can be undone.
    pub undo_until: Time,
    /// The desk afterwards.
    pub desk: Desk,
    /// The counts afterwards.
    pub counts: Counts,
}

/// Why one clock runs out when it does: the windows that were consumed (F64).
#[derive(Clone, Debug, PartialEq)]
pub struct Walk {
    /// The clock.
    pub clock: Clock,
    /// The stretches of counted time up to the due time, oldest first.
    pub spent: Vec<Spent>,
}

/// An alert that waits for the rep's decision (F72).
#[derive(Clone, Debug, PartialEq)]
pub struct AlertLine {
    /// The lead; nothing of one that is not here and that one is told of as who watches its queue.
    pub lead: Option<LeadId>,
    /// Its name; of one that is not here its number at the hub.
    pub name: String,
    /// Where it stands.
    pub stage: Stage,
    /// What is to be done, why and until when.
    pub notice: Notice,
    /// How much time there is, in seconds as the clock counts them.
    pub left: i64,
    /// The rep has not seen it.
    pub is_new: bool,
}

impl AlertLine {
    /// What may be told outside of the screen: nothing that a lead says (C16).
    pub fn pointer(&self) -> String {
        match self.lead {
            Some(lead) => self.notice.pointer(lead, self.left),
            None => self.notice.pointer(&self.name, self.left),
        }
    }
}

/// One row of the outbox.
#[derive(Clone, Debug, PartialEq)]
pub struct OutboxLine {
    /// The lead.
    pub lead: LeadId,
    /// Its name.
    pub name: String,
    /// What is to be sent.
    pub event: Event,
    /// When it was done.
    pub at: Time,
    /// Where it goes.
    pub target: String,
    /// Where it stands.
    pub state: OutboxState,
    /// How often it was tried.
    pub tries: u32,
    /// When it is tried next.
    pub next_try: Option<Time>,
    /// What the last try came to, in words.
    pub error: Option<String>,
    /// What the hub has of the lead, where it decided otherwise.
    pub hub: Option<Box<HubSide>>,
}

impl OutboxLine {
    /// To send it once more may help: a hub would answer the same to the same, and what left a CRM is not there any more.
    pub fn can_be_retried(&self) -> bool {
        self.state == OutboxState::Parked && self.hub.as_ref().is_none_or(|side| !side.judges && side.is_here)
    }
}

/// How the network stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Standing {
    /// All that is there was taken in.
    Online,
    /// It can be reached, and there is more than was taken in: since then.
    Behind(Time),
    /// It cannot be reached; heard last then, if ever.
    Offline(Option<Time>),
    /// It does not let us in: nothing but signing in helps.
    SignedOut,
}

/// After so many minutes without a word one is not in step any more, whatever was heard last.
const STALE: i64 = 5;

impl Net {
    /// How it stands at `now`.
    pub fn standing(&self, now: Time) -> Standing {
        let stale = self.synced_at.filter(|&at| now - at >= chrono::Duration::minutes(STALE));
        match (self.online, self.behind.or(stale)) {
            (false, _) if self.is_signed_out => Standing::SignedOut,
            (false, _) => Standing::Offline(self.synced_at),
            (true, Some(since)) => Standing::Behind(since),
            (true, None) => Standing::Online,
        }
    }
}

/// What the network does, for the status line.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Net {
    /// Where leads come from, such as `acme hub`; nothing where there is only the file.
    pub name: Option<String>,
    /// It can be reached.
    pub online: bool,
    /// When it answered last.
    pub synced_at: Option<Time>,
    /// It has more to tell than was taken in, since then; or nothing while all of it was.
    pub behind: Option<Time>,
    /// It is being spoken to right now.
    pub busy: bool,
    /// Why it cannot be reached, in words.
    pub error: Option<String>,
    /// It answers, and does not let us in any more.
    pub is_signed_out: bool,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_is_in_step_as_long_as_something_is_heard_and_all_of_it_was_taken_in() {
        let now = Time::UNIX_EPOCH + chrono::Duration::hours(1);
        let ago = |minutes| now - chrono::Duration::minutes(minutes);
        let net = |online, synced_at, behind| Net { online, synced_at, behind, ..Net::default() };
        for (net, standing) in [
            (net(true, Some(ago(1)), None), Standing::Online),
            (net(true, None, None), Standing::Online),
            (net(true, Some(ago(1)), Some(ago(3))), Standing::Behind(ago(3))),
            (net(true, Some(ago(5)), None), Standing::Behind(ago(5))),
            (net(false, Some(ago(9)), Some(ago(3))), Standing::Offline(Some(ago(9)))),
            (net(false, None, None), Standing::Offline(None)),
        ] {
            assert_eq!(net.standing(now), standing, "{net:?}");
        }
        let refused = Net { is_signed_out: true, ..net(false, Some(ago(9)), None) };
        assert_eq!(refused.standing(now), Standing::SignedOut, "it can be reached, and to wait helps nothing");
    }
}
