//! Fetches a calendar: from a file on the hub's machine, or from an address that the hub may call.

use std::io::Read;
use std::path::PathBuf;
use std::time::Duration;

use crate::hub::outgoing::{Address, Ask, Failed, Limits, Outgoing};
use crate::reading::plight;

/// The most bytes of a calendar.
const MOST_BYTES: u32 = 4 * 1024 * 1024;

/// So long a server may take to send it.
const TIME: Duration = Duration::from_secs(30);

/// The text of a calendar.
///
/// # Errors
/// In words that have neither the address nor the contents in them.
pub(super) async fn fetch(place: &str, outgoing: &Outgoing) -> Result<String, String> {
    let bytes = if place.contains("://") { of_address(place, outgoing).await? } else { of_file(place).await? };
    Ok(String::from_utf8_lossy(&bytes).into_owned())
}

async fn of_address(place: &str, outgoing: &Outgoing) -> Result<Vec<u8>, String> {
    let limits = Limits { time: TIME, bytes: MOST_BYTES as usize };
    let answer =
        outgoing.call(Ask { limits, ..Ask::get(Address::parse(place)?) }).await.map_err(|failed| match failed {
            Failed::TooLong { .. } => too_large(),
            failed => failed.to_string(),
        })?;
    match answer.status {
        200 => Ok(answer.body),
        300..=399 => Err("its server says that it is elsewhere: give the address where it is".into()),
        status => Err(format!("its server answers {status}")),
    }
}

async fn of_file(place: &str) -> Result<Vec<u8>, String> {
    let path = PathBuf::from(place);
    let read = tokio::task::spawn_blocking(move || whole(&path)).await;
    read.unwrap_or_else(|_| Err("the hub is shutting down".into()))
}

fn too_large() -> String {
    format!("it has more than {} MB", MOST_BYTES / 1024 / 1024)
}

fn whole(path: &PathBuf) -> Result<Vec<u8>, String> {
    let told = |error: std::io::Error| format!("the file {}", plight(&error));
    // A pipe would be waited for without an end.
    if !std::fs::metadata(path).map_err(told)?.is_file() {
        return Err("it is no file".into());
    }
    let mut bytes = Vec::new();
    let file = std::fs::File::open(path).map_err(told)?;
    file.take(u64::from(MOST_BYTES) + 1).read_to_end(&mut bytes).map_err(told)?;
    if bytes.len() > MOST_BYTES as usize { Err(too_large()) } else { Ok(bytes) }
}
