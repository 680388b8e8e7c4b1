//! The app measured from outside, through a pty, beside a bare ratatui list in the same run: first frame, a key to its
//! frame, search as one types, memory, idle CPU.
//!
//! `cargo bench --bench terminal [-- LEADS]`

#![allow(clippy::unwrap_used, reason = "a benchmark that cannot run should stop")]

mod support;

use std::io::{Read, Write};
use std::num::NonZero;
use std::path::Path;
use std::sync::mpsc::{Receiver, RecvTimeoutError, channel};
use std::time::{Duration, Instant};

use portable_pty::{Child, CommandBuilder, MasterPty, PtySize, native_pty_system};
use support::percentile;

/// Silence after which a frame is taken to be whole.
const QUIET: Duration = Duration::from_millis(3);
const SIZE: PtySize = PtySize { rows: 40, cols: 120, pixel_width: 0, pixel_height: 0 };
const STARTS: usize = 15;
const KEYS: usize = 400;
const IDLE: Duration = Duration::from_secs(10);
/// What is searched for, letter by letter; each word is rubbed out before the next.
const SEARCHES: [&str; 6] = ["acme", "hana k", "zzz", "crm-00", "security", "p"];

fn main() {
    let args: Vec<String> = std::env::args().collect();
    if args.get(1).is_some_and(|arg| arg == "bare-list") {
        bare::run(args.get(2).and_then(|n| n.parse().ok()).unwrap_or(100_000)).unwrap();
        return;
    }
    let leads: u64 = args.iter().filter_map(|arg| arg.parse().ok()).next().unwrap_or(100_000);
    let dir = tempfile::tempdir().unwrap();
    prepare(dir.path(), leads);
    let bare = Program {
        name: "bare ratatui list",
        path: std::env::current_exe().unwrap().to_str().unwrap().to_owned(),
        args: vec!["bare-list".into(), leads.to_string()],
        ready: "row 0000000",
        search: false,
    };
    let ours = Program {
        name: "leadbox",
        path: env!("CARGO_BIN_EXE_leadbox").to_owned(),
        args: vec!["--data-dir".into(), dir.path().join("data").to_str().unwrap().to_owned()],
        ready: "Ltd",
        search: true,
    };
    println!("{leads} leads, {} × {}", SIZE.cols, SIZE.rows);
    let mut starts = [Vec::new(), Vec::new()];
    // Turn by turn, so that noise meets both alike; the first round warms the caches.
    for round in 0..=STARTS {
        for (program, starts) in [&bare, &ours].iter().zip(&mut starts) {
            let (session, first_frame) = Session::start(program, dir.path());
            session.end();
            if round > 0 {
                starts.push(first_frame);
            }
        }
    }
    for (program, starts) in [&bare, &ours].iter().zip(&mut starts) {
        println!("\n{}", program.name);
        println!("  first frame    p50 {:6.2} ms   worst {:6.2} ms", percentile(starts, 0.5), percentile(starts, 1.0));
        measure(program, dir.path());
    }
    println!("\nfirst frame, leadbox / bare: {:.1}", percentile(&mut starts[1], 0.5) / percentile(&mut starts[0], 0.5));
}

/// A store of invented leads, imported by the program itself.
fn prepare(dir: &Path, leads: u64) {
    let csv = dir.join("leads.csv");
    let now = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap().as_secs();
    support::leads::write_csv(&csv, leads, i64::try_from(now).unwrap()).unwrap();
    let imported = std::process::Command::new(env!("CARGO_BIN_EXE_leadbox"))
        .args(["import", csv.to_str().unwrap(), "--map", concat!(env!("CARGO_MANIFEST_DIR"), "/benches/leads.toml")])
        .arg("--data-dir")
        .arg(dir.join("data"))
        .env_remove("LEADBOX_CONFIG")
        .env("HOME", dir)
        .stdout(std::process::Stdio::null())
        .status()
        .unwrap();
    assert!(imported.success());
}

fn size(cells: u16) -> NonZero<u16> {
    NonZero::new(cells).unwrap()
}

struct Program {
    name: &'static str,
    path: String,
    args: Vec<String>,
    /// On the screen once the list stands.
    ready: &'static str,
    search: bool,
}

struct Session {
    child: Box<dyn Child + Send + Sync>,
    input: Box<dyn Write + Send>,
    output: Receiver<(Instant, Vec<u8>)>,
    screen: vt100::Parser,
    _master: Box<dyn MasterPty + Send>,
}

