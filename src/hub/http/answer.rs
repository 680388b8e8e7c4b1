//! Answers: JSON, or a problem document (RFC 9457).

use axum::Json;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};

use crate::hub::error::HubError;
use crate::wire::problem::{Code, MEDIA_TYPE, Problem};

/// A request that was not done.
pub(super) struct Failed(HubError);

impl<E: Into<HubError>> From<E> for Failed {
    fn from(error: E) -> Self {
        Self(error.into())
    }
}

/// What a handler comes to.
pub(super) type Answer<T> = Result<Json<T>, Failed>;

impl IntoResponse for Failed {
    fn into_response(self) -> Response {
        let problem = match self.0 {
            HubError::Problem(problem) => *problem,
            // What went wrong inside is for the hub's own log, not for callers.
            HubError::Db(error) => {
                tracing::error!(%error, "the database failed");
                Problem::new(Code::Unavailable, "the hub's database did not answer; try again")
            }
            HubError::Stored(error) => {
                tracing::error!(%error, "what is stored cannot be read");
                Problem::new(Code::Internal, "what is stored cannot be read; the hub's log says more")
            }
        };
        let status = StatusCode::from_u16(problem.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        let mut response = (status, Json(problem)).into_response();
        response.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static(MEDIA_TYPE));
        if status == StatusCode::UNAUTHORIZED {
            response.headers_mut().insert(header::WWW_AUTHENTICATE, HeaderValue::from_static("Bearer"));
        }
        response
    }
}
