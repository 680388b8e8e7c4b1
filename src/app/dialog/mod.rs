//! The dialogs: a stack over the screen. The top one takes every key but help and quit.

pub mod attempt;
pub mod bulk;
pub mod copy;
pub mod date;
pub mod defer;
pub mod help;
pub mod palette;
pub mod qualify;
pub mod reject;
pub mod skip;
pub mod snooze;
pub mod whydue;

use crate::handoff::lead::LeadId;

/// One dialog with its state.
#[derive(Clone, Debug, PartialEq)]
pub enum Dialog {
    /// Reject, with a reason.
    Reject(reject::RejectDialog),
    /// Log a contact.
    Attempt(attempt::AttemptDialog),
    /// Defer.
    Defer(defer::DeferDialog),
    /// Hide for a while.
    Snooze(snooze::SnoozeDialog),
    /// Confirm as SQL.
    Qualify(qualify::QualifyDialog),
    /// Pass by.
    Skip(skip::SkipDialog),
    /// The keys.
    Help(help::HelpDialog),
    /// The commands.
    Palette(palette::PaletteDialog),
    /// What to copy.
    Copy(copy::CopyDialog),
    /// Why it is due then.
    WhyDue(whydue::WhyDueDialog),
    /// What came of a bulk act.
    Bulk(bulk::BulkDialog),
}

/// What every dialog that ends in an act remembers beside its fields.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Form {
    /// The leads that it is about: one, or the marked ones.
    pub leads: Vec<LeadId>,
    /// The lead's name, or `3 leads`.
    pub name: String,
    /// The act was sent to the store and its answer is awaited; keys are not taken.
    pub waiting: bool,
    /// Why it could not be done, in words: a field that is missing, or the rules' refusal.
    pub error: Option<String>,
}

impl Dialog {
    /// The form of a dialog that ends in an act.
    pub fn form(&self) -> Option<&Form> {
        match self {
            Self::Reject(dialog) => Some(&dialog.form),
            Self::Attempt(dialog) => Some(&dialog.form),
            Self::Defer(dialog) => Some(&dialog.form),
            Self::Snooze(dialog) => Some(&dialog.form),
            Self::Qualify(dialog) => Some(&dialog.form),
            Self::Skip(dialog) => Some(&dialog.form),
            Self::Help(_) | Self::Palette(_) | Self::Copy(_) | Self::WhyDue(_) | Self::Bulk(_) => None,
        }
    }

    /// The same, to be changed.
    pub fn form_mut(&mut self) -> Option<&mut Form> {
        match self {
            Self::Reject(dialog) => Some(&mut dialog.form),
            Self::Attempt(dialog) => Some(&mut dialog.form),
            Self::Defer(dialog) => Some(&mut dialog.form),
            Self::Snooze(dialog) => Some(&mut dialog.form),
            Self::Qualify(dialog) => Some(&mut dialog.form),
            Self::Skip(dialog) => Some(&mut dialog.form),
            Self::Help(_) | Self::Palette(_) | Self::Copy(_) | Self::WhyDue(_) | Self::Bulk(_) => None,
        }
    }
}
