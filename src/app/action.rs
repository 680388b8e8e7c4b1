//! Everything that can be done by a key, under one name everywhere: configuration, help, palette, footer.

use std::borrow::Cow;

pub use super::context::Context;
use super::model::Settings;
use super::team::Member;
use crate::handoff::summary::Tab;

/// One thing that can be done.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Action {
    /// Move down, or scroll down.
    Down,
    /// Move up, or scroll up.
    Up,
    /// To the first line.
    Top,
    /// To the last line.
    Bottom,
    /// A page down.
    PageDown,
    /// A page up.
    PageUp,
    /// Half a page down.
    HalfDown,
    /// Half a page up.
    HalfUp,
    /// Open the selected lead.
    Open,
    /// Open the next lead of the queue.
    Next,
    /// Go back: leave the search, the outbox, the lead that owes nothing.
    Back,
    /// The next lead of the list, from within a lead (F6).
    NextRecord,
    /// The previous lead of the list, from within a lead (F6).
    PreviousRecord,
    /// Accept (R85).
    Accept,
    /// Reject, with a reason (R85).
    Reject,
    /// Log an attempt to contact (R88).
    Contact,
    /// Defer (R87).
    Defer,
    /// Confirm as SQL (R5).
    Qualify,
    /// Pass by, from the day's budget (F2).
    Skip,
    /// Hide for a while (F9).
    Snooze,
    /// Take back the last act (F8).
    Undo,
    /// After the open lead back to the list, or on to the next one after all.
    StopAfter,
    /// Do the last act again, on this lead.
    Repeat,
    /// Mark or unmark (F7).
    Mark,
    /// Unmark all.
    ClearMarks,
    /// The tab to the right.
    NextTab,
    /// The tab to the left.
    PreviousTab,
    /// A certain tab.
    Tab(Tab),
    /// Search and filter (F11).
    Search,
    /// The next lead that was found stands under `Next`; this is the one before (F11).
    PreviousFound,
    /// The saved views (F11).
    Views,
    /// One of them, from 1.
    View(u8),
    /// The command palette (F5).
    Palette,
    /// Help.
    Help,
    /// Open the record in the CRM.
    OpenCrm,
    /// Copy e-mail, telephone or a summary.
    Copy,
    /// Write an e-mail (F23).
    Email,
    /// Dial (F23).
    Call,
    /// Open the company's web site.
    Website,
    /// Open the person's profile.
    Profile,
    /// Open the rep's calendar for them, to agree a meeting (F23).
    Meeting,
    /// What to look at before the first contact (F19).
    Research,
    /// Why it is due then (F64).
    WhyDue,
    /// Show all or the first of the score's ledger (F14).
    Ledger,
    /// Show another kind of activity in the trail (F15).
    TrailKind,
    /// Show what waits for the rep's decision (F72).
    Alerts,
    /// Show the outbox.
    Outbox,
    /// Show the log.
    Log,
    /// Try again what was parked in the outbox.
    RetryParked,
    /// Show the team (F94).
    Team,
    /// Into the leads of the chosen row of the team, and out again.
    TeamLeads,
    /// Give the lead to somebody else (F96).
    Reassign,
    /// Take the lead oneself (F52).
    Take,
    /// Ask the lead's owner to act (F95).
    Nudge,
    /// Let an item of the pre-flight pass (F40).
    Waive,
    /// Fill in what the lead lacks (F39).
    Complete,
    /// Switch a person off or on (F43).
    Availability,
    /// Ask for the team anew.
    Refresh,
    /// Show what the rep did and what the hub has side by side (N12).
    Compare,
    /// What came of it was read.
    Acknowledge,
    /// Do again what the hub refused, on the lead as it stands now.
    Redo,
    /// To the lead that is compared.
    GoToLead,
    /// Take the network away, or bring it back (demo only).
    Network,
    /// Let the team's manager sit down, or the rep again (demo only).
    Switch,
    /// Draw the screen anew.
    Redraw,
    /// Back to the shell, for a while.
    Suspend,
    /// Quit.
    Quit,
    /// Say yes to a dialog.
    Confirm,
    /// Leave a dialog.
    Cancel,
    /// To the next field of a dialog.
    NextField,
    /// To the previous field of a dialog.
    PreviousField,
    /// To the next choice of a dialog.
    NextChoice,
    /// To the previous choice of a dialog.
    PreviousChoice,
}

/// One row of the table of actions.
struct Row(Action, &'static str, &'static str, &'static str, &'static [Context], &'static [&'static str]);

use Context::{Compared, Dialog, Inbox, Lead, Log, Outbox, Team};

const SCREENS: &[Context] = &[Inbox, Lead, Outbox, Compared, Log, Team];
const ALL: &[Context] = &Context::ALL;
const LISTS: &[Context] = SCREENS;
const LEADS: &[Context] = &[Inbox, Lead];

