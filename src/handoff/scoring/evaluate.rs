//! Evaluating a model: points and factors become a total, with a ledger that adds up to it.

use super::super::Time;
use super::super::activity::Activity;
use super::super::lead::Lead;
use super::super::score::{Axis, Category, Score, ScorePart};
use super::hits::{Hit, hits};
use super::model::{Effect, Matcher, Mode, Model, Rule};

/// A score with all that explains it.
#[derive(Clone, Debug, PartialEq)]
pub struct Evaluation {
    /// The score. The points of its parts add up to the total.
    pub score: Score,
    /// The total before rounding, 0 to 100.
    pub exact: f64,
    /// A, B or C, if engagement is high (R24).
    pub category: Option<Category>,
    /// The engagement that the category was judged by, in points.
    pub engagement: f64,
    /// The readiness that the category was judged by, in points.
    pub readiness: f64,
    /// The rules behind the parts, in the same order.
    pub contributions: Vec<Contribution>,
    /// What disqualified the lead, if anything did (F27), even if the total was low already.
    pub blocked: Option<String>,
}

/// The rule behind one part of the score.
#[derive(Clone, Debug, PartialEq)]
pub struct Contribution {
    /// Its name in the model.
    pub rule: String,
    /// How many activities counted; 1 for a fact.
    pub count: usize,
    /// It says little about intent (R30).
    pub low_signal: bool,
}

/// A rule that matched, with what it brings.
struct Entry<'a> {
    rule: &'a Rule,
    count: usize,
    /// When it was earned last.
    at: Option<Time>,
    /// Points that count. For a factor: the points that its share of the readiness makes of it.
    points: f64,
    /// Points before decay and caps.
    full: f64,
    /// The factor, after decay; 1 for anything else.
    factor: f64,
}

/// Evaluates a model for a lead at `now`. Pure; the order of the trail does not matter.
pub fn evaluate(model: &Model, lead: &Lead, trail: &[Activity], now: Time) -> Evaluation {
    evaluate_without(model, lead, trail, now, |_| false)
}

/// The same as if the rules for which `leave_out` holds had not matched.
pub(super) fn evaluate_without(
    model: &Model,
    lead: &Lead,
    trail: &[Activity],
    now: Time,
    leave_out: impl Fn(&Rule) -> bool,
) -> Evaluation {
    let matched = |rule: &&Rule| !leave_out(rule);
    let mut entries: Vec<Entry<'_>> =
        model.rules.iter().filter(matched).filter_map(|rule| entry(rule, lead, trail, now)).collect();
    cap_groups(model, &mut entries);
    cap_axes(model, &mut entries);
    keep_largest_factors(&mut entries);

    let (engagement, readiness, mut exact) = match model.mode {
        Mode::Additive => additive(&mut entries),
        Mode::Weighted { engagement } => weighted(model, &mut entries, engagement),
        Mode::Multiplicative => multiplicative(model, &mut entries),
    };
    let mut category = category(model, engagement, readiness);
    let mut blocked = None;
    // The strictest disqualifier speaks; the others have nothing left to take away.
    let strictest = entries.iter_mut().filter_map(|entry| limit(entry.rule).map(|limit| (limit, entry)));
    if let Some((limit, entry)) = strictest.min_by(|a, b| a.0.total_cmp(&b.0)) {
        entry.points = limit.min(exact) - exact;
        exact += entry.points;
        category = None;
        blocked = Some(entry.rule.label.clone());
    }
    finish(
        model,
        entries,
        Evaluation {
            score: Score {
                total: 0,
                fit: None,
                intent: None,
                behavior: None,
                parts: Vec::new(),
                model: None,
                evaluated: None,
            },
            exact: exact.clamp(0.0, 100.0),
            category,
            engagement,
            readiness,
            contributions: Vec::new(),
            blocked,
        },
    )
}

/// What a rule brings by itself, before groups and dimensions are capped; nothing if it does not match.
fn entry<'a>(rule: &'a Rule, lead: &Lead, trail: &[Activity], now: Time) -> Option<Entry<'a>> {
    let hits = match &rule.matcher {
        Matcher::Activity(wanted) => hits(rule, wanted, lead, trail, now),
        Matcher::Lead(wanted) => wanted.matches(lead).then_some(Hit { at: None, left: 1.0 }).into_iter().collect(),
    };
    let at = hits.iter().filter_map(|hit| hit.at).max();
    let mut entry = Entry { rule, count: hits.len(), at, points: 0.0, full: 0.0, factor: 1.0 };
    match rule.effect {
        Effect::Points(points) => {
            let cap = rule.cap.unwrap_or(f64::INFINITY);
            entry.full = points * hits.len() as f64;
            entry.points = (points * hits.iter().map(|hit| hit.left).sum::<f64>()).clamp(-cap, cap);
        }
        Effect::Factor(factor) => {
            let left = hits.iter().map(|hit| hit.left).fold(0.0, f64::max);
            entry.factor = 1.0 + (factor - 1.0) * left;
        }
        Effect::CapTotal(_) | Effect::Block => {}
    }
    (entry.count > 0).then_some(entry)
}

