//! What a rep can do with a lead (R85-R88, F78): the acts, with all that each requires.

use serde::{Deserialize, Serialize};

use super::Time;

/// One act of a rep on one lead. Everything but `Snooze` is a disposition: it settles what the rep owes.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "act", rename_all = "snake_case")]
pub enum Act {
    /// "I have reviewed this lead and pursue it now" (R3, R85).
    Accept,
    /// "Not for me, because" (R85).
    Reject(Rejection),
    /// An attempt to reach them, with its outcome (R88). Accepts implicitly (C14).
    Attempt(Attempt),
    /// They asked for later (R87, C25).
    Defer(Deferral),
    /// A conversation confirmed problem, authority and next step (R4, R5, F85).
    Qualify(Qualification),
    /// Pass this lead by once, from a small daily budget, saying why (F2).
    Skip {
        /// Why.
        reason: String,
    },
    /// Hide it for a while; its clocks run on (F9).
    Snooze {
        /// When it shows again.
        until: Time,
    },
}

impl Act {
    /// What the act does, as the end of the sentence "You cannot …".
    pub fn verb(&self) -> &'static str {
        match self {
            Self::Accept => "accept",
            Self::Reject(_) => "reject",
            Self::Attempt(_) => "log a contact with",
            Self::Defer(_) => "defer",
            Self::Qualify(_) => "qualify",
            Self::Skip { .. } => "skip",
            Self::Snooze { .. } => "snooze",
        }
    }
}

/// A coded rejection with its evidence (R87, F79, F80).
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct Rejection {
    /// The reason's code, such as `wrong_persona`.
    pub code: String,
    /// The finer code, such as `chose_competitor`.
    #[serde(default)]
    pub sub: Option<String>,
    /// What the reason requires: the surviving record, the right region, the field that is wrong.
    #[serde(default)]
    pub evidence: Option<String>,
    /// Anything worth adding.
    #[serde(default)]
    pub note: Option<String>,
}

/// How one tried to reach them (R88).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Channel {
    /// Telephone.
    Phone,
    /// E-mail.
    Email,
    /// Direct or text message.
    Message,
    /// LinkedIn.
    Linkedin,
    /// Video call.
    Video,
}

impl Channel {
    /// All channels, in the order of the attempt grid.
    pub const ALL: [Self; 5] = [Self::Phone, Self::Email, Self::Message, Self::Linkedin, Self::Video];

    /// The word in configuration and JSON.
    pub fn code(self) -> &'static str {
        match self {
            Self::Phone => "phone",
            Self::Email => "email",
            Self::Message => "message",
            Self::Linkedin => "linkedin",
            Self::Video => "video",
        }
    }

    /// The word on the screen.
    pub fn label(self) -> &'static str {
        match self {
            Self::Email => "e-mail",
            Self::Linkedin => "LinkedIn",
            other => other.code(),
        }
    }

    /// The channel with this code.
    pub fn from_code(code: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|channel| channel.code() == code)
    }

    /// The outcomes that can come of this channel: a voicemail is left on a telephone, an auto-reply comes to a text.
    pub fn outcomes(self) -> &'static [Outcome] {
        match self {
            Self::Phone => &[Outcome::Reached, Outcome::Voicemail, Outcome::NoAnswer, Outcome::WrongNumber],
            Self::Email | Self::Message | Self::Linkedin => &[Outcome::Reached, Outcome::NoAnswer, Outcome::AutoReply],
            Self::Video => &[Outcome::Reached, Outcome::NoAnswer],
        }
    }
}

/// What came of an attempt (R88).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
#[schema(as = AttemptOutcome)]
pub enum Outcome {
    /// They answered.
    Reached,
    /// A voicemail was left.
    Voicemail,
    /// No answer.
    NoAnswer,
    /// An auto-reply came back.
    AutoReply,
    /// The number belongs to somebody else.
    WrongNumber,
}

impl Outcome {
    /// All outcomes, in the order of the attempt grid.
    pub const ALL: [Self; 5] = [Self::Reached, Self::Voicemail, Self::NoAnswer, Self::AutoReply, Self::WrongNumber];

    /// The word in configuration and JSON.
    pub fn code(self) -> &'static str {
        match self {
            Self::Reached => "reached",
            Self::Voicemail => "voicemail",
            Self::NoAnswer => "no_answer",
            Self::AutoReply => "auto_reply",
            Self::WrongNumber => "wrong_number",
        }
    }

    /// The words on the screen.
    pub fn label(self) -> &'static str {
        match self {
            Self::NoAnswer => "no answer",
            Self::AutoReply => "auto-reply",
            Self::WrongNumber => "wrong number",
            other => other.code(),
        }
    }

    /// The outcome with this code.
    pub fn from_code(code: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|outcome| outcome.code() == code)
    }
}

/// One logged attempt (R88, R95).
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct Attempt {
    /// How.
    pub channel: Channel,
    /// What came of it.
    pub outcome: Outcome,
    /// When it was made; nothing means now.
    #[serde(default)]
    #[schema(value_type = Option<String>, format = DateTime)]
    pub at: Option<Time>,
    /// What was said.
    #[serde(default)]
    pub note: Option<String>,
    /// The signal it referred to (R50, F20). Without one the touch is generic.
    #[serde(default)]
    pub cited: Option<String>,
    /// What comes next, and when.
    #[serde(default)]
    pub next: Option<NextStep>,
    /// Why it was made although they asked not to be contacted so (F87).
    #[serde(default)]
    pub consent_override: Option<String>,
}

/// An agreed next step.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct NextStep {
    /// When.
    #[schema(value_type = String, format = DateTime)]
    pub at: Time,
    /// What.
    pub what: String,
}

/// A deferral (R87, C25).
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct Deferral {
    /// When it comes back.
    #[schema(value_type = String, format = DateTime)]
    pub until: Time,
    /// What they said.
    pub why: String,
}

/// The confirmation that makes an SQL (R4, R5, F85).
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct Qualification {
    /// The confirmed problem or trigger.
    pub problem: String,
    /// The verified decision authority, or the way to it.
    pub authority: String,
    /// The scheduled next step.
    pub next_step: String,
    /// When that is.
    #[serde(default)]
    #[schema(value_type = Option<String>, format = DateTime)]
    pub next_at: Option<Time>,
}
