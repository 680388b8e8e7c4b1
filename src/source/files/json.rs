//! Reading JSON Lines, or one JSON array of objects, row by row, in bounded memory.
//!
//! Objects within an object become columns with dotted names (`person.email`); lists of plain values are joined with
//! `; `. Columns are known as they come: those of the first rows are read ahead, so that a mapping can be held
//! against them, and later ones are added.

use std::borrow::Cow;
use std::collections::{HashMap, VecDeque};
use std::fmt;

use serde::Deserializer;
use serde::de::{self, DeserializeSeed, IgnoredAny, MapAccess, SeqAccess, Visitor};
use serde_json::{Number, Value};

use super::error::ImportError;
use super::input::Input;
use super::json_scan::{ROW_LIMIT, Scanned, Scanner};
use super::record::{CELL_LIMIT, COLUMN_LIMIT, Next, Record, clamped};

/// How many rows are looked at to learn the columns.
const AHEAD: usize = 100;

/// The rows of a JSON file.
pub struct Json {
    reader: Scanner,
    columns: Columns,
    ahead: VecDeque<(Next, Record)>,
}

impl Json {
    /// Opens the file and reads its first rows to learn the columns.
    pub fn open(input: &Input) -> Result<Self, ImportError> {
        let reader = input.reader().map_err(ImportError::io(&input.name))?;
        let reader = Scanner::new(input, reader)?;
        let mut json = Self { reader, columns: Columns::default(), ahead: VecDeque::new() };
        for _ in 0..AHEAD {
            let mut record = Record::default();
            let next = json.parse(&mut record)?;
            let ended = next == Next::End;
            json.ahead.push_back((next, record));
            if ended {
                break;
            }
        }
        if json.ahead.iter().any(|(next, _)| *next == Next::Row) {
            return Ok(json);
        }
        let file = input.name.clone();
        Err(match json.ahead.pop_front() {
            Some((Next::Bad { line, reason, .. }, _)) => ImportError::Header { file, line, why: reason },
            _ => ImportError::Empty { file },
        })
    }

    /// The columns seen so far. It only grows, at its end.
    pub fn header(&self) -> &[String] {
        &self.columns.names
    }

    /// Reads the next row.
    pub fn next(&mut self, record: &mut Record) -> Result<Next, ImportError> {
        match self.ahead.pop_front() {
            Some((next, read)) => {
                *record = read;
                Ok(next)
            }
            None => self.parse(record),
        }
    }

    fn parse(&mut self, record: &mut Record) -> Result<Next, ImportError> {
        record.clear();
        let (line, text) = match self.reader.next()? {
            Scanned::End => return Ok(Next::End),
            Scanned::TooLong(line) => {
                let reason = format!("the row is longer than {} KiB", ROW_LIMIT / 1024);
                return Ok(Next::Bad { line, place: None, reason });
            }
            Scanned::Text(line, text) => (line, text),
        };
        self.columns.begin();
        let mut json = serde_json::Deserializer::from_slice(text);
        let object = Object { columns: &mut self.columns, prefix: "" };
        if let Err(error) = object.deserialize(&mut json).and_then(|()| json.end()) {
            return Ok(Next::Bad { line, place: None, reason: format!("it is not a JSON object: {error}") });
        }
        record.line = line;
        for (cell, has) in self.columns.cells.iter().zip(&self.columns.has) {
            match has {
                true => record.push(cell),
                false => record.push_absent(),
            }
        }
        if let Some(place) = self.columns.cells.iter().position(|cell| cell.len() > CELL_LIMIT) {
            let reason = format!("the value is longer than {} KiB", CELL_LIMIT / 1024);
            return Ok(Next::Bad { line, place: Some(place), reason });
        }
        Ok(Next::Row)
    }
}

/// The columns and cells of one object that was read already. A cell that is too long is cut: the rest of the object counts.
///
/// # Errors
/// It is no object.
pub fn flatten(object: Value) -> Result<(Vec<String>, Record), String> {
    let (mut columns, mut record) = (Columns::default(), Record::default());
    Object { columns: &mut columns, prefix: "" }.deserialize(object).map_err(|error| error.to_string())?;
    columns.cells.iter().for_each(|cell| record.push(clamped(cell).as_deref().unwrap_or(cell)));
    Ok((columns.names, record))
}

/// The same as pairs of column and text, without what is empty.
///
/// # Errors
/// It is no object.
pub fn cells(object: Value) -> Result<Vec<(String, String)>, String> {
    let (columns, record) = flatten(object)?;
    let cells = record.cells().map(str::to_owned);
    Ok(columns.into_iter().zip(cells).filter(|(_, text)| !text.is_empty()).collect())
}

/// The columns, with the cells of the row being read.
#[derive(Default)]
struct Columns {
    names: Vec<String>,
    places: HashMap<String, usize>,
    cells: Vec<String>,
    /// Whether the row has the key.
    has: Vec<bool>,
    /// Where the next key probably belongs: rows tend to have their keys in one order.
    guess: usize,
}

