//! On whose behalf something is read: PostgreSQL's row-level security holds every query to it.

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

/// What a person may see and do (F124).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Role {
    /// Sees the leads that are theirs.
    Rep,
    /// Sees also those of the teams that they manage.
    Manager,
    /// Sees all leads.
    Marketing,
    /// Sees all leads, and changes the team's rules.
    Revops,
    /// Sees everything and changes nothing.
    Auditor,
}

impl Role {
    /// All of them.
    pub const ALL: [Self; 5] = [Self::Rep, Self::Manager, Self::Marketing, Self::Revops, Self::Auditor];

    /// Its name, as it is stored and written.
    pub fn name(self) -> &'static str {
        match self {
            Self::Rep => "rep",
            Self::Manager => "manager",
            Self::Marketing => "marketing",
            Self::Revops => "revops",
            Self::Auditor => "auditor",
        }
    }

    /// The role of this name.
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|role| role.name() == name)
    }
}

impl Scope {
    /// Role, person and teams (as a JSON list) as PostgreSQL's policies read them.
    pub(super) fn settings(&self) -> Result<[String; 3], serde_json::Error> {
        Ok(match self {
            Self::System => ["system".to_owned(), String::new(), "[]".to_owned()],
            Self::Person { id, role, teams } => [role.name().to_owned(), id.clone(), serde_json::to_string(teams)?],
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_role_is_known_by_the_name_that_it_is_stored_by() {
        for role in Role::ALL {
            assert_eq!(Role::from_name(role.name()), Some(role));
        }
        assert_eq!(Role::from_name("system"), None, "nobody is the hub by having a row");
    }
}
