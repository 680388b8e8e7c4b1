//! Reject: one digit, or type (screens.md). The reasons are those of [`crate::handoff::policy::Policy::reasons`].
//!
//! ```text
//! ┌ Why is Maya Chen not for you? ─────────────────────────────┐
//! │ 1 wrong person        2 out of territory   3 bad data       │
//! │ out of territory → which?  [US-Midwest        ]             │
//! │ note (optional)            [                                │
//! └─ Esc back ──────────────────────────── ⏎ reject and go on ─┘
//! ```

use super::Form;
use crate::app::input::Input;

/// The state of the reject dialog.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct RejectDialog {
    /// Which leads, and what went wrong.
    pub form: Form,
    /// Which part takes the keys.
    pub step: RejectStep,
    /// What was typed to narrow the reasons.
    pub filter: Input,
    /// Typing narrows the reasons: their keys do not pick at once any more.
    pub typing: bool,
    /// The reasons that fit the filter, as indices into the policy's.
    pub shown: Vec<usize>,
    /// The highlighted one, as an index into `shown`.
    pub at: usize,
    /// The reason that was picked, as an index into the policy's.
    pub reason: Option<usize>,
    /// The highlighted finer code, as an index into the reason's.
    pub sub_at: usize,
    /// The finer code that was picked.
    pub sub: Option<usize>,
    /// The answer to the reason's question.
    pub evidence: Input,
    /// Anything worth adding.
    pub note: Input,
    /// A note is asked for before it is sent (Tab or `+` at the reasons).
    pub with_note: bool,
}

/// The parts of the reject dialog, in their order.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum RejectStep {
    /// Picking the reason.
    #[default]
    Reason,
    /// Picking its finer code.
    Sub,
    /// Answering its question.
    Evidence,
    /// Adding a note.
    Note,
}
