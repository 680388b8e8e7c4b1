//! Leads from files: CSV and its kin in any usual encoding, JSON Lines, JSON arrays; by shipped or own mappings.
//!
//! ```no_run
//! # fn main() -> Result<(), leadbox::source::files::ImportError> {
//! use leadbox::source::files::{FileImport, Request};
//!
//! let mut import = FileImport::open(&Request { map: Some("olist"), ..Request::new("leads.csv") })?;
//! while let Some(batch) = import.next_batch(1000)? {
//!     println!("{} leads, {} rows refused", batch.arrivals.len(), batch.errors.len());
//! }
//! println!("{:?}", import.totals());
//! # Ok(()) }
//! ```

mod as_source;
mod crm_record;
mod date;
mod day_order;
mod delimited;
mod dialect;
mod error;
mod fields;
mod fill;
mod input;
mod join;
mod json;
mod json_scan;
mod mapping;
mod parse;
mod post;
mod post_map;
mod record;
mod rows;
mod shipped;
mod tokens;
mod told;
mod toml_table;
mod value;
mod write_map;

use std::borrow::Cow;
use std::path::Path;

use chrono_tz::Tz;
use serde::Serialize;

use crate::handoff::arrival::Arrival;
use crate::handoff::lead::LeadKey;

use self::date::Dates;
use self::error::Fault;
use self::fill::Filler;
use self::input::Input;
use self::join::Joined;
use self::mapping::{Binding, Mapping};
use self::record::{Next, Record};
use self::rows::Rows;
use self::shipped::Role;
use self::told::Kinds;

pub use self::as_source::FileSource;
pub use self::crm_record::RecordMapping;
pub use self::error::{ImportError, MappingError, RowError};
pub use self::fields::{text_at, text_paths};
pub use self::json::cells;
pub use self::post::{PostError, PostMapping, Posted};
pub use self::record::clamped;
pub use self::shipped::names as shipped_mappings;
pub use self::write_map::WriteMap;

/// Room for leads that is made ahead of a batch.
const MOST_AHEAD: usize = 2048;

/// What to import and how.
#[derive(Clone, Debug)]
pub struct Request<'a> {
    /// The leads.
    pub leads: &'a Path,
    /// The name of a shipped mapping or the path of one; found by the columns where it is not given.
    pub map: Option<&'a str>,
    /// Activities, or facts about leads, joined by a key.
    pub activities: Option<&'a Path>,
    /// The mapping of those; the one that the leads' mapping names, or found by the columns, where it is not given.
    pub activities_map: Option<&'a str>,
    /// The source that the leads are kept under, where rows do not name theirs.
    pub source: Option<&'a str>,
    /// The zone of dates that name none, where the mapping does not say either.
    pub zone: Tz,
}

impl<'a> Request<'a> {
    /// A file of leads, everything else left open; dates without a zone are UTC.
    pub fn new(leads: &'a (impl AsRef<Path> + ?Sized)) -> Self {
        Self { leads: leads.as_ref(), map: None, activities: None, activities_map: None, source: None, zone: Tz::UTC }
    }
}

/// Some leads, in the order of the file, and the rows among them that were refused.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Batch {
    /// The leads. The same lead may come twice, if its file has it twice: the later row counts.
    pub arrivals: Vec<Arrival>,
    /// The line on which each of them begins, from 1.
    pub lines: Vec<u64>,
    /// Rows that were refused.
    pub errors: Vec<RowError>,
}

/// What was read so far. Of the leads' file, `read` = leads handed over + `rejected` + `skipped`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Totals {
    /// Rows of the leads' file.
    pub read: u64,
    /// Of these, refused.
    pub rejected: u64,
    /// Of these, passed over because the mapping says so, such as deleted records.
    pub skipped: u64,
    /// The second file, where there is one. `unmatched` is final when all leads were read.
    pub activities: Option<JoinTotals>,
}

/// What became of the second file's rows.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct JoinTotals {
    /// Its rows.
    pub read: u64,
    /// Of these, refused.
    pub rejected: u64,
    /// Of these, passed over because the mapping says so.
    pub skipped: u64,
    /// Of these, joined to a lead.
    pub matched: u64,
    /// Of these, belonging to no lead of the first file.
    pub unmatched: u64,
}

