//! The address of a service, with what is known of a lead in it.

use std::collections::BTreeMap;

use super::DOMAIN;
use crate::hub::outgoing::Address;
use crate::source::files::text_paths;

/// An address with places for what is known, such as `https://api.example/companies?domain={domain}`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Template {
    /// What stands before the first place.
    head: String,
    /// Each place, with what follows it.
    places: Vec<(String, String)>,
}

impl Template {
    /// Reads an address. What is known of a lead never says which host is called.
    ///
    /// # Errors
    /// It is no address, or a place in it is none; with what to do.
    pub fn parse(written: &str) -> Result<Self, String> {
        let mut pieces = written.split('{');
        let head = pieces.next().unwrap_or_default().to_owned();
        let place = |piece: &str| {
            let (name, rest) = piece.split_once('}').ok_or("a `{` is never closed; put `}` after the name")?;
            if name != DOMAIN && !text_paths().any(|path| path == name) {
                let known: Vec<String> = text_paths().collect();
                return Err(format!("nothing is called {{{name}}}; there are {DOMAIN}, {}", known.join(", ")));
            }
            Ok((name.to_owned(), rest.to_owned()))
        };
        let template = Self { head, places: pieces.map(place).collect::<Result<_, String>>()? };
        let host_ends = template.head.split_once("://").is_some_and(|(_, rest)| rest.contains(['/', '?']));
        if !template.places.is_empty() && !host_ends {
            return Err("what is known of a lead must not name the host; put the place behind it".into());
        }
        template.with(|_| Some("x"))?;
        Ok(template)
    }

    /// The address for one lead; nothing where something that belongs into it is not known.
    pub(super) fn fill(&self, known: &BTreeMap<String, String>) -> Result<Option<Address>, String> {
        self.with(|name| known.get(name).map(String::as_str))
    }

    fn with<'k>(&self, known: impl Fn(&str) -> Option<&'k str>) -> Result<Option<Address>, String> {
        let mut url = self.head.clone();
        for (name, rest) in &self.places {
            let Some(text) = known(name) else { return Ok(None) };
            push(&mut url, text);
            url.push_str(rest);
        }
        Address::parse(&url).map(Some)
    }
}

/// Whatever means something in an address is written as bytes; two dots as well, which lead up a path.
fn push(url: &mut String, text: &str) {
    let is_dots = text.chars().all(|c| c == '.');
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() || (matches!(byte, b'-' | b'_' | b'~' | b'.') && !is_dots) {
            url.push(char::from(byte));
        } else {
            url.push_str(&format!("%{byte:02X}"));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_known_goes_into_the_path_and_never_beyond_it() {
        let template = Template::parse("https://api.example/v1/{company.name}?d={domain}").unwrap();
        let known = |name: &str| {
            [("company.name", name), ("domain", "a.example")]
                .map(|(path, text)| (path.to_owned(), text.to_owned()))
                .into()
        };
        let filled = |name: &str| template.fill(&known(name)).unwrap();
        for (name, url) in [
            ("Acme", "https://api.example/v1/Acme?d=a.example"),
            ("A/../B?x=1#y&z", "https://api.example/v1/A%2F..%2FB%3Fx%3D1%23y%26z?d=a.example"),
            ("Jörg", "https://api.example/v1/J%C3%B6rg?d=a.example"),
        ] {
            assert_eq!(filled(name), Some(Address::parse(url).unwrap()), "{name}");
        }
        assert_eq!(template.fill(&BTreeMap::new()).unwrap(), None);
    }

    #[test]
    fn a_place_must_be_known_and_behind_the_host() {
        for (written, words) in [
            ("https://{domain}/", "must not name the host"),
            ("https://api.{domain}", "must not name the host"),
            ("https://api.example/{domain", "never closed"),
            ("https://api.example/{secret}", "nothing is called {secret}"),
            ("ftp://api.example/{domain}", "https"),
            ("api.example", "no address"),
        ] {
            let error = Template::parse(written).unwrap_err();
            assert!(error.contains(words), "{written}: {error}");
        }
    }
}
