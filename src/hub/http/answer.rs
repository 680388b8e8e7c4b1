//! Answers: JSON, or a problem document (RFC 9457).

use axum::Json;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};

use super::described::JSON;
use crate::hub::db::DbError;
use crate::hub::error::HubError;
use crate::wire::Written;
use crate::wire::problem::{Code, Problem};

/// Where the database did not answer, it is tried again after so many seconds.
const LATER: u64 = 1;

/// A request that was not done.
pub(super) struct Failed {
    error: HubError,
    /// In how many seconds it may go better.
    wait: Option<u64>,
}

impl Failed {
    /// The same, to be tried again in so many seconds.
    pub(super) fn wait(self, seconds: u64) -> Self {
        Self { wait: Some(seconds), ..self }
    }
}

impl<E: Into<HubError>> From<E> for Failed {
    fn from(error: E) -> Self {
        Self { error: error.into(), wait: None }
    }
}

impl<T> IntoResponse for Written<T> {
    fn into_response(self) -> Response {
        ([(header::CONTENT_TYPE, HeaderValue::from_static(JSON))], self.json).into_response()
    }
}

/// What a handler comes to.
pub(super) type Answer<T> = Result<Json<T>, Failed>;

/// What a caller is told. What went wrong inside is for the hub's own log.
fn told(error: HubError) -> Problem {
    match error {
        HubError::Problem(problem) => *problem,
        // The caller's texts, which no database could keep.
        HubError::Db(DbError::Nul(_)) => Problem::new(Code::Invalid, "a text has a NUL in it, which cannot be kept"),
        HubError::Db(DbError::Taken(what)) => {
            tracing::warn!(what, "refused: it is there already");
            Problem::new(Code::Conflict, "something of that name or id is there already")
        }
        HubError::Db(error) => {
            tracing::error!(%error, "the database failed");
            Problem::new(Code::Unavailable, "the hub's database did not answer; try again")
        }
        HubError::Stored(error) => {
            tracing::error!(%error, "what is stored cannot be read");
            Problem::new(Code::Internal, "what is stored cannot be read; the hub's log says more")
        }
    }
}

impl IntoResponse for Failed {
    /// Says which problem it is; the envelope writes it down.
    fn into_response(self) -> Response {
        let problem = told(self.error);
        let status = StatusCode::from_u16(problem.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        let mut response = status.into_response();
        if let Some(seconds) = self.wait.or((status == StatusCode::SERVICE_UNAVAILABLE).then_some(LATER)) {
            response.headers_mut().insert(header::RETRY_AFTER, HeaderValue::from(seconds));
        }
        if status == StatusCode::UNAUTHORIZED {
            response.headers_mut().insert(header::WWW_AUTHENTICATE, HeaderValue::from_static("Bearer"));
        }
        response.extensions_mut().insert(problem);
        response
    }
}
