//! Leads with their dispositions, written for spreadsheets, for machines, and for the importers of the CRMs.
//!
//! Every cell of a delimited file is quoted and disarmed (see [`super::inert`]): these files are opened in
//! spreadsheets, whoever they are meant for. JSON Lines are for machines and stay as they are.

mod crm;
mod plain;

use std::io::{self, Write};

use crate::handoff::lead::{Lead, LeadId};
use crate::handoff::state::Handoff;

/// One lead to be written.
#[derive(Clone, Copy, Debug)]
pub struct ExportRow<'a> {
    /// Its number.
    pub id: LeadId,
    /// The record as its source has it.
    pub lead: &'a Lead,
    /// Where it stands, and what was done with it.
    pub handoff: &'a Handoff,
}

/// What can be written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Format {
    /// CSV with all fields, which can be imported again (mapping `leadbox`).
    Csv,
    /// One JSON object a line: `{"id","lead","handoff"}` with everything.
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

    /// The format of this name.
    pub fn from_code(code: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|format| format.code() == code)
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
}

enum Sink<W: Write> {
    Json(W),
    Csv(Box<csv::Writer<W>>),
}

impl<W: Write> Exporter<W> {
    /// Begins a file; the header is written at once.
    pub fn new(format: Format, out: W) -> io::Result<Self> {
        let columns = format.columns();
        if format == Format::JsonLines {
            return Ok(Self { out: Sink::Json(out), columns });
        }
        // RFC 4180: carriage return and line feed; quotes around every cell, so that none can begin a new one.
        let mut csv = csv::WriterBuilder::new()
            .quote_style(csv::QuoteStyle::Always)
            .terminator(csv::Terminator::CRLF)
            .from_writer(out);
        csv.write_record(columns.iter().map(|(name, _)| name))?;
        Ok(Self { out: Sink::Csv(Box::new(csv)), columns })
    }

    /// Writes one lead.
    pub fn write(&mut self, row: &ExportRow) -> io::Result<()> {
        match &mut self.out {
            Sink::Json(out) => {
                let line = serde_json::json!({ "id": row.id.to_string(), "lead": row.lead, "handoff": row.handoff });
                serde_json::to_writer(&mut *out, &line)?;
                out.write_all(b"\n")
            }
            Sink::Csv(csv) => {
                for (_, cell) in &self.columns {
                    csv.write_field(cell(row).unwrap_or_default())?;
                }
                Ok(csv.write_record(None::<&[u8]>)?)
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
