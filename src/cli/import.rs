//! `leadbox import`: leads from files into the store.

use std::path::Path;

use serde_json::json;

use super::args::ImportArgs;
use super::failure::{Exit, Failure};
use super::print::Out;
use super::session::Session;
use super::setup;
use crate::source::files::{FileImport, ImportError, Request, RowError};
use crate::store::Load;

/// Rows that are read at once.
const BATCH: usize = 500;
/// Wrong rows that are written out for people; JSON lists them all.
const SHOWN: usize = 20;

/// What an import came to.
#[derive(Default)]
struct Tally {
    read: u64,
    added: usize,
    updated: usize,
    unchanged: usize,
    errors: Vec<RowError>,
    skipped: u64,
    unmatched: u64,
}

/// Why an import broke off.
enum Broken {
    /// A strict import met wrong rows; nothing is kept.
    Strict,
    Failed(Failure),
}

impl<E: Into<Failure>> From<E> for Broken {
    fn from(error: E) -> Self {
        Self::Failed(error.into())
    }
}

impl From<ImportError> for Failure {
    fn from(error: ImportError) -> Self {
        let is_mapping = matches!(
            error,
            ImportError::NoSuchMapping { .. }
                | ImportError::Mapping(_)
                | ImportError::WrongKind { .. }
                | ImportError::NoProfile { .. }
        );
        let exit = if is_mapping { Exit::Configuration } else { Exit::Failed };
        Self::new(exit, error)
    }
}

/// Imports the files, one after the other.
pub fn run(session: &mut Session, args: &ImportArgs, as_json: bool) -> Result<(), Failure> {
    if args.files.len() > 1 && args.activities.is_some() {
        return Err(Failure::usage("--activities goes with one file; import the others by themselves"));
    }
    let mut tally = Tally::default();
    let mut broken = None;
    for file in &args.files {
        if let Err(why) = one(session, file, args, &mut tally) {
            broken = Some(why);
            break;
        }
    }
    if let Some(Broken::Failed(failure)) = broken {
        return Err(failure);
    }
    report(&tally, as_json)?;
    match broken {
        None => Ok(()),
        Some(_) => Err(Failure::new(
            Exit::Failed,
            format!(
                "{} rows are wrong and --strict was given: nothing was imported from that file",
                tally.errors.len()
            ),
        )),
    }
}

/// Reads one file; the store writes on a thread of its own meanwhile.
fn one(session: &mut Session, file: &Path, args: &ImportArgs, tally: &mut Tally) -> Result<(), Broken> {
    let request = Request {
        leads: file,
        map: args.map.as_deref(),
        activities: args.activities.as_deref(),
        activities_map: args.activities_map.as_deref(),
        zone: session.zone(),
    };
    let mut import = FileImport::open(&request)?;
    let config = session.config.clone();
    let now = session.now;
    let (store, ctx) = session.parts();
    let how = if args.strict { Load::Whole } else { Load::Batches };
    let loaded = store.load::<(), Broken>(how, &ctx, |loader| {
        while let Some(mut batch) = import.next_batch(BATCH)? {
            tally.errors.append(&mut batch.errors);
            // In a strict import the rest is only read, so that all wrong rows are told at once.
            if args.strict && !tally.errors.is_empty() {
                continue;
            }
            for arrival in &mut batch.arrivals {
                setup::score(arrival, &config, now);
                loader.push(arrival)?;
            }
        }
        if args.strict && !tally.errors.is_empty() { Err(Broken::Strict) } else { Ok(()) }
    });
    let totals = import.totals();
    tally.read += totals.read;
    tally.skipped += totals.skipped;
    tally.unmatched += totals.activities.map_or(0, |joined| joined.unmatched);
    let ((), loaded) = loaded?;
    tally.added += loaded.added;
    tally.updated += loaded.updated;
    tally.unchanged += loaded.unchanged;
    Ok(())
}

fn report(tally: &Tally, as_json: bool) -> Result<(), Failure> {
    let mut out = Out::new();
    if as_json {
        out.json(&json!({
            "read": tally.read,
            "added": tally.added,
            "updated": tally.updated,
            "unchanged": tally.unchanged,
            "rejected": tally.errors.len(),
            "errors": tally.errors,
        }))?;
        return out.finish();
    }
    for error in tally.errors.iter().take(SHOWN) {
        out.line(error.to_string())?;
    }
    if tally.errors.len() > SHOWN {
        out.line(format!("… and {} more wrong rows; --json lists them all", tally.errors.len() - SHOWN))?;
    }
    out.line(format!(
        "{} rows read: {} leads added, {} updated, {} unchanged, {} rows wrong",
        tally.read,
        tally.added,
        tally.updated,
        tally.unchanged,
        tally.errors.len()
    ))?;
    if tally.skipped > 0 {
        out.line(format!(
            "{} rows were passed over, as their mapping says (deleted records and the like)",
            tally.skipped
        ))?;
    }
    if tally.unmatched > 0 {
        out.line(format!("{} rows of the second file belong to none of these leads", tally.unmatched))?;
    }
    out.finish()
}
