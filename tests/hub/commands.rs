//! The program beside a hub: one who signed in and gives commands.

use std::process::Command;

use serde_json::Value;
use tempfile::TempDir;

use crate::hub::Rig;

/// One who is signed in on a laptop of their own.
pub struct Desk {
    dir: TempDir,
}

impl Desk {
    pub fn of(rig: &Rig, who: &str) -> Self {
        let desk = Self { dir: TempDir::new().unwrap() };
        let token = desk.file("token", &rig.tokens[who]);
        desk.ok(&["login", &rig.url, "--token-file", &token]);
        desk
    }

    /// A file beside it; its path.
    pub fn file(&self, name: &str, text: &str) -> String {
        let path = self.dir.path().join(name);
        std::fs::write(&path, text).unwrap();
        path.to_str().unwrap().to_owned()
    }

    /// Runs a command: its exit code, what it printed, and what it complained of.
    pub fn run(&self, args: &[&str]) -> (i32, String, String) {
        let mut command = Command::new(env!("CARGO_BIN_EXE_leadbox"));
        command.env_clear().env("HOME", self.dir.path()).env("LEADBOX_DATA_DIR", self.dir.path().join("data"));
        let ran = command.args(args).output().unwrap();
        let text = |bytes: &[u8]| String::from_utf8(bytes.to_vec()).unwrap();
        (ran.status.code().unwrap(), text(&ran.stdout), text(&ran.stderr))
    }

    pub fn ok(&self, args: &[&str]) -> String {
        let (code, out, error) = self.run(args);
        assert_eq!(code, 0, "leadbox {args:?}: {error}");
        out
    }

    pub fn json(&self, args: &[&str]) -> Value {
        serde_json::from_str(&self.ok(&[args, &["--json"]].concat())).unwrap()
    }
}
