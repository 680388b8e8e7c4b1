//! Warns before a clock runs out: by bell and notice, at most once for each clock of a lead (N5, F71).

use std::collections::BTreeSet;

use chrono::Timelike;

use super::effect::{Ask, Effect};
use super::model::{Model, StatusKind};
use super::msg::Soon;
use super::out::Out;
use crate::handoff::Time;
use crate::handoff::lead::LeadId;
use crate::handoff::summary::{ClockKind, Deadline};

/// What comes next, and what was told.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Alarms {
    /// The leads that are due next, the first one first; nothing until the store has said so.
    soon: Option<Vec<Soon>>,
    /// What was warned of.
    told: BTreeSet<(LeadId, ClockKind)>,
    /// The same by the second at which a promise ends: the hub warns of it as well.
    promised: BTreeSet<(LeadId, i64)>,
    /// The store is asked.
    asked: bool,
    /// While alerts are on their way, what rings is gathered: one lead that came may be told of in several ways.
    gathered: Option<Vec<(String, bool)>>,
}

impl Alarms {
    /// The clock that runs out next.
    pub fn next(&self) -> Option<Deadline> {
        self.soon.iter().flatten().next().map(|soon| soon.deadline)
    }
}

/// What comes next may have changed: asks for it, once the first frame stands.
pub fn look_again(model: &mut Model, out: &mut Out) {
    if model.alarms.soon.is_some() {
        ask(model, out);
    }
}

fn ask(model: &mut Model, out: &mut Out) {
    model.alarms.asked = true;
    model.alarms.gathered.get_or_insert_default();
    out.ask(Ask::Soon);
    out.ask(Ask::Alerts);
}

/// The answer came. What is near already when the app opens is on the screen: no bell rings for it.
pub fn fill(model: &mut Model, soon: Vec<Soon>, out: &mut Out) {
    let (is_first, before) = (model.alarms.soon.is_none(), model.alarms.next());
    (model.alarms.soon, model.alarms.asked) = (Some(soon), false);
    let near = take_near(model);
    if !is_first && !near.is_empty() {
        warn(model, &near, out);
    } else if !model.settings.title || model.alarms.next() == before {
        out.quiet();
    }
}

/// The answer will not come now; it is asked for again when something changes.
pub fn missed(model: &mut Model) {
    model.alarms.asked = false;
    model.alarms.soon.get_or_insert_default();
}

/// Time passed.
pub fn tick(model: &mut Model, out: &mut Out) {
    let now = model.now;
    let near = take_near(model);
    warn(model, &near, out);
    let alarms = &mut model.alarms;
    let known = alarms.soon.as_ref().map_or(0, Vec::len);
    if let Some(soon) = &mut alarms.soon {
        soon.retain(|soon| soon.deadline.due.is_none_or(|due| due > now));
    }
    let is_behind = alarms.soon.as_ref().is_none_or(|soon| soon.len() < known);
    if is_behind && !alarms.asked {
        ask(model, out);
    }
}

/// When time alone changes something here.
pub fn next_tick(model: &Model) -> Option<Time> {
    let Some(soon) = &model.alarms.soon else { return (!model.alarms.asked).then_some(model.now) };
    let due = soon.iter().filter_map(|soon| soon.deadline.due);
    let bell = due.clone().filter_map(|due| Some(due - model.settings.warn?)).filter(|&at| at > model.now);
    due.filter(|&due| due > model.now).chain(bell).min()
}

/// Those that are near and were not told of: they count as told from now on.
fn take_near(model: &mut Model) -> Vec<Soon> {
    let Some(warn) = model.settings.warn else { return Vec::new() };
    let Alarms { soon, told, promised, .. } = &mut model.alarms;
    let now = model.now;
    let is_near = |soon: &&Soon| soon.deadline.due.is_some_and(|due| due > now && due - warn <= now);
    let near = soon.iter().flatten().filter(is_near);
    let near = near.filter(|soon| told.insert((soon.lead, soon.deadline.clock)));
    let is_first = |soon: &&Soon| soon.deadline.due.is_none_or(|due| promised.insert((soon.lead, due.timestamp())));
    near.filter(is_first).copied().collect()
}

/// Nothing that a lead says is told: a notice may be read by others.
fn warn(model: &mut Model, near: &[Soon], out: &mut Out) {
    let text = match near {
        [] => return,
        [Soon { lead, deadline }] => {
            let format = if model.settings.twelve_hours { "%-I:%M %P" } else { "%H:%M" };
            let due = deadline.due.map(|due| due.with_timezone(&model.settings.zone).format(format).to_string());
            format!("{lead} is due at {}, {}", due.unwrap_or_default(), deadline.clock.label())
        }
        many => format!("{} leads are about to be late", many.len()),
    };
    model.log(text.clone(), false);
    if model.status.is_none() {
        model.say(StatusKind::Info, text.clone());
    }
    alert(model, text, false, out);
}

/// Nobody has warned of this promise, of this lead and until then, yet; from now on somebody has. What comes long before
/// its end is no last warning, and takes its place from none.
pub fn is_first_of(model: &mut Model, lead: LeadId, until: Time) -> bool {
    if model.settings.warn.is_none_or(|warn| until - warn > model.now) {
        return true;
    }
    model.alarms.promised.insert((lead, until.timestamp()))
}

/// Rings the bell and shows a notice, as configured; in quiet hours only for what is urgent (F75). Everything that rings
/// goes through here.
pub fn alert(model: &mut Model, text: String, is_urgent: bool, out: &mut Out) {
    match &mut model.alarms.gathered {
        Some(gathered) => gathered.push((text, is_urgent)),
        None => ring(model, text, is_urgent, out),
    }
}

/// Whatever was to ring is known: it rings once.
pub fn ring_gathered(model: &mut Model, out: &mut Out) {
    let gathered = model.alarms.gathered.take().unwrap_or_default();
    if gathered.is_empty() {
        return;
    }
    let is_urgent = gathered.iter().any(|(_, is_urgent)| *is_urgent);
    let texts: Vec<String> = gathered.into_iter().map(|(text, _)| text).collect();
    ring(model, texts.join("; "), is_urgent, out);
}

fn ring(model: &Model, text: String, is_urgent: bool, out: &mut Out) {
    let local = model.now.with_timezone(&model.settings.policy.calendar.zone());
    let minute = u16::try_from(local.num_seconds_from_midnight() / 60).unwrap_or_default();
    if !is_urgent && model.settings.quiet.is_some_and(|quiet| quiet.has_minute(minute)) {
        return;
    }
    if model.settings.bell {
        out.push(Effect::Bell);
    }
    out.push(Effect::Notify(text));
}