/// Action, name, footer label, description, contexts, default keys.
#[rustfmt::skip]
const TABLE: [Row; 86] = [
    Row(Action::Accept, "accept", "accept", "accept: reviewed, I pursue it now", LEADS, &["a"]),
    Row(Action::Reject, "reject", "reject…", "reject, with a reason", LEADS, &["r"]),
    Row(Action::Contact, "contact", "log contact…", "log a contact: channel and outcome", LEADS, &["c"]),
    Row(Action::Defer, "defer", "defer…", "defer: they asked for later; the clocks pause", LEADS, &["d"]),
    Row(Action::Qualify, "qualify", "qualify…", "confirm as SQL: problem, authority, next step", LEADS, &["Q"]),
    Row(Action::Skip, "skip", "skip…", "pass by, from the day's budget", LEADS, &["s"]),
    Row(Action::Snooze, "snooze", "snooze…", "hide for a while; the clocks run on", LEADS, &["z"]),
    Row(Action::Undo, "undo", "undo", "take back the last act, before it is sent", SCREENS, &["u"]),
    Row(Action::StopAfter, "stop-after", "then list", "after this lead comes the list, not the next one; again takes it back", &[Lead], &["S"]),
    Row(Action::Repeat, "repeat", "repeat", "do the last disposition again, on this lead", LEADS, &["."]),
    Row(Action::Open, "open", "open", "open the selected lead: from then on it owes a disposition", &[Inbox], &["enter", "l", "right"]),
    Row(Action::Next, "next", "next", "open the next lead of the queue; after a search, the next found", LEADS, &["n"]),
    Row(Action::NextRecord, "next-record", "next in list", "the next lead of the list", &[Lead], &["]"]),
    Row(Action::PreviousRecord, "previous-record", "previous in list", "the previous lead of the list", &[Lead], &["["]),
    Row(Action::Back, "back", "back", "go back", SCREENS, &["esc", "h", "left"]),
    Row(Action::Search, "search", "search", "search and filter, as you type", LEADS, &["/"]),
    Row(Action::PreviousFound, "previous-found", "previous found", "the lead before, among those that were found", &[Inbox], &["N"]),
    Row(Action::Views, "views", "views…", "your saved views", LEADS, &["v"]),
    Row(Action::View(1), "view-1", "view 1", "one of your saved views", LEADS, &[]),
    Row(Action::View(2), "view-2", "view 2", "one of your saved views", LEADS, &[]),
    Row(Action::View(3), "view-3", "view 3", "one of your saved views", LEADS, &[]),
    Row(Action::View(4), "view-4", "view 4", "one of your saved views", LEADS, &[]),
    Row(Action::View(5), "view-5", "view 5", "one of your saved views", LEADS, &[]),
    Row(Action::View(6), "view-6", "view 6", "one of your saved views", LEADS, &[]),
    Row(Action::View(7), "view-7", "view 7", "one of your saved views", LEADS, &[]),
    Row(Action::View(8), "view-8", "view 8", "one of your saved views", LEADS, &[]),
    Row(Action::View(9), "view-9", "view 9", "one of your saved views", LEADS, &[]),
    Row(Action::NextTab, "next-tab", "view", "the tab to the right", LEADS, &["tab"]),
    Row(Action::PreviousTab, "previous-tab", "view", "the tab to the left", LEADS, &["shift-tab"]),
    Row(Action::Tab(Tab::Due), "tab-due", "due", "what is due soon or over", &[Inbox], &["1"]),
    Row(Action::Tab(Tab::New), "tab-new", "new", "what waits for an answer", &[Inbox], &["2"]),
    Row(Action::Tab(Tab::Working), "tab-working", "working", "accepted and contacted", &[Inbox], &["3"]),
    Row(Action::Tab(Tab::Deferred), "tab-deferred", "deferred", "deferred and snoozed", &[Inbox], &["4"]),
    Row(Action::Tab(Tab::Data), "tab-data", "data", "in data completion", &[Inbox], &["5"]),
    Row(Action::Tab(Tab::Done), "tab-done", "done", "closed", &[Inbox], &["6"]),
    Row(Action::Mark, "mark", "mark", "mark or unmark, for a bulk rejection", &[Inbox], &["space"]),
    Row(Action::ClearMarks, "clear-marks", "unmark all", "unmark all", &[Inbox], &["M"]),
    Row(Action::Down, "down", "down", "down", LISTS, &["j", "down", "ctrl-n"]),
    Row(Action::Up, "up", "up", "up", LISTS, &["k", "up", "ctrl-p"]),
    Row(Action::Top, "top", "top", "to the first", LISTS, &["g", "home"]),
    Row(Action::Bottom, "bottom", "bottom", "to the last", LISTS, &["G", "end"]),
    Row(Action::PageDown, "page-down", "page down", "a page down", LISTS, &["pagedown", "ctrl-f"]),
    Row(Action::PageUp, "page-up", "page up", "a page up", LISTS, &["pageup", "ctrl-b"]),
    Row(Action::HalfDown, "half-down", "half down", "half a page down", LISTS, &["ctrl-d"]),
    Row(Action::HalfUp, "half-up", "half up", "half a page up", LISTS, &["ctrl-u"]),
    Row(Action::OpenCrm, "open-crm", "open in CRM", "open the record in the browser", &[Lead], &["o"]),
    Row(Action::Copy, "copy", "copy…", "copy e-mail, telephone or a summary", LEADS, &["y"]),
    Row(Action::Email, "email", "e-mail", "write an e-mail", &[Lead], &["e"]),
    Row(Action::Call, "call", "call", "dial", &[Lead], &["t"]),
    Row(Action::Website, "website", "web site", "open the company's web site", &[Lead], &["W"]),
    Row(Action::Profile, "profile", "profile", "open the person's profile", &[Lead], &["P"]),
    Row(Action::Meeting, "meeting", "meeting", "open your calendar for them, to agree a meeting", &[Lead], &["m"]),
    Row(Action::Research, "research", "research…", "what to look at before the first contact, in 3 to 5 minutes", &[Lead], &["i"]),
    Row(Action::WhyDue, "why-due", "why due", "why it is due then: the working time it was given", LEADS, &["w"]),
    Row(Action::Ledger, "ledger", "ledger", "the whole ledger of the score, or its largest parts", &[Lead], &["x"]),
    Row(Action::TrailKind, "trail-kind", "trail kind", "show all of the trail, what they did, or what we did", &[Lead], &["f"]),
    Row(Action::Alerts, "alerts", "alerts…", "what you are asked to decide, and until when", SCREENS, &["!"]),
    Row(Action::Outbox, "outbox", "outbox", "what waits to be sent", SCREENS, &["O"]),
    Row(Action::Log, "log", "log", "what happened since the app was opened", SCREENS, &["L"]),
    Row(Action::RetryParked, "retry-parked", "retry", "try again what was parked", &[Outbox], &["R"]),
    Row(Action::Team, "team", "team", "who has what in hand, what waits, what is late; for all but reps", SCREENS, &["T"]),
    Row(Action::TeamLeads, "team-leads", "its leads", "to the leads of the chosen row", &[Team], &["enter", "tab", "l", "right"]),
    Row(Action::Reassign, "reassign", "reassign…", "give the lead to somebody else, with a reason", &[Team], &["r"]),
    Row(Action::Take, "take", "take…", "take the lead yourself, with a reason", &[Team], &["t"]),
    Row(Action::Nudge, "nudge", "nudge…", "ask the lead's owner to act", &[Team], &["n"]),
    Row(Action::Waive, "waive", "waive…", "let the lead pass although an item of the pre-flight failed", &[Team], &["w"]),
    Row(Action::Complete, "complete", "complete…", "fill in what the lead lacks", &[Team], &["c"]),
    Row(Action::Availability, "availability", "pause…", "the person takes no leads for now, or takes them again", &[Team], &["p"]),
    Row(Action::Refresh, "refresh", "refresh", "ask the hub anew", &[Team], &["R"]),
    Row(Action::Compare, "compare", "compare", "what you did and what the hub has, side by side", &[Outbox], &["enter", "l", "right"]),
    Row(Action::Acknowledge, "acknowledge", "acknowledge", "I have read what came of it: it needs nobody any more", &[Compared], &["a"]),
    Row(Action::Redo, "redo", "do it again", "do it again, on the lead as it stands now", &[Compared], &["R"]),
    Row(Action::GoToLead, "go-to-lead", "open lead", "open the lead that is compared", &[Compared], &["enter", "o"]),
    Row(Action::Network, "network", "network", "take the network away, or bring it back", SCREENS, &[]),
    Row(Action::Switch, "switch", "as manager", "see all of it as the team's manager, or as the rep again (demo only)", SCREENS, &["f2"]),
    Row(Action::Palette, "palette", "commands", "every command, by name", SCREENS, &[":", "ctrl-k"]),
    Row(Action::Help, "help", "help", "the keys, searchable", ALL, &["?", "f1"]),
    Row(Action::Redraw, "redraw", "redraw", "draw the screen anew", ALL, &["ctrl-l"]),
    Row(Action::Suspend, "suspend", "suspend", "back to the shell; `fg` returns", ALL, &["ctrl-z"]),
    Row(Action::Quit, "quit", "quit", "quit; an open lead stays open", ALL, &["q", "ctrl-c"]),
    Row(Action::Confirm, "confirm", "do it", "do what the dialog offers", &[Dialog], &["enter"]),
    Row(Action::Cancel, "cancel", "back", "leave the dialog", &[Dialog], &["esc"]),
    Row(Action::NextField, "next-field", "next field", "to the next field", &[Dialog], &["tab"]),
    Row(Action::PreviousField, "previous-field", "previous field", "to the previous field", &[Dialog], &["shift-tab"]),
    Row(Action::NextChoice, "next-choice", "next", "to the next choice", &[Dialog], &["down", "ctrl-n"]),
    Row(Action::PreviousChoice, "previous-choice", "previous", "to the previous choice", &[Dialog], &["up", "ctrl-p"]),
];

