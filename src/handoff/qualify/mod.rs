//! The trigger: what makes a lead an MQL, without discretion (R13-R16, C4, F33).
//!
//! A form or another request to talk, an event, a flag by marketing, the word of the lead's source, or a score that
//! reaches the threshold. Everything counts once: what a cycle began with does not begin the next.

#[cfg(test)]
mod tests;

use super::Time;
use super::activity::{Activity, ActivityKind, Direction};
use super::lead::{Lead, Trigger, TriggerKind};
use super::score::Score;
use super::scoring::{ActivityMatch, disqualified};

/// A team's rules for what makes an MQL.
#[derive(Clone, Debug, PartialEq)]
pub struct QualifyPolicy {
    /// The total from which on a lead is an MQL, 0 to 100 (R14): that of the scoring model in use.
    pub threshold: i32,
    /// The least points of fit that an MQL has, if any are asked for (R2). A score that does not tell its fit has none.
    pub minimum_fit: Option<i32>,
    /// Which activities make an MQL whatever the score.
    pub forms: Vec<FormRule>,
    /// The kinds of activity that are mere content: a threshold that was reached by these alone is content's (R67).
    pub content: Vec<ActivityKind>,
}

/// Which activities make a trigger of this kind.
#[derive(Clone, Debug, PartialEq)]
pub struct FormRule {
    /// The kind.
    pub trigger: TriggerKind,
    /// The activities.
    pub activity: ActivityMatch,
}

impl Default for QualifyPolicy {
    /// The numbers and words of the sources; what a form is called on the team's site is the team's to add.
    fn default() -> Self {
        use ActivityKind::{Chat, DemoRequest, Download, EmailClick, EmailOpen, Event, Form, Note, Other, Task, Trial};
        let rule = |trigger, kinds: &[ActivityKind], text: &[&str], direction| FormRule {
            trigger,
            activity: ActivityMatch {
                kinds: kinds.to_vec(),
                text: text.iter().map(|&text| text.to_owned()).collect(),
                direction: Some(direction),
                ..ActivityMatch::default()
            },
        };
        let demo = ["request a demo", "demo request", "book a demo", "schedule a demo", "get a demo", "/demo"];
        let pricing = ["pricing", "price", "quote", "quotation"];
        let talk = [
            "contact",
            "call back",
            "callback",
            "call me",
            "talk to",
            "speak to",
            "get in touch",
            "inquiry",
            "enquiry",
        ];
        Self {
            threshold: 65,
            minimum_fit: None,
            forms: vec![
                rule(TriggerKind::Demo, &[DemoRequest], &[], Direction::Inbound),
                rule(TriggerKind::Demo, &[Form], &demo, Direction::Inbound),
                rule(TriggerKind::Pricing, &[Form, Chat], &pricing, Direction::Inbound),
                rule(TriggerKind::HandRaiser, &[Form], &talk, Direction::Inbound),
                rule(TriggerKind::HandRaiser, &[Chat, Trial], &[], Direction::Inbound),
                rule(TriggerKind::Webinar, &[Event], &[], Direction::Inbound),
                // An internal record: what a lead writes into a form must not flag the lead.
                rule(TriggerKind::Manual, &[Note, Task, Other], &["#mql"], Direction::Internal),
            ],
            content: vec![Download, EmailClick, EmailOpen],
        }
    }
}

/// What makes this lead an MQL at `now`, if anything does (R13). `score` is its score now and `before` the total before
/// what happened last, if there was one. `cycle_since` is when its last cycle ended, by recycling or rejection: only
/// what happened after that counts.
///
/// Of several triggers the most urgent counts, since it decides the SLA, and of its kind the newest. The source's own
/// word ([`Lead::trigger`]) always counts. A disqualified lead (F27) is flagged by hand or not at all; the minimum fit
/// binds neither a flag nor the source. Pure; the order of the trail does not matter.
pub fn trigger(
    lead: &Lead,
    trail: &[Activity],
    score: Option<&Score>,
    before: Option<i32>,
    rules: &QualifyPolicy,
    cycle_since: Option<Time>,
    now: Time,
) -> Option<Trigger> {
    let is_disqualified = score.and_then(disqualified).is_some();
    let fits = rules.minimum_fit.is_none_or(|least| score.and_then(|score| score.fit).is_some_and(|fit| fit >= least));
    let is_new = |at: Option<Time>| cycle_since.is_none_or(|since| at.is_some_and(|at| at > since));
    let news: Vec<&Activity> = trail
        .iter()
        .filter(|activity| is_new(activity.at.or(lead.created_at)) && activity.at.is_none_or(|at| at <= now))
        .collect();

    let crossed = score.filter(|score| score.total >= rules.threshold && has_risen(score, before, rules, cycle_since));
    let is_manual = |kind| kind == TriggerKind::Manual;
    let by_source = lead.trigger.clone().filter(|told| is_new(told.at.or(lead.mql_at)));
    let by_source = by_source.filter(|told| !is_disqualified || is_manual(told.kind));
    let may = fits && !is_disqualified;
    let by_form = newest_form(lead, &news, rules, now, |kind| may || is_manual(kind)).map(|(kind, activity)| Trigger {
        kind,
        what: describe(kind, activity),
        at: activity.at,
        before: None,
        after: None,
        threshold: None,
    });
    let by_score = crossed.filter(|_| may).map(|score| threshold_crossed(score, &news, rules, now));
    let mut found = [by_source, by_form, by_score]
        .into_iter()
        .flatten()
        // The first of equals: the source's own word.
        .min_by_key(|found| urgency(found.kind))?;
    // A clock that is ahead must not date what is known now after now.
    found.at = found.at.map(|at| at.min(now));
    if let Some(score) = crossed {
        found.before = found.before.or(before);
        found.after.get_or_insert(score.total);
        found.threshold.get_or_insert(rules.threshold);
    }
    Some(found)
}

