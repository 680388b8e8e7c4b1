//! Scoring models in TOML: the presets that are built in (C9), and files of one's own in the same form.

use std::collections::BTreeMap;

use crate::handoff::activity::{ActivityKind, Direction};
use crate::handoff::lead::TriggerKind;
use crate::handoff::score::Axis;
use crate::handoff::scoring::{
    ActivityMatch, Band, Decay, Effect, LeadMatch, Levels, Matcher, Mode, Model, Repeat, Rule, Step,
};
use crate::reading::ConfigError;
use crate::reading::{self, Item, Read, Section};

/// The presets: file and text.
const PRESETS: [(&str, &str); 4] = [
    ("assets/scoring/s2-breakdown.toml", include_str!("../../assets/scoring/s2-breakdown.toml")),
    ("assets/scoring/s1-points.toml", include_str!("../../assets/scoring/s1-points.toml")),
    ("assets/scoring/s3-hybrid.toml", include_str!("../../assets/scoring/s3-hybrid.toml")),
    ("assets/scoring/s0-fit-interest.toml", include_str!("../../assets/scoring/s0-fit-interest.toml")),
];

/// The model for leads without a score of their own, where nothing else is configured.
pub(super) const DEFAULT_MODEL: &str = "s2-breakdown";

/// The models that are built in.
pub fn preset_models() -> Result<Vec<Model>, ConfigError> {
    PRESETS.iter().map(|(file, text)| parse_model(text, file)).collect()
}

/// Reads a model from a file's text; `file` is what errors call it.
pub fn parse_model(text: &str, file: &str) -> Result<Model, ConfigError> {
    // Where something is missing, `read` fails and the stand-ins are never seen.
    reading::read(file, text, model).map(|(model, _)| model)
}

fn model(s: &mut Section<'_>) -> Model {
    let id = s.require("id", Item::words).unwrap_or_default();
    let version = s.require("version", |item| item.whole(1..=1_000_000)).unwrap_or_default();
    let about = s.read("about", Item::words).unwrap_or_default();
    let share = s.read("engagement_share", |item| item.number(0.0..=1.0)).unwrap_or(0.4);
    let modes = [
        ("additive", Mode::Additive),
        ("weighted", Mode::Weighted { engagement: share }),
        ("multiplicative", Mode::Multiplicative),
    ];
    let mode = s.require("mode", |item| item.one_of(&modes)).unwrap_or(Mode::Additive);
    let threshold = s.read("threshold", |item| item.whole(0..=100)).unwrap_or(65);
    let decay = s.read("decay", decay).unwrap_or_default();
    let points = |item: &Item<'_>| item.number(0.0..=1000.0);
    let [fit_cap, intent_cap, behavior_cap] =
        s.section("caps", |s| ["fit", "intent", "behavior"].map(|axis| s.read(axis, points)));
    let group_caps: BTreeMap<String, f64> = s.section("groups", |s| {
        let caps = s.free().into_iter();
        caps.filter_map(|(group, item)| s.accept(points(&item)).map(|cap| (group, cap))).collect()
    });
    let levels = s.section("categories", |s| {
        let mut levels = Levels { engagement: 30.0, high: 50.0, medium: 25.0 };
        s.set("engagement", &mut levels.engagement, points);
        s.set("high", &mut levels.high, points);
        s.set("medium", &mut levels.medium, points);
        if levels.medium > levels.high {
            s.refuse_section("“medium” is above “high”, so that nothing could be medium", "lower it");
        }
        levels
    });
    let mut groups: BTreeMap<String, Axis> = BTreeMap::new();
    let mut names: Vec<String> = Vec::new();
    let rules = s.sections("rules", |s| {
        let rule = rule(s, mode, &decay);
        if names.contains(&rule.name) {
            s.refuse_section(format!("there are two rules named “{}”", rule.name), "give one another name");
        }
        if let Some(group) = &rule.group
            && *groups.entry(group.clone()).or_insert(rule.axis) != rule.axis
        {
            s.refuse_section(
                format!("the group “{group}” has rules of several dimensions"),
                "a group belongs to one: fit, intent or behavior",
            );
        }
        names.push(rule.name.clone());
        rule
    });
    let rules = rules.unwrap_or_default();
    let has_factor = rules.iter().any(|rule| matches!(rule.effect, Effect::Factor(factor) if factor > 1.0));
    if mode != Mode::Additive && !has_factor {
        s.refuse_section("a hybrid model needs a rule with a factor above 1", "add one, or set mode = \"additive\"");
    }
    for group in group_caps.keys().filter(|group| !groups.contains_key(*group)) {
        s.refuse_section(format!("no rule is in the group “{group}”"), "remove its cap, or name it in a rule");
    }
    Model { id, version, about, mode, threshold, fit_cap, intent_cap, behavior_cap, group_caps, levels, rules }
}

