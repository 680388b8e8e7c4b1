//! Whether a request is one that a service's published documents tell of. They are not ours and lie outside the
//! repository, in the folder that `LEADBOX_HUBSPOT_SPECS` names; where it is not set, nothing is checked.
//!
//! What is known to be wrong in them, and taken otherwise here:
//! - `sorts` of a search is said to hold texts, while the service takes objects `{propertyName, direction}`.
//! - `subCategory` of one error of a batch is said to be an object; the service sends a text.
//! - The scheme of a token is said to be an API key under another name; the service takes `Authorization: Bearer`.
//! - A batch that went wrong in part answers 207, of which the documents do not tell; its shape is that of 200.

#![allow(dead_code, reason = "each test file uses its part")]

use std::collections::BTreeMap;
use std::path::Path;
use std::{env, fs};

use serde_json::{Map, Value, json};

use crate::schema::Schemas;

/// A request as it was sent.
#[derive(Clone, Copy, Debug)]
pub struct Sent<'s> {
    pub method: &'s str,
    /// Without the query.
    pub path: &'s str,
    /// Without the question mark.
    pub query: &'s str,
    /// Names in lower case.
    pub headers: &'s [(String, String)],
    pub body: &'s [u8],
}

/// Published documents, by name.
pub struct Specs(Vec<(String, Value)>);

impl Specs {
    /// Those of HubSpot, if they are at hand.
    pub fn of_hubspot() -> Option<Self> {
        let Some(folder) = env::var_os("LEADBOX_HUBSPOT_SPECS") else {
            eprintln!("LEADBOX_HUBSPOT_SPECS is not set: no request is held against HubSpot's documents");
            return None;
        };
        Some(Self::read(Path::new(&folder)))
    }

    fn read(folder: &Path) -> Self {
        let files = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
        let files = files.filter(|file| file.extension().is_some_and(|ext| ext == "json"));
        let read = |file: std::path::PathBuf| {
            let text = fs::read_to_string(&file).unwrap();
            (file.file_stem().unwrap().to_str().unwrap().to_owned(), serde_json::from_str(&text).unwrap())
        };
        Self::new(files.map(read).collect())
    }

    /// These documents, as they were published.
    pub fn new(mut documents: Vec<(String, Value)>) -> Self {
        assert!(!documents.is_empty(), "there are no documents");
        for (_, document) in &mut documents {
            for (name, schema) in document["components"]["schemas"].as_object_mut().into_iter().flatten() {
                clean(schema);
                mend(name, schema);
            }
            for item in document["paths"].as_object_mut().into_iter().flat_map(Map::values_mut) {
                for operation in item.as_object_mut().into_iter().flat_map(Map::values_mut) {
                    for parameter in operation["parameters"].as_array_mut().into_iter().flatten() {
                        clean(&mut parameter["schema"]);
                    }
                    for content in
                        operation["requestBody"]["content"].as_object_mut().into_iter().flat_map(Map::values_mut)
                    {
                        clean(&mut content["schema"]);
                    }
                }
            }
        }
        Self(documents)
    }

    /// The request is one that they tell of; otherwise what is wrong with it.
    pub fn check(&self, sent: &Sent<'_>) -> Result<(), String> {
        let found = self.find(sent.method, sent.path)?;
        let what = |wrong: String| format!("{} {}: {wrong}", sent.method, sent.path);
        found.parameters(sent).map_err(what)?;
        found.headers(sent).map_err(what)?;
        found.body(sent).map_err(what)
    }

    /// The answer is one that they tell of, with this status and body.
    pub fn check_answer(&self, method: &str, path: &str, status: u16, body: Option<&Value>) -> Result<(), String> {
        let found = self.find(method, path)?;
        let told = &found.operation["responses"];
        let code = if status == 207 { "200".to_owned() } else { status.to_string() };
        let told = told.get(&code).or_else(|| told.get("default").filter(|_| status >= 400));
        let told = told.ok_or_else(|| format!("{method} {path}: {status} is not told of"))?;
        let told = told["$ref"].as_str().map_or(Some(told), |place| found.document.pointer(&place[1..])).unwrap();
        let content = told["content"].as_object().and_then(|kinds| kinds.values().next());
        match (content, body) {
            (Some(content), Some(body)) => {
                let schemas = Schemas { document: found.document, is_strict: status < 400 };
                schemas.check(&content["schema"], body, "").map_err(|wrong| format!("{method} {path}: {wrong}"))
            }
            (None, None) => Ok(()),
            _ => Err(format!("{method} {path}: {status} comes with a body, or without one")),
        }
    }

