//! Opening a file and reading it as UTF-8, whatever it was written in.
//!
//! A file is surveyed once, from end to end but in small pieces, before it is read: only so can one tell UTF-8 with
//! a broken row from Latin-1, and know what ends its lines. What cannot be read twice, such as a pipe, is put into
//! an anonymous temporary file first.

use std::fs::File;
use std::io::{self, Read, Seek, SeekFrom};
use std::path::Path;

use encoding_rs::{Decoder, DecoderResult, Encoding, UTF_8, UTF_16BE, UTF_16LE, WINDOWS_1252};

use super::error::ImportError;

/// How much is read at a time, in bytes.
const PIECE: usize = 64 * 1024;

/// A byte that is never part of UTF-8.
const BROKEN: u8 = 0xFF;

/// A file that was opened and looked through.
pub struct Input {
    /// The file, as it was named.
    pub name: String,
    /// What it is written in.
    pub encoding: &'static Encoding,
    /// Lines end in a lone carriage return, as on very old machines.
    pub old_mac: bool,
    file: File,
    skip: u64,
}

impl Input {
    /// Opens and surveys a file; `-` is standard input.
    pub fn open(path: &Path) -> Result<Self, ImportError> {
        let is_stdin = path == Path::new("-");
        let name = if is_stdin { "standard input".to_owned() } else { path.display().to_string() };
        let file = if is_stdin { copy(io::stdin().lock()) } else { seekable(path) };
        let file = file.map_err(ImportError::io(&name))?;
        let mut input = Self { name, encoding: UTF_8, old_mac: false, file, skip: 0 };
        input.survey()?;
        Ok(input)
    }

    /// The text from its beginning, without a byte order mark.
    pub fn reader(&self) -> io::Result<Utf8Reader> {
        let mut file = self.file.try_clone()?;
        file.seek(SeekFrom::Start(self.skip))?;
        // UTF-8 is passed through as it is: the row in which it is broken is to be named, not mended.
        let decoder = (self.encoding != UTF_8).then(|| self.encoding.new_decoder_without_bom_handling());
        Ok(Utf8Reader { file, decoder, text: Vec::new(), at: 0 })
    }

    fn survey(&mut self) -> Result<(), ImportError> {
        let mut piece = vec![0; PIECE];
        let mut length = fill(&mut self.file, &mut piece).map_err(ImportError::io(&self.name))?;
        let head = &piece[..length];
        if let Some(kind) = foreign(head) {
            return Err(ImportError::Unreadable { file: self.name.clone(), kind });
        }
        if let Some((encoding, mark)) = Encoding::for_bom(head) {
            (self.encoding, self.skip) = (encoding, mark as u64);
        } else if let Some(encoding) = utf16_without_mark(head) {
            self.encoding = encoding;
        } else if head.contains(&0) {
            return Err(ImportError::Unreadable { file: self.name.clone(), kind: "not a text file" });
        }
        let marked = self.skip > 0;
        let (mut good, mut bad) = (0_u64, 0_u64);
        let (mut feeds, mut returns) = (false, false);
        let mut kept = 0;
        while length > 0 {
            let (text, ended) = (&piece[..length], length < PIECE);
            feeds |= text.contains(&b'\n');
            returns |= text.contains(&b'\r');
            kept = if self.encoding == UTF_8 && !marked { weigh(text, ended, &mut good, &mut bad) } else { 0 };
            piece.copy_within(length - kept..length, 0);
            let more = fill(&mut self.file, &mut piece[kept..]).map_err(ImportError::io(&self.name))?;
            length = if more == 0 { 0 } else { kept + more };
        }
        bad += u64::from(kept > 0);
        // Broken UTF-8 is mostly sound; Latin-1 read as UTF-8 is mostly broken.
        if bad > good {
            self.encoding = WINDOWS_1252;
        }
        self.old_mac = returns && !feeds;
        Ok(())
    }
}

/// Counts characters beyond ASCII that are sound UTF-8 and places that are not. Returns how many bytes at the end
/// belong to a character that goes on in the next piece.
fn weigh(text: &[u8], ended: bool, good: &mut u64, bad: &mut u64) -> usize {
    if text.is_ascii() {
        return 0;
    }
    let mut chunks = text.utf8_chunks().peekable();
    while let Some(chunk) = chunks.next() {
        *good += chunk.valid().chars().filter(|c| !c.is_ascii()).count() as u64;
        let broken = chunk.invalid();
        // A head that more bytes could complete: at most three, at the very end.
        let open = chunks.peek().is_none()
            && !ended
            && std::str::from_utf8(broken).is_err_and(|error| error.error_len().is_none());
        if open {
            return broken.len();
        }
        *bad += u64::from(!broken.is_empty());
    }
    0
}

