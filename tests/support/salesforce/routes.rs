//! Who answers what.

use serde_json::{Value, json};

use super::state::{Asked, State};
use super::{Said, composite, error, oauth, objects, soql};

pub const DATA: &str = "/services/data/v67.0";

pub fn answer(state: &mut State, asked: &Asked, authorization: &str) -> Said {
    if asked.path == "/services/oauth2/token" {
        return oauth::token(state, &asked.method, &asked.body);
    }
    if let Some(query) = asked.path.strip_prefix("/services/oauth2/authorize?") {
        return oauth::authorize(state, query);
    }
    if asked.path == "/services/data/" {
        let told =
            |version: &&str| json!({ "label": "", "url": format!("/services/data/v{version}"), "version": version });
        return (200, state.versions.iter().map(told).collect());
    }
    let token = authorization.strip_prefix("Bearer ").unwrap_or_default();
    if !state.oauth.access.contains(token) {
        return error(401, "INVALID_SESSION_ID", "Session expired or invalid");
    }
    if asked.path == "/services/oauth2/userinfo" {
        return (
            200,
            json!({ "user_id": state.oauth.user, "organization_id": "00D000000000001AAA", "name": "Ana Ruiz" }),
        );
    }
    if state.used >= state.limit {
        return error(403, "REQUEST_LIMIT_EXCEEDED", "TotalRequests Limit exceeded.");
    }
    state.used += 1;
    if !state.says.is_empty() {
        let (status, code) = state.says.remove(0);
        return error(status, code, "not now");
    }
    if asked.path == format!("{DATA}/composite") && asked.method == "POST" {
        return composite::composite(state, &asked.body);
    }
    if asked.path == format!("{DATA}/limits") {
        let left = state.limit - state.used;
        return (200, json!({ "DailyApiRequests": { "Max": state.limit, "Remaining": left } }));
    }
    within(state, asked)
}

/// What can be part of a composite as well.
pub fn within(state: &mut State, asked: &Asked) -> Said {
    let missing = || error(404, "NOT_FOUND", "The requested resource does not exist");
    let Some(rest) = asked.path.strip_prefix(DATA) else { return missing() };
    let (path, query) = rest.split_once('?').unwrap_or((rest, ""));
    let parts: Vec<&str> = path.trim_start_matches('/').split('/').collect();
    match (asked.method.as_str(), parts.as_slice()) {
        ("GET", [which @ ("query" | "queryAll")]) => {
            let text = oauth::form(query).into_iter().find(|pair| pair.0 == "q").map(|pair| pair.1).unwrap_or_default();
            soql::first(state, &text, *which == "queryAll")
        }
        ("GET", ["query" | "queryAll", _]) => soql::next(state, &asked.path),
        ("GET", ["sobjects", object, "describe"]) => match objects::known(object) {
            Some(object) if !state.forbidden.contains(object) => objects::describe(state, object),
            _ => missing(),
        },
        (_, ["sobjects", object, place @ ..]) => match objects::known(object) {
            Some(object) if !state.forbidden.contains(object) => objects::one(state, asked, object, place, query),
            _ => missing(),
        },
        _ => missing(),
    }
}

/// A page of rows, and where the next one is.
pub fn page(total: usize, rows: Vec<Value>, next: Option<String>) -> Said {
    let mut body = json!({ "totalSize": total, "done": next.is_none(), "records": rows });
    if let Some(next) = next {
        body["nextRecordsUrl"] = json!(next);
    }
    (200, body)
}
