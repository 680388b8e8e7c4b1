//! Fetches a calendar: from a file on the hub's machine, or from an address.

use std::io::Read;
use std::path::PathBuf;

use crate::reading::plight;

/// The most bytes of a calendar.
const MOST_BYTES: u64 = 4 * 1024 * 1024;

/// The text of a calendar.
///
/// # Errors
/// In words that have neither the address nor the contents in them.
pub(super) async fn fetch(place: &str) -> Result<String, String> {
    let path = PathBuf::from(place);
    let read = tokio::task::spawn_blocking(move || of_file(&path)).await;
    let bytes = read.unwrap_or_else(|_| Err("the hub is shutting down".into()))?;
    Ok(String::from_utf8_lossy(&bytes).into_owned())
}

fn too_large() -> String {
    format!("it has more than {} MB", MOST_BYTES / 1024 / 1024)
}

fn of_file(path: &PathBuf) -> Result<Vec<u8>, String> {
    let told = |error: std::io::Error| format!("the file {}", plight(&error));
    // A pipe would be waited for without an end.
    if !std::fs::metadata(path).map_err(told)?.is_file() {
        return Err("it is no file".into());
    }
    let mut bytes = Vec::new();
    let file = std::fs::File::open(path).map_err(told)?;
    file.take(MOST_BYTES + 1).read_to_end(&mut bytes).map_err(told)?;
    if bytes.len() as u64 > MOST_BYTES { Err(too_large()) } else { Ok(bytes) }
}
