//! The board of the teams, and what its figures are made of.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use serde::Deserialize;
use utoipa::IntoParams;

use super::answer::Answer;
use super::asked::{Asked, Caller};
use crate::hub::board;
use crate::hub::bridge::status;
use crate::hub::core::Hub;
use crate::hub::db::{Scope, Tx};
use crate::hub::error::HubError;
use crate::hub::gate::Action;
use crate::wire::board::{Board, BoardLeads, Incidents, MOST_ROWS, Of};

pub(super) async fn board(State(hub): State<Arc<Hub>>, caller: Caller) -> Answer<Board> {
    caller.may(Action::ReadBoard)?;
    let (scope, rules, now) = (caller.scope.clone(), hub.rules(), hub.now());
    let (of_all, of_one) = (Arc::clone(&rules), caller.scope.clone());
    let crms = hub.bridges();
    let watched = move |tx: &mut dyn Tx| {
        let refused = status::refused(tx, &crms, &of_one)?;
        Ok((board::queues(tx, &of_all, now)?, board::completion(tx, &of_one, now)?, refused))
    };
    let (queues, completion, refused) = hub.read(Scope::System, watched).await?;
    let board = hub.read(caller.scope, move |tx| board::board(tx, &rules, &scope, now)).await?;
    Ok(Json(Board { queues, completion, refused, ..board }))
}

/// Which leads, and from where on.
#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
pub(super) struct Which {
    /// Those of this person,
    rep: Option<String>,
    /// or in this queue,
    queue: Option<String>,
    /// or of this list: `completion` or `idle`.
    list: Option<String>,
    /// Where the last page ended.
    after: Option<String>,
    /// The most rows.
    limit: Option<i64>,
}

impl Which {
    fn of(&self) -> Result<Of, HubError> {
        match (&self.rep, &self.queue, self.list.as_deref()) {
            (Some(rep), None, None) => Ok(Of::Rep(rep.clone())),
            (None, Some(queue), None) => Ok(Of::Queue(queue.clone())),
            (None, None, Some("completion")) => Ok(Of::Completion),
            (None, None, Some("idle")) => Ok(Of::Idle),
            (None, None, Some(other)) => {
                Err(HubError::invalid("list", format!("there is no list “{other}”; there are completion and idle")))
            }
            _ => Err(HubError::invalid("the query", "say one of rep=…, queue=… and list=completion or idle")),
        }
    }
}

fn rows(limit: Option<i64>) -> Result<i64, HubError> {
    let limit = limit.unwrap_or(i64::from(MOST_ROWS));
    let fits = (1..=i64::from(MOST_ROWS)).contains(&limit);
    fits.then_some(limit)
        .ok_or_else(|| HubError::invalid("limit", format!("a page has 1 to {MOST_ROWS} rows, not {limit}")))
}

pub(super) async fn leads(
    State(hub): State<Arc<Hub>>,
    caller: Caller,
    Asked(which): Asked<Which>,
) -> Answer<BoardLeads> {
    caller.may(Action::ReadBoard)?;
    let (of, limit) = (which.of()?, rows(which.limit)?);
    let after = which.after.as_deref().map(board::place).transpose()?;
    let (scope, rules, now) = (caller.scope.clone(), hub.rules(), hub.now());
    let reader = if matches!(of, Of::Queue(_) | Of::Completion) { Scope::System } else { caller.scope };
    let page = hub.read(reader, move |tx| board::leads(tx, &rules, &scope, &of, (after, limit), now));
    Ok(Json(page.await?))
}

/// From where on.
#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
pub(super) struct From {
    /// Where the last page ended.
    after: Option<String>,
    /// The most rows.
    limit: Option<i64>,
}

pub(super) async fn incidents(
    State(hub): State<Arc<Hub>>,
    caller: Caller,
    Asked(from): Asked<From>,
) -> Answer<Incidents> {
    caller.may(Action::ReadBoard)?;
    let limit = rows(from.limit)?;
    let after = from.after.as_deref().map(board::place).transpose()?;
    let scope = caller.scope.clone();
    Ok(Json(hub.read(caller.scope, move |tx| board::incidents(tx, &scope, after, limit)).await?))
}