/// UTF-16 that lacks its mark: plain letters have a zero byte on one side.
fn utf16_without_mark(head: &[u8]) -> Option<&'static Encoding> {
    let pairs = (head.len() / 2).min(2048);
    if pairs < 2 {
        return None;
    }
    let zeros = |from: usize| head.iter().skip(from).step_by(2).take(pairs).filter(|byte| **byte == 0).count();
    let (even, odd) = (zeros(0), zeros(1));
    match () {
        () if odd * 2 > pairs && even * 10 < pairs => Some(UTF_16LE),
        () if even * 2 > pairs && odd * 10 < pairs => Some(UTF_16BE),
        () => None,
    }
}

/// Files that people take for CSV by their icon.
fn foreign(head: &[u8]) -> Option<&'static str> {
    match () {
        () if head.starts_with(b"PK\x03\x04") => Some("a spreadsheet or archive (xlsx, ods, zip)"),
        () if head.starts_with(&[0xD0, 0xCF, 0x11, 0xE0]) => Some("an old spreadsheet (xls)"),
        () if head.starts_with(&[0x1F, 0x8B]) => Some("compressed (gzip)"),
        () if head.starts_with(b"%PDF") => Some("a PDF"),
        () if head.starts_with(b"SQLite format 3\0") => Some("a database"),
        () => None,
    }
}

fn seekable(path: &Path) -> io::Result<File> {
    let file = File::open(path)?;
    let kind = file.metadata()?;
    if kind.is_dir() {
        return Err(io::ErrorKind::IsADirectory.into());
    }
    if kind.is_file() {
        return Ok(file);
    }
    copy(file)
}

/// What was read to its end, as a file that can be read again.
fn copy(mut from: impl Read) -> io::Result<File> {
    let mut copy = tempfile::tempfile()?;
    io::copy(&mut from, &mut copy)?;
    copy.seek(SeekFrom::Start(0))?;
    Ok(copy)
}

