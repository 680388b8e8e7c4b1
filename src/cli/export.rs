//! `leadbox export`: leads with their dispositions, for spreadsheets, machines and the CRMs' importers.

use std::fs::{File, OpenOptions};
use std::io::{self, IsTerminal, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};

use chrono_tz::Tz;
use serde_json::json;
use uuid::Uuid;

use super::args::{ExportArgs, ExportFormat};
use super::failure::{Exit, Failure};
use super::print::{Out, Shown, counted};
use super::session::Session;
use crate::handoff::Time;
use crate::handoff::lead::LeadId;
use crate::source::export::{ExportRow, Exporter, Format};
use crate::store::{Exported, Pending, StoreError};

/// Leads that are read at once.
const PAGE: usize = 500;

/// Writes the leads; with `--pending` notes afterwards that their dispositions were handed over.
pub fn run(session: &mut Session, args: &ExportArgs, as_json: bool) -> Result<(), Failure> {
    let file = args.file.as_deref().filter(|file| *file != Path::new("-"));
    let format = match args.format {
        Some(ExportFormat::Csv) => Format::Csv,
        Some(ExportFormat::Jsonl) => Format::JsonLines,
        Some(ExportFormat::Hubspot) => Format::HubSpot,
        Some(ExportFormat::Salesforce) => Format::Salesforce,
        None => by_name(file, as_json),
    };
    let pending = if args.pending { Some(session.store.pending(session.now)?) } else { None };
    let at = args.pending.then_some(session.now);
    let written = match file {
        None => match to_stdout(session, format, at) {
            // A reader that wanted no more is no error; but what it did not take was not handed over.
            Err(Stopped::Gone) if pending.is_none() => return Ok(()),
            other => other?,
        },
        // Not even a header: what is there may be what was handed over last.
        Some(_) if pending.is_some_and(|pending| pending.ripe == 0) => Written::default(),
        Some(path) => {
            let keep = args.pending && !args.force;
            to_file(path, keep, |out| write(session, format, at, out))?
        }
    };
    if args.pending {
        session.store.mark_exported(&written.handed, session.now)?;
    }
    if as_json && file.is_some() {
        let mut out = Out::new();
        let undoable = pending.map_or(0, |pending| pending.undoable);
        out.json(&json!({
            "exported": written.leads,
            "summaries": written.summaries,
            "dispositions": written.handed.len(),
            "undoable": undoable,
        }))?;
        return out.finish();
    }
    for line in told(&written, file, pending, session.zone()) {
        let _ = writeln!(io::stderr(), "{line}");
    }
    Ok(())
}

/// What a person is told of it.
fn told(written: &Written, file: Option<&Path>, pending: Option<Pending>, zone: Tz) -> Vec<String> {
    let mut lines = Vec::new();
    match file {
        Some(file) if pending.is_some() && written.handed.is_empty() => {
            lines.push(format!("nothing is to be handed over; {} was left alone", file.display()));
        }
        _ => lines.push(counted(written.leads, "lead exported", "leads exported")),
    }
    if written.summaries > 0 {
        let summaries = written.summaries;
        lines.push(format!("{summaries} of them not opened yet: no more than the summary was written"));
    }
    if let Some(Pending { undoable, ripe_at: Some(ripe_at), .. }) = pending {
        let what = counted(undoable, "disposition is", "dispositions are");
        let until = ripe_at.with_timezone(&zone).format("%F %H:%M:%S");
        let they = if undoable == 1 { "it" } else { "they" };
        lines.push(format!(
            "{what} not handed over yet, since {they} can be undone until {until}: export again after that"
        ));
    }
    lines
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

/// Writes beside the file's place first: an export that fails leaves an older file as it was. If `keep`, a file that
/// is there already is left, and that is an error. What is no plain file, such as a pipe, is written to as it is.
fn to_file(path: &Path, keep: bool, write: impl FnOnce(&File) -> Result<Written, Stopped>) -> Result<Written, Failure> {
    let unwritable = |error: io::Error| not_written(path, &error);
    let mut place = path.to_owned();
    match path.metadata() {
        Ok(there) if there.is_dir() => return Err(not_written(path, &io::ErrorKind::IsADirectory.into())),
        Ok(there) if !there.is_file() => {
            let file = OpenOptions::new().write(true).open(path).map_err(unwritable)?;
            return Ok(write(&file)?);
        }
        Ok(_) if keep => return Err(would_replace(path)),
        // The file that a link leads to is replaced, and not the link.
        Ok(_) => place = path.canonicalize().map_err(unwritable)?,
        Err(_) => {}
    }
    let dir = place.parent().filter(|dir| !dir.as_os_str().is_empty()).map_or_else(|| ".".into(), PathBuf::from);
    let draft = tempfile::Builder::new()
        .prefix(".leadbox-export-")
        .make_in(&dir, |path| OpenOptions::new().write(true).create_new(true).mode(0o600).open(path));
    let draft = draft.map_err(unwritable)?;
    let written = write(draft.as_file())?;
    draft.as_file().sync_all()?;
    let kept = if keep { draft.persist_noclobber(&place) } else { draft.persist(&place) };
    match kept {
        Ok(_) => {}
        Err(error) if error.error.kind() == io::ErrorKind::AlreadyExists => return Err(would_replace(path)),
        Err(error) => return Err(unwritable(error.error)),
    }
    // The name lasts only with its folder.
    File::open(&dir).and_then(|dir| dir.sync_all()).map_err(unwritable)?;
    Ok(written)
}

fn would_replace(path: &Path) -> Failure {
    let path = path.display();
    Failure::new(
        Exit::Failed,
        format!(
            "{path} is there already, and may hold what was handed over before: give another name, or replace it with \
             --force. Nothing was handed over"
        ),
    )
}

/// What happened, where, and what to do.
fn not_written(path: &Path, error: &io::Error) -> Failure {
    let dir = path.parent().filter(|dir| !dir.as_os_str().is_empty()).unwrap_or(".".as_ref()).display();
    let what = format!("{} cannot be written", path.display());
    match error.kind() {
        io::ErrorKind::NotFound | io::ErrorKind::NotADirectory => {
            Failure::because(what, format!("there is no folder {dir}. Make it, or name another place"))
        }
        io::ErrorKind::PermissionDenied => {
            Failure::because(what, format!("you may not write into {dir}. Name another place"))
        }
        _ => Failure::file(what, error),
    }
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