fn rule(s: &mut Section<'_>, mode: Mode, default_decay: &Decay) -> Rule {
    let name = s.require("name", Item::words).unwrap_or_default();
    let axes = [Axis::Fit, Axis::Intent, Axis::Behavior].map(|axis| (axis.code(), axis));
    let axis = s.require("axis", |item| item.one_of(&axes)).unwrap_or(Axis::Behavior);
    let activity = s.read("activity", |item| item.section(activity)).map(Matcher::Activity);
    let lead = s.read("lead", |item| item.section(lead)).map(|lead| Matcher::Lead(Box::new(lead)));
    let is_activity = activity.is_some();
    let matcher = activity.or(lead).unwrap_or_else(|| Matcher::Activity(ActivityMatch::default()));
    if s.count(&["activity", "lead"]) != 1 {
        s.refuse_section(
            format!("the rule “{name}” must look at either an activity or the lead"),
            "for instance activity = { kinds = [\"download\"] }",
        );
    }
    let rule = Rule {
        label: s.read("label", Item::words).unwrap_or_else(|| name.clone()),
        axis,
        group: s.read("group", Item::words),
        matcher,
        effect: effect(s, &name, mode),
        cap: s.read("cap", |item| item.number(0.0..=1000.0)),
        decay: s.read("decay", decay).unwrap_or_else(|| default_decay.clone()),
        repeat: s.read("repeat", repeat).unwrap_or_default(),
        max_per_day: s.read("max_per_day", |item| item.whole(1..=1000)),
        low_signal: s.read("low_signal", Item::flag).unwrap_or(false),
        name,
    };
    if !is_activity && (rule.repeat != Repeat::Every || rule.max_per_day.is_some()) {
        s.refuse_section(
            format!("the rule “{}” looks at the record, which does not repeat", rule.name),
            "remove “repeat” and “max_per_day”",
        );
    }
    rule
}

fn effect(s: &mut Section<'_>, name: &str, mode: Mode) -> Effect {
    let points = s.read("points", |item| item.number(-1000.0..=1000.0)).map(Effect::Points);
    let factor = s.read("factor", |item| item.number(1.0..=100.0)).map(Effect::Factor);
    let cap_total = s.read("cap_total", |item| item.whole(0..=100)).map(Effect::CapTotal);
    let block = s.read("block", |item| {
        item.flag()?.then_some(Effect::Block).ok_or_else(|| item.wrong_hint("“block” can only be true", "remove it"))
    });
    if s.count(&["points", "factor", "cap_total", "block"]) != 1 {
        s.refuse_section(
            format!("the rule “{name}” must have exactly one of points, factor, cap_total and block"),
            "for instance points = 10",
        );
    }
    if factor.is_some() && mode == Mode::Additive {
        s.refuse_section(
            format!("the rule “{name}” has a factor, which an additive model does not know"),
            "give it points, or make the mode “weighted” or “multiplicative”",
        );
    }
    points.or(factor).or(cap_total).or(block).unwrap_or(Effect::Block)
}

fn activity(s: &mut Section<'_>) -> ActivityMatch {
    ActivityMatch { min_age: s.read("min_age", Item::duration), max_age: s.read("max_age", Item::duration), ..act(s) }
}

/// Which activities match, whatever their age.
pub(super) fn act(s: &mut Section<'_>) -> ActivityMatch {
    let kinds = ActivityKind::ALL.map(|kind| (kind.code(), kind));
    let directions =
        [("inbound", Direction::Inbound), ("outbound", Direction::Outbound), ("internal", Direction::Internal)];
    let any = s.read("direction", |item| match item.text()? {
        "any" => Ok(None),
        _ => item.one_of(&directions).map(Some),
    });
    ActivityMatch {
        kinds: s.read("kinds", |item| item.list(|item| item.one_of(&kinds))).unwrap_or_default(),
        text: s.read("text", Item::text_or_texts).unwrap_or_default(),
        // What we did says nothing of them.
        direction: any.unwrap_or(Some(Direction::Inbound)),
        ..ActivityMatch::default()
    }
}

