//! What time alone changes on the screen.

use chrono::{DurationRound, TimeDelta};

use super::model::Model;
use super::screen::Screen;
use crate::handoff::Time;

/// A deadline that is further away than this shows no seconds, whatever the calendar: less than an hour of working
/// time may lie behind a week of holidays, but not behind more.
const SECONDS_WITHIN: TimeDelta = TimeDelta::days(8);

/// The next instant at which something changes by time alone: a countdown, a status that goes, the offer to undo, the
/// clock in the corner. Each second while a countdown that may show seconds is in sight, else each minute.
pub fn next_tick(model: &Model) -> Time {
    let next = |step: TimeDelta| model.now.duration_trunc(step).map_or(model.now + step, |start| start + step);
    let minute = next(TimeDelta::minutes(1));
    let second = next(TimeDelta::seconds(1));
    let status = model.status.as_ref().and_then(|status| status.until);
    let undo = model.undo.as_ref().map(|offer| second.min(offer.until));
    let countdown = counts_seconds(model).then_some(second);
    [status, undo, countdown].into_iter().flatten().filter(|&at| at > model.now).fold(minute, Time::min)
}

/// A countdown in sight may show seconds.
fn counts_seconds(model: &Model) -> bool {
    let near = |due: Time| (due - model.now).abs() < SECONDS_WITHIN;
    match (model.screen, &model.opened) {
        (Screen::Inbox, _) => {
            let rows = model.list.visible(model.size.list_rows.into()).iter();
            rows.filter_map(|row| row.deadline?.due).any(near)
        }
        (Screen::Lead, Some(opened)) => opened.clocks.iter().filter_map(|clock| clock.due).any(near),
        _ => false,
    }
}

/// Lets go what time has taken; says whether anything went.
pub fn expire(model: &mut Model) -> bool {
    let now = model.now;
    let undo = model.undo.take_if(|offer| offer.until <= now);
    let status = model.status.take_if(|status| status.until.is_some_and(|until| until <= now));
    undo.is_some() || status.is_some()
}
