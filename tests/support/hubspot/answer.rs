//! Answers in the shapes of the published documents.

use chrono::{DateTime, SecondsFormat};
use serde_json::{Value, json};

/// An answer on its way out.
#[derive(Clone, Debug)]
pub struct Answer {
    pub status: u16,
    pub headers: Vec<(&'static str, String)>,
    pub body: Option<Value>,
}

/// The answer, or the error that comes instead.
pub type Said = Result<Answer, Answer>;

impl Answer {
    pub fn new(status: u16, body: Value) -> Self {
        Self { status, headers: Vec::new(), body: Some(body) }
    }

    pub fn empty() -> Self {
        Self { status: 204, headers: Vec::new(), body: None }
    }
}

/// An error without more. Its `correlationId` is put in on the way out.
pub fn error(status: u16, category: &str, message: &str) -> Answer {
    Answer::new(status, json!({ "status": "error", "message": message, "correlationId": "", "category": category }))
}

/// A 400 with one detail.
pub fn invalid(code: &str, property: &str, message: &str) -> Answer {
    let detail = json!({ "message": message, "code": code, "context": { "propertyName": [property] } });
    let mut answer = error(400, "VALIDATION_ERROR", &format!("Property values were not valid: {message}"));
    answer.body.as_mut().unwrap()["errors"] = json!([detail]);
    answer
}

/// A 400 about the request itself.
pub fn bad(message: &str) -> Answer {
    error(400, "VALIDATION_ERROR", message)
}

/// A 404 about a record.
pub fn no_such_object() -> Answer {
    error(404, "OBJECT_NOT_FOUND", "Object not found. objectId are usually numeric.")
}

/// A 404 about a path.
pub fn no_such_path() -> Answer {
    error(404, "OBJECT_NOT_FOUND", "resource not found")
}

/// A 403 for want of a scope.
pub fn missing_scopes(scopes: &[&str]) -> Answer {
    let message = "This app hasn't been granted all required scopes to make this call.";
    let mut answer = error(403, "MISSING_SCOPES", message);
    let detail = "One or more of the following scopes are required.";
    let body = answer.body.as_mut().unwrap();
    body["errors"] = json!([{ "message": detail, "context": { "requiredGranularScopes": scopes } }]);
    body["links"] = json!({ "scopes": "https://developers.hubspot.com/scopes" });
    answer
}

/// What a batch comes to: 200, or 207 where some of it failed.
pub fn batch(status: u16, at: i64, results: Vec<Value>, errors: Vec<Value>) -> Answer {
    let mut body = json!({
        "status": "COMPLETE",
        "results": results,
        "startedAt": iso(at),
        "completedAt": iso(at),
    });
    if errors.is_empty() {
        return Answer::new(status, body);
    }
    body["numErrors"] = json!(errors.len());
    body["errors"] = Value::Array(errors);
    Answer::new(207, body)
}

/// One error of a batch.
pub fn batch_error(category: &str, message: &str, ids: &[String]) -> Value {
    let context = json!({ "ids": ids });
    json!({
        "status": "error", "category": category, "message": message, "context": context, "errors": [], "links": {},
    })
}

/// A list with its paging: those from `after` on, `limit` of them.
pub fn page(all: &[Value], after: usize, limit: usize) -> Value {
    let end = all.len().min(after.saturating_add(limit));
    let mut body = json!({ "results": all.get(after..end).unwrap_or_default() });
    if end < all.len() {
        body["paging"] = json!({ "next": { "after": end.to_string() } });
    }
    body
}

/// Milliseconds since 1970 as answers write them.
pub fn iso(at: i64) -> String {
    DateTime::from_timestamp_millis(at).unwrap().to_rfc3339_opts(SecondsFormat::Millis, true)
}

/// A time as it is written to HubSpot: ISO, or milliseconds since 1970.
pub fn millis(text: &str) -> Option<i64> {
    text.parse().ok().or_else(|| DateTime::parse_from_rfc3339(text).ok().map(|time| time.timestamp_millis()))
}
