//! The team's escalation as values, with the defaults of the handoff's rules; the configuration overrides them.

use chrono::Weekday;

use crate::handoff::alert::AlertPolicy;
use crate::handoff::calendar::Window;
use crate::handoff::lead::TriggerKind;

/// When whom is told what, and when a lead is taken on by others (F66-F75). All waits are working time on the calendars
/// in force, in seconds, unless it is said otherwise.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EscalationPolicy {
    /// The warning comes when so much of a window's budget is left, in percent; 0 is no warning (F71) …
    pub warn_share: u32,
    /// … and at least so long before its end.
    pub warn_least: u32,
    /// The steps of the chain. Of steps on one window the one with the highest number holds for all later windows.
    pub steps: Vec<Step>,
    /// The chain re-routes a lead so often in a cycle; after that the manager is told instead.
    pub reroutes: u32,
    /// The personal message goes to a rep who has not answered for so long (R48).
    pub personal_message: u32,
    /// The quality check, so long after the assignment; time of day and night, moved on to the next opening (R48).
    pub quality_check: u32,
    /// Data completion is overdue after so long (F35).
    pub completion: u32,
    /// A lead that nobody holds is told to the queue's monitor after so long (R61).
    pub unassigned: u32,
    /// A rep who answers when the time for the first contact is over already has so long before it is escalated (F69).
    pub contact_grace: u32,
    /// A meeting that they have not confirmed so long before is at risk (F74).
    pub no_show: u32,
    /// The queue of the inbound response team (R77).
    pub queue: String,
    /// Notices about leads of these triggers go out at any hour (section 4, rule 7).
    pub urgent: Vec<TriggerKind>,
    /// What makes an alert, and how many there may be.
    pub alerts: AlertPolicy,
}

/// One step of the chain (F66, F67).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Step {
    /// Its name: with its deeds it is what "fired already" is known by.
    pub name: String,
    /// What has to happen.
    pub on: On,
    /// For which window, from 1, counted over re-routes; `None` for every one. Only missed windows are counted.
    pub window: Option<u32>,
    /// How long after that.
    pub after: u32,
    /// What is done, in this order; what takes the lead away comes last.
    pub deeds: Vec<Deed>,
    /// Its notices are not held to the next opening (section 4, rule 7).
    pub is_urgent: bool,
    /// Its notices are repeated so often while nothing happens …
    pub repeat: u32,
    /// … each so long after the one before.
    pub every: u32,
    /// Only on these days of the week, in the calendar's zone; none means all.
    pub days: Vec<Weekday>,
    /// Only at this time of day, in the calendar's zone.
    pub hours: Option<Window>,
}

/// What sets a step of the chain off. All of them end with what they ask for: an answer, or a contact.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum On {
    /// The acceptance window was missed (R77).
    Acceptance,
    /// It was answered, and the time for the first contact is over (F69).
    FirstContact,
    /// The backstop for leads that nobody answers (R74).
    Unacknowledged,
    /// The backstop for leads with which nothing happens (R75).
    NoActivity,
    /// A black hole (R76).
    BlackHole,
}

impl On {
    /// All, with the word in the configuration.
    pub const ALL: [(&'static str, Self); 5] = [
        ("acceptance", Self::Acceptance),
        ("first_contact", Self::FirstContact),
        ("unacknowledged", Self::Unacknowledged),
        ("no_activity", Self::NoActivity),
        ("black_hole", Self::BlackHole),
    ];
}

/// What a step does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Deed {
    /// Tells its owner.
    TellOwner,
    /// Tells its owner's manager.
    AlertManager,
    /// Flags it as silently rejected, which tells the manager as well (R75).
    Flag,
    /// Takes its owner off the rota until they come back by themselves (F70).
    PauseRep,
    /// Gives it to the next available qualified responder; where the lead is pinned, tells the manager instead (C20).
    Reroute,
    /// Gives it to the inbound response team (R77).
    ToQueue,
}

impl Deed {
    /// All, with the word in the configuration.
    pub const ALL: [(&'static str, Self); 6] = [
        ("tell_owner", Self::TellOwner),
        ("alert_manager", Self::AlertManager),
        ("flag", Self::Flag),
        ("pause_rep", Self::PauseRep),
        ("reroute", Self::Reroute),
        ("to_queue", Self::ToQueue),
    ];

    /// The word in the configuration.
    pub fn code(self) -> &'static str {
        Self::ALL.iter().find(|deed| deed.1 == self).map_or("", |deed| deed.0)
    }

    /// It only tells somebody something, so that it can be repeated.
    pub fn can_repeat(self) -> bool {
        matches!(self, Self::TellOwner | Self::AlertManager | Self::Flag)
    }

    /// It takes the lead away from whoever has it.
    pub fn takes_away(self) -> bool {
        matches!(self, Self::Reroute | Self::ToQueue)
    }
}

impl Step {
    /// A step on every window, at once, without repetition or conditions.
    pub fn new(name: impl Into<String>, on: On, deeds: &[Deed]) -> Self {
        Self {
            name: name.into(),
            on,
            window: None,
            after: 0,
            deeds: deeds.to_vec(),
            is_urgent: false,
            repeat: 0,
            every: 30 * 60,
            days: Vec::new(),
            hours: None,
        }
    }
}

impl Default for EscalationPolicy {
    fn default() -> Self {
        use Deed::{AlertManager, Flag, Reroute, ToQueue};
        let window =
            |name, number, deeds: &[Deed]| Step { window: Some(number), ..Step::new(name, On::Acceptance, deeds) };
        Self {
            warn_share: 25,
            warn_least: 60,
            steps: vec![
                window("first window", 1, &[Reroute]),
                window("second window", 2, &[AlertManager, ToQueue]),
                Step::new("answered, no contact", On::FirstContact, &[AlertManager]),
                Step::new("unacknowledged", On::Unacknowledged, &[AlertManager]),
                Step::new("no activity", On::NoActivity, &[Flag]),
                Step::new("black hole", On::BlackHole, &[AlertManager]),
            ],
            reroutes: 3,
            personal_message: 30 * 60,
            quality_check: 24 * 3600,
            completion: 4 * 3600,
            unassigned: 15 * 60,
            contact_grace: 30 * 60,
            no_show: 4 * 3600,
            queue: "inbound".into(),
            urgent: Vec::new(),
            alerts: AlertPolicy::default(),
        }
    }
}
