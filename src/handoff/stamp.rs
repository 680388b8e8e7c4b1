//! Instants in JSON: the same text as chrono's own (RFC 3339, in UTC, with as many digits as it takes), read and written
//! without its general parser. A lead has more than a dozen of them, and a first sync brings very many leads.

use std::fmt;

use chrono::{Datelike, NaiveDate, SecondsFormat, Timelike};
use serde::de::{Error, Visitor};
use serde::{Deserializer, Serialize, Serializer};

use super::Time;

/// `2026-11-21T09:00:00.123456789Z`.
const LONGEST: usize = 30;
/// Where the fraction of a second begins, if there is one.
const WHOLE: usize = 19;

/// For `#[serde(with)]`.
pub fn serialize<S: Serializer>(at: &Time, serializer: S) -> Result<S::Ok, S::Error> {
    match write(*at) {
        Some(text) => serializer.serialize_str(text.as_str()),
        None => at.serialize(serializer),
    }
}

/// For `#[serde(with)]`.
pub fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Time, D::Error> {
    deserializer.deserialize_str(Stamp)
}

/// The same for an instant that may not be known. The field needs `default` beside it.
pub mod maybe {
    use serde::de::{Error, Visitor};

    use super::{Deserializer, Serializer, Stamp, Time, fmt};

    /// For `#[serde(with)]`.
    pub fn serialize<S: Serializer>(at: &Option<Time>, serializer: S) -> Result<S::Ok, S::Error> {
        match at {
            Some(at) => super::serialize(at, serializer),
            None => serializer.serialize_none(),
        }
    }

    /// For `#[serde(with)]`.
    pub fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Time>, D::Error> {
        deserializer.deserialize_option(Maybe)
    }

    struct Maybe;

    impl<'de> Visitor<'de> for Maybe {
        type Value = Option<Time>;

        fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            Stamp.expecting(f)
        }

        fn visit_none<E: Error>(self) -> Result<Self::Value, E> {
            Ok(None)
        }

        fn visit_unit<E: Error>(self) -> Result<Self::Value, E> {
            Ok(None)
        }

        fn visit_some<D: Deserializer<'de>>(self, deserializer: D) -> Result<Self::Value, D::Error> {
            deserializer.deserialize_str(Stamp).map(Some)
        }
    }
}

struct Stamp;

impl Visitor<'_> for Stamp {
    type Value = Time;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an RFC 3339 formatted date and time string")
    }

    fn visit_str<E: Error>(self, text: &str) -> Result<Time, E> {
        // What is written in any other way is for the parser that knows them all.
        read(text.as_bytes()).map_or_else(|| text.parse().map_err(E::custom), Ok)
    }
}

/// An instant as text, see [`write`].
struct Text {
    bytes: [u8; LONGEST],
    length: usize,
}

impl Text {
    fn as_str(&self) -> &str {
        // Only ASCII is ever put in.
        std::str::from_utf8(&self.bytes[..self.length]).unwrap_or_default()
    }

    fn digits(&mut self, from: usize, count: usize, mut number: u32) {
        for digit in self.bytes[from..from + count].iter_mut().rev() {
            *digit = b'0' + (number % 10) as u8;
            number /= 10;
        }
    }
}

/// An instant as chrono writes it. Nothing for those that it writes in another form: years of more than four digits, and
/// leap seconds.
fn write(at: Time) -> Option<Text> {
    let (year, nanos) = (u32::try_from(at.year()).ok().filter(|year| *year <= 9_999)?, at.nanosecond());
    let mut text = Text { bytes: *b"0000-00-00T00:00:00.000000000Z", length: LONGEST };
    text.digits(0, 4, year);
    let numbers = [at.month(), at.day(), at.hour(), at.minute(), at.second()];
    for (number, from) in numbers.into_iter().zip([5, 8, 11, 14, 17]) {
        text.digits(from, 2, number);
    }
    let (count, fraction) = match nanos {
        1_000_000_000.. => return None,
        0 => (0, 0),
        _ if nanos % 1_000_000 == 0 => (3, nanos / 1_000_000),
        _ if nanos % 1_000 == 0 => (6, nanos / 1_000),
        _ => (9, nanos),
    };
    let end = if count == 0 { WHOLE } else { WHOLE + 1 + count };
    text.digits(end - count, count, fraction);
    text.bytes[end] = b'Z';
    text.length = end + 1;
    Some(text)
}

