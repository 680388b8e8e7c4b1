//! Where the value of a field comes from: columns, constants, templates, maps; and how it is read from a row.

use std::borrow::Cow;
use std::collections::HashMap;

use crate::source::inert::rearm;

use super::date::truth;
use super::error::{Fault, listing};
use super::record::Record;

/// A column that a mapping names, as its number in [`Columns::names`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Column(pub usize);

/// The columns that a mapping names, with where it names them.
#[derive(Clone, Debug, Default)]
pub struct Columns {
    pub names: Vec<String>,
    /// Line and column in the mapping file, from 1.
    pub places: Vec<(usize, usize)>,
    /// The file need not have it.
    pub optional: Vec<bool>,
}

/// A value: the first of its choices that gives one.
#[derive(Clone, Debug, Default)]
pub struct Value {
    pub choices: Vec<Choice>,
}

/// One way to come by a value.
#[derive(Clone, Debug)]
pub struct Choice {
    pub from: From,
    pub map: Option<Words>,
    /// For words that the map does not have, or that make no sense; empty means "go on to the next choice".
    pub default: Option<String>,
    /// Numbers are multiplied by it.
    pub scale: f64,
    /// In small letters.
    pub lower: bool,
    /// Yes means no: a consent that was given is no wish to be left alone.
    pub negate: bool,
}

/// What a choice begins with.
#[derive(Clone, Debug)]
pub enum From {
    Column(Column),
    Constant(String),
    Template(Template),
}

/// A text with columns in braces; what stands in brackets is left out when a column in it is empty.
#[derive(Clone, Debug, Default)]
pub struct Template {
    pub parts: Vec<Part>,
}

/// A piece of a template.
#[derive(Clone, Debug)]
pub enum Part {
    Text(String),
    Column(Column),
    Group(Vec<Part>),
}

/// A map from a source's words to others. Words are compared without regard to case, and `_` is a blank; `*demo*`
/// stands for anything with `demo` in it.
#[derive(Clone, Debug, Default)]
pub struct Words {
    /// As written in the mapping, for messages.
    listed: Vec<String>,
    exact: HashMap<String, String>,
    globs: Vec<(String, String)>,
}

impl Words {
    pub fn insert(&mut self, word: &str, meaning: &str) {
        self.listed.push(word.to_owned());
        if word.contains('*') {
            self.globs.push((fold(word).into_owned(), meaning.to_owned()));
        } else {
            // Both spellings, so that the usual one is found without folding it.
            self.exact.insert(word.to_owned(), meaning.to_owned());
            self.exact.insert(fold(word).into_owned(), meaning.to_owned());
        }
    }

    pub fn get(&self, word: &str) -> Option<&str> {
        if let Some(meaning) = self.exact.get(word) {
            return Some(meaning);
        }
        let word = fold(word);
        self.exact
            .get(word.as_ref())
            .or_else(|| self.globs.iter().find(|(glob, _)| matches(glob, &word)).map(|(_, meaning)| meaning))
            .map(String::as_str)
    }

    fn known(&self) -> String {
        listing(self.listed.iter().map(String::as_str))
    }
}

/// How words and names of columns are compared: without case, with `_` and `-` as blanks, without outer blanks.
pub fn fold(text: &str) -> Cow<'_, str> {
    let text = text.trim();
    if text.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b' ') {
        return Cow::Borrowed(text);
    }
    Cow::Owned(
        text.chars().flat_map(char::to_lowercase).map(|c| if matches!(c, '_' | '-') { ' ' } else { c }).collect(),
    )
}

/// Whether a word fits a pattern in which `*` stands for anything.
fn matches(glob: &str, word: &str) -> bool {
    let mut pieces = glob.split('*');
    let Some(mut rest) = pieces.next().and_then(|head| word.strip_prefix(head)) else { return false };
    let Some(tail) = pieces.next_back() else { return rest.is_empty() };
    for piece in pieces {
        match rest.find(piece) {
            Some(at) => rest = &rest[at + piece.len()..],
            None => return false,
        }
    }
    rest.ends_with(tail)
}

