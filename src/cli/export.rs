//! `leadbox export`: leads with their dispositions, for spreadsheets, machines and the CRMs' importers.

use std::fs::OpenOptions;
use std::io::{self, Write};
use std::os::unix::fs::OpenOptionsExt;

use serde_json::json;

use super::args::{ExportArgs, ExportFormat};
use super::failure::Failure;
use super::session::Session;
use crate::handoff::lead::LeadId;
use crate::source::export::{ExportRow, Exporter, Format};

/// Leads that are read at once.
const PAGE: usize = 500;

/// Writes the leads; with `--pending` notes afterwards that their dispositions were handed over.
pub fn run(session: &mut Session, args: &ExportArgs, as_json: bool) -> Result<(), Failure> {
    let format = match args.format {
        ExportFormat::Csv => Format::Csv,
        ExportFormat::Jsonl => Format::JsonLines,
        ExportFormat::Hubspot => Format::HubSpot,
        ExportFormat::Salesforce => Format::Salesforce,
    };
    let pending = args.pending.then_some(session.now);
    // Before the leads, so that what is done meanwhile is not taken for handed over.
    let ops = pending.map(|now| session.store.export_pending(now)).transpose()?.unwrap_or_default();
    let count = match &args.file {
        None => write(session, format, pending.is_some(), io::stdout().lock()),
        Some(path) => {
            // Beside its place first: an export that fails leaves an older file as it was.
            let dir = path.parent().filter(|dir| !dir.as_os_str().is_empty()).unwrap_or(".".as_ref());
            let draft = tempfile::Builder::new()
                .prefix(".leadbox-export-")
                .make_in(dir, |path| OpenOptions::new().write(true).create_new(true).mode(0o600).open(path));
            let draft = draft.map_err(|error| Failure::because(dir.display(), error))?;
            let count = write(session, format, pending.is_some(), draft.as_file())?;
            draft.as_file().sync_all()?;
            draft.persist(path).map_err(|error| Failure::because(path.display(), error.error))?;
            Ok(count)
        }
    }?;
    session.store.mark_exported(&ops)?;
    if as_json && args.file.is_some() {
        println!("{}", json!({ "exported": count, "dispositions": ops.len() }));
    } else {
        eprintln!("{count} leads exported");
    }
    Ok(())
}

fn write(session: &Session, format: Format, pending: bool, out: impl Write) -> Result<usize, Failure> {
    let mut exporter = Exporter::new(format, io::BufWriter::new(out))?;
    let (mut after, mut count) = (LeadId(0), 0);
    loop {
        let page = session.store.export_page(after, PAGE, pending.then_some(session.now))?;
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
