//! `leadbox export`: leads with their dispositions, for spreadsheets, machines and the CRMs' importers.

use std::fs::OpenOptions;
use std::io::{self, IsTerminal, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;

use serde_json::json;
use uuid::Uuid;

use super::args::{ExportArgs, ExportFormat};
use super::failure::{Exit, Failure};
use super::print::{Out, Shown, counted};
use super::session::Session;
use crate::handoff::Time;
use crate::handoff::lead::LeadId;
use crate::source::export::{ExportRow, Exporter, Format};
use crate::store::{Exported, StoreError};

/// Leads that are read at once.
const PAGE: usize = 500;

/// Writes the leads; with `--pending` notes afterwards that their dispositions were handed over.
pub fn run(session: &mut Session, args: &ExportArgs, as_json: bool) -> Result<(), Failure> {
    let format = match args.format {
        Some(ExportFormat::Csv) => Format::Csv,
        Some(ExportFormat::Jsonl) => Format::JsonLines,
        Some(ExportFormat::Hubspot) => Format::HubSpot,
        Some(ExportFormat::Salesforce) => Format::Salesforce,
        None => by_name(args.file.as_deref(), as_json),
    };
    let pending = args.pending.then_some(session.now);
    let written = match &args.file {
        None => match to_stdout(session, format, pending) {
            // A reader that wanted no more is no error; but what it did not take was not handed over.
            Err(Stopped::Gone) if pending.is_none() => return Ok(()),
            other => other?,
        },
        Some(path) => to_file(session, format, pending, path)?,
    };
    if args.pending {
        session.store.mark_exported(&written.handed, session.now)?;
    }
    if as_json && args.file.is_some() {
        let mut out = Out::new();
        let (leads, summaries) = (written.leads, written.summaries);
        out.json(&json!({ "exported": leads, "summaries": summaries, "dispositions": written.handed.len() }))?;
        return out.finish();
    }
    let mut told = counted(written.leads, "lead exported", "leads exported");
    if written.summaries > 0 {
        told += &format!("; {} of them not opened yet, no more than the summary", written.summaries);
    }
    let _ = writeln!(io::stderr(), "{told}");
    Ok(())
}

/// What was written.
#[derive(Default)]
struct Written {
    leads: usize,
    summaries: usize,
    handed: Vec<Uuid>,
}

/// A pipe or a file behind standard output gets what a file would; a terminal is shown it, made inert.
fn to_stdout(session: &Session, format: Format, pending: Option<Time>) -> Result<Written, Stopped> {
    let stdout = io::stdout().lock();
    if stdout.is_terminal() {
        return write(session, format, pending, Shown::new(stdout, format == Format::JsonLines));
    }
    write(session, format, pending, stdout)
}

/// The format that a file's name asks for.
fn by_name(file: Option<&Path>, as_json: bool) -> Format {
    match file.map(|file| file.extension().unwrap_or_default().to_string_lossy().to_lowercase()) {
        None if as_json => Format::JsonLines,
        Some(extension) if ["jsonl", "ndjson", "json"].contains(&extension.as_str()) => Format::JsonLines,
        _ => Format::Csv,
    }
}

/// Writes beside the file's place first: an export that fails leaves an older file as it was.
fn to_file(session: &Session, format: Format, pending: Option<Time>, path: &Path) -> Result<Written, Failure> {
    let dir = path.parent().filter(|dir| !dir.as_os_str().is_empty()).unwrap_or(".".as_ref());
    let draft = tempfile::Builder::new()
        .prefix(".leadbox-export-")
        .make_in(dir, |path| OpenOptions::new().write(true).create_new(true).mode(0o600).open(path));
    let draft = draft.map_err(|error| Failure::file(format!("nothing can be written in {}", dir.display()), &error))?;
    let written = write(session, format, pending, draft.as_file())?;
    draft.as_file().sync_all()?;
    draft
        .persist(path)
        .map_err(|error| Failure::file(format!("{} cannot be written", path.display()), &error.error))?;
    Ok(written)
}

/// Why writing stopped.
enum Stopped {
    /// The reader of the pipe went away.
    Gone,
    Failed(Failure),
}

impl From<StoreError> for Stopped {
    fn from(error: StoreError) -> Self {
        Self::Failed(error.into())
    }
}

impl From<io::Error> for Stopped {
    fn from(error: io::Error) -> Self {
        if is_gone(&error) { Self::Gone } else { Self::Failed(error.into()) }
    }
}

/// Whether the reader of a pipe went away; CSV wraps that in an error of its own.
fn is_gone(error: &io::Error) -> bool {
    let wrapped = error.get_ref().and_then(|inner| inner.downcast_ref::<csv::Error>());
    let inner = wrapped.and_then(|error| if let csv::ErrorKind::Io(inner) = error.kind() { Some(inner) } else { None });
    inner.unwrap_or(error).kind() == io::ErrorKind::BrokenPipe
}

impl From<Stopped> for Failure {
    fn from(stopped: Stopped) -> Self {
        match stopped {
            Stopped::Gone => Self::new(Exit::Failed, "the reader went away: nothing counts as handed over"),
            Stopped::Failed(failure) => failure,
        }
    }
}

fn write(session: &Session, format: Format, pending: Option<Time>, out: impl Write) -> Result<Written, Stopped> {
    let mut exporter = Exporter::new(format, io::BufWriter::new(out))?;
    let mut written = Written::default();
    let mut after = LeadId(0);
    loop {
        let page = session.store.export_page(after, PAGE, pending.is_some(), session.now)?;
        let Some(last) = page.last() else { break };
        after = last.id;
        for row in &page {
            let Exported { id, lead, is_whole, handoff, handed } = row;
            let is_written = exporter.write(&ExportRow { id: *id, lead, is_whole: *is_whole, handoff, handed })?;
            written.handed.extend(handed.iter().map(|event| event.id));
            written.leads += usize::from(is_written);
            written.summaries += usize::from(is_written && !is_whole);
        }
    }
    exporter.finish()?;
    Ok(written)
}
