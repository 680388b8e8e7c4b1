//! `leadbox import`: leads from files into the store.

use std::io::Write;
use std::path::{Path, PathBuf};

use chrono_tz::Tz;
use serde_json::json;

use super::args::ImportArgs;
use super::failure::{Exit, Failure};
use super::print::{Out, counted};
use super::session::Session;
use crate::handoff::arrival::Arrival;
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
    /// The source that leads went under because nobody named one.
    guessed: Option<String>,
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

/// Imports the files, one after the other; a strict import takes them all together or none.
pub fn run(session: &mut Session, args: &ImportArgs, as_json: bool) -> Result<(), Failure> {
    if args.files.len() > 1 && args.activities.is_some() {
        return Err(Failure::usage("--activities goes with one file; import the others by themselves"));
    }
    let together = if args.strict { args.files.len() } else { 1 };
    let mut tally = Tally::default();
    let mut outcome = Ok(());
    for files in args.files.chunks(together.max(1)) {
        outcome = load(session, files, args, &mut tally);
        if outcome.is_err() {
            break;
        }
    }
    match outcome {
        Ok(()) => report(&tally, as_json),
        Err(Broken::Strict) => {
            report(&tally, as_json)?;
            let wrong = counted(tally.errors.len(), "row is wrong", "rows are wrong");
            Err(Failure::new(Exit::Failed, format!("{wrong} and --strict was given: nothing was imported")))
        }
        Err(Broken::Failed(failure)) => {
            // What went in before it broke stays, and is told.
            if tally.added + tally.updated + tally.unchanged > 0 {
                report(&tally, as_json)?;
            }
            Err(failure)
        }
    }
}

/// Reads these files; the store writes on a thread of its own meanwhile.
fn load(session: &mut Session, files: &[PathBuf], args: &ImportArgs, tally: &mut Tally) -> Result<(), Broken> {
    let zone = session.zone();
    let (store, ctx) = session.parts();
    let how = if args.strict { Load::Whole } else { Load::Batches };
    let ((), loaded) = store.load::<(), Broken>(how, &ctx, |loader| {
        for file in files {
            read(file, args, zone, tally, |arrival| Ok(loader.push_mut(arrival)?))?;
        }
        if args.strict && !tally.errors.is_empty() { Err(Broken::Strict) } else { Ok(()) }
    })?;
    tally.added += loaded.added;
    tally.updated += loaded.updated;
    tally.unchanged += loaded.unchanged;
    Ok(())
}

/// Reads one file and hands on its leads.
fn read(
    file: &Path,
    args: &ImportArgs,
    zone: Tz,
    tally: &mut Tally,
    mut take: impl FnMut(&mut Arrival) -> Result<(), Broken>,
) -> Result<(), Broken> {
    let request = Request {
        leads: file,
        map: args.map.as_deref(),
        activities: args.activities.as_deref(),
        activities_map: args.activities_map.as_deref(),
        source: args.source.as_deref(),
        zone,
    };
    let mut import = FileImport::open(&request)?;
    if import.is_source_guessed() {
        tally.guessed = Some(import.source().to_owned());
    }
    while let Some(mut batch) = import.next_batch(BATCH)? {
        tally.errors.append(&mut batch.errors);
        // In a strict import the rest is only read, so that all wrong rows are told at once.
        if args.strict && !tally.errors.is_empty() {
            continue;
        }
        batch.arrivals.iter_mut().try_for_each(&mut take)?;
    }
    let totals = import.totals();
    tally.read += totals.read;
    tally.skipped += totals.skipped;
    tally.unmatched += totals.activities.map_or(0, |joined| joined.unmatched);
    Ok(())
}

fn report(tally: &Tally, as_json: bool) -> Result<(), Failure> {
    if let (Some(source), false) = (&tally.guessed, as_json) {
        let _ = writeln!(
            std::io::stderr(),
            "These leads are known by the source “{source}” and their ids, whatever the file is called. For lists whose ids \
             may meet, give each its own with --source NAME, or `source` in a mapping."
        );
    }
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
    let rows = |count: u64| counted(usize::try_from(count).unwrap_or(usize::MAX), "row", "rows");
    out.line(format!(
        "{} read: {} added, {} updated, {} unchanged, {} wrong",
        rows(tally.read),
        counted(tally.added, "lead", "leads"),
        tally.updated,
        tally.unchanged,
        counted(tally.errors.len(), "row", "rows"),
    ))?;
    if tally.skipped > 0 {
        out.line(format!("{} passed over, as the mapping says (deleted records and the like)", rows(tally.skipped)))?;
    }
    if tally.unmatched > 0 {
        out.line(format!("{} of the second file for none of these leads", rows(tally.unmatched)))?;
    }
    out.finish()
}