    /// The operation, in the document that is about this type of object. A part that is written out goes before one
    /// that stands for any.
    fn find(&self, method: &str, path: &str) -> Result<Found<'_>, String> {
        let mut best: Option<(usize, Found<'_>)> = None;
        let mut is_known = false;
        for (name, document) in &self.0 {
            for (template, item) in document["paths"].as_object().into_iter().flatten() {
                let Some(values) = fits(template, path) else { continue };
                // The documents of objects have the same paths; each is about one type.
                let is_of_objects = template.starts_with("/crm/objects/") && template.contains("{objectType}");
                if is_of_objects && values.get("objectType").is_some_and(|kind| kind != name) && name != "associations"
                {
                    continue;
                }
                is_known = true;
                let operation = &item[method.to_lowercase()];
                let wild = values.len();
                if operation.is_object() && best.as_ref().is_none_or(|(least, _)| wild < *least) {
                    best = Some((wild, Found { document, operation, values }));
                }
            }
        }
        let why = if is_known { "no such method" } else { "no such path" };
        best.map(|one| one.1).ok_or_else(|| format!("{method} {path}: {why} is published"))
    }
}

/// What answers a request.
struct Found<'d> {
    document: &'d Value,
    operation: &'d Value,
    /// What stands in the path, by name.
    values: BTreeMap<String, String>,
}

impl Found<'_> {
    fn schemas(&self) -> Schemas<'_> {
        Schemas { document: self.document, is_strict: true }
    }

    fn parameters(&self, sent: &Sent<'_>) -> Result<(), String> {
        let mut asked = BTreeMap::<String, Vec<String>>::new();
        for pair in sent.query.split('&').filter(|pair| !pair.is_empty()) {
            let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
            asked.entry(plain(name)?).or_default().push(plain(value)?);
        }
        for parameter in self.operation["parameters"].as_array().into_iter().flatten() {
            let (name, schema) = (parameter["name"].as_str().unwrap(), &parameter["schema"]);
            let values = match parameter["in"].as_str() {
                Some("path") => self.values.get(name).map(|value| vec![value.clone()]),
                Some("query") => match name.split_once('{') {
                    // One parameter for any number of names.
                    Some((start, _)) => {
                        asked.retain(|name, _| !name.starts_with(start));
                        continue;
                    }
                    None => asked.remove(name),
                },
                _ => continue,
            };
            match values {
                Some(values) => {
                    let value = typed(schema, &values).ok_or_else(|| format!("{name} is given more than once"))?;
                    self.schemas().check(schema, &value, name)?;
                }
                None if parameter["required"] == json!(true) => return Err(format!("{name} is missing")),
                None => {}
            }
        }
        match asked.keys().next() {
            Some(name) => Err(format!("the query's {name} is not published")),
            None => Ok(()),
        }
    }

    fn headers(&self, sent: &Sent<'_>) -> Result<(), String> {
        let header = |name: &str| sent.headers.iter().find(|header| header.0 == name).map(|header| header.1.as_str());
        let needs_token = self.operation["security"].as_array().is_some_and(|schemes| !schemes.is_empty());
        if needs_token && !header("authorization").is_some_and(|value| value.starts_with("Bearer ")) {
            return Err("there is no token".to_owned());
        }
        for parameter in self.operation["parameters"].as_array().into_iter().flatten() {
            let name = parameter["name"].as_str().unwrap().to_lowercase();
            if parameter["in"] == "header" && parameter["required"] == json!(true) && header(&name).is_none() {
                return Err(format!("the header {name} is missing"));
            }
        }
        Ok(())
    }

    fn body(&self, sent: &Sent<'_>) -> Result<(), String> {
        let told = &self.operation["requestBody"];
        if sent.body.is_empty() {
            return if told["required"] == json!(true) { Err("the body is missing".to_owned()) } else { Ok(()) };
        }
        let Some(contents) = told["content"].as_object() else { return Err("no body is published".to_owned()) };
        let header = sent.headers.iter().find(|header| header.0 == "content-type").map_or("", |header| &header.1);
        let kind = header.split(';').next().unwrap_or_default().trim();
        let content = contents.get(kind).ok_or_else(|| format!("a body of the type “{kind}” is not published"))?;
        let body = if kind == "application/json" {
            serde_json::from_slice(sent.body).map_err(|wrong| wrong.to_string())?
        } else {
            let text = std::str::from_utf8(sent.body).map_err(|wrong| wrong.to_string())?;
            let pairs = text.split('&').map(|pair| pair.split_once('=').unwrap_or((pair, "")));
            let pairs = pairs.map(|(name, value)| Ok((plain(name)?, Value::String(plain(value)?))));
            Value::Object(pairs.collect::<Result<_, String>>()?)
        };
        self.schemas().check(&content["schema"], &body, "")
    }
}

