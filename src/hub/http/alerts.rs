//! One's own alerts: what one has to decide (F72), and that one has seen it.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use serde::Deserialize;
use utoipa::IntoParams;

use super::answer::Answer;
use super::asked::{Asked, Caller, Place};
use crate::hub::alerts;
use crate::hub::core::Hub;
use crate::hub::db::Scope;
use crate::hub::error::HubError;
use crate::hub::gate::Action;
use crate::wire::alerts::{AlertPage, Seen};

/// Which part of the alerts.
#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
pub(super) struct After {
    /// The number of the last alert that is known.
    after: Option<i64>,
    /// The most alerts.
    limit: Option<i64>,
}

pub(super) async fn list(
    State(hub): State<Arc<Hub>>,
    caller: Caller,
    Asked(After { after, limit }): Asked<After>,
) -> Answer<AlertPage> {
    caller.may(Action::ReadLeads)?;
    let limit = limit.unwrap_or(alerts::MOST);
    if !(1..=alerts::MOST).contains(&limit) {
        return Err(HubError::invalid("limit", format!("a page has 1 to {} alerts, not {limit}", alerts::MOST)).into());
    }
    let scope = caller.scope;
    // Of what waits in a queue one may be told without seeing it.
    let page = hub.read(Scope::System, move |tx| alerts::list(tx, &scope, after.unwrap_or(0), limit));
    Ok(Json(page.await?))
}

pub(super) async fn see(State(hub): State<Arc<Hub>>, caller: Caller, Place(id): Place<i64>) -> Answer<Seen> {
    caller.may(Action::ReadLeads)?;
    let scope = caller.scope;
    Ok(Json(hub.write(move |work| alerts::see(work, &scope, id)).await?))
}
