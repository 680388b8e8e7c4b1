//! Leads: what changed, one of them, why it went where it went, and answers to them.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use axum::http::header;
use axum::response::{IntoResponse, Response};
use serde::Deserialize;
use utoipa::IntoParams;
use uuid::Uuid;

use super::answer::{Answer, Failed};
use super::asked::{Asked, Body, Caller, Place};
use super::described::{Draft, Tells, text};
use crate::handoff::event::Role;
use crate::hub::core::Hub;
use crate::hub::db::Scope;
use crate::hub::enrich::job;
use crate::hub::error::HubError;
use crate::hub::gate::Action;
use crate::hub::work::Work;
use crate::hub::{claim, leads, orders, pipeline, sync};
use crate::wire::Written;
use crate::wire::sync::{Form, LINES, LeadState, Op, PullPage, Receipt};
use crate::wire::team::{Claim, OpenQueue, Order, Route};

/// Which part of the changes.
#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
pub(super) struct After {
    /// The place where the last page ended.
    after: Option<String>,
    /// The most leads.
    limit: Option<i64>,
    /// How it is written: `page`, or `lines` of which each is JSON.
    #[serde(default)]
    #[param(inline)]
    form: Form,
}

pub(super) async fn changes(
    State(hub): State<Arc<Hub>>,
    caller: Caller,
    Asked(After { after, limit, form }): Asked<After>,
) -> Result<Changes, Failed> {
    caller.may(Action::ReadLeads)?;
    let limit = limit.unwrap_or(sync::MOST);
    if !(1..=sync::MOST).contains(&limit) {
        return Err(HubError::invalid("limit", format!("a page has 1 to {} leads, not {limit}", sync::MOST)).into());
    }
    let (scope, rules) = (caller.scope.clone(), hub.rules());
    let after = match after {
        None => None,
        Some(cursor) => {
            let caller = caller.scope.clone();
            Some(hub.read(Scope::System, move |tx| sync::place(tx, &caller, &cursor)).await?)
        }
    };
    let page = hub.read(caller.scope, move |tx| sync::pull(tx, &rules, &scope, after, limit, form));
    Ok(Changes(form, page.await?))
}

/// A page of what changed, as it was asked for.
pub(super) struct Changes(Form, String);

impl IntoResponse for Changes {
    fn into_response(self) -> Response {
        match self {
            Self(Form::Page, text) => Written::<PullPage>::new(text).into_response(),
            Self(Form::Lines, text) => ([(header::CONTENT_TYPE, LINES)], text).into_response(),
        }
    }
}

impl Tells for Changes {
    fn tells(draft: &mut Draft) {
        Written::<PullPage>::tells(draft);
        draft.answers(LINES, text());
    }
}

pub(super) async fn one(
    State(hub): State<Arc<Hub>>,
    caller: Caller,
    Place(id): Place<i64>,
) -> Result<Written<LeadState>, Failed> {
    caller.may(Action::ReadLeads)?;
    let scope = caller.scope.clone();
    let state = hub.read(caller.scope, move |tx| sync::state(tx, &scope, id));
    Ok(state.await?)
}

/// Where the rules in force would send a lead now, and why (F50).
pub(super) async fn route(State(hub): State<Arc<Hub>>, caller: Caller, Place(id): Place<i64>) -> Answer<Route> {
    caller.may(Action::ReadLeads)?;
    let (scope, rules, now) = (caller.scope.clone(), hub.rules(), hub.now());
    let decision = hub.read(caller.scope, move |tx| {
        let case = leads::load(tx, id, &scope)?;
        let mut decision = pipeline::explain(&mut Work::new(tx, now, &rules), &case, &[])?;
        if let Scope::Person { id, role: Role::Rep, .. } = &scope {
            decision = decision.for_colleague(id);
        }
        Ok(Route { decision, lookup: job::told(&case) })
    });
    Ok(Json(decision.await?))
}

pub(super) async fn push(State(hub): State<Arc<Hub>>, caller: Caller, Body(op): Body<Op>) -> Answer<Receipt> {
    caller.may(Action::Answer)?;
    let scope = caller.scope;
    Ok(Json(hub.write(move |work| sync::push(work, &scope, &op)).await?))
}

pub(super) async fn receipt(State(hub): State<Arc<Hub>>, caller: Caller, Place(id): Place<Uuid>) -> Answer<Receipt> {
    caller.may(Action::Answer)?;
    let scope = caller.scope.clone();
    let receipt = hub.read(caller.scope, move |tx| sync::receipt(tx, &scope, id)).await?;
    let missing = || HubError::not_found(format!("no answer with the id {id} has come from you"));
    receipt.map(Json).ok_or_else(|| Failed::from(missing()))
}

pub(super) async fn order(
    State(hub): State<Arc<Hub>>,
    caller: Caller,
    Place(id): Place<i64>,
    Body(order): Body<Order>,
) -> Result<Written<LeadState>, Failed> {
    caller.may(orders::action(&order))?;
    let scope = caller.scope;
    Ok(hub.write(move |work| orders::give(work, &scope, id, &order)).await?)
}

/// The queues from which one may take leads.
pub(super) async fn queues(State(hub): State<Arc<Hub>>, caller: Caller) -> Answer<Vec<OpenQueue>> {
    caller.may(Action::Claim)?;
    let (scope, rules) = (caller.scope, hub.rules());
    // What waits is nobody's yet: how much it is may be known to those who may take it.
    Ok(Json(hub.read(Scope::System, move |tx| claim::open_to(tx, &rules, &scope)).await?))
}

pub(super) async fn claim(
    State(hub): State<Arc<Hub>>,
    caller: Caller,
    Place(queue): Place<String>,
    Body(wanted): Body<Claim>,
) -> Result<Written<LeadState>, Failed> {
    caller.may(Action::Claim)?;
    let scope = caller.scope;
    Ok(hub.write(move |work| claim::claim(work, &scope, &queue, wanted.lead)).await?)
}