/// What stands for the names of a template, if the path is of its kind.
fn fits(template: &str, path: &str) -> Option<BTreeMap<String, String>> {
    let (parts, asked) = (template.split('/'), path.split('/'));
    if parts.clone().count() != asked.clone().count() {
        return None;
    }
    let mut values = BTreeMap::new();
    for (part, asked) in parts.zip(asked) {
        match part.strip_prefix('{').and_then(|part| part.strip_suffix('}')) {
            Some(name) if !asked.is_empty() => drop(values.insert(name.to_owned(), plain(asked).ok()?)),
            None if part == asked => {}
            _ => return None,
        }
    }
    Some(values)
}

/// What a parameter says, as its schema counts; nothing where one is given twice that is no list.
fn typed(schema: &Value, values: &[String]) -> Option<Value> {
    let one = |schema: &Value, text: &String| match schema["type"].as_str() {
        Some("integer" | "number" | "boolean") => serde_json::from_str(text).unwrap_or_else(|_| json!(text)),
        _ => json!(text),
    };
    match (schema["type"].as_str(), values) {
        (Some("array"), _) => Some(values.iter().map(|text| one(&schema["items"], text)).collect()),
        (_, [text]) => Some(one(schema, text)),
        _ => None,
    }
}

/// Takes out of a schema what says nothing about a value, and puts the rest as [`Schemas`] reads it.
fn clean(schema: &mut Value) {
    let Some(words) = schema.as_object_mut() else { return };
    words.retain(|word, _| word != "example" && !word.starts_with("x-"));
    if words.remove("nullable") == Some(json!(true)) {
        let kind = words["type"].clone();
        words["type"] = json!([kind, "null"]);
    }
    match words.get("format").and_then(Value::as_str) {
        Some("int32") => {
            words.remove("format");
            words.insert("minimum".to_owned(), json!(i32::MIN));
            words.insert("maximum".to_owned(), json!(i32::MAX));
        }
        Some("int64") => drop(words.remove("format")),
        _ => {}
    }
    for (word, said) in words.iter_mut() {
        match (word.as_str(), said) {
            ("properties", Value::Object(fields)) => fields.values_mut().for_each(clean),
            ("items" | "additionalProperties", said) => clean(said),
            ("allOf" | "oneOf" | "anyOf", Value::Array(parts)) => parts.iter_mut().for_each(clean),
            _ => {}
        }
    }
}

/// What is known to be wrong is put right; see above.
fn mend(name: &str, schema: &mut Value) {
    match name {
        "PublicObjectSearchRequest" => {
            schema["properties"]["sorts"]["items"] = json!({
                "type": "object",
                "required": ["propertyName", "direction"],
                "properties": {
                    "propertyName": { "type": "string" },
                    "direction": { "type": "string", "enum": ["ASCENDING", "DESCENDING"] },
                },
            });
        }
        "StandardError" => schema["properties"]["subCategory"] = json!({}),
        _ => {}
    }
}

/// A part of an address without its percent signs, which must be whole.
fn plain(text: &str) -> Result<String, String> {
    let mut plain = Vec::new();
    let mut bytes = text.bytes();
    while let Some(byte) = bytes.next() {
        let coded = || format!("{text} is not written as addresses are");
        match byte {
            b'%' => {
                let pair = [bytes.next().ok_or_else(coded)?, bytes.next().ok_or_else(coded)?];
                let pair = std::str::from_utf8(&pair).map_err(|_| coded())?;
                plain.push(u8::from_str_radix(pair, 16).map_err(|_| coded())?);
            }
            b'+' => plain.push(b' '),
            other => plain.push(other),
        }
    }
    String::from_utf8(plain).map_err(|wrong| wrong.to_string())
}
