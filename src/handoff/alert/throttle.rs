//! Not too often and not at night: whether an alert goes out, waits or is dropped (F75).

use chrono::Duration;

use super::{Alert, IntentRule};
use crate::handoff::Time;
use crate::handoff::calendar::{Calendar, Window};

/// What makes an alert, and how many there may be.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AlertPolicy {
    /// The same alert goes to the same person once within so long, in seconds of day and night.
    pub dedup: u32,
    /// The most that one person gets within an hour; the rest waits.
    pub per_hour: u32,
    /// No alert in these hours of each day, in the calendar's zone; beside the hours in which nobody works.
    pub quiet: Option<Window>,
    /// Channels outside of the app may be told who it is and what they did (C16).
    pub personal_data: bool,
    /// The high-intent moments.
    pub high_intent: Vec<IntentRule>,
}

impl Default for AlertPolicy {
    fn default() -> Self {
        Self { dedup: 15 * 60, per_hour: 12, quiet: None, personal_data: false, high_intent: IntentRule::defaults() }
    }
}

/// An alert that went out.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sent {
    /// [`Alert::key`].
    pub key: String,
    /// To whom.
    pub to: String,
    /// When.
    pub at: Time,
}

/// What becomes of an alert.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// It goes out.
    Send,
    /// They have it already.
    Duplicate,
    /// It is asked again then.
    Hold(Time),
}

/// What becomes of `alert` for the person `to` at `now`, by what was sent in the last hour and within `dedup`. Urgent ones
/// pass the quiet hours and the limit, but nobody gets the same twice.
pub fn verdict(
    alert: &Alert,
    to: &str,
    sent: &[Sent],
    policy: &AlertPolicy,
    calendar: &Calendar,
    now: Time,
) -> Verdict {
    let to_them = || sent.iter().filter(|sent| sent.to == to && sent.at <= now);
    let dedup = Duration::seconds(i64::from(policy.dedup));
    if to_them().any(|sent| sent.key == alert.key() && now < sent.at + dedup) {
        return Verdict::Duplicate;
    }
    if alert.is_urgent() {
        return Verdict::Send;
    }
    let allowed = awake(policy, calendar, now);
    if allowed > now {
        return Verdict::Hold(allowed);
    }
    let hour = Duration::hours(1);
    let mut lately: Vec<Time> = to_them().map(|sent| sent.at).filter(|&at| at > now - hour).collect();
    lately.sort_unstable();
    let most = usize::try_from(policy.per_hour.max(1)).unwrap_or(usize::MAX);
    match lately.len().checked_sub(most) {
        // When so many are an hour old that there is room for one.
        Some(over) => Verdict::Hold(awake(policy, calendar, lately[over] + hour)),
        None => Verdict::Send,
    }
}

/// `at`, or the next instant at which somebody works and it is not quiet; `at` if there is none for a year.
fn awake(policy: &AlertPolicy, calendar: &Calendar, at: Time) -> Time {
    let quiet = policy.quiet.map(|window| {
        Calendar::new(
            "quiet",
            calendar.zone(),
            std::array::from_fn(|_| vec![window]),
            Default::default(),
            Default::default(),
        )
    });
    let end = at + Duration::days(366);
    let mut next = at;
    while next < end {
        let Some(opening) = calendar.next_opening(next).map(|opening| opening.max(next)) else { return at };
        let quiet_until = quiet.as_ref().and_then(|quiet| {
            quiet.open_spans(opening, opening + Duration::days(1)).next().filter(|span| span.0 <= opening)
        });
        match quiet_until {
            Some((_, until)) => next = until,
            None => return opening,
        }
    }
    at
}
