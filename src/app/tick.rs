//! What time alone changes on the screen, beside the countdowns.

use chrono::{DurationRound, TimeDelta};

use super::model::Model;
use crate::handoff::Time;

/// The next instant at which something changes by time alone: a status goes, the offer to undo counts down, the
/// clock in the corner. Countdowns are not among it: `ui::countdown` knows when their words change. The runtime
/// sends a tick at the earlier of the two.
pub fn next_tick(model: &Model) -> Time {
    let next = |step: TimeDelta| model.now.duration_trunc(step).map_or(model.now + step, |start| start + step);
    let minute = next(TimeDelta::minutes(1));
    let status = model.status.as_ref().and_then(|status| status.until);
    let undo = model.undo.as_ref().map(|offer| next(TimeDelta::seconds(1)).min(offer.until));
    [status, undo].into_iter().flatten().filter(|&at| at > model.now).fold(minute, Time::min)
}

/// Lets go what time has taken; says whether anything went.
pub fn expire(model: &mut Model) -> bool {
    let now = model.now;
    let undo = model.undo.take_if(|offer| offer.until <= now);
    let status = model.status.take_if(|status| status.until.is_some_and(|until| until <= now));
    undo.is_some() || status.is_some()
}
