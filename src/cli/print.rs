//! What commands print: JSON for programs, lines for people. All foreign text passes the seam first.

use std::io::{self, Write};

use serde_json::{Value, json};

use super::failure::Failure;
use crate::handoff::Time;
use crate::handoff::approach::Approach;
use crate::handoff::calendar::Calendar;
use crate::handoff::event::Event;
use crate::handoff::standing::Clock;
use crate::handoff::summary::Summary;
use crate::ui::inert::inert;

/// Standard output, where a reader that went away (`| head`) is no error.
pub struct Out(io::BufWriter<io::StdoutLock<'static>>);

impl Out {
    /// Locks standard output.
    pub fn new() -> Self {
        Self(io::BufWriter::new(io::stdout().lock()))
    }

    /// Prints one line of text, made inert.
    pub fn line(&mut self, text: impl AsRef<str>) -> Result<(), Failure> {
        let text = text.as_ref();
        self.raw(format_args!("{}\n", inert(text)))
    }

    /// Prints one JSON value on a line. JSON escapes control characters by itself.
    pub fn json(&mut self, value: &Value) -> Result<(), Failure> {
        self.raw(format_args!("{value}\n"))
    }

    /// Prints a text of our own as it is.
    pub fn text(&mut self, text: &str) -> Result<(), Failure> {
        self.raw(format_args!("{text}"))
    }

    fn raw(&mut self, text: std::fmt::Arguments<'_>) -> Result<(), Failure> {
        quiet(self.0.write_fmt(text))
    }

    /// Hands everything to the terminal or pipe.
    pub fn finish(mut self) -> Result<(), Failure> {
        quiet(self.0.flush())
    }
}

fn quiet(result: io::Result<()>) -> Result<(), Failure> {
    match result {
        Err(error) if error.kind() == io::ErrorKind::BrokenPipe => Ok(()),
        other => other.map_err(|error| Failure::because("could not write to standard output", error)),
    }
}

/// An instant as RFC 3339 in UTC, to the second.
pub fn stamp(time: Time) -> String {
    time.to_rfc3339_opts(chrono::SecondsFormat::Secs, true)
}

/// A list's line as JSON.
pub fn summary_json(summary: &Summary, calendar: &Calendar, now: Time) -> Value {
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
        "stage": summary.stage,
        "tab": summary.tab,
        "clock": deadline.map(|deadline| deadline.clock),
        "due": deadline.and_then(|deadline| deadline.due).map(stamp),
        "left_seconds": deadline.map(|deadline| deadline.left(calendar, now)),
        "returns_at": summary.returns_at.map(stamp),
        "closed_at": summary.closed_at.map(stamp),
        "touches": summary.touches,
        "asked": summary.asked,
    })
}

/// A clock as JSON.
pub fn clock_json(clock: &Clock, calendar: &Calendar, now: Time) -> Value {
    json!({
        "clock": clock.kind,
        "rule": clock.rule,
        "started": stamp(clock.start),
        "budget_seconds": clock.budget,
        "mode": clock.mode,
        "due": clock.due.map(stamp),
        "met_at": clock.met_at.map(stamp),
        "left_seconds": clock.left(calendar, now),
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

/// A line of a list for people.
pub fn summary_line(summary: &Summary, left: &str) -> String {
    let text = |text: &Option<String>| text.clone().unwrap_or_else(|| "–".into());
    format!(
        "{:<7} {:<16} {:<2} {:>4}  {:<24} {:<24} {}",
        summary.id.to_string(),
        left,
        summary.category.map_or("–", |category| category.code()),
        summary.score.map_or("–".into(), |score| score.to_string()),
        summary.name,
        text(&summary.company),
        text(&summary.why),
    )
}
