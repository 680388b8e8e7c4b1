//! The team's policy in TOML: every number of [`crate::handoff::policy`].

use crate::handoff::lead::TriggerKind::{self, Content, Demo, HandRaiser, Manual, Pricing, Threshold, Webinar};
use crate::handoff::policy::{
    Anchor, Combine, DeferralPolicy, GateMode, GatePolicy, Policy, Shortfall, SlaPolicy, SlaRule, TouchPolicy,
};
use crate::handoff::score::Category;
use crate::handoff::sla::{self, AfterHours, Budget, Mode};
use crate::reading::Place;
use crate::reading::{Item, Section};

const DAY: u32 = 86_400;

/// Reads `[policy]` over `policy`, and the name of the calendar that it asks for.
pub(super) fn read(policy: &mut Policy, calendar: &mut Option<(String, Place)>, s: &mut Section<'_>) {
    if let Some(preset) =
        s.read("preset", |item| item.one_of(&[("default", Preset::Default), ("lenient", Preset::Lenient)]))
    {
        policy.sla.rules = preset.rules();
    }
    s.set("version", &mut policy.version, Item::words);
    s.set("calendar", calendar, |item| Ok(Some((item.words()?, item.place()))));
    s.set("undo", &mut policy.undo_seconds, |item| item.seconds(600));
    s.section("sla", |s| sla(&mut policy.sla, s));
    s.section("after_hours", |s| after_hours(&mut policy.sla.after_hours, s));
    s.section("gate", |s| gate(&mut policy.gate, s));
    s.section("deferral", |s| deferral(&mut policy.deferral, s));
    s.section("touches", |s| touches(&mut policy.touches, s));
}

/// Ready-made SLA tables.
#[derive(Clone, Copy)]
enum Preset {
    /// The strictest promise of each kind that a source makes, with the categories as caps (C1).
    Default,
    /// The first source's promises (R64): 2 hours for whoever asks, 24 hours for the rest, and no caps by category.
    Lenient,
}

impl Preset {
    fn rules(self) -> Vec<SlaRule> {
        let rule = |name: &str, triggers: &[TriggerKind], budget, mode| SlaRule {
            name: name.into(),
            triggers: triggers.to_vec(),
            categories: Vec::new(),
            sources: Vec::new(),
            budget,
            mode,
        };
        match self {
            Self::Default => SlaPolicy::default().rules,
            Self::Lenient => vec![
                rule("high intent", &[Demo, Pricing, HandRaiser], 2 * 3600, Mode::Business),
                rule("webinar and the rest", &[Webinar, Threshold, Manual, Content], DAY, Mode::WallRoll),
            ],
        }
    }
}

fn sla(sla: &mut SlaPolicy, s: &mut Section<'_>) {
    let anchors = [("mql_converted", Anchor::MqlConverted), ("assigned", Anchor::Assigned)];
    s.set("anchor", &mut sla.anchor, |item| item.one_of(&anchors));
    s.set("combine", &mut sla.combine, |item| item.one_of(&[("min", Combine::Min), ("first", Combine::First)]));
    s.set("acknowledge", &mut sla.acknowledge, |item| item.seconds(30 * DAY));
    s.set("no_activity", &mut sla.no_activity, |item| item.seconds(30 * DAY));
    s.set("black_hole", &mut sla.black_hole, |item| item.seconds(90 * DAY));
    s.set("stalled_days", &mut sla.stalled_days, |item| item.whole(1..=365));
    s.set("due_within", &mut sla.due_within, |item| item.seconds(30 * DAY));
    if let Some(rules) = s.sections("rules", rule) {
        sla.rules = rules;
    }
}

fn rule(s: &mut Section<'_>) -> SlaRule {
    let triggers = TriggerKind::ALL.map(|kind| (kind.code(), kind));
    let categories = [("A", Category::A), ("B", Category::B), ("C", Category::C)];
    let modes = [Mode::Business, Mode::Wall, Mode::WallRoll, Mode::SameDay].map(|mode| (mode.name(), mode));
    let mode = s.read_or("mode", Mode::Business, |item| item.one_of(&modes)).unwrap_or_default();
    let seconds = |item: &Item<'_>| item.seconds(365 * DAY);
    // The day itself is the budget of `same_day`.
    let budget = if mode == Mode::SameDay { s.read("budget", seconds) } else { s.require("budget", seconds) };
    SlaRule {
        name: s.require("name", Item::words).unwrap_or_default(),
        triggers: s.read("triggers", |item| item.list(|item| item.one_of(&triggers))).unwrap_or_default(),
        categories: s.read("categories", |item| item.list(|item| item.one_of(&categories))).unwrap_or_default(),
        sources: s.read("sources", Item::texts).unwrap_or_default(),
        budget: budget.unwrap_or_default(),
        mode,
    }
}

fn after_hours(after_hours: &mut AfterHours, s: &mut Section<'_>) {
    let combine = [("min", sla::Combine::Min), ("max", sla::Combine::Max), ("protocol", sla::Combine::Protocol)];
    let budget = |item: &Item<'_>| {
        let seconds = item.seconds(30 * DAY)?;
        Budget::from_seconds(i64::from(seconds)).map_err(|error| item.said(error))
    };
    s.set("auto_response", &mut after_hours.auto_response, budget);
    s.set("personal", &mut after_hours.personal, budget);
    s.set("combine", &mut after_hours.combine, |item| item.one_of(&combine));
}

fn gate(gate: &mut GatePolicy, s: &mut Section<'_>) {
    let modes = [("strict", GateMode::Strict), ("relaxed", GateMode::Relaxed)];
    s.set("mode", &mut gate.mode, |item| item.one_of(&modes));
    s.set("skips", &mut gate.skips, |item| item.whole(0..=100));
    s.set("skip_for", &mut gate.skip_for, |item| item.seconds(30 * DAY));
}

fn deferral(deferral: &mut DeferralPolicy, s: &mut Section<'_>) {
    s.set("days", &mut deferral.days, |item| item.whole(1..=3650));
    s.set("most", &mut deferral.most, |item| item.whole(0..=100));
}

fn touches(touches: &mut TouchPolicy, s: &mut Section<'_>) {
    s.set("least", &mut touches.least, |item| item.whole(0..=1000));
    s.set("most", &mut touches.most, |item| item.whole(1..=1000));
    s.set("days", &mut touches.days, |item| item.whole(1..=365));
    let shortfalls = [("flag", Shortfall::Flag), ("recycle", Shortfall::Recycle)];
    s.set("shortfall", &mut touches.shortfall, |item| item.one_of(&shortfalls));
    s.set("generic_count", &mut touches.generic_count, Item::flag);
    s.set("require_citation", &mut touches.require_citation, Item::flag);
    if touches.least > touches.most {
        s.refuse_section(
            format!(
                "“least” ({}) is above “most” ({}), so that no lead could be recycled in time",
                touches.least, touches.most
            ),
            "lower “least”",
        );
    }
}
