//! The app in a terminal: opened, worked, killed, opened again. The tests wait for text, never for time.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test that cannot go on should stop")]

mod support;

use support::Env;
use support::terminal::Terminal;

const WIDE: (u16, u16) = (120, 40);

/// An inbox of leads whose names say when they became MQLs: Chen1 first.
fn inbox(count: usize) -> (Env, Terminal) {
    let env = Env::new().with_leads(count);
    let mut terminal = Terminal::start(&env, &[], WIDE);
    terminal.wait_for("Maya Chen1");
    (env, terminal)
}

#[test]
fn a_rep_opens_and_clears_leads_at_the_keyboard() {
    let (env, mut terminal) = inbox(6);
    terminal.press("n").wait_for("an answer is owed").wait_for("maya1@northwind.example");
    // One key, two keys, three keys; each goes straight on to the next lead.
    terminal.press("a").wait_for("maya2@northwind.example");
    terminal.press("r1").wait_for("maya3@northwind.example");
    terminal.press("cpv").wait_for("maya4@northwind.example");
    terminal.press("d+3d\tasked for next week\r").wait_for("maya5@northwind.example");
    terminal.press("u").wait_for("maya4@northwind.example");
    terminal.press("q").wait_end();
    let stage = |lead: &str| env.json(&["show", lead])[0]["stage"].clone();
    assert_eq!([stage("x1"), stage("x2"), stage("x3"), stage("x4")], ["accepted", "rejected", "attempted", "assigned"]);
}

#[test]
fn the_gate_holds_against_every_way_out_but_quitting() {
    let (_env, mut terminal) = inbox(4);
    terminal.press("n").wait_for("maya1@northwind.example");
    // Escape as `CSI 27 u`: a bare one makes Alt+? of the key after it where both are read at once.
    for keys in ["\t", "n", "2", "]", "\u{1b}[27u"] {
        terminal.press(keys).wait_for("maya1@northwind.example");
        terminal.press("?").wait_for("Keys of leadbox").press("\u{1b}").wait_gone("Keys of leadbox");
    }
    // A search that is refused takes its letters all the same.
    terminal.press("/arn").wait_for("Not now").press("\r").wait_gone("Not now").wait_for("maya1@northwind.example");
    terminal.press("q");
    assert!(terminal.wait_end(), "quitting always works");
    assert!(terminal.is_restored());
}

#[test]
fn a_killed_app_comes_back_to_the_same_lead() {
    let (env, mut terminal) = inbox(4);
    terminal.press("n").wait_for("maya1@northwind.example").press("r1").wait_for("maya2@northwind.example");
    terminal.kill();
    let mut again = Terminal::start(&env, &[], WIDE);
    again.wait_for("maya2@northwind.example").wait_for("an answer is owed");
    assert_eq!(env.json(&["next"])[0]["external_id"], "x2");
    again.press("q").wait_end();
    assert_eq!(env.json(&["show", "x1"]).len(), 1);
}

#[test]
fn a_second_window_and_the_command_line_are_held_by_the_same_gate() {
    let (env, mut first) = inbox(4);
    first.press("n").wait_for("maya1@northwind.example");
    let mut second = Terminal::start(&env, &[], WIDE);
    second.wait_for("maya1@northwind.example").wait_for("an answer is owed");
    assert_eq!(env.run(&["accept", "x3"]).code, 3);
    // Answered in the second window, and seen in the first.
    second.press("a").wait_for("maya2@northwind.example");
    first.wait_gone("maya1@northwind.example");
    first.press("q").wait_end();
    second.press("q").wait_end();
}

#[test]
fn what_comes_in_from_outside_shows_by_itself() {
    let (env, mut terminal) = inbox(2);
    env.ok(&["reject", "x1", "-r", "budget"]);
    terminal.wait_gone("Maya Chen1");
    terminal.press("q").wait_end();
}

#[test]
fn any_size_is_drawn() {
    let (_env, mut terminal) = inbox(3);
    for size in [(80, 24), (200, 60), (60, 15)] {
        terminal.resize(size).press("\u{c}").wait_for("Maya Chen1");
    }
    terminal.resize((30, 8)).wait_for("60").resize(WIDE).wait_for("Maya Chen1");
    terminal.press("q").wait_end();
}

#[test]
fn no_key_is_lost_while_the_window_changes_its_size() {
    let (_env, mut terminal) = inbox(3);
    for round in 0..4 {
        terminal.press("/");
        let letters: String = ('a'..='y').collect();
        for (at, letter) in (0..).zip(letters.chars()) {
            terminal.resize((100 + at + round, 30)).press(&letter.to_string());
        }
        terminal.wait_for(&letters).press("\u{1b}").wait_gone(&letters);
    }
    // More at once than any buffer on the way holds.
    terminal.press("/").press(&"jk".repeat(2000)).press("\u{15}the end").wait_for("the end");
    terminal.press("\u{1b}").wait_gone("the end").press("q").wait_end();
}

