//! Several calls as one: all of them take hold, or none, where one asks for that.

use serde_json::{Value, json};

use super::routes::within;
use super::state::{Asked, State};
use super::{Said, error};

pub fn composite(state: &mut State, body: &str) -> Said {
    let Ok(body) = serde_json::from_str::<Value>(body) else { return error(400, "JSON_PARSER_ERROR", "no JSON") };
    let Some(parts) = body["compositeRequest"].as_array() else {
        return error(400, "JSON_PARSER_ERROR", "compositeRequest is missing");
    };
    let is_query = |part: &&Value| part["url"].as_str().is_some_and(|url| url.contains("/query"));
    if parts.len() > 25 || parts.iter().filter(is_query).count() > 5 {
        return error(400, "LIMIT_EXCEEDED", "too many subrequests");
    }
    let is_all = body["allOrNone"] == true;
    if is_all {
        for (id, values) in std::mem::take(&mut state.meddles) {
            state.write("Lead", Some(&id), values);
        }
    }
    let before = if is_all { state.objects.clone() } else { Default::default() };
    let mut results: Vec<(String, Said)> = Vec::new();
    for part in parts {
        let reference = part["referenceId"].as_str().unwrap_or_default();
        let is_word = |c: char| c.is_ascii_alphanumeric() || c == '_';
        if reference.is_empty() || !reference.chars().all(is_word) {
            return error(400, "INVALID_INPUT", "referenceId makes no sense");
        }
        let since = part["httpHeaders"]["If-Unmodified-Since"].as_str().unwrap_or_default().to_owned();
        let text = |name: &str| part[name].as_str().unwrap_or_default().to_owned();
        let asked = Asked { method: text("method"), path: text("url"), body: part["body"].to_string(), since };
        results.push((reference.to_owned(), within(state, &asked)));
    }
    let failed = results.iter().any(|(_, (status, _))| *status >= 400);
    if is_all && failed {
        state.objects = before;
        for (_, said) in results.iter_mut().filter(|(_, said)| said.0 < 400) {
            let why = "The transaction was rolled back since another operation in the same transaction failed.";
            *said = error(400, "PROCESSING_HALTED", why);
        }
    }
    let told = results.into_iter().map(|(reference, (status, body))| {
        json!({ "body": body, "httpHeaders": {}, "httpStatusCode": status, "referenceId": reference })
    });
    (200, json!({ "compositeResponse": told.collect::<Vec<_>>() }))
}
