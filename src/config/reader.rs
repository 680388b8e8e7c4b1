//! Reads TOML section by section, onto values that hold the defaults. A key is known by being asked for, so the check
//! for unknown keys cannot drift away from what is read; everything that is wrong is collected with its place.

use std::cell::RefCell;
use std::collections::BTreeSet;
use std::ops::{Range, RangeInclusive};

use chrono::{Duration, NaiveDate};
use chrono_tz::{TZ_VARIANTS, Tz};
use toml::Spanned;
use toml::de::{DeTable, DeValue};

use super::error::{ConfigError, Place, Problem};
use super::similar::similar;
use crate::handoff::sla::Budget;

/// One file that is being read.
pub(super) struct Reader<'r> {
    file: &'r str,
    text: &'r str,
    problems: RefCell<Vec<Problem>>,
    /// Every key that was asked for, and every one that was there: what the example's test compares.
    asked: RefCell<BTreeSet<String>>,
    present: RefCell<BTreeSet<String>>,
}

/// The keys that a file could have held, and those that it holds, by path.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct KeysSeen {
    pub asked: BTreeSet<String>,
    pub present: BTreeSet<String>,
}

/// A value that is not as it should be.
pub(super) struct Wrong {
    span: Range<usize>,
    what: String,
    hint: Option<String>,
}

/// What reading a value gives.
pub(super) type Read<T> = Result<T, Wrong>;

/// Reads a file: `read` is handed its root. Fails with all that is wrong with it.
pub(super) fn read<T>(
    file: &str,
    text: &str,
    read: impl FnOnce(&mut Section<'_>) -> T,
) -> Result<(T, KeysSeen), ConfigError> {
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    let (root, errors) = DeTable::parse_recoverable(text);
    let problem = |error: &toml::de::Error| Problem {
        place: error.span().map_or_else(|| Place::whole(file), |span| Place::of(file, text, span.start)),
        what: format!("this is not TOML: {}", error.message()),
        hint: None,
    };
    ConfigError::unless_none(errors.iter().map(problem).collect())?;
    let reader =
        Reader { file, text, problems: RefCell::default(), asked: RefCell::default(), present: RefCell::default() };
    let value = Section::new(&reader, String::new(), Some(root.get_ref()), 0..0).finish(read);
    ConfigError::unless_none(reader.problems.into_inner())?;
    Ok((value, KeysSeen { asked: reader.asked.into_inner(), present: reader.present.into_inner() }))
}

/// A table, or the place where one could have been.
pub(super) struct Section<'r> {
    reader: &'r Reader<'r>,
    /// Its path with `[]` and `*` for what is free: what keys are known by.
    path: String,
    /// How it is called in errors, such as `[policy.gate]`.
    title: String,
    table: Option<&'r DeTable<'r>>,
    span: Range<usize>,
    asked: Vec<String>,
}

impl<'r> Section<'r> {
    fn new(reader: &'r Reader<'r>, path: String, table: Option<&'r DeTable<'r>>, span: Range<usize>) -> Self {
        let title = match path.strip_suffix("[]") {
            _ if path.is_empty() => "the file".to_owned(),
            Some(list) => format!("[[{list}]]"),
            None => format!("[{}]", path.replace("[]", "")),
        };
        Self { reader, path, title, table, span, asked: Vec::new() }
    }

    /// Reads the section, then refuses what it holds beyond the keys that were asked for.
    fn finish<T>(mut self, read: impl FnOnce(&mut Self) -> T) -> T {
        let value = read(&mut self);
        for key in self.table.iter().flat_map(|table| table.keys()) {
            let name = key.get_ref().as_ref();
            if !self.asked.iter().any(|asked| asked == name) {
                let known = || self.asked.iter().map(String::as_str);
                let hint = match similar(name, known()) {
                    Some(near) => format!("did you mean “{near}”?"),
                    None => format!("it can hold {}", known().collect::<Vec<_>>().join(", ")),
                };
                self.refuse(Wrong {
                    span: key.span(),
                    what: format!("unknown key “{name}” in {}", self.title),
                    hint: Some(hint),
                });
            }
        }
        value
    }