/// An import under way. It reads as it is asked to, and holds no more than a batch of leads and the second file.
pub struct FileImport {
    file: String,
    /// The source of rows that name none.
    source: String,
    is_guessed: bool,
    rows: Rows,
    mapping: Mapping,
    binding: Binding,
    dates: Dates,
    joined: Option<Joined>,
    is_told: bool,
    kinds: Kinds,
    totals: Totals,
    record: Record,
    /// Why it cannot go on.
    broken: Option<ImportError>,
}

impl FileImport {
    /// Opens the files, finds the mappings and holds them against the columns. The second file is read whole here.
    pub fn open(request: &Request) -> Result<Self, ImportError> {
        let input = Input::open(request.leads)?;
        let (mapping, rows) = match request.map {
            Some(name) => {
                let mapping = shipped::check_role(shipped::load(name, None)?, Role::Leads, &input.name)?;
                let rows = Rows::open(&input, mapping.delimiter)?;
                (mapping, rows)
            }
            None => {
                let rows = Rows::open(&input, None)?;
                (shipped::detect(&input.name, rows.header(), Role::Leads)?, rows)
            }
        };
        let binding = mapping.bind(&input.name, rows.header(), rows.is_rectangular())?;
        let mut dates = mapping.dates(request.zone);
        let rows = day_order::settle(&mut dates, &input, rows, &mapping, &binding)?;
        let joined = match request.activities {
            Some(path) => Some(read_joined(path, &mapping, request)?),
            None => None,
        };
        // Never by the leads' file: a list that was renamed would come in twice.
        let own = request.source.or(mapping.source.as_constant());
        Ok(Self {
            source: own.map_or_else(|| mapping.name().to_owned(), str::to_owned),
            is_guessed: own.is_none() && mapping.is_generic(),
            dates,
            file: input.name,
            rows,
            mapping,
            binding,
            joined,
            is_told: false,
            kinds: Kinds::default(),
            totals: Totals::default(),
            record: Record::default(),
            broken: None,
        })
    }

    /// The name of the source that the leads are kept under. Where the mapping takes it from a column, that column
    /// counts, and this is for rows that leave it empty.
    pub fn source(&self) -> &str {
        &self.source
    }

    /// Nobody named the source: the mapping that fits everything was taken, and every other list that it is taken for
    /// is kept under the same name.
    pub fn is_source_guessed(&self) -> bool {
        self.is_guessed
    }

    /// The mapping in use, as messages name it.
    pub fn mapping(&self) -> &str {
        &self.mapping.file
    }

    /// The file is a copy of what Leadbox knew: leads that are known already are to be left as they are.
    pub fn keeps_known(&self) -> bool {
        self.mapping.keeps_known
    }

    /// Reads on until `most` leads are there or the file ends. Nothing when all was read.
    pub fn next_batch(&mut self, most: usize) -> Result<Option<Batch>, ImportError> {
        let ahead = most.min(MOST_AHEAD);
        let mut batch =
            Batch { arrivals: Vec::with_capacity(ahead), lines: Vec::with_capacity(ahead), errors: Vec::new() };
        if let (Some(joined), false) = (&self.joined, self.is_told) {
            batch.errors.clone_from(&joined.errors);
            self.is_told = true;
        }
        let mut ended = false;
        while batch.arrivals.len() < most.max(1) && !ended && self.broken.is_none() {
            match self.read_row(&mut batch) {
                Ok(more) => ended = !more,
                Err(error) => self.broken = Some(error),
            }
        }
        let empty = batch.arrivals.is_empty() && batch.errors.is_empty();
        // What was read before it broke off is handed over first.
        if let Some(error) = self.broken.take_if(|_| empty) {
            return Err(error);
        }
        Ok((!(ended && empty)).then_some(batch))
    }

