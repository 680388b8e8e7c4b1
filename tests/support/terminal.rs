//! A terminal with the program in it. It waits for text, never for time.

use std::io::{Read, Write};
use std::num::NonZero;
use std::sync::mpsc::{Receiver, RecvTimeoutError, channel};
use std::time::{Duration, Instant};

use portable_pty::{Child, CommandBuilder, MasterPty, PtySize, native_pty_system};

use super::Env;

/// After so long a text is not coming.
const PATIENCE: Duration = Duration::from_secs(30);

fn cells(count: u16) -> NonZero<u16> {
    NonZero::new(count).unwrap()
}

/// The program in a terminal.
pub struct Terminal {
    screen: vt100::Parser,
    /// Everything that the program wrote, byte by byte.
    pub raw: Vec<u8>,
    output: Receiver<Vec<u8>>,
    input: Box<dyn Write + Send>,
    /// The process.
    pub child: Box<dyn Child + Send + Sync>,
    master: Box<dyn MasterPty + Send>,
}

impl Terminal {
    /// Starts the binary with these arguments in a terminal of this size.
    pub fn start(env: &Env, args: &[&str], size: (u16, u16)) -> Self {
        Self::start_with(env, args, size, &[])
    }

    /// The same, with more in the environment.
    pub fn start_with(env: &Env, args: &[&str], (columns, lines): (u16, u16), more: &[(&str, &str)]) -> Self {
        let size = PtySize { rows: lines, cols: columns, pixel_width: 0, pixel_height: 0 };
        let pair = native_pty_system().openpty(size).unwrap();
        let mut command = CommandBuilder::new(env!("CARGO_BIN_EXE_leadbox"));
        command.args(args);
        command.env_clear();
        for (name, value) in env.vars() {
            command.env(name, value);
        }
        for (name, value) in more {
            command.env(name, value);
        }
        let child = pair.slave.spawn_command(command).unwrap();
        drop(pair.slave);
        let mut reader = pair.master.try_clone_reader().unwrap();
        let (send, output) = channel();
        std::thread::spawn(move || {
            let mut bytes = [0; 1 << 16];
            while let Ok(n @ 1..) = reader.read(&mut bytes) {
                if send.send(bytes[..n].to_vec()).is_err() {
                    break;
                }
            }
        });
        let input = pair.master.take_writer().unwrap();
        let screen = vt100::Parser::new(cells(lines), cells(columns), 0);
        Self { screen, raw: Vec::new(), output, input, child, master: pair.master }
    }

    fn take(&mut self, bytes: &[u8]) {
        self.screen.process(bytes);
        self.raw.extend(bytes);
    }

    /// Presses keys.
    pub fn press(&mut self, keys: &str) -> &mut Self {
        self.input.write_all(keys.as_bytes()).unwrap();
        self.input.flush().unwrap();
        self
    }

    /// Another size.
    pub fn resize(&mut self, (columns, lines): (u16, u16)) -> &mut Self {
        self.master.resize(PtySize { rows: lines, cols: columns, pixel_width: 0, pixel_height: 0 }).unwrap();
        self.screen.screen_mut().set_size(cells(lines), cells(columns));
        self
    }

    /// Waits until the program wrote something more.
    pub fn wait_drawn(&mut self) -> &mut Self {
        let bytes = self.output.recv_timeout(PATIENCE).unwrap_or_else(|_| panic!("nothing drawn:\n{}", self.screen()));
        self.take(&bytes);
        self
    }

    /// Waits until the screen shows this text.
    pub fn wait_for(&mut self, text: &str) -> &mut Self {
        self.wait_until(&format!("“{text}”"), |screen| screen.contains(text))
    }

    /// Waits until the screen no longer shows this text.
    pub fn wait_gone(&mut self, text: &str) -> &mut Self {
        self.wait_until(&format!("the end of “{text}”"), |screen| !screen.contains(text))
    }

    fn wait_until(&mut self, what: &str, holds: impl Fn(&str) -> bool) -> &mut Self {
        let start = Instant::now();
        while !holds(&self.screen()) {
            match self.output.recv_timeout(PATIENCE.saturating_sub(start.elapsed())) {
                Ok(bytes) => self.take(&bytes),
                Err(RecvTimeoutError::Timeout) => panic!("{what} did not come; the screen is\n{}", self.screen()),
                Err(RecvTimeoutError::Disconnected) if holds(&self.screen()) => break,
                Err(RecvTimeoutError::Disconnected) => panic!("ended before {what}; the screen is\n{}", self.screen()),
            }
        }
        self
    }

    /// It wrote this at some time.
    pub fn wrote(&self, sequence: &str) -> bool {
        self.raw.windows(sequence.len()).any(|window| window == sequence.as_bytes())
    }

    /// What the screen shows now.
    pub fn screen(&self) -> String {
        self.screen.screen().contents()
    }

    /// Any cell has a colour of its own.
    pub fn has_colour(&self) -> bool {
        let screen = self.screen.screen();
        let (lines, columns) = screen.size();
        let coloured = |line, column| {
            screen
                .cell(line, column)
                .is_some_and(|cell| cell.fgcolor() != vt100::Color::Default || cell.bgcolor() != vt100::Color::Default)
        };
        (0..lines.get()).any(|line| (0..columns.get()).any(|column| coloured(line, column)))
    }

    /// The screen is given back: no alternate screen, cursor visible.
    pub fn is_restored(&self) -> bool {
        !self.screen.screen().alternate_screen() && !self.screen.screen().hide_cursor()
    }

    /// Kills it as a power cut would, as far as a process can tell.
    pub fn kill(mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }

    /// Waits for its end and returns whether it succeeded.
    pub fn wait_end(&mut self) -> bool {
        // The terminal ends with the last program in it; by then all that it wrote has been read.
        let start = Instant::now();
        loop {
            match self.output.recv_timeout(PATIENCE.saturating_sub(start.elapsed())) {
                Ok(bytes) => self.take(&bytes),
                Err(RecvTimeoutError::Disconnected) => return self.child.wait().unwrap().success(),
                Err(RecvTimeoutError::Timeout) => panic!("it did not end; the screen is\n{}", self.screen()),
            }
        }
    }
}
