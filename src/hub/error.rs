//! Why the hub did not do something.

use super::db::DbError;
use crate::handoff::refusal::Refusal;
use crate::wire::problem::{Code, Problem};

/// Why the hub did not do something. Nothing of it was done then.
#[derive(Debug, thiserror::Error)]
pub enum HubError {
    /// The caller's fault, told to the caller as it is.
    #[error("{}", .0.detail)]
    Problem(Box<Problem>),
    /// The database's.
    #[error(transparent)]
    Db(#[from] DbError),
    /// What is stored cannot be read.
    #[error("what is stored cannot be read: {0}")]
    Stored(#[from] serde_json::Error),
}

impl From<Problem> for HubError {
    fn from(problem: Problem) -> Self {
        Self::Problem(Box::new(problem))
    }
}

impl From<Refusal> for HubError {
    fn from(refusal: Refusal) -> Self {
        Problem::new(Code::Refused, refusal.to_string()).into()
    }
}

impl HubError {
    /// The database's trouble, not that of what was asked: the same may come about when it is asked again.
    pub fn is_trouble(&self) -> bool {
        match self {
            // These are about one row: asked again, it says the same.
            Self::Db(
                DbError::Taken(_)
                | DbError::Nul(_)
                | DbError::NotANumber(_)
                | DbError::Column { .. }
                | DbError::Stored(_),
            ) => false,
            Self::Db(_) => true,
            // A commit that did not come about, too: those who shared it are all told so.
            Self::Problem(problem) => problem.is(Code::Unavailable),
            Self::Stored(_) => false,
        }
    }

    /// The request cannot be understood: what is wrong at `place`.
    pub fn invalid(place: impl Into<String>, what: impl Into<String>) -> Self {
        Problem::new(Code::Invalid, what).at(place).into()
    }

    /// There is no such thing, or none that the caller may see.
    pub fn not_found(what: impl Into<String>) -> Self {
        Problem::new(Code::NotFound, what).into()
    }
}