impl Session {
    /// Starts the program; returns with it the milliseconds to the screen that is ready.
    fn start(program: &Program, home: &Path) -> (Self, f64) {
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
    fn press(&mut self, key: &str) -> Option<f64> {
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

    /// Takes in what still comes.
    fn settle(&mut self, quiet: Duration) {
        while let Ok((_, bytes)) = self.output.recv_timeout(quiet) {
            self.screen.process(&bytes);
        }
    }

    fn proc(&self, file: &str) -> String {
        std::fs::read_to_string(format!("/proc/{}/{file}", self.child.process_id().unwrap())).unwrap_or_default()
    }

    /// The most memory that was ever resident, in MB.
    fn peak_mb(&self) -> f64 {
        support::peak_mb(&self.proc("status")).unwrap_or(f64::NAN)
    }

    /// CPU seconds used so far, by the scheduler's own count.
    fn cpu(&self) -> f64 {
        let tasks = std::fs::read_dir(format!("/proc/{}/task", self.child.process_id().unwrap())).unwrap();
        let nanoseconds = |task: std::fs::DirEntry| -> Option<f64> {
            std::fs::read_to_string(task.path().join("schedstat")).ok()?.split(' ').next()?.parse().ok()
        };
        tasks.flatten().filter_map(nanoseconds).sum::<f64>() / 1e9
    }

    fn end(mut self) {
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

fn measure(program: &Program, home: &Path) {
    let (mut session, _) = Session::start(program, home);
    session.settle(Duration::from_millis(500));
    let phase = |session: &mut Session, what: &str, keys: &mut dyn Iterator<Item = String>| {
        let mut times: Vec<f64> = keys.filter_map(|key| session.press(&key)).collect();
        let (p50, p99) = (percentile(&mut times, 0.5), percentile(&mut times, 0.99));
        println!(
            "  {what:<14} p50 {p50:6.2} ms   p99   {p99:6.2} ms   worst {:6.2} ms   ({} keys)",
            percentile(&mut times, 1.0),
            times.len()
        );
    };
    phase(&mut session, "next line", &mut (0..KEYS).map(|_| "j".to_owned()));
    phase(&mut session, "ends", &mut (0..40).map(|n| if n % 2 == 0 { "G" } else { "g" }.to_owned()));
    if program.search {
        session.press("/");
        let keys: Vec<String> = SEARCHES
            .iter()
            .flat_map(|word| word.chars().map(String::from).chain(std::iter::repeat_n("\x7f".to_owned(), word.len())))
            .collect();
        phase(&mut session, "search letter", &mut keys.into_iter().cycle().take(KEYS));
        session.press("\x1b");
    }
    session.settle(Duration::from_millis(500));
    let before = session.cpu();
    let begin = Instant::now();
    while begin.elapsed() < IDLE {
        session.settle(IDLE.saturating_sub(begin.elapsed()).min(Duration::from_secs(1)));
    }
    let idle = (session.cpu() - before) / begin.elapsed().as_secs_f64() * 100.0;
    println!("  memory         {:6.1} MB at its peak", session.peak_mb());
    println!("  idle CPU       {idle:6.2} % while clocks count down");
    session.end();
}

/// What a list costs that has nothing behind it.
mod bare {
    use std::io;

    use crossterm::event::{Event, KeyCode, read};
    use ratatui::layout::Constraint;
    use ratatui::style::{Modifier, Style};
    use ratatui::widgets::{Block, Row, Table, TableState};

    pub fn run(count: usize) -> io::Result<()> {
        let mut terminal = ratatui::try_init()?;
        let (mut selected, mut top) = (0_usize, 0_usize);
        loop {
            terminal.draw(|frame| {
                let height = usize::from(frame.area().height.saturating_sub(3));
                top = top.clamp((selected + 1).saturating_sub(height), selected);
                let rows = (top..count.min(top + height)).map(|i| {
                    let due = format!("{}h {:02}m", i % 48, i * 7 % 60);
                    Row::new([
                        format!("row {i:07}"),
                        format!("Lead Person {}", i * 7919 % 100_003),
                        format!("Company {} Ltd", i % 977),
                        due,
                    ])
                });
                let widths =
                    [Constraint::Length(12), Constraint::Length(24), Constraint::Min(20), Constraint::Length(8)];
                let table = Table::new(rows, widths)
                    .row_highlight_style(Style::new().add_modifier(Modifier::REVERSED))
                    .block(Block::bordered().title(format!(" {}/{count} ", selected + 1)));
                let mut state = TableState::default().with_selected(Some(selected - top));
                frame.render_stateful_widget(table, frame.area(), &mut state);
            })?;
            let Event::Key(key) = read()? else { continue };
            match key.code {
                KeyCode::Char('q') => break,
                KeyCode::Char('j') => selected = (selected + 1).min(count - 1),
                KeyCode::Char('G') => selected = count - 1,
                KeyCode::Char('g') => selected = 0,
                _ => {}
            }
        }
        ratatui::try_restore()
    }
}
