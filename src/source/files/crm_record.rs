//! The records of a CRM, read by a mapping: the same vocabulary as for files (docs/mapping.md), with the paths of their JSON
//! as columns.

use chrono_tz::Tz;
use serde_json::Value as Json;

use super::error::{Fault, MappingError};
use super::fill::Filler;
use super::json::flatten;
use super::mapping::Mapping;
use super::parse::parse_records;
use super::value::{Choice, Column, From, Row};
use super::write_map::WriteMap;
use crate::handoff::arrival::Arrival;
use crate::source::said::remark;

/// How one CRM's records are read, and by which words they are written.
pub struct RecordMapping {
    mapping: Mapping,
    /// By which words they are written.
    pub write: WriteMap,
}

impl RecordMapping {
    /// Reads a mapping; `file` is how messages name it.
    ///
    /// # Errors
    /// What is wrong with it, with its line and what to do.
    pub fn parse(file: &str, text: &str) -> Result<Self, MappingError> {
        let (mapping, write) = parse_records(file, text)?;
        Ok(Self { mapping, write })
    }

    /// The paths that it reads: what the CRM is asked for.
    pub fn columns(&self) -> &[String] {
        &self.mapping.columns.names
    }

    /// The paths from which it takes scores as they are.
    pub fn score_columns(&self) -> Vec<&str> {
        let map = &self.mapping.score;
        let values = [&map.total, &map.fit, &map.intent, &map.behavior];
        let values = values.into_iter().chain(map.parts.iter().map(|part| &part.points));
        let plain = |choice: &Choice| match choice.from {
            From::Column(Column(number)) if choice.map.is_none() => Some(number),
            _ => None,
        };
        let columns = values.flat_map(|value| &value.choices).filter_map(plain);
        columns.filter_map(|number| self.columns().get(number).map(String::as_str)).collect()
    }

    /// The lead that a record tells of; nothing for one that the mapping passes over. Its key's source is empty.
    ///
    /// # Errors
    /// In words: a value makes no sense, and where it stands.
    pub fn arrival(&self, record: Json) -> Result<Option<Arrival>, String> {
        let (columns, record) = flatten(record)?;
        let binding = self.mapping.place(&columns);
        let dates = self.mapping.dates(Tz::UTC);
        let filler = Filler { mapping: &self.mapping, binding: &binding, dates: &dates };
        let row = filler.row(&record);
        self.filled(&filler, &row).map_err(|fault| match (fault.column, remark(&fault.reason)) {
            (Some(column), reason) => format!("{column}: {reason}"),
            (None, reason) => reason,
        })
    }

    fn filled<'a>(&'a self, filler: &Filler<'a>, row: &Row<'a>) -> Result<Option<Arrival>, Fault> {
        if filler.skips(row) {
            return Ok(None);
        }
        let mut arrival = Arrival::default();
        filler.lead(row, &mut arrival.lead)?;
        arrival.lead.key.external_id = self.mapping.id.text(row)?.map(|id| id.into_owned()).unwrap_or_default();
        arrival.trail = filler.trail(row)?;
        arrival.told = Some(filler.told(row).into());
        Ok(Some(arrival))
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_text_that_is_too_long_is_cut_and_the_lead_is_there() {
        let text = "id = \"id\"\n[lead]\nmessage = \"said\"\n";
        let mapping = RecordMapping::parse("x.toml", text).unwrap();
        let lead = |said: &str| mapping.arrival(json!({ "id": "7", "said": said })).unwrap().unwrap().lead;
        let said = lead(&"é".repeat(1 << 20)).message.unwrap();
        assert!(said.len() <= 64 * 1024 && said.ends_with("é…"), "{}", said.len());
        assert_eq!(lead("short").message.as_deref(), Some("short"));
    }

    #[test]
    fn a_value_that_makes_no_sense_is_told_in_a_line_however_long_it_is() {
        let mapping = RecordMapping::parse("x.toml", "id = \"id\"\n[lead]\nmql_at = \"at\"\n").unwrap();
        let wrong = mapping.arrival(json!({ "id": "7", "at": "soon\n".repeat(10_000) })).unwrap_err();
        assert!(wrong.starts_with("at: “soon soon") && wrong.len() < 400, "{wrong}");
    }
}
