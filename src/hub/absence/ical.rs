//! Reads an iCalendar file (RFC 5545) for when somebody is away or busy. Only times come out: titles are looked at, for words
//! that mean an absence, and forgotten.
//!
//! What counts is what is not cancelled and not marked as free. Of a feed of kind `mixed` an event is an absence if
//! - Outlook says so (`X-MICROSOFT-CDO-BUSYSTATUS:OOF`), or free/busy data does (`FBTYPE=BUSY-UNAVAILABLE`),
//! - or its title has one of the policy's words,
//! - or it lasts whole days, unless the policy says that this means nothing;
//!
//! everything else is an appointment.

use std::collections::BTreeMap;
use std::time::Instant;

use calcard::common::timezone::Tz as ZoneOf;
use calcard::icalendar::dates::TimeOrDelta;
use calcard::icalendar::{
    ICalendar, ICalendarComponent, ICalendarComponentType as Kind, ICalendarFreeBusyType as Busy, ICalendarFrequency,
    ICalendarParameterValue, ICalendarPeriod, ICalendarProperty as Name, ICalendarRecurrenceRule, ICalendarStatus,
    ICalendarTransparency, ICalendarValue as Value,
};
use calcard::{Entry, Parser};
use chrono::{DateTime, Duration, NaiveDateTime, TimeZone, Utc};
use chrono_tz::Tz;

use crate::handoff::Time;
use crate::handoff::routing::FeedRules;
use crate::wire::people::FeedKind;

/// The most events and other parts of a feed.
const MOST_PARTS: usize = 20_000;

/// The most occurrences of one series that are looked through.
const MOST_OCCURRENCES: usize = 20_000;

/// The most numbers in the rule of a series, and times of a day in it: more would be there to keep the hub busy.
const MOST_IN_RULE: usize = 400;
const MOST_TIMES: usize = 24;

/// The most lines in a row that are none of a calendar.
const MOST_STRAY: usize = 1_000;

/// The most stretches of one kind that are kept.
const MOST_SPANS: usize = 500;

/// From the first instant up to but not including the second.
pub type Span = (Time, Time);

/// When somebody is not there.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Times {
    /// Out of office.
    pub away: Vec<Span>,
    /// In an appointment.
    pub busy: Vec<Span>,
}

/// How a feed is read.
#[derive(Clone, Copy, Debug)]
pub struct How<'h> {
    /// What its events mean.
    pub kind: FeedKind,
    /// Where a day begins for the person, and what a time without a zone is in.
    pub zone: Tz,
    /// The team's rules.
    pub rules: &'h FeedRules,
    /// What is outside of this is nobody's business.
    pub from: Time,
    /// Up to here for appointments …
    pub busy_until: Time,
    /// … and for absences.
    pub away_until: Time,
    /// When to give up.
    pub deadline: Instant,
}

/// Why a feed cannot be read. It never has in it what the feed says.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Unreadable {
    /// It is something else.
    #[error("it is no iCalendar file: it has no BEGIN:VCALENDAR")]
    NoCalendar,
    /// It ends in the middle.
    #[error("it ends in the middle of an event")]
    CutOff,
    /// It is too large.
    #[error("it has more than {MOST_PARTS} events")]
    TooLarge,
    /// It takes too long.
    #[error("its repeating events take too long to work out")]
    TooSlow,
}

/// When somebody is away or busy, by the text of a feed: in order, without overlaps.
///
/// # Errors
/// It is none, or asks for more than a feed may.
pub fn read(text: &str, how: &How<'_>) -> Result<Times, Unreadable> {
    let mut times = Times::default();
    for calendar in calendars(text)? {
        for series in series_of(calendar) {
            if Instant::now() > how.deadline {
                return Err(Unreadable::TooSlow);
            }
            add(&mut times, &series, how);
        }
    }
    times.away = joined(times.away, how.from, how.away_until);
    times.busy = joined(times.busy, how.from, how.busy_until);
    Ok(times)
}

fn calendars(text: &str) -> Result<Vec<ICalendar>, Unreadable> {
    // The parser takes half a calendar for a whole one; what is missing would then be taken for free.
    let marks = text.to_ascii_uppercase();
    let begins = marks.rfind("BEGIN:VCALENDAR").ok_or(Unreadable::NoCalendar)?;
    if !marks[begins..].contains("END:VCALENDAR") {
        return Err(Unreadable::CutOff);
    }
    let mut parser = Parser::new(text);
    let (mut found, mut parts, mut stray) = (Vec::new(), 0, 0);
    loop {
        match parser.entry() {
            Entry::ICalendar(calendar) => {
                parts += calendar.components.len();
                if parts > MOST_PARTS {
                    return Err(Unreadable::TooLarge);
                }
                found.push(calendar);
            }
            Entry::Eof => break,
            Entry::TooManyComponents => return Err(Unreadable::TooLarge),
            Entry::UnterminatedComponent(_) => return Err(Unreadable::CutOff),
            // What is no calendar, and lines that are none of one.
            _ => {
                stray += 1;
                if stray > MOST_STRAY {
                    break;
                }
            }
        }
    }
    if found.is_empty() { Err(Unreadable::NoCalendar) } else { Ok(found) }
}

