//! A lead read without its extras and the verdicts of its pre-flight. They are more than half of a record, no list shows
//! anything of them, and a first sync reads very many leads whose records are kept as they came: it is looked whether they
//! are what they should be, and nothing is made of them.

use std::{fmt, iter};

use serde::de::value::{MapDeserializer, SeqDeserializer, StrDeserializer};
use serde::de::{DeserializeSeed, Deserializer, Error, IgnoredAny, MapAccess, Visitor};
use serde::{Deserialize, forward_to_deserialize_any};

use crate::handoff::lead::Lead;
use crate::handoff::unread::Unread;

/// What is passed over.
#[derive(Clone, Copy)]
enum Part {
    Extras,
    Preflight,
}

impl Part {
    fn named(field: &str) -> Option<Self> {
        match field {
            "extras" => Some(Self::Extras),
            "preflight" => Some(Self::Preflight),
            _ => None,
        }
    }
}

/// What it says beside these parts.
///
/// # Errors
/// It is no lead.
pub(super) fn lead(record: &Unread<Lead>) -> serde_json::Result<Lead> {
    let mut json = serde_json::Deserializer::from_str(record.json());
    let lead = Lead::deserialize(Light(&mut json))?;
    json.end()?;
    Ok(lead)
}

/// Whoever is read by this gets none of these parts.
struct Light<T>(T);

impl<'de, D: Deserializer<'de>> Deserializer<'de> for Light<D> {
    type Error = D::Error;

    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, D::Error> {
        self.0.deserialize_map(Light(visitor))
    }

    forward_to_deserialize_any! {
        bool i8 i16 i32 i64 i128 u8 u16 u32 u64 u128 f32 f64 char str string bytes byte_buf option unit unit_struct
        newtype_struct seq tuple tuple_struct map struct enum identifier ignored_any
    }
}

impl<'de, V: Visitor<'de>> Visitor<'de> for Light<V> {
    type Value = V::Value;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.expecting(f)
    }

    fn visit_map<A: MapAccess<'de>>(self, fields: A) -> Result<V::Value, A::Error> {
        self.0.visit_map(Fields { fields, part: None })
    }
}

struct Fields<A> {
    fields: A,
    /// The value that comes next is that of this one.
    part: Option<Part>,
}

impl<'de, A: MapAccess<'de>> MapAccess<'de> for Fields<A> {
    type Error = A::Error;

    fn next_key_seed<K: DeserializeSeed<'de>>(&mut self, seed: K) -> Result<Option<K::Value>, A::Error> {
        let name = self.fields.next_key_seed(Name(seed))?;
        self.part = name.as_ref().and_then(|(_, part)| *part);
        Ok(name.map(|(name, _)| name))
    }

    fn next_value_seed<V: DeserializeSeed<'de>>(&mut self, seed: V) -> Result<V::Value, A::Error> {
        match self.part {
            None => self.fields.next_value_seed(seed),
            Some(Part::Extras) => {
                self.fields.next_value::<Texts>()?;
                seed.deserialize(MapDeserializer::new(iter::empty::<(&str, &str)>()))
            }
            Some(Part::Preflight) => {
                self.fields.next_value::<Vec<Verdict>>()?;
                seed.deserialize(SeqDeserializer::new(iter::empty::<&str>()))
            }
        }
    }
}

/// The name of a field as it is wanted, and which of the parts that is.
struct Name<K>(K);

impl<'de, K: DeserializeSeed<'de>> DeserializeSeed<'de> for Name<K> {
    type Value = (K::Value, Option<Part>);

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Self::Value, D::Error> {
        deserializer.deserialize_str(self)
    }
}

impl<'de, K: DeserializeSeed<'de>> Visitor<'de> for Name<K> {
    type Value = (K::Value, Option<Part>);

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the name of a field")
    }

    fn visit_str<E: Error>(self, name: &str) -> Result<Self::Value, E> {
        Ok((self.0.deserialize(StrDeserializer::new(name))?, Part::named(name)))
    }
}

/// Texts by name, which are let go.
struct Texts;

impl<'de> Deserialize<'de> for Texts {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_map(Self)
    }
}

impl<'de> Visitor<'de> for Texts {
    type Value = Self;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("texts by name")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut texts: A) -> Result<Self, A::Error> {
        while texts.next_entry::<IgnoredAny, Text>()?.is_some() {}
        Ok(self)
    }
}

/// A [verdict](crate::handoff::lead::PreflightItem) of the pre-flight, which is let go.
#[derive(Deserialize)]
#[expect(dead_code, reason = "it is looked at, and nothing is made of it")]
struct Verdict {
    item: Text,
    passed: bool,
    why: Option<Text>,
    waived_by: Option<Text>,
}

/// A text, which is let go.
struct Text;

impl<'de> Deserialize<'de> for Text {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_str(Self)
    }
}

impl Visitor<'_> for Text {
    type Value = Self;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a text")
    }

    fn visit_str<E: Error>(self, _: &str) -> Result<Self, E> {
        Ok(self)
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use proptest::prelude::*;

    use super::*;
    use crate::handoff::lead::PreflightItem;

    #[test]
    fn what_is_no_lead_is_none_without_these_parts_either() {
        for json in [
            r#"{"extras":{"plan":7}}"#,
            r#"{"extras":["plan"]}"#,
            r#"{"preflight":[{"item":"names"}]}"#,
            r#"{"preflight":[{"item":"names","passed":true,"why":["x"]}]}"#,
            r#"{"extras":{"plan":"pro"},"person":7}"#,
            r#"{"extras":{}} {}"#,
            r#"{"extras":{"plan":"pro"}"#,
            "7",
        ] {
            let record = Unread::new(json);
            assert_eq!((record.read().is_err(), lead(&record).is_err()), (true, true), "{json}");
        }
    }

    proptest! {
        #[test]
        fn all_but_these_parts_is_read(
            extras in proptest::collection::btree_map("\\PC{0,6}", "[\"\\\\\n\\PC]{0,6}", 0..4),
            whys in proptest::collection::vec(proptest::option::of("[\"\\PC]{0,6}"), 0..3),
            message in proptest::option::of("\\PC{0,9}"),
        ) {
            let verdict = |why| PreflightItem { item: "names".into(), passed: true, waived_by: None, why };
            let preflight = whys.into_iter().map(verdict).collect();
            let mut whole = Lead { message, extras, preflight, ..Lead::default() };
            whole.person.city = Some("Extras: Berlin".into());
            let record = Unread::of(&whole).unwrap();
            prop_assert_eq!(record.read().unwrap(), whole.clone());
            (whole.extras, whole.preflight) = (BTreeMap::new(), Vec::new());
            prop_assert_eq!(lead(&record).unwrap(), whole);
        }
    }
}
