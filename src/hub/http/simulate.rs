//! Other rules, tried on the leads of the past.

use std::sync::Arc;

use axum::extract::State;
use axum::{Extension, Json};

use super::answer::Answer;
use super::asked::{Body, Caller};
use super::limits::{Heavy, Limits};
use super::team::must_be_short;
use crate::hub::core::Hub;
use crate::hub::db::Scope;
use crate::hub::gate::Action;
use crate::hub::rules::TeamRules;
use crate::hub::simulate::run;
use crate::wire::route::{Simulate, Simulation};

pub(super) async fn simulate(
    State(hub): State<Arc<Hub>>,
    Extension(limits): Extension<Arc<Limits>>,
    caller: Caller,
    Body(asked): Body<Simulate>,
) -> Answer<Simulation> {
    caller.may(Action::Simulate)?;
    must_be_short(&asked.policy)?;
    // It reads much, and nobody who waits for a lead is to wait for it.
    let turn = limits.turn(Heavy::Simulate)?;
    let (rules, now, seen_by) = (hub.rules(), hub.now(), caller.scope);
    // It walks all leads, since the others' count among what people have in hand; the caller is told of those they see.
    let done = hub.read(Scope::System, move |tx| {
        let _turn = &turn;
        let tried = TeamRules::parse(rules.number, &asked.policy, now)?;
        run(tx, &rules, &tried, asked.since, now, &seen_by)
    });
    Ok(Json(done.await?))
}
