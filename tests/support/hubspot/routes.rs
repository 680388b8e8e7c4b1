//! Who may ask what, and where it is answered.

use serde_json::{Value, json};

use super::answer::{Answer, Said, bad, error, missing_scopes, no_such_path};
use super::limits::Asked;
use super::query::Query;
use super::records::{Kind, is_activity, kind as kind_named};
use super::state::State;
use super::{batch, beside, objects, search, staff};

/// The version that every path carries.
const V: &str = "2026-09";
const BETA: &str = "2026-09-beta";

/// Answers a request that reached the service.
pub fn answer(state: &mut State, asked: &Asked) -> Answer {
    if asked.header("authorization") != Some(&format!("Bearer {}", state.account.token)) {
        let message = "Authentication credentials not found. This API supports OAuth 2.0 authentication.";
        return error(401, "INVALID_AUTHENTICATION", message);
    }
    if state.habits.limits
        && let Some(refusal) = state.limits.refuse(&state.account, asked)
    {
        return refusal;
    }
    let mut answer = route(state, asked).unwrap_or_else(|refused| refused);
    if !asked.is_search() && state.habits.limits {
        answer.headers.extend(state.limits.headers(&state.account));
    }
    answer
}

fn route(state: &mut State, asked: &Asked) -> Said {
    let query = Query::of(&asked.query);
    let path = super::query::plain(&asked.path);
    let parts: Vec<&str> = path.trim_matches('/').split('/').collect();
    let body = body(asked)?;
    match (asked.method.as_str(), parts.as_slice()) {
        (method, ["crm", "objects", V, kind, rest @ ..]) => objects_of(state, method, kind, rest, &query, &body, asked),
        (method, ["crm", "properties", V, kind, rest @ ..]) => properties(state, method, kind, rest, &body),
        ("GET", ["crm", "owners", V, rest @ ..]) => {
            needs(state, &["crm.objects.owners.read"])?;
            match rest {
                [] => staff::owners(&state.owners, &query),
                [id] => staff::owner(&state.owners, id, &query),
                _ => Err(no_such_path()),
            }
        }
        ("GET", ["crm", "pipelines", V, kind, rest @ ..]) if rest.len() < 2 => {
            has_kind(state, kind, "read")?;
            match kind_named(kind) {
                Some("leads") => staff::pipelines(&state.pipelines, rest.first().copied()),
                _ => Ok(Answer::new(200, json!({ "results": [] }))),
            }
        }
        ("POST", ["crm", "associations", V, from, to, "batch", "read"]) => {
            has_kind(state, from, "read")?;
            beside::associations(state, from, to, &body)
        }
        ("GET", ["marketing", "lead-scoring", BETA, "score-values", "object-history"]) => {
            if !state.account.has_scoring {
                return Err(missing_scopes(&["oauth"]));
            }
            beside::history(state, &query)
        }
        ("GET", ["events", "event-occurrences", V, rest @ ..]) => {
            if !state.account.has_events {
                return Err(missing_scopes(&["business-intelligence"]));
            }
            match rest {
                [] => beside::events(state, &query),
                ["event-types"] => Ok(beside::event_types(state)),
                _ => Err(no_such_path()),
            }
        }
        _ => Err(no_such_path()),
    }
}

/// The body, which is JSON or nothing.
fn body(asked: &Asked) -> Result<Value, Answer> {
    if asked.body.is_empty() {
        return Ok(Value::Null);
    }
    if !asked.header("content-type").is_some_and(|kind| kind.starts_with("application/json")) {
        return Err(error(415, "VALIDATION_ERROR", "HTTP 415 Unsupported Media Type"));
    }
    serde_json::from_slice(&asked.body).map_err(|_| bad("Invalid input JSON"))
}

fn needs(state: &State, scopes: &[&str]) -> Result<(), Answer> {
    let has_all = scopes.iter().all(|scope| state.account.scopes.contains(*scope));
    if has_all { Ok(()) } else { Err(missing_scopes(scopes)) }
}

/// The kind, if the account has it and the token may do this with it. Activities go with contacts.
fn has_kind(state: &State, name: &str, what: &str) -> Result<Kind, Answer> {
    let kind = kind_named(name).ok_or_else(|| bad(&format!("Unable to infer object type from: {name}")))?;
    let of = if is_activity(kind) { "contacts" } else { kind };
    let scope = format!("crm.objects.{of}.{what}");
    if kind == "emails" {
        needs(state, &[&scope, "sales-email-read"])?;
    } else {
        needs(state, &[&scope])?;
    }
    if kind == "leads" && !state.account.has_leads { Err(missing_scopes(&[&scope])) } else { Ok(kind) }
}

fn objects_of(
    state: &mut State,
    method: &str,
    kind: &str,
    rest: &[&str],
    query: &Query,
    body: &Value,
    asked: &Asked,
) -> Said {
    let is_reading = method == "GET" || matches!(rest, ["search"] | ["batch", "read"]);
    let kind = has_kind(state, kind, if is_reading { "read" } else { "write" })?;
    match (method, rest) {
        ("POST", []) => objects::create(state, kind, body),
        ("POST", ["search"]) => search::search(state, kind, body, asked.body.len()),
        ("POST", ["batch", "read"]) => batch::read(state, kind, query.is("archived"), body),
        ("POST", ["batch", "upsert"]) => batch::upsert(state, kind, body),
        ("POST", ["batch", "update"]) => batch::update(state, kind, body),
        ("POST", ["batch", "archive"]) => batch::archive_all(state, kind, body),
        ("GET", []) => objects::list(state, kind, query),
        ("GET", [id]) => objects::read(state, kind, id, query),
        ("PATCH", [id]) => objects::change(state, kind, id, query, body),
        ("DELETE", [id]) => Ok(objects::archive(state, kind, id)),
        ("PUT", [id, "associations", "default", to, other]) => {
            has_kind(state, to, "write")?;
            beside::associate(state, (kind, *id), (*to, *other))
        }
        _ => Err(no_such_path()),
    }
}

fn properties(state: &mut State, method: &str, kind: &str, rest: &[&str], body: &Value) -> Said {
    if method == "GET" {
        let kind = has_kind(state, kind, "read")?;
        return match rest {
            [] => Ok(state.definitions.list(kind)),
            [name] => state.definitions.one(kind, name),
            _ => Err(no_such_path()),
        };
    }
    let ("POST", [], Some(kind)) = (method, rest, kind_named(kind)) else { return Err(no_such_path()) };
    let of = if kind == "companies" { "companies" } else { "contacts" };
    needs(state, &[&format!("crm.schemas.{of}.write")])?;
    let may_be_unique = !is_activity(kind) || state.account.has_unique_on_activities;
    state.definitions.create(kind, body, may_be_unique)
}
