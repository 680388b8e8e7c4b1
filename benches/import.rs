//! Import of 100,000 rows beside the `sqlite3` shell's `.import` of the same file, turn by turn in one run. Ends with
//! an error when the median of the ratios is over the limit.
//!
//! `cargo bench --bench import [-- ROWS]`

#![allow(clippy::unwrap_used, reason = "a benchmark that cannot run should stop")]

mod support;

use std::path::Path;
use std::process::{Command, ExitCode, Stdio};
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::{Duration, Instant};

const ROUNDS: usize = 7;
/// So many times the shell's time may be taken.
const LIMIT: f64 = 3.0;

fn main() -> ExitCode {
    let rows: u64 = std::env::args().filter_map(|arg| arg.parse().ok()).next().unwrap_or(100_000);
    let dir = tempfile::tempdir().unwrap();
    let csv = dir.path().join("leads.csv");
    support::leads::write_csv(&csv, rows, 1_790_000_000).unwrap();
    println!("{rows} rows of 40 columns, {:.1} MB", std::fs::metadata(&csv).unwrap().len() as f64 / 1e6);
    let (mut ours, mut theirs, mut ratios) = (Vec::new(), Vec::new(), Vec::new());
    let mut memory: f64 = 0.0;
    for round in 0..ROUNDS {
        let Some(shell) = shell(&csv, &dir.path().join("shell.db")) else {
            println!("skipped: there is no sqlite3 shell to compare with");
            return ExitCode::SUCCESS;
        };
        let (import, peak) = leadbox(&csv, dir.path());
        println!(
            "round {round}: sqlite3 .import {shell:.2} s, leadbox import {import:.2} s, ratio {:.2}",
            import / shell
        );
        ours.push(import);
        theirs.push(shell);
        ratios.push(import / shell);
        memory = memory.max(peak);
    }
    let ratio = support::percentile(&mut ratios, 0.5);
    println!(
        "median: sqlite3 {:.2} s, leadbox {:.2} s, ratio {ratio:.2} (limit {LIMIT}); memory at its peak {:.1} MB",
        support::percentile(&mut theirs, 0.5),
        support::percentile(&mut ours, 0.5),
        memory,
    );
    if ratio > LIMIT {
        eprintln!("FAILED: the import takes {ratio:.2} times as long as the shell's, over the limit of {LIMIT}");
        return ExitCode::FAILURE;
    }
    ExitCode::SUCCESS
}

/// Seconds that the shell takes; nothing where there is none.
fn shell(csv: &Path, db: &Path) -> Option<f64> {
    let _ = std::fs::remove_file(db);
    let start = Instant::now();
    let status = Command::new("sqlite3")
        .arg(db)
        .args([".mode csv", &format!(".import {} lead", csv.display())])
        .stdout(Stdio::null())
        .status();
    let taken = start.elapsed().as_secs_f64();
    status.ok().filter(std::process::ExitStatus::success).map(|_| taken)
}

/// Seconds that we take, and the memory at its peak in MB.
fn leadbox(csv: &Path, dir: &Path) -> (f64, f64) {
    let data = dir.join("data");
    let _ = std::fs::remove_dir_all(&data);
    let mapping = concat!(env!("CARGO_MANIFEST_DIR"), "/benches/leads.toml");
    let start = Instant::now();
    let mut import = Command::new(env!("CARGO_BIN_EXE_leadbox"))
        .args(["import", csv.to_str().unwrap(), "--map", mapping, "--data-dir"])
        .arg(&data)
        .env_remove("LEADBOX_CONFIG")
        .env("HOME", dir)
        .stdout(Stdio::null())
        .spawn()
        .unwrap();
    let (status, ended) = (format!("/proc/{}/status", import.id()), AtomicBool::new(false));
    thread::scope(|scope| {
        let peak = scope.spawn(|| {
            let mut peak: f64 = 0.0;
            while !ended.load(Ordering::Relaxed) {
                peak = std::fs::read_to_string(&status).ok().and_then(|text| support::peak_mb(&text)).unwrap_or(peak);
                thread::sleep(Duration::from_millis(20));
            }
            peak
        });
        let exit = import.wait().unwrap();
        let taken = start.elapsed().as_secs_f64();
        ended.store(true, Ordering::Relaxed);
        assert!(exit.success(), "the import failed: {exit}");
        (taken, peak.join().unwrap())
    })
}
