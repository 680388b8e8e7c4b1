//! Dates and numbers as files write them.

use chrono::{Duration, LocalResult, NaiveDate, NaiveDateTime, NaiveTime, TimeZone, Utc};
use chrono_tz::Tz;

use crate::handoff::{Time, is_reckonable};

/// From here on a number is milliseconds and not seconds since 1970: seconds reach it in the year 5138, milliseconds
/// in March 1973.
const MILLIS_FROM: f64 = 1e11;

/// How patterns with slashes begin, by what comes first.
const MONTH_FIRST: &str = "%m/%d/";
const DAY_FIRST: &str = "%d/%m/";

/// How the dates of a file are written. ISO 8601 in its usual forms is always understood.
#[derive(Clone, Debug)]
pub struct Dates {
    /// The zone of dates that name none.
    pub zone: Tz,
    /// Further ways, tried in this order, before ISO 8601.
    pub formats: Vec<Format>,
}

/// One way to write a date.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Format {
    /// Seconds since 1970.
    Epoch,
    /// Milliseconds since 1970.
    EpochMillis,
    /// A `strftime` pattern; what it has of the time of day and of the zone.
    Pattern {
        /// The pattern.
        text: String,
        /// It has a time of day.
        time: bool,
        /// It has an offset from UTC.
        offset: bool,
    },
}

impl Format {
    /// Reads a format as mappings write it: `epoch`, `epoch_ms` or a pattern. Nothing if the pattern is not valid.
    pub fn parse(text: &str) -> Option<Self> {
        use chrono::format::{Item, Numeric, StrftimeItems};
        match text {
            "epoch" => return Some(Self::Epoch),
            "epoch_ms" => return Some(Self::EpochMillis),
            _ => {}
        }
        let items: Vec<Item> = StrftimeItems::new(text).collect();
        let has = |wanted: &dyn Fn(&Item) -> bool| items.iter().any(wanted);
        if has(&|item| *item == Item::Error) || !has(&|item| matches!(item, Item::Numeric(..) | Item::Fixed(_))) {
            return None;
        }
        let hour = |item: &Item| {
            matches!(item, Item::Numeric(Numeric::Hour | Numeric::Hour12 | Numeric::Timestamp, _))
                || matches!(item, Item::Fixed(chrono::format::Fixed::RFC3339 | chrono::format::Fixed::RFC2822))
        };
        let offset = ["%z", "%:z", "%::z", "%#z", "%+", "%s", "%c"].iter().any(|code| text.contains(code));
        Some(Self::Pattern { text: text.to_owned(), time: has(&hour), offset })
    }

    fn read(&self, text: &str, zone: Tz) -> Option<Time> {
        match self {
            Self::Epoch => epoch(text, false),
            Self::EpochMillis => epoch(text, true),
            Self::Pattern { text: pattern, offset: true, .. } => {
                chrono::DateTime::parse_from_str(text, pattern).ok().map(|time| time.with_timezone(&Utc))
            }
            Self::Pattern { text: pattern, time: true, .. } => {
                NaiveDateTime::parse_from_str(text, pattern).ok().and_then(|time| local(time, zone))
            }
            Self::Pattern { text: pattern, .. } => NaiveDate::parse_from_str(text, pattern)
                .ok()
                .and_then(|date| local(date.and_time(NaiveTime::MIN), zone)),
        }
    }
}

/// Seconds or milliseconds, told apart by size, so that both may be allowed for one file.
fn epoch(text: &str, millis: bool) -> Option<Time> {
    let fits = |number: f64| (number.abs() >= MILLIS_FROM) == millis;
    // Whole numbers first: a double cannot hold every millisecond of a large one.
    if let Ok(whole) = text.parse::<i64>() {
        let read =
            if millis { chrono::DateTime::from_timestamp_millis } else { |at| chrono::DateTime::from_timestamp(at, 0) };
        return fits(whole as f64).then_some(whole).and_then(read);
    }
    let number: f64 = text.parse().ok().filter(|number| fits(*number) && number.abs() < 1e15)?;
    let number = if millis { number } else { number * 1000.0 };
    chrono::DateTime::from_timestamp_millis(number.round() as i64)
}