/// Adds an instant to a text, as it is in JSON but for the quotes.
pub fn push(text: &mut String, at: Time) {
    match write(at) {
        Some(written) => text.push_str(written.as_str()),
        None => text.push_str(&at.to_rfc3339_opts(SecondsFormat::AutoSi, true)),
    }
}

/// An instant as it is written above, and nothing for any other text.
fn read(text: &[u8]) -> Option<Time> {
    let (whole, fraction) = text.strip_suffix(b"Z")?.split_at_checked(WHOLE)?;
    if [whole[4], whole[7], whole[10], whole[13], whole[16]] != *b"--T::" {
        return None;
    }
    let date =
        NaiveDate::from_ymd_opt(number(&whole[..4])?.cast_signed(), number(&whole[5..7])?, number(&whole[8..10])?)?;
    let nanos = match fraction {
        [] => 0,
        [b'.', digits @ ..] if (1..=9).contains(&digits.len()) => {
            number(digits)? * 10_u32.pow(9 - u32::try_from(digits.len()).ok()?)
        }
        _ => return None,
    };
    let (hour, minute, second) = (number(&whole[11..13])?, number(&whole[14..16])?, number(&whole[17..])?);
    Some(date.and_hms_nano_opt(hour, minute, second, nanos)?.and_utc())
}

/// At most nine digits.
fn number(digits: &[u8]) -> Option<u32> {
    digits.iter().try_fold(0, |sum, digit| digit.is_ascii_digit().then(|| sum * 10 + u32::from(digit - b'0')))
}

#[cfg(test)]
mod tests {
    use chrono::DateTime;
    use proptest::prelude::*;

    use super::*;

    #[derive(Debug, PartialEq, serde::Serialize, serde::Deserialize)]
    struct Dated {
        #[serde(with = "super")]
        at: Time,
        #[serde(default, with = "super::maybe")]
        then: Option<Time>,
    }

    /// What chrono makes of it.
    #[derive(Debug, PartialEq, serde::Serialize, serde::Deserialize)]
    struct Plain {
        at: Time,
        then: Option<Time>,
    }

    fn agree(json: &str) {
        let ours = serde_json::from_str::<Dated>(json).map(|dated| (dated.at, dated.then));
        let theirs = serde_json::from_str::<Plain>(json).map(|plain| (plain.at, plain.then));
        assert_eq!(ours.ok(), theirs.ok(), "{json}");
    }

    proptest! {
        #[test]
        fn the_text_is_the_same_as_chronos_and_comes_back(
            second in -100_000_000_000_i64..300_000_000_000,
            nanos in prop_oneof![
                Just(0_u32), (0_u32..1000).prop_map(|ms| ms * 1_000_000), (0_u32..1_000_000).prop_map(|us| us * 1000),
                0_u32..2_000_000_000
            ],
            has_then in any::<bool>(),
        ) {
            let at = DateTime::from_timestamp(second, nanos).unwrap_or_default();
            let then = has_then.then_some(at);
            let json = serde_json::to_string(&Dated { at, then }).unwrap();
            prop_assert_eq!(&json, &serde_json::to_string(&Plain { at, then }).unwrap());
            agree(&json);
            let mut text = String::new();
            push(&mut text, at);
            prop_assert_eq!(format!("\"{text}\""), serde_json::to_string(&at).unwrap());
        }

        #[test]
        fn whatever_else_comes_is_read_as_chrono_reads_it(
            text in "[0-9]{3,4}[-0][0-9]{1,2}-[0-9]{2}[Tt ][0-9]{2}:[0-9]{2}:[0-9]{2}(\\.[0-9]{0,11})?(Z|z|\\+01:00|)",
        ) {
            agree(&format!(r#"{{"at":"{text}"}}"#));
        }
    }

    #[test]
    fn corners_are_read_as_chrono_reads_them() {
        for at in [
            "2026-02-29T00:00:00Z",
            "2024-02-29T23:59:59.5Z",
            "2026-12-31T23:59:60Z",
            "2026-12-31T24:00:00Z",
            "2026-11-21T09:00:00.Z",
            "2026-11-21T09:00:00,5Z",
            "+2026-11-21T09:00:00Z",
            "2026-11-21T09:00:00Zé",
            "",
        ] {
            agree(&format!(r#"{{"at":"{at}"}}"#));
        }
        for json in [r#"{"at":1}"#, r#"{"at":null}"#, r#"{"at":"2026-11-21T09:00:00Z","then":null}"#, "{}"] {
            agree(json);
        }
    }
}
