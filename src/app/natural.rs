//! Natural dates for deferrals, snoozes and next steps: `tomorrow 9am`, `+3d`, `next tuesday 14:30`, `dec 3`.
//!
//! Pure: the time, the zone and the working day come in. A day without an hour means when the office opens.
//! Everything is read on the rep's own calendar day, so that `tomorrow` crosses a change of the clocks unharmed.

use chrono::{
    DateTime, Datelike, Days, Duration, MappedLocalTime, Months, NaiveDate, NaiveTime, Offset, TimeZone, Weekday,
};
use chrono_tz::Tz;

use crate::handoff::Time;
use crate::handoff::calendar::Calendar;

/// What a date is read against.
#[derive(Clone, Copy, Debug)]
pub struct Base<'a> {
    /// Now.
    pub now: Time,
    /// The rep's zone.
    pub zone: Tz,
    /// When one works: a day that is named without an hour means its opening, `eod` its close.
    pub calendar: &'a Calendar,
}

impl Base<'_> {
    /// When the office opens and closes on that day, in the rep's zone; on a day off, as on the next day that is none.
    /// An office that never closes, or never opens, is taken for one from 9 to 17.
    fn hours(&self, day: NaiveDate) -> Option<(NaiveTime, NaiveTime)> {
        let midnight = |day: NaiveDate| at(day, NaiveTime::MIN, self);
        let local = |time: Time| time.with_timezone(&self.zone);
        let usual = || Some((NaiveTime::from_hms_opt(9, 0, 0)?, NaiveTime::from_hms_opt(17, 0, 0)?));
        let begin = midnight(day)?;
        // What runs on from the day before does not open on this one.
        let mut spans = self.calendar.open_spans(begin - Duration::seconds(1), begin + Duration::days(LOOK_AHEAD));
        let Some((opens, first_close)) = spans.find(|&(open, _)| open >= begin) else { return usual() };
        let day = local(opens).date_naive();
        let end = midnight(day.succ_opt()?)?;
        let closes = spans.map(|(_, close)| close).take_while(|&close| close < end).last().unwrap_or(first_close);
        // One that closes at midnight or later: the day's last minute.
        let closes = if closes < end { local(closes).time() } else { NaiveTime::from_hms_opt(23, 59, 0)? };
        Some((local(opens).time(), closes))
    }
}

/// So many days ahead the next working day is looked for.
const LOOK_AHEAD: i64 = 15;

/// A text that means no time in the future.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NotADate {
    /// It is not understood.
    #[error("“{0}” is not a date; try tomorrow 9am, +3d, +2h, mon 14:00, next tuesday, in 2 weeks, dec 3, eod")]
    Unknown(String),
    /// It is over.
    #[error("{} is over", .0.format("%a %b %-d %H:%M"))]
    Past(DateTime<Tz>),
}

/// The time that the whole text means.
pub fn parse(text: &str, base: &Base<'_>) -> Result<Time, NotADate> {
    let words: Vec<String> = words(text).map(|word| word.to_lowercase()).collect();
    let words: Vec<&str> = words.iter().map(String::as_str).collect();
    let time = read(&words, base).ok_or_else(|| NotADate::Unknown(text.trim().to_owned()))?;
    if time > base.now { Ok(time) } else { Err(NotADate::Past(time.with_timezone(&base.zone))) }
}

/// The time that the text begins with, as many words of it as make sense, and the words that follow:
/// `tue 10:00 call` is Tuesday at ten, and `call`.
pub fn parse_prefix(text: &str, base: &Base<'_>) -> Result<(Time, String), NotADate> {
    let all: Vec<&str> = words(text).collect();
    let mut error_found = NotADate::Unknown(text.trim().to_owned());
    for count in (1..=all.len().min(6)).rev() {
        let (date, rest) = all.split_at(count);
        match parse(&date.join(" "), base) {
            Ok(time) => return Ok((time, rest.join(" "))),
            Err(error @ NotADate::Past(_)) => error_found = error,
            Err(NotADate::Unknown(_)) => {}
        }
    }
    Err(error_found)
}

fn words(text: &str) -> impl Iterator<Item = &str> {
    text.split([' ', '\t', ',']).filter(|word| !word.is_empty())
}