impl Dates {
    /// The instant that a text names. A date alone is the first moment of its day.
    pub fn read(&self, text: &str) -> Option<Time> {
        let text = text.trim();
        let read = self.formats.iter().find_map(|format| format.read(text, self.zone));
        read.or_else(|| iso(text, self.zone)).filter(|at| is_reckonable(*at))
    }

    /// There are ways among them in which a month or a day comes first, with slashes.
    pub fn has_day_order(&self) -> bool {
        self.formats.iter().any(|format| {
            matches!(format, Format::Pattern { text, .. } if text.starts_with(MONTH_FIRST) || text.starts_with(DAY_FIRST))
        })
    }

    /// Reads all dates with slashes with the day first, or all with the month first.
    pub fn order_days(&mut self, day_first: bool) {
        let (from, to) = if day_first { (MONTH_FIRST, DAY_FIRST) } else { (DAY_FIRST, MONTH_FIRST) };
        for format in &mut self.formats {
            if let Format::Pattern { text, .. } = format
                && let Some(rest) = text.strip_prefix(from)
            {
                *text = format!("{to}{rest}");
            }
        }
    }

    /// What could have been written, for a message.
    pub fn wanted(&self) -> String {
        let patterns: Vec<String> = self
            .formats
            .iter()
            .map(|format| match format {
                Format::Epoch => "`epoch`".into(),
                Format::EpochMillis => "`epoch_ms`".into(),
                Format::Pattern { text, .. } => format!("`{text}`"),
            })
            .collect();
        let also = if patterns.is_empty() { String::new() } else { format!(", {}", patterns.join(", ")) };
        format!(
            "such as 2026-11-20, 2026-11-20 14:05 or 2026-11-20T14:05:00Z{also}; the key `dates` of the mapping says how \
             this file writes them, such as dates = [\"%d/%m/%Y %H:%M\"]"
        )
    }
}

/// A local time as an instant. In the hour that a clock skips it is what the clock shows after it; in the hour that
/// comes twice it is the first.
fn local(time: NaiveDateTime, zone: Tz) -> Option<Time> {
    if zone == Tz::UTC {
        return Some(time.and_utc());
    }
    match zone.from_local_datetime(&time) {
        LocalResult::Single(at) | LocalResult::Ambiguous(at, _) => Some(at.to_utc()),
        LocalResult::None => {
            let before = zone.from_local_datetime(&time.checked_sub_signed(Duration::hours(3))?).earliest()?;
            before.to_utc().checked_add_signed(Duration::hours(3))
        }
    }
}

