//! What happens when the program itself is wrong: the terminal is given back, one inert message says what and where,
//! and the program ends, whichever thread it was.

use std::backtrace::{Backtrace, BacktraceStatus};
use std::io::{self, Write};
use std::panic::{self, PanicHookInfo};
use std::process;
use std::thread;

use super::terminal;
use crate::ui::inert::{inert, inert_lines};

/// Lines of a message that are shown.
const LINES: usize = 20;

/// Installs what is done about panics in this process. To be called once, at its start.
pub fn prepare() {
    let main = thread::current().id();
    panic::set_hook(Box::new(move |info| {
        // Nobody draws over the message.
        let _screen = io::stdout().lock();
        terminal::restore();
        // Nobody may be listening.
        let _ = io::stderr().write_all(message(info).as_bytes());
        // An app that lost one of its threads would stand there and never answer. The main thread ends by itself.
        if thread::current().id() != main {
            process::exit(101);
        }
    }));
}

/// The message of a panic can hold what a lead brought along, such as the text that was cut in the wrong place.
fn message(info: &PanicHookInfo<'_>) -> String {
    let why = info.payload_as_str().unwrap_or("an unknown fault");
    let place = info.location().map(|place| format!(" ({}:{})", place.file(), place.line())).unwrap_or_default();
    let mut text = format!("leadbox: this is a bug in Leadbox{}:\n", inert(&place));
    for line in inert_lines(why, LINES) {
        text += &format!("leadbox:   {line}\n");
    }
    text += "leadbox: What was shown as done is saved. Please report this.\n";
    let trace = Backtrace::capture();
    if trace.status() == BacktraceStatus::Captured {
        text += &trace.to_string();
    }
    text
}

#[cfg(test)]
mod tests {
    use std::io::Read;

    use portable_pty::{CommandBuilder, PtySize, native_pty_system};

    use super::*;
    use crate::runtime::terminal::Screen;

    const CHILD: &str = "LEADBOX_PANIC_TEST";

    /// What the test below runs in a terminal, in a process of its own: takes the screen over and panics.
    #[test]
    fn child_that_panics() {
        let Ok(thread) = std::env::var(CHILD) else {
            println!("skipped: this is the other process of the test below");
            return;
        };
        prepare();
        // The harness runs tests on threads: this one is the main one here, and may end as that one would.
        let screen = Screen::take(true).unwrap();
        let fall = || panic!("cut “\u{1b}]0;owned\u{7}\u{9b}2J\u{202e}name” in the wrong place");
        if thread == "main" {
            fall();
        }
        thread::spawn(fall);
        loop {
            // The app waits for its next event; only the process's end ends this.
            thread::park();
            drop(screen.size());
        }
    }

    #[test]
    fn a_panic_gives_the_terminal_back_says_so_inertly_and_ends_the_program() {
        for thread in ["main", "other"] {
            let size = PtySize { rows: 24, cols: 80, pixel_width: 0, pixel_height: 0 };
            let pair = native_pty_system().openpty(size).unwrap();
            let before = pair.master.get_termios().unwrap();
            let mut command = CommandBuilder::new(std::env::current_exe().unwrap());
            command.args(["--exact", "runtime::panics::tests::child_that_panics", "--nocapture", "--color=never"]);
            command.env(CHILD, thread);
            command.env("RUST_BACKTRACE", "0");
            let mut child = pair.slave.spawn_command(command).unwrap();
            let mut reader = pair.master.try_clone_reader().unwrap();
            let mut bytes = Vec::new();
            // The slave stays open here, so that the terminal's state can be asked for afterwards.
            let status = child.wait().unwrap();
            assert!(!status.success());
            let after = pair.master.get_termios().unwrap();
            assert_eq!(before, after, "{thread}");
            drop(pair.slave);
            // On Linux a terminal without a slave ends with an error.
            let _ = reader.read_to_end(&mut bytes);
            let text = String::from_utf8(bytes).unwrap();
            let (_, said) = text.split_once("leadbox: this is a bug").unwrap();
            assert!(said.contains("cut “name” in the wrong place"), "{said:?}");
            let bad = |c: char| (c.is_control() && !"\r\n".contains(c)) || c == '\u{202e}';
            assert!(!said.chars().any(bad), "{thread}: {said:?}");
            let mut screen = vt100::Parser::default();
            screen.process(text.as_bytes());
            assert!(!screen.screen().alternate_screen() && !screen.screen().hide_cursor(), "{thread}");
        }
    }
}
