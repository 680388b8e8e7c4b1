//! On whose behalf something is read: PostgreSQL's row-level security holds every query to it.

use crate::handoff::event::Role;

/// Who asks.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Scope {
    /// The hub itself: its pipeline, its clock, an audit.
    System,
    /// A person.
    Person {
        /// Their id.
        id: String,
        /// Their role.
        role: Role,
        /// The teams that a manager manages.
        teams: Vec<String>,
    },
}

impl Scope {
    /// Role, person and teams (as a JSON list) as PostgreSQL's policies read them.
    pub(super) fn settings(&self) -> Result<[String; 3], serde_json::Error> {
        Ok(match self {
            Self::System => ["system".to_owned(), String::new(), "[]".to_owned()],
            Self::Person { id, role, teams } => [role.code().to_owned(), id.clone(), serde_json::to_string(teams)?],
        })
    }
}