/// Reads until the buffer is full or the file at its end.
fn fill(file: &mut File, buffer: &mut [u8]) -> io::Result<usize> {
    let mut length = 0;
    while length < buffer.len() {
        match file.read(&mut buffer[length..]) {
            Ok(0) => break,
            Ok(more) => length += more,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
    Ok(length)
}

/// The file's text as UTF-8, decoded as it is read.
pub struct Utf8Reader {
    file: File,
    decoder: Option<Decoder>,
    /// Decoded and not yet handed over, from `at`.
    text: Vec<u8>,
    at: usize,
}

impl Read for Utf8Reader {
    fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
        if self.at == self.text.len() {
            let Some(mut decoder) = self.decoder.take() else { return self.file.read(out) };
            let mut raw = vec![0; PIECE];
            let length = fill(&mut self.file, &mut raw)?;
            let ended = length < PIECE;
            let room = decoder.max_utf8_buffer_length(length).unwrap_or(PIECE * 3);
            self.text.resize(room, 0);
            let (mut from, mut written) = (0, 0);
            loop {
                let into = &mut self.text[written..];
                let (result, taken, made) = decoder.decode_to_utf8_without_replacement(&raw[from..length], into, ended);
                (from, written) = (from + taken, written + made);
                match result {
                    DecoderResult::InputEmpty => break,
                    DecoderResult::OutputFull => self.text.resize(self.text.len() + PIECE, 0),
                    // Half a character, such as a lone surrogate. It is passed on as what is no UTF-8 either, so that
                    // the row in which it stands is named, and nothing is put in its place.
                    DecoderResult::Malformed(..) => {
                        self.text.resize(self.text.len().max(written + 1), 0);
                        self.text[written] = BROKEN;
                        written += 1;
                    }
                }
            }
            self.text.truncate(written);
            self.at = 0;
            // A decoder that has seen the end is done for; the file then gives nothing more by itself.
            self.decoder = (!ended).then_some(decoder);
        }
        let count = out.len().min(self.text.len() - self.at);
        out[..count].copy_from_slice(&self.text[self.at..self.at + count]);
        self.at += count;
        Ok(count)
    }
}

#[cfg(test)]
mod tests {
    use std::io::Write;

    use super::*;

    fn read(bytes: &[u8]) -> (Input, String) {
        let mut file = tempfile::NamedTempFile::new().unwrap();
        file.write_all(bytes).unwrap();
        let input = Input::open(file.path()).unwrap();
        let mut text = Vec::new();
        input.reader().unwrap().read_to_end(&mut text).unwrap();
        (input, String::from_utf8_lossy(&text).into_owned())
    }

    fn utf16(text: &str, big: bool) -> Vec<u8> {
        text.encode_utf16().flat_map(|unit| if big { unit.to_be_bytes() } else { unit.to_le_bytes() }).collect()
    }

    #[test]
    fn every_encoding_gives_the_same_text() {
        let text = "name,city\nJürgen,Köln\n";
        let latin1: Vec<u8> = text.chars().map(|c| u8::try_from(u32::from(c)).unwrap()).collect();
        let marked = |mark: &[u8], rest: Vec<u8>| [mark.to_vec(), rest].concat();
        for (bytes, encoding) in [
            (text.as_bytes().to_vec(), UTF_8),
            (marked(b"\xEF\xBB\xBF", text.as_bytes().to_vec()), UTF_8),
            (marked(b"\xFF\xFE", utf16(text, false)), UTF_16LE),
            (marked(b"\xFE\xFF", utf16(text, true)), UTF_16BE),
            (utf16(text, false), UTF_16LE),
            (utf16(text, true), UTF_16BE),
            (latin1, WINDOWS_1252),
        ] {
            let (input, read) = read(&bytes);
            assert_eq!((input.encoding, read.as_str()), (encoding, text), "{bytes:?}");
        }
        assert_eq!(read(b"price\n5 \x80\n").1, "price\n5 €\n", "Windows-1252 has the euro sign");
    }

    #[test]
    fn a_long_text_is_decoded_across_pieces() {
        let text = "é€😀abc\n".repeat(30_000);
        for bytes in [text.as_bytes().to_vec(), utf16(&format!("\u{FEFF}{text}"), true)] {
            assert!(read(&bytes).1 == text);
        }
    }

    #[test]
    fn one_broken_row_does_not_make_a_file_latin_1() {
        let mut bytes = "ä,ö\n".repeat(20_000).into_bytes();
        bytes.extend_from_slice(b"caf\xE9,x\n");
        assert_eq!(read(&bytes).0.encoding, UTF_8);
        assert_eq!(read(b"caf\xE9,x\n").0.encoding, WINDOWS_1252);
        assert_eq!(read(b"cut \xC3").0.encoding, WINDOWS_1252);
    }

    #[test]
    fn half_a_character_of_utf_16_is_not_replaced() {
        let mut bytes = utf16("\u{FEFF}a,b\n1,x", false);
        bytes.extend_from_slice(&[0x3D, 0xD8]);
        bytes.extend(utf16("y\n2,😀\n", false));
        let mut file = tempfile::NamedTempFile::new().unwrap();
        file.write_all(&bytes).unwrap();
        let input = Input::open(file.path()).unwrap();
        let mut text = Vec::new();
        input.reader().unwrap().read_to_end(&mut text).unwrap();
        assert_eq!(text, [b"a,b\n1,x".as_slice(), &[BROKEN], "y\n2,😀\n".as_bytes()].concat());
    }

    #[test]
    fn line_ends_of_old_machines_are_noticed() {
        assert!(read(b"a,b\r1,2\r").0.old_mac);
        assert!(!read(b"a,b\r\n1,2\r\n").0.old_mac);
        assert!(!read(b"a,b").0.old_mac);
    }

    #[test]
    fn what_is_no_text_is_told_by_its_kind() {
        let folder = tempfile::tempdir().unwrap();
        assert!(matches!(Input::open(folder.path()), Err(ImportError::Io { .. })));
        assert!(matches!(Input::open(&folder.path().join("none.csv")), Err(ImportError::Io { .. })));
        let path = folder.path().join("book.csv");
        for bytes in [&b"PK\x03\x04rest"[..], b"a,b\n\0\0,1\n"] {
            std::fs::write(&path, bytes).unwrap();
            assert!(matches!(Input::open(&path), Err(ImportError::Unreadable { .. })));
        }
    }
}