#[test]
fn signals_end_it_and_give_the_terminal_back() {
    for signal in ["TERM", "HUP", "INT", "QUIT"] {
        let (_env, mut terminal) = inbox(1);
        let pid = terminal.child.process_id().unwrap().to_string();
        assert!(std::process::Command::new("kill").args(["-s", signal, &pid]).status().unwrap().success());
        terminal.wait_end();
        assert!(terminal.is_restored(), "{signal}");
    }
}

#[test]
fn after_an_end_that_was_none_the_file_is_checked_and_damage_is_told() {
    let env = Env::new().with_leads(1);
    let file = env.data().join("leadbox.db");
    let conn = rusqlite::Connection::open(&file).unwrap();
    let number = |sql: &str| u64::try_from(conn.query_row(sql, [], |row| row.get::<_, i64>(0)).unwrap()).unwrap();
    // A page that nothing reads before something is done.
    let page = number("SELECT rootpage FROM sqlite_schema WHERE name = 'last_act'");
    let place = (page - 1) * number("PRAGMA page_size");
    drop(conn);
    let bytes = std::fs::OpenOptions::new().write(true).open(&file).unwrap();
    std::os::unix::fs::FileExt::write_all_at(&bytes, &[0xff; 64], place).unwrap();
    // As a window leaves it that is killed.
    env.write("data/leadbox.open", "open\n");
    let mut terminal = Terminal::start(&env, &[], WIDE);
    terminal.wait_for("Maya Chen1").wait_for("the lead file is damaged").press("q").wait_end();
    assert_eq!(std::fs::read(env.data().join("leadbox.open")).unwrap(), b"", "and this end was one");
}

// Linux alone hands out the other end of a terminal in this way.
#[cfg(target_os = "linux")]
#[test]
fn without_a_signal_it_notices_as_well_that_its_terminal_is_gone() {
    use rustix::pty::{OpenptFlags, grantpt, ioctl_tiocgptpeer, openpt, unlockpt};
    use std::io::Read;
    use std::process::{Command, Stdio};
    let env = Env::new().with_leads(1);
    // A terminal that controls nobody, so that its end comes with no signal: as with nohup, or in a container.
    let flags = OpenptFlags::RDWR | OpenptFlags::NOCTTY | OpenptFlags::CLOEXEC;
    let master = openpt(flags).unwrap();
    grantpt(&master).unwrap();
    unlockpt(&master).unwrap();
    let end = || Stdio::from(ioctl_tiocgptpeer(&master, flags).unwrap());
    let size = rustix::termios::Winsize { ws_row: 24, ws_col: 80, ws_xpixel: 0, ws_ypixel: 0 };
    rustix::termios::tcsetwinsize(&master, size).unwrap();
    let mut command: Command = env.command(&[]);
    let mut child = command.stdin(end()).stdout(end()).stderr(end()).spawn().unwrap();
    drop(command);
    let mut screen = std::fs::File::from(master);
    let (mut shown, mut bytes) = (String::new(), [0; 4096]);
    while !shown.contains("Maya") {
        let read = screen.read(&mut bytes).unwrap();
        shown += &String::from_utf8_lossy(&bytes[..read]);
    }
    drop(screen);
    let (tell, ended) = std::sync::mpsc::channel();
    let pid = child.id();
    std::thread::spawn(move || tell.send(child.wait()));
    let ended = ended.recv_timeout(std::time::Duration::from_secs(30));
    if ended.is_err() {
        let _ = Command::new("kill").args(["-9", &pid.to_string()]).status();
    }
    ended.expect("it went on without its terminal").unwrap();
}

#[test]
fn stopped_and_continued_it_gives_the_terminal_back_and_takes_it_again() {
    use rustix::process::{Pid, Signal, WaitOptions, kill_process, waitpid};
    let (_env, mut terminal) = inbox(2);
    let pid = Pid::from_raw(i32::try_from(terminal.child.process_id().unwrap()).unwrap()).unwrap();
    kill_process(pid, Signal::TSTP).unwrap();
    let (_, status) = waitpid(Some(pid), WaitOptions::UNTRACED).unwrap().unwrap();
    assert!(status.stopped());
    terminal.wait_gone("Maya Chen1");
    assert!(terminal.is_restored(), "while it sleeps");
    kill_process(pid, Signal::CONT).unwrap();
    terminal.wait_for("Maya Chen1").press("q");
    assert!(terminal.wait_end());
    assert!(terminal.is_restored());
}

