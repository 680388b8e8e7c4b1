//! What commands print: JSON for programs, lines for people. All foreign text passes the seam first.

use std::io::{self, IsTerminal, Write};

use serde_json::{Value, json};

use super::failure::Failure;
use crate::handoff::Time;
use crate::handoff::approach::Approach;
use crate::handoff::clocks::Clock;
use crate::handoff::event::Event;
use crate::handoff::policy::Policy;
use crate::handoff::summary::Summary;
use crate::ui::inert::inert;
use crate::ui::text::{cells, fit, prefix};

/// Standard output, where a reader that went away (`| head`) is no error.
pub struct Out {
    to: io::BufWriter<io::StdoutLock<'static>>,
    /// The columns of the terminal; nothing where the output goes to a pipe or a file, which keeps lines whole.
    pub columns: Option<usize>,
}

impl Out {
    /// Locks standard output.
    pub fn new() -> Self {
        let stdout = io::stdout().lock();
        let size = if stdout.is_terminal() { crossterm::terminal::size().ok() } else { None };
        let columns = size.map(|(columns, _)| usize::from(columns)).filter(|&columns| columns > 0);
        Self { to: io::BufWriter::new(stdout), columns }
    }

    /// Prints one line of text, made inert.
    pub fn line(&mut self, text: impl AsRef<str>) -> Result<(), Failure> {
        let text = text.as_ref();
        self.raw(format_args!("{}\n", inert(text)))
    }

    /// Prints one row of a list: cut to the terminal, so that columns stay columns.
    pub fn row(&mut self, text: &str) -> Result<(), Failure> {
        let text = inert(text);
        self.raw(format_args!("{}\n", self.columns.map_or(text.clone(), |columns| fit(&text, columns))))
    }

    /// Prints a paragraph: on a terminal broken at blanks, what follows the first line set in under it.
    pub fn paragraph(&mut self, text: &str) -> Result<(), Failure> {
        let text = inert(text);
        let columns = self.columns.unwrap_or(usize::MAX).max(20);
        let inset = text.len() - text.trim_start_matches(' ').len();
        let (mut rest, mut indent) = (&*text, 0);
        while cells(rest) > columns - indent {
            let head = prefix(rest, columns - indent);
            // At the last blank behind the inset; a word longer than a line is broken.
            let blank = if rest[head.len()..].starts_with(' ') { Some(head.len()) } else { head.rfind(' ') };
            let end = blank.filter(|&end| !head[..end].trim().is_empty()).unwrap_or(head.len());
            self.line(format!("{:indent$}{}", "", rest[..end].trim_end()))?;
            rest = rest[end..].trim_start();
            indent = (inset + 4).min(columns / 2);
        }
        self.line(format!("{:indent$}{rest}", ""))
    }

    /// Prints one JSON value on a line.
    pub fn json(&mut self, value: &Value) -> Result<(), Failure> {
        self.raw(format_args!("{}\n", json_line(value)))
    }

    /// Prints a text of our own as it is.
    pub fn text(&mut self, text: &str) -> Result<(), Failure> {
        self.raw(format_args!("{text}"))
    }

    fn raw(&mut self, text: std::fmt::Arguments<'_>) -> Result<(), Failure> {
        quiet(self.to.write_fmt(text))
    }

    /// Hands everything to the terminal or pipe.
    pub fn finish(mut self) -> Result<(), Failure> {
        quiet(self.to.flush())
    }
}

/// A value as one line of JSON that a terminal can be shown. JSON escapes the old control characters by itself; the
/// newer ones and whatever else is not inert (bidi, invisible) are escaped as well, which loses nothing.
pub fn json_line(value: &Value) -> String {
    escaped(&value.to_string())
}

fn escaped(text: &str) -> String {
    let (mut safe, mut units) = (String::with_capacity(text.len()), [0; 2]);
    for char in text.chars() {
        // A mark needs a letter to stand on.
        let standing = format!("a{char}");
        if (' '..='~').contains(&char) || inert(&standing) == standing {
            safe.push(char);
        } else {
            safe.extend(char.encode_utf16(&mut units).iter().map(|unit| format!("\\u{unit:04x}")));
        }
    }
    safe
}

/// Files that are shown on a terminal, made inert line by line: text loses what acts on a terminal, JSON keeps it
/// escaped.
pub struct Shown<W: Write> {
    to: W,
    line: Vec<u8>,
    is_json: bool,
}

impl<W: Write> Shown<W> {
    /// Shows what is written to it on `to`.
    pub fn new(to: W, is_json: bool) -> Self {
        Self { to, line: Vec::new(), is_json }
    }