/// A day, an hour, or a distance, in the order in which people write them; all words must be used up.
fn read(words: &[&str], base: &Base<'_>) -> Option<Time> {
    let today = base.now.with_timezone(&base.zone).date_naive();
    let words = words.strip_prefix(&["on"]).unwrap_or(words);
    if let Some((distance, rest)) = read_distance(words) {
        return match distance {
            Distance::Exact(span) => rest.is_empty().then(|| base.now.checked_add_signed(span)).flatten(),
            Distance::Days(days) => on(today.checked_add_days(Days::new(days))?, rest, base),
            Distance::Months(count) => on(today.checked_add_months(Months::new(count))?, rest, base),
        };
    }
    if let Some((day, rest)) = read_day(words, today) {
        return on(day, rest, base);
    }
    // An hour alone: the next time that the clock shows it.
    if words.is_empty() {
        return None;
    }
    let time = on(today, words, base)?;
    if time > base.now { Some(time) } else { on(today.checked_add_days(Days::new(1))?, words, base) }
}

/// The hour that these words say, on that day.
fn on(day: NaiveDate, words: &[&str], base: &Base<'_>) -> Option<Time> {
    at(day, read_hour(words, day, base)?, base)
}

enum Distance {
    Exact(Duration),
    Days(u64),
    Months(u32),
}

/// `+3d`, `2h`, `+1h30m`, `in 2 weeks`, `in an hour`.
fn read_distance<'a>(words: &'a [&'a str]) -> Option<(Distance, &'a [&'a str])> {
    let (&first, rest) = words.split_first()?;
    if first == "in" {
        if let Some(found) = read_distance(rest).filter(|_| rest.first() != Some(&"in")) {
            return Some(found);
        }
        let (&count, rest) = rest.split_first()?;
        let (&unit, rest) = rest.split_first()?;
        let count = if matches!(count, "a" | "an" | "one") { 1 } else { number(count)? };
        return Some((distance(count, unit)?, rest));
    }
    let mut text = first.strip_prefix('+').unwrap_or(first);
    let digits = |text: &str| text.bytes().take_while(u8::is_ascii_digit).count();
    let mut exact = Duration::zero();
    let mut parts = 0;
    while !text.is_empty() {
        let (count, after) = text.split_at(digits(text));
        let unit_length = after.find(|char: char| char.is_ascii_digit()).unwrap_or(after.len());
        let (unit, after) = after.split_at(unit_length);
        match distance(number(count)?, unit)? {
            Distance::Exact(span) => exact += span,
            whole if parts == 0 && after.is_empty() => return Some((whole, rest)),
            _ => return None,
        }
        (text, parts) = (after, parts + 1);
    }
    (parts > 0).then_some((Distance::Exact(exact), rest))
}

fn distance(count: u32, unit: &str) -> Option<Distance> {
    Some(match unit {
        "m" | "min" | "mins" | "minute" | "minutes" => Distance::Exact(Duration::minutes(count.into())),
        "h" | "hr" | "hrs" | "hour" | "hours" => Distance::Exact(Duration::hours(count.into())),
        "d" | "day" | "days" => Distance::Days(count.into()),
        "w" | "wk" | "week" | "weeks" => Distance::Days(u64::from(count) * 7),
        "mo" | "month" | "months" => Distance::Months(count),
        _ => return None,
    })
}

/// At most four digits, so that nothing can overflow.
fn number(text: &str) -> Option<u32> {
    let plain = !text.is_empty() && text.len() <= 4 && text.bytes().all(|byte| byte.is_ascii_digit());
    plain.then(|| text.parse().ok()).flatten()
}

/// A day by name or date.
fn read_day<'a>(words: &'a [&'a str], today: NaiveDate) -> Option<(NaiveDate, &'a [&'a str])> {
    let (&first, rest) = words.split_first()?;
    let after = |days| today.checked_add_days(Days::new(days));
    let monday = today.checked_sub_days(Days::new(today.weekday().num_days_from_monday().into()))?;
    let day = match first {
        "today" => today,
        "tomorrow" | "tmr" | "tom" => after(1)?,
        "next" => {
            let (&what, rest) = rest.split_first()?;
            let day = match what {
                "week" => monday.checked_add_days(Days::new(7))?,
                "month" => today.checked_add_months(Months::new(1))?,
                // In the week after this one: nobody says "next Tuesday" for tomorrow.
                name => monday.checked_add_days(Days::new(7 + u64::from(weekday(name)?.num_days_from_monday())))?,
            };
            return Some((day, rest));
        }
        "this" => return read_day(rest, today).filter(|_| rest.first().is_some_and(|name| weekday(name).is_some())),
        name if weekday(name).is_some() => {
            let ahead = weekday(name)?.num_days_from_monday() + 7 - today.weekday().num_days_from_monday();
            after(u64::from((ahead + 6) % 7) + 1)?
        }
        name if month(name).is_some() => {
            let (&day, rest) = rest.split_first()?;
            return day_of_month(month(name)?, day, rest, today);
        }
        text => {
            // `2026-12-01T10:00` is the same as with a blank.
            if let Ok(day) = NaiveDate::parse_from_str(text, "%Y-%m-%d") {
                day
            } else {
                let (&name, rest) = rest.split_first()?;
                return day_of_month(month(name)?, text, rest, today);
            }
        }
    };
    Some((day, rest))
}

/// `dec 3`, `3rd of the month`, with a year or in the next twelve months.
fn day_of_month<'a>(
    month: u32,
    day: &str,
    rest: &'a [&'a str],
    today: NaiveDate,
) -> Option<(NaiveDate, &'a [&'a str])> {
    let day = number(day.trim_end_matches(|char: char| char.is_ascii_alphabetic()).trim_end_matches('.'))?;
    if let Some((year, rest)) = rest.split_first().and_then(|(year, rest)| Some((number(year)?, rest)))
        && (2000..=9999).contains(&year)
    {
        return Some((NaiveDate::from_ymd_opt(i32::try_from(year).ok()?, month, day)?, rest));
    }
    let this_year = NaiveDate::from_ymd_opt(today.year(), month, day);
    let coming = this_year.filter(|&date| date >= today);
    Some((coming.or_else(|| NaiveDate::from_ymd_opt(today.year() + 1, month, day))?, rest))
}

