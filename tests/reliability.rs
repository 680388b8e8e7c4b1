//! Promises of docs/reliability.md that only whole processes can prove: what a terminal is sent, several processes on
//! one store, a disk that is full, syncs that are really made.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test that cannot go on should stop")]

mod support;

use std::fs;
use std::process::Command;

use proptest::prelude::*;
use support::Env;
use support::terminal::Terminal;

/// Sequences that the app itself never writes, so that any of them in its output came through.
const FOREIGN: &[&str] = &[
    "\u{1b}]0;owned\u{7}",
    "\u{1b}]52;c;b3duZWQ=\u{7}",
    "\u{1b}]8;;https://evil.example\u{1b}\\",
    "\u{1b}[5;5;5m",
    "\u{1b}[6n",
    "\u{1b}[c",
    "\u{1b}[9;9r",
    "\u{1b}c",
    "\u{1b}P1$qm\u{1b}\\",
    "\u{1b}_x\u{1b}\\",
    "\u{9b}6n",
    "\u{9d}0;owned\u{9c}",
    "\u{90}",
    "\u{7}",
    "\u{8}",
    "\u{e}",
    "\u{7f}",
    "\u{202e}",
    "\u{2067}",
    "\u{200b}",
    "\u{200d}",
    "\u{feff}",
    "\u{2028}",
    "\u{85}",
    "\u{e0041}",
    "\u{301}\u{301}\u{301}\u{301}\u{301}\u{301}\u{301}\u{301}",
];

/// What is wrong with what a terminal was sent, if anything is.
fn foreign(raw: &[u8]) -> Result<(), String> {
    let text = std::str::from_utf8(raw).map_err(|error| error.to_string())?;
    let mut chars = text.chars().peekable();
    let mut marks = 0;
    while let Some(c) = chars.next() {
        marks = if ('\u{300}'..='\u{36f}').contains(&c) { marks + 1 } else { 0 };
        match c {
            '\u{1b}' => match chars.next() {
                Some('[') => {
                    let mut body = String::new();
                    let last = chars.by_ref().find(|c| {
                        body.push(*c);
                        ('@'..='~').contains(c)
                    });
                    // The title is kept and given back.
                    let is_ours = matches!(last, Some('H' | 'm' | 'J' | 'K' | 'h' | 'l' | 'A'..='D' | 'G'))
                        || matches!(body.as_str(), "22;2t" | "23;2t");
                    if !is_ours || body == "5;5;5m" {
                        return Err(format!("CSI {body:?}"));
                    }
                }
                Some(']') => {
                    let body: String = chars.by_ref().take_while(|c| !matches!(c, '\u{7}' | '\u{1b}')).collect();
                    chars.next_if_eq(&'\\');
                    let is_title = body.starts_with("0;") && !body.contains("owned") && foreign_chars(&body);
                    if !is_title {
                        return Err(format!("OSC {body:?}"));
                    }
                }
                Some('7' | '8') => {}
                other => return Err(format!("ESC {other:?}")),
            },
            '\r' | '\n' => {}
            _ if marks > 4 || !foreign_chars(c.encode_utf8(&mut [0; 4])) => return Err(format!("{c:?}")),
            _ => {}
        }
    }
    Ok(())
}

fn foreign_chars(text: &str) -> bool {
    text.chars().all(|c| {
        !c.is_control()
            && !matches!(c, '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}'
                | '\u{feff}' | '\u{e0000}'..='\u{e0fff}')
    })
}

fn hostile() -> impl Strategy<Value = String> {
    let piece = prop_oneof![
        3 => proptest::sample::select(FOREIGN).prop_map(str::to_owned),
        2 => "[a-zA-Z王é ]{1,6}",
        1 => any::<char>().prop_filter("the file stays a CSV file", |c| !"\"\r\n\0".contains(*c)).prop_map(String::from),
    ];
    proptest::collection::vec(piece, 1..12).prop_map(|pieces| pieces.concat())
}