/// Caps limit what is earned; what is taken away is taken away all the same.
fn cap(entries: &mut [Entry<'_>], most: f64, belongs: impl Fn(&Rule) -> bool) {
    share_out(entries, most, |entry| entry.points > 0.0 && belongs(entry.rule));
}

/// Shares out so many points among the parts, the largest first: what does not fit any more counts for nothing, so
/// that the ledger shows whole numbers instead of slices of each.
fn share_out(entries: &mut [Entry<'_>], most: f64, is_part: impl Fn(&Entry<'_>) -> bool) {
    let mut parts: Vec<&mut Entry<'_>> = entries.iter_mut().filter(|entry| is_part(entry)).collect();
    parts.sort_by(|a, b| b.points.abs().total_cmp(&a.points.abs()));
    let mut room = most;
    for part in parts {
        part.points = part.points.clamp(-room, room);
        room -= part.points.abs();
    }
}

fn cap_groups(model: &Model, entries: &mut [Entry<'_>]) {
    for (group, &most) in &model.group_caps {
        cap(entries, most, |rule| rule.group.as_ref() == Some(group));
    }
}

fn cap_axes(model: &Model, entries: &mut [Entry<'_>]) {
    for axis in [Axis::Fit, Axis::Intent, Axis::Behavior] {
        if let Some(most) = model.axis_cap(axis) {
            cap(entries, most, |rule| rule.axis == axis);
        }
    }
}

/// Of the factors of a group only the largest counts, the first of equals.
fn keep_largest_factors(entries: &mut Vec<Entry<'_>>) {
    let mut best: Vec<(&str, f64, &str)> = Vec::new();
    for entry in entries.iter().filter(|entry| matches!(entry.rule.effect, Effect::Factor(_))) {
        let Some(group) = entry.rule.group.as_deref() else { continue };
        match best.iter_mut().find(|known| known.0 == group) {
            Some(known) if known.1 >= entry.factor => {}
            Some(known) => (known.1, known.2) = (entry.factor, &entry.rule.name),
            None => best.push((group, entry.factor, &entry.rule.name)),
        }
    }
    entries.retain(|entry| {
        let beaten = |known: &(&str, f64, &str)| Some(known.0) == entry.rule.group.as_deref();
        !matches!(entry.rule.effect, Effect::Factor(_))
            || best.iter().find(|known| beaten(known)).is_none_or(|known| known.2 == entry.rule.name)
    });
}

fn sum(entries: &[Entry<'_>], of: impl Fn(Axis) -> bool) -> f64 {
    entries.iter().filter(|entry| of(entry.rule.axis)).map(|entry| entry.points).sum()
}

/// Brings the sum of the points within 0 and `most`: too much cuts what is earned, too little what is taken away. The
/// ledger then still adds up.
fn fit_sum(entries: &mut [Entry<'_>], most: f64) -> f64 {
    let earned: f64 = entries.iter().map(|entry| entry.points.max(0.0)).sum();
    let taken: f64 = entries.iter().map(|entry| -entry.points.min(0.0)).sum();
    if earned - taken > most {
        share_out(entries, most + taken, |entry| entry.points > 0.0);
    } else if earned < taken {
        share_out(entries, earned, |entry| entry.points < 0.0);
    }
    (earned - taken).clamp(0.0, most)
}

/// Engagement, readiness and total.
fn additive(entries: &mut [Entry<'_>]) -> (f64, f64, f64) {
    let engagement = sum(entries, |axis| matches!(axis, Axis::Intent | Axis::Behavior));
    let readiness = sum(entries, |axis| matches!(axis, Axis::Fit | Axis::Intent));
    (engagement, readiness, fit_sum(entries, 100.0))
}

fn weighted(model: &Model, entries: &mut [Entry<'_>], share: f64) -> (f64, f64, f64) {
    let engagement = fit_sum(entries, 100.0);
    let readiness = readiness(model, entries);
    for entry in entries.iter_mut() {
        entry.points *= share;
        entry.full *= share;
    }
    spread(entries, (1.0 - share) * readiness);
    (engagement, readiness, share * engagement + (1.0 - share) * readiness)
}

fn multiplicative(model: &Model, entries: &mut [Entry<'_>]) -> (f64, f64, f64) {
    let points = fit_sum(entries, f64::MAX);
    let total = (points * product(entries)).min(100.0);
    let kept = fit_sum(entries, 100.0);
    let readiness = readiness(model, entries);
    spread(entries, total - kept);
    (kept, readiness, total)
}

fn product(entries: &[Entry<'_>]) -> f64 {
    entries.iter().map(|entry| entry.factor).product()
}

/// R of C11: how far the product is on its way from 1 to the highest that the model allows, times 100.
fn readiness(model: &Model, entries: &[Entry<'_>]) -> f64 {
    let mut groups: Vec<(&str, f64)> = Vec::new();
    for rule in &model.rules {
        let Effect::Factor(factor) = rule.effect else { continue };
        let group = rule.group.as_deref().unwrap_or(&rule.name);
        match groups.iter_mut().find(|known| known.0 == group) {
            Some(known) => known.1 = known.1.max(factor),
            None => groups.push((group, factor)),
        }
    }
    let highest: f64 = groups.iter().map(|group| group.1).product();
    if highest > 1.0 { 100.0 * (product(entries) - 1.0) / (highest - 1.0) } else { 0.0 }
}

/// Gives each factor its share of the points that all of them bring: by its logarithm, since factors multiply.
fn spread(entries: &mut [Entry<'_>], points: f64) {
    let whole = product(entries).ln();
    for entry in entries.iter_mut().filter(|entry| entry.factor > 1.0) {
        entry.points = points * entry.factor.ln() / whole;
        entry.full = entry.points;
    }
}

fn category(model: &Model, engagement: f64, readiness: f64) -> Option<Category> {
    let levels = &model.levels;
    // A hair of tolerance: sums of decimal points must reach the number that a person adds up to.
    let reaches = |points: f64, level: f64| points >= level - 1e-9;
    match readiness {
        _ if !reaches(engagement, levels.engagement) => None,
        points if reaches(points, levels.high) => Some(Category::A),
        points if reaches(points, levels.medium) => Some(Category::B),
        _ => Some(Category::C),
    }
}

/// The most total that a disqualifier leaves.
fn limit(rule: &Rule) -> Option<f64> {
    match rule.effect {
        Effect::CapTotal(most) => Some(f64::from(most)),
        Effect::Block => Some(0.0),
        Effect::Points(_) | Effect::Factor(_) => None,
    }
}

/// Writes the score: the ledger, the largest first, and whole numbers that add up.
fn finish(model: &Model, mut entries: Vec<Entry<'_>>, mut evaluation: Evaluation) -> Evaluation {
    entries.sort_by(|a, b| b.points.abs().total_cmp(&a.points.abs()));
    let of_axis = |axis| entries.iter().filter(|entry| part_axis(entry.rule) == axis).map(|entry| entry.points).sum();
    let axes = [Axis::Fit, Axis::Intent, Axis::Behavior];
    let whole = whole(axes.map(of_axis));
    let has = |axis| model.rules.iter().any(|rule| part_axis(rule) == axis);
    let [fit, intent, behavior] = [0, 1, 2].map(|index| has(axes[index]).then_some(whole[index]));
    evaluation.score = Score {
        total: evaluation.exact.round() as i32,
        fit,
        intent,
        behavior,
        parts: entries.iter().map(part).collect(),
        model: Some(model.label()),
        evaluated: None,
    };
    evaluation.contributions = entries
        .iter()
        .map(|entry| Contribution {
            rule: entry.rule.name.clone(),
            count: entry.count,
            low_signal: entry.rule.low_signal,
        })
        .collect();
    evaluation
}

/// A disqualifier takes from the total, not from a dimension.
fn part_axis(rule: &Rule) -> Axis {
    if limit(rule).is_some() { Axis::Combined } else { rule.axis }
}

/// What disqualified the lead, if the model that gave this score says that anything did (F27). A source's own score never
/// says so: what it cannot split is no disqualifier.
pub fn disqualified(score: &Score) -> Option<&str> {
    // Only models have versions (see `Score::model`).
    let is_of_model = score.model.as_deref().is_some_and(|model| model.contains('@'));
    let limit = score.parts.iter().find(|part| part.axis == Axis::Combined && part.points <= 0.0)?;
    is_of_model.then_some(limit.label.as_str())
}

fn part(entry: &Entry<'_>) -> ScorePart {
    let mut label = entry.rule.label.clone();
    if let Effect::Factor(_) = entry.rule.effect {
        label = format!("{label}, factor {}", (entry.factor * 100.0).round() / 100.0);
    } else if entry.count > 1 && limit(entry.rule).is_none() {
        label = format!("{label} ×{}", entry.count);
    }
    ScorePart {
        axis: part_axis(entry.rule),
        label,
        // `+ 0.0` turns −0 into 0.
        points: entry.points + 0.0,
        full: (limit(entry.rule).is_none() && (entry.full - entry.points).abs() > 0.005).then_some(entry.full),
        at: entry.at,
    }
}

/// Rounds so that the sum of the rounded is the rounded sum: what is cut off goes to the largest remainders.
fn whole(points: [f64; 3]) -> [i32; 3] {
    let mut whole = points.map(|points| points.floor() as i32);
    let missing = points.iter().sum::<f64>().round() as i32 - whole.iter().sum::<i32>();
    let mut order = [0, 1, 2];
    order.sort_by(|&a, &b| (points[b] - points[b].floor()).total_cmp(&(points[a] - points[a].floor())));
    for &index in order.iter().take(missing.max(0) as usize) {
        whole[index] += 1;
    }
    whole
}
