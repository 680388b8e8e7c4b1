//! A mapping: which column of a file becomes which field of a lead, and which rows become activities. Written as
//! TOML (docs/mapping.md), read by [`super::parse`], applied to rows by [`super::fill`].

use std::collections::HashMap;

use chrono_tz::Tz;

use crate::handoff::score::Axis;

use super::date::{Dates, Format};
use super::error::{MappingError, listing};
use super::fields::{Field, Kind};
use super::value::{Column, Columns, Value, fold};
use crate::handoff::similar::similar;

/// What messages put behind the name of a mapping that comes with the program.
pub const SHIPPED: &str = " (shipped)";

/// A mapping that was read and checked.
#[derive(Default)]
pub struct Mapping {
    /// Its file, as messages name it.
    pub file: String,
    /// The name of the source; the mapping's own name where it is not given.
    pub source: Value,
    /// The id of the row's lead, or of its activity where there is a `join`.
    pub id: Value,
    /// How the rows find their leads. With it this is a mapping for an activities file.
    pub join: Option<Join>,
    /// The mapping for the activities file, where none is named.
    pub activities: Option<String>,
    /// A file with all of these columns is of this kind.
    pub detect: Vec<String>,
    /// Rows for which any of these holds are passed over.
    pub skip: Vec<Condition>,
    /// Words that mean nothing.
    pub nulls: Vec<String>,
    /// What parts the cells, where it is not to be found by looking.
    pub delimiter: Option<u8>,
    /// The zone of dates that name none.
    pub zone: Option<Tz>,
    /// How dates are written.
    pub formats: Vec<Format>,
    /// The file is a copy of what Leadbox knows: leads that are known are left as they are.
    pub keeps_known: bool,
    /// Columns that no field takes are kept as extras.
    pub rest: bool,
    /// Columns that are not kept.
    pub drop: Vec<String>,
    /// All columns that it names.
    pub columns: Columns,
    /// Plain fields: group, name and place in a lead.
    pub fields: Vec<(Field, Value)>,
    /// The stage, with the source's own word.
    pub stage: Value,
    /// A, B or C.
    pub category: Value,
    /// What made it an MQL.
    pub trigger: TriggerMap,
    /// Why it is on this desk.
    pub routing: RoutingMap,
    /// The score it arrives with.
    pub score: ScoreMap,
    /// Pre-flight items by name.
    pub preflight: Vec<(String, Value)>,
    /// Extras by name.
    pub extras: Vec<(String, Value)>,
    /// The activities that a row tells of.
    pub trail: Vec<ActivityMap>,
}

/// How rows of an activities file find their leads.
#[derive(Clone)]
pub struct Join {
    /// The column that names the lead.
    pub key: Value,
    /// What of the lead it names.
    pub with: With,
}

/// What of a lead the key of a join is compared with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum With {
    /// Its id in the source.
    Id,
    /// Its e-mail address, in any case.
    Email,
    /// Its telephone, by digits.
    Phone,
    /// Its id or, failing that, its e-mail address.
    Any,
}

/// Something that holds for a row or not.
#[derive(Clone, Debug)]
pub struct Condition {
    pub column: Column,
    /// It is one of these words.
    pub is: Option<Vec<String>>,
    /// It is none of these.
    pub not: Vec<String>,
    /// It differs from this column.
    pub unlike: Option<Column>,
}

/// The parts of a trigger.
#[derive(Default)]
pub struct TriggerMap {
    pub kind: Value,
    pub what: Value,
    pub at: Value,
    pub before: Value,
    pub after: Value,
    pub threshold: Value,
}

/// The parts of a routing record.
#[derive(Default)]
pub struct RoutingMap {
    pub rule: Value,
    pub queue: Value,
    pub pinned: Value,
    pub at: Value,
}

/// The parts of a score.
#[derive(Default)]
pub struct ScoreMap {
    pub total: Value,
    pub fit: Value,
    pub intent: Value,
    pub behavior: Value,
    pub model: Value,
    /// Single contributions.
    pub parts: Vec<PartMap>,
}

/// One contribution to a score.
pub struct PartMap {
    pub axis: Axis,
    pub label: String,
    pub points: Value,
    pub at: Value,
}

/// An activity that a row tells of.
#[derive(Default)]
pub struct ActivityMap {
    pub name: String,
    pub id: Value,
    pub kind: Value,
    pub direction: Value,
    pub at: Value,
    pub actor: Value,
    pub outcome: Value,
    pub text: Value,
    pub url: Value,
    /// All of these must hold.
    pub when: Vec<Condition>,
}

/// Where a mapping's columns are in one file.
#[derive(Debug, Default)]
pub struct Binding {
    /// By the number of the column.
    pub places: Vec<Option<usize>>,
    /// Columns that become extras, sorted by name.
    pub rest: Vec<(usize, String)>,
    /// How many columns the file had.
    pub width: usize,
}

