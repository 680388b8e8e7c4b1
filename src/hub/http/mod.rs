//! The hub's API over HTTP: each route names the action that it is, asks the gate, and calls a function of the hub's.

mod alerts;
mod answer;
mod asked;
mod audit;
mod envelope;
mod intake;
mod leads;
mod limits;
mod metrics;
mod people;
mod stream;
mod team;

use std::sync::Arc;
use std::time::Duration;

use axum::extract::DefaultBodyLimit;
use axum::http::StatusCode;
use axum::routing::{MethodRouter, delete, get, post, put};
use axum::{Extension, Router, middleware};
use tower_http::catch_panic::CatchPanicLayer;
use tower_http::timeout::TimeoutLayer;

use super::core::Hub;
use crate::wire::MOST_BYTES;
use crate::wire::problem::{Code, Problem};
use answer::Failed;
use limits::Limits;
use metrics::Answered;

pub use limits::{Rate, TOKEN_RATE};

/// A request that takes longer is given up, unless it is one that may.
const PATIENCE: Duration = Duration::from_secs(30);

/// One thing that can be asked.
#[derive(Clone, Copy)]
pub struct Route {
    /// The method.
    pub method: &'static str,
    /// The address, with `{…}` for its parts that vary.
    pub path: &'static str,
    /// It may take as long as it takes: it waits for news, or walks the whole log.
    is_long: bool,
    serve: fn() -> MethodRouter<Arc<Hub>>,
}

const fn short(method: &'static str, path: &'static str, serve: fn() -> MethodRouter<Arc<Hub>>) -> Route {
    Route { method, path, is_long: false, serve }
}

const fn long(method: &'static str, path: &'static str, serve: fn() -> MethodRouter<Arc<Hub>>) -> Route {
    Route { method, path, is_long: true, serve }
}

/// All that can be asked: [`router`] has these and no others, so that a test can go through them.
pub const ROUTES: &[Route] = &[
    short("POST", "/v1/intake/{source}", || post(intake::post)),
    short("POST", "/v1/sources", || post(team::set_up_source)),
    short("GET", "/v1/me", || get(team::me)),
    short("GET", "/v1/policy", || get(team::policy)),
    short("PUT", "/v1/policy", || put(team::put_policy)),
    short("GET", "/v1/people", || get(people::list)),
    short("POST", "/v1/people", || post(people::enter)),
    short("PUT", "/v1/people/{id}", || put(people::change)),
    short("POST", "/v1/people/{id}/tokens", || post(people::make_token)),
    short("PUT", "/v1/people/{id}/availability", || put(people::set_availability)),
    short("GET", "/v1/tokens", || get(people::tokens)),
    short("DELETE", "/v1/tokens/{id}", || delete(people::revoke)),
    short("GET", "/v1/changes", || get(leads::changes)),
    short("GET", "/v1/leads/{id}", || get(leads::one)),
    short("GET", "/v1/leads/{id}/route", || get(leads::route)),
    short("POST", "/v1/leads/{id}/orders", || post(leads::order)),
    short("POST", "/v1/ops", || post(leads::push)),
    short("GET", "/v1/ops/{id}", || get(leads::receipt)),
    short("GET", "/v1/alerts", || get(alerts::list)),
    short("POST", "/v1/alerts/{id}/seen", || post(alerts::see)),
    long("GET", "/v1/stream", || get(stream::stream)),
    long("GET", "/v1/audit", || get(audit::verify)),
    short("GET", "/metrics", || get(metrics::get)),
    short("GET", "/healthz", || get(team::healthy)),
    short("GET", "/readyz", || get(team::ready)),
];

/// The API of this hub.
pub fn router(hub: Arc<Hub>) -> Router {
    let answered = Arc::new(Answered::default());
    let routes = |is_long: bool| {
        let of_kind = ROUTES.iter().filter(|route| route.is_long == is_long);
        of_kind.fold(Router::new(), |router, route| router.route(route.path, (route.serve)()))
    };
    let patience = TimeoutLayer::with_status_code(StatusCode::SERVICE_UNAVAILABLE, PATIENCE);
    routes(true)
        .merge(routes(false).layer(patience))
        .fallback(nowhere)
        .method_not_allowed_fallback(wrong_method)
        .layer(DefaultBodyLimit::max(MOST_BYTES))
        .layer(CatchPanicLayer::new())
        .layer(middleware::from_fn_with_state(Arc::clone(&answered), envelope::seal))
        .layer(Extension(answered))
        .layer(Extension(Arc::new(Limits::default())))
        .with_state(hub)
}

async fn nowhere() -> Failed {
    Problem::new(Code::NotFound, "there is no such address").into()
}

async fn wrong_method() -> Failed {
    Problem::new(Code::Method, "this address does not take this method").into()
}