fn weekday(name: &str) -> Option<Weekday> {
    let name = name.trim_end_matches('.');
    if name.len() < 3 && name != "we" { None } else { name.parse().ok() }
}

fn month(name: &str) -> Option<u32> {
    let name = name.trim_end_matches('.');
    let month: Option<chrono::Month> = if name == "sept" { Some(chrono::Month::September) } else { name.parse().ok() };
    month.filter(|_| name.len() >= 3).map(|month| month.number_from_month())
}

/// The hour, from all of these words; when the office opens that day where there are none.
fn read_hour(words: &[&str], day: NaiveDate, base: &Base<'_>) -> Option<NaiveTime> {
    let words = match words {
        ["at"] => return None,
        ["at", hour @ ..] => hour,
        words => words,
    };
    let clock = |hour, minute| NaiveTime::from_hms_opt(hour, minute, 0);
    let text = match words {
        [] => return base.hours(day).map(|(opens, _)| opens),
        [one] => (*one).to_owned(),
        // `9 am`
        [hour, half @ ("am" | "pm")] => format!("{hour}{half}"),
        _ => return None,
    };
    match text.as_str() {
        "eod" | "cob" => return base.hours(day).map(|(_, closes)| closes),
        "noon" => return clock(12, 0),
        "morning" => return base.hours(day).map(|(opens, _)| opens),
        "afternoon" => return clock(14, 0),
        "evening" => return clock(18, 0),
        _ => {}
    }
    let (digits, half) = match text.strip_suffix("am") {
        Some(digits) => (digits, Some(0)),
        None => text.strip_suffix("pm").map_or((text.as_str(), None), |digits| (digits, Some(12))),
    };
    let (hour, minute) = match digits.split_once([':', '.']) {
        Some((hour, minute)) if minute.len() == 2 => (number(hour)?, number(minute)?),
        Some(_) => return None,
        None => (number(digits)?, 0),
    };
    match half {
        Some(_) if !(1..=12).contains(&hour) => None,
        Some(half) => clock(hour % 12 + half, minute),
        None => clock(hour, minute),
    }
}

/// That hour of that day in the rep's zone. An hour that comes twice is its first; one that is left out when the
/// clocks go forward is as far after the change as it would have been.
fn at(day: NaiveDate, hour: NaiveTime, base: &Base<'_>) -> Option<Time> {
    let local = day.and_time(hour);
    match base.zone.from_local_datetime(&local) {
        MappedLocalTime::Single(time) | MappedLocalTime::Ambiguous(time, _) => Some(time.to_utc()),
        MappedLocalTime::None => {
            let before = base.zone.offset_from_utc_datetime(&local.checked_sub_days(Days::new(1))?);
            Some(local.checked_sub_offset(before.fix())?.and_utc())
        }
    }
}

#[cfg(test)]
mod tests;