impl Mapping {
    /// Its name: its file's, without folder and ending.
    pub fn name(&self) -> &str {
        let file = self.file.strip_suffix(SHIPPED).unwrap_or(&self.file);
        std::path::Path::new(file).file_stem().and_then(|stem| stem.to_str()).unwrap_or(file)
    }

    /// It comes with the program.
    pub fn is_shipped(&self) -> bool {
        self.file.ends_with(SHIPPED)
    }

    /// It is the shipped one for files that nothing else fits.
    pub fn is_generic(&self) -> bool {
        self.is_shipped() && self.name() == "generic"
    }

    /// What it is for, in words.
    pub fn purpose(&self) -> &'static str {
        if self.join.is_some() { "a file of activities" } else { "a file of leads" }
    }

    /// Whether a joined row changes its lead, and not only its trail.
    pub fn changes_lead(&self) -> bool {
        let values = [&self.stage, &self.category, &self.trigger.kind, &self.routing.rule];
        let score = &self.score;
        let scores = [&score.total, &score.fit, &score.intent, &score.behavior];
        let lists = [self.fields.is_empty(), self.extras.is_empty(), self.preflight.is_empty(), score.parts.is_empty()];
        lists.contains(&false) || values.into_iter().chain(scores).any(|value| !value.is_none())
    }

    /// All values that are dates.
    pub fn times(&self) -> impl Iterator<Item = &Value> {
        let fields = self.fields.iter().filter(|(slot, _)| slot.2.kind() == Kind::Time).map(|(_, value)| value);
        let parts = self.score.parts.iter().map(|part| &part.at);
        let trail = self.trail.iter().map(|activity| &activity.at);
        fields.chain([&self.trigger.at, &self.routing.at]).chain(parts).chain(trail)
    }

    /// How dates are read; `zone` is for dates that neither they nor the mapping place.
    pub fn dates(&self, zone: Tz) -> Dates {
        Dates { zone: self.zone.unwrap_or(zone), formats: self.formats.clone() }
    }

    /// Whether a file with these columns is of this mapping's kind.
    pub fn detects(&self, header: &[String]) -> bool {
        let has = |name: &String| header.iter().any(|column| fold(column) == fold(name));
        !self.detect.is_empty() && self.detect.iter().all(has)
    }

    /// Finds the columns in a file. `strict` makes a column that is not there a mistake.
    pub fn bind(&self, file: &str, header: &[String], strict: bool) -> Result<Binding, MappingError> {
        let binding = self.place(header);
        let places = &binding.places;
        for (number, place) in places.iter().enumerate() {
            if place.is_none() && (strict && !self.columns.optional[number]) {
                return Err(self.missing(file, header, number));
            }
        }
        // An id must come from somewhere, even where absent columns are fine.
        let key = self.join.as_ref().map_or(&self.id, |join| &join.key);
        let sources: Vec<Column> = key.choices.iter().flat_map(|choice| choice.from.columns()).collect();
        if let Some(first) = sources.first()
            && sources.iter().all(|column| places[column.0].is_none())
        {
            return Err(self.missing(file, header, first.0));
        }
        Ok(binding)
    }

    /// Finds what is there of the columns.
    pub fn place(&self, header: &[String]) -> Binding {
        let exact: HashMap<&str, usize> =
            header.iter().enumerate().rev().map(|(at, name)| (name.as_str(), at)).collect();
        let folded: HashMap<_, usize> = header.iter().enumerate().rev().map(|(at, name)| (fold(name), at)).collect();
        let find = |name: &str| exact.get(name).or_else(|| folded.get(&fold(name))).copied();
        let places: Vec<Option<usize>> = self.columns.names.iter().map(|name| find(name)).collect();
        let taken = |at: usize, name: &str| {
            places.contains(&Some(at)) || self.drop.iter().any(|dropped| fold(dropped) == fold(name))
        };
        let mut rest: Vec<(usize, String)> = match self.rest {
            true => header.iter().cloned().enumerate().filter(|(at, name)| !taken(*at, name)).collect(),
            false => Vec::new(),
        };
        rest.sort_by(|a, b| a.1.cmp(&b.1));
        Binding { places, rest, width: header.len() }
    }

    fn missing(&self, file: &str, header: &[String], number: usize) -> MappingError {
        let name = &self.columns.names[number];
        let (line, column) = self.columns.places[number];
        let columns = listing(header.iter().map(String::as_str));
        let near = similar(name, header.iter().map(String::as_str));
        let hint = near.map_or(String::new(), |near| format!("did you mean “{near}”? "));
        MappingError {
            file: self.file.clone(),
            line,
            column,
            what: format!("{file} has no column “{name}”"),
            hint: format!("{hint}its columns are {columns}"),
        }
    }
}
