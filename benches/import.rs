//! Import of 100,000 rows beside the `sqlite3` shell's `.import` of the same file, turn by turn in one run.
//!
//! `cargo bench --bench import [-- ROWS]`

#![allow(clippy::unwrap_used, reason = "a benchmark that cannot run should stop")]

mod support;

use std::process::{Command, Stdio};
use std::time::Instant;

const ROUNDS: usize = 5;

fn main() {
    let rows: u64 = std::env::args().filter_map(|arg| arg.parse().ok()).next().unwrap_or(100_000);
    let dir = tempfile::tempdir().unwrap();
    let csv = dir.path().join("leads.csv");
    support::leads::write_csv(&csv, rows, 1_790_000_000).unwrap();
    println!("{rows} rows of 40 columns, {:.1} MB", std::fs::metadata(&csv).unwrap().len() as f64 / 1e6);
    let mapping = concat!(env!("CARGO_MANIFEST_DIR"), "/benches/leads.toml");
    let (mut ours, mut theirs, mut ratios) = (Vec::new(), Vec::new(), Vec::new());
    for round in 0..ROUNDS {
        let start = Instant::now();
        let shell = Command::new("sqlite3")
            .arg(dir.path().join(format!("shell{round}.db")))
            .args([".mode csv", &format!(".import {} lead", csv.display())])
            .stdout(Stdio::null())
            .status();
        match shell {
            Ok(status) if status.success() => {}
            _ => return println!("skipped: there is no sqlite3 shell to compare with"),
        }
        let shell = start.elapsed().as_secs_f64();
        let start = Instant::now();
        let import = Command::new(env!("CARGO_BIN_EXE_leadbox"))
            .args(["import", csv.to_str().unwrap(), "--map", mapping, "--data-dir"])
            .arg(dir.path().join(format!("data{round}")))
            .env_remove("LEADBOX_CONFIG")
            .env("HOME", dir.path())
            .stdout(Stdio::null())
            .status()
            .unwrap();
        assert!(import.success());
        let import = start.elapsed().as_secs_f64();
        println!(
            "round {round}: sqlite3 .import {shell:.2} s, leadbox import {import:.2} s, ratio {:.2}",
            import / shell
        );
        ours.push(import);
        theirs.push(shell);
        ratios.push(import / shell);
    }
    println!(
        "median: sqlite3 {:.2} s, leadbox {:.2} s, ratio {:.2} (limit 3)",
        support::percentile(&mut theirs, 0.5),
        support::percentile(&mut ours, 0.5),
        support::percentile(&mut ratios, 0.5)
    );
}
