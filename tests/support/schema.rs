//! Whether a value is what a schema says (JSON Schema, as far as the hub's document uses it). A word that is not known
//! here is an error, so that nothing passes unread.

use std::collections::BTreeSet;

use serde_json::{Map, Value};

/// What a value must be, within a document whose parts name each other.
pub struct Schemas<'d> {
    /// The document.
    pub document: &'d Value,
    /// Every field of an object must be told of.
    pub is_strict: bool,
}

type Found = Result<BTreeSet<String>, String>;

impl Schemas<'_> {
    /// Checks a value as a whole.
    pub fn check(&self, schema: &Value, value: &Value, at: &str) -> Result<(), String> {
        let told = self.walk(schema, value, at)?;
        let Value::Object(fields) = value else { return Ok(()) };
        match fields.keys().find(|name| !told.contains(*name)) {
            Some(name) if self.is_strict => Err(format!("{at}/{name} is not told of")),
            _ => Ok(()),
        }
    }

    /// The fields that the schema tells of.
    fn walk(&self, schema: &Value, value: &Value, at: &str) -> Found {
        let Value::Object(words) = schema else { return Err(format!("{at}: {schema} is no schema")) };
        let mut told = BTreeSet::new();
        for (word, said) in words {
            match word.as_str() {
                "$ref" => told.extend(self.walk(self.named(said), value, at)?),
                "allOf" => {
                    for part in said.as_array().unwrap() {
                        told.extend(self.walk(part, value, at)?);
                    }
                }
                "oneOf" | "anyOf" => {
                    let tries = said.as_array().unwrap().iter().map(|part| self.walk(part, value, at));
                    let (good, bad): (Vec<Found>, Vec<Found>) = tries.partition(Result::is_ok);
                    if good.is_empty() || (word == "oneOf" && good.len() > 1) {
                        return Err(format!("{at}: {} of {word} fit {value}: {bad:?}", good.len()));
                    }
                    told.extend(good.into_iter().flatten().flatten());
                }
                "type" => self.must(is_of_type(said, value), at, value, schema)?,
                "enum" => self.must(said.as_array().unwrap().contains(value), at, value, schema)?,
                "minimum" => {
                    self.must(value.as_f64().is_none_or(|n| n >= said.as_f64().unwrap()), at, value, schema)?;
                }
                "maximum" => {
                    self.must(value.as_f64().is_none_or(|n| n <= said.as_f64().unwrap()), at, value, schema)?;
                }
                "minLength" | "maxLength" => {
                    let length = value.as_str().map(|text| text.chars().count() as u64);
                    let most = said.as_u64().unwrap();
                    let fits = |n: u64| if word == "minLength" { n >= most } else { n <= most };
                    self.must(length.is_none_or(fits), at, value, schema)?;
                }
                "minItems" | "maxItems" => {
                    let length = value.as_array().map(|all| all.len() as u64);
                    let most = said.as_u64().unwrap();
                    let fits = |n: u64| if word == "minItems" { n >= most } else { n <= most };
                    self.must(length.is_none_or(fits), at, value, schema)?;
                }
                "format" => self.must(is_of_format(said, value), at, value, schema)?,
                "required" => {
                    for name in said.as_array().unwrap() {
                        let has = value.as_object().is_none_or(|fields| fields.contains_key(name.as_str().unwrap()));
                        self.must(has, at, value, schema)?;
                    }
                }
                "items" => {
                    for (n, item) in value.as_array().into_iter().flatten().enumerate() {
                        self.check(said, item, &format!("{at}/{n}"))?;
                    }
                }
                "properties" => {
                    for (name, part) in said.as_object().unwrap() {
                        if let Some(field) = value.get(name) {
                            self.check(part, field, &format!("{at}/{name}"))?;
                            told.insert(name.clone());
                        }
                    }
                }
                "additionalProperties" => told.extend(self.others(words, said, value, at)?),
                "propertyNames" | "description" | "default" | "title" | "examples" | "pattern" => {}
                _ => return Err(format!("{at}: “{word}” is not known to this test")),
            }
        }
        // Where nothing is said, anything may be.
        if words.is_empty() || words.keys().all(|word| ["default", "description"].contains(&word.as_str())) {
            told.extend(value.as_object().into_iter().flat_map(Map::keys).cloned());
        }
        Ok(told)
    }

    /// The fields beside those that have a name.
    fn others(&self, words: &Map<String, Value>, said: &Value, value: &Value, at: &str) -> Found {
        let is_named = |name: &str| words.get("properties").is_some_and(|all| all.get(name).is_some());
        let mut told = BTreeSet::new();
        for (name, field) in value.as_object().into_iter().flatten().filter(|(name, _)| !is_named(name)) {
            match said {
                Value::Bool(false) => return Err(format!("{at}/{name} is not to be there")),
                Value::Bool(true) => {}
                schema => self.check(schema, field, &format!("{at}/{name}"))?,
            }
            told.insert(name.clone());
        }
        Ok(told)
    }

    fn named(&self, said: &Value) -> &Value {
        let place = said.as_str().unwrap().strip_prefix('#').unwrap();
        self.document.pointer(place).unwrap_or_else(|| panic!("there is no {said}"))
    }

    fn must(&self, fits: bool, at: &str, value: &Value, schema: &Value) -> Result<(), String> {
        if fits { Ok(()) } else { Err(format!("{at}: {value} is not what {schema} says")) }
    }
}

fn is_of_type(said: &Value, value: &Value) -> bool {
    let is = |name: &Value| match name.as_str().unwrap() {
        "null" => value.is_null(),
        "boolean" => value.is_boolean(),
        "integer" => value.is_i64() || value.is_u64(),
        "number" => value.is_number(),
        "string" => value.is_string(),
        "array" => value.is_array(),
        "object" => value.is_object(),
        other => panic!("“{other}” is no type"),
    };
    said.as_array().map_or_else(|| is(said), |any| any.iter().any(is))
}

fn is_of_format(said: &Value, value: &Value) -> bool {
    let Some(text) = value.as_str() else { return true };
    match said.as_str().unwrap() {
        "date-time" => chrono::DateTime::parse_from_rfc3339(text).is_ok(),
        "uuid" => uuid::Uuid::parse_str(text).is_ok(),
        other => panic!("“{other}” is not known to this test"),
    }
}
