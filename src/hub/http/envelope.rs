//! Around every request: its id, a line in the hub's log, and a problem document for whatever was not done, also where
//! no handler was asked. The log has neither bodies nor tokens nor what stands after the `?`.

use std::sync::{Arc, OnceLock};
use std::time::Instant;

use axum::Json;
use axum::extract::{MatchedPath, Request, State};
use axum::http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use uuid::Uuid;

use super::metrics::Answered;
use crate::wire::problem::{Code, MEDIA_TYPE, Problem};

/// By which a request is found in the log.
const REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");

/// The longest id that a caller may give, in bytes.
const LONGEST_ID: usize = 64;

/// The longest detail, in characters: a policy of a million mistakes is told by its first.
const LONGEST_DETAIL: usize = 4_000;

/// Who asks, once that is known.
#[derive(Clone, Default)]
pub(super) struct Who(Arc<OnceLock<String>>);

impl Who {
    /// Notes who asks.
    pub(super) fn is(&self, name: &str) {
        let _ = self.0.set(name.to_owned());
    }
}

pub(super) async fn seal(State(answered): State<Arc<Answered>>, mut request: Request, next: Next) -> Response {
    let begun = Instant::now();
    let id = id_of(request.headers());
    let method = request.method().clone();
    let route =
        request.extensions().get::<MatchedPath>().map_or_else(|| "none".to_owned(), |path| path.as_str().into());
    let who = Who::default();
    request.extensions_mut().insert(who.clone());
    let mut response = next.run(request).await;
    let status = response.status();
    if status.is_client_error() || status.is_server_error() {
        response = document(response, &id);
    }
    if let Ok(id) = HeaderValue::from_str(&id) {
        response.headers_mut().insert(REQUEST_ID, id);
    }
    answered.count(&route, status.as_u16());
    let took = u64::try_from(begun.elapsed().as_micros()).unwrap_or(u64::MAX);
    let person = who.0.get().map_or("", String::as_str);
    tracing::info!(request = id, %method, route, status = status.as_u16(), microseconds = took, person, "answered");
    response
}

/// The caller's id of the request where it is a plain word, else one of ours.
fn id_of(headers: &HeaderMap) -> String {
    let is_plain = |id: &&str| {
        !id.is_empty() && id.len() <= LONGEST_ID && id.bytes().all(|c| c.is_ascii_alphanumeric() || b"-_.".contains(&c))
    };
    let told = headers.get(REQUEST_ID).and_then(|value| value.to_str().ok()).filter(is_plain);
    told.map_or_else(|| Uuid::now_v7().to_string(), str::to_owned)
}

/// The answer as a problem document, with the headers that it had.
fn document(mut response: Response, id: &str) -> Response {
    let status = response.status();
    let mut problem = response.extensions_mut().remove::<Problem>().unwrap_or_else(|| unforeseen(status));
    if let Some((end, _)) = problem.detail.char_indices().nth(LONGEST_DETAIL) {
        problem.detail.truncate(end);
        problem.detail.push('…');
    }
    problem.instance = Some(id.to_owned());
    let mut document = (status, Json(problem)).into_response();
    let headers = document.headers_mut();
    for (name, value) in response.headers() {
        if !matches!(*name, header::CONTENT_TYPE | header::CONTENT_LENGTH) {
            headers.insert(name, value.clone());
        }
    }
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(MEDIA_TYPE));
    document
}

/// What was refused before a handler was asked, or instead of its answer.
fn unforeseen(status: StatusCode) -> Problem {
    let code = Code::ALL.into_iter().find(|code| code.status() == status.as_u16());
    let detail = match code {
        Some(Code::Unavailable) => {
            "it took too long and was given up; whether it was done is not known, look and try again"
        }
        Some(Code::Internal) => "the hub made a mistake; its log says more",
        _ => "the request cannot be understood",
    };
    let is_ours = if status.is_server_error() { Code::Internal } else { Code::Invalid };
    let mut problem = Problem::new(code.unwrap_or(is_ours), detail);
    problem.status = status.as_u16();
    problem
}
