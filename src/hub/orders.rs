//! What managers and marketing order: a lead to somebody else, what it lacks filled in, an item let through. Every order
//! says who and why (R123, F121).

use std::collections::BTreeMap;

use serde::Serialize;

use super::db::{Scope, Tx};
use super::error::HubError;
use super::gate::{self, Action};
use super::leads::{self, Case};
use super::pipeline;
use super::sync;
use super::unmerge::unmerge;
use super::work::{NO_INPUTS, Work};
use crate::handoff::event::{Event, EventKind, Role};
use crate::handoff::lead::{Lead, SourceStage};
use crate::handoff::preflight::{Field, Item};
use crate::handoff::state::{Handoff, Stage};
use crate::handoff::unread::Unread;
use crate::source::files::text_at;
use crate::wire::Written;
use crate::wire::people::Person;
use crate::wire::problem::{Code, Problem};
use crate::wire::sync::LeadState;
use crate::wire::team::Order;

/// The longest text of an order, in characters.
const LONGEST: usize = 2000;

/// What a field said, and says, as the log keeps it.
#[derive(Serialize)]
struct Filled {
    before: Option<String>,
    after: Option<String>,
}

/// What a lead says in this field.
fn said(lead: &mut Lead, path: &str) -> Option<String> {
    text_at(path).and_then(|slot| slot(lead).clone())
}

/// What kind of order it is, as the gate knows it.
pub fn action(order: &Order) -> Action {
    match order {
        Order::Reassign { .. } | Order::Take { .. } | Order::Nudge { .. } => Action::Direct,
        Order::Complete { .. } | Order::Waive { .. } => Action::Complete,
        Order::Unmerge { .. } => Action::Separate,
    }
}

/// Does what is ordered for a lead that `scope` sees; returns the lead as it is afterwards.
pub fn give(work: &mut Work<'_>, scope: &Scope, id: i64, order: &Order) -> Result<Written<LeadState>, HubError> {
    gate::check(scope, action(order))?;
    let is_seen = leads::load(work.tx, id, scope).is_ok();
    let mut case = load(work.tx, id, scope, action(order))?;
    match order {
        Order::Reassign { to, why } => reassign(work, scope, &mut case, to, words("/why", why)?)?,
        Order::Take { why } => {
            let own = gate::actor(scope).name;
            if !super::people::find(work.tx, &own)?.is_some_and(|person| takes_leads(&person)) {
                return Err(refused("your role takes no leads; `reassign` gives this one to somebody"));
            }
            reassign(work, scope, &mut case, &own, words("/why", why)?)?;
        }
        Order::Nudge { why } => {
            let Some(owner) = case.owner.clone() else {
                return Err(refused("nobody holds this lead: reassign it, or take it"));
            };
            let what = EventKind::Escalated { to: owner, step: "nudge".into(), why: words("/why", why)?.to_owned() };
            by(work, scope, &mut case, what)?;
        }
        Order::Complete { fields } => {
            if fields.is_empty() {
                return Err(HubError::invalid("/fields", "say what is filled in, such as \"company.size\": \"800\""));
            }
            let mut filled = BTreeMap::new();
            for (path, text) in fields {
                let at = format!("/fields/{path}");
                let field = Field::from_code(path).ok_or_else(|| {
                    let known = Field::ALL.map(Field::code).join(", ");
                    HubError::invalid(&at, format!("“{path}” cannot be completed; these can: {known}"))
                })?;
                let before = said(&mut case.lead, path);
                field.fill(&mut case.lead, words(&at, text)?);
                filled.insert(path, Filled { before, after: said(&mut case.lead, path) });
            }
            let fields = fields.keys().cloned().collect();
            let what = EventKind::Completed { by: gate::actor(scope).name, fields };
            let event = Event::new(uuid::Uuid::now_v7(), 0, work.now, gate::actor(scope), what);
            work.record(&mut case, event, Some(&filled))?;
        }
        Order::Unmerge { from, why } => unmerge(work, scope, &mut case, from, words("/why", why)?)?,
        Order::Waive { item, why } => {
            let known = || Item::ALL.map(Item::code).join(", ");
            let known = Item::from_code(item).ok_or_else(|| {
                HubError::invalid("/item", format!("there is no pre-flight item “{item}”; there are {}", known()))
            })?;
            let why = words("/why", why)?.to_owned();
            let what = EventKind::Overridden { why: format!("{} waived: {why}", known.label()) };
            by(work, scope, &mut case, what)?;
            case.facts.waived.insert(known.code().to_owned(), (gate::actor(scope).name, why));
        }
    }
    let trail = leads::trail(work.tx, case.id)?;
    pipeline::advance(work, &mut case, &trail)?;
    work.save(&mut case, &trail)?;
    work.write_log()?;
    match sync::state(work.tx, scope, case.id) {
        // Whoever completes what is nobody's may not read it: they learn where it went.
        Err(HubError::Problem(_)) if !is_seen && action(order) == Action::Complete => where_it_is(work, case.id),
        // Also for who no longer sees it now.
        Err(HubError::Problem(_)) => sync::state(work.tx, &Scope::System, case.id),
        told => told,
    }
}