fn lead(s: &mut Section<'_>) -> LeadMatch {
    let wanted = lead_match(s);
    if s.is_empty() {
        s.refuse_section("the rule asks nothing of the lead", "name at least one field, such as title");
    }
    wanted
}

/// Reads what a rule asks of a lead's record.
pub(super) fn lead_match(s: &mut Section<'_>) -> LeadMatch {
    let mut texts = |key| s.read(key, Item::text_or_texts).unwrap_or_default();
    let mut wanted = LeadMatch {
        title: texts("title"),
        title_without: texts("title_without"),
        industry: texts("industry"),
        country: texts("country"),
        region: texts("region"),
        source: texts("source"),
        campaign: texts("campaign"),
        news: texts("news"),
        tech: texts("tech"),
        email_domain: texts("email_domain"),
        message: texts("message"),
        ..LeadMatch::default()
    };
    let triggers = TriggerKind::ALL.map(|kind| (kind.code(), kind));
    s.set("trigger", &mut wanted.trigger, |item| item.list(|item| item.one_of(&triggers)));
    wanted.size = s.read("size", |item| item.section(band));
    wanted.revenue = s.read("revenue", |item| item.section(band));
    wanted.do_not_contact = s.read("do_not_contact", Item::flag);
    wanted
}

/// Reads a range of numbers: `least`, `most` or both.
pub(super) fn band(s: &mut Section<'_>) -> Band {
    let mut end = |key| s.read(key, |item| item.number(0.0..=1e15));
    let band = Band { least: end("least"), most: end("most") };
    if s.is_empty() {
        s.refuse_section("the band has no end", "give least, most or both");
    }
    if band.least.zip(band.most).is_some_and(|(least, most)| least > most) {
        s.refuse_section("“least” is above “most”", "swap them");
    }
    band
}

fn decay(item: &Item<'_>) -> Read<Decay> {
    if item.is_text() {
        return item.one_of(&[("none", ())]).map(|()| Decay::None);
    }
    item.section(|s| {
        let half_life = s.read("half_life", Item::duration).map(Decay::HalfLife);
        let linear = s.read("linear", Item::duration).map(Decay::Linear);
        let steps = s.read("steps", |item| item.list(|item| item.section(step)));
        let in_order = steps.iter().flatten().zip(steps.iter().flatten().skip(1)).all(|(a, b)| a.after < b.after);
        if !in_order {
            s.refuse_section("the steps are not in the order of age", "put the youngest first");
        }
        if s.count(&["half_life", "linear", "steps"]) != 1 {
            s.refuse_section("a decay is one of half_life, linear and steps", "such as { half_life = \"60d\" }");
        }
        half_life.or(linear).or(steps.map(Decay::Steps)).unwrap_or_default()
    })
}

fn step(s: &mut Section<'_>) -> Step {
    Step {
        after: s.require("after", Item::duration).unwrap_or_default(),
        share: s.require("share", |item| item.number(0.0..=1.0)).unwrap_or_default(),
    }
}

fn repeat(item: &Item<'_>) -> Read<Repeat> {
    if item.is_text() {
        let words = [("every", 0), ("first", 1), ("latest", 2)];
        return item.one_of(&words).map(|word| [Repeat::Every, Repeat::First, Repeat::Latest][word].clone());
    }
    item.section(|s| {
        let most = s.read("most", |item| item.whole(1..=10_000));
        let needs = s.read("needs", |item| item.whole(1..=10_000));
        let within = s.read("within", Item::duration);
        if s.count(&["most", "needs"]) != 1 {
            s.refuse_section("a repeat table has “most” or “needs”", "such as { most = 3, within = \"7d\" }");
        }
        most.map(|n| Repeat::Most { n, within }).or(needs.map(|n| Repeat::Needs { n, within })).unwrap_or_default()
    })
}

#[cfg(test)]
mod tests;
