//! The second file: activities, and facts about leads, that are joined to the leads by a key.
//!
//! It is read whole before the leads are, and what it says is kept by key; the leads themselves only stream by.

use std::collections::HashMap;

use crate::handoff::activity::Activity;
use crate::handoff::arrival::Arrival;
use crate::handoff::lead::Lead;

use super::date::Dates;
use super::error::{ImportError, RowError};
use super::fill::Filler;
use super::mapping::{Binding, Mapping, With};
use super::record::{Next, Record};
use super::rows::Rows;
use super::told::{Kinds, Unions};

/// What the second file says, by the key of the lead it is said of.
pub struct Joined {
    mapping: Mapping,
    binding: Binding,
    dates: Dates,
    with: With,
    by_key: HashMap<String, Said>,
    kinds: Kinds,
    unions: Unions,
    /// Rows that were wrong.
    pub errors: Vec<RowError>,
    /// Rows in the file.
    pub read: u64,
    /// Rows that belong to a lead.
    pub matched: u64,
    /// Rows that were passed over, as the mapping says.
    pub skipped: u64,
}

#[derive(Default)]
struct Said {
    /// How many rows it has.
    rows: u64,
    matched: bool,
    trail: Vec<Activity>,
    /// Rows that change the lead itself, in the order of the file.
    facts: Vec<Record>,
}

impl Joined {
    /// Reads the file. Rows that are wrong are put aside with their reasons.
    pub fn read(
        file: &str,
        mut rows: Rows,
        mapping: Mapping,
        binding: Binding,
        dates: Dates,
    ) -> Result<Self, ImportError> {
        let with = mapping.join.as_ref().map_or(With::Id, |join| join.with);
        let mut joined = Self {
            mapping,
            binding,
            dates,
            with,
            by_key: HashMap::new(),
            kinds: Kinds::default(),
            unions: Unions::default(),
            errors: Vec::new(),
            read: 0,
            matched: 0,
            skipped: 0,
        };
        let mut record = Record::default();
        loop {
            match rows.next(&mut record)? {
                Next::End => return Ok(joined),
                Next::Bad { line, place, reason } => {
                    joined.read += 1;
                    let column = place.and_then(|place| rows.header().get(place).cloned());
                    joined.errors.push(RowError { file: file.to_owned(), line, column, reason });
                }
                Next::Row => {
                    if rows.header().len() != joined.binding.width {
                        joined.binding = joined.mapping.bind(file, rows.header(), false)?;
                    }
                    joined.read += 1;
                    joined.keep(file, &record);
                }
            }
        }
    }

    fn keep(&mut self, file: &str, record: &Record) {
        let filler = Filler { mapping: &self.mapping, binding: &self.binding, dates: &self.dates };
        let row = filler.row(record);
        if filler.skips(&row) {
            self.skipped += 1;
            return;
        }
        let facts = self.mapping.changes_lead();
        let read = || {
            let key = self.mapping.join.as_ref().map(|join| join.key.text(&row)).transpose()?.flatten();
            let key = key.map(|key| normal(&key, self.with)).unwrap_or_default();
            // Tried on a lead that nobody sees, so that what is wrong is known before the leads are read.
            if facts {
                filler.lead(&row, &mut Lead::default())?;
            }
            Ok((key, filler.trail(&row)?))
        };
        match read() {
            Ok((key, trail)) => {
                let said = self.by_key.entry(key).or_default();
                said.rows += 1;
                said.trail.extend(trail);
                if facts {
                    said.facts.push(record.clone());
                }
            }
            Err(fault) => {
                let fault: super::error::Fault = fault;
                self.errors.push(fault.at(file, record.line));
            }
        }
    }

    /// Adds what the file says of this lead.
    pub fn enrich(&mut self, arrival: &mut Arrival) {
        let Some(key) = self.key_of(&arrival.lead) else { return };
        let Some(said) = self.by_key.get_mut(&key) else { return };
        if !said.matched {
            said.matched = true;
            self.matched += said.rows;
        }
        let filler = Filler { mapping: &self.mapping, binding: &self.binding, dates: &self.dates };
        for record in &said.facts {
            // It went well on the empty lead, and what a row gives does not depend on the lead.
            let _ = filler.lead(&filler.row(record), &mut arrival.lead);
            if let Some(told) = &mut arrival.told {
                *told = self.unions.of(told, &self.kinds.told(&filler, record, false));
            }
        }
        arrival.trail.extend(said.trail.iter().cloned());
    }

    /// The key under which the file would speak of this lead.
    fn key_of(&self, lead: &Lead) -> Option<String> {
        let (id, person) = (lead.key.external_id.as_str(), &lead.person);
        let keys = match self.with {
            With::Id => [Some(id), None],
            With::Email => [person.email.as_deref(), None],
            With::Phone => [person.phone.as_deref(), person.mobile.as_deref()],
            With::Any => [Some(id), person.email.as_deref()],
        };
        let mut keys = keys.into_iter().flatten().map(|key| normal(key, self.with));
        keys.find(|key| !key.is_empty() && self.by_key.contains_key(key))
    }

    /// Rows that belong to no lead that came by.
    pub fn unmatched(&self) -> u64 {
        self.read - self.errors.len() as u64 - self.skipped - self.matched
    }
}

/// How keys are compared: ids as they are, addresses in any case, telephones by their digits. A row without a key
/// belongs to nobody.
fn normal(key: &str, with: With) -> String {
    match with {
        With::Id => key.trim().to_owned(),
        With::Email => key.trim().to_lowercase(),
        With::Any if key.contains('@') => key.trim().to_lowercase(),
        With::Any => key.trim().to_owned(),
        With::Phone => key.chars().filter(char::is_ascii_digit).collect(),
    }
}
