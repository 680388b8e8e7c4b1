//! What a sender posts in its own form, read by a mapping: the same vocabulary as for files (docs/mapping.md), with the
//! paths of its JSON or the names of its form's fields as columns.

use std::collections::HashSet;

use serde_json::{Map, Value as Json};
use sha2::{Digest, Sha256};

use chrono_tz::Tz;

use crate::handoff::arrival::Arrival;
use crate::source::intake;
use crate::wire::intake::{Item, MOST_ITEMS};

use super::date::Dates;
use super::error::{Fault, MappingError};
use super::fill::Filler;
use super::json::flatten;
use super::mapping::Mapping;
use super::parse::parse_posts;
use super::post_map::{HEADER, Pairs, PostMap};
use super::value::Row;

/// The longest key that is kept as it is, in bytes; of a longer one its hash is.
const LONGEST_KEY: usize = 150;

/// How one sender's posts are read.
pub struct PostMapping {
    mapping: Mapping,
    post: PostMap,
}

/// A post, as it came.
#[derive(Clone, Copy)]
pub struct Posted<'b> {
    /// The body.
    pub body: &'b [u8],
    /// It is `application/x-www-form-urlencoded`; else JSON.
    pub is_form: bool,
}

/// Why a post cannot be read.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{why}")]
pub struct PostError {
    /// Where in the body, as far as it is known.
    pub at: String,
    /// What is wrong.
    pub why: String,
}

impl PostMapping {
    /// Reads a mapping; `file` is how messages name it.
    ///
    /// # Errors
    /// What is wrong with it, with its line and what to do.
    pub fn parse(file: &str, text: &str) -> Result<Self, MappingError> {
        let (mapping, post) = parse_posts(file, text)?;
        Ok(Self { mapping, post })
    }

    /// The header in which this sender gives its secret, in small letters; nothing where it signs what it posts.
    pub fn secret_header(&self) -> Option<&str> {
        self.post.secret_header.as_deref()
    }

    /// The messages of a post. `header` gives the value of a header by its name in small letters. What the mapping passes
    /// over makes none.
    ///
    /// # Errors
    /// The body is not of its kind, or a value in it makes no sense; nothing of the post is to be taken then.
    pub fn items(&self, posted: Posted<'_>, header: impl Fn(&str) -> Option<String>) -> Result<Vec<Item>, PostError> {
        let whole = if posted.is_form { form(posted.body) } else { json(posted.body) };
        let messages = self.messages(whole.map_err(|why| PostError { at: String::new(), why })?)?;
        if messages.len() > MOST_ITEMS {
            let why = format!("a post has at most {MOST_ITEMS} messages, not {}", messages.len());
            return Err(PostError { at: String::new(), why });
        }
        let many = messages.len() > 1;
        let mut items: Vec<Item> = Vec::with_capacity(messages.len());
        let (mut whole, mut keys) = (None, HashSet::with_capacity(messages.len()));
        for (number, message) in messages.into_iter().enumerate() {
            let place = if many { format!("/{number}") } else { String::new() };
            let Some(mut item) = self.item(message, &place, &header)? else { continue };
            if item.key.is_empty() {
                item.key.clone_from(whole.get_or_insert_with(|| hash(posted.body)));
            }
            if item.key.len() > LONGEST_KEY {
                item.key = hash(item.key.as_bytes());
            }
            // What stands for the whole post is not enough to tell its messages apart.
            if keys.contains(&item.key) {
                item.key = format!("{}/{number}", item.key);
            }
            keys.insert(item.key.clone());
            items.push(item);
        }
        Ok(items)
    }

    fn messages(&self, whole: Json) -> Result<Vec<Json>, PostError> {
        let is_pairs = self.post.pairs.iter().any(|pairs| pairs.at.is_empty());
        let list = match &self.post.items {
            Some(path) => find(&whole, path).cloned().ok_or_else(|| PostError {
                at: pointer(path),
                why: format!("there is no “{path}”, where the mapping looks for the messages"),
            })?,
            None => whole,
        };
        match list {
            Json::Array(all) if !is_pairs => Ok(all),
            one => Ok(vec![one]),
        }
    }