/// Walks over every screen and dialog with leads made of this text, and returns what the terminal was sent.
fn walk(texts: &[String]) -> Vec<u8> {
    let env = Env::new();
    let text = |n: usize| format!("\"{}\"", texts[n % texts.len()]);
    let long = format!("\"{}{}\"", texts[0].repeat(50), "e\u{301}".repeat(2000));
    let mut file = "id,first name,last name,phone,company,title,mql date,message,source,campaign\n".to_owned();
    for n in 0..4 {
        let at = format!("2026-11-20T09:0{n}:00Z");
        file += &format!(
            "x{n},Maya{n},{},{},{},{},{at},{long},{},{}\n",
            text(n),
            text(n + 1),
            text(n + 2),
            text(n + 3),
            text(n + 4),
            text(n + 5)
        );
    }
    env.write("leads.csv", file);
    env.ok(&["import", "leads.csv"]);
    // Lists, a lead, its dialogs, why it is due, help, palette, search, outbox, log, copying.
    let mut terminal = Terminal::start(&env, &[], (100, 30));
    terminal.wait_for("Maya0").press("n").wait_for("is owed");
    // Each is waited for, since keys that come together share a frame. Escape as `CSI 27 u`, which no key that
    // follows can turn into Alt and that key.
    for key in ["c", "r", "d", "w", "?", ":", "y", "s"] {
        terminal.press(key).wait_drawn().press("\u{1b}[27u").wait_drawn();
    }
    terminal.press("a").wait_drawn();
    for command in [":outbox\r", ":log\r"] {
        terminal.press(command).wait_drawn().press("\u{1b}[27u").wait_drawn();
    }
    terminal.press("/Maya").wait_drawn();
    terminal.press("\u{1b}[27u").press("\u{1b}[27u");
    terminal.press("q").wait_end();
    terminal.raw
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 12, failure_persistence: None, ..ProptestConfig::default() })]
    #[test]
    fn nothing_foreign_reaches_the_terminal_on_any_screen(texts in proptest::collection::vec(hostile(), 6)) {
        let raw = walk(&texts);
        prop_assert!(raw.len() > 2000, "little was drawn");
        prop_assert_eq!(foreign(&raw), Ok(()));
    }
}

#[test]
fn what_this_file_looks_for_it_finds() {
    for text in FOREIGN {
        assert!(foreign(format!("e{text}").as_bytes()).is_err(), "{text:?}");
    }
}

#[test]
fn on_a_terminal_the_commands_are_as_inert_as_in_a_pipe() {
    let env = Env::new();
    let evil = FOREIGN.concat();
    env.write(
        "leads.csv",
        format!("id,last name,company,mql date,message\nx1,\"Chen{evil}\",\"{evil}\",2026-11-20,\"{evil}\"\n"),
    );
    env.write("bad.toml", "[rep]\n\"\\u001b]0;owned\\u0007\\u202e\" = 1\n");
    for args in [
        &["import", "leads.csv"][..],
        &["list"],
        &["search", "chen"],
        &["show", "x1"],
        &["next"],
        &["list", "--config", "bad.toml"],
        &["list", "--\u{1b}]0;owned\u{7}\u{202e}"],
        &["doctor"],
    ] {
        let path = env.path("leads.csv").to_str().unwrap().to_owned();
        let bad = env.path("bad.toml").to_str().unwrap().to_owned();
        let args: Vec<&str> = args
            .iter()
            .map(|arg| match *arg {
                "leads.csv" => path.as_str(),
                "bad.toml" => bad.as_str(),
                other => other,
            })
            .collect();
        let mut terminal = Terminal::start(&env, &args, (80, 24));
        terminal.wait_end();
        assert_eq!(foreign(&terminal.raw), Ok(()), "leadbox {args:?}");
    }
}

#[test]
fn eight_processes_at_once_neither_lose_nor_double_nor_complain() {
    let env = Env::new().with_leads(40);
    std::thread::scope(|scope| {
        for process in 0..8 {
            let env = &env;
            scope.spawn(move || {
                for n in 0..5 {
                    let lead = format!("x{}", process * 5 + n + 1);
                    env.ok(&["reject", &lead, "-r", "budget"]);
                }
            });
        }
    });
    let ops = env.json(&["outbox"]);
    let mut leads: Vec<_> = ops.iter().map(|op| op["lead"].as_str().unwrap().to_owned()).collect();
    leads.sort();
    leads.dedup();
    assert_eq!((ops.len(), leads.len()), (40, 40));
    assert_eq!(env.json(&["status"])[0]["done_today"], 40);
    env.ok(&["doctor"]);
}

