//! The log's head, written down elsewhere: whoever can change the database, hashes and all, cannot change this.

use std::fmt::Write as _;
use std::fs::File;
use std::io::{self, BufRead, BufReader, Read, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};

use chrono::{DateTime, SecondsFormat};

use super::{Hash, Head, hex};
use crate::handoff::Time;
use crate::keeping::{KeepError, at, private};

/// The log's head at a time. A line of a file: `n hash time`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Anchor {
    /// The head.
    pub head: Head,
    /// When it was written down, in whole milliseconds.
    pub at: Time,
}

/// The file of anchors cannot be read or written.
#[derive(Debug, thiserror::Error)]
pub enum AnchorError {
    /// The file cannot be used.
    #[error("{0}")]
    File(#[from] KeepError),
    /// A line is no anchor.
    #[error(
        "{path}:{line}: this is not `number hash time`, as Leadbox writes it. The file was changed; compare it with a copy"
    )]
    Line {
        /// The file.
        path: PathBuf,
        /// The line, from 1.
        line: usize,
    },
}

impl Anchor {
    /// Adds it to the file, which is made for our eyes only if need be. It is on the disk when this returns. What a crash
    /// left of the last line is overwritten.
    ///
    /// # Errors
    /// If the file cannot be used.
    pub fn write(&self, path: &Path) -> Result<(), AnchorError> {
        let mut line = String::new();
        let time = self.at.to_rfc3339_opts(SecondsFormat::Millis, true);
        let _ = writeln!(line, "{} {} {time}", self.head.n, hex(&self.head.hash));
        let mut file = private::open(path)?;
        let mut append = || -> io::Result<()> {
            let end = end_of_lines(&mut file)?;
            file.set_len(end)?;
            file.seek(SeekFrom::Start(end))?;
            file.write_all(line.as_bytes())?;
            file.sync_all()?;
            let dir = path.parent().filter(|dir| !dir.as_os_str().is_empty()).unwrap_or(Path::new("."));
            File::open(dir)?.sync_all()
        };
        Ok(append().map_err(at(path))?)
    }

    /// All anchors of the file, in the order in which they were written; none if there is no file. A last line without
    /// an end is what a crash left.
    ///
    /// # Errors
    /// If the file cannot be read, or a line is no anchor.
    pub fn read(path: &Path) -> Result<Vec<Self>, AnchorError> {
        let file = match File::open(path) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
            file => file.map_err(at(path))?,
        };
        let (mut file, mut anchors, mut line) = (BufReader::new(file), Vec::new(), Vec::new());
        while file.read_until(b'\n', &mut line).map_err(at(path))? > 0 && line.ends_with(b"\n") {
            let number = anchors.len() + 1;
            let anchor = std::str::from_utf8(&line).ok().and_then(|line| Self::parse(line.trim_end_matches('\n')));
            anchors.push(anchor.ok_or_else(|| AnchorError::Line { path: path.to_owned(), line: number })?);
            line.clear();
        }
        Ok(anchors)
    }

    fn parse(line: &str) -> Option<Self> {
        let mut words = line.split(' ');
        let n = words.next()?.parse().ok()?;
        let mut hash = [0; 32];
        base16ct::lower::decode(words.next()?, &mut hash).ok().filter(|bytes| bytes.len() == size_of::<Hash>())?;
        let at = DateTime::parse_from_rfc3339(words.next()?).ok()?.to_utc();
        words.next().is_none().then_some(Self { head: Head { n, hash }, at })
    }
}

/// Longer than any line.
const TAIL: u64 = 256;

/// Where the last whole line ends.
fn end_of_lines(file: &mut (impl Read + Seek)) -> io::Result<u64> {
    let length = file.seek(SeekFrom::End(0))?;
    let from = length.saturating_sub(TAIL);
    file.seek(SeekFrom::Start(from))?;
    let mut tail = Vec::new();
    file.take(TAIL).read_to_end(&mut tail)?;
    let end = tail.iter().rposition(|byte| *byte == b'\n').map_or(0, |at| at + 1);
    Ok(if end == 0 && from > 0 { length } else { from + end as u64 })
}