impl Action {
    /// Every action, in the order of the help.
    pub fn all() -> impl Iterator<Item = Self> {
        TABLE.iter().map(|row| row.0)
    }

    fn row(self) -> &'static Row {
        // Every action is in the table (a test counts them); the first row stands in so that nothing can panic.
        TABLE.iter().find(|row| row.0 == self).unwrap_or(&TABLE[0])
    }

    /// Its name in the configuration and the palette.
    pub fn name(self) -> &'static str {
        self.row().1
    }

    /// The word beside its key in the footer. A `…` says that a dialog follows.
    pub fn label(self) -> &'static str {
        self.row().2
    }

    /// What it does, in a line.
    pub fn description(self) -> &'static str {
        self.row().3
    }

    /// Where it applies.
    pub fn contexts(self) -> &'static [Context] {
        self.row().4
    }

    /// The keys that it has by default.
    pub fn default_keys(self) -> &'static [&'static str] {
        self.row().5
    }

    /// The action of this name.
    pub fn from_name(name: &str) -> Option<Self> {
        TABLE.iter().find(|row| row.1 == name).map(|row| row.0)
    }

    /// It only appears where something of the rep's stands behind it: a view that is saved, the demo's network, a team at
    /// the hub.
    pub fn is_known(self, settings: &Settings) -> bool {
        match self {
            Self::View(number) => settings.view(number).is_some(),
            Self::Network | Self::Switch => settings.demo,
            Self::Team
            | Self::TeamLeads
            | Self::Reassign
            | Self::Take
            | Self::Nudge
            | Self::Waive
            | Self::Complete
            | Self::Availability
            | Self::Refresh => settings.member.as_ref().is_some_and(Member::sees_board),
            _ => true,
        }
    }

    /// What it does, in a line; of a saved view its name and its filter.
    pub fn told(self, settings: &Settings) -> Cow<'static, str> {
        match self {
            Self::View(number) => match settings.view(number) {
                Some(view) => format!("view {}: {}", view.name, view.filter).into(),
                None => self.description().into(),
            },
            _ => self.description().into(),
        }
    }

    /// It would turn the rep away from the open lead, so the gate blocks it while a disposition is owed (R86).
    pub fn leaves_lead(self) -> bool {
        matches!(
            self,
            Self::Open
                | Self::Next
                | Self::Back
                | Self::NextRecord
                | Self::PreviousRecord
                | Self::NextTab
                | Self::PreviousTab
                | Self::Tab(_)
                | Self::Search
                | Self::PreviousFound
                | Self::Views
                | Self::View(_)
                | Self::Mark
                | Self::ClearMarks
        )
    }

    /// It opens what letters are typed into, and these follow it blindly.
    pub fn takes_letters(self) -> bool {
        matches!(
            self,
            Self::Search
                | Self::Reject
                | Self::Contact
                | Self::Defer
                | Self::Qualify
                | Self::Skip
                | Self::Snooze
                | Self::Reassign
                | Self::Take
                | Self::Nudge
                | Self::Waive
                | Self::Complete
                | Self::Availability
        )
    }

    /// It is a disposition, or opens the dialog for one.
    pub fn is_disposition(self) -> bool {
        matches!(
            self,
            Self::Accept | Self::Reject | Self::Contact | Self::Defer | Self::Qualify | Self::Skip | Self::Snooze
        )
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    #[test]
    fn every_action_has_a_row_of_its_own_and_is_found_by_its_name() {
        let names: HashSet<_> = TABLE.iter().map(|row| row.1).collect();
        let actions: HashSet<_> = Action::all().collect();
        assert_eq!((names.len(), actions.len()), (TABLE.len(), TABLE.len()));
        for action in Action::all() {
            assert_eq!(Action::from_name(action.name()), Some(action));
            assert!(!action.contexts().is_empty() && !action.description().is_empty());
        }
    }

    #[test]
    fn what_owes_nothing_to_the_gate_does_not_leave_the_lead() {
        for action in [Action::Help, Action::Palette, Action::Quit, Action::Copy, Action::OpenCrm, Action::Outbox] {
            assert!(!action.leaves_lead());
        }
        for action in Action::all().filter(|action| action.is_disposition()) {
            assert!(!action.leaves_lead());
        }
    }
}
