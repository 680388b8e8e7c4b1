//! What is known of a lead after a source that spoke of a part of it only: the rest stays.

use serde_json::Value;

use super::StoreError;
use crate::handoff::arrival::{Part, Told};
use crate::handoff::lead::{Lead, Routing, SourceStage, Trigger};
use crate::handoff::score::{Axis, Score, ScorePart};
use crate::handoff::state::Stage;

/// The groups whose fields hang together, and are not taken one by one.
const TOGETHER: [&str; 4] = ["stage", "trigger", "routing", "score"];

/// The record after `came`, which speaks of what was `told`. Both are without a model's score.
pub(super) fn merge(known: &Lead, came: &Lead, told: &Told) -> Result<Lead, StoreError> {
    let (mut fields, new) = (serde_json::to_value(known)?, serde_json::to_value(came)?);
    for part in told.parts() {
        match part {
            Part::Field(group, _) if TOGETHER.contains(group) => {}
            Part::Field("", name) => put(&mut fields, Some(&new), name),
            Part::Field(group, name) => put(&mut fields[*group], new.get(group), name),
            Part::Extra(_) | Part::Points(..) | Part::Preflight(_) => {}
        }
    }
    let mut lead: Lead = serde_json::from_value(fields)?;
    // No mapping speaks of it: whoever tells the record knows it, or nobody does.
    lead.owner_id.clone_from(&came.owner_id);
    lead.stage = stage(&known.stage, &came.stage, told);
    lead.trigger = trigger(known.trigger.as_ref(), came.trigger.as_ref(), told);
    lead.routing = routing(known.routing.as_ref(), came.routing.as_ref(), told);
    lead.score = score(known.score.as_ref(), came.score.as_ref(), told);
    lead.preflight.retain(|known| {
        !told.has(&Part::Preflight(known.item.clone())) || came.preflight.iter().any(|item| item.item == known.item)
    });
    for item in &came.preflight {
        match lead.preflight.iter_mut().find(|known| known.item == item.item) {
            Some(known) => known.clone_from(item),
            None => lead.preflight.push(item.clone()),
        }
    }
    lead.extras.retain(|name, _| !told.has(&Part::Extra(name.clone())));
    lead.extras.extend(came.extras.clone());
    Ok(lead)
}

fn put(fields: &mut Value, new: Option<&Value>, name: &str) {
    let Some(fields) = fields.as_object_mut() else { return };
    match new.and_then(|new| new.get(name)) {
        Some(value) => drop(fields.insert(name.to_owned(), value.clone())),
        None => drop(fields.remove(name)),
    }
}

/// When it came to another stage, what is known of the one before says nothing of it.
fn stage(known: &SourceStage, came: &SourceStage, told: &Told) -> SourceStage {
    let has = |name| told.has_field("stage", name);
    let (raw, canonical) = match has("canonical") {
        true => (came.raw.clone(), came.canonical),
        false => (known.raw.clone(), known.canonical),
    };
    let still = (known.canonical == canonical).then_some(known);
    let is_ended = matches!(canonical, Some(Stage::Rejected | Stage::Recycled | Stage::Deferred));
    let reason = if has("reason") { came.reason.clone() } else { still.and_then(|stage| stage.reason.clone()) };
    SourceStage {
        raw,
        canonical,
        reason: reason.filter(|_| is_ended),
        since: if has("since") { came.since } else { still.and_then(|stage| stage.since) },
        until: if has("canonical") { came.until } else { known.until },
    }
}

/// Another kind is another trigger; of the same one, what was not told stays.
fn trigger(known: Option<&Trigger>, came: Option<&Trigger>, told: &Told) -> Option<Trigger> {
    let has = |name| told.has_field("trigger", name);
    if !has("kind") {
        return known.cloned();
    }
    let mut came = came?.clone();
    if let Some(known) = known.filter(|known| known.kind == came.kind) {
        if !has("what") {
            came.what.clone_from(&known.what);
        }
        came.at = if has("at") { came.at } else { known.at };
        came.before = if has("before") { came.before } else { known.before };
        came.after = if has("after") { came.after } else { known.after };
        came.threshold = if has("threshold") { came.threshold } else { known.threshold };
    }
    Some(came)
}