    fn show(&mut self) -> io::Result<()> {
        let text = String::from_utf8_lossy(&self.line);
        let text = text.trim_end_matches(['\r', '\n']);
        if self.is_json {
            self.to.write_all(escaped(text).as_bytes())?;
        } else {
            self.to.write_all(inert(text).as_bytes())?;
        }
        self.line.clear();
        self.to.write_all(b"\n")
    }
}

impl<W: Write> Write for Shown<W> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        for piece in bytes.split_inclusive(|&byte| byte == b'\n') {
            self.line.extend_from_slice(piece);
            if piece.ends_with(b"\n") {
                self.show()?;
            }
        }
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        if !self.line.is_empty() {
            self.show()?;
        }
        self.to.flush()
    }
}

/// The text, filled up with blanks to so many cells; wide characters take two.
pub fn pad(text: &str, width: usize) -> String {
    let text = inert(text);
    format!("{text}{:1$}", "", width.saturating_sub(cells(&text)))
}

fn quiet(result: io::Result<()>) -> Result<(), Failure> {
    match result {
        Err(error) if error.kind() == io::ErrorKind::BrokenPipe => Ok(()),
        Err(error) if error.kind() == io::ErrorKind::StorageFull => Err(error.into()),
        other => other.map_err(|error| Failure::because("could not write to standard output", error)),
    }
}

/// A remark for people, on standard error: what is printed stays a list.
pub fn remark(is_due: bool, text: &str) {
    if is_due {
        // Nobody may be listening.
        let _ = writeln!(io::stderr(), "{text}");
    }
}

/// A count with its word: `1 lead`, `2 leads`.
pub fn counted(count: usize, one: &str, many: &str) -> String {
    format!("{count} {}", if count == 1 { one } else { many })
}

/// An instant as RFC 3339 in UTC, to the second.
pub fn stamp(time: Time) -> String {
    time.to_rfc3339_opts(chrono::SecondsFormat::Secs, true)
}

/// The stage of a lead that its hub took away. Who has it now, and why, stands in a field of the same name.
const TAKEN_AWAY: &str = "taken_away";

/// A list's line as JSON.
pub fn summary_json(summary: &Summary, policy: &Policy, now: Time) -> Value {
    let deadline = summary.deadline;
    json!({
        "id": summary.id.to_string(),
        "source": summary.source,
        "external_id": summary.external_id,
        "name": summary.name,
        "title": summary.title,
        "company": summary.company,
        "place": summary.place,
        "why": summary.why,
        "trigger": summary.trigger,
        "origin": summary.origin,
        "category": summary.category,
        "score": summary.score,
        "fit": summary.parts[0],
        "intent": summary.parts[1],
        "behavior": summary.parts[2],
        "owner": summary.owner,
        // Whoever has it by now knows where it stands: what was withdrawn here is not to be taken for recycled.
        "stage": if summary.taken_away.is_some() { json!(TAKEN_AWAY) } else { json!(summary.stage) },
        "tab": summary.tab,
        "clock": deadline.map(|deadline| deadline.clock),
        "due": deadline.and_then(|deadline| deadline.due).map(stamp),
        "left_seconds": deadline.map(|deadline| deadline.left(policy, now)),
        "returns_at": summary.returns_at.map(stamp),
        "closed_at": summary.closed_at.map(stamp),
        "taken_away": summary.taken_away,
        "touches": summary.touches,
        "asked": summary.asked,
    })
}

/// A clock as JSON.
pub fn clock_json(clock: &Clock, policy: &Policy, now: Time) -> Value {
    json!({
        "clock": clock.kind,
        "rule": clock.rule,
        "started": stamp(clock.start),
        "budget_seconds": clock.budget,
        "mode": clock.mode,
        "due": clock.due.map(stamp),
        "met_at": clock.met_at.map(stamp),
        "met": clock.outcome.map(|outcome| outcome.met),
        "left_seconds": if clock.met_at.is_some() && clock.outcome.is_none() { None } else { Some(clock.left(policy, now)) },
    })
}

/// A suggested approach as JSON.
pub fn approach_json(approach: &Approach) -> Value {
    json!({
        "opening": approach.opening,
        "topics": approach.topics,
        "objections": approach.objections,
        "next_step": approach.next_step,
        "channel": approach.channel,
        "priority": approach.priority.code(),
        "respond_within_seconds": approach.respond_within,
    })
}

/// An event as JSON.
pub fn event_json(event: &Event) -> Result<Value, Failure> {
    let mut value = serde_json::to_value(event)?;
    value["at"] = json!(stamp(event.at));
    Ok(value)
}
