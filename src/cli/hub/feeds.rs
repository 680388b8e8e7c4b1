//! `leadbox hub person feeds`: the calendars by which people are away or busy. Whoever knows a calendar's address can read it:
//! so it comes from a file and is in no argument, and the hub tells no more than its host.

use serde_json::json;

use super::args::FeedsArgs;
use super::calls::{Calls, text_or_input};
use crate::cli::args::Global;
use crate::cli::failure::Failure;
use crate::cli::print::{Out, counted, stamp};
use crate::source::hub::Method;
use crate::wire::people::{Feed, FeedKind, FeedState, Feeds};

/// Sets a person's calendars, if that is asked, and prints what is known by them.
pub(super) fn run(args: &FeedsArgs, global: &Global) -> Result<(), Failure> {
    let path = format!("/v1/people/{}/feeds", args.person);
    let wanted = args.set.as_deref().map(|file| {
        let text = text_or_input(file);
        feeds(&text.map_err(|error| Failure::file(format!("{} cannot be read", file.display()), &error))?)
    });
    let wanted = wanted.transpose()?;
    let calls = Calls::to(&args.at, global)?;
    let known: Vec<FeedState> = match wanted {
        Some(feeds) => calls.send(Method::Put, &path, &feeds)?,
        None => calls.get(&path)?,
    };
    let mut out = Out::new();
    if global.json {
        for feed in &known {
            out.json(&json!(feed))?;
        }
        return out.finish();
    }
    if known.is_empty() {
        out.line(format!("no calendar is read for {}", args.person))?;
    }
    for feed in &known {
        out.paragraph(&line(feed))?;
    }
    out.finish()
}

/// A line each: the kind and the place.
fn feeds(text: &str) -> Result<Feeds, Failure> {
    let lines = text.lines().map(str::trim).enumerate().filter(|(_, line)| !line.is_empty() && !line.starts_with('#'));
    let feed = |(number, line): (usize, &str)| {
        let (kind, place) = line.split_once(char::is_whitespace).unwrap_or((line, ""));
        let kind = FeedKind::from_code(kind).filter(|_| !place.trim().is_empty()).ok_or_else(|| {
            let kinds = FeedKind::ALL.map(FeedKind::code).join(", ");
            Failure::usage(format!("line {}: write KIND PLACE, where KIND is one of {kinds}", number + 1))
        })?;
        Ok(Feed { place: place.trim().to_owned(), kind })
    };
    Ok(Feeds { feeds: lines.map(feed).collect::<Result<_, Failure>>()? })
}

fn line(feed: &FeedState) -> String {
    let known = match feed.read_at {
        None => "not read yet".to_owned(),
        Some(at) => format!(
            "read {}: {}, {}",
            stamp(at),
            counted(feed.away, "absence", "absences"),
            counted(feed.busy, "appointment", "appointments"),
        ),
    };
    let failed = feed.failed.as_ref().map(|why| format!("; not read since: {why}")).unwrap_or_default();
    format!("{}  {}  {known}{failed}", feed.kind.code(), feed.place)
}