/// A row as a mapping sees it.
#[derive(Clone, Copy)]
pub struct Row<'a> {
    pub record: &'a Record,
    /// Where the mapping's columns are in this file.
    pub places: &'a [Option<usize>],
    /// Words that mean nothing.
    pub nulls: &'a [String],
    pub columns: &'a Columns,
}

impl<'a> Row<'a> {
    /// The text of a cell; nothing when it is absent, empty or a null word.
    pub fn cell(&self, column: Column) -> Option<&'a str> {
        let place = self.places.get(column.0).copied().flatten()?;
        self.at(place)
    }

    /// The text of the cell in this place of the file.
    pub fn at(&self, place: usize) -> Option<&'a str> {
        let text = self.record.get(place)?.trim();
        // What our own export had to disarm is armed again.
        let text = rearm(text);
        let null = text.is_empty() || self.nulls.iter().any(|word| word.eq_ignore_ascii_case(text));
        (!null).then_some(text)
    }

    /// Whether the row has this column, be it with an empty cell.
    pub fn has(&self, column: Column) -> bool {
        self.places.get(column.0).copied().flatten().is_some_and(|place| self.record.get(place).is_some())
    }

    pub fn name(&self, column: Column) -> &'a str {
        self.columns.names.get(column.0).map_or("", String::as_str)
    }
}

/// A value that was found.
pub struct Found<'a> {
    /// After the map.
    pub text: Cow<'a, str>,
    /// The source's own word.
    pub raw: Cow<'a, str>,
    /// The column to blame for it.
    pub column: Option<Column>,
    pub choice: &'a Choice,
    /// There is a map, and it does not have the word.
    pub unmapped: bool,
}

impl Value {
    /// Always this text.
    pub fn constant(text: &str) -> Self {
        Self { choices: vec![Choice::new(From::Constant(text.to_owned()))] }
    }

    /// The text of the value. Words that a map does not have are kept as they are, unless there is a default.
    pub fn text<'a>(&'a self, row: &Row<'a>) -> Result<Option<Cow<'a, str>>, Fault> {
        // Nearly every value of nearly every row.
        match self.choices.as_slice() {
            [] => return Ok(None),
            [Choice { from: From::Column(column), map: None, lower: false, .. }] => {
                return Ok(row.cell(*column).map(Cow::Borrowed));
            }
            _ => {}
        }
        let known = |found: &Found<'a>| !found.unmapped || found.choice.default.is_none();
        self.read(row, |found| known(found).then(|| found.text.clone()), |_| String::new())
    }