    /// What was read so far.
    pub fn totals(&self) -> Totals {
        let joined = self.joined.as_ref().map(|joined| JoinTotals {
            read: joined.read,
            rejected: joined.errors.len() as u64,
            skipped: joined.skipped,
            matched: joined.matched,
            unmatched: joined.unmatched(),
        });
        Totals { activities: joined, ..self.totals }
    }

    /// Reads one row into the batch. False at the end of the file.
    fn read_row(&mut self, batch: &mut Batch) -> Result<bool, ImportError> {
        let refused = match self.rows.next(&mut self.record)? {
            Next::End => return Ok(false),
            Next::Bad { line, place, reason } => {
                let column = place.and_then(|place| self.rows.header().get(place).cloned());
                RowError { file: self.file.clone(), line, column, reason }
            }
            Next::Row => {
                if self.rows.header().len() != self.binding.width {
                    self.binding = self.mapping.bind(&self.file, self.rows.header(), false)?;
                }
                match self.arrival() {
                    Ok(Some(mut arrival)) => {
                        if let Some(joined) = &mut self.joined {
                            joined.enrich(&mut arrival);
                        }
                        self.totals.read += 1;
                        batch.arrivals.push(arrival);
                        batch.lines.push(self.record.line);
                        return Ok(true);
                    }
                    Ok(None) => {
                        self.totals.read += 1;
                        self.totals.skipped += 1;
                        return Ok(true);
                    }
                    Err(fault) => fault.at(&self.file, self.record.line),
                }
            }
        };
        self.totals.read += 1;
        self.totals.rejected += 1;
        batch.errors.push(refused);
        Ok(true)
    }

    fn arrival(&mut self) -> Result<Option<Arrival>, Fault> {
        let filler = Filler { mapping: &self.mapping, binding: &self.binding, dates: &self.dates };
        let row = filler.row(&self.record);
        if filler.skips(&row) {
            return Ok(None);
        }
        let Some(external_id) = self.mapping.id.text(&row)? else {
            let column = self.mapping.id.first_column().map(|column| row.name(column).to_owned());
            return Err(Fault { column, reason: "the row has no id, so it could not be found again".into() });
        };
        let mut arrival = Arrival::default();
        let told = if self.mapping.source.as_constant().is_some() { None } else { self.mapping.source.text(&row)? };
        let source = told.map_or_else(|| self.source.clone(), Cow::into_owned);
        arrival.lead.key = LeadKey { source, external_id: external_id.into_owned() };
        filler.lead(&row, &mut arrival.lead)?;
        arrival.trail = filler.trail(&row)?;
        arrival.told = Some(self.kinds.told(&filler, &self.record, self.rows.is_rectangular()));
        if let Some(score) = &mut arrival.lead.score {
            score.model.get_or_insert_with(|| arrival.lead.key.source.clone());
        }
        Ok(Some(arrival))
    }
}

fn read_joined(path: &Path, leads: &Mapping, request: &Request) -> Result<Joined, ImportError> {
    let input = Input::open(path)?;
    let named = match (request.activities_map, &leads.activities) {
        (Some(name), _) => Some(shipped::load(name, None)?),
        (None, Some(name)) if !leads.is_shipped() => Some(shipped::load(name, request.map.map(Path::new))?),
        (None, _) => None,
    };
    let mut rows = Rows::open(&input, named.as_ref().and_then(|mapping| mapping.delimiter))?;
    let mapping = match (named, &leads.activities) {
        (Some(mapping), _) => mapping,
        // What comes with the program names the usual second file; there may be others.
        (None, Some(usual)) => match shipped::telling(rows.header(), Role::Activities)? {
            Some(mapping) => mapping,
            None => shipped::load(usual, None)?,
        },
        (None, None) => shipped::detect(&input.name, rows.header(), Role::Activities)?,
    };
    let mapping = shipped::check_role(mapping, Role::Activities, &input.name)?;
    let binding = mapping.bind(&input.name, rows.header(), rows.is_rectangular())?;
    let mut dates = mapping.dates(request.zone);
    rows = day_order::settle(&mut dates, &input, rows, &mapping, &binding)?;
    Joined::read(&input.name, rows, mapping, binding, dates)
}

#[cfg(test)]
mod tests;