/// Another rule is another routing; of the same one, what was not told stays.
fn routing(known: Option<&Routing>, came: Option<&Routing>, told: &Told) -> Option<Routing> {
    let has = |name| told.has_field("routing", name);
    if !has("rule") {
        return known.cloned();
    }
    let mut came = came?.clone();
    if let Some(known) = known.filter(|known| known.rule == came.rule) {
        if !has("queue") {
            came.queue.clone_from(&known.queue);
        }
        came.pinned = if has("pinned") { came.pinned } else { known.pinned };
        came.at = if has("at") { came.at } else { known.at };
    }
    Some(came)
}

/// A score whose dimensions or parts were told in part. What was a sum is summed again; what was given stays as given.
fn score(known: Option<&Score>, came: Option<&Score>, told: &Told) -> Option<Score> {
    let is_told = told.parts().any(|part| match part {
        Part::Points(..) => true,
        Part::Field(group, name) => *group == "score" && *name != "model",
        Part::Preflight(_) | Part::Extra(_) => false,
    });
    let Some(known) = known.filter(|_| is_told) else {
        return if is_told { came.cloned() } else { known.cloned() };
    };
    let mut parts = Vec::new();
    let mut dimension = |axis: Axis, points: fn(&Score) -> Option<i32>| {
        let of =
            |score: &Score| score.parts.iter().filter(|part| part.axis == axis).cloned().collect::<Vec<ScorePart>>();
        let was_told = told.has_field("score", axis.code());
        let is_listed = |part: &ScorePart| told.has(&Part::Points(axis, part.label.clone()));
        let before = of(known);
        let new = came.map(of).unwrap_or_default();
        let mut kept: Vec<_> = before.iter().filter(|part| !is_listed(part)).cloned().collect();
        // The only part of a dimension may as well be the dimension itself.
        if was_told && kept.len() == 1 {
            kept.clear();
        }
        // And so it is where its file lists none, as long as none is known.
        let has_kept = !kept.is_empty();
        kept.extend(new.into_iter().filter(|part| is_listed(part) || !has_kept));
        let own = match (was_told, came.and_then(points), points(known)) {
            (true, Some(told), _) => Some(told),
            (false, _, Some(known)) if sum(&before) != Some(known) => Some(known),
            _ => sum(&kept),
        };
        parts.append(&mut kept);
        own
    };
    let fit = dimension(Axis::Fit, |score| score.fit);
    let intent = dimension(Axis::Intent, |score| score.intent);
    let behavior = dimension(Axis::Behavior, |score| score.behavior);
    dimension(Axis::Combined, |_| None);
    let told_total = came.filter(|_| told.has_field("score", "total")).map(|score| score.total);
    let was_sum = known.total == total(known);
    if parts.is_empty() && told_total.is_none() && (was_sum || told.has_field("score", "total")) {
        return None;
    }
    parts.sort_by(|a, b| b.points.total_cmp(&a.points));
    let model = if told.has_field("score", "model") { came.and_then(|score| score.model.clone()) } else { None };
    let mut score = Score {
        total: known.total,
        fit,
        intent,
        behavior,
        parts,
        model: model.or_else(|| known.model.clone()),
        evaluated: None,
    };
    if let Some(told) = told_total {
        score.total = told;
    } else if was_sum || told.has_field("score", "total") {
        score.total = total(&score);
    }
    Some(score)
}

fn sum(parts: &[ScorePart]) -> Option<i32> {
    // A cast from a float saturates.
    parts.iter().map(|part| part.points).reduce(|sum, points| sum + points).map(|sum| sum.round() as i32)
}

/// The total that dimensions and parts make.
fn total(score: &Score) -> i32 {
    let combined: Vec<_> = score.parts.iter().filter(|part| part.axis == Axis::Combined).cloned().collect();
    let all = [score.fit, score.intent, score.behavior, sum(&combined)];
    all.into_iter().flatten().fold(0, i32::saturating_add).clamp(0, 100)
}

#[cfg(test)]
mod tests;
