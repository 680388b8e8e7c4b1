//! Who may do what, in one place: what a role may do at all, and which leads it sees.
//!
//! A rep sees and acts on own leads only, a manager own teams', marketing sees all and completes data, revenue
//! operations set the rules and say who is who, an auditor reads everything and changes nothing (F124).

use super::db::{Scope, Value};
use super::error::HubError;
use crate::handoff::event::{Actor, Role};
use crate::handoff::state::Stage;
use crate::wire::problem::{Code, Problem};

/// What can be asked of the hub.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Action {
    /// Read leads that one sees.
    ReadLeads,
    /// Answer a lead of one's own.
    Answer,
    /// Read the rules.
    ReadPolicy,
    /// Set the rules.
    WritePolicy,
    /// Read who is who.
    ReadPeople,
    /// Enter people and give them tokens.
    WritePeople,
    /// Give a lead to somebody else, nudge its owner, overrule a rule.
    Direct,
    /// Fill in what a lead lacks.
    Complete,
    /// Say who is there to take leads.
    SetAvailability,
    /// Read the board of the teams.
    ReadBoard,
    /// Check the log.
    Audit,
    /// Set up senders of leads, and see to what could not be taken in.
    WriteIntake,
    /// Try other rules on the leads of the past.
    Simulate,
    /// Take a lead from a queue.
    Claim,
    /// Take back that two records were united.
    Separate,
}

impl Action {
    /// All of them.
    pub const ALL: [Self; 15] = [
        Self::ReadLeads,
        Self::Answer,
        Self::ReadPolicy,
        Self::WritePolicy,
        Self::ReadPeople,
        Self::WritePeople,
        Self::Direct,
        Self::Complete,
        Self::SetAvailability,
        Self::ReadBoard,
        Self::Audit,
        Self::WriteIntake,
        Self::Simulate,
        Self::Claim,
        Self::Separate,
    ];
}

/// Whether a role may do this at all. On which leads, [`seen`] says.
pub fn may(role: Role, action: Action) -> bool {
    use Action::{
        Answer, Audit, Claim, Complete, Direct, ReadBoard, ReadLeads, ReadPeople, ReadPolicy, Separate,
        SetAvailability, Simulate, WriteIntake, WritePeople, WritePolicy,
    };
    match action {
        ReadLeads | ReadPolicy => true,
        Answer | Claim => matches!(role, Role::Rep | Role::Manager),
        ReadPeople => role != Role::Rep,
        WritePolicy | WritePeople | WriteIntake => role == Role::Revops,
        Direct | Simulate => matches!(role, Role::Manager | Role::Revops),
        Separate => matches!(role, Role::Marketing | Role::Revops),
        Complete => matches!(role, Role::Manager | Role::Marketing | Role::Revops),
        SetAvailability => matches!(role, Role::Rep | Role::Manager | Role::Revops),
        ReadBoard => matches!(role, Role::Manager | Role::Marketing | Role::Revops | Role::Auditor),
        Audit => matches!(role, Role::Auditor | Role::Revops),
    }
}

/// Lets it pass, or says that it is not for this role.
pub fn check(scope: &Scope, action: Action) -> Result<(), HubError> {
    match scope {
        Scope::System => Ok(()),
        Scope::Person { role, .. } if may(*role, action) => Ok(()),
        Scope::Person { role, .. } => {
            Err(Problem::new(Code::Forbidden, format!("a token of the role “{}” does not do this", role.code())).into())
        }
    }
}

/// Which leads one sees: a condition on the table `lead` and its parameters, numbered from `first`.
pub fn seen(scope: &Scope, first: usize) -> (String, Vec<Value>) {
    match scope {
        Scope::Person { id, role: Role::Rep, .. } => (format!("lead.owner = ?{first}"), vec![Value::from(id.as_str())]),
        Scope::Person { id, role: Role::Manager, teams } => {
            let places: Vec<String> =
                (first + 1..=first + teams.len()).map(|n| format!(" OR lead.team = ?{n}")).collect();
            let own = std::iter::once(Value::from(id.as_str()));
            let params = own.chain(teams.iter().map(|team| Value::from(team.as_str()))).collect();
            (format!("(lead.owner = ?{first}{})", places.concat()), params)
        }
        Scope::Person { .. } | Scope::System => ("1 = 1".into(), Vec::new()),
    }
}