    /// How many of these keys the section has, whether or not their values are right.
    pub fn count(&self, keys: &[&str]) -> usize {
        self.table.map_or(0, |table| keys.iter().filter(|&&key| table.contains_key(key)).count())
    }

    /// Whether the section is missing or holds nothing.
    pub fn is_empty(&self) -> bool {
        self.table.is_none_or(|table| table.is_empty())
    }

    /// Where the section begins.
    pub fn place(&self) -> Place {
        self.place_of(&self.span)
    }

    fn place_of(&self, span: &Range<usize>) -> Place {
        Place::of(self.reader.file, self.reader.text, span.start)
    }

    fn refuse(&self, wrong: Wrong) {
        let place = self.place_of(&wrong.span);
        self.reader.problems.borrow_mut().push(Problem { place, what: wrong.what, hint: wrong.hint });
    }

    /// Reports something that is wrong with the section as a whole; `hint` may be empty.
    pub fn refuse_section(&self, what: impl Into<String>, hint: impl Into<String>) {
        let hint = Some(hint.into()).filter(|hint| !hint.is_empty());
        self.refuse(Wrong { span: self.span.clone(), what: what.into(), hint });
    }

    /// Reports a problem whose place was kept.
    pub fn report(&self, problem: Problem) {
        self.reader.problems.borrow_mut().push(problem);
    }

    fn path_of(&self, key: &str) -> String {
        if self.path.is_empty() { key.to_owned() } else { format!("{}.{key}", self.path) }
    }

