//! A table on this machine in which companies or people are looked up: read and indexed once, and again when the file
//! changed.

use std::collections::{BTreeMap, HashMap};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::SystemTime;

use super::ask::Row;
use super::{DOMAIN, Question};
use crate::handoff::Time;
use crate::handoff::dedup::host;
use crate::reading::plight;

/// The largest file, in bytes: its index is kept in memory.
const MOST_BYTES: u64 = 256 * 1024 * 1024;

/// By what rows are found.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum By {
    /// The company's domain.
    Domain,
    /// The e-mail address.
    Email,
}

/// A table.
#[derive(Clone, Debug)]
pub struct Table {
    file: PathBuf,
    column: String,
    by: By,
    /// What a row's answer calls the time of which it is.
    as_of: String,
    index: Arc<Mutex<Option<Arc<Index>>>>,
}

/// The rows of a file, as it was then.
#[derive(Debug)]
struct Index {
    stamp: Stamp,
    /// The file's own time, for rows that name none.
    as_of: Option<String>,
    columns: Vec<String>,
    rows: HashMap<String, Vec<String>>,
}

/// By what a file that changed is known.
type Stamp = (Option<SystemTime>, u64);

impl Table {
    /// A table in this file, with what is looked up in this column.
    pub fn new(file: PathBuf, column: String, by: By, as_of: String) -> Self {
        Self { file, column, by, as_of, index: Arc::default() }
    }

    /// The row for a lead.
    pub(super) async fn find(&self, question: &Question) -> Result<Option<Row>, String> {
        let name = match self.by {
            By::Domain => DOMAIN,
            By::Email => "person.email",
        };
        let Some(key) = question.known.get(name).map(|text| self.key(text)) else { return Ok(None) };
        let table = self.clone();
        // A large file takes its time, and what else the hub does must not wait for it.
        let index = tokio::task::spawn_blocking(move || table.index()).await;
        let index = index.map_err(|error| error.to_string())??;
        Ok(index.rows.get(&key).map(|cells| index.row(cells, &self.as_of)))
    }

    fn key(&self, text: &str) -> String {
        let text = text.trim();
        match self.by {
            By::Domain => host(text).unwrap_or_else(|| text.to_lowercase()),
            By::Email => text.to_lowercase(),
        }
    }

    /// The index as the file is now. While a new file cannot be read, the former one holds.
    fn index(&self) -> Result<Arc<Index>, String> {
        let mut known = self.index.lock().unwrap_or_else(PoisonError::into_inner);
        let read = self.stamp().and_then(|stamp| match &*known {
            Some(index) if index.stamp == stamp => Ok(Arc::clone(index)),
            _ => self.read(stamp).map(Arc::new),
        });
        match (read, &*known) {
            (Ok(index), _) => {
                *known = Some(Arc::clone(&index));
                Ok(index)
            }
            (Err(why), Some(former)) => {
                tracing::warn!(why, "the former table is used");
                Ok(Arc::clone(former))
            }
            (Err(why), None) => Err(why),
        }
    }

    fn stamp(&self) -> Result<Stamp, String> {
        let meta = std::fs::metadata(&self.file).map_err(|error| told(&self.file, plight(&error)))?;
        if meta.len() > MOST_BYTES {
            return Err(told(&self.file, format!("it has more than {MOST_BYTES} bytes")));
        }
        Ok((meta.modified().ok(), meta.len()))
    }

    fn read(&self, stamp: Stamp) -> Result<Index, String> {
        let wrong = |error: ::csv::Error| told(&self.file, error);
        let mut reader = ::csv::ReaderBuilder::new().flexible(true).from_path(&self.file).map_err(wrong)?;
        let columns: Vec<String> = reader.headers().map_err(wrong)?.iter().map(|name| name.trim().to_owned()).collect();
        let Some(place) = columns.iter().position(|name| *name == self.column) else {
            let what = format!("it has no column “{}”; there are {}", self.column, columns.join(", "));
            return Err(told(&self.file, what));
        };
        let mut rows = HashMap::new();
        for row in reader.byte_records() {
            let row = row.map_err(wrong)?;
            let cells: Vec<String> = row.iter().map(|cell| String::from_utf8_lossy(cell).trim().to_owned()).collect();
            if let Some(key) = cells.get(place).filter(|key| !key.is_empty()).map(|key| self.key(key)) {
                // Of two rows the first counts.
                rows.entry(key).or_insert(cells);
            }
        }
        let as_of = stamp.0.map(|modified| Time::from(modified).to_rfc3339());
        Ok(Index { stamp, as_of, columns, rows })
    }
}

impl Index {
    fn row(&self, cells: &[String], as_of: &str) -> Row {
        let mut row: BTreeMap<String, String> = self.columns.iter().cloned().zip(cells.iter().cloned()).collect();
        let told = row.get(as_of).is_some_and(|text| !text.is_empty());
        if let Some(own) = self.as_of.clone().filter(|_| !told) {
            row.insert(as_of.to_owned(), own);
        }
        row
    }
}

fn told(file: &Path, why: impl std::fmt::Display) -> String {
    format!("the table {} cannot be used: {why}", file.display())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ask(table: &Table, domain: &str) -> Result<Option<Row>, String> {
        let known = BTreeMap::from([(DOMAIN.to_owned(), domain.to_owned())]);
        let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
        runtime.block_on(table.find(&Question { wanted: Vec::new(), known }))
    }

    #[test]
    fn a_table_is_read_once_and_again_when_it_changed() {
        let dir = tempfile::TempDir::new().unwrap();
        let file = dir.path().join("companies.csv");
        let table = Table::new(file.clone(), "site".into(), By::Domain, "as_of".into());
        assert!(ask(&table, "acme.example").unwrap_err().contains("companies.csv"));
        std::fs::write(&file, "\u{feff}site,size\nhttps://www.Acme.example/,800\nacme.example,9\n,7\n").unwrap();
        let row = ask(&table, "acme.example").unwrap().unwrap();
        assert_eq!(row["size"], "800", "the first of two rows counts");
        assert!(row.contains_key("as_of"), "a row is as old as its file");
        assert_eq!(ask(&table, "other.example").unwrap(), None);
        let first = table.index().unwrap();
        assert!(Arc::ptr_eq(&first, &table.index().unwrap()));
        std::fs::write(&file, "site,size,as_of\nacme.example,1200,2026-01-01\n").unwrap();
        let row = ask(&table, "acme.example").unwrap().unwrap();
        assert_eq!((row["size"].as_str(), row["as_of"].as_str()), ("1200", "2026-01-01"));
        std::fs::write(&file, "no,such,column,at,all\n").unwrap();
        assert_eq!(ask(&table, "acme.example").unwrap().unwrap()["size"], "1200", "the former one holds");
        std::fs::remove_file(&file).unwrap();
        assert_eq!(ask(&table, "acme.example").unwrap().unwrap()["size"], "1200");
    }
}
