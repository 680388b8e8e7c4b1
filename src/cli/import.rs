//! `leadbox import`: leads from files into the store.

use std::io::Write;

use chrono_tz::Tz;
use serde_json::json;
use tokio::runtime;

use super::args::ImportArgs;
use super::failure::{Exit, Failure};
use super::print::{Out, counted};
use super::session::Session;
use crate::handoff::arrival::Arrival;
use crate::source::files::{FileSource, ImportError, Request, RowError};
use crate::source::{Change, Source, SourceError};
use crate::store::Load;

/// Wrong rows that are written out for people; JSON lists them all.
const SHOWN: usize = 20;

/// What an import came to. Of the files with leads, `read` = `added` + `updated` + `unchanged` + `rejected`, if it went
/// through to the end.
#[derive(Default)]
struct Tally {
    read: u64,
    added: usize,
    updated: usize,
    unchanged: usize,
    rejected: u64,
    /// Wrong rows, of the second file as well, and files that could not be read.
    errors: Vec<RowError>,
    /// Rows of leads that the mapping passes over: they count as not read.
    skipped: u64,
    /// Wrong rows of the second file.
    misjoined: u64,
    /// Rows of the second file for none of the leads.
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
                | ImportError::NoMapping { .. }
                | ImportError::Mapping(_)
                | ImportError::WrongKind { .. }
                | ImportError::NoProfile { .. }
        );
        let exit = if is_mapping { Exit::Configuration } else { Exit::Failed };
        Self::new(exit, error)
    }
}

impl From<SourceError> for Failure {
    fn from(error: SourceError) -> Self {
        match error {
            SourceError::Import(error) => error.into(),
            other => Self::new(Exit::Failed, other),
        }
    }
}

/// Imports the files, one after the other; a strict import takes them all together or none. Nothing is taken in before
/// all of them could be opened.
pub fn run(session: &mut Session, args: &ImportArgs, as_json: bool) -> Result<(), Failure> {
    if args.files.len() > 1 && args.activities.is_some() {
        return Err(Failure::usage("--activities goes with one file; import the others by themselves"));
    }
    let mut tally = Tally::default();
    let mut sources = open(args, session.zone(), &mut tally, as_json)?;
    let together = if args.strict { sources.len() } else { 1 };
    let mut outcome = Ok(());
    for sources in sources.chunks_mut(together.max(1)) {
        outcome = load(session, sources, args.strict, &mut tally);
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
            if as_json || tally.added + tally.updated + tally.unchanged > 0 {
                report(&tally, as_json)?;
            }
            Err(failure)
        }
    }
}

/// Opens all files. Those that cannot be opened are all told.
fn open(args: &ImportArgs, zone: Tz, tally: &mut Tally, as_json: bool) -> Result<Vec<FileSource>, Failure> {
    let mut sources = Vec::with_capacity(args.files.len());
    let mut failed: Option<Failure> = None;
    for file in &args.files {
        let request = Request {
            leads: file,
            map: args.map.as_deref(),
            activities: args.activities.as_deref(),
            activities_map: args.activities_map.as_deref(),
            source: args.source.as_deref(),
            zone,
        };
        match FileSource::open(&request) {
            Ok(source) => sources.push(source),
            Err(error) => {
                tally.errors.push(error.as_row(file));
                let failure = Failure::from(error);
                failed = Some(match failed {
                    Some(first) => Failure { message: format!("{}\n{}", first.message, failure.message), ..first },
                    None => failure,
                });
            }
        }
    }
    let Some(failure) = failed else { return Ok(sources) };
    if as_json {
        report(tally, as_json)?;
    }
    Err(failure)
}

