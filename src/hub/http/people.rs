//! Who is who, and their tokens.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;

use super::answer::Answer;
use super::asked::{Body, Caller, Place};
use crate::hub::absence::feeds;
use crate::hub::core::Hub;
use crate::hub::deeds::{self, Deed};
use crate::hub::error::HubError;
use crate::hub::gate::{self, Action};
use crate::hub::{people, tokens};
use crate::wire::people::{FeedState, Feeds, MadeToken, NewToken, Person, TeamManager, TokenInfo};
use crate::wire::problem::{Code, Problem};
use crate::wire::team::Availability;

pub(super) async fn list(State(hub): State<Arc<Hub>>, caller: Caller) -> Answer<Vec<Person>> {
    caller.may(Action::ReadPeople)?;
    Ok(Json(hub.read(caller.scope, people::all).await?))
}

pub(super) async fn enter(State(hub): State<Arc<Hub>>, caller: Caller, Body(person): Body<Person>) -> Answer<Person> {
    caller.may(Action::WritePeople)?;
    let actor = gate::actor(&caller.scope);
    let entered = hub.write(move |work| {
        if people::find(work.tx, &person.id)?.is_some() {
            let what = format!("there is a person “{}” already; change them with PUT", person.id);
            return Err(Problem::new(Code::Conflict, what).at("/id").into());
        }
        people::set(work, &actor, &person)?;
        Ok(person.clone())
    });
    Ok(Json(entered.await?))
}

pub(super) async fn change(
    State(hub): State<Arc<Hub>>,
    caller: Caller,
    Place(id): Place<String>,
    Body(person): Body<Person>,
) -> Answer<Person> {
    caller.may(Action::WritePeople)?;
    if person.id != id {
        return Err(HubError::invalid("/id", format!("the address names {id}, the body {}", person.id)).into());
    }
    let actor = gate::actor(&caller.scope);
    let changed = hub.write(move |work| {
        must_be_there(people::find(work.tx, &person.id)?, &person.id)?;
        people::set(work, &actor, &person)?;
        Ok(person.clone())
    });
    Ok(Json(changed.await?))
}

/// Whether somebody takes leads: reps say it of themselves, managers of their teams.
pub(super) async fn set_availability(
    State(hub): State<Arc<Hub>>,
    caller: Caller,
    Place(id): Place<String>,
    Body(Availability { paused }): Body<Availability>,
) -> Answer<Person> {
    caller.may(Action::SetAvailability)?;
    let scope = caller.scope;
    if paused.as_deref().is_some_and(|why| why.trim().is_empty()) {
        return Err(HubError::invalid("/paused", "say why; null ends it").into());
    }
    let changed = hub.write(move |work| {
        let person =
            people::find(work.tx, &id)?.filter(|person| gate::sees(&scope, Some(&person.id), person.team.as_deref()));
        let mut person = must_be_there(person, &id)?;
        person.paused = paused.as_deref().map(str::trim).map(str::to_owned);
        people::set(work, &gate::actor(&scope), &person)?;
        // Boards show it.
        work.changed.extend(gate::views(Some(&person.id), person.team.as_deref()));
        Ok(person)
    });
    Ok(Json(changed.await?))
}

pub(super) async fn make_token(
    State(hub): State<Arc<Hub>>,
    caller: Caller,
    Place(id): Place<String>,
    Body(wanted): Body<NewToken>,
) -> Answer<MadeToken> {
    caller.may(Action::WritePeople)?;
    let actor = gate::actor(&caller.scope);
    let made = hub.write(move |work| {
        let person = must_be_there(people::find(work.tx, &id)?, &id)?;
        if !person.is_active {
            return Err(Problem::new(Code::Conflict, format!("{id} has left: no token would hold")).at("/id").into());
        }
        tokens::give(work, &actor, &id, &wanted)
    });
    Ok(Json(made.await?))
}

fn must_be_there(person: Option<Person>, id: &str) -> Result<Person, HubError> {
    person.ok_or_else(|| HubError::not_found(format!("there is no person “{id}”")))
}

pub(super) async fn tokens(State(hub): State<Arc<Hub>>, caller: Caller) -> Answer<Vec<TokenInfo>> {
    caller.may(Action::WritePeople)?;
    Ok(Json(hub.read(caller.scope, tokens::all).await?))
}

pub(super) async fn revoke(State(hub): State<Arc<Hub>>, caller: Caller, Place(id): Place<i64>) -> Answer<()> {
    caller.may(Action::WritePeople)?;
    let actor = gate::actor(&caller.scope);
    let revoked = hub.write(move |work| {
        tokens::revoke(work.tx, id, work.now)?;
        deeds::note(work, &actor, &Deed::TokenRevoked { token: id })
    });
    revoked.await?;
    Ok(Json(()))
}

/// Who manages which team.
pub(super) async fn teams(State(hub): State<Arc<Hub>>, caller: Caller) -> Answer<Vec<TeamManager>> {
    caller.may(Action::ReadPeople)?;
    Ok(Json(hub.read(caller.scope, people::teams).await?))
}

pub(super) async fn set_manager(
    State(hub): State<Arc<Hub>>,
    caller: Caller,
    Body(wanted): Body<TeamManager>,
) -> Answer<TeamManager> {
    caller.may(Action::WritePeople)?;
    let actor = gate::actor(&caller.scope);
    let set = hub.write(move |work| {
        people::set_manager(work, &actor, &wanted)?;
        Ok(wanted.clone())
    });
    Ok(Json(set.await?))
}

/// The calendars of a person. Their addresses are not told.
pub(super) async fn feeds(
    State(hub): State<Arc<Hub>>,
    caller: Caller,
    Place(id): Place<String>,
) -> Answer<Vec<FeedState>> {
    caller.may(Action::WritePeople)?;
    Ok(Json(hub.read(caller.scope, move |tx| feeds::of(tx, &id)).await?))
}

pub(super) async fn set_feeds(
    State(hub): State<Arc<Hub>>,
    caller: Caller,
    Place(id): Place<String>,
    Body(wanted): Body<Feeds>,
) -> Answer<Vec<FeedState>> {
    caller.may(Action::WritePeople)?;
    let actor = gate::actor(&caller.scope);
    let set = hub.write(move |work| {
        let states = feeds::set(work, &id, &wanted)?;
        let feeds = states.iter().map(|feed| (feed.kind, feed.place.clone())).collect();
        deeds::note(work, &actor, &Deed::FeedsSet { person: &id, feeds })?;
        Ok(states)
    });
    Ok(Json(set.await?))
}
