//! Alerts that are decisions (F72, R81-R83): what is told to a person says why, what to do and until when, or cannot be
//! built at all. Slack and the like get a pointer; the package stays in the record (C16).

mod draft;
mod history;
mod intent;
mod notice;
mod throttle;

use std::fmt;

use serde::{Deserialize, Serialize};

use super::Time;
use super::escalation::Action;
use super::lead::LeadId;
use super::summary::ClockKind;

pub use history::history;
pub use intent::{IntentRule, Moment, moments};
pub use notice::Notice;
pub use throttle::{AlertPolicy, Sent, Verdict, verdict};

/// The four categories (R81). Everything that escalation tells people falls into one of them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Category {
    /// They are showing strong interest now.
    HighIntentMoment,
    /// A promise is about to be broken, or was.
    SlaBreachWarning,
    /// A conversation that nobody carries on.
    StalledConversation,
    /// A meeting to which they may not come.
    NoShowRisk,
}

impl Category {
    /// The category of what escalation does; nothing for what nobody has to decide upon.
    pub fn of(action: &Action) -> Option<Self> {
        match action {
            Action::Warn { .. }
            | Action::TellOwner
            | Action::PersonalMessage
            | Action::CompletionOverdue
            | Action::Unassigned
            | Action::FlagNoActivity
            | Action::AlertManager
            | Action::Reroute { .. }
            | Action::ToQueue { .. } => Some(Self::SlaBreachWarning),
            Action::Wake | Action::NextStep { .. } | Action::Stalled | Action::QualityCheck => {
                Some(Self::StalledConversation)
            }
            Action::NoShowRisk { .. } => Some(Self::NoShowRisk),
            Action::ContextPackage
            | Action::AutoResponse { .. }
            | Action::Breach { .. }
            | Action::BlackHole
            | Action::Shortfall
            | Action::PauseRep
            | Action::Exhausted => None,
        }
    }

    /// The word in JSON.
    pub fn code(self) -> &'static str {
        match self {
            Self::HighIntentMoment => "high_intent_moment",
            Self::SlaBreachWarning => "sla_breach_warning",
            Self::StalledConversation => "stalled_conversation",
            Self::NoShowRisk => "no_show_risk",
        }
    }

    /// The words on the screen.
    pub fn label(self) -> &'static str {
        match self {
            Self::HighIntentMoment => "high intent now",
            Self::SlaBreachWarning => "time is running out",
            Self::StalledConversation => "stalled conversation",
            Self::NoShowRisk => "no-show risk",
        }
    }
}

/// What is asked of those who watch what nobody holds.
const UNCLAIMED: &str = "take it, or give it to somebody";

/// What escalation's action asks of whoever is told of it; nothing where nobody has to decide.
pub fn required_action(action: &Action) -> Option<&'static str> {
    Some(match action {
        Action::Warn { clock: ClockKind::FirstContact, .. } => "contact them, and log the attempt",
        Action::Warn { .. } | Action::TellOwner | Action::PersonalMessage => {
            "accept, reject or defer it, or log a contact"
        }
        Action::CompletionOverdue => "complete its data, or overrule the check",
        Action::Unassigned | Action::ToQueue { .. } => UNCLAIMED,
        Action::FlagNoActivity => "ask its owner, or give it to somebody else",
        Action::AlertManager => "get somebody to act: reassign it, or take it yourself",
        Action::Reroute { .. } => "accept it and contact them: it was given to you",
        Action::Wake => "contact them: the time that they asked for has come",
        Action::NextStep { .. } => "take the agreed next step, and log it",
        Action::Stalled => "contact them, agree a next step, or reject it",
        Action::QualityCheck => "confirm the attempt, judge the qualification, answer marketing",
        Action::NoShowRisk { .. } => "have them confirm the meeting, or move it",
        Action::ContextPackage
        | Action::AutoResponse { .. }
        | Action::Breach { .. }
        | Action::BlackHole
        | Action::Shortfall
        | Action::PauseRep
        | Action::Exhausted => return None,
    })
}

/// For how long something can still be done.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Available {
    /// Until when.
    pub until: Time,
    /// How much is left of it, in seconds as the clock counts them.
    pub left: i64,
}

