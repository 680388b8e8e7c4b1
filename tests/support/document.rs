//! The hub's own account of its API, against which every answer is held.

#![allow(dead_code, reason = "each test file uses its part")]

use std::sync::OnceLock;

use reqwest::header::HeaderMap;
use serde_json::Value;

use crate::schema::Schemas;

/// The document, once it was fetched.
pub static DOCUMENT: OnceLock<Value> = OnceLock::new();

/// What was asked, and what came of it.
pub struct Exchange<'e> {
    pub method: &'e str,
    pub path: &'e str,
    pub sent: &'e [u8],
    pub status: u16,
    pub headers: &'e HeaderMap,
    /// Where the answer was read to its end.
    pub text: Option<&'e str>,
}

/// The operation that answers this, if there is one.
fn operation<'d>(document: &'d Value, method: &str, path: &str) -> Option<&'d Value> {
    let path = path.split('?').next().unwrap_or_default();
    let fits = |template: &str| {
        let (template, path) = (template.split('/'), path.split('/'));
        template.clone().count() == path.clone().count()
            && template.zip(path).all(|(part, asked)| part == asked || (part.starts_with('{') && !asked.is_empty()))
    };
    let paths = document["paths"].as_object().unwrap();
    let found = paths.get(path).or_else(|| paths.iter().find(|(template, _)| fits(template)).map(|(_, item)| item))?;
    found.get(method.to_lowercase())
}

/// The answer is one that the document tells of, and so is the body that was taken.
pub fn check(document: &Value, said: &Exchange<'_>) {
    let Some(operation) = operation(document, said.method, said.path) else { return };
    let what = format!("{} {}: {}", said.method, said.path, said.status);
    let told = &operation["responses"][said.status.to_string()];
    assert!(told.is_object(), "{what} is not in the document: {:?}", said.text);
    let header = |name: &str| said.headers.get(name).map_or("", |value| value.to_str().unwrap());
    let content = &told["content"][header("content-type")];
    assert!(content.is_object(), "{what}: the document does not tell of {}", header("content-type"));
    assert!(told["headers"]["X-Request-Id"].is_object() && !header("x-request-id").is_empty(), "{what}");
    let parse = |text: &[u8]| serde_json::from_slice::<Value>(text).ok();
    let is_in_lines = header("content-type") == "application/x-ndjson";
    if let Some(value) = said.text.filter(|_| !is_in_lines).and_then(|text| parse(text.as_bytes())) {
        let schemas = Schemas { document, is_strict: !said.path.ends_with("openapi.json") };
        schemas.check(&content["schema"], &value, "").unwrap_or_else(|wrong| panic!("{what}: {wrong}\n{value}"));
    }
    // A sender with a mapping posts whatever that reads.
    if said.path == "/v1/intake/form" {
        return;
    }
    let asked = &operation["requestBody"]["content"]["application/json"]["schema"];
    if let (200, Value::Object(_), Some(sent)) = (said.status, asked, parse(said.sent)) {
        let schemas = Schemas { document, is_strict: false };
        schemas.check(asked, &sent, "").unwrap_or_else(|wrong| panic!("{what}, asked with {wrong}"));
    }
}