/// Whether one sees a lead of this owner and team: the same rule as [`seen`], for a lead that is at hand.
pub fn sees(scope: &Scope, owner: Option<&str>, team: Option<&str>) -> bool {
    match scope {
        Scope::Person { id, role: Role::Rep, .. } => owner == Some(id),
        Scope::Person { id, role: Role::Manager, teams } => {
            owner == Some(id) || team.is_some_and(|team| teams.iter().any(|own| own == team))
        }
        Scope::Person { .. } | Scope::System => true,
    }
}

/// Whether one directs a lead without holding it among one's own: what waits in a queue and is no team's yet is for every
/// manager to take or to give away (R61), and for nobody to answer before.
pub fn watches(scope: &Scope, owner: Option<&str>, team: Option<&str>, queue: Option<&str>) -> bool {
    let is_unclaimed = owner.is_none() && team.is_none() && queue.is_some();
    matches!(scope, Scope::Person { role: Role::Manager, .. }) && is_unclaimed
}

/// Whether one completes a lead without seeing it among one's own: what waits for its data and is no team's yet is for every
/// manager to complete (R35), and for nobody to answer before.
pub fn completes(scope: &Scope, owner: Option<&str>, team: Option<&str>, stage: Stage) -> bool {
    let is_nobodys = owner.is_none() && team.is_none() && stage == Stage::DataCompletion;
    matches!(scope, Scope::Person { role: Role::Manager, .. }) && is_nobodys
}

/// What [`watches`] calls unclaimed, as a condition on the table `lead`.
pub const UNCLAIMED: &str = "(lead.owner IS NULL AND lead.team IS NULL AND lead.queue IS NOT NULL)";

/// The view of what waits in queues or for its data and is no team's yet: it changes for those who watch, and nobody's leads
/// are in it.
/// Those who watch hear of what left it, as far as they were told of it.
pub const QUEUES: &str = "*queues";

/// Which of the leads that wait in a queue or for their data one is shown on the board: as [`seen`], and as [`watches`] and
/// [`completes`] those that are no team's.
pub fn seen_waiting(scope: &Scope, first: usize) -> (String, Vec<Value>) {
    let (seen, params) = seen(scope, first);
    match scope {
        Scope::Person { role: Role::Manager, .. } => (format!("({seen} OR lead.team IS NULL)"), params),
        _ => (seen, params),
    }
}

/// The views whose contents a change of a lead changes: its owner's, its team's, and that of those who see everything.
pub fn views(owner: Option<&str>, team: Option<&str>) -> impl Iterator<Item = String> {
    let owner = owner.map(str::to_owned);
    let team = team.map(|team| format!("team {team}"));
    owner.into_iter().chain(team).chain([EVERYTHING.to_owned()])
}

/// What one hears of beside [`own_views`]: managers of what waits in queues.
pub fn heard(scope: &Scope) -> Option<String> {
    matches!(scope, Scope::Person { role: Role::Manager, .. }).then(|| QUEUES.to_owned())
}

/// The view of those who see everything.
pub const EVERYTHING: &str = "*";

/// The views that make up what one sees.
pub fn own_views(scope: &Scope) -> Vec<String> {
    match scope {
        Scope::Person { id, role: Role::Rep, .. } => vec![id.clone()],
        Scope::Person { id, role: Role::Manager, teams } => {
            std::iter::once(id.clone()).chain(teams.iter().map(|team| format!("team {team}"))).collect()
        }
        Scope::Person { .. } | Scope::System => vec![EVERYTHING.to_owned()],
    }
}

/// Who acts, as the log says it.
pub fn actor(scope: &Scope) -> Actor {
    match scope {
        Scope::System => Actor::system(),
        Scope::Person { id, role, .. } => Actor { role: *role, name: id.clone() },
    }
}
