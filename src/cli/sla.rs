//! `leadbox sla`: business time from the command line, the same arithmetic as the clocks'.

use chrono::{FixedOffset, Offset};
use serde_json::{Value, json};

use super::args::{CalendarArgs, DueArgs, ElapsedArgs, ModeArg, SlaCommand};
use super::failure::{Exit, Failure};
use super::print::{Out, stamp};
use super::session::{can_be_written, time_option};
use crate::config::parse_calendar;
use crate::handoff::Time;
use crate::handoff::calendar::Calendar;
use crate::handoff::sla::{self, Budget, Clock, Due, Mode, Pause};
use crate::reading::{plight, text_of};

/// Runs `sla due` or `sla elapsed`.
pub fn run(command: &SlaCommand, as_json: bool) -> Result<(), Failure> {
    match command {
        SlaCommand::Due(args) => due(args, as_json),
        SlaCommand::Elapsed(args) => elapsed(args, as_json),
    }
}

fn due(args: &DueArgs, as_json: bool) -> Result<(), Failure> {
    let start = time_option("--start", &args.start)?;
    let (calendar, place) = calendar(&args.calendar, start)?;
    let mode = match args.mode {
        ModeArg::Business => Mode::Business,
        ModeArg::Wall => Mode::Wall,
        ModeArg::WallRoll => Mode::WallRoll,
        ModeArg::SameDay => Mode::SameDay,
    };
    let budget = match &args.budget {
        Some(text) => text.parse::<Budget>().map_err(|error| Failure::usage(format!("--budget: {error}")))?.seconds(),
        // The day itself is the budget.
        None if mode == Mode::SameDay => 0,
        None => return Err(Failure::usage("--budget: say how much time, such as 2h; only --mode same_day needs none")),
    };
    let clock = Clock::new(&calendar, start, budget, mode);
    let clock = pauses(&args.calendar)?.into_iter().fold(clock, Clock::pause);
    // Before the walk, which would be as long. An open pause holds the clock; without one, the calendar ran out of
    // working time (section 4, rule 12).
    let is_paused = args.calendar.pauses.iter().any(|pause| pause.trim().ends_with('/'));
    let name = &args.calendar.name;
    match clock.due() {
        None if !is_paused => {
            let what = format!("{place}: calendar `{name}` has not enough working time after {}", args.start);
            return Err(Failure::new(Exit::Configuration, what + "; give at least one weekday a window"));
        }
        Some(due) if !(can_be_written(&due) && can_be_written(&due.with_timezone(&calendar.zone()))) => {
            let what = "it would be due after the year 9999, or before the year 0000; give another --start or a smaller \
                        --budget, or more working time to calendar";
            return Err(Failure::usage(format!("{what} `{name}` ({place})")));
        }
        _ => {}
    }
    let due = clock.explain();
    let mut out = Out::new();
    if as_json {
        out.json(&due_json(&due, mode, &calendar))?;
    } else {
        for line in walk(&due, start, budget, mode, &calendar) {
            out.line(line)?;
        }
    }
    out.finish()
}

fn due_json(due: &Due, mode: Mode, calendar: &Calendar) -> Value {
    let spent: Vec<_> = due
        .spent
        .iter()
        .map(|spent| json!({ "from": stamp(spent.from), "to": stamp(spent.to), "seconds": spent.seconds }))
        .collect();
    let mut value = json!({
        "due": due.due.map(stamp),
        "due_local": due.due.map(|due| local(due, calendar)),
        "mode": mode.name(),
        "spent": spent,
    });
    if let Some(left) = due.remaining_seconds {
        value["remaining_seconds"] = json!(left);
    }
    value
}

/// An instant in the calendar's own zone. RFC 3339 has no seconds in offsets, which zones had of old: they are left out
/// of the offset, so that it stays the same instant.
fn local(at: Time, calendar: &Calendar) -> String {
    let offset = at.with_timezone(&calendar.zone()).offset().fix().local_minus_utc() / 60 * 60;
    FixedOffset::east_opt(offset).map_or_else(|| stamp(at), |offset| at.with_timezone(&offset).to_rfc3339())
}