#[test]
fn the_demo_opens_and_the_network_can_be_taken_away() {
    let env = Env::new();
    let mut terminal = Terminal::start(&env, &["demo"], WIDE);
    terminal.wait_for("● hub");
    terminal.press(":network\r").wait_for("offline");
    terminal.press("n").wait_for("is owed").press("a").wait_for("1 to send");
    terminal.press(":network\r").wait_for("● hub").wait_for("0 to send");
    terminal.press("q").wait_end();
    assert!(terminal.is_restored());
}

#[test]
fn in_the_demo_the_manager_sits_down_at_the_same_terminal_and_no_key_is_lost() {
    let env = Env::new();
    let mut terminal = Terminal::start(&env, &["demo"], WIDE);
    terminal.wait_for("● hub").wait_for("  you  ");
    // Typed before the manager's app is there.
    terminal.press("\u{1b}OQT").wait_for("  mira  ").wait_for("Ana Reis").wait_for("Jon Aubert");
    terminal.press("\u{1b}OQ").wait_for("  you  ").wait_gone("Ana Reis");
    terminal.press("n").wait_for("is owed").press("\u{1b}OQ").wait_for("  mira  ").wait_for("● hub");
    // The debt is the rep's, and waits.
    terminal.press("\u{1b}OQ").wait_for("  you  ").wait_for("is owed").press("q").wait_end();
    assert!(terminal.is_restored());
}

#[test]
fn the_demo_looks_as_it_was_configured_and_the_linear_look_has_its_cursor_at_the_row() {
    let env = Env::new();
    env.write("config.toml", "[ui]\nlinear = true\n[keys]\nnext = \"F5\"\n");
    let mut terminal = Terminal::start(&env, &["demo"], WIDE);
    terminal.wait_for("> Due").wait_for("category A").wait_for("F5 next");
    assert!(!terminal.wrote("─") && !terminal.wrote("█"));
    terminal.press("r").wait_for(">1 wrong person").press("\u{1b}").wait_gone("wrong person");
    terminal.press("q").wait_end();
}

#[test]
fn without_colour_none_is_used() {
    let env = Env::new().with_leads(2);
    let mut terminal = Terminal::start_with(&env, &[], WIDE, &[("NO_COLOR", "1")]);
    terminal.wait_for("Maya Chen1").press("n").wait_for("is owed");
    assert!(!terminal.has_colour());
    terminal.press("q").wait_end();
}

#[test]
fn the_title_is_set_and_given_back() {
    let (env, mut terminal) = inbox(2);
    terminal.press("n").wait_for("is owed").press("q").wait_end();
    assert!(terminal.wrote("\u{1b}[22;2t\u{1b}]0;") && terminal.wrote("2 due · leadbox\u{7}"));
    assert!(terminal.wrote("\u{1b}[23;2t") && !terminal.wrote("\u{1b}]0;Maya"));
    env.write("config.toml", "[ui]\ntitle = false\n");
    let mut terminal = Terminal::start(&env, &[], WIDE);
    terminal.wait_for("is owed").press("q").wait_end();
    assert!(!terminal.wrote("\u{1b}]0;") && !terminal.wrote("\u{1b}[23;2t"));
}

#[test]
fn where_no_program_opens_something_the_key_that_sets_one_is_told() {
    let env = Env::new().with_leads(1);
    // Nothing is found along an empty path, whatever this machine has.
    let mut terminal = Terminal::start_with(&env, &[], WIDE, &[("PATH", "")]);
    terminal.wait_for("Maya Chen1").press("n").wait_for("is owed");
    terminal.press("t").wait_for("no program here dials: set phone under [open]").wait_for("phone = [");
    terminal.press("e").wait_for("no program here writes e-mails: set mail under [open]");
    terminal.press("q").wait_end();
}

#[test]
fn a_configured_command_is_handed_the_lead_and_the_app_goes_on() {
    let (env, mut terminal) = inbox(1);
    terminal.press("q").wait_end();
    // The command waits in the pipe until it is read here.
    let pipe = env.path("pipe");
    assert!(std::process::Command::new("mkfifo").arg(&pipe).status().unwrap().success());
    let script = format!("printf '%s|' \"$@\" > {}", pipe.display());
    let words = ["sh", "-c", &script, "sh", "{phone}", "{name}", "{id}", "{url}"].map(|word| format!("{word:?}"));
    env.write(
        "config.toml",
        format!("[open]\nphone = [{}]\nmail = [\"no-such-mailer\", \"{{email}}\"]\n", words.join(", ")),
    );
    let mut terminal = Terminal::start(&env, &[], WIDE);
    terminal.wait_for("Maya Chen1").press("n").wait_for("is owed").press("t").wait_for("opening tel:");
    // A command that is still running holds nothing up, and one that is not there is named.
    terminal.press("e").wait_for("“no-such-mailer” could not be started").press("a").wait_for("accepted");
    assert_eq!(std::fs::read_to_string(pipe).unwrap(), "+1 555 0101|Maya Chen1|L-1|tel:+15550101|");
    terminal.press("q").wait_end();
}
