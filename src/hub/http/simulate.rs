//! Other rules, tried on the leads of the past.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use tokio::sync::Semaphore;

use super::answer::Answer;
use super::asked::{Body, Caller};
use crate::hub::core::Hub;
use crate::hub::db::Scope;
use crate::hub::error::HubError;
use crate::hub::gate::Action;
use crate::hub::rules::TeamRules;
use crate::hub::simulate::run;
use crate::wire::problem::{Code, Problem};
use crate::wire::route::{Simulate, Simulation};

/// One at a time: it reads much, and nobody who waits for a lead is to wait for it.
static ONE: Semaphore = Semaphore::const_new(1);

pub(super) async fn simulate(
    State(hub): State<Arc<Hub>>,
    caller: Caller,
    Body(asked): Body<Simulate>,
) -> Answer<Simulation> {
    caller.may(Action::Simulate)?;
    let ending = |_| HubError::from(Problem::new(Code::Unavailable, "the hub is shutting down"));
    let turn = ONE.acquire().await.map_err(ending)?;
    let (rules, now, seen_by) = (hub.rules(), hub.now(), caller.scope);
    let tried = TeamRules::parse(rules.number, &asked.policy, now)?;
    // It walks all leads, since the others' count among what people have in hand; the caller is told of those they see.
    let done = hub.read(Scope::System, move |tx| {
        let _turn = &turn;
        run(tx, &rules, &tried, asked.since, now, &seen_by)
    });
    Ok(Json(done.await?))
}
