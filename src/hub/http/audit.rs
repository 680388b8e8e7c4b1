//! `GET /v1/audit`: whether the log is as it was written.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;

use super::answer::Answer;
use super::asked::Caller;
use crate::hub::audit;
use crate::hub::core::Hub;
use crate::hub::gate::Action;
use crate::wire::audit::Audit;

pub(super) async fn verify(State(hub): State<Arc<Hub>>, caller: Caller) -> Answer<Audit> {
    caller.may(Action::Audit)?;
    Ok(Json(audit::verify(&hub).await?))
}
