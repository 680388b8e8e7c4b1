//! Leads with their dispositions, written for spreadsheets, for machines, and for the importers of the CRMs.
//!
//! Every cell of a delimited file is quoted and disarmed (see [`super::inert`]): these files are opened in
//! spreadsheets, whoever they are meant for. JSON Lines are for machines and stay as they are.

mod crm;
mod plain;

use std::io::{self, Write};

use crate::handoff::event::Event;
use crate::handoff::lead::{Lead, LeadId};
use crate::handoff::state::Handoff;

/// One lead to be written.
#[derive(Clone, Copy, Debug)]
pub struct ExportRow<'a> {
    /// Its number.
    pub id: LeadId,
    /// The record as its source has it, or no more than its summary.
    pub lead: &'a Lead,
    /// The record is whole.
    pub is_whole: bool,
    /// Where it stands, and what was done with it.
    pub handoff: &'a Handoff,
    /// The dispositions that are handed over with it; their ids tell a receiver which it had already.
    pub handed: &'a [Event],
}

/// What can be written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Format {
    /// CSV with all fields, which can be imported again (mapping `leadbox`).
    Csv,
    /// One JSON object a line: `{"id","whole","lead","handoff","handed"}` with everything.
    JsonLines,
    /// CSV that HubSpot's contact importer takes.
    HubSpot,
    /// CSV that Salesforce's lead importers take.
    Salesforce,
}

impl Format {
    /// All formats.
    pub const ALL: [Self; 4] = [Self::Csv, Self::JsonLines, Self::HubSpot, Self::Salesforce];

    /// The word on the command line.
    pub fn code(self) -> &'static str {
        match self {
            Self::Csv => "csv",
            Self::JsonLines => "jsonl",
            Self::HubSpot => "hubspot",
            Self::Salesforce => "salesforce",
        }
    }

    /// The columns; none for JSON.
    fn columns(self) -> Vec<Column> {
        match self {
            Self::Csv => plain::COLUMNS.to_vec(),
            Self::JsonLines => Vec::new(),
            Self::HubSpot => crm::HUBSPOT.to_vec(),
            Self::Salesforce => crm::SALESFORCE.to_vec(),
        }
    }
}

/// A column: its name, and its cell for a lead.
type Column = (&'static str, fn(&ExportRow) -> Option<String>);

/// Writes leads, one after the other.
pub struct Exporter<W: Write> {
    out: Sink<W>,
    columns: Vec<Column>,
    is_for_crm: bool,
}

enum Sink<W: Write> {
    Json(W),
    Csv(Box<csv::Writer<W>>),
}

impl<W: Write> Exporter<W> {
    /// Begins a file; the header is written at once.
    pub fn new(format: Format, out: W) -> io::Result<Self> {
        let columns = format.columns();
        let is_for_crm = matches!(format, Format::HubSpot | Format::Salesforce);
        if format == Format::JsonLines {
            return Ok(Self { out: Sink::Json(out), columns, is_for_crm });
        }
        // RFC 4180: carriage return and line feed; quotes around every cell, so that none can begin a new one.
        let mut csv = csv::WriterBuilder::new()
            .quote_style(csv::QuoteStyle::Always)
            .terminator(csv::Terminator::CRLF)
            .from_writer(out);
        csv.write_record(columns.iter().map(|(name, _)| name))?;
        Ok(Self { out: Sink::Csv(Box::new(csv)), columns, is_for_crm })
    }

    /// Writes one lead. For a CRM, one that was not opened and that nobody acted on has nothing to say: it is left out.
    /// Returns whether it was written.
    pub fn write(&mut self, row: &ExportRow) -> io::Result<bool> {
        match &mut self.out {
            Sink::Json(out) => {
                let line = serde_json::json!({
                    "id": row.id.to_string(),
                    "whole": row.is_whole,
                    "lead": row.lead,
                    "handoff": row.handoff,
                    "handed": row.handed,
                });
                serde_json::to_writer(&mut *out, &line)?;
                out.write_all(b"\n")?;
                Ok(true)
            }
            Sink::Csv(_) if self.is_for_crm && !row.is_whole && row.handoff.seq == 0 => Ok(false),
            Sink::Csv(csv) => {
                for (_, cell) in &self.columns {
                    csv.write_field(cell(row).unwrap_or_default())?;
                }
                csv.write_record(None::<&[u8]>)?;
                Ok(true)
            }
        }
    }

    /// Ends the file: everything is handed to the operating system, or the error told.
    pub fn finish(self) -> io::Result<()> {
        match self.out {
            Sink::Json(mut out) => out.flush(),
            Sink::Csv(mut csv) => csv.flush(),
        }
    }
}

#[cfg(test)]
mod tests;
