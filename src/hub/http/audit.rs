//! `GET /v1/audit`: whether the log is as it was written.

use std::sync::Arc;

use axum::extract::State;
use axum::{Extension, Json};

use super::answer::Answer;
use super::asked::Caller;
use super::limits::{Heavy, Limits};
use crate::hub::audit;
use crate::hub::core::Hub;
use crate::hub::gate::Action;
use crate::wire::audit::Audit;

pub(super) async fn verify(
    State(hub): State<Arc<Hub>>,
    Extension(limits): Extension<Arc<Limits>>,
    caller: Caller,
) -> Answer<Audit> {
    caller.may(Action::Audit)?;
    let turn = limits.turn(Heavy::Audit)?;
    Ok(Json(audit::verify(&hub, turn).await?))
}
