//! Log a contact: channel, then outcome, and it is done; Tab before the outcome opens the fields (F20, R88).
//!
//! ```text
//! ┌ Contact with Maya Chen, 14:02 ──────────────────────────────┐
//! │ p phone   e e-mail   m message   l LinkedIn   v video        │
//! │ r reached   v voicemail   n no answer   w wrong number       │
//! │ cited  ▸ pricing page, third visit today                     │
//! │ note   [asked for Tuesday 10:00                             ]│
//! │ next   [Tue 10:00 call                                      ]│
//! └──────────────────────────────────────────────────────────────┘
//! ```

use super::Form;
use super::date::DateField;
use crate::app::input::Input;
use crate::handoff::disposition::{Channel, Outcome};

/// The state of the contact dialog.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct AttemptDialog {
    /// Which lead, and what went wrong.
    pub form: Form,
    /// Which part takes the keys.
    pub step: AttemptStep,
    /// How.
    pub channel: Option<Channel>,
    /// What came of it; only one of the channel's own outcomes.
    pub outcome: Option<Outcome>,
    /// The fields are open: an outcome does not send at once, Enter does.
    pub details: bool,
    /// The signals that can be cited, the strongest first.
    pub signals: Vec<String>,
    /// The cited one, as an index into `signals`; nothing makes it a generic touch.
    pub cited: Option<usize>,
    /// What was said.
    pub note: Input,
    /// When the next step is and what it is: `tue 10:00 call`.
    pub next: DateField,
    /// Why they are contacted so although they asked not to be (F87).
    pub consent: Input,
    /// They asked not to be contacted by this channel: `consent` must be filled in.
    pub barred: bool,
    /// They asked not to be called.
    pub do_not_call: bool,
    /// They asked not to be e-mailed.
    pub do_not_email: bool,
}

/// The parts of the contact dialog, in their order.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum AttemptStep {
    /// Picking the channel.
    #[default]
    Channel,
    /// Picking the outcome.
    Outcome,
    /// Picking the signal that it referred to.
    Cited,
    /// Writing a note.
    Note,
    /// Agreeing a next step.
    Next,
    /// Saying why consent is overruled; only where it is.
    Consent,
}

/// The key that picks a channel.
pub fn channel_key(channel: Channel) -> char {
    match channel {
        Channel::Phone => 'p',
        Channel::Email => 'e',
        Channel::Message => 'm',
        Channel::Linkedin => 'l',
        Channel::Video => 'v',
    }
}

/// The key that picks an outcome.
pub fn outcome_key(outcome: Outcome) -> char {
    match outcome {
        Outcome::Reached => 'r',
        Outcome::Voicemail => 'v',
        Outcome::NoAnswer => 'n',
        Outcome::AutoReply => 'a',
        Outcome::WrongNumber => 'w',
    }
}
