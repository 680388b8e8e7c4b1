//! `leadbox hub import`: leads from files to a hub, as one of its senders.

mod feed;

use std::io::{IsTerminal, Write};
use std::path::Path;
use std::process::{Command, Stdio};

use secrecy::SecretString;
use serde_json::json;

use self::feed::{Feed, Row, key};
use super::args::ImportArgs;
use super::calls::read_token;
use crate::cli::args::Global;
use crate::cli::failure::{Exit, Failure};
use crate::cli::print::{Out, counted};
use crate::cli::session::now;
use crate::cli::setup;
use crate::handoff::arrival::Arrival;
use crate::source::files::{FileImport, Request, RowError};
use crate::source::hub::{Client, Http};
use crate::source::intake;
use crate::wire::intake::MOST_ITEMS;

/// The most leads of a post.
const AT_ONCE: usize = MOST_ITEMS;

/// The most bytes of a post: well below what a hub takes, so that no post is long on its way.
const MOST_BYTES: usize = 2 * 1024 * 1024;

/// Wrong rows that are written out for people; JSON lists them all.
const SHOWN: usize = 20;

/// What the import came to.
#[derive(Default)]
struct Tally {
    read: u64,
    taken: u64,
    known: u64,
    /// Their handoff is over in their source.
    over: u64,
    /// The mapping passes over them.
    skipped: u64,
    errors: Vec<RowError>,
    /// Rows of the second file for none of the leads.
    unmatched: u64,
}

/// Sends the files, one after the other. Nothing is sent before all of them could be opened.
pub fn run(args: &ImportArgs, global: &Global) -> Result<(), Failure> {
    if args.files.len() > 1 && args.activities.is_some() {
        return Err(Failure::usage("--activities goes with one file; import the others by themselves"));
    }
    let zone = setup::load(global)?.rep.zone;
    let request = |file| Request {
        leads: file,
        map: args.map.as_deref(),
        activities: args.activities.as_deref(),
        activities_map: args.activities_map.as_deref(),
        source: Some(&args.source),
        zone,
    };
    let imports = args.files.iter().map(|file| Ok((file.as_path(), FileImport::open(&request(file))?)));
    let imports: Vec<(&Path, FileImport)> = imports.collect::<Result<_, Failure>>()?;
    let feed = feed(args)?;
    let mut tally = Tally::default();
    let mut outcome = Ok(());
    for (file, mut import) in imports {
        outcome = send(&feed, file, &mut import, &mut tally, global.json);
        tally.count(&import);
        if outcome.is_err() {
            break;
        }
    }
    report(&tally, global.json)?;
    outcome
}

/// The way into the hub.
fn feed(args: &ImportArgs) -> Result<Feed, Failure> {
    let http = Http::new(&args.hub, SecretString::default()).map_err(Failure::usage)?;
    Ok(Feed {
        client: Client::new(Box::new(http)),
        source: args.source.clone(),
        secret: secret(args)?,
        now: || now().unwrap_or_else(|_| chrono::Utc::now()),
        pause: Box::new(std::thread::sleep),
        runtime: tokio::runtime::Builder::new_current_thread().enable_all().build()?,
    })
}

fn secret(args: &ImportArgs) -> Result<SecretString, Failure> {
    let secret = match (&args.secret_file, &args.secret_command) {
        (Some(file), _) => read_token(file)?,
        (None, Some(command)) => asked(command)?,
        (None, None) => return Err(Failure::usage("name the sender's secret: --secret-file or --secret-command")),
    };
    if secrecy::ExposeSecret::expose_secret(&secret).is_empty() {
        return Err(Failure::new(Exit::Failed, "the sender's secret is empty"));
    }
    Ok(secret)
}

/// What a command prints.
fn asked(command: &str) -> Result<SecretString, Failure> {
    let mut words = command.split_whitespace();
    let Some(program) = words.next() else { return Err(Failure::usage("--secret-command names no command")) };
    let ran = Command::new(program).args(words).stdin(Stdio::null()).stderr(Stdio::inherit()).output();
    let ran = ran.map_err(|error| Failure::file(format!("the command {program} cannot be run"), &error))?;
    if !ran.status.success() {
        return Err(Failure::new(Exit::Failed, format!("the command {program} failed ({})", ran.status)));
    }
    let text = String::from_utf8(ran.stdout)
        .map_err(|_| Failure::new(Exit::Failed, format!("the command {program} printed no text")))?;
    Ok(SecretString::from(text.trim().to_owned()))
}