    /// The value as something more than a text. `convert` gives nothing for a text that makes no sense; then `wrong`
    /// says why, if no default is given.
    pub fn read<'a, T>(
        &'a self,
        row: &Row<'a>,
        convert: impl Fn(&Found<'a>) -> Option<T>,
        wrong: impl Fn(&Found<'a>) -> String,
    ) -> Result<Option<T>, Fault> {
        for choice in &self.choices {
            let Some(mut found) = choice.find(row) else { continue };
            if let Some(map) = &choice.map {
                match map.get(&found.raw) {
                    Some(meaning) => found.text = Cow::Borrowed(meaning),
                    None => found.unmapped = true,
                }
            }
            if found.text.is_empty() {
                continue;
            }
            if choice.lower {
                found.text = Cow::Owned(found.text.to_lowercase());
            }
            if let Some(is_so) = truth(&found.text).filter(|_| choice.negate) {
                found.text = Cow::Borrowed(if is_so { "false" } else { "true" });
            }
            if let Some(value) = convert(&found) {
                return Ok(Some(value));
            }
            let Some(default) = &choice.default else {
                let mut reason = wrong(&found);
                if let Some(map) = &choice.map {
                    reason = format!("{reason}; the mapping knows {}: add it there, or a default", map.known());
                }
                return Err(Fault { column: found.column.map(|column| row.name(column).to_owned()), reason });
            };
            if default.is_empty() {
                continue;
            }
            found.text = Cow::Borrowed(default);
            found.unmapped = false;
            return Ok(convert(&found));
        }
        Ok(None)
    }

    /// The text, where it is always the same.
    pub fn as_constant(&self) -> Option<&str> {
        match self.choices.as_slice() {
            [Choice { from: From::Constant(text), map: None, .. }] => Some(text),
            _ => None,
        }
    }

    /// The column that it is looked for in first.
    pub fn first_column(&self) -> Option<Column> {
        self.choices.iter().find_map(|choice| choice.from.columns().first().copied())
    }

    /// Whether the value has nothing to come from.
    pub fn is_none(&self) -> bool {
        self.choices.is_empty()
    }
}

impl From {
    /// The columns that it reads.
    pub fn columns(&self) -> Vec<Column> {
        match self {
            Self::Column(column) => vec![*column],
            Self::Constant(_) => Vec::new(),
            Self::Template(template) => columns(&template.parts),
        }
    }
}

impl Choice {
    /// A choice without map, default and scale.
    pub fn new(from: From) -> Self {
        Self { from, map: None, default: None, scale: 1.0, lower: false, negate: false }
    }

    fn find<'a>(&'a self, row: &Row<'a>) -> Option<Found<'a>> {
        let (text, column): (Cow<'a, str>, _) = match &self.from {
            From::Column(column) => (Cow::Borrowed(row.cell(*column)?), Some(*column)),
            From::Constant(text) => (Cow::Borrowed(text.as_str()), None),
            From::Template(template) => (Cow::Owned(template.fill(row)?), self.from.columns().first().copied()),
        };
        Some(Found { raw: text.clone(), text, column, choice: self, unmapped: false })
    }
}

impl Template {
    /// The text with its columns filled in; nothing when all of them are empty.
    fn fill(&self, row: &Row) -> Option<String> {
        let mut text = String::new();
        let mut any = false;
        for part in &self.parts {
            match part {
                Part::Text(piece) => text.push_str(piece),
                Part::Column(column) => any |= push(&mut text, row.cell(*column)),
                Part::Group(parts) => any |= fill_group(parts, row, &mut text),
            }
        }
        any.then(|| text.trim().to_owned())
    }
}

fn columns(parts: &[Part]) -> Vec<Column> {
    let of = |part: &Part| match part {
        Part::Text(_) => Vec::new(),
        Part::Column(column) => vec![*column],
        Part::Group(parts) => columns(parts),
    };
    parts.iter().flat_map(of).collect()
}

fn push(text: &mut String, cell: Option<&str>) -> bool {
    text.push_str(cell.unwrap_or_default());
    cell.is_some()
}

fn fill_group(parts: &[Part], row: &Row, text: &mut String) -> bool {
    let before = text.len();
    for part in parts {
        match part {
            Part::Text(piece) => text.push_str(piece),
            Part::Column(column) if push(text, row.cell(*column)) => {}
            Part::Column(_) | Part::Group(_) => {
                text.truncate(before);
                return false;
            }
        }
    }
    true
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_found_whatever_their_case_and_by_pattern() {
        let mut words = Words::default();
        for (word, meaning) in [("In Progress", "accepted"), ("*demo*", "demo"), ("web*", "content")] {
            words.insert(word, meaning);
        }
        for (word, meaning) in [
            ("IN_PROGRESS", Some("accepted")),
            (" in progress ", Some("accepted")),
            ("Request a Demo: form", Some("demo")),
            ("Webinar", Some("content")),
            ("a webinar", None),
        ] {
            assert_eq!(words.get(word), meaning, "{word}");
        }
        assert!(matches("a*b*c", "axxbyyc") && !matches("a*b*c", "axxc") && matches("*", ""));
        assert!(!matches("ab*ba", "aba"), "the ends may not overlap");
    }
}
