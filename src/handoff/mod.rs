//! The domain, pure: no I/O, no clock (time is an argument), no async.
//!
//! [`machine::apply`] is the only place where a handoff changes state, [`gate`] the only place that says whether a
//! rep may turn to a lead. Everything else here is a value or a pure function of events, policy and `now`.

pub mod activity;
pub mod alert;
pub mod approach;
pub mod arrival;
pub mod calendar;
pub mod clocks;
pub mod dedup;
pub mod disposition;
pub mod divergence;
pub mod dossier;
pub mod escalation;
pub mod event;
pub mod gate;
pub mod invite;
pub mod lead;
pub mod machine;
pub mod outbox;
pub mod policy;
pub mod preflight;
pub mod qualify;
pub mod query;
pub mod reason;
pub mod reconcile;
pub mod refusal;
pub mod roster;
pub mod routing;
pub mod score;
pub mod scoring;
pub mod similar;
pub mod sla;
pub mod stamp;
pub mod standing;
pub mod state;
pub mod summary;
pub mod unread;
pub mod watch;

/// An instant. Everything is kept in UTC; zones matter only to calendars and to the eye.
pub type Time = chrono::DateTime<chrono::Utc>;

/// Whether a moment is one that can be reckoned with: its year has four digits, as RFC 3339 has it. What is told beyond is a
/// mistake or malice, and so far off that adding to it may fail.
pub fn is_reckonable(at: Time) -> bool {
    (0..=9999).contains(&chrono::Datelike::year(&at))
}