/// The "why due" walk for a person (F64): each stretch of time that was used, in the calendar's own zone.
pub fn walk(due: &Due, start: Time, budget: i64, mode: Mode, calendar: &Calendar) -> Vec<String> {
    let zone = calendar.zone();
    let local = |time: Time, format: &str| time.with_timezone(&zone).format(format).to_string();
    let full = "%a %Y-%m-%d %H:%M:%S";
    let mut lines =
        vec![format!("starts {} ({zone}), calendar {}, mode {}", local(start, full), calendar.name(), mode.name())];
    if mode != Mode::SameDay {
        lines.push(format!("allows {}", span(budget)));
    }
    let mut used = 0;
    for spent in &due.spent {
        used += spent.seconds;
        let end = if local(spent.from, "%F") == local(spent.to, "%F") { "%H:%M:%S" } else { full };
        let left = if mode == Mode::SameDay { String::new() } else { format!(", {} left", span(budget - used)) };
        lines.push(format!("  {} – {}  {}{left}", local(spent.from, full), local(spent.to, end), span(spent.seconds)));
    }
    if let Some(rolled) = due.rolled_from {
        lines.push(format!("  ends {} outside opening hours: moved to the next opening", local(rolled, full)));
    }
    lines.push(match (due.due, due.remaining_seconds) {
        (Some(due), _) => format!("due {}", local(due, full)),
        (None, left) => format!("paused, {} left when it goes on", span(left.unwrap_or_default())),
    });
    lines
}

/// Seconds in words: `2 h 05 min`, `40 s`.
pub fn span(seconds: i64) -> String {
    let (hours, minutes, rest) = (seconds / 3600, seconds / 60 % 60, seconds % 60);
    match (hours, minutes, rest) {
        (0, 0, rest) => format!("{rest} s"),
        (0, minutes, 0) => format!("{minutes} min"),
        (0, minutes, rest) => format!("{minutes} min {rest} s"),
        (hours, 0, 0) => format!("{hours} h"),
        (hours, minutes, 0) => format!("{hours} h {minutes:02} min"),
        (hours, minutes, rest) => format!("{hours} h {minutes:02} min {rest:02} s"),
    }
}

fn elapsed(args: &ElapsedArgs, as_json: bool) -> Result<(), Failure> {
    let from = time_option("--from", &args.from)?;
    let to = time_option("--to", &args.to)?;
    let (calendar, _) = calendar(&args.calendar, from)?;
    let seconds = sla::elapsed(&calendar, from, to, &pauses(&args.calendar)?);
    let mut out = Out::new();
    if as_json {
        out.json(&json!({ "working_seconds": seconds }))?;
    } else {
        out.line(format!("{} of working time ({seconds} s)", span(seconds)))?;
    }
    out.finish()
}

/// The calendar that was asked for, with working time within 800 days of `from`, and where it stands: `FILE:LINE`.
fn calendar(args: &CalendarArgs, from: Time) -> Result<(Calendar, String), Failure> {
    let (file, name) = (args.calendar.display().to_string(), &args.name);
    let wrong = |text: String| Failure::new(Exit::Configuration, text);
    let text = text_of(&args.calendar)
        .map_err(|error| wrong(format!("the calendars {file} cannot be read: {}", plight(&error))))?;
    let calendar = parse_calendar(&text, &file, name, from)?.map_err(|known| {
        let known = if known.is_empty() { "none".into() } else { known.join(", ") };
        wrong(format!("{file}: there is no calendar `{name}`; it has {known}"))
    })?;
    let header = |line: &str| line.trim_start().starts_with("[calendars") && line.contains(name.as_str());
    let line = text.lines().position(header).map_or(1, |line| line + 1);
    Ok((calendar, format!("{file}:{line}")))
}

fn pauses(args: &CalendarArgs) -> Result<Vec<Pause>, Failure> {
    args.pauses.iter().map(|text| pause(text)).collect()
}

fn pause(text: &str) -> Result<Pause, Failure> {
    let Some((from, to)) = text.split_once('/') else {
        return Err(Failure::usage(format!(
            "--pause: “{text}” has no “/”; write FROM/TO, or FROM/ for one that has not ended"
        )));
    };
    let from = time_option("--pause", from.trim())?;
    let to = match to.trim() {
        "" => None,
        to => Some(time_option("--pause", to)?),
    };
    if to.is_some_and(|to| to < from) {
        return Err(Failure::usage(format!("--pause: “{text}” ends before it begins")));
    }
    Ok(Pause { from, to })
}