/// Reads a file to its end and sends its leads.
fn send(feed: &Feed, file: &Path, import: &mut FileImport, tally: &mut Tally, as_json: bool) -> Result<(), Failure> {
    let name = file.display().to_string();
    while let Some(mut batch) = import.next_batch(AT_ONCE)? {
        tally.errors.append(&mut batch.errors);
        let (mut rows, mut bytes) = (Vec::new(), 0);
        for (mut arrival, line) in batch.arrivals.into_iter().zip(batch.lines) {
            if intake::is_over(&arrival.lead) {
                tally.over += 1;
                continue;
            }
            let row = row(&feed.source, &mut arrival, line)?;
            let size = serde_json::to_vec(&row.item)?.len();
            if bytes + size > MOST_BYTES && !rows.is_empty() {
                post(feed, &name, std::mem::take(&mut rows), tally)?;
                bytes = 0;
            }
            bytes += size;
            rows.push(row);
        }
        post(feed, &name, rows, tally)?;
        progress(import.totals().read, &name, as_json);
    }
    Ok(())
}

fn row(source: &str, arrival: &mut Arrival, line: u64) -> Result<Row, Failure> {
    let from = &mut arrival.lead.key;
    // A file that holds leads of several sources may have one id twice.
    if from.source != source {
        from.external_id = format!("{}:{}", from.source, from.external_id);
    }
    let mut item = intake::item(arrival);
    item.key = key(source, &item)?;
    Ok(Row { line, item })
}

fn post(feed: &Feed, file: &str, rows: Vec<Row>, tally: &mut Tally) -> Result<(), Failure> {
    let Some(first) = rows.first().map(|row| row.line) else { return Ok(()) };
    let fed = feed.send(rows).map_err(|failure| {
        let what = format!(
            "{file}: the hub at its intake /v1/intake/{} did not take what begins with line {first}: {failure}. What came \
             before is taken; run the same command again for the rest: nothing is taken twice",
            feed.source
        );
        Failure::new(Exit::Failed, what)
    })?;
    tally.taken += fed.taken;
    tally.known += fed.known;
    let error = |(line, reason)| RowError { file: file.to_owned(), line, column: None, reason };
    tally.errors.extend(fed.refused.into_iter().map(error));
    Ok(())
}

/// How far it is, for one who watches.
fn progress(read: u64, file: &str, as_json: bool) {
    let mut terminal = std::io::stderr();
    if !as_json && terminal.is_terminal() {
        // Nobody may be listening.
        drop(write!(terminal, "\r\x1b[K{}: {read} rows", crate::ui::inert::inert(file)));
        drop(terminal.flush());
    }
}

impl Tally {
    /// Adds what was read of a file.
    fn count(&mut self, import: &FileImport) {
        let totals = import.totals();
        self.read += totals.read - totals.skipped;
        self.skipped += totals.skipped;
        self.unmatched += totals.activities.unwrap_or_default().unmatched;
    }
}

fn report(tally: &Tally, as_json: bool) -> Result<(), Failure> {
    if !as_json && std::io::stderr().is_terminal() {
        drop(write!(std::io::stderr(), "\r\x1b[K"));
    }
    let rows = |count: u64| counted(usize::try_from(count).unwrap_or(usize::MAX), "row", "rows");
    let mut out = Out::new();
    if as_json {
        out.json(&json!({
            "read": tally.read,
            "taken": tally.taken,
            "known": tally.known,
            "over": tally.over,
            "refused": tally.errors.len(),
            "errors": &tally.errors,
        }))?;
        return out.finish();
    }
    for error in tally.errors.iter().take(SHOWN) {
        out.line(error.to_string())?;
    }
    if tally.errors.len() > SHOWN {
        out.line(format!("… and {} more wrong rows; --json lists them all", tally.errors.len() - SHOWN))?;
    }
    let (read, refused) = (rows(tally.read), rows(tally.errors.len() as u64));
    out.line(format!("{read} read: {} taken, {} known already, {refused} refused", tally.taken, tally.known))?;
    if tally.over > 0 {
        out.line(format!("{} not sent: their handoff is over where they come from", rows(tally.over)))?;
    }
    if tally.skipped > 0 {
        out.line(format!("{} passed over, as the mapping says (deleted records and the like)", rows(tally.skipped)))?;
    }
    if tally.unmatched > 0 {
        out.line(format!("{} of the second file for none of these leads", rows(tally.unmatched)))?;
    }
    out.finish()
}