#[test]
fn every_acknowledged_disposition_was_synced_to_the_disk_before() {
    let env = Env::new().with_leads(3);
    let log = env.path("strace.log");
    let mut traced = Command::new("strace");
    traced.args(["-f", "-e", "trace=fsync,fdatasync,write", "-o"]).arg(&log).arg(env!("CARGO_BIN_EXE_leadbox"));
    let ran = traced.args(["accept", "x1"]).env_clear().envs(env.vars()).output();
    let Ok(ran) = ran.as_ref().map(|ran| ran.status.success()) else {
        println!("skipped: no strace here");
        return;
    };
    let log = fs::read_to_string(log).unwrap_or_default();
    if !ran && !log.contains("write(") {
        println!("skipped: strace may not trace here");
        return;
    }
    let lines: Vec<_> = log.lines().collect();
    let said = lines.iter().position(|line| line.contains("write(1,")).unwrap();
    let synced = lines[..said].iter().any(|line| line.contains("sync(") && line.ends_with("= 0"));
    assert!(synced, "{log}");
}

/// A disk of its own of four megabytes, where the machine allows to mount one.
#[test]
fn on_a_full_disk_nothing_acknowledged_is_lost_and_work_goes_on_once_there_is_room() {
    let env = Env::new();
    env.write("leads.csv", support::leads_csv(40));
    fs::create_dir(env.data()).unwrap();
    let script = r#"
        mount -t tmpfs -o size=4m,mode=700 tmpfs "$LEADBOX_DATA_DIR" 2>/dev/null || { echo skip; exit 0; }
        "$BIN" import leads.csv >/dev/null || exit 1
        dd if=/dev/zero of="$LEADBOX_DATA_DIR/leadbox.spare" bs=4k count=90 2>/dev/null
        dd if=/dev/zero of="$LEADBOX_DATA_DIR/leadbox.ballast" bs=4k 2>/dev/null
        "$BIN" list >/dev/null 2>err.txt && echo "read without room"
        cat err.txt
        rm "$LEADBOX_DATA_DIR/leadbox.spare"
        failed=0
        for n in $(seq 1 30); do
            if "$BIN" reject x$n -r budget >/dev/null 2>err.txt; then echo "ack x$n"; else failed=1; cat err.txt; break; fi
        done
        echo "failed $failed"
        rm "$LEADBOX_DATA_DIR/leadbox.ballast"
        "$BIN" reject x31 -r budget >/dev/null && echo "ack x31"
        "$BIN" doctor >/dev/null && echo whole
        "$BIN" outbox --json
    "#;
    let mut command = Command::new("unshare");
    command.args(["-Urm", "sh", "-c", script]).env_clear().envs(env.vars()).current_dir(env.path(""));
    let Ok(output) = command.env("BIN", env!("CARGO_BIN_EXE_leadbox")).output() else {
        println!("skipped: no unshare here");
        return;
    };
    let out = String::from_utf8(output.stdout).unwrap();
    if out.starts_with("skip") || !output.status.success() && out.is_empty() {
        println!("skipped: no disk may be mounted here");
        return;
    }
    assert!(out.contains("failed 1") && out.contains("ack x31") && out.contains("whole"), "{out}");
    let said = out.lines().filter(|line| line.starts_with("leadbox: ")).collect::<Vec<_>>();
    assert!(said.len() == 2 && said.iter().all(|line| line.contains("disk") && line.contains("full")), "{out}");
    // Some before it was full, one after.
    assert!(out.matches("ack ").count() > 1, "{out}");
    let acks: Vec<_> = out.lines().filter_map(|line| line.strip_prefix("ack ")).collect();
    let stored = out.lines().filter(|line| line.contains("\"op\"")).count();
    assert_eq!(stored, acks.len(), "{out}");
    for lead in acks {
        assert!(out.contains(&format!("\"external_id\":\"{lead}\"")), "{lead}: {out}");
    }
}
