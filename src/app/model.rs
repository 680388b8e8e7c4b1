//! Everything that the app knows: what the `ui` room draws.

use std::collections::BTreeMap;

use chrono::Duration;
use chrono_tz::Tz;

use super::alarm::Alarms;
use super::alerts::AlertView;
use super::dialog::Dialog;
use super::dialog::research::Research;
use super::keymap::KeyMap;
use super::launch::Template;
use super::msg::{Net, Opened};
use super::natural::Base;
use super::screen::Screen;
use super::screen::inbox::List;
use super::screen::lead::LeadView;
use super::screen::outbox::{LogLine, LogView, OutboxView};
use super::screen::team::TeamView;
use super::search::Search;
use super::team::Member;
use crate::handoff::Time;
use crate::handoff::calendar::Window;
use crate::handoff::disposition::Act;
use crate::handoff::gate::Desk;
use crate::handoff::lead::LeadId;
use crate::handoff::policy::{GateMode, Policy};
use crate::handoff::summary::{Counts, Tab};

/// The whole state of the app. Only [`super::update`] changes it.
#[derive(Clone, Debug)]
pub struct Model {
    /// The time of the last message.
    pub now: Time,
    /// The window.
    pub size: Size,
    /// Configuration, as plain values.
    pub settings: Settings,
    /// Which key does what.
    pub keymap: KeyMap,
    /// How many leads stand where.
    pub counts: Counts,
    /// What lies on the desk: the gate. Nothing until the store has said so; until then nothing can be opened.
    pub desk: Option<Desk>,
    /// The tab of the inbox.
    pub tab: Tab,
    /// The list: of the tab, or of what a search found.
    pub list: List,
    /// The name of the lead that comes next in the queue: the unanswered come first, so it need not be the top row.
    pub next: Option<String>,
    /// What fills the window.
    pub screen: Screen,
    /// The lead that is open, whole: engaged, or answered before.
    pub opened: Option<Box<Opened>>,
    /// What is scrolled and unfolded in it.
    pub lead: LeadView,
    /// The dialogs, the top one last.
    pub dialogs: Vec<Dialog>,
    /// Search and filter.
    pub search: Search,
    /// The marked leads, with their names.
    pub marks: BTreeMap<LeadId, String>,
    /// The outbox.
    pub outbox: OutboxView,
    /// The log.
    pub log: LogView,
    /// The team, for one who directs it.
    pub team: TeamView,
    /// What the status line says.
    pub status: Option<Status>,
    /// Why a source fails, as long as the status line had no room for it.
    pub trouble: Option<String>,
    /// The last act, as long as it can be undone.
    pub undo: Option<UndoOffer>,
    /// What was looked at of the open lead.
    pub research: Option<Research>,
    /// What runs out next, and what was warned of.
    pub alarms: Alarms,
    /// What the hub asks the rep to decide.
    pub alerts: AlertView,
    /// The network.
    pub net: Net,
    /// The number typed before a motion: `5j`.
    pub count: Option<u32>,
    /// After the open lead comes the list, not the next one.
    pub stop_after: bool,
    /// The act that `.` does again.
    pub last_act: Option<Act>,
    /// What the store was asked and has not answered: no act is made meanwhile.
    pub pending: Option<Pending>,
    /// Counts up whenever something visible changed: the runtime draws when it differs from the last frame's.
    pub revision: u64,
}

/// The window's measures.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Size {
    /// Columns.
    pub width: u16,
    /// Lines.
    pub height: u16,
    /// Rows of the list that it shows; at least 1.
    pub list_rows: u16,
}

impl Size {
    /// The smallest window that the screens are made for: columns and lines.
    pub const LEAST: (u16, u16) = (60, 15);

    /// The screens have room. Where they have not, nothing is shown, and no key acts on what nobody sees.
    pub fn has_room(self) -> bool {
        self.width >= Self::LEAST.0 && self.height >= Self::LEAST.1
    }
}

/// Configuration, as plain values.
#[derive(Clone, Debug)]
pub struct Settings {
    /// The rep's name.
    pub rep: String,
    /// The rep's zone: for every time on the screen, and for natural dates.
    pub zone: Tz,
    /// The team's rules.
    pub policy: Policy,
    /// The theme's name; the `ui` room knows them.
    pub theme: String,
    /// Times are shown as `2:05 pm` rather than `14:05`.
    pub twelve_hours: bool,
    /// The mouse is on.
    pub mouse: bool,
    /// The bell rings when a lead comes, and before one is late.
    pub bell: bool,
    /// How notices are shown outside of the window.
    pub notify: Notify,
    /// So long before a clock runs out there is a warning.
    pub warn: Option<Duration>,
    /// No bell and no notice in these hours of each day, in the zone of the team's calendar, but for what is urgent (F75).
    pub quiet: Option<Window>,
    /// Drawn for screen readers: no frames, no columns, and nothing that moves by the second (F13).
    pub linear: bool,
    /// The window's title tells what is due.
    pub title: bool,
    /// The saved views, in their order (F11).
    pub views: Vec<View>,
    /// The link to the rep's calendar, to agree a meeting.
    pub meeting_link: Option<Template>,
    /// Who one is at the hub that one is signed in to, if one is.
    pub member: Option<Member>,
    /// It is the demo: the network can be taken away.
    pub demo: bool,
    /// The version, for the help.
    pub version: &'static str,
}

