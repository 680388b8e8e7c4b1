//! The hub's API over HTTP: each route names the action that it is, asks the gate, and calls a function of the hub's.

mod answer;
mod asked;
mod intake;
mod leads;
mod people;
mod stream;
mod team;

use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::extract::DefaultBodyLimit;
use axum::http::{HeaderName, StatusCode};
use axum::routing::{get, post, put};
use tower_http::catch_panic::CatchPanicLayer;
use tower_http::request_id::{MakeRequestUuid, PropagateRequestIdLayer, SetRequestIdLayer};
use tower_http::timeout::TimeoutLayer;

use super::core::Hub;
use crate::wire::MOST_BYTES;
use crate::wire::problem::{Code, Problem};
use answer::Failed;

/// A request that takes longer is given up.
const PATIENCE: Duration = Duration::from_secs(30);

/// The API of this hub.
pub fn router(hub: Arc<Hub>) -> Router {
    let id = HeaderName::from_static("x-request-id");
    let patient = Router::new()
        .route("/v1/intake/{source}", post(intake::post))
        .route("/v1/sources", post(team::set_up_source))
        .route("/v1/me", get(team::me))
        .route("/v1/policy", get(team::policy).put(team::put_policy))
        .route("/v1/people", get(people::list).post(people::enter))
        .route("/v1/people/{id}", put(people::change))
        .route("/v1/people/{id}/tokens", post(people::make_token))
        .route("/v1/people/{id}/availability", put(people::set_availability))
        .route("/v1/tokens", get(people::tokens))
        .route("/v1/tokens/{id}", axum::routing::delete(people::revoke))
        .route("/v1/changes", get(leads::changes))
        .route("/v1/leads/{id}", get(leads::one))
        .route("/v1/leads/{id}/route", get(leads::route))
        .route("/v1/leads/{id}/orders", post(leads::order))
        .route("/v1/ops", post(leads::push))
        .route("/v1/ops/{id}", get(leads::receipt))
        .route("/healthz", get(team::healthy))
        .route("/readyz", get(team::ready))
        .layer(TimeoutLayer::with_status_code(StatusCode::SERVICE_UNAVAILABLE, PATIENCE));
    Router::new()
        .route("/v1/stream", get(stream::stream))
        .merge(patient)
        .fallback(nowhere)
        .method_not_allowed_fallback(wrong_method)
        .layer(DefaultBodyLimit::max(MOST_BYTES))
        .layer(CatchPanicLayer::new())
        .layer(PropagateRequestIdLayer::new(id.clone()))
        .layer(SetRequestIdLayer::new(id, MakeRequestUuid))
        .with_state(hub)
}

async fn nowhere() -> Failed {
    Problem::new(Code::NotFound, "there is no such address; GET /v1/openapi.json lists them").into()
}

async fn wrong_method() -> Failed {
    Problem::new(Code::Method, "this address does not take this method").into()
}
