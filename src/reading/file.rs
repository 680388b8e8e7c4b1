//! The text of a small file that somebody wrote, and in words why there is none.

use std::fs::File;
use std::io::{self, Read};
use std::path::Path;

/// The most bytes that a configuration, a mapping or a calendar has: a mistaken path to something huge is refused.
pub const LARGEST: u64 = 1 << 20;

/// The text of a file of at most [`LARGEST`] bytes.
///
/// # Errors
/// What is wrong and what to do, without the file's name.
pub fn text_of(path: &Path) -> Result<String, io::Error> {
    let mut text = String::new();
    File::open(path)?.take(LARGEST + 1).read_to_string(&mut text).map_err(|error| match error.kind() {
        // A letter may be cut where the limit is.
        io::ErrorKind::InvalidData if path.metadata().is_ok_and(|found| found.len() > LARGEST) => too_large(),
        _ => error,
    })?;
    if text.len() as u64 > LARGEST { Err(too_large()) } else { Ok(text) }
}

fn too_large() -> io::Error {
    io::ErrorKind::FileTooLarge.into()
}

/// What the system says of a file or folder, in words, and what to do; without its name.
pub fn plight(error: &io::Error) -> String {
    use io::ErrorKind as Kind;
    match error.kind() {
        Kind::NotFound => "there is no such file or folder; check how its path is written".into(),
        Kind::PermissionDenied => "you have no right to it; change its rights or name another one".into(),
        Kind::IsADirectory => "it is a folder; name a file in it".into(),
        Kind::NotADirectory => "a part of its path is a file, not a folder; check how the path is written".into(),
        Kind::ReadOnlyFilesystem => "its disk can only be read; name another place".into(),
        Kind::InvalidData => "it is not text in UTF-8; save it as UTF-8".into(),
        Kind::FileTooLarge => {
            format!("it is larger than {} MiB, the most that such a file can have; is it the right one?", LARGEST >> 20)
        }
        _ => error.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_is_read_up_to_the_limit_and_told_in_words_beyond_it() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("c.toml");
        let largest = usize::try_from(LARGEST).unwrap();
        let read = |text: &str| {
            std::fs::write(&path, text).unwrap();
            text_of(&path).map_err(|error| plight(&error))
        };
        assert_eq!(read(&"#".repeat(largest)).map(|text| text.len()), Ok(largest));
        for text in ["#".repeat(largest + 1), "é".repeat(largest), format!("#{}", "é".repeat(largest))] {
            assert!(read(&text).unwrap_err().contains("larger than 1 MiB"));
        }
        std::fs::write(&path, b"a = \"\xff\"").unwrap();
        assert!(plight(&text_of(&path).unwrap_err()).contains("save it as UTF-8"));
        assert!(plight(&text_of(folder.path()).unwrap_err()).contains("it is a folder"));
        assert!(plight(&text_of(&path.join("x")).unwrap_err()).contains("not a folder"));
    }
}
