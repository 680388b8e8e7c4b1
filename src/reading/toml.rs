//! Reads TOML section by section, onto values that hold the defaults. A key is known by being asked for, so the check
//! for unknown keys cannot drift away from what is read; everything that is wrong is collected with its place.

use std::borrow::Cow;
use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;

use ::toml::de::DeTable;

use super::error::{ConfigError, Place, Problem};
use super::value::{Item, Read, Wrong};
use crate::handoff::similar::similar;

/// One file that is being read.
pub struct Reader<'r> {
    pub file: &'r str,
    pub text: &'r str,
    settled: &'r Settled,
    problems: RefCell<Vec<Problem>>,
    seen: RefCell<KeysSeen>,
}

impl Reader<'_> {
    /// Reports what is wrong, which does not end the reading.
    pub fn refuse(&self, wrong: Wrong) {
        let place = Place::of(self.file, self.text, wrong.span.start);
        self.problems.borrow_mut().push(Problem { place, what: wrong.what, hint: wrong.hint });
    }
}

/// Keys that this file may not say anything about, by path, and where they are settled.
pub type Settled = BTreeMap<String, Place>;

/// The keys that a file could have held, and those that it holds, by path.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct KeysSeen {
    /// Could be held.
    pub asked: BTreeSet<String>,
    /// Are held, each with its place.
    pub present: BTreeMap<String, Place>,
}

