//! Who one is here, the team's rules, its senders of leads, and whether the hub is well.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;

use super::answer::{Answer, Failed};
use super::asked::{Body, Caller, Text};
use crate::hub::core::Hub;
use crate::hub::db::Scope;
use crate::hub::deeds::{self, Deed};
use crate::hub::error::HubError;
use crate::hub::gate::{self, Action};
use crate::hub::news::RULES;
use crate::hub::rules::TeamRules;
use crate::hub::{leads, log, rules, senders};
use crate::wire::intake::{NewSource, SourceMade};
use crate::wire::problem::{Code, Problem};
use crate::wire::sync::{Me, PolicyText};

/// The longest policy, in bytes.
const LONGEST_POLICY: usize = 1024 * 1024;

pub(super) async fn me(State(hub): State<Arc<Hub>>, caller: Caller) -> Answer<Me> {
    let policy = hub.rules().version().to_owned();
    let person = caller.person;
    let (id, name, role, team) = (person.id, person.name, person.role, person.team);
    Ok(Json(Me { id, name, role, team, policy, now: hub.now() }))
}

pub(super) async fn policy(State(hub): State<Arc<Hub>>, caller: Caller) -> Answer<PolicyText> {
    caller.may(Action::ReadPolicy)?;
    let rules = hub.rules();
    Ok(Json(PolicyText { version: rules.version().to_owned(), toml: rules.toml.clone() }))
}

/// Refuses a policy that is too long to be one.
pub(super) fn must_be_short(policy: &str) -> Result<(), HubError> {
    if policy.len() <= LONGEST_POLICY {
        return Ok(());
    }
    let what = format!("a policy has at most {LONGEST_POLICY} bytes, not {}", policy.len());
    Err(Problem::new(Code::TooLarge, what).into())
}

pub(super) async fn put_policy(State(hub): State<Arc<Hub>>, caller: Caller, Text(text): Text) -> Answer<PolicyText> {
    caller.may(Action::WritePolicy)?;
    must_be_short(&text)?;
    let by = gate::actor(&caller.scope);
    // Read before it is written: nobody else's writes wait for that.
    TeamRules::parse(0, &text, hub.now())?;
    hub.write(move |work| {
        if let Some(version) = rules::put(work, &text, &by.name)? {
            deeds::note(work, &by, &Deed::PolicySet { version })?;
        }
        work.changed.insert(RULES.to_owned());
        Ok(())
    })
    .await?;
    // What was looked at in between went by the old rules.
    hub.write(|work| leads::look_at_all(work.tx)).await?;
    let rules = hub.rules();
    Ok(Json(PolicyText { version: rules.version().to_owned(), toml: rules.toml.clone() }))
}

pub(super) async fn set_up_source(
    State(hub): State<Arc<Hub>>,
    caller: Caller,
    Body(wanted): Body<NewSource>,
) -> Answer<SourceMade> {
    caller.may(Action::WriteIntake)?;
    let actor = gate::actor(&caller.scope);
    let made = hub.write(move |work| {
        if work.bridges.contains_key(&wanted.name) {
            let what =
                format!("“{}” is a CRM behind this hub: a sender's leads would pass for its records", wanted.name);
            return Err(HubError::invalid("/name", what));
        }
        let made = senders::put(work.tx, &wanted, work.now)?;
        let mapping = wanted.mapping.as_ref().map(|mapping| mapping.file.as_str());
        let is_secret_new = made.secret.is_some();
        deeds::note(work, &actor, &Deed::SourceSet { name: &made.name, is_secret_new, mapping })?;
        Ok(made)
    });
    Ok(Json(made.await?))
}

pub(super) async fn healthy() -> &'static str {
    "ok"
}

/// Whether the database answers and all that works in the background does. How much is in it is not a stranger's business.
pub(super) async fn ready(State(hub): State<Arc<Hub>>) -> Result<&'static str, Failed> {
    hub.read(Scope::System, |tx| Ok(log::head(tx)?)).await?;
    let fallen = hub.pulse().fallen();
    if !fallen.is_empty() {
        let what = format!("the hub's work in the background stands still: {}; its log says why", fallen.join(", "));
        return Err(Problem::new(Code::Unavailable, what).into());
    }
    Ok("ok")
}
