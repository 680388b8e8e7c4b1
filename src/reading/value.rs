//! One value of a configuration file: what it is to be, and what is wrong with it, with its place.

use std::ops::{Range, RangeInclusive};

use ::toml::Spanned;
use ::toml::de::{DeTable, DeValue};
use chrono::{Duration, NaiveDate};
use chrono_tz::Tz;

use super::error::Place;
use super::toml::{Reader, Section};
use crate::handoff::similar::{similar, similar_zone};
use crate::handoff::sla::Budget;

/// A value that is not as it should be.
pub struct Wrong {
    /// Where, in bytes.
    pub span: Range<usize>,
    /// What is wrong.
    pub what: String,
    /// What to do about it.
    pub hint: Option<String>,
}

/// How a length of time is written.
const LENGTH: &str = "a length of time such as \"5m\", \"2h\" or 300";

/// What reading a value gives.
pub type Read<T> = Result<T, Wrong>;

/// One value.
pub struct Item<'r> {
    pub(super) reader: &'r Reader<'r>,
    pub(super) path: String,
    pub(super) key_span: Range<usize>,
    pub(super) value: &'r Spanned<DeValue<'r>>,
}

impl<'r> Item<'r> {
    /// Where the value stands.
    pub fn place(&self) -> Place {
        Place::of(self.reader.file, self.reader.text, self.value.span().start)
    }

    /// Where its key stands.
    pub fn key_place(&self) -> Place {
        Place::of(self.reader.file, self.reader.text, self.key_span.start)
    }

    /// An error about this value.
    pub fn wrong(&self, what: impl Into<String>) -> Wrong {
        Wrong { span: self.value.span(), what: what.into(), hint: None }
    }

    /// An error about this value, with what to do.
    pub fn wrong_hint(&self, what: impl Into<String>, hint: impl Into<String>) -> Wrong {
        Wrong { hint: Some(hint.into()), ..self.wrong(what) }
    }

    /// An error about this value in somebody else's words, which do not say whose it is.
    pub fn said(&self, what: impl ToString) -> Wrong {
        self.wrong(format!("“{}”: {}", self.name(), what.to_string()))
    }

    fn expected<T>(&self, wanted: &str) -> Read<T> {
        let found = match self.value.get_ref() {
            DeValue::String(text) => format!("the text “{text}”"),
            DeValue::Integer(_) | DeValue::Float(_) => "a number".to_owned(),
            DeValue::Boolean(flag) => flag.to_string(),
            DeValue::Datetime(_) => "a date".to_owned(),
            DeValue::Array(_) => "a list".to_owned(),
            DeValue::Table(_) => "a table".to_owned(),
        };
        Err(self.wrong(format!("“{}” must be {wanted}, not {found}", self.name())))
    }

    fn name(&self) -> &str {
        self.reader.text.get(self.key_span.clone()).filter(|name| !name.is_empty()).unwrap_or(&self.path)
    }