/// `YYYY-MM-DD`, then perhaps `T` or a blank and `HH:MM[:SS[.fraction]]`, then perhaps `Z`, `+HH`, `+HHMM`, `+HH:MM`.
fn iso(text: &str, zone: Tz) -> Option<Time> {
    let bytes = text.as_bytes();
    let digits = |from: usize, count: usize| {
        let part = bytes.get(from..from + count)?;
        part.iter().try_fold(0_u32, |sum, byte| byte.is_ascii_digit().then(|| sum * 10 + u32::from(byte - b'0')))
    };
    let is = |at: usize, byte: u8| bytes.get(at) == Some(&byte);
    if !is(4, b'-') || !is(7, b'-') {
        return None;
    }
    let date = NaiveDate::from_ymd_opt(digits(0, 4)?.try_into().ok()?, digits(5, 2)?, digits(8, 2)?)?;
    if bytes.len() == 10 {
        return local(date.and_time(NaiveTime::MIN), zone);
    }
    if !(is(10, b'T') || is(10, b't') || is(10, b' ')) || !is(13, b':') {
        return None;
    }
    let (hour, minute) = (digits(11, 2)?, digits(14, 2)?);
    let (second, mut at) = if is(16, b':') { (digits(17, 2)?, 19) } else { (0, 16) };
    let mut nanos = 0;
    if at == 19 && (is(19, b'.') || is(19, b',')) {
        let count = bytes[20..].iter().take_while(|byte| byte.is_ascii_digit()).count();
        nanos = digits(20, count.min(9)).filter(|_| count > 0)? * 10_u32.pow(9 - count.min(9) as u32);
        at = 20 + count;
    }
    // A leap second is the last moment of its minute to everyone else.
    let time = NaiveTime::from_hms_nano_opt(hour, minute, second.min(59), nanos).filter(|_| second <= 60)?;
    let time = date.and_time(time);
    let rest = text.get(at..)?.trim_start();
    let offset = match rest.as_bytes() {
        [] => return local(time, zone),
        b"Z" | b"z" | b"UTC" | b"GMT" => 0,
        [sign @ (b'+' | b'-'), offset @ ..] => {
            let figures: Vec<i32> = offset
                .iter()
                .filter(|b| **b != b':')
                .map(|b| b.is_ascii_digit().then(|| i32::from(b - b'0')))
                .collect::<Option<_>>()?;
            let minutes = match figures[..] {
                [a, b] => (a * 10 + b) * 60,
                [a, b, c, d] => (a * 10 + b) * 60 + c * 10 + d,
                _ => return None,
            };
            if *sign == b'+' { minutes } else { -minutes }
        }
        _ => return None,
    };
    time.and_utc().checked_sub_signed(Duration::minutes(offset.into()))
}

/// A number: `1234.5`, `1,234.5`, `12,5`, `85 %`, `1 234`.
pub fn number(text: &str) -> Option<f64> {
    let text = text.trim().trim_end_matches('%').trim_end();
    if let Ok(number) = text.parse::<f64>() {
        return Some(number).filter(|number| number.is_finite());
    }
    let mut plain: String = text.chars().filter(|c| !matches!(c, ' ' | '\u{A0}' | '\u{202F}' | '\'')).collect();
    if !plain.starts_with(|c: char| c.is_ascii_digit() || matches!(c, '-' | '+' | '.')) {
        return None;
    }
    if let Some((whole, last)) = plain.rsplit_once(',') {
        // A comma before other than three digits, or after a point, is a decimal comma.
        let decimal = whole.contains('.') || (last.len() != 3 && !last.contains('.') && !whole.contains(','));
        plain = if decimal { format!("{}.{last}", whole.replace('.', "")) } else { plain.replace(',', "") };
    }
    plain.parse::<f64>().ok().filter(|number| number.is_finite())
}