/// What an alert is to be made of.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Draft {
    /// Which lead.
    pub lead: LeadId,
    /// In which of the four categories.
    pub category: Category,
    /// What they did of late, in words: see [`history`].
    pub history: Vec<String>,
    /// What is to be done: see [`required_action`].
    pub action: String,
    /// How long there is.
    pub available: Option<Available>,
    /// Who it is, for channels that may be told.
    pub who: String,
    /// Where to do it: the record or the calendar (R82).
    pub link: Option<String>,
    /// It goes out at any hour, and is not counted out.
    pub is_urgent: bool,
}

/// An alert: a decision that a person can take now (R83). It is read back as it was kept: only [`Alert::new`] makes one.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Alert {
    lead: LeadId,
    category: Category,
    history: Vec<String>,
    action: String,
    available: Available,
    who: String,
    link: Option<String>,
    is_urgent: bool,
}

/// Why something is no alert: mere information is noise (R83).
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NoDecision {
    /// Nothing is known of what they did.
    #[error("an alert says what they did of late; give their signals, or what made them an MQL")]
    NoHistory,
    /// It asks nothing of anybody.
    #[error("an alert says what is to be done; what asks for nothing belongs into a report")]
    NoAction,
    /// It does not say until when.
    #[error("an alert says until when something can be done")]
    NoWindow,
    /// It is too late for it.
    #[error("the time in which something could be done was over at {0}")]
    WindowOver(Time),
}

impl Alert {
    /// An alert at `now`, if it has all that one needs (F72).
    pub fn new(draft: Draft, now: Time) -> Result<Self, NoDecision> {
        let said = |text: &String| !text.trim().is_empty();
        let Draft { lead, category, history, action, available, who, link, is_urgent } = draft;
        if !history.iter().any(said) {
            return Err(NoDecision::NoHistory);
        }
        if !said(&action) {
            return Err(NoDecision::NoAction);
        }
        let available = available.ok_or(NoDecision::NoWindow)?;
        if available.until <= now || available.left <= 0 {
            return Err(NoDecision::WindowOver(available.until));
        }
        let history = history.into_iter().filter(said).collect();
        Ok(Self { lead, category, history, action, available, who, link, is_urgent })
    }

    /// Which lead it is about.
    pub fn lead(&self) -> LeadId {
        self.lead
    }

    /// Its category.
    pub fn category(&self) -> Category {
        self.category
    }

    /// Until when something can be done, and how much is left.
    pub fn available(&self) -> Available {
        self.available
    }

    /// It goes out at any hour.
    pub fn is_urgent(&self) -> bool {
        self.is_urgent
    }

    /// What the same alert is known by when it comes again: about the same lead, for the same decision.
    pub fn key(&self) -> String {
        format!("{}/{}/{}", self.lead, self.category.code(), self.action)
    }

    /// What any channel may be told: no personal data, and nothing that they said (C16, F76).
    pub fn pointer(&self) -> String {
        let link = self.link.as_ref().map_or(String::new(), |link| format!(" {link}"));
        format!("{}{link}", notice::pointer(self.lead, self.category, &self.action, self.available.left))
    }

    /// What channels may be told for which the team allows personal data.
    pub fn with_personal_data(&self) -> String {
        let history = self.history.iter().map(|signal| format!("\n- {signal}")).collect::<String>();
        format!("{}\n{}{history}", self.pointer(), self.who)
    }
}

/// A length of time in words: `18 min`, `2 h 5 min`, `40 s`.
pub(crate) struct Left(pub i64);

impl fmt::Display for Left {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let seconds = self.0.max(0);
        let (days, hours, minutes) = (seconds / 86_400, seconds % 86_400 / 3600, seconds % 3600 / 60);
        match (days, hours, minutes) {
            (0, 0, 0) => write!(f, "{seconds} s"),
            (0, 0, _) => write!(f, "{minutes} min"),
            (0, _, 0) => write!(f, "{hours} h"),
            (0, ..) => write!(f, "{hours} h {minutes} min"),
            (_, 0, _) => write!(f, "{days} d"),
            _ => write!(f, "{days} d {hours} h"),
        }
    }
}

#[cfg(test)]
mod tests;
