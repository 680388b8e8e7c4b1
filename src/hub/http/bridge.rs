//! The CRMs behind the hub: how they stand, and what was refused there.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;

use super::answer::Answer;
use super::asked::{Body, Caller, Place};
use crate::hub::bridge::{status, untaken};
use crate::hub::core::Hub;
use crate::hub::db::Scope;
use crate::hub::gate::Action;
use crate::wire::bridge::{BridgeState, RecordOrder, WriteOrder, WriteOrdered};

pub(super) async fn list(State(hub): State<Arc<Hub>>, caller: Caller) -> Answer<Vec<BridgeState>> {
    caller.may(Action::ReadBoard)?;
    let (scope, names) = (caller.scope, hub.bridges());
    Ok(Json(hub.read(Scope::System, move |tx| status::all(tx, &names, &scope)).await?))
}

pub(super) async fn order(
    State(hub): State<Arc<Hub>>,
    caller: Caller,
    Place(id): Place<i64>,
    Body(order): Body<WriteOrder>,
) -> Answer<WriteOrdered> {
    caller.may(Action::Direct)?;
    let scope = caller.scope;
    Ok(Json(hub.write(move |work| status::order(work, &scope, id, &order)).await?))
}

pub(super) async fn retry(
    State(hub): State<Arc<Hub>>,
    caller: Caller,
    Body(order): Body<RecordOrder>,
) -> Answer<RecordOrder> {
    // What is no lead yet is no team's.
    caller.may(Action::WriteIntake)?;
    Ok(Json(hub.write(move |work| untaken::retry(work, &order)).await?))
}

pub(super) async fn drop_record(
    State(hub): State<Arc<Hub>>,
    caller: Caller,
    Body(order): Body<RecordOrder>,
) -> Answer<RecordOrder> {
    caller.may(Action::WriteIntake)?;
    Ok(Json(hub.write(move |work| untaken::drop_one(work, &order)).await?))
}