/// Yes or no, in the words that files use.
pub fn truth(text: &str) -> Option<bool> {
    let is = |words: &[&str]| words.iter().any(|word| word.eq_ignore_ascii_case(text));
    match () {
        () if is(&["1", "true", "yes", "y", "t", "x", "on"]) => Some(true),
        () if is(&["0", "false", "no", "n", "f", "off"]) => Some(false),
        () => None,
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn dates(zone: Tz, formats: &[&str]) -> Dates {
        Dates { zone, formats: formats.iter().map(|text| Format::parse(text).unwrap()).collect() }
    }

    fn read(text: &str) -> Option<String> {
        dates(Tz::Europe__Berlin, &[]).read(text).map(|time| time.to_rfc3339_opts(chrono::SecondsFormat::AutoSi, true))
    }

    #[test]
    fn iso_dates_in_all_usual_forms() {
        for (text, time) in [
            ("2024-01-22", "2024-01-21T23:00:00Z"),
            ("2024-07-22 08:30", "2024-07-22T06:30:00Z"),
            ("2018-02-26 19:58:54", "2018-02-26T18:58:54Z"),
            ("2024-01-22T20:36:47.000+0000", "2024-01-22T20:36:47Z"),
            ("2024-01-22T20:36:47.5Z", "2024-01-22T20:36:47.500Z"),
            ("2024-01-22T20:36:47-05:30", "2024-01-23T02:06:47Z"),
            ("2024-01-22 20:36:47 +02", "2024-01-22T18:36:47Z"),
            ("2024-01-22 20:36:47 UTC", "2024-01-22T20:36:47Z"),
            // The hour that is skipped, and the one that comes twice.
            ("2024-03-31 02:30", "2024-03-31T01:30:00Z"),
            ("2024-10-27 02:30", "2024-10-27T00:30:00Z"),
        ] {
            assert_eq!(read(text).as_deref(), Some(time), "{text}");
        }
        for text in [
            "",
            "2024",
            "2024-13-01",
            "2024-02-30",
            "22/01/2024",
            "2024-01-22T",
            "2024-01-22 25:00",
            "2024-01-22x",
            "2024-01-22 08:30 +1",
            "2024-01-22 08:3ö",
            "+10000-01-01",
            "-262143-01-01T00:00:00Z",
        ] {
            assert_eq!(read(text), None, "{text}");
        }
    }

    #[test]
    fn patterns_and_epochs_are_tried_in_order() {
        let salesforce = dates(Tz::UTC, &["%m/%d/%y %I:%M %p", "%m/%d/%y"]);
        assert_eq!(salesforce.read("02/24/26 02:18 AM"), "2026-02-24T02:18:00Z".parse().ok());
        assert_eq!(salesforce.read("02/24/26"), "2026-02-24T00:00:00Z".parse().ok());
        assert_eq!(salesforce.read("2026-02-24"), "2026-02-24T00:00:00Z".parse().ok());
        assert_eq!(salesforce.read("24.02.2026"), None);
        assert_eq!(dates(Tz::UTC, &["epoch"]).read("1760000000"), "2025-10-09T08:53:20Z".parse().ok());
        assert_eq!(dates(Tz::UTC, &["epoch_ms"]).read("1760000000500"), "2025-10-09T08:53:20.5Z".parse().ok());
        assert_eq!(
            dates(Tz::Asia__Tokyo, &["%d %b %Y %H:%M %z"]).read("1 Feb 2026 10:00 +0100"),
            "2026-02-01T09:00:00Z".parse().ok()
        );
        assert_eq!(Format::parse("%Q"), None);
        assert_eq!(Format::parse("today"), None);
    }

    #[test]
    fn numbers_and_truths_as_people_write_them() {
        for (text, value) in [
            ("15", 15.0),
            ("15.0", 15.0),
            ("-3", -3.0),
            ("1,234", 1234.0),
            ("1,234.5", 1234.5),
            ("1.234,5", 1234.5),
            ("12,5", 12.5),
            ("85 %", 85.0),
            ("1 234", 1234.0),
            ("1,234,567", 1_234_567.0),
        ] {
            assert_eq!(number(text), Some(value), "{text}");
        }
        for text in ["", "abc", "12a", "NaN", "inf", "1.2.3"] {
            assert_eq!(number(text), None, "{text}");
        }
        assert_eq!((truth("Yes"), truth("0"), truth("maybe")), (Some(true), Some(false), None));
    }

    proptest! {
        #[test]
        fn what_rfc_3339_writes_is_read_again(seconds in -60_000_000_000_i64..250_000_000_000, millis in 0..1000_u32, offset in -840..840_i32) {
            let time = chrono::DateTime::from_timestamp(seconds, millis * 1_000_000).unwrap();
            prop_assume!((0..=9998).contains(&chrono::Datelike::year(&time)));
            let zone = chrono::FixedOffset::east_opt(offset * 60).unwrap();
            prop_assert_eq!(dates(Tz::America__Sao_Paulo, &[]).read(&time.with_timezone(&zone).to_rfc3339()), Some(time));
        }

        #[test]
        fn no_text_makes_the_reader_fall(text in "\\PC{0,30}|[0-9:T.+ -]{0,30}") {
            let _ = dates(Tz::Europe__Berlin, &["%d.%m.%Y %H:%M", "epoch", "epoch_ms"]).read(&text);
            let _ = number(&text);
        }
    }
}
