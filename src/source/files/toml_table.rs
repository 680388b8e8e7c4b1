//! A table of a TOML file with its place in it, so that every mistake can be told as `FILE:LINE:COLUMN`.

use std::ops::Range;

use toml::Spanned;
use toml::de::{DeTable, DeValue};

use super::error::{MappingError, listing};
use crate::handoff::similar::similar;
use crate::reading::Place;

/// The file that is read: its name for messages, and its text for line numbers.
#[derive(Clone, Copy)]
pub struct Doc<'a> {
    /// Its name.
    pub file: &'a str,
    /// Its text.
    pub text: &'a str,
}

impl Doc<'_> {
    /// Parses the text as TOML.
    pub fn parse<'a>(&'a self) -> Result<Spanned<DeTable<'a>>, MappingError> {
        DeTable::parse(self.text).map_err(|error| {
            let what = error.message().replace('\n', ", ");
            self.error(error.span().unwrap_or(0..0), format!("this is not valid TOML: {what}"), "mend it there")
        })
    }

    /// A mistake at a place of the text.
    pub fn error(&self, span: Range<usize>, what: impl Into<String>, hint: impl Into<String>) -> MappingError {
        let (line, column) = self.place(span.start);
        MappingError { file: self.file.to_owned(), line, column, what: what.into(), hint: hint.into() }
    }

    /// Line and column, from 1, of a byte of the text.
    pub fn place(&self, offset: usize) -> (usize, usize) {
        let place = Place::of(self.file, self.text, offset);
        (place.line, place.column)
    }
}

/// One value with its place.
#[derive(Clone, Copy)]
pub struct Node<'a> {
    pub doc: Doc<'a>,
    /// How it is named in messages: `lead.person.email`.
    pub path: &'a str,
    pub value: &'a Spanned<DeValue<'a>>,
}

impl<'a> Node<'a> {
    pub fn error(&self, what: impl Into<String>, hint: impl Into<String>) -> MappingError {
        self.doc.error(self.value.span(), what, hint)
    }

    fn wrong_type(&self, wanted: &str) -> MappingError {
        let found = self.value.get_ref().type_str();
        let article = if found.starts_with(['a', 'i']) { "an" } else { "a" };
        self.error(format!("`{}` is {article} {found} here", self.path), format!("give {wanted}"))
    }

    pub fn str(&self) -> Result<&'a str, MappingError> {
        self.value.get_ref().as_str().ok_or_else(|| self.wrong_type("a text in quotes"))
    }

    pub fn bool(&self) -> Result<bool, MappingError> {
        self.value.get_ref().as_bool().ok_or_else(|| self.wrong_type("true or false"))
    }

    pub fn number(&self) -> Result<f64, MappingError> {
        let value = self.value.get_ref();
        let text = value.as_float().map(|float| float.as_str()).or(value.as_integer().map(|int| int.as_str()));
        text.and_then(|text| text.parse().ok()).ok_or_else(|| self.wrong_type("a number"))
    }

    /// The texts of a list; a lone text is a list of one.
    pub fn strings(&self) -> Result<Vec<String>, MappingError> {
        match self.value.get_ref() {
            DeValue::String(text) => Ok(vec![text.to_string()]),
            DeValue::Array(_) => self.items().map(|item| item.str().map(str::to_owned)).collect(),
            _ => Err(self.wrong_type("a list of texts")),
        }
    }

    /// The items of a list.
    pub fn items(self) -> impl Iterator<Item = Node<'a>> {
        let items = self.value.get_ref().as_array().map(|list| list.iter()).into_iter().flatten();
        items.map(move |value| Node { value, ..self })
    }

    pub fn is_table(&self) -> bool {
        self.value.get_ref().is_table()
    }

    pub fn is_array(&self) -> bool {
        self.value.get_ref().is_array()
    }

    /// Its keys and values, in the order of the file.
    pub fn entries(self) -> Result<Vec<(Key<'a>, Node<'a>)>, MappingError> {
        let Some(table) = self.value.get_ref().as_table() else { return Err(self.wrong_type("a table")) };
        Ok(entries(self.doc, table))
    }

    /// The value as a table that may have these keys and no other.
    pub fn table(self, keys: &[&str]) -> Result<Table<'a>, MappingError> {
        let table = Table { doc: self.doc, path: self.path, entries: self.entries()? };
        table.only(keys)?;
        Ok(table)
    }
}

/// A key with its place.
#[derive(Clone)]
pub struct Key<'a> {
    pub name: &'a str,
    pub span: Range<usize>,
}

fn entries<'a>(doc: Doc<'a>, table: &'a DeTable<'a>) -> Vec<(Key<'a>, Node<'a>)> {
    table
        .iter()
        .map(|(key, value)| {
            let name: &str = key.get_ref();
            (Key { name, span: key.span() }, Node { doc, path: name, value })
        })
        .collect()
}

/// A table whose keys were checked.
pub struct Table<'a> {
    pub doc: Doc<'a>,
    path: &'a str,
    entries: Vec<(Key<'a>, Node<'a>)>,
}

impl<'a> Table<'a> {
    /// The whole file as a table.
    pub fn root(doc: Doc<'a>, table: &'a Spanned<DeTable<'a>>, keys: &[&str]) -> Result<Self, MappingError> {
        let root = Self { doc, path: "", entries: entries(doc, table.get_ref()) };
        root.only(keys)?;
        Ok(root)
    }

    fn only(&self, keys: &[&str]) -> Result<(), MappingError> {
        for (key, _) in &self.entries {
            if !keys.contains(&key.name) {
                return Err(unknown_key(self.doc, key, self.path, keys));
            }
        }
        Ok(())
    }

    /// The value of a key.
    pub fn get(&self, name: &str) -> Option<Node<'a>> {
        self.entries.iter().find(|(key, _)| key.name == name).map(|(_, node)| *node)
    }

    /// All entries, in the order of the file.
    pub fn entries(&self) -> &[(Key<'a>, Node<'a>)] {
        &self.entries
    }
}

/// The mistake of a key that does not exist.
pub fn unknown_key(doc: Doc<'_>, key: &Key<'_>, path: &str, known: &[&str]) -> MappingError {
    let place = if path.is_empty() { "at the top".to_owned() } else { format!("in `{path}`") };
    let hint = match similar(key.name, known.iter().copied()) {
        Some(name) => format!("did you mean `{name}`?"),
        None => format!("there are {}", listing(known.iter().copied())),
    };
    doc.error(key.span.clone(), format!("there is no key `{}` {place}", key.name), hint)
}
