//! The team's escalation in TOML: `[escalation]` with its steps and its alerts.

use chrono::Weekday;

use crate::handoff::activity::ActivityKind;
use crate::handoff::alert::{AlertPolicy, IntentRule};
use crate::handoff::calendar::Window;
use crate::handoff::escalation::{Deed, EscalationPolicy, On, Step};
use crate::handoff::lead::TriggerKind;
use crate::reading::{Item, Read, Section, Wrong};

const DAY: u32 = 86_400;

/// Reads `[escalation]` over `into`.
pub(super) fn read(into: &mut EscalationPolicy, s: &mut Section<'_>) {
    let wait = |item: &Item<'_>| item.seconds(30 * DAY);
    s.set("warn_share", &mut into.warn_share, |item| item.whole(0..=99));
    s.set("warn_least", &mut into.warn_least, wait);
    s.set("reroutes", &mut into.reroutes, |item| item.whole(0..=20));
    s.set("personal_message", &mut into.personal_message, wait);
    s.set("quality_check", &mut into.quality_check, wait);
    s.set("completion", &mut into.completion, wait);
    s.set("unassigned", &mut into.unassigned, wait);
    s.set("contact_grace", &mut into.contact_grace, wait);
    s.set("no_show", &mut into.no_show, wait);
    s.set("queue", &mut into.queue, Item::words);
    let triggers = TriggerKind::ALL.map(|kind| (kind.code(), kind));
    s.set("urgent", &mut into.urgent, |item| item.list(|item| item.one_of(&triggers)));
    let mut names = Vec::new();
    if let Some(steps) = s.sections("steps", |s| step(s, &mut names)) {
        into.steps = steps;
    }
    s.section("alerts", |s| alerts(&mut into.alerts, s));
}

fn step(s: &mut Section<'_>, names: &mut Vec<String>) -> Step {
    let name = s.require("name", Item::words).unwrap_or_default();
    if !name.is_empty() && names.contains(&name) {
        s.refuse_section(
            format!("there is another step “{name}”, so that nobody could tell which of them was taken"),
            "give it a name of its own",
        );
    }
    let deeds = s.require("do", deeds).unwrap_or_default();
    let mut step =
        Step::new(name.clone(), s.require("on", |item| item.one_of(&On::ALL)).unwrap_or(On::Acceptance), &deeds);
    names.push(name);
    s.set("window", &mut step.window, |item| item.whole(1..=100).map(Some));
    s.set("after", &mut step.after, |item| match item.whole::<u32>(0..=0) {
        Ok(none) => Ok(none),
        Err(_) => item.seconds(30 * DAY),
    });
    s.set("urgent", &mut step.is_urgent, Item::flag);
    s.set("repeat", &mut step.repeat, |item| item.whole(0..=20));
    s.set("every", &mut step.every, |item| item.seconds(30 * DAY));
    s.set("days", &mut step.days, |item| item.list(weekday));
    s.set("hours", &mut step.hours, window);
    if step.repeat > 0 && !deeds.is_empty() && !deeds.iter().any(|deed| deed.can_repeat()) {
        s.refuse_section("this step has “repeat”, and nothing in “do” can be repeated", "take “repeat” out");
    }
    step
}

fn deeds(item: &Item<'_>) -> Read<Vec<Deed>> {
    let deeds = item.list(|item| item.one_of(&Deed::ALL))?;
    if deeds.is_empty() {
        return Err(item.wrong_hint("a step that does nothing is none", "say what it does, or take it out"));
    }
    let away = deeds.iter().position(|deed| deed.takes_away());
    if let Some(later) = away.and_then(|at| deeds.get(at + 1)) {
        let what = format!("“{}” would never be done: what stands before it takes the lead away", later.code());
        return Err(item.wrong_hint(what, "put what takes the lead away last, and once"));
    }
    Ok(deeds)
}

fn weekday(item: &Item<'_>) -> Read<Weekday> {
    use Weekday::{Fri, Mon, Sat, Sun, Thu, Tue, Wed};
    item.one_of(&[("mon", Mon), ("tue", Tue), ("wed", Wed), ("thu", Thu), ("fri", Fri), ("sat", Sat), ("sun", Sun)])
}

/// A stretch of the day; nothing for the empty text.
fn window(item: &Item<'_>) -> Read<Option<Window>> {
    let written = item.text()?.trim();
    if written.is_empty() {
        return Ok(None);
    }
    let wrong = |problem: &dyn ToString| Wrong {
        hint: Some(problem.to_string()),
        ..item.said(format!("“{written}” is not a stretch of the day"))
    };
    written.parse().map(Some).map_err(|problem: crate::handoff::calendar::WindowError| wrong(&problem))
}

fn alerts(into: &mut AlertPolicy, s: &mut Section<'_>) {
    s.set("dedup", &mut into.dedup, |item| item.seconds(30 * DAY));
    s.set("per_hour", &mut into.per_hour, |item| item.whole(1..=1000));
    s.set("quiet", &mut into.quiet, window);
    s.set("personal_data", &mut into.personal_data, Item::flag);
    if let Some(rules) = s.sections("high_intent", intent) {
        into.high_intent = rules;
    }
}

fn intent(s: &mut Section<'_>) -> IntentRule {
    let kinds = ActivityKind::ALL.map(|kind| (kind.code(), kind));
    let name = s.require("name", Item::words).unwrap_or_default();
    let kinds = s.require("kinds", |item| {
        let kinds = item.list(|item| item.one_of(&kinds))?;
        if kinds.is_empty() {
            Err(item.wrong("“kinds” is empty, so that nothing could ever count"))
        } else {
            Ok(kinds)
        }
    });
    IntentRule {
        name,
        kinds: kinds.unwrap_or_default(),
        words: s.read("words", Item::texts).unwrap_or_default(),
        count: s.read_or("count", 1, |item| item.whole(1..=1000)).unwrap_or(1),
        within: s.read_or("within", 2 * 3600, |item| item.seconds(30 * DAY)).unwrap_or_default(),
    }
}