impl Columns {
    fn begin(&mut self) {
        self.cells.iter_mut().for_each(String::clear);
        self.has.fill(false);
        self.guess = 0;
    }

    /// The cell of the column of this name, which is added where it is new.
    fn cell(&mut self, name: &str) -> Option<&mut String> {
        let place = match self.names.get(self.guess) {
            Some(guessed) if guessed == name => self.guess,
            _ => match self.places.get(name) {
                Some(place) => *place,
                None if self.names.len() == COLUMN_LIMIT => return None,
                None => {
                    self.places.insert(name.to_owned(), self.names.len());
                    self.names.push(name.to_owned());
                    self.cells.push(String::new());
                    self.has.push(false);
                    self.names.len() - 1
                }
            },
        };
        self.guess = place + 1;
        self.has[place] = true;
        self.cells.get_mut(place)
    }
}

impl Columns {
    /// Where an object might be there is nothing: so there is nothing of all that was ever in it.
    fn clear_within(&mut self, name: &str) {
        for (known, has) in self.names.iter().zip(&mut self.has) {
            *has |= known.strip_prefix(name).is_some_and(|rest| rest.starts_with('.'));
        }
    }
}

/// An object whose values go into the cells of columns that begin with the prefix.
struct Object<'a> {
    columns: &'a mut Columns,
    prefix: &'a str,
}

impl<'de> DeserializeSeed<'de> for Object<'_> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_map(self)
    }
}

impl<'de> Visitor<'de> for Object<'_> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter) -> fmt::Result {
        f.write_str("an object with one lead")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<(), A::Error> {
        while let Some(key) = map.next_key::<Key>()? {
            let name = if self.prefix.is_empty() { key.0 } else { Cow::Owned(format!("{}.{}", self.prefix, key.0)) };
            map.next_value_seed(Cell { columns: self.columns, name: &name })?;
        }
        Ok(())
    }
}

/// A key, borrowed where it has no escapes.
struct Key<'de>(Cow<'de, str>);

impl<'de> de::Deserialize<'de> for Key<'de> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Text;
        impl<'de> Visitor<'de> for Text {
            type Value = Key<'de>;
            fn expecting(&self, f: &mut fmt::Formatter) -> fmt::Result {
                f.write_str("a key")
            }
            fn visit_borrowed_str<E>(self, text: &'de str) -> Result<Key<'de>, E> {
                Ok(Key(Cow::Borrowed(text)))
            }
            fn visit_str<E>(self, text: &str) -> Result<Key<'de>, E> {
                Ok(Key(Cow::Owned(text.to_owned())))
            }
        }
        deserializer.deserialize_str(Text)
    }
}

/// A value that goes into the cell of this column.
struct Cell<'a> {
    columns: &'a mut Columns,
    name: &'a str,
}

impl Cell<'_> {
    fn put(self, text: &str) {
        if let Some(cell) = self.columns.cell(self.name) {
            cell.clear();
            cell.push_str(text);
        }
    }
}

impl<'de> DeserializeSeed<'de> for Cell<'_> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Cell<'_> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter) -> fmt::Result {
        f.write_str("a value")
    }

    fn visit_str<E>(self, text: &str) -> Result<(), E> {
        self.put(text);
        Ok(())
    }

    fn visit_bool<E>(self, value: bool) -> Result<(), E> {
        self.put(if value { "true" } else { "false" });
        Ok(())
    }

    fn visit_i64<E>(self, value: i64) -> Result<(), E> {
        self.put(&Number::from(value).to_string());
        Ok(())
    }

    fn visit_u64<E>(self, value: u64) -> Result<(), E> {
        self.put(&Number::from(value).to_string());
        Ok(())
    }

    fn visit_f64<E>(self, value: f64) -> Result<(), E> {
        self.put(&Value::from(value).to_string());
        Ok(())
    }

    fn visit_unit<E>(self) -> Result<(), E> {
        self.columns.clear_within(self.name);
        self.put("");
        Ok(())
    }

    fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<(), A::Error> {
        if self.name.len() > CELL_LIMIT {
            return de::Deserialize::deserialize(de::value::MapAccessDeserializer::new(map)).map(|IgnoredAny| ());
        }
        Object { columns: self.columns, prefix: self.name }.visit_map(map)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<(), A::Error> {
        let mut items = Vec::new();
        while let Some(item) = list.next_element::<Value>()? {
            items.push(item);
        }
        let plain = items.iter().all(|item| !item.is_object() && !item.is_array());
        if !plain {
            self.put(&Value::Array(items).to_string());
            return Ok(());
        }
        let texts = items.into_iter().filter_map(|item| match item {
            Value::Null => None,
            Value::String(text) => Some(text),
            other => Some(other.to_string()),
        });
        let texts: Vec<String> = texts.filter(|text| !text.is_empty()).collect();
        self.put(&texts.join("; "));
        Ok(())
    }
}
