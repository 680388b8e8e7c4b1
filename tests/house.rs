//! Holds the code to the plan in ARCHITECTURE.md: imports run downwards only, and the domain stays pure.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test that cannot go on should stop")]

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

/// What each room may use of the house, from the table in ARCHITECTURE.md. `cli` and `runtime` know everything.
fn allowed() -> BTreeMap<&'static str, &'static [&'static str]> {
    BTreeMap::from([
        ("handoff", &[][..]),
        ("reading", &["handoff"][..]),
        ("config", &["reading", "handoff"][..]),
        ("keeping", &[][..]),
        ("store", &["keeping", "handoff"][..]),
        ("source", &["wire", "config", "keeping", "reading", "handoff"][..]),
        ("sync", &["store", "source", "handoff"][..]),
        ("wire", &["handoff"][..]),
        ("hub", &["wire", "source", "config", "reading", "keeping", "handoff"][..]),
        ("app", &["wire", "handoff"][..]),
        ("ui", &["app", "wire", "handoff"][..]),
    ])
}

fn sources(dir: &Path) -> Vec<PathBuf> {
    let mut files = Vec::new();
    for entry in fs::read_dir(dir).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            files.extend(sources(&path));
        } else if path.extension().is_some_and(|ext| ext == "rs") {
            files.push(path);
        }
    }
    files
}

fn src() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("src")
}

/// The rooms that a source file names by `crate::room`.
fn rooms_used(text: &str) -> Vec<String> {
    let code = text.lines().filter(|line| !line.trim_start().starts_with("//"));
    let code = code.collect::<Vec<_>>().join("\n");
    let mut used: Vec<String> = Vec::new();
    for (at, _) in code.match_indices("crate::") {
        let rest = &code[at + "crate::".len()..];
        // `use crate::{a, b}` names several rooms at once.
        let names: Vec<&str> = match rest.strip_prefix('{') {
            Some(list) => list.split('}').next().unwrap_or_default().split(',').map(str::trim).collect(),
            None => vec![rest],
        };
        used.extend(names.iter().map(|name| name.chars().take_while(|c| c.is_alphanumeric() || *c == '_').collect()));
    }
    used
}

#[test]
fn imports_run_downwards_only() {
    let mut wrong = Vec::new();
    // A room that is planned is no room yet.
    for (room, may) in allowed().into_iter().filter(|(room, _)| src().join(room).is_dir()) {
        for file in sources(&src().join(room)) {
            // What a test needs is its own affair.
            if file.components().any(|part| part.as_os_str() == "tests") || file.ends_with("tests.rs") {
                continue;
            }
            let text = fs::read_to_string(&file).unwrap();
            let text = text.split("#[cfg(test)]").next().unwrap_or_default();
            for used in rooms_used(text) {
                let is_room = src().join(&used).is_dir();
                if is_room && used != room && !may.contains(&used.as_str()) {
                    wrong.push(format!("{} uses crate::{used}", file.display()));
                }
            }
        }
    }
    assert!(wrong.is_empty(), "imports that run upwards:\n{}", wrong.join("\n"));
}

#[test]
fn every_room_is_in_the_table() {
    let rooms = fs::read_dir(src()).unwrap().map(|entry| entry.unwrap());
    let rooms = rooms.filter(|entry| entry.path().is_dir()).map(|entry| entry.file_name().into_string().unwrap());
    let allowed = allowed();
    let unknown: Vec<String> = rooms
        .filter(|room| !["cli", "runtime"].contains(&room.as_str()) && !allowed.contains_key(room.as_str()))
        .collect();
    assert!(unknown.is_empty(), "say what these may use: {unknown:?}");
}

#[test]
fn the_domain_does_no_io_and_reads_no_clock() {
    let forbidden = [
        "std::fs",
        "std::io",
        "std::net",
        "std::env",
        "std::process",
        "Utc::now",
        "Local::now",
        "Instant::",
        "SystemTime",
        "tokio",
        "rusqlite",
        "async fn",
    ];
    let mut wrong = Vec::new();
    for room in ["handoff", "app"] {
        for file in sources(&src().join(room)) {
            let text = fs::read_to_string(&file).unwrap();
            for (number, line) in text.lines().enumerate().filter(|(_, line)| !line.trim_start().starts_with("//")) {
                for word in forbidden.iter().filter(|word| line.contains(*word)) {
                    wrong.push(format!("{}:{}: {word}", file.display(), number + 1));
                }
            }
        }
    }
    assert!(wrong.is_empty(), "the pure rooms reach outside:\n{}", wrong.join("\n"));
}

#[test]
fn no_file_is_longer_than_one_can_read() {
    let long: Vec<String> = sources(&src())
        .into_iter()
        .map(|file| (fs::read_to_string(&file).unwrap().lines().count(), file))
        .filter(|(lines, _)| *lines > 500)
        .map(|(lines, file)| format!("{}: {lines} lines", file.display()))
        .collect();
    assert!(long.is_empty(), "split these by room:\n{}", long.join("\n"));
}