    /// The value of a key, which is known from now on.
    pub fn item(&mut self, key: &str) -> Option<Item<'r>> {
        self.asked.push(key.to_owned());
        let path = self.path_of(key);
        self.reader.asked.borrow_mut().insert(path.clone());
        let (key, value) = self.table.and_then(|table| table.get_key_value(key))?;
        self.reader.present.borrow_mut().insert(path.clone());
        Some(Item { reader: self.reader, path, key_span: key.span(), value })
    }

    /// Reads a key; nothing where it is missing or wrong.
    pub fn read<T>(&mut self, key: &str, read: impl FnOnce(&Item<'r>) -> Read<T>) -> Option<T> {
        let item = self.item(key)?;
        self.accept(read(&item))
    }

    /// Reads a key, or the default where it is missing; nothing where it is wrong.
    pub fn read_or<T>(&mut self, key: &str, default: T, read: impl FnOnce(&Item<'r>) -> Read<T>) -> Option<T> {
        match self.item(key) {
            Some(item) => self.accept(read(&item)),
            None => Some(default),
        }
    }

    /// Reads a key over a value that holds the default.
    pub fn set<T>(&mut self, key: &str, into: &mut T, read: impl FnOnce(&Item<'r>) -> Read<T>) {
        if let Some(value) = self.read(key, read) {
            *into = value;
        }
    }

    /// Reads a key that must be there; nothing where it is not, which is reported.
    pub fn require<T>(&mut self, key: &str, read: impl FnOnce(&Item<'r>) -> Read<T>) -> Option<T> {
        if self.table.is_some_and(|table| !table.contains_key(key)) {
            self.asked.push(key.to_owned());
            self.refuse_section(format!("{} has no “{key}”", self.title), format!("add {key} = …"));
            return None;
        }
        self.read(key, read)
    }

    /// Reads a table under this one, or the defaults where there is none.
    pub fn section<T>(&mut self, key: &str, read: impl FnOnce(&mut Section<'r>) -> T) -> T {
        let item = self.item(key);
        let (table, span) = match item.as_ref().map(|item| (item.table(), item.key_span.clone())) {
            Some((Ok(table), span)) => (Some(table), span),
            Some((Err(wrong), span)) => {
                self.refuse(wrong);
                (None, span)
            }
            None => (None, self.span.clone()),
        };
        Section::new(self.reader, self.path_of(key), table, span).finish(read)
    }

    /// Reads a list of tables, `[[key]]`; nothing where there is no such key.
    pub fn sections<T>(&mut self, key: &str, mut read: impl FnMut(&mut Section<'r>) -> T) -> Option<Vec<T>> {
        let items = self.read(key, |item| item.list(|item| item.table().map(|table| (table, item.value.span()))))?;
        let path = format!("{}[]", self.path_of(key));
        let section = |(table, span)| Section::new(self.reader, path.clone(), Some(table), span).finish(&mut read);
        Some(items.into_iter().map(section).collect())
    }

    /// Reads tables with free names, `[key.NAME]`.
    pub fn named<T>(&mut self, key: &str, mut read: impl FnMut(&str, &mut Section<'r>) -> T) -> Vec<(String, T)> {
        let path = format!("{}.*", self.path_of(key));
        self.section(key, |section| {
            let mut all = Vec::new();
            for (name, item) in section.free() {
                match item.table() {
                    Ok(table) => {
                        let mut section =
                            Section::new(section.reader, path.clone(), Some(table), item.key_span.clone());
                        section.title = section.title.replace('*', &name);
                        all.push((name.clone(), section.finish(|section| read(&name, section))));
                    }
                    Err(wrong) => section.refuse(wrong),
                }
            }
            all
        })
    }

    /// All keys that were not asked for yet, with their values: for tables whose keys are free.
    pub fn free(&mut self) -> Vec<(String, Item<'r>)> {
        let mut all = Vec::new();
        for (key, value) in self.table.iter().flat_map(|table| table.iter()) {
            let name = key.get_ref().to_string();
            if !self.asked.contains(&name) {
                self.asked.push(name.clone());
                let path = format!("{}.*", self.path);
                all.push((name, Item { reader: self.reader, path, key_span: key.span(), value }));
            }
        }
        all
    }

    /// Passes by keys that another reader of the same file understands.
    pub fn ignore(&mut self, keys: &[&str]) {
        self.asked.extend(keys.iter().map(|&key| key.to_owned()));
    }

    /// Reads a value that came from [`Section::free`].
    pub fn accept<T>(&self, read: Read<T>) -> Option<T> {
        read.map_err(|wrong| self.refuse(wrong)).ok()
    }
}

/// One value.
pub(super) struct Item<'r> {
    reader: &'r Reader<'r>,
    path: String,
    key_span: Range<usize>,
    value: &'r Spanned<DeValue<'r>>,
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
            DeValue::String(text) => text.parse::<Budget>().map_err(|error| self.wrong(error.to_string()))?,
            DeValue::Integer(_) => {
                Budget::from_seconds(self.whole(1..=i64::MAX)?).map_err(|error| self.wrong(error.to_string()))?
            }
            _ => return self.expected("a length of time such as \"5m\", \"2h\" or 300"),
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
            let what = format!("there is no time zone “{written}”");
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
        array.iter().map(|value| read(&item(value))).collect()
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
        parse_date(&written).map_err(|(what, hint)| self.wrong_hint(what, hint))
    }

    /// Whether it is a table.
    pub fn is_table(&self) -> bool {
        self.value.get_ref().is_table()
    }

    /// Whether it is a text.
    pub fn is_text(&self) -> bool {
        self.value.get_ref().is_str()
    }

    fn table(&self) -> Read<&'r DeTable<'r>> {
        self.value.get_ref().as_table().map_or_else(|| self.expected("a table"), Ok)
    }

    /// Reads it as a table.
    pub fn section<T>(&self, read: impl FnOnce(&mut Section<'r>) -> T) -> Read<T> {
        let table = self.table()?;
        Ok(Section::new(self.reader, self.path.clone(), Some(table), self.key_span.clone()).finish(read))
    }
}

/// A zone that differs by a slip, or whose city is what was written.
fn similar_zone(written: &str) -> Option<&'static str> {
    let wanted = written.trim().replace(' ', "_");
    let names = || TZ_VARIANTS.iter().map(|zone| zone.name());
    let city = |name: &str| name.rsplit('/').next().unwrap_or(name).to_lowercase();
    names()
        .find(|name| name.eq_ignore_ascii_case(&wanted))
        .or_else(|| similar(&wanted, names()))
        .or_else(|| names().find(|name| city(name) == city(&wanted)))
}

/// A date, or what is wrong with it and what to do.
fn parse_date(written: &str) -> Result<NaiveDate, (String, String)> {
    let date = NaiveDate::parse_from_str(written.trim(), "%Y-%m-%d");
    date.map_err(|_| (format!("“{written}” is not a date"), "write it as YYYY-MM-DD".to_owned()))
}