/// Who has a lead and where it stands, and nothing that it says.
fn where_it_is(work: &mut Work<'_>, id: i64) -> Result<Written<LeadState>, HubError> {
    let case = leads::load(work.tx, id, &Scope::System)?;
    let lead = Lead {
        stage: SourceStage { canonical: Some(case.handoff.stage), ..SourceStage::default() },
        ..Lead::default()
    };
    let state = LeadState {
        id,
        version: case.version,
        owner: case.owner,
        queue: case.queue,
        trail: Unread::of(&Vec::new())?,
        handoff: Unread::of(&Handoff::arrived(&lead, work.now))?,
        history: Unread::of(&Vec::new())?,
        lead: Unread::of(&Lead::default())?,
    };
    Ok(Written::new(serde_json::to_string(&state)?))
}

/// The lead that is ordered about: one that `scope` sees, or one that waits before it is anybody's, in a queue that they watch
/// or for its data.
fn load(tx: &mut dyn Tx, id: i64, scope: &Scope, action: Action) -> Result<Case, HubError> {
    let unseen = match leads::load(tx, id, scope) {
        Err(HubError::Problem(problem)) if problem.is(Code::NotFound) => problem,
        known => return known,
    };
    let waiting = leads::load(tx, id, &Scope::System).ok().filter(|case| {
        let (owner, team) = (case.owner.as_deref(), case.team.as_deref());
        let is_theirs = match action {
            Action::Direct => gate::watches(scope, owner, team, case.queue.as_deref()),
            Action::Complete => gate::completes(scope, owner, team, case.handoff.stage),
            _ => false,
        };
        is_theirs && case.merged_into.is_none()
    });
    waiting.ok_or(HubError::Problem(unseen))
}

/// Gives a lead to this person, whoever has it.
fn reassign(work: &mut Work<'_>, scope: &Scope, case: &mut Case, to: &str, why: &str) -> Result<(), HubError> {
    let person = super::people::find(work.tx, to)?.filter(takes_leads);
    let person = person.ok_or_else(|| HubError::invalid("/to", format!("“{to}” is nobody who takes leads")))?;
    if case.owner.as_deref() == Some(to) {
        return Err(refused(&format!("{to} holds this lead already")));
    }
    work.give(case, &person.id)?;
    let what = match case.handoff.stage {
        Stage::Routed => {
            by(work, scope, case, EventKind::Overridden { why: why.to_owned() })?;
            EventKind::Assigned { to: person.id.clone() }
        }
        stage if stage.is_open() => EventKind::Rerouted { to: person.id.clone(), why: why.to_owned() },
        stage => return Err(refused(&format!("this lead is {stage}: it cannot be given to anybody now"))),
    };
    by(work, scope, case, what)?;
    case.lead.assigned_at = Some(work.now);
    case.lead.owner.clone_from(&case.owner);
    case.leaving = Some(format!("given to {}: {why}", person.id));
    Ok(())
}

/// They are there as people who take leads.
pub(super) fn takes_leads(person: &Person) -> bool {
    person.is_active && matches!(person.role, Role::Rep | Role::Manager)
}

/// Lets something happen by the one who orders it.
fn by(work: &mut Work<'_>, scope: &Scope, case: &mut Case, what: EventKind) -> Result<(), HubError> {
    let event = Event::new(uuid::Uuid::now_v7(), 0, work.now, gate::actor(scope), what);
    work.record(case, event, NO_INPUTS)
}

/// A text of an order, if it is one.
pub(super) fn words<'t>(at: &str, text: &'t str) -> Result<&'t str, HubError> {
    let text = text.trim();
    if text.is_empty() || text.chars().count() > LONGEST || text.contains('\0') {
        return Err(HubError::invalid(at, format!("this needs words, at most {LONGEST} characters of them")));
    }
    Ok(text)
}

fn refused(why: &str) -> HubError {
    Problem::new(Code::Refused, why).into()
}
