//! `leadbox import`: leads from files into the store.

use std::path::Path;
use std::sync::mpsc::sync_channel;
use std::thread;

use serde_json::json;

use super::args::ImportArgs;
use super::failure::{Exit, Failure};
use super::print::Out;
use super::session::Session;
use super::setup;
use crate::source::files::{Batch, FileImport, ImportError, Request, RowError, Totals};
use crate::store::{Load, Received};

/// Leads that are read ahead of the writer.
const BATCH: usize = 500;
/// Wrong rows that are written out for people; JSON lists them all.
const SHOWN: usize = 20;

/// What an import came to.
#[derive(Default)]
struct Tally {
    read: u64,
    added: u64,
    updated: u64,
    unchanged: u64,
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

/// Reads one file on a thread of its own and writes what comes of it.
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
    thread::scope(|scope| {
        let (send, batches) = sync_channel::<Batch>(4);
        let reader = scope.spawn(move || -> Result<Totals, ImportError> {
            while let Some(mut batch) = import.next_batch(BATCH)? {
                batch.arrivals.iter_mut().for_each(|arrival| setup::score(arrival, &config, now));
                // The writer stopped: it says why.
                if send.send(batch).is_err() {
                    break;
                }
            }
            Ok(import.totals())
        });
        let before = (tally.added, tally.updated, tally.unchanged);
        let written = store.load::<(), Broken>(how, &ctx, |loader| {
            for batch in batches {
                tally.errors.extend(batch.errors);
                if args.strict && !tally.errors.is_empty() {
                    // Read on without writing, so that all wrong rows are told at once.
                    continue;
                }
                for arrival in &batch.arrivals {
                    match loader.push(arrival)? {
                        Received::Added(_) => tally.added += 1,
                        Received::Updated(_) => tally.updated += 1,
                        Received::Unchanged(_) => tally.unchanged += 1,
                    }
                }
            }
            if args.strict && !tally.errors.is_empty() { Err(Broken::Strict) } else { Ok(()) }
        });
        let totals = match reader.join() {
            Ok(totals) => totals?,
            Err(panic) => std::panic::resume_unwind(panic),
        };
        tally.read += totals.read;
        tally.skipped += totals.skipped;
        tally.unmatched += totals.activities.map_or(0, |joined| joined.unmatched);
        if written.is_err() {
            (tally.added, tally.updated, tally.unchanged) = before;
        }
        written
    })
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