/// An event with those that stand in for single occurrences of it.
struct Series {
    parts: Vec<ICalendarComponent>,
}

/// The events by their UIDs. Zones go by their names: what a file says of its own zones is not needed for those.
fn series_of(calendar: ICalendar) -> Vec<Series> {
    let mut named: BTreeMap<String, Vec<ICalendarComponent>> = BTreeMap::new();
    let mut all = Vec::new();
    let zones: Vec<ICalendarComponent> = calendar.timezones().cloned().collect();
    for mut part in calendar.components {
        if !matches!(part.component_type, Kind::VEvent | Kind::VFreebusy) {
            continue;
        }
        // An occurrence that was moved has another number than its series as a rule, and must be known as one of it.
        part.entries.retain(|entry| entry.name != Name::Sequence);
        let uid = text_of(&part, &Name::Uid).filter(|uid| !uid.is_empty()).map(str::to_owned);
        match uid {
            Some(uid) => named.entry(uid).or_default().push(part),
            None => all.push(vec![part]),
        }
    }
    all.extend(named.into_values());
    let with_zones = |mut parts: Vec<ICalendarComponent>| {
        parts.extend(zones.iter().cloned());
        Series { parts }
    };
    all.into_iter().map(with_zones).collect()
}

fn entry<'c>(part: &'c ICalendarComponent, name: &Name) -> Option<&'c Value> {
    part.entries.iter().find(|entry| entry.name == *name).and_then(|entry| entry.values.first())
}

fn text_of<'c>(part: &'c ICalendarComponent, name: &Name) -> Option<&'c str> {
    match entry(part, name) {
        Some(Value::Text(text)) => Some(text),
        _ => None,
    }
}

/// What kind of time an event is; nothing where it keeps nobody from anything.
fn meaning(part: &ICalendarComponent, how: &How<'_>) -> Option<Busy> {
    if matches!(entry(part, &Name::Status), Some(Value::Status(ICalendarStatus::Cancelled))) {
        return None;
    }
    if how.kind == FeedKind::Away {
        // Calendars of absences often mark everything as free.
        return Some(Busy::BusyUnavailable);
    }
    let outlook = part.entries.iter().find_map(|entry| match (&entry.name, entry.values.first()) {
        (Name::Other(name), Some(Value::Text(said))) if name.eq_ignore_ascii_case("X-MICROSOFT-CDO-BUSYSTATUS") => {
            Some(said.trim().to_ascii_uppercase())
        }
        _ => None,
    });
    let is_away = match outlook.as_deref() {
        Some("OOF") => true,
        Some("FREE" | "WORKINGELSEWHERE") => return None,
        _ if matches!(entry(part, &Name::Transp), Some(Value::Transparency(ICalendarTransparency::Transparent))) => {
            return None;
        }
        _ => {
            text_of(part, &Name::Summary).is_some_and(|title| how.rules.is_absence(title))
                || (how.rules.all_day_is_away && is_all_day(part))
        }
    };
    Some(if is_away && how.kind == FeedKind::Mixed { Busy::BusyUnavailable } else { Busy::Busy })
}

fn is_all_day(part: &ICalendarComponent) -> bool {
    matches!(entry(part, &Name::Dtstart), Some(Value::PartialDateTime(start)) if !start.has_time())
}

/// One that begins at a time and lasts no time, such as a reminder.
fn is_moment(part: &ICalendarComponent) -> bool {
    !is_all_day(part) && entry(part, &Name::Dtend).is_none() && entry(part, &Name::Duration).is_none()
}

/// Adds the times of a series.
fn add(times: &mut Times, series: &Series, how: &How<'_>) {
    for part in &series.parts {
        if part.component_type == Kind::VFreebusy {
            add_free_busy(times, part, how);
        }
    }
    let mut events: Vec<ICalendarComponent> =
        series.parts.iter().filter(|part| part.component_type != Kind::VFreebusy).cloned().collect();
    for event in &mut events {
        let rule = |value: &Value| matches!(value, Value::RecurrenceRule(rule) if !is_bearable(rule));
        event.entries.retain(|entry| !entry.values.iter().any(rule));
    }
    let is_event = |part: &ICalendarComponent| part.component_type == Kind::VEvent;
    // The expansion takes a series in UTC for one in the zone that it falls back on.
    let in_utc = events
        .iter()
        .filter(|part| is_event(part))
        .any(|part| matches!(entry(part, &Name::Dtstart), Some(Value::PartialDateTime(start)) if start.has_zone()));
    let zone = if in_utc { Tz::UTC } else { how.zone };
    let calendar = ICalendar { components: events };
    for occurrence in calendar.expand_dates(zone, MOST_OCCURRENCES).events {
        let Some(part) = usize::try_from(occurrence.comp_id).ok().and_then(|place| calendar.components.get(place))
        else {
            continue;
        };
        let Some(meaning) = meaning(part, how).filter(|_| is_event(part) && !is_moment(part)) else { continue };
        let begin = instant(&occurrence.start, zone);
        let end = match &occurrence.end {
            TimeOrDelta::Time(end) => Some(instant(end, zone)),
            // A day is not always 24 hours.
            TimeOrDelta::Delta(lasts) if is_all_day(part) => {
                occurrence.start.naive_local().checked_add_signed(*lasts).map(|end| local(end, zone))
            }
            TimeOrDelta::Delta(lasts) => begin.checked_add_signed(*lasts),
        };
        put(times, meaning, begin, end, how);
    }
}

