//! `leadbox export`: leads with their dispositions, for spreadsheets, machines and the CRMs' importers.

use std::fs::OpenOptions;
use std::io::{self, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;

use serde_json::json;

use super::args::{ExportArgs, ExportFormat};
use super::failure::{Exit, Failure};
use super::print::{Out, counted};
use super::session::Session;
use crate::handoff::lead::LeadId;
use crate::source::export::{ExportRow, Exporter, Format};
use crate::store::StoreError;

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
    // Before the leads, so that what is done meanwhile is not taken for handed over.
    let ops = pending.map(|now| session.store.export_pending(now)).transpose()?.unwrap_or_default();
    let count = match &args.file {
        None => match write(session, format, pending.is_some(), io::stdout().lock()) {
            // A reader that wanted no more is no error; but what it did not take was not handed over.
            Err(Stopped::Gone) if pending.is_none() => return Ok(()),
            other => other?,
        },
        Some(path) => to_file(session, format, pending.is_some(), path)?,
    };
    if args.pending {
        session.store.mark_exported(&ops)?;
    }
    if as_json && args.file.is_some() {
        let mut out = Out::new();
        out.json(&json!({ "exported": count, "dispositions": ops.len() }))?;
        return out.finish();
    }
    let _ = writeln!(io::stderr(), "{}", counted(count, "lead exported", "leads exported"));
    Ok(())
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
fn to_file(session: &Session, format: Format, pending: bool, path: &Path) -> Result<usize, Failure> {
    let dir = path.parent().filter(|dir| !dir.as_os_str().is_empty()).unwrap_or(".".as_ref());
    let draft = tempfile::Builder::new()
        .prefix(".leadbox-export-")
        .make_in(dir, |path| OpenOptions::new().write(true).create_new(true).mode(0o600).open(path));
    let draft = draft.map_err(|error| Failure::because(dir.display(), error))?;
    let count = write(session, format, pending, draft.as_file())?;
    draft.as_file().sync_all()?;
    draft.persist(path).map_err(|error| Failure::because(path.display(), error.error))?;
    Ok(count)
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

fn write(session: &Session, format: Format, pending: bool, out: impl Write) -> Result<usize, Stopped> {
    let mut exporter = Exporter::new(format, io::BufWriter::new(out))?;
    let (mut after, mut count) = (LeadId(0), 0);
    loop {
        let page = session.store.export_page(after, PAGE, pending, session.now)?;
        let Some(last) = page.last() else { break };
        after = last.id;
        count += page.len();
        for row in &page {
            exporter.write(&ExportRow { id: row.id, lead: &row.lead, handoff: &row.handoff })?;
        }
    }
    exporter.finish()?;
    Ok(count)
}