/// The smaller, the more urgent.
fn urgency(kind: TriggerKind) -> usize {
    TriggerKind::ALL.iter().position(|&other| other == kind).unwrap_or(TriggerKind::ALL.len())
}

/// Whether a score that is high enough is so anew: in the first cycle always; later if it was below the threshold
/// before, or if points were earned since.
fn has_risen(score: &Score, before: Option<i32>, rules: &QualifyPolicy, cycle_since: Option<Time>) -> bool {
    let Some(since) = cycle_since else { return true };
    before.is_some_and(|before| before < rules.threshold)
        || score.parts.iter().any(|part| part.points > 0.0 && part.at.is_some_and(|at| at > since))
}

/// The most urgent kind of trigger, of those that may be, that an activity makes, with the newest of those that make it.
fn newest_form<'a>(
    lead: &Lead,
    news: &[&'a Activity],
    rules: &QualifyPolicy,
    now: Time,
    may: impl Fn(TriggerKind) -> bool,
) -> Option<(TriggerKind, &'a Activity)> {
    let mut best: Option<(TriggerKind, &Activity)> = None;
    for rule in rules.forms.iter().filter(|rule| may(rule.trigger)) {
        // A rule for something less urgent has no say any more.
        if best.is_some_and(|(kind, _)| urgency(kind) < urgency(rule.trigger)) {
            continue;
        }
        let matching = news.iter().filter(|activity| rule.activity.matches(activity, lead.created_at, now));
        let Some(activity) = newest(matching.copied()) else { continue };
        let rivals = best.filter(|(kind, _)| *kind == rule.trigger).map(|(_, known)| known);
        best = newest(rivals.into_iter().chain([activity])).map(|activity| (rule.trigger, activity));
    }
    best
}

/// The newest; of one moment the strongest, and then by its id, so that the order of the trail never decides.
fn newest<'a>(activities: impl Iterator<Item = &'a Activity>) -> Option<&'a Activity> {
    activities.max_by_key(|&activity| (activity.at, activity.kind.strength(), activity.external_id.as_str()))
}

/// What happened, in the words of the trail.
fn describe(kind: TriggerKind, activity: &Activity) -> String {
    /// More would not fit a line.
    const LONGEST: usize = 160;
    let text = activity.text.trim();
    let words = if text.is_empty() { activity.kind.label() } else { text };
    let mut what: String = words.chars().take(LONGEST).collect();
    if what.len() < words.len() {
        what.push('…');
    }
    match &activity.actor {
        Some(actor) if kind == TriggerKind::Manual => format!("{what} (by {actor})"),
        _ => what,
    }
}

/// The threshold's trigger: what brought the last points crossed it (R16). Reached by content alone, it is content's.
fn threshold_crossed(score: &Score, news: &[&Activity], rules: &QualifyPolicy, now: Time) -> Trigger {
    let acts = || news.iter().copied().filter(|it| it.direction == Direction::Inbound && it.kind.strength() > 0);
    let earned = score.parts.iter().filter(|part| part.points > 0.0);
    let last = earned.clone().filter_map(|part| part.at).filter(|&at| at <= now).max();
    let act = newest(acts().filter(|act| last.is_some() && act.at == last)).or_else(|| newest(acts()));
    let is_content = !rules.content.is_empty() && act.is_some() && acts().all(|act| rules.content.contains(&act.kind));
    let kind = if is_content { TriggerKind::Content } else { TriggerKind::Threshold };
    // Without an act it was a fact, such as a company's size that became known.
    let largest = || earned.clone().max_by(|a, b| a.points.total_cmp(&b.points)).map(|part| part.label.clone());
    Trigger {
        kind,
        what: act
            .map(|act| describe(kind, act))
            .or_else(largest)
            .unwrap_or_else(|| format!("a score of {}", score.total)),
        at: act.and_then(|act| act.at).or(Some(now)),
        before: None,
        after: None,
        threshold: None,
    }
}
