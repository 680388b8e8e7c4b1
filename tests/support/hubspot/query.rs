//! What stands behind the question mark.

use std::collections::BTreeMap;

use super::answer::{Answer, bad};

/// A query, taken apart. A name may come more than once.
pub struct Query(BTreeMap<String, Vec<String>>);

impl Query {
    pub fn of(text: &str) -> Self {
        let mut all = BTreeMap::<String, Vec<String>>::new();
        for pair in text.split('&').filter(|pair| !pair.is_empty()) {
            let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
            all.entry(plain(name)).or_default().push(plain(value));
        }
        Self(all)
    }

    pub fn names(&self) -> impl Iterator<Item = (&String, &Vec<String>)> {
        self.0.iter()
    }

    pub fn one(&self, name: &str) -> Option<&str> {
        self.0.get(name).and_then(|all| all.last()).map(String::as_str)
    }

    /// A list, repeated as the documents say, or parted by commas as the service takes it too.
    pub fn list(&self, name: &str) -> Vec<String> {
        let all = self.0.get(name).into_iter().flatten();
        all.flat_map(|value| value.split(',')).filter(|value| !value.is_empty()).map(str::to_owned).collect()
    }

    pub fn is(&self, name: &str) -> bool {
        self.one(name) == Some("true")
    }

    pub fn number(&self, name: &str, otherwise: usize) -> Result<usize, Answer> {
        let Some(text) = self.one(name) else { return Ok(otherwise) };
        text.parse().map_err(|_| bad(&format!("{name} is no number: {text}")))
    }
}

/// A value without its percent signs.
pub fn plain(text: &str) -> String {
    let bytes = text.as_bytes();
    let mut plain = Vec::with_capacity(bytes.len());
    let mut at = 0;
    while at < bytes.len() {
        let coded = bytes.get(at + 1..at + 3).and_then(|pair| std::str::from_utf8(pair).ok());
        match (bytes[at], coded.and_then(|pair| u8::from_str_radix(pair, 16).ok())) {
            (b'%', Some(byte)) => {
                plain.push(byte);
                at += 2;
            }
            (b'+', _) => plain.push(b' '),
            (byte, _) => plain.push(byte),
        }
        at += 1;
    }
    String::from_utf8_lossy(&plain).into_owned()
}
