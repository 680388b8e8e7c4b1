//! What time alone changes on the screen, beside the countdowns.

use chrono::{DurationRound, TimeDelta};

use super::model::Model;
use crate::handoff::Time;

/// The next instant at which something changes by time alone: a status that goes, the offer to undo, the clock in the
/// corner. When countdowns change is `ui::next_change`'s to say, which knows their words.
pub fn next_tick(model: &Model) -> Time {
    let next = |step: TimeDelta| model.now.duration_trunc(step).map_or(model.now + step, |start| start + step);
    let minute = next(TimeDelta::minutes(1));
    let second = next(TimeDelta::seconds(1));
    let status = model.status.as_ref().and_then(|status| status.until);
    let by_second = !model.settings.linear;
    let undo = model.undo.as_ref().map(|offer| if by_second { second.min(offer.until) } else { offer.until });
    // The checklist shows how long it takes.
    let counts = model.dialog().is_some_and(|dialog| matches!(dialog, super::dialog::Dialog::Research(_)));
    let research = (counts && by_second).then_some(second);
    let alarm = super::alarm::next_tick(model);
    let alert = super::alerts::next_tick(model);
    let first = [status, undo, research, alarm, alert]
        .into_iter()
        .flatten()
        .filter(|&at| at > model.now)
        .fold(minute, Time::min);
    // What is not known yet is asked for at once.
    if alarm.is_some_and(|at| at <= model.now) { model.now } else { first }
}

/// Lets go what time has taken; says whether anything went.
pub fn expire(model: &mut Model) -> bool {
    let now = model.now;
    let undo = model.undo.take_if(|offer| offer.until <= now);
    let status = model.status.take_if(|status| status.until.is_some_and(|until| until <= now));
    undo.is_some() || status.is_some()
}
