//! Salesforce's double: a server on loopback that keeps an org's leads and activities as the real one does on the paths of
//! v67.0, with the real one's bad habits. It was built from the published documents and what is told of the service; what is
//! from memory is said to be so.
//!
//! Faults of the line come from what stands before it (`faults.rs`). [`hands`] holds what people do in the CRM itself.

#![allow(dead_code, reason = "each test file uses its part")]

mod composite;
pub mod hands;
mod oauth;
mod objects;
mod routes;
mod soql;
mod state;

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use axum::Router;
use axum::body::Bytes;
use axum::extract::Request;
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use serde_json::{Value, json};
use tokio::runtime::Runtime;
use tokio::task::JoinHandle;

pub use state::{Asked, State};

/// The user whose leads are looked at, and another one.
pub const ANA: &str = "005000000000001AAA";
pub const BEN: &str = "005000000000002AAA";
/// The app's consumer key.
pub const CLIENT: &str = "leadbox-consumer-key";

/// An answer: status and body.
pub type Said = (u16, Value);

/// The server. It ends when this is dropped.
pub struct Salesforce {
    /// Where it is.
    pub url: String,
    state: Arc<Mutex<State>>,
    serving: JoinHandle<()>,
}

impl Salesforce {
    /// An org with two users, no leads, and no bad habits but those that always are.
    pub fn start(runtime: &Runtime) -> Self {
        let state = Arc::new(Mutex::new(State::new()));
        let (url, serving) = runtime.block_on(async {
            let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
            let url = format!("http://{}", listener.local_addr().unwrap());
            let told = Arc::clone(&state);
            let answer = move |request: Request| {
                let told = Arc::clone(&told);
                async move {
                    let (parts, body) = request.into_parts();
                    let body = axum::body::to_bytes(body, usize::MAX).await.unwrap();
                    let path = parts.uri.path_and_query().unwrap().to_string();
                    serve(&told, parts.method.as_str(), &path, &parts.headers, &body)
                }
            };
            let app = Router::new().fallback(answer);
            (url, tokio::spawn(async move { axum::serve(listener, app).await.unwrap() }))
        });
        Self { url, state, serving }
    }

    /// All that it knows, to be looked at or changed.
    pub fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Salesforce {
    fn drop(&mut self) {
        self.serving.abort();
    }
}

fn serve(state: &Mutex<State>, method: &str, path: &str, headers: &HeaderMap, body: &Bytes) -> Response {
    let mut state = state.lock().unwrap_or_else(PoisonError::into_inner);
    let header = |name: &str| headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or_default().to_owned();
    let text = String::from_utf8_lossy(body).into_owned();
    let asked =
        Asked { method: method.to_owned(), path: path.to_owned(), body: text, since: header("if-unmodified-since") };
    let (status, body) = routes::answer(&mut state, &asked, &header("authorization"));
    state.log.push(asked);
    let limits = ("sforce-limit-info", format!("api-usage={}/{}", state.used, state.limit));
    let date = ("date", state.now().format("%a, %d %b %Y %H:%M:%S GMT").to_string());
    let status = StatusCode::from_u16(status).unwrap();
    if body.is_null() {
        return (status, [limits, date]).into_response();
    }
    if let Some(location) = body["location"].as_str() {
        return (status, [("location", location)]).into_response();
    }
    let kind = ("content-type", "application/json;charset=UTF-8".to_owned());
    (status, [kind, limits, date], body.to_string()).into_response()
}

/// An error as it is told: a list.
pub fn error(status: u16, code: &str, message: &str) -> Said {
    (status, json!([{ "message": message, "errorCode": code }]))
}