    fn item(
        &self,
        mut message: Json,
        place: &str,
        header: impl Fn(&str) -> Option<String>,
    ) -> Result<Option<Item>, PostError> {
        for pairs in &self.post.pairs {
            spread(&mut message, pairs);
        }
        if !message.is_object() {
            return Err(PostError { at: place.to_owned(), why: "a message is an object: {…}".into() });
        }
        let (mut columns, mut record) = flatten(message).map_err(|why| PostError { at: place.to_owned(), why })?;
        for name in self.mapping.columns.names.iter().filter(|name| name.starts_with(HEADER)) {
            columns.push(name.clone());
            match header(&name[HEADER.len()..].to_ascii_lowercase()) {
                Some(value) => record.push(&value),
                None => record.push_absent(),
            }
        }
        let binding = self.mapping.place(&columns);
        let dates: Dates = self.mapping.dates(Tz::UTC);
        let filler = Filler { mapping: &self.mapping, binding: &binding, dates: &dates };
        let row = filler.row(&record);
        self.filled(&filler, &row).map_err(|fault| PostError {
            at: format!("{place}{}", fault.column.as_deref().map(pointer).unwrap_or_default()),
            why: fault.reason,
        })
    }

    fn filled<'a>(&'a self, filler: &Filler<'a>, row: &Row<'a>) -> Result<Option<Item>, Fault> {
        if filler.skips(row) {
            return Ok(None);
        }
        let mut arrival = Arrival::default();
        filler.lead(row, &mut arrival.lead)?;
        arrival.trail = filler.trail(row)?;
        arrival.told = Some(filler.told(row).into());
        let mut item = intake::item(&arrival);
        item.id = self.mapping.id.text(row)?.map(std::borrow::Cow::into_owned);
        item.key = self.post.key.text(row)?.map(std::borrow::Cow::into_owned).unwrap_or_default();
        for activity in &mut item.activities {
            // One that has no id of its own is the message's: the next message tells of another one.
            activity.id = activity.id.take().filter(|id| !self.mapping.trail.iter().any(|map| map.name == *id));
        }
        Ok(Some(item))
    }
}

fn json(body: &[u8]) -> Result<Json, String> {
    serde_json::from_slice(body).map_err(|error| error.to_string())
}

/// The fields of a form; of one that comes several times, all values.
fn form(body: &[u8]) -> Result<Json, String> {
    let text = std::str::from_utf8(body).map_err(|_| "a form is a text in UTF-8")?;
    let mut url = reqwest::Url::parse("http://form.invalid/").map_err(|error| error.to_string())?;
    url.set_query(Some(text));
    let mut fields = Map::new();
    for (name, value) in url.query_pairs() {
        join(&mut fields, name.into_owned(), Json::String(value.into_owned()));
    }
    Ok(Json::Object(fields))
}

/// Puts a value under a name; a second one is joined to the first.
fn join(fields: &mut Map<String, Json>, name: String, value: Json) {
    match fields.get_mut(&name) {
        None => drop(fields.insert(name, value)),
        Some(Json::Array(all)) => all.push(value),
        Some(one) => *one = Json::Array(vec![one.take(), value]),
    }
}

/// What is at a path of names parted by dots; the whole at the empty one.
fn find<'v>(value: &'v Json, path: &str) -> Option<&'v Json> {
    if path.is_empty() {
        return Some(value);
    }
    path.split('.').try_fold(value, |value, name| value.get(name))
}

fn find_mut<'v>(value: &'v mut Json, path: &str) -> Option<&'v mut Json> {
    if path.is_empty() {
        return Some(value);
    }
    path.split('.').try_fold(value, |value, name| value.get_mut(name))
}

/// Turns a list of names with values into an object.
fn spread(message: &mut Json, pairs: &Pairs) {
    let Some(place) = find_mut(message, &pairs.at) else { return };
    let Some(list) = place.as_array() else { return };
    let mut fields = Map::new();
    for element in list {
        let Some(name) = find(element, &pairs.name).and_then(Json::as_str) else { continue };
        let mut values = pairs.value.iter().filter_map(|path| find(element, path));
        if let Some(value) = values.find(|value| !value.is_null()) {
            join(&mut fields, name.to_owned(), value.clone());
        }
    }
    *place = Json::Object(fields);
}

fn pointer(path: &str) -> String {
    if path.starts_with(HEADER) { path.to_owned() } else { format!("/{}", path.replace('.', "/")) }
}

fn hash(bytes: &[u8]) -> String {
    base16ct::lower::encode_string(&Sha256::digest(bytes))
}

#[cfg(test)]
mod tests;
