//! `leadbox team`: what managers and marketing order for a lead, and who says that somebody is there.

use std::collections::BTreeMap;

use serde_json::json;

use super::args::{LeadAt, TeamCommand};
use super::calls::Calls;
use super::login::token;
use crate::cli::args::Global;
use crate::cli::failure::{Exit, Failure};
use crate::cli::print::Out;
use crate::source::hub::{Account, team};
use crate::wire::people::Person;
use crate::wire::sync::{LeadState, Me};
use crate::wire::team::{Lookups, OpenQueue, Order, Route};

/// Runs one of the subcommands.
pub(super) fn run(command: &TeamCommand, global: &Global) -> Result<(), Failure> {
    let calls = Calls::signed_in(global)?;
    match command {
        TeamCommand::Reassign { lead, to, why } => {
            order(&calls, lead, Order::Reassign { to: to.clone(), why: why.clone() }, global)
        }
        TeamCommand::Take { lead, why } => order(&calls, lead, Order::Take { why: why.clone() }, global),
        TeamCommand::Claim { queue, lead } => claim(&calls, queue.as_deref(), lead.as_deref(), global),
        TeamCommand::Queues => queues(&calls, global),
        TeamCommand::Nudge { lead, why } => order(&calls, lead, Order::Nudge { why: why.clone() }, global),
        TeamCommand::Complete { lead, fields } => {
            let field = |text: &String| {
                let (field, value) = text.split_once('=').ok_or_else(|| {
                    Failure::usage(format!("“{text}” is no field with its value; write it like company.size=800"))
                })?;
                Ok((field.trim().to_owned(), value.trim().to_owned()))
            };
            let fields = fields.iter().map(field).collect::<Result<BTreeMap<_, _>, Failure>>()?;
            order(&calls, lead, Order::Complete { fields }, global)
        }
        TeamCommand::Unmerge { lead, from, why } => {
            order(&calls, lead, Order::Unmerge { from: from.clone(), why: why.clone() }, global)
        }
        TeamCommand::Waive { lead, item, why } => {
            order(&calls, lead, Order::Waive { item: item.clone(), why: why.clone() }, global)
        }
        TeamCommand::Away { why, .. } if why.trim().is_empty() => {
            Err(Failure::usage("say why: --why \"…\"; `leadbox team back` ends a pause"))
        }
        TeamCommand::Away { person, why } => availability(&calls, person.as_deref(), Some(why.clone()), global),
        TeamCommand::Back { person } => availability(&calls, person.as_deref(), None, global),
    }
}

fn order(calls: &Calls, lead: &LeadAt, order: Order, global: &Global) -> Result<(), Failure> {
    let id = lead.number()?;
    tell(&calls.call(team::order(id, &order))?, global)
}

/// Says where a lead is now.
fn tell(state: &LeadState, global: &Global) -> Result<(), Failure> {
    let mut out = Out::new();
    if global.json {
        let stage = state.handoff.read().map(|handoff| handoff.stage).ok();
        out.json(&json!({ "lead": state.id, "stage": stage, "owner": state.owner, "queue": state.queue }))?;
    } else {
        out.line(team::told(state))?;
    }
    out.finish()
}

/// Takes the next lead of a queue, or this one.
fn claim(calls: &Calls, queue: Option<&str>, lead: Option<&str>, global: &Global) -> Result<(), Failure> {
    let lead = lead.map(|lead| LeadAt { lead: lead.to_owned() }.number()).transpose()?;
    let queue = match queue {
        Some(queue) => queue.to_owned(),
        None => {
            let open: Vec<OpenQueue> = calls.get("/v1/queues")?;
            let found = open.iter().find(|queue| queue.waiting > 0);
            let none = if open.is_empty() { "no queue is open to you" } else { "nothing waits in your queues" };
            found.ok_or_else(|| Failure::new(Exit::Refused, none))?.name.clone()
        }
    };
    tell(&calls.call(team::claim(&queue, lead))?, global)
}

fn queues(calls: &Calls, global: &Global) -> Result<(), Failure> {
    let open: Vec<OpenQueue> = calls.get("/v1/queues")?;
    let mut out = Out::new();
    if open.is_empty() && !global.json {
        out.line("no queue is open to you")?;
    }
    for queue in open {
        if global.json {
            out.json(&json!(queue))?;
        } else {
            let OpenQueue { name, waiting, held, most } = queue;
            let most = most.map(|most| format!(" of {most}")).unwrap_or_default();
            out.line(format!("{name}  {waiting} waiting, you have {held}{most} from it"))?;
        }
    }
    out.finish()
}

fn availability(calls: &Calls, person: Option<&str>, paused: Option<String>, global: &Global) -> Result<(), Failure> {
    let person = match person {
        Some(person) => person.to_owned(),
        None => calls.get::<Me>("/v1/me")?.id,
    };
    let person: Person = calls.call(team::availability(&person, paused))?;
    let mut out = Out::new();
    if global.json {
        out.json(&json!({ "person": person.id, "paused": person.paused }))?;
    } else {
        out.line(team::told_of(&person))?;
    }
    out.finish()
}

/// `leadbox route explain`: every rule that was tried for a lead, and who lost and why.
pub(super) fn explain(lead: &LeadAt, global: &Global) -> Result<(), Failure> {
    let calls = Calls::signed_in(global)?;
    let route: Route = calls.get(&format!("/v1/leads/{}/route", lead.number()?))?;
    let mut out = Out::new();
    if global.json {
        out.json(&json!(route))?;
    } else {
        let lookup = route.lookup.iter().flat_map(Lookups::lines);
        for line in route.decision.lines().into_iter().chain(lookup) {
            out.paragraph(&line)?;
        }
    }
    out.finish()
}

impl LeadAt {
    /// The lead's number at the hub.
    fn number(&self) -> Result<i64, Failure> {
        let digits = self.lead.strip_prefix("hub:").unwrap_or(&self.lead);
        digits.parse().map_err(|_| {
            Failure::usage(format!(
                "“{}” is no lead of the hub's: name it by its number there, such as hub:12, which `leadbox show` tells",
                self.lead
            ))
        })
    }
}

impl Calls {
    /// Speaks to the hub that one is signed in to.
    pub(super) fn signed_in(global: &Global) -> Result<Self, Failure> {
        let dir = crate::cli::session::data_dir(global)?;
        let account = Account::load(&dir).map_err(|error| Failure::file("the account cannot be read", &error))?;
        let account = account
            .ok_or_else(|| Failure::new(Exit::Failed, "nobody is signed in; `leadbox login URL` signs in to a hub"))?;
        let token = token(&dir).map_err(|error| Failure::file("the token cannot be read", &error))?;
        Self::new(&account.url, token)
    }
}
