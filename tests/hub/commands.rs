//! The program beside a hub: one who signed in and gives commands.

use std::process::Command;

use serde_json::{Value, json};
use tempfile::TempDir;

use crate::hub::{Rig, both};

/// One who is signed in on a laptop of their own.
pub struct Desk {
    dir: TempDir,
}

impl Desk {
    pub fn new() -> Self {
        Self { dir: TempDir::new().unwrap() }
    }

    pub fn of(rig: &Rig, who: &str) -> Self {
        let desk = Self::new();
        let token = desk.file("token", &rig.tokens[who]);
        desk.ok(&["login", "--no-keyring", &rig.url, "--token-file", &token]);
        desk
    }

    /// A file beside it; its path.
    pub fn file(&self, name: &str, text: &str) -> String {
        let path = self.dir.path().join(name);
        std::fs::write(&path, text).unwrap();
        path.to_str().unwrap().to_owned()
    }

    /// A path in its home.
    pub fn path(&self, name: &str) -> std::path::PathBuf {
        self.dir.path().join(name)
    }

    /// Runs a command at this time.
    pub fn ok_at(&self, now: &str, args: &[&str]) {
        let ran = self.command(args).env("LEADBOX_NOW", now).output().unwrap();
        assert!(ran.status.success(), "leadbox {args:?}: {}", String::from_utf8_lossy(&ran.stderr));
    }

    fn command(&self, args: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_leadbox"));
        command.env_clear().env("HOME", self.dir.path()).env("LEADBOX_DATA_DIR", self.dir.path().join("data"));
        command.args(args);
        command
    }

    /// Runs a command: its exit code, what it printed, and what it complained of.
    pub fn run(&self, args: &[&str]) -> (i32, String, String) {
        let ran = self.command(args).output().unwrap();
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

#[test]
fn a_list_says_what_the_hub_had_and_a_lead_by_what_number_the_hub_knows_it() {
    both(|rig, _| {
        let desk = Desk::of(rig, "ana");
        let (_, _, told) = desk.run(&["list"]);
        assert!(told.contains("the hub was not asked yet") && !told.contains("import"), "{told}");
        desk.ok(&["sync"]);
        let (_, _, told) = desk.run(&["list"]);
        assert!(told.contains("The hub has no open leads for you; it was asked last "), "{told}");
        let lead = rig.lead("maya", "Spain");
        desk.ok(&["sync"]);
        let shown = desk.ok(&["show", "L-1"]);
        let name = format!("hub:{lead}");
        assert!(shown.starts_with(&format!("L-1 ({name})  ")), "{shown}");
        assert_eq!(desk.ok(&["show", &name]), shown);
        let (_, _, told) = desk.run(&["team", "take", "L-1", "--why", "mine"]);
        assert!(told.contains("`leadbox show` tells"), "{told}");
        let told = Desk::of(rig, "max").ok(&["team", "reassign", &name, "--to", "bo", "--why", "a test"]);
        assert!(told.starts_with(&format!("{name}: ")) && told.contains("with bo"), "{told}");
        // Where it went, and that it was nobody's work.
        desk.ok(&["sync"]);
        let shown = desk.ok(&["show", "L-1"]);
        assert!(shown.contains("taken away") && shown.contains("given to bo: a test"), "{shown}");
        assert!(!shown.contains("recycled"), "{shown}");
        assert!(desk.ok(&["show", "--trail", "L-1"]).contains("  taken away: given to bo: a test"));
        let row = desk.json(&["list", "--tab", "done"]);
        assert_eq!((&row["taken_away"], &row["stage"]), (&json!("given to bo: a test"), &json!("taken_away")));
        let shown = desk.json(&["show", "L-1"]);
        assert_eq!((&shown["stage"], &shown["tab"]), (&row["stage"], &json!("done")));
        assert!(!format!("{row}{shown}").contains("recycled"), "{row} {shown}");
    });
}

#[test]
fn a_command_gives_the_token_whenever_it_is_needed_and_no_file_keeps_it() {
    both(|rig, _| {
        let desk = Desk::new();
        let keeper = desk.file("keeper", &rig.tokens["ana"]);
        desk.ok(&["login", &rig.url, "--token-cmd", "cat", &keeper]);
        desk.ok(&["team", "queues"]);
        let data = desk.dir.path().join("data");
        for file in std::fs::read_dir(&data).unwrap().map(|entry| entry.unwrap().path()).filter(|path| path.is_file()) {
            let kept = String::from_utf8_lossy(&std::fs::read(&file).unwrap()).into_owned();
            assert!(!kept.contains(&rig.tokens["ana"]), "{}", file.display());
        }
        // What it prints is in no message.
        std::fs::write(&keeper, "no token but a-secret-sentence").unwrap();
        let (code, out, error) = desk.run(&["team", "queues"]);
        assert_eq!(code, 1, "{error}");
        assert!(
            error.contains("“cat” did not print a token") && !format!("{out}{error}").contains("a-secret"),
            "{error}"
        );
        std::fs::remove_file(&keeper).unwrap();
        let (code, _, error) = desk.run(&["team", "queues"]);
        assert!(code == 1 && error.contains("the command for the token: "), "{error}");
    });
}