/// Reads a file: `read` is handed its root. Fails with all that is wrong with it.
pub fn read<T>(file: &str, text: &str, read: impl FnOnce(&mut Section<'_>) -> T) -> Result<(T, KeysSeen), ConfigError> {
    read_but(&Settled::new(), file, text, read)
}

/// Reads a file that says nothing about what is settled elsewhere; what it does say about it is wrong, too.
pub fn read_but<T>(
    settled: &Settled,
    file: &str,
    text: &str,
    read: impl FnOnce(&mut Section<'_>) -> T,
) -> Result<(T, KeysSeen), ConfigError> {
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    let (root, errors) = DeTable::parse_recoverable(text);
    let problem = |error: &::toml::de::Error| Problem {
        place: error.span().map_or_else(|| Place::whole(file), |span| Place::of(file, text, span.start)),
        what: format!("this is not TOML: {}", error.message().replace('\n', ", ")),
        hint: None,
    };
    ConfigError::unless_none(errors.iter().map(problem).collect())?;
    let reader = Reader { file, text, settled, problems: RefCell::default(), seen: RefCell::default() };
    let value = Section::new(&reader, String::new(), Some(root.get_ref()), 0..0).finish(read);
    ConfigError::unless_none(reader.problems.into_inner())?;
    Ok((value, reader.seen.into_inner()))
}

/// A table, or the place where one could have been.
pub struct Section<'r> {
    reader: &'r Reader<'r>,
    /// Its path with `[]` and `*` for what is free: what keys are known by.
    path: String,
    /// How it is called in errors, such as `[policy.gate]`.
    title: String,
    table: Option<&'r DeTable<'r>>,
    span: Range<usize>,
    asked: Vec<Cow<'r, str>>,
}

impl<'r> Section<'r> {
    pub(super) fn new(
        reader: &'r Reader<'r>,
        path: String,
        table: Option<&'r DeTable<'r>>,
        span: Range<usize>,
    ) -> Self {
        let title = match path.strip_suffix("[]") {
            _ if path.is_empty() => "the file".to_owned(),
            Some(list) => format!("[[{list}]]"),
            None => format!("[{}]", path.replace("[]", "")),
        };
        Self { reader, path, title, table, span, asked: Vec::new() }
    }

    /// Reads the section, then refuses what it holds beyond the keys that were asked for.
    pub fn finish<T>(mut self, read: impl FnOnce(&mut Self) -> T) -> T {
        let value = read(&mut self);
        for key in self.table.iter().flat_map(|table| table.keys()) {
            let name = key.get_ref().as_ref();
            if !self.asked.iter().any(|asked| asked == name) {
                let known = || self.asked.iter().map(AsRef::as_ref);
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
        self.reader.refuse(wrong);
    }

    /// Reports something that is wrong with the section as a whole; `hint` may be empty.
    pub fn refuse_section(&self, what: impl Into<String>, hint: impl Into<String>) {
        let hint = Some(hint.into()).filter(|hint| !hint.is_empty());
        self.refuse(Wrong { span: self.span.clone(), what: what.into(), hint });
    }

    fn path_of(&self, key: &str) -> String {
        if self.path.is_empty() { key.to_owned() } else { format!("{}.{key}", self.path) }
    }

    /// The value of a key, which is known from now on.
    pub fn item(&mut self, key: &'static str) -> Option<Item<'r>> {
        self.asked.push(Cow::Borrowed(key));
        let found = self.table.and_then(|table| table.get_key_value(key));
        // This record serves the test of the example alone; a start of the program need not pay for it.
        if cfg!(test) {
            self.reader.seen.borrow_mut().asked.insert(self.path_of(key));
        }
        let (name, value) = found?;
        let path = self.path_of(key);
        if let Some(place) = self.reader.settled.get(&path) {
            self.refuse(Wrong {
                span: name.span(),
                what: format!("“{key}” is the team’s to say, which does so at {place}"),
                hint: Some("take it out here".into()),
            });
            return None;
        }
        self.reader.seen.borrow_mut().present.insert(path.clone(), self.place_of(&name.span()));
        Some(Item { reader: self.reader, path, key_span: name.span(), value })
    }

    /// Reads a key; nothing where it is missing or wrong.
    pub fn read<T>(&mut self, key: &'static str, read: impl FnOnce(&Item<'r>) -> Read<T>) -> Option<T> {
        let item = self.item(key)?;
        self.accept(read(&item))
    }

    /// Reads a key, or the default where it is missing; nothing where it is wrong.
    pub fn read_or<T>(&mut self, key: &'static str, default: T, read: impl FnOnce(&Item<'r>) -> Read<T>) -> Option<T> {
        match self.item(key) {
            Some(item) => self.accept(read(&item)),
            None => Some(default),
        }
    }

    /// Reads a key over a value that holds the default.
    pub fn set<T>(&mut self, key: &'static str, into: &mut T, read: impl FnOnce(&Item<'r>) -> Read<T>) {
        if let Some(value) = self.read(key, read) {
            *into = value;
        }
    }

    /// Reads a key that must be there; nothing where it is not, which is reported.
    pub fn require<T>(&mut self, key: &'static str, read: impl FnOnce(&Item<'r>) -> Read<T>) -> Option<T> {
        if self.table.is_some_and(|table| !table.contains_key(key)) {
            self.asked.push(Cow::Borrowed(key));
            self.refuse_section(format!("{} has no “{key}”", self.title), format!("add {key} = …"));
            return None;
        }
        self.read(key, read)
    }

    /// Reads a table under this one, or the defaults where there is none.
    pub fn section<T>(&mut self, key: &'static str, read: impl FnOnce(&mut Section<'r>) -> T) -> T {
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
    pub fn sections<T>(&mut self, key: &'static str, mut read: impl FnMut(&mut Section<'r>) -> T) -> Option<Vec<T>> {
        let items = self.read(key, |item| item.list(|item| item.table().map(|table| (table, item.value.span()))))?;
        let path = format!("{}[]", self.path_of(key));
        let section = |(table, span)| Section::new(self.reader, path.clone(), Some(table), span).finish(&mut read);
        Some(items.into_iter().map(section).collect())
    }

    /// Reads tables with free names, `[key.NAME]`, those that are wanted: the others are not even looked at.
    pub fn named<T>(
        &mut self,
        key: &'static str,
        mut is_wanted: impl FnMut(&str) -> bool,
        mut read: impl FnMut(&str, &mut Section<'r>) -> T,
    ) -> Vec<(String, T)> {
        let path = format!("{}.*", self.path_of(key));
        self.section(key, |section| {
            let mut all = Vec::new();
            for (name, item) in section.free() {
                if !is_wanted(&name) {
                    continue;
                }
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
            if !self.asked.iter().any(|asked| *asked == name) {
                self.asked.push(Cow::Owned(name.clone()));
                let path = format!("{}.*", self.path);
                all.push((name, Item { reader: self.reader, path, key_span: key.span(), value }));
            }
        }
        all
    }

    /// Passes by keys that another reader of the same file understands.
    pub fn ignore(&mut self, keys: &[&'static str]) {
        self.asked.extend(keys.iter().map(|&key| Cow::Borrowed(key)));
    }

    /// Reads a value that came from [`Section::free`].
    pub fn accept<T>(&self, read: Read<T>) -> Option<T> {
        read.map_err(|wrong| self.refuse(wrong)).ok()
    }
}
