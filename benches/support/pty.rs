//! A program in a terminal, measured from outside.

#![allow(dead_code, reason = "each benchmark uses its part")]

use std::io::{Read, Write};
use std::num::NonZero;
use std::path::Path;
use std::sync::mpsc::{Receiver, RecvTimeoutError, channel};
use std::time::{Duration, Instant};

use portable_pty::{Child, CommandBuilder, MasterPty, PtySize, native_pty_system};

/// Silence after which a frame is taken to be whole.
const QUIET: Duration = Duration::from_millis(3);
/// The terminal's size.
pub const SIZE: PtySize = PtySize { rows: 40, cols: 120, pixel_width: 0, pixel_height: 0 };

fn size(cells: u16) -> NonZero<u16> {
    NonZero::new(cells).unwrap()
}

pub struct Program {
    pub name: &'static str,
    pub path: String,
    pub args: Vec<String>,
    /// On the screen once the list stands.
    pub ready: &'static str,
    /// It has a search.
    pub search: bool,
}

pub struct Session {
    child: Box<dyn Child + Send + Sync>,
    input: Box<dyn Write + Send>,
    output: Receiver<(Instant, Vec<u8>)>,
    screen: vt100::Parser,
    _master: Box<dyn MasterPty + Send>,
}

impl Session {
    /// Starts the program; returns with it the milliseconds to the screen that is ready.
    pub fn start(program: &Program, home: &Path) -> (Self, f64) {
        let pair = native_pty_system().openpty(SIZE).unwrap();
        let mut command = CommandBuilder::new(&program.path);
        command.args(&program.args);
        command.env_clear();
        command.env("HOME", home);
        command.env("TERM", "xterm-256color");
        let mut reader = pair.master.try_clone_reader().unwrap();
        let (send, output) = channel();
        std::thread::spawn(move || {
            let mut bytes = vec![0; 1 << 16];
            while let Ok(n @ 1..) = reader.read(&mut bytes) {
                if send.send((Instant::now(), bytes[..n].to_vec())).is_err() {
                    break;
                }
            }
        });
        let input = pair.master.take_writer().unwrap();
        let begin = Instant::now();
        let child = pair.slave.spawn_command(command).unwrap();
        drop(pair.slave);
        let screen = vt100::Parser::new(size(SIZE.rows), size(SIZE.cols), 0);
        let mut session = Self { child, input, output, screen, _master: pair.master };
        loop {
            let (at, bytes) = session.output.recv_timeout(Duration::from_secs(20)).unwrap();
            session.screen.process(&bytes);
            if session.screen.screen().contents().contains(program.ready) {
                return (session, (at - begin).as_secs_f64() * 1e3);
            }
        }
    }

    /// Presses a key; the milliseconds until the last byte before silence. Nothing if nothing was drawn.
    pub fn press(&mut self, key: &str) -> Option<f64> {
        self.settle(QUIET);
        let begin = Instant::now();
        self.input.write_all(key.as_bytes()).unwrap();
        let (at, bytes) = self.output.recv_timeout(Duration::from_millis(500)).ok()?;
        self.screen.process(&bytes);
        let mut last = at;
        loop {
            match self.output.recv_timeout(QUIET) {
                Ok((at, bytes)) => {
                    self.screen.process(&bytes);
                    last = at;
                }
                Err(RecvTimeoutError::Timeout) => return Some((last - begin).as_secs_f64() * 1e3),
                Err(RecvTimeoutError::Disconnected) => return None,
            }
        }
    }

    /// What the selected row says, by its first words, which no clock changes.
    fn selected(&self) -> Option<String> {
        let screen = self.screen.screen();
        let is_selected = |row: &u16| screen.cell(*row, 0).is_some_and(|cell| cell.contents() == "▌");
        let row = (0..SIZE.rows).find(is_selected)?;
        Some(format!("{row} {}", screen.contents_between(row, 18, row, 60)))
    }

    /// Presses a key that selects another row; the milliseconds until one is selected. Nothing if none was within a
    /// second.
    pub fn select(&mut self, key: &str) -> Option<f64> {
        self.settle(Duration::ZERO);
        let before = self.selected();
        let begin = Instant::now();
        self.input.write_all(key.as_bytes()).unwrap();
        while let Some(left) = Duration::from_secs(1).checked_sub(begin.elapsed()) {
            let Ok((at, bytes)) = self.output.recv_timeout(left) else { return None };
            self.screen.process(&bytes);
            if self.selected() != before {
                return Some((at - begin).as_secs_f64() * 1e3);
            }
        }
        None
    }

    /// Takes in what still comes.
    pub fn settle(&mut self, quiet: Duration) {
        while let Ok((_, bytes)) = self.output.recv_timeout(quiet) {
            self.screen.process(&bytes);
        }
    }

    fn proc(&self, file: &str) -> String {
        std::fs::read_to_string(format!("/proc/{}/{file}", self.child.process_id().unwrap())).unwrap_or_default()
    }

    /// The most memory that was ever resident, in MB.
    pub fn peak_mb(&self) -> f64 {
        super::peak_mb(&self.proc("status")).unwrap_or(f64::NAN)
    }

    /// CPU seconds used so far, by the scheduler's own count.
    pub fn cpu(&self) -> f64 {
        let tasks = std::fs::read_dir(format!("/proc/{}/task", self.child.process_id().unwrap())).unwrap();
        let nanoseconds = |task: std::fs::DirEntry| -> Option<f64> {
            std::fs::read_to_string(task.path().join("schedstat")).ok()?.split(' ').next()?.parse().ok()
        };
        tasks.flatten().filter_map(nanoseconds).sum::<f64>() / 1e9
    }

    pub fn end(mut self) {
        let _ = self.input.write_all(b"q");
        let deadline = Instant::now() + Duration::from_secs(2);
        while Instant::now() < deadline {
            if let Ok(Some(_)) = self.child.try_wait() {
                return;
            }
            self.settle(Duration::from_millis(1));
        }
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