/// A rule that a calendar of people may have: by days at the least, and of a length that somebody could have written.
fn is_bearable(rule: &ICalendarRecurrenceRule) -> bool {
    use ICalendarFrequency::{Daily, Monthly, Weekly, Yearly};
    let times = [&rule.byhour, &rule.byminute, &rule.bysecond].iter().map(|list| list.len().max(1)).product::<usize>();
    let numbers = [
        rule.byday.len(),
        rule.bymonthday.len(),
        rule.byyearday.len(),
        rule.byweekno.len(),
        rule.bymonth.len(),
        rule.bysetpos.len(),
    ];
    matches!(rule.freq, Yearly | Monthly | Weekly | Daily)
        && times <= MOST_TIMES
        && numbers.iter().sum::<usize>() <= MOST_IN_RULE
}

/// Free/busy data has times and no events.
fn add_free_busy(times: &mut Times, part: &ICalendarComponent, how: &How<'_>) {
    for entry in part.entries.iter().filter(|entry| entry.name == Name::Freebusy) {
        let said = entry.params.iter().find_map(|parameter| match &parameter.value {
            ICalendarParameterValue::Fbtype(kind) => Some(kind),
            _ => None,
        });
        let meaning = match (how.kind, said) {
            (_, Some(Busy::Free)) => continue,
            (FeedKind::Away, _) | (FeedKind::Mixed, Some(Busy::BusyUnavailable)) => Busy::BusyUnavailable,
            _ => Busy::Busy,
        };
        for value in &entry.values {
            let Value::Period(period) = value else { continue };
            let (begin, end) = match period {
                ICalendarPeriod::Range { start, end } => {
                    let end = end.to_date_time_with_tz(ZoneOf::from(how.zone));
                    (start, end.map(|end| instant(&end, how.zone)))
                }
                ICalendarPeriod::Duration { start, duration } => {
                    let begin = start.to_date_time_with_tz(ZoneOf::from(how.zone)).map(|at| instant(&at, how.zone));
                    let lasts = duration.to_time_delta();
                    (start, begin.zip(lasts).and_then(|(begin, lasts)| begin.checked_add_signed(lasts)))
                }
            };
            if let Some(begin) = begin.to_date_time_with_tz(ZoneOf::from(how.zone)) {
                put(times, meaning.clone(), instant(&begin, how.zone), end, how);
            }
        }
    }
}

fn put(times: &mut Times, meaning: Busy, begin: Time, end: Option<Time>, how: &How<'_>) {
    let Some(end) = end.filter(|&end| end > begin && end > how.from) else { return };
    let (into, until) = match meaning {
        Busy::BusyUnavailable => (&mut times.away, how.away_until),
        _ => (&mut times.busy, how.busy_until),
    };
    if begin < until {
        into.push((begin, end));
    }
}

/// The instant of a time, which may have no zone of its own.
fn instant(time: &DateTime<ZoneOf>, zone: Tz) -> Time {
    if time.timezone().is_floating() { local(time.naive_local(), zone) } else { time.with_timezone(&Utc) }
}

/// The instant of a local time; one that a change of the clocks leaves out is an hour later.
fn local(time: NaiveDateTime, zone: Tz) -> Time {
    let of = |time: NaiveDateTime| zone.from_local_datetime(&time).earliest().map(|time| time.with_timezone(&Utc));
    of(time).or_else(|| of(time + Duration::hours(1))).unwrap_or_else(|| time.and_utc())
}

/// In order, without overlaps, within the limits.
fn joined(mut spans: Vec<Span>, from: Time, until: Time) -> Vec<Span> {
    spans.sort_unstable();
    let mut all: Vec<Span> = Vec::new();
    for (begin, end) in spans {
        let (begin, end) = (begin.max(from), end.min(until));
        let is_full = all.len() >= MOST_SPANS;
        match all.last_mut() {
            Some(last) if begin <= last.1 => last.1 = last.1.max(end),
            _ if is_full => break,
            _ => all.push((begin, end)),
        }
    }
    all
}

#[cfg(test)]
mod tests;
