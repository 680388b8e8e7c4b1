//! The hub's API over HTTP: each route names the action that it is, asks the gate, and calls a function of the hub's.

mod alerts;
mod answer;
mod asked;
mod audit;
mod board;
mod bridge;
mod described;
mod envelope;
mod intake;
mod leads;
mod limits;
mod metrics;
mod openapi;
mod people;
mod remote;
mod served;
mod simulate;
mod stream;
mod team;

use std::sync::Arc;
use std::time::Duration;

use axum::extract::DefaultBodyLimit;
use axum::http::StatusCode;
use axum::{Extension, Router, middleware};
use tower_http::catch_panic::CatchPanicLayer;
use tower_http::timeout::TimeoutLayer;

use super::core::Hub;
use crate::wire::MOST_BYTES;
use crate::wire::problem::{Code, Problem};
use answer::Failed;
use limits::Limits;
use metrics::Answered;
use served::{Served, delete, get, post, put};

pub use limits::{FAILURE_RATE, Rate, SOURCE_RATE, TOKEN_RATE};
pub(super) use remote::network;

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
    serve: fn() -> Served,
}

const fn short(method: &'static str, path: &'static str, serve: fn() -> Served) -> Route {
    Route { method, path, is_long: false, serve }
}

const fn long(method: &'static str, path: &'static str, serve: fn() -> Served) -> Route {
    Route { method, path, is_long: true, serve }
}