/// How notices are shown outside of the window, by terminals that can.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Notify {
    /// Not at all.
    #[default]
    Off,
    /// By the sequence that iTerm2, WezTerm, Windows Terminal and others know (OSC 9).
    Osc9,
    /// By the sequence that urxvt, foot, Ghostty and others know (OSC 777).
    Osc777,
    /// By the desktop.
    Desktop,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            rep: String::new(),
            zone: Tz::UTC,
            policy: Policy::default(),
            theme: String::new(),
            twelve_hours: false,
            linear: false,
            mouse: false,
            bell: false,
            notify: Notify::Off,
            warn: Some(Duration::minutes(2)),
            quiet: None,
            title: false,
            views: Vec::new(),
            meeting_link: None,
            member: None,
            demo: false,
            version: env!("CARGO_PKG_VERSION"),
        }
    }
}

/// A saved view: a filter with a name (F11).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct View {
    /// Its name.
    pub name: String,
    /// The filter, as it is typed into the search.
    pub filter: String,
}

impl Settings {
    /// A saved view by its number, from 1.
    pub fn view(&self, number: u8) -> Option<&View> {
        self.views.get(usize::from(number).checked_sub(1)?)
    }
}

/// A line of the status.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Status {
    /// How it is meant.
    pub kind: StatusKind,
    /// In words.
    pub text: String,
    /// When it goes; nothing while it holds until the next key.
    pub until: Option<Time>,
}

/// How a status is meant.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum StatusKind {
    /// Something was done.
    Done,
    /// Something to know.
    Info,
    /// The gate or another rule says no.
    Refused,
    /// Something failed.
    Error,
}

/// The last act, as long as it can be undone (F8).
#[derive(Clone, Debug, PartialEq)]
pub struct UndoOffer {
    /// To which leads.
    pub leads: Vec<LeadId>,
    /// Their name, or `3 leads`.
    pub name: String,
    /// What was done, in words: `accepted Maya Chen`.
    pub text: String,
    /// Until when.
    pub until: Time,
}

/// How long a status stays.
const STATUS_STAYS: Duration = Duration::seconds(8);

/// What the store was asked and has not answered.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Pending {
    /// To open a lead.
    Opening,
    /// To do something to one, or to several.
    Acting,
    /// To undo.
    Undoing,
}

impl Model {
    /// The app before its first message.
    pub fn new(now: Time, settings: Settings, keymap: KeyMap) -> Self {
        Self {
            now,
            size: Size { width: 80, height: 24, list_rows: 16 },
            settings,
            keymap,
            counts: Counts::default(),
            desk: None,
            tab: Tab::default(),
            list: List::default(),
            next: None,
            screen: Screen::default(),
            opened: None,
            lead: LeadView::default(),
            dialogs: Vec::new(),
            search: Search::default(),
            marks: BTreeMap::new(),
            outbox: OutboxView::default(),
            log: LogView::default(),
            team: TeamView::default(),
            status: None,
            trouble: None,
            undo: None,
            research: None,
            alarms: Alarms::default(),
            alerts: AlertView::default(),
            net: Net::default(),
            count: None,
            stop_after: false,
            last_act: None,
            pending: None,
            revision: 0,
        }
    }

    /// The lead in front, which holds the gate; nothing where the gate is relaxed.
    pub fn engaged(&self) -> Option<LeadId> {
        let strict = self.settings.policy.gate.mode == GateMode::Strict;
        self.desk.as_ref().and_then(Desk::current).filter(|_| strict)
    }

    /// The open lead owes a disposition.
    pub fn owes(&self) -> bool {
        let front = self.desk.as_ref().and_then(Desk::current);
        self.opened.as_ref().is_some_and(|opened| Some(opened.dossier.id) == front)
    }

    /// Skips left today (F2).
    pub fn skips_left(&self) -> u32 {
        let today = self.now.with_timezone(&self.settings.zone).date_naive();
        self.desk.as_ref().map_or(0, |desk| desk.skips_left(&self.settings.policy.gate, today))
    }

    /// The dialog on top.
    pub fn dialog(&self) -> Option<&Dialog> {
        self.dialogs.last()
    }

    /// What natural dates are read against.
    pub fn base(&self) -> Base<'_> {
        let settings = &self.settings;
        Base { now: self.now, zone: settings.zone, calendar: &settings.policy.calendar }
    }

    /// Puts a text into the status line. An error stays until the next key, the rest goes by itself.
    pub fn say(&mut self, kind: StatusKind, text: impl Into<String>) {
        let until = (kind != StatusKind::Error).then_some(self.now + STATUS_STAYS);
        self.status = Some(Status { kind, text: text.into(), until });
    }

    /// Adds a line to the log.
    pub fn log(&mut self, text: String, problem: bool) {
        self.log.lines.push_front(LogLine { at: self.now, problem, text });
        self.log.lines.truncate(LogView::MOST);
    }
}
