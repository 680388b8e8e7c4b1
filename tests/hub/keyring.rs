//! The token in a real keyring: GNOME's, on a bus and in a home of the test's own. Skipped, saying so, where it is not
//! installed.

use std::fs;
use std::io::Write;
use std::path::Path;
use std::process::{Command, Stdio};

use serde_json::Value;
use tempfile::TempDir;

use crate::commands::Desk;
use crate::hub::{Rig, both};

/// What runs on the bus: opens a keyring with a password, then does what the test says.
const BEGIN: &str = r#"
set -eu
printf keyring-password | gnome-keyring-daemon --unlock --components=secrets >/dev/null 2>&1
lock() {
  dbus-send --session --print-reply --dest=org.freedesktop.secrets /org/freedesktop/secrets \
    org.freedesktop.Secret.Service.Lock array:objpath:/org/freedesktop/secrets/collection/login >/dev/null
}
"#;

/// Runs a script on a bus of its own; nothing where there is no keyring to run.
fn on_a_bus(home: &Path, rig: &Rig, script: &str) -> Option<(i32, String, String)> {
    let is_there = |program: &str| {
        Command::new(program).arg("--version").stdout(Stdio::null()).stderr(Stdio::null()).status().is_ok()
    };
    if !["dbus-run-session", "gnome-keyring-daemon", "dbus-send"].into_iter().all(is_there) {
        eprintln!("skipped: gnome-keyring or dbus is not installed, so there is no keyring to try");
        return None;
    }
    let runtime = home.join("run");
    fs::create_dir_all(&runtime).unwrap();
    let mut command = Command::new("dbus-run-session");
    command.args(["--", "sh", "-c", &format!("{BEGIN}{script}")]).env_clear().env("HOME", home);
    command.env("PATH", std::env::var_os("PATH").unwrap_or_default()).env("XDG_RUNTIME_DIR", &runtime);
    command.env("LEADBOX_DATA_DIR", home.join("data")).env("leadbox", env!("CARGO_BIN_EXE_leadbox"));
    command.env("URL", &rig.url).env("OTHER", &rig.tokens["bo"]);
    let mut child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    child.stdin.take().unwrap().write_all(rig.tokens["ana"].as_bytes()).unwrap();
    let ran = child.wait_with_output().unwrap();
    let text = |bytes: Vec<u8>| String::from_utf8(bytes).unwrap();
    Some((ran.status.code().unwrap(), text(ran.stdout), text(ran.stderr)))
}

/// The files of a folder, as one text.
fn kept(dir: &Path) -> String {
    let files = fs::read_dir(dir).unwrap().map(|entry| entry.unwrap().path()).filter(|path| path.is_file());
    files.map(|file| String::from_utf8_lossy(&fs::read(file).unwrap()).into_owned()).collect()
}

#[test]
fn the_keyring_has_the_token_until_one_signs_out_and_says_what_to_do_when_it_is_locked() {
    both(|rig, _| {
        let home = TempDir::new().unwrap();
        let script = r#"
            "$leadbox" login "$URL" --json
            "$leadbox" sync >&2
            "$leadbox" doctor >&2
            lock
            "$leadbox" sync 2>&1 && exit 9 || true
            "$leadbox" doctor >&2 && exit 9 || true
        "#;
        let Some((code, out, error)) = on_a_bus(home.path(), rig, script) else { return };
        assert_eq!(code, 0, "{out}{error}");
        let mut lines = out.lines();
        let login: Value = serde_json::from_str(lines.next().unwrap()).unwrap();
        assert_eq!((&login["person"], &login["token_in"]), (&"ana".into(), &"keyring".into()));
        assert!(error.contains("in step with the hub"), "{error}");
        assert!(error.contains("ok  hub") && error.contains("the token is in the system's keyring"), "{error}");
        let locked = lines.next().unwrap();
        assert!(locked.contains("the keyring is locked; unlock it") && locked.contains("--no-keyring"), "{locked}");
        assert!(error.contains("BAD hub"), "{error}");
        let data = home.path().join("data");
        let all = format!("{out}{error}{}", kept(&data));
        assert!(all.contains(r#""keyring":"#) && !all.contains(&rig.tokens["ana"]), "{error}");
        // The next time that the keyring is opened it has the token still, until it is taken out.
        let script = r#"
            find() {
              dbus-send --session --print-reply --dest=org.freedesktop.secrets /org/freedesktop/secrets \
                org.freedesktop.Secret.Service.SearchItems dict:string:string:application,leadbox
            }
            find | grep -q collection/login/
            "$leadbox" sync
            "$leadbox" logout
            ! find | grep -q collection/login/
            printf '%s' "$OTHER" | "$leadbox" login "$URL"
            printf '%s' "$OTHER" | "$leadbox" login --no-keyring "$URL"
            ! find | grep -q collection/login/
        "#;
        let (code, out, error) = on_a_bus(home.path(), rig, script).unwrap();
        assert_eq!(code, 0, "{out}{error}");
        assert!(fs::read_to_string(data.join("hub.token")).unwrap() == rig.tokens["bo"], "{out}");
        assert!(!kept(&data).contains(r#""keyring":"#));
    });
}

#[test]
fn without_a_keyring_a_file_keeps_the_token_at_once_and_that_is_said() {
    both(|rig, _| {
        let desk = Desk::new();
        let token = desk.file("token", &rig.tokens["ana"]);
        let (code, out, error) = desk.run(&["login", &rig.url, "--token-file", &token]);
        assert_eq!(code, 0, "{error}");
        let file = desk.path("data").join("hub.token");
        assert_eq!(fs::read_to_string(&file).unwrap(), rig.tokens["ana"]);
        assert!(out.contains(file.to_str().unwrap()), "{out}");
        assert!(error.lines().count() == 1 && error.contains("a file keeps the token"), "{error}");
        let (_, out, _) = desk.run(&["doctor"]);
        assert!(out.contains("ok  hub") && out.contains("hub.token"), "{out}");
        // Whoever names a file is told nothing.
        let (code, _, error) = desk.run(&["login", "--no-keyring", &rig.url, "--token-file", &token]);
        assert_eq!((code, error.as_str()), (0, ""));
    });
}
