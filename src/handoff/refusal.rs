//! Why the rules of the handoff refuse something, in sentences that a rep understands.

use super::Time;
use super::lead::LeadId;
use super::state::Stage;

/// An instant within a sentence.
fn day(time: &Time) -> String {
    time.format("%Y-%m-%d %H:%M:%S UTC").to_string()
}

/// A refusal: nothing was changed. The text says what to do instead.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    /// The lead is not at a stage where this can be done.
    #[error("you cannot {verb} this lead: it is {stage}. {hint}")]
    WrongStage {
        /// What was tried.
        verb: &'static str,
        /// Where it stands.
        stage: Stage,
        /// What can be done instead.
        hint: &'static str,
    },
    /// Another lead is engaged and not yet disposed of: the gate.
    #[error("{lead} is open and owes a disposition first: accept, reject, log a contact, defer or skip it")]
    Engaged {
        /// The lead that holds the gate.
        lead: LeadId,
    },
    /// The lead to engage owes nothing.
    #[error("nothing is owed on {lead} now")]
    NothingOwed {
        /// That lead.
        lead: LeadId,
    },
    /// Its source closed it or keeps it: nobody answered it, and nobody owes it an answer.
    #[error("{lead} is {stage} by the word of its source: it owes nothing, and its summary is all that is shown")]
    AtSource {
        /// That lead.
        lead: LeadId,
        /// Where it stands.
        stage: Stage,
    },
    /// Its hub took it away.
    #[error("{lead} was taken away: {why}. It owes nothing, and its summary is all that is shown")]
    TakenAway {
        /// That lead.
        lead: LeadId,
        /// To whom it went and why.
        why: String,
    },
    /// It is another one's to answer.
    #[error("{lead} is with {owner}: it is theirs to answer, and yours to read")]
    Theirs {
        /// That lead.
        lead: LeadId,
        /// Who holds it.
        owner: String,
    },
    /// Nobody holds it: it waits in a queue.
    #[error("{lead} waits in a queue and is nobody's yet: take it first (T for the team, then t)")]
    InQueue {
        /// That lead.
        lead: LeadId,
    },
    /// Skipping is for the lead that one is engaged with.
    #[error("only the open lead can be skipped; {lead} is not open")]
    SkipNotEngaged {
        /// That lead.
        lead: LeadId,
    },
    /// The day's skips are used up (F2).
    #[error("all {limit} skips of today are used; this lead needs a disposition")]
    SkipsSpent {
        /// How many a day.
        limit: u32,
    },
    /// Something that must be said was not.
    #[error("{0}")]
    Missing(&'static str),
    /// No such reason.
    #[error("there is no reason “{code}”; the reasons are {known}")]
    UnknownReason {
        /// What was given.
        code: String,
        /// What there is.
        known: String,
    },
    /// The reason needs one of its finer codes.
    #[error("“{code}” needs one of its kinds: {known}")]
    SubCode {
        /// The reason.
        code: String,
        /// Its finer codes.
        known: String,
    },
    /// The reason has no finer codes.
    #[error("“{code}” has no kinds; say “{sub}” in the note instead")]
    NoSubCodes {
        /// The reason.
        code: String,
        /// What was given.
        sub: String,
    },
    /// The reason needs evidence (F80).
    #[error("“{code}” needs an answer to “{prompt}”")]
    Evidence {
        /// The reason.
        code: String,
        /// What is asked.
        prompt: String,
    },
    /// The outcome cannot come of the channel.
    #[error("“{outcome}” cannot come of {channel}; choose one of {known}")]
    Outcome {
        /// The outcome.
        outcome: &'static str,
        /// The channel.
        channel: &'static str,
        /// What can.
        known: String,
    },
    /// The person asked not to be contacted this way (F87).
    #[error("they asked not to be contacted by {channel}; choose another channel, or give the reason for an exception")]
    DoNotContact {
        /// The channel.
        channel: &'static str,
    },
    /// A time that is not in the right direction.
    #[error("{what} must be {direction}, and {} is not", day(.at))]
    Time {
        /// What time it is.
        what: &'static str,
        /// `in the future`, `in the past`.
        direction: &'static str,
        /// What was given.
        at: Time,
    },
    /// A contact before the lead was the rep's.
    #[error("this lead came to you on {}: a contact on {} was before that", day(.since), day(.at))]
    BeforeAssignment {
        /// When it was made.
        at: Time,
        /// Since when the lead is the rep's.
        since: Time,
    },
    /// A deferral beyond the cap (C25).
    #[error("a lead can be deferred for {days} days at the most; a longer one needs your manager")]
    DeferralTooLong {
        /// The cap.
        days: u32,
    },
    /// One deferral too many (C25).
    #[error("this lead was deferred {limit} times already; another one needs your manager")]
    DeferralsSpent {
        /// The cap.
        limit: u8,
    },
    /// Undo came too late: it may have been sent (F8).
    #[error("it is too late to undo: the last act is more than {seconds} s old and on its way")]
    UndoTooLate {
        /// The window.
        seconds: u32,
    },
    /// There is nothing to undo.
    #[error("there is nothing to undo")]
    NothingToUndo,
    /// A note that would never end.
    #[error("that text is {length} characters long; {limit} is the most")]
    TooLong {
        /// What it has.
        length: usize,
        /// What it may have.
        limit: usize,
    },
}
