//! A file as a [`Source`]: pages of its rows, and nothing to write back to. Dispositions of its leads leave by
//! export.

use std::path::{Path, PathBuf};

use chrono::Duration;
use chrono_tz::Tz;

use crate::source::{
    Answer, Applied, Capabilities, Change, ConflictDetection, Cursor, Detail, Disposition, Page, Probe, Record, Source,
    SourceError, Step, Tombstone,
};

use super::{FileImport, ImportError, Request, RowError, Totals};

/// How many leads are on a page.
const PAGE: usize = 500;

/// Files that are read as a remote system would be: the way in for every import. Its cursor is the number of rows that
/// were read.
pub struct FileSource {
    name: String,
    leads: PathBuf,
    map: Option<String>,
    activities: Option<PathBuf>,
    activities_map: Option<String>,
    zone: Tz,
    is_guessed: bool,
    import: FileImport,
    /// Rows that were refused since this was last emptied.
    pub errors: Vec<RowError>,
}

impl FileSource {
    /// Opens the files to see that they can be read and which source they are of.
    pub fn open(request: &Request) -> Result<Self, ImportError> {
        let import = FileImport::open(request)?;
        Ok(Self {
            name: import.source().to_owned(),
            leads: request.leads.to_owned(),
            map: request.map.map(str::to_owned),
            activities: request.activities.map(ToOwned::to_owned),
            activities_map: request.activities_map.map(str::to_owned),
            zone: request.zone,
            is_guessed: import.is_source_guessed(),
            import,
            errors: Vec::new(),
        })
    }

    /// The file with the leads, as it was named.
    pub fn file(&self) -> &Path {
        &self.leads
    }

    /// Nobody named the source, see [`FileImport::is_source_guessed`].
    pub fn is_source_guessed(&self) -> bool {
        self.is_guessed
    }

    /// See [`FileImport::keeps_known`].
    pub fn keeps_known(&self) -> bool {
        self.import.keeps_known()
    }

    /// What was read so far.
    pub fn totals(&self) -> Totals {
        self.import.totals()
    }

    fn read(&mut self, after: Option<&Cursor>) -> Result<Page, SourceError> {
        let done = after.map_or(Ok(0), |cursor| self.rows_of(cursor))?;
        if self.import.totals().read != done {
            self.import = self.reopen(done)?;
        }
        let batch = self.import.next_batch(PAGE)?;
        let next = Cursor(self.import.totals().read.to_string());
        let more = batch.is_some();
        let mut batch = batch.unwrap_or_default();
        self.errors.append(&mut batch.errors);
        let record = |arrival| Change::Upsert(Box::new(Record { arrival, word: None }));
        let changes = batch.arrivals.into_iter().map(record).collect();
        Ok(Page { changes, left_out: Vec::new(), next, more })
    }

    /// Begins again and passes over the rows that were read before.
    fn reopen(&self, done: u64) -> Result<FileImport, ImportError> {
        let mut import = FileImport::open(&Request {
            leads: &self.leads,
            map: self.map.as_deref(),
            activities: self.activities.as_deref(),
            activities_map: self.activities_map.as_deref(),
            source: Some(&self.name),
            zone: self.zone,
        })?;
        while import.totals().read < done && import.next_batch(1)?.is_some() {}
        Ok(import)
    }

    fn rows_of(&self, cursor: &Cursor) -> Result<u64, SourceError> {
        let why = |_| SourceError::Cursor {
            source_name: self.name.clone(),
            why: format!("“{}” is not a number", cursor.0),
        };
        cursor.0.parse().map_err(why)
    }
}

/// An answer that is known at once.
fn at_once<'a, T: Send + 'a>(answer: Result<T, SourceError>) -> Answer<'a, T> {
    Box::pin(std::future::ready(answer))
}

impl Source for FileSource {
    fn name(&self) -> &str {
        &self.name
    }

    fn capabilities(&self) -> Capabilities {
        Capabilities {
            writes: false,
            atomic: false,
            repeatable: false,
            conflicts: ConflictDetection::None,
            read_lag: 0,
            tells_news: false,
            sees_deletes: false,
            detail: Detail::None,
            asked_every: 0,
        }
    }

    fn pull(&mut self, after: Option<&Cursor>) -> Answer<'_, Page> {
        at_once(self.read(after))
    }

    fn reconcile(&mut self, _known: &[String]) -> Answer<'_, Vec<Tombstone>> {
        // A lead that a newer export leaves out was filtered away by whoever made it; that says nothing of the lead.
        at_once(Ok(Vec::new()))
    }

    fn detail(&mut self, _external_id: &str) -> Answer<'_, Option<Record>> {
        // The page had all there is.
        at_once(Ok(None))
    }

    fn plan(&mut self, _disposition: &Disposition) -> Answer<'_, Vec<Step>> {
        at_once(Ok(Vec::new()))
    }

    fn apply(&mut self, _step: &Step) -> Answer<'_, Applied> {
        at_once(Ok(Applied::Rejected { why: "a file takes nothing back; use `leadbox export`".into() }))
    }

    fn probe(&mut self, _step: &Step, _tried: Option<Duration>) -> Answer<'_, Probe> {
        at_once(Ok(Probe::Absent))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ids(page: &Page) -> Vec<String> {
        let id = |change: &Change| match change {
            Change::Upsert(record) => record.arrival.lead.key.external_id.clone(),
            Change::Gone(gone) => gone.external_id.clone(),
        };
        page.changes.iter().map(id).collect()
    }

    #[tokio::test]
    async fn pages_follow_each_other_whoever_remembers_the_cursor() {
        let file = tempfile::NamedTempFile::new().unwrap();
        let rows: String = (0..1200).map(|n| format!("{n},p{n}@a.example\n")).collect();
        std::fs::write(file.path(), format!("id,email\n{rows}")).unwrap();
        let request = Request::new(file.path());
        let mut source = FileSource::open(&request).unwrap();
        let (mut seen, mut cursor) = (Vec::new(), None);
        loop {
            let page = source.pull(cursor.as_ref()).await.unwrap();
            seen.extend(ids(&page));
            // After a restart only the cursor is left.
            source = FileSource::open(&request).unwrap();
            cursor = Some(page.next);
            if !page.more {
                break;
            }
        }
        assert_eq!(seen, (0..1200).map(|n| n.to_string()).collect::<Vec<_>>());
        assert!(source.pull(Some(&Cursor("later".into()))).await.is_err());
    }
}
