//! What the rep is to decide, as the hub told it (F72, R81-R83): a banner that takes no key, a bell and a notice as
//! configured, and the list.

use std::collections::BTreeSet;

use super::alarm;
use super::effect::Ask;
use super::model::Model;
use super::msg::AlertLine;
use super::out::Out;
use crate::handoff::Time;
use crate::handoff::alert::Category;
use crate::handoff::lead::LeadId;

/// The alerts that wait, and those that rang.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct AlertView {
    /// Those that wait, what is over first standing first; nothing until the store has said so.
    lines: Option<Vec<AlertLine>>,
    /// Those that were told of: the hub may tell of one twice.
    rung: BTreeSet<Told>,
}

/// By what an alert is known again: about whom (of a lead that is not here its number there), why, until which second,
/// what to do, and whether it is urgent. How much time is left is no part of it.
type Told = (Result<LeadId, String>, Category, i64, String, bool);

fn told(line: &AlertLine) -> Told {
    let notice = &line.notice;
    let whom = line.lead.ok_or_else(|| line.name.clone());
    (whom, notice.category, notice.until.timestamp(), notice.action.clone(), notice.is_urgent)
}

impl AlertView {
    /// Those that wait for a decision at `now`.
    pub fn waiting(&self, now: Time) -> impl Iterator<Item = &AlertLine> {
        self.lines.iter().flatten().filter(move |line| line.notice.until > now)
    }

    /// Those about this lead.
    pub fn of(&self, lead: LeadId, now: Time) -> impl Iterator<Item = &AlertLine> {
        self.waiting(now).filter(move |line| line.lead == Some(lead))
    }

    /// The one that the banner shows: not seen yet, the urgent ones first.
    pub fn banner(&self, now: Time) -> Option<&AlertLine> {
        self.waiting(now).filter(|line| line.is_new).min_by_key(|line| (!line.notice.is_urgent, line.notice.until))
    }
}

/// They came. What waited already when the app opened stands in the banner: no bell rings for it. Nothing that a lead
/// says is told outside (C16).
pub fn fill(model: &mut Model, lines: Vec<AlertLine>, out: &mut Out) {
    take(model, lines, out);
    alarm::ring_gathered(model, out);
}

fn take(model: &mut Model, lines: Vec<AlertLine>, out: &mut Out) {
    let is_first = model.alerts.lines.is_none();
    let is_same = model.alerts.lines.as_ref() == Some(&lines);
    let mut fresh = Vec::new();
    for line in lines.iter().filter(|line| line.is_new) {
        if model.alerts.rung.insert(told(line)) && !is_first {
            let is_promise = line.notice.category == Category::SlaBreachWarning;
            // The app warns of the same promise by itself: whoever is first rings.
            let is_first_of = |lead| alarm::is_first_of(model, lead, line.notice.until);
            if !is_promise || line.lead.is_none_or(is_first_of) {
                fresh.push((line.pointer(), line.notice.is_urgent));
            }
        }
    }
    model.alerts.lines = Some(lines);
    let is_urgent = fresh.iter().any(|(_, is_urgent)| *is_urgent);
    for (pointer, _) in &fresh {
        model.log(pointer.clone(), false);
    }
    // The team's alerts keep to the hours in which it works (F75): then the banner says it.
    if !fresh.is_empty() && !is_urgent && !model.settings.policy.calendar.is_open(model.now) {
        return;
    }
    match &fresh[..] {
        [] if is_same || is_first && model.alerts.banner(model.now).is_none() => out.quiet(),
        [] => {}
        [(pointer, _)] => alarm::alert(model, pointer.clone(), is_urgent, out),
        many => alarm::alert(model, format!("{} alerts wait for your decision", many.len()), is_urgent, out),
    }
}

/// The rep sees these now: those about a lead that is shown, or all of them.
pub fn see(model: &mut Model, lead: Option<LeadId>, out: &mut Out) {
    let now = model.now;
    let is_shown = |line: &&AlertLine| line.is_new && (lead.is_none() || line.lead == lead);
    let ids: Vec<i64> = model.alerts.waiting(now).filter(is_shown).map(|line| line.notice.id).collect();
    if !ids.is_empty() {
        out.ask(Ask::SeeAlerts(ids));
    }
}

/// When time alone takes one away.
pub fn next_tick(model: &Model) -> Option<Time> {
    model.alerts.waiting(model.now).map(|line| line.notice.until).min()
}
