//! The app measured from outside, through a pty, beside a bare ratatui list in the same run: first frame, a key to its
//! frame, search as one types, memory, idle CPU.
//!
//! `cargo bench --bench terminal [-- LEADS]`

#![allow(clippy::unwrap_used, reason = "a benchmark that cannot run should stop")]

mod support;

use std::path::Path;
use std::time::{Duration, Instant};

use support::percentile;
use support::pty::{Program, SIZE, Session};

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