    /// A text.
    pub fn text(&self) -> Read<&'r str> {
        self.value.get_ref().as_str().map_or_else(|| self.expected("a text in quotes"), Ok)
    }

    /// A text that says something.
    pub fn words(&self) -> Read<String> {
        match self.text()?.trim() {
            "" => Err(self.wrong(format!("“{}” is empty", self.name()))),
            text => Ok(text.to_owned()),
        }
    }

    /// `true` or `false`.
    pub fn flag(&self) -> Read<bool> {
        self.value.get_ref().as_bool().map_or_else(|| self.expected("true or false"), Ok)
    }

    /// A whole number within a range.
    pub fn whole<N: TryFrom<i64>>(&self, range: RangeInclusive<i64>) -> Read<N> {
        let wanted = format!("a whole number from {} to {}", range.start(), range.end());
        let Some(number) = self.value.get_ref().as_integer() else { return self.expected(&wanted) };
        let number = i64::from_str_radix(number.as_str(), number.radix()).ok();
        number
            .filter(|number| range.contains(number))
            .and_then(|number| N::try_from(number).ok())
            .ok_or_else(|| self.wrong(format!("“{}” must be {wanted}", self.name())))
    }

    /// A number within a range.
    pub fn number(&self, range: RangeInclusive<f64>) -> Read<f64> {
        let wanted = format!("a number from {} to {}", range.start(), range.end());
        let written = match self.value.get_ref() {
            DeValue::Integer(number) if number.radix() == 10 => number.as_str(),
            DeValue::Float(number) => number.as_str(),
            _ => return self.expected(&wanted),
        };
        let number = written.parse::<f64>().ok().filter(|number| range.contains(number));
        number.ok_or_else(|| self.wrong(format!("“{}” must be {wanted}", self.name())))
    }

    /// A length of time, `5m`, `2h`, `1d` or seconds, up to so many seconds.
    pub fn seconds(&self, most: u32) -> Read<u32> {
        let budget = match self.value.get_ref() {
            DeValue::String(text) => text.parse::<Budget>().map_err(|error| self.said(error))?,
            DeValue::Integer(_) => match self.whole(1..=i64::MAX) {
                Ok(seconds) => Budget::from_seconds(seconds).map_err(|error| self.said(error))?,
                Err(_) => return Err(self.wrong(format!("“{}” must be {LENGTH}, a second at the least", self.name()))),
            },
            _ => return self.expected(LENGTH),
        };
        u32::try_from(budget.seconds()).ok().filter(|&seconds| seconds <= most).ok_or_else(|| {
            let most = Budget::from_seconds(i64::from(most)).map_or(String::new(), |most| most.to_string());
            self.wrong(format!("“{}” is longer than {most}, the most that makes sense here", self.name()))
        })
    }

    /// A length of time of up to ten years.
    pub fn duration(&self) -> Read<Duration> {
        self.seconds(3650 * 86_400).map(|seconds| Duration::seconds(i64::from(seconds)))
    }

    /// One of certain words.
    pub fn one_of<T: Copy>(&self, options: &[(&str, T)]) -> Read<T> {
        let written = self.text()?;
        options.iter().find(|option| option.0 == written).map(|option| option.1).ok_or_else(|| {
            let known = || options.iter().map(|option| option.0);
            let what = format!("“{}” cannot be “{written}”", self.name());
            match similar(written, known()) {
                Some(near) => self.wrong_hint(what, format!("did you mean “{near}”?")),
                None => self.wrong_hint(what, format!("it is one of {}", known().collect::<Vec<_>>().join(", "))),
            }
        })
    }

    /// An IANA zone.
    pub fn zone(&self) -> Read<Tz> {
        let written = self.text()?;
        written.trim().parse().map_err(|_| {
            let what = format!("“{}”: there is no time zone “{written}”", self.name());
            match similar_zone(written) {
                Some(near) => self.wrong_hint(what, format!("did you mean “{near}”?")),
                None => self.wrong_hint(what, "write an IANA zone such as “Europe/Berlin”"),
            }
        })
    }

    /// A list.
    pub fn list<T>(&self, mut read: impl FnMut(&Item<'r>) -> Read<T>) -> Read<Vec<T>> {
        let Some(array) = self.value.get_ref().as_array() else { return self.expected("a list in brackets") };
        let item =
            |value| Item { reader: self.reader, path: self.path.clone(), key_span: self.key_span.clone(), value };
        // Each that is wrong is told; the last of them stands for the list.
        let (mut all, mut wrong) = (Vec::new(), None);
        for value in array.iter() {
            match read(&item(value)) {
                Ok(read) => all.push(read),
                Err(found) => wrong.replace(found).into_iter().for_each(|earlier| self.reader.refuse(earlier)),
            }
        }
        wrong.map_or(Ok(all), Err)
    }

    /// A list of texts that say something.
    pub fn texts(&self) -> Read<Vec<String>> {
        self.list(Item::words)
    }

    /// A text or a list of them.
    pub fn text_or_texts(&self) -> Read<Vec<String>> {
        if self.value.get_ref().is_str() { Ok(vec![self.words()?]) } else { self.texts() }
    }

    /// The date that stands as the key of this value.
    pub fn key_date(&self) -> Read<NaiveDate> {
        let written = self.name().trim_matches(['"', '\'']);
        parse_date(written).map_err(|(what, hint)| Wrong { span: self.key_span.clone(), what, hint: Some(hint) })
    }

    /// A date, in quotes or not.
    pub fn date(&self) -> Read<NaiveDate> {
        let written = match self.value.get_ref() {
            DeValue::String(text) => text.trim().to_owned(),
            DeValue::Datetime(date) => date.to_string(),
            _ => return self.expected("a date such as \"2026-12-25\""),
        };
        parse_date(&written).map_err(|(what, hint)| Wrong { hint: Some(hint), ..self.said(what) })
    }

    /// Whether it is a table.
    pub fn is_table(&self) -> bool {
        self.value.get_ref().is_table()
    }

    /// Whether it is a text.
    pub fn is_text(&self) -> bool {
        self.value.get_ref().is_str()
    }

    /// A table.
    pub fn table(&self) -> Read<&'r DeTable<'r>> {
        self.value.get_ref().as_table().map_or_else(|| self.expected("a table"), Ok)
    }

    /// Reads it as a table.
    pub fn section<T>(&self, read: impl FnOnce(&mut Section<'r>) -> T) -> Read<T> {
        let table = self.table()?;
        Ok(Section::new(self.reader, self.path.clone(), Some(table), self.key_span.clone()).finish(read))
    }
}

/// A date, or what is wrong with it and what to do.
fn parse_date(written: &str) -> Result<NaiveDate, (String, String)> {
    let date = NaiveDate::parse_from_str(written.trim(), "%Y-%m-%d");
    date.map_err(|_| (format!("“{written}” is not a date"), "write it as YYYY-MM-DD".to_owned()))
}