/// All that can be asked: [`router`] has these and no others, so that a test can go through them, and `openapi` tells of
/// them. What a handler's signature says is not said again; `about` adds what it does, and what else it may come to.
pub const ROUTES: &[Route] = &[
    short("POST", "/v1/intake/{source}", || {
        post(intake::post).about(
            "Takes leads and what they did from a sender, each once by its key; from one with a mapping, in its own form.",
            &[Code::Conflict, Code::KeyReused],
        )
    }),
    short("POST", "/v1/sources", || {
        post(team::set_up_source).about("Enters a sender of leads and tells its secret, this once.", &[Code::Conflict])
    }),
    short("GET", "/v1/me", || get(team::me).about("Who one is.", &[])),
    short("GET", "/v1/policy", || get(team::policy).about("The team's policy in force.", &[])),
    short("PUT", "/v1/policy", || put(team::put_policy).about("Sets the policy.", &[])),
    short("GET", "/v1/people", || get(people::list).about("Everybody.", &[])),
    short("POST", "/v1/people", || post(people::enter).about("Enters a person.", &[Code::Conflict])),
    short("PUT", "/v1/people/{id}", || put(people::change).about("Changes a person.", &[Code::NotFound])),
    short("POST", "/v1/people/{id}/tokens", || {
        post(people::make_token)
            .about("Makes a token for a person and tells it, this once.", &[Code::NotFound, Code::Conflict])
    }),
    short("PUT", "/v1/people/{id}/availability", || {
        put(people::set_availability).about("Says whether somebody takes leads.", &[Code::NotFound])
    }),
    short("GET", "/v1/people/{id}/feeds", || {
        get(people::feeds).about("The calendars that say when a person is away or busy.", &[Code::NotFound])
    }),
    short("PUT", "/v1/people/{id}/feeds", || {
        put(people::set_feeds).about("Says by which calendars a person is away or busy.", &[Code::NotFound])
    }),
    short("GET", "/v1/teams", || get(people::teams).about("Who manages which team.", &[])),
    short("PUT", "/v1/teams", || put(people::set_manager).about("Says who manages a team.", &[])),
    short("GET", "/v1/tokens", || get(people::tokens).about("All tokens, without their texts.", &[])),
    short("DELETE", "/v1/tokens/{id}", || delete(people::revoke).about("Ends a token.", &[Code::NotFound])),
    short("GET", "/v1/changes", || {
        get(leads::changes).about("What changed for one since a place in the log, page by page.", &[Code::Cursor])
    }),
    short("GET", "/v1/leads/{id}", || get(leads::one).about("A lead as the hub knows it.", &[Code::NotFound])),
    short("GET", "/v1/leads/{id}/route", || {
        get(leads::route).about("Where the rules would send a lead now, and why.", &[Code::NotFound])
    }),
    short("POST", "/v1/leads/{id}/orders", || {
        post(leads::order).about(
            "An order for a lead: reassign, take, nudge, complete, waive, unmerge.",
            &[Code::NotFound, Code::Conflict, Code::Refused],
        )
    }),
    short("GET", "/v1/queues", || get(leads::queues).about("The queues that are open to one.", &[])),
    short("POST", "/v1/queues/{queue}/claim", || {
        post(leads::claim).about("Takes a lead from a queue.", &[Code::NotFound, Code::Conflict, Code::Refused])
    }),
    short("POST", "/v1/ops", || post(leads::push).about("A rep's answer to a lead.", &[Code::KeyReused, Code::Cursor])),
    short("GET", "/v1/ops/{id}", || get(leads::receipt).about("What became of an answer.", &[Code::NotFound])),
    short("GET", "/v1/board", || get(board::board).about("The teams: who has what in hand, and what waits.", &[])),
    short("GET", "/v1/board/leads", || {
        get(board::leads).about("The leads behind a figure of the board, page by page.", &[Code::NotFound])
    }),
    short("GET", "/v1/incidents", || get(board::incidents).about("Breaches with their causes, page by page.", &[])),
    short("GET", "/v1/bridge", || {
        get(bridge::list).about("The CRMs behind the hub, what was refused there, and what could not be taken in.", &[])
    }),
    short("POST", "/v1/bridge/writes/{id}", || {
        post(bridge::order).about(
            "What becomes of something that a CRM would not have: retry, drop.",
            &[Code::NotFound, Code::Refused],
        )
    }),
    short("POST", "/v1/bridge/records/retry", || {
        post(bridge::retry).about("Has a record tried again at once that could not be taken in.", &[Code::NotFound])
    }),
    short("POST", "/v1/bridge/records/drop", || {
        post(bridge::drop_record).about("Has a record left out until its CRM tells of it anew.", &[Code::NotFound])
    }),
    short("GET", "/v1/alerts", || get(alerts::list).about("What one has to decide, page by page.", &[])),
    short("POST", "/v1/alerts/{id}/seen", || {
        post(alerts::see).about("One has seen an alert of one's own.", &[Code::NotFound])
    }),
    long("GET", "/v1/stream", || {
        get(stream::stream).about("Says, as server-sent events, that something changed for one.", &[])
    }),
    long("GET", "/v1/audit", || get(audit::verify).about("Whether the log is as it was written.", &[])),
    long("POST", "/v1/route/simulate", || {
        post(simulate::simulate).about("What other rules would have changed for the leads of the past.", &[])
    }),
    short("GET", "/metrics", || get(metrics::get).about("What the hub counts, as Prometheus reads it.", &[])),
    short("GET", "/v1/openapi.json", || get(openapi::get).about("This document.", &[])),
    short("GET", "/healthz", || get(team::healthy).about("The hub runs.", &[])),
    short("GET", "/readyz", || get(team::ready).about("Its database answers, and its workers work.", &[])),
];

/// The API of this hub. Behind a proxy a stranger is known by the address that the proxy tells.
pub fn router(hub: Arc<Hub>, behind_proxy: bool) -> Router {
    let answered = Arc::new(Answered::default());
    let routes = |is_long: bool| {
        let of_kind = ROUTES.iter().filter(|route| route.is_long == is_long);
        of_kind.fold(Router::new(), |router, route| router.route(route.path, (route.serve)().router))
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
        .layer(Extension(Arc::new(Limits::new(behind_proxy))))
        .with_state(hub)
}

async fn nowhere() -> Failed {
    Problem::new(Code::NotFound, "there is no such address").into()
}

async fn wrong_method() -> Failed {
    Problem::new(Code::Method, "this address does not take this method").into()
}
