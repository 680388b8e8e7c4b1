//! Applying a mapping to one row: its lead's fields, its score, its activities.

use std::borrow::Cow;

use crate::handoff::Time;
use crate::handoff::activity::{Activity, ActivityKind};
use crate::handoff::lead::{Lead, PreflightItem, Routing, Trigger, TriggerKind};
use crate::handoff::score::{Axis, Category, Score, ScorePart};
use crate::handoff::state::Stage;

use super::date::{Dates, number, truth};
use super::error::Fault;
use super::fields::{DIRECTIONS, Slot, usual_direction};
use super::mapping::{ActivityMap, Binding, Condition, Mapping};
use super::record::Record;
use super::value::{Found, From, Row, Value};

/// A mapping as it is applied to one file.
pub struct Filler<'a> {
    pub mapping: &'a Mapping,
    pub binding: &'a Binding,
    pub dates: &'a Dates,
}

impl<'a> Filler<'a> {
    /// A row as the mapping sees it.
    pub fn row(&self, record: &'a Record) -> Row<'a> {
        let mapping = self.mapping;
        Row { record, places: &self.binding.places, nulls: &mapping.nulls, columns: &mapping.columns }
    }

    /// Whether the row is passed over.
    pub fn skips(&self, row: &Row) -> bool {
        self.mapping.skip.iter().any(|condition| condition.holds(row))
    }

    /// Sets all fields for which the row has something; the others stay as they are.
    pub fn lead(&self, row: &Row<'a>, lead: &mut Lead) -> Result<(), Fault> {
        for ((_, _, slot), value) in &self.mapping.fields {
            match slot {
                Slot::Text(field) => set(field(lead), value.text(row)?.map(Cow::into_owned)),
                Slot::Time(field) => set(field(lead), self.time(value, row)?),
                Slot::Flag(field) => *field(lead) = flag(value, row)?.unwrap_or(*field(lead)),
                Slot::List(field) => {
                    if let Some(text) = value.text(row)? {
                        *field(lead) = list(&text);
                    }
                }
            }
        }
        self.stage(row, lead)?;
        let letter = |found: &Found| Category::from_code(&found.text);
        set(&mut lead.category, self.mapping.category.read(row, letter, |found| unknown(found, "category"))?);
        set(&mut lead.trigger, self.trigger(row)?);
        set(&mut lead.routing, self.routing(row)?);
        set(&mut lead.score, self.score(row)?);
        for (item, value) in &self.mapping.preflight {
            if let Some(passed) = flag(value, row)? {
                lead.preflight.retain(|known| known.item != *item);
                lead.preflight.push(PreflightItem {
                    item: item.clone(),
                    passed,
                    why: None,
                    ..PreflightItem::default()
                });
            }
        }
        self.extras(row, lead)
    }

    fn stage(&self, row: &Row<'a>, lead: &mut Lead) -> Result<(), Fault> {
        let value = &self.mapping.stage;
        let read = |found: &Found| {
            // A constant without a map is our own word, not the source's.
            let own = found.column.is_none() && found.choice.map.is_none();
            let stage = Stage::from_code(&found.text).or_else(|| Stage::from_code(&found.text.to_ascii_lowercase()));
            stage.map(|stage| (stage, (!own).then(|| found.raw.to_string())))
        };
        match value.read(row, read, |found| unknown(found, "stage"))? {
            Some((stage, raw)) => {
                lead.stage.canonical = Some(stage);
                lead.stage.raw = raw;
            }
            // A word of the source that means nothing to the mapping is still shown.
            None => set(&mut lead.stage.raw, value.choices.iter().find_map(|choice| cell(&choice.from, row))),
        }
        let ended = matches!(lead.stage.canonical, Some(Stage::Rejected | Stage::Recycled | Stage::Deferred));
        if !ended {
            lead.stage.reason = None;
        }
        Ok(())
    }

    fn trigger(&self, row: &Row<'a>) -> Result<Option<Trigger>, Fault> {
        let map = &self.mapping.trigger;
        let kind = |found: &Found| TriggerKind::from_code(&found.text);
        let Some(kind) = map.kind.read(row, kind, |found| unknown(found, "kind of trigger"))? else { return Ok(None) };
        Ok(Some(Trigger {
            kind,
            what: map.what.text(row)?.map_or_else(|| kind.label().to_owned(), Cow::into_owned),
            at: self.time(&map.at, row)?,
            before: points(&map.before, row)?.map(whole),
            after: points(&map.after, row)?.map(whole),
            threshold: points(&map.threshold, row)?.map(whole),
        }))
    }

    fn routing(&self, row: &Row<'a>) -> Result<Option<Routing>, Fault> {
        let map = &self.mapping.routing;
        let Some(rule) = map.rule.text(row)? else { return Ok(None) };
        Ok(Some(Routing {
            rule: rule.into_owned(),
            queue: map.queue.text(row)?.map(Cow::into_owned),
            pinned: flag(&map.pinned, row)?.unwrap_or(false),
            at: self.time(&map.at, row)?,
        }))
    }

    /// The score as the file gives it. Without a total it is the sum of its parts; it is held within 0 to 100.
    fn score(&self, row: &Row<'a>) -> Result<Option<Score>, Fault> {
        let map = &self.mapping.score;
        let total = points(&map.total, row)?;
        let mut parts = Vec::new();
        for part in &map.parts {
            if let Some(points) = points(&part.points, row)? {
                let at = self.time(&part.at, row)?;
                parts.push(ScorePart { axis: part.axis, label: part.label.clone(), points, full: None, at });
            }
        }
        let fit = axis_points(&map.fit, Axis::Fit, row, &mut parts)?;
        let intent = axis_points(&map.intent, Axis::Intent, row, &mut parts)?;
        let behavior = axis_points(&map.behavior, Axis::Behavior, row, &mut parts)?;
        let combined: f64 = parts.iter().filter(|part| part.axis == Axis::Combined).map(|part| part.points).sum();
        if total.is_none() && parts.is_empty() {
            return Ok(None);
        }
        let sum = [fit, intent, behavior].into_iter().flatten().sum::<f64>() + combined;
        parts.sort_by(|a, b| b.points.total_cmp(&a.points));
        Ok(Some(Score {
            total: whole(total.unwrap_or(sum)).clamp(0, 100),
            fit: fit.map(whole),
            intent: intent.map(whole),
            behavior: behavior.map(whole),
            parts,
            model: map.model.text(row)?.map(Cow::into_owned),
            evaluated: None,
        }))
    }

    fn extras(&self, row: &Row<'a>, lead: &mut Lead) -> Result<(), Fault> {
        let rest = self.binding.rest.iter();
        let rest = rest.filter_map(|(place, name)| row.at(*place).map(|text| (name.clone(), text.to_owned())));
        if lead.extras.is_empty() {
            // Sorted already, so that the tree is built at once.
            lead.extras = rest.collect();
        } else {
            lead.extras.extend(rest);
        }
        for (name, value) in &self.mapping.extras {
            if let Some(text) = value.text(row)? {
                lead.extras.insert(name.clone(), text.into_owned());
            }
        }
        Ok(())
    }

    /// The activities that the row tells of. In a file of leads an activity without text did not happen; in a file of
    /// activities each row is one, even if nobody wrote what it was.
    pub fn trail(&self, row: &Row<'a>) -> Result<Vec<Activity>, Fault> {
        let mut trail = Vec::new();
        for map in &self.mapping.trail {
            trail.extend(self.activity(map, row)?);
        }
        Ok(trail)
    }

    fn activity(&self, map: &'a ActivityMap, row: &Row<'a>) -> Result<Option<Activity>, Fault> {
        let own_file = self.mapping.join.is_some();
        if !map.when.iter().all(|condition| condition.holds(row)) {
            return Ok(None);
        }
        let text = map.text.text(row)?;
        if text.is_none() && !own_file {
            return Ok(None);
        }
        let kind = |found: &Found| ActivityKind::from_code(&found.text);
        let kind = map.kind.read(row, kind, |found| unknown(found, "kind of activity"))?;
        let Some(kind) = kind else { return Ok(None) };
        let direction = |found: &Found| DIRECTIONS.iter().find(|(word, _)| *word == found.text).map(|(_, it)| *it);
        let direction = map.direction.read(row, direction, |found| unknown(found, "direction"))?;
        let text = text.map_or_else(|| kind.label().to_owned(), Cow::into_owned);
        let at = self.time(&map.at, row)?;
        let external_id = match map.id.text(row)? {
            Some(id) => id.into_owned(),
            None if !own_file => map.name.clone(),
            None => match self.mapping.id.text(row)? {
                Some(id) if self.mapping.trail.len() == 1 => id.into_owned(),
                Some(id) => format!("{id}/{}", map.name),
                None => content_id(&map.name, at, &text),
            },
        };
        Ok(Some(Activity {
            external_id,
            kind,
            direction: direction.unwrap_or_else(|| usual_direction(kind)),
            at,
            actor: map.actor.text(row)?.map(Cow::into_owned),
            outcome: map.outcome.text(row)?.map(Cow::into_owned),
            text,
            url: map.url.text(row)?.map(Cow::into_owned),
        }))
    }

    fn time(&self, value: &'a Value, row: &Row<'a>) -> Result<Option<Time>, Fault> {
        let wrong = |found: &Found| format!("“{}” is not a date {}", found.raw, self.dates.wanted());
        value.read(row, |found| self.dates.read(&found.text), wrong)
    }
}

impl Condition {
    /// Without `is` and `not` it holds where the cell is not empty.
    fn holds(&self, row: &Row) -> bool {
        let cell = row.cell(self.column);
        let among =
            |words: &[String]| cell.is_some_and(|text| words.iter().any(|word| word.eq_ignore_ascii_case(text)));
        self.is.as_ref().is_none_or(|words| among(words))
            && !among(&self.not)
            && self.unlike.is_none_or(|other| row.cell(other) != cell)
            && (cell.is_some() || self.is.is_some())
    }
}

/// Sets a field if there is something to set it to.
fn set<T>(field: &mut Option<T>, value: Option<T>) {
    if value.is_some() {
        *field = value;
    }
}

fn unknown(found: &Found, what: &str) -> String {
    format!("“{}” is not a {what} that is known", found.raw)
}

fn flag(value: &Value, row: &Row) -> Result<Option<bool>, Fault> {
    value.read(row, |found| truth(&found.text), |found| format!("“{}” is neither yes nor no", found.raw))
}

/// The points of one dimension: as given, else the sum of its parts. Without parts the given points are the part.
fn axis_points(value: &Value, axis: Axis, row: &Row, parts: &mut Vec<ScorePart>) -> Result<Option<f64>, Fault> {
    let read = |found: &Found| {
        let label = found.column.map_or(axis.code(), |column| row.name(column)).to_owned();
        number(&found.text).map(|number| (number * found.choice.scale, label))
    };
    let given = value.read(row, read, not_a_number)?;
    let listed = parts.iter().filter(|part| part.axis == axis);
    match (given, listed.map(|part| part.points).reduce(|sum, points| sum + points)) {
        (Some((points, _)), Some(_)) => Ok(Some(points)),
        (Some((points, label)), None) => {
            parts.push(ScorePart { axis, label, points, full: None, at: None });
            Ok(Some(points))
        }
        (None, sum) => Ok(sum),
    }
}

fn not_a_number(found: &Found) -> String {
    format!("“{}” is not a number", found.raw)
}

fn points(value: &Value, row: &Row) -> Result<Option<f64>, Fault> {
    let read = |found: &Found| number(&found.text).map(|number| number * found.choice.scale);
    value.read(row, read, not_a_number)
}

fn whole(number: f64) -> i32 {
    // A cast from a float saturates.
    number.round() as i32
}

fn list(text: &str) -> Vec<String> {
    let separator = if text.contains(';') { ';' } else { ',' };
    text.split(separator).map(str::trim).filter(|item| !item.is_empty()).map(str::to_owned).collect()
}

fn cell(from: &From, row: &Row) -> Option<String> {
    match from {
        From::Column(column) => row.cell(*column).map(str::to_owned),
        _ => None,
    }
}

/// An id for an activity that its file gives none: the same content has the same id whenever it is read.
fn content_id(name: &str, at: Option<Time>, text: &str) -> String {
    // FNV-1a, since it must never change from one version to the next.
    let at = at.map_or(0, |at| at.timestamp_millis());
    let bytes = at.to_le_bytes().into_iter().chain(text.bytes());
    let hash =
        bytes.fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3));
    format!("{name}-{hash:016x}")
}