/// Reads these files; the store writes on a thread of its own meanwhile.
fn load(session: &mut Session, sources: &mut [FileSource], strict: bool, tally: &mut Tally) -> Result<(), Broken> {
    let (store, ctx) = session.parts();
    let how = if strict { Load::Whole } else { Load::Batches };
    let (broken, loaded) = store.load::<Option<Failure>, Broken>(how, &ctx, |loader| {
        for source in sources {
            let is_copy = source.keeps_known();
            let read = read(source, strict, tally, |arrival| {
                let pushed = if is_copy { loader.push_copy(arrival) } else { loader.push_mut(arrival) };
                Ok(pushed?)
            });
            tally.count(source);
            match read {
                // What was read up to there is kept and counted.
                Err(Broken::Failed(failure)) if !strict => return Ok(Some(failure)),
                other => other?,
            }
        }
        if strict && !tally.errors.is_empty() { Err(Broken::Strict) } else { Ok(None) }
    })?;
    tally.added += loaded.added;
    tally.updated += loaded.updated;
    tally.unchanged += loaded.unchanged;
    broken.map_or(Ok(()), |failure| Err(Broken::Failed(failure)))
}

/// Reads one file to its end and hands on its leads.
fn read(
    source: &mut FileSource,
    strict: bool,
    tally: &mut Tally,
    mut take: impl FnMut(&mut Arrival) -> Result<(), Broken>,
) -> Result<(), Broken> {
    let waiting = runtime::Builder::new_current_thread().build().map_err(Failure::from)?;
    let mut cursor = None;
    loop {
        let page = waiting.block_on(source.pull(cursor.as_ref()));
        tally.errors.append(&mut source.errors);
        let page = page.map_err(|error| {
            if let SourceError::Import(error) = &error {
                tally.errors.push(error.as_row(source.file()));
            }
            Failure::from(error)
        })?;
        // In a strict import the rest is only read, so that all wrong rows are told at once.
        if !strict || tally.errors.is_empty() {
            for change in page.changes {
                if let Change::Upsert(mut record) = change {
                    take(&mut record.arrival)?;
                }
            }
        }
        if !page.more {
            return Ok(());
        }
        cursor = Some(page.next);
    }
}

impl Tally {
    /// Adds what was read of a file.
    fn count(&mut self, source: &FileSource) {
        if source.is_source_guessed() {
            self.guessed = Some(source.name().to_owned());
        }
        let totals = source.totals();
        self.read += totals.read - totals.skipped;
        self.rejected += totals.rejected;
        self.skipped += totals.skipped;
        let joined = totals.activities.unwrap_or_default();
        self.unmatched += joined.unmatched;
        self.misjoined += joined.rejected;
    }
}

fn report(tally: &Tally, as_json: bool) -> Result<(), Failure> {
    if let (Some(source), false) = (&tally.guessed, as_json) {
        let _ = writeln!(
            std::io::stderr(),
            "These leads are known by the source “{source}” and their ids, whatever the file is called. For lists whose ids \
             may meet, give each its own with --source NAME, or `source` in a mapping."
        );
    }
    let rows = |count: u64| counted(usize::try_from(count).unwrap_or(usize::MAX), "row", "rows");
    if tally.unmatched > 0 {
        // No mistake: a file of activities has those of other leads as well.
        let _ = writeln!(std::io::stderr(), "{} of the second file for none of these leads", rows(tally.unmatched));
    }
    let mut out = Out::new();
    if as_json {
        out.json(&json!({
            "read": tally.read,
            "added": tally.added,
            "updated": tally.updated,
            "unchanged": tally.unchanged,
            "rejected": tally.rejected,
            "errors": &tally.errors,
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
        "{} read: {} added, {} updated, {} unchanged, {} wrong",
        rows(tally.read),
        counted(tally.added, "lead", "leads"),
        tally.updated,
        tally.unchanged,
        rows(tally.rejected),
    ))?;
    if tally.skipped > 0 {
        out.line(format!("{} passed over, as the mapping says (deleted records and the like)", rows(tally.skipped)))?;
    }
    if tally.misjoined > 0 {
        out.line(format!("{} of the second file wrong", rows(tally.misjoined)))?;
    }
    out.finish()
}
