//! Of which parts of a record a row speaks: those whose column the file has. A column that the file lacks, or a key that
//! a JSON record lacks, says nothing of a lead that is known; an empty cell, or `null`, says that there is nothing.

use std::collections::HashMap;
use std::sync::Arc;

use crate::handoff::arrival::{Part, Told};
use crate::handoff::score::Axis;

use super::fill::Filler;
use super::record::Record;
use super::value::{Row, Value};

/// So many kinds of rows are remembered.
const KINDS: usize = 1024;

/// What the rows of a file speak of, by the cells that they have: few kinds of rows for very many rows.
#[derive(Default)]
pub struct Kinds {
    last: Option<(Vec<bool>, Arc<Told>)>,
    all: HashMap<Vec<bool>, Arc<Told>>,
}

impl Kinds {
    /// What this row speaks of. In a rectangular file all rows have the same cells.
    pub fn told(&mut self, filler: &Filler<'_>, record: &Record, is_rectangular: bool) -> Arc<Told> {
        let has = (0..record.len()).map(|place| record.get(place).is_some());
        if let Some((cells, told)) = &self.last
            && cells.len() == record.len()
            && (is_rectangular || has.clone().eq(cells.iter().copied()))
        {
            return Arc::clone(told);
        }
        let cells: Vec<bool> = has.collect();
        if self.all.len() > KINDS {
            self.all.clear();
        }
        let told = self.all.entry(cells.clone()).or_insert_with(|| Arc::new(filler.told(&filler.row(record))));
        let told = Arc::clone(told);
        self.last = Some((cells, Arc::clone(&told)));
        told
    }
}

/// What two files speak of together, for each two kinds of their rows.
#[derive(Default)]
pub struct Unions(HashMap<(u64, u64), Arc<Told>>);

impl Unions {
    /// What both speak of.
    pub fn of(&mut self, one: &Told, other: &Told) -> Arc<Told> {
        if self.0.len() > KINDS {
            self.0.clear();
        }
        let key = (one.fingerprint(), other.fingerprint());
        Arc::clone(self.0.entry(key).or_insert_with(|| Arc::new(one.with(other))))
    }
}

impl Filler<'_> {
    /// The parts of a record that the row speaks of.
    pub fn told(&self, row: &Row<'_>) -> Told {
        let mapping = self.mapping;
        let (trigger, routing, score) = (&mapping.trigger, &mapping.routing, &mapping.score);
        let named = [
            ("stage", "canonical", &mapping.stage),
            ("", "category", &mapping.category),
            ("trigger", "kind", &trigger.kind),
            ("trigger", "what", &trigger.what),
            ("trigger", "at", &trigger.at),
            ("trigger", "before", &trigger.before),
            ("trigger", "after", &trigger.after),
            ("trigger", "threshold", &trigger.threshold),
            ("routing", "rule", &routing.rule),
            ("routing", "queue", &routing.queue),
            ("routing", "pinned", &routing.pinned),
            ("routing", "at", &routing.at),
            ("score", "total", &score.total),
            ("score", Axis::Fit.code(), &score.fit),
            ("score", Axis::Intent.code(), &score.intent),
            ("score", Axis::Behavior.code(), &score.behavior),
            ("score", "model", &score.model),
        ];
        let fields = mapping.fields.iter().map(|((group, name, _), value)| match *name {
            "stage_reason" => ("stage", "reason", value),
            "stage_since" => ("stage", "since", value),
            name => (*group, name, value),
        });
        let fields = fields.chain(named).map(|(group, name, value)| (Part::Field(group, name), value));
        let points = score.parts.iter().map(|part| (Part::Points(part.axis, part.label.clone()), &part.points));
        let items = mapping.preflight.iter().map(|(item, value)| (Part::Preflight(item.clone()), value));
        let extras = mapping.extras.iter().map(|(name, value)| (Part::Extra(name.clone()), value));
        let told = fields.chain(points).chain(items).chain(extras).filter(|(_, value)| value.is_told(row));
        let rest = self.binding.rest.iter().filter(|(place, _)| row.record.get(*place).is_some());
        told.map(|(part, _)| part).chain(rest.map(|(_, name)| Part::Extra(name.clone()))).collect()
    }
}

impl Value {
    /// Whether the row speaks of it: it has one of its columns, or there is nothing that a row would have to say.
    fn is_told(&self, row: &Row<'_>) -> bool {
        let mut columns = self.choices.iter().flat_map(|choice| choice.from.columns()).peekable();
        if columns.peek().is_none() {
            return !self.is_none();
        }
        columns.any(|column| row.has(column))
    }
}

#[cfg(test)]
mod tests {
    use crate::handoff::Time;
    use crate::handoff::lead::Lead;
    use crate::source::files::fields::{FIELDS, Slot};

    /// What is known of a lead is merged by these names.
    #[test]
    fn fields_are_called_as_in_a_record() {
        for (group, name, slot) in FIELDS {
            let mut lead = Lead::default();
            match slot {
                Slot::Text(field) => *field(&mut lead) = Some("x".into()),
                Slot::Time(field) => *field(&mut lead) = Some(Time::default()),
                Slot::Flag(field) => *field(&mut lead) = true,
                Slot::List(field) => field(&mut lead).push("x".into()),
            }
            let json = serde_json::to_value(&lead).unwrap();
            let before = serde_json::to_value(Lead::default()).unwrap();
            let (group, name) = name.strip_prefix("stage_").map_or((*group, *name), |name| ("stage", name));
            let of = |json: &serde_json::Value| match group {
                "" => json.get(name).cloned(),
                group => json[group].get(name).cloned(),
            };
            assert_ne!(of(&json), of(&before), "{group}.{name}");
        }
    }
}
