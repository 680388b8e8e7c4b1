//! What the tests of the binary share: a hermetic environment, and a terminal that waits for text.

#![allow(dead_code, reason = "each test file uses its part")]

pub mod terminal;

use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use tempfile::TempDir;

/// A Friday, at ten in the morning UTC.
pub const NOW: &str = "2026-11-20T10:00:00Z";

/// A folder of its own for configuration and leads, and no environment but ours.
pub struct Env {
    dir: TempDir,
}

impl Env {
    /// An empty store, and a configuration with a rep and UTC office hours.
    pub fn new() -> Self {
        let env = Self { dir: TempDir::new().unwrap() };
        env.write("config.toml", "[rep]\nname = \"ana\"\nzone = \"UTC\"\n");
        env
    }

    /// A path in the folder.
    pub fn path(&self, name: &str) -> PathBuf {
        self.dir.path().join(name)
    }

    /// Where the leads are.
    pub fn data(&self) -> PathBuf {
        self.path("data")
    }

    /// Writes a file into the folder.
    pub fn write(&self, name: &str, text: impl AsRef<[u8]>) -> PathBuf {
        let path = self.path(name);
        std::fs::write(&path, text).unwrap();
        path
    }

    /// The variables that the binary sees.
    pub fn vars(&self) -> Vec<(&'static str, String)> {
        let text = |path: PathBuf| path.to_str().unwrap().to_owned();
        vec![
            ("HOME", text(self.dir.path().to_owned())),
            ("LEADBOX_CONFIG", text(self.path("config.toml"))),
            ("LEADBOX_DATA_DIR", text(self.data())),
            ("LEADBOX_NOW", NOW.to_owned()),
            ("PATH", std::env::var("PATH").unwrap_or_default()),
            ("TERM", "xterm-256color".to_owned()),
        ]
    }

    /// The binary with these arguments, at [`NOW`].
    pub fn command(&self, args: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_leadbox"));
        command.args(args).env_clear().envs(self.vars()).current_dir(self.dir.path());
        command
    }

    /// Runs it, whatever comes of it.
    pub fn run(&self, args: &[&str]) -> Ran {
        Ran::from(self.command(args).output().unwrap())
    }

    /// Runs it, and it must succeed. Returns what it printed.
    pub fn ok(&self, args: &[&str]) -> String {
        let ran = self.run(args);
        assert_eq!(ran.code, 0, "leadbox {args:?} failed: {}", ran.err);
        ran.out
    }

    /// Runs it with `--json`; it must succeed. Returns the objects that it printed.
    pub fn json(&self, args: &[&str]) -> Vec<serde_json::Value> {
        let args = [args, &["--json"]].concat();
        self.ok(&args).lines().map(|line| serde_json::from_str(line).unwrap()).collect()
    }

    /// Imports `count` invented leads, the most urgent first: `x1`, `x2`, …
    pub fn with_leads(self, count: usize) -> Self {
        let file = self.write("leads.csv", leads_csv(count));
        self.ok(&["import", file.to_str().unwrap()]);
        self
    }
}

/// How a run ended.
pub struct Ran {
    /// The exit code.
    pub code: i32,
    /// Standard output.
    pub out: String,
    /// Standard error.
    pub err: String,
}

impl From<Output> for Ran {
    fn from(output: Output) -> Self {
        Self {
            code: output.status.code().unwrap_or(-1),
            out: String::from_utf8(output.stdout).unwrap(),
            err: String::from_utf8(output.stderr).unwrap(),
        }
    }
}

/// Invented leads as a file: each became an MQL a minute after the one before.
pub fn leads_csv(count: usize) -> String {
    let mut text = String::from("id,first name,last name,email,phone,company,title,mql date\n");
    for number in 1..=count {
        let (hour, minute) = (8 + number / 60, number % 60);
        text += &format!(
            "x{number},Maya,Chen{number},maya{number}@northwind.example,+1 555 01{number:02},Northwind {number},VP Sales,2026-11-20T{hour:02}:{minute:02}:00Z\n"
        );
    }
    text
}

/// The folder with the public data sets, if this machine has it.
pub fn data_sets() -> Option<PathBuf> {
    let beside = || Path::new(env!("CARGO_MANIFEST_DIR")).join("../shared/data");
    let dir = std::env::var_os("LEADBOX_DATA_SETS").map_or_else(beside, PathBuf::from);
    if dir.is_dir() {
        return Some(dir);
    }
    println!("skipped: no data sets at {} (set LEADBOX_DATA_SETS)", dir.display());
    None
}
