//! What is asked: who asks, and the body of the request, or a problem that says what is wrong with it and where.

use std::sync::Arc;

use axum::body::Bytes;
use axum::extract::{FromRequest, FromRequestParts, Request};
use axum::http::header::{AUTHORIZATION, CONTENT_TYPE};
use axum::http::request::Parts;
use secrecy::SecretString;
use serde::de::DeserializeOwned;

use super::answer::Failed;
use crate::hub::core::Hub;
use crate::hub::db::Scope;
use crate::hub::error::HubError;
use crate::hub::gate::{self, Action};
use crate::hub::tokens;
use crate::wire::people::Person;
use crate::wire::problem::{Code, Problem};

/// One who asks, known by a token.
pub(super) struct Caller {
    pub(super) person: Person,
    pub(super) scope: Scope,
}

impl Caller {
    /// Lets the action pass, or says that it is not for this role.
    pub(super) fn may(&self, action: Action) -> Result<(), HubError> {
        gate::check(&self.scope, action)
    }
}

impl FromRequestParts<Arc<Hub>> for Caller {
    type Rejection = Failed;

    async fn from_request_parts(parts: &mut Parts, hub: &Arc<Hub>) -> Result<Self, Failed> {
        let denied = || Problem::new(Code::Unauthorized, "send a valid token: Authorization: Bearer lbx_…");
        let header = parts.headers.get(AUTHORIZATION).and_then(|value| value.to_str().ok());
        let token = header.and_then(|value| value.split_once(' '));
        let token = token.filter(|(scheme, _)| scheme.eq_ignore_ascii_case("bearer")).map(|(_, token)| token.trim());
        let token = SecretString::from(token.ok_or_else(denied)?.to_owned());
        let now = hub.now();
        let holder = hub.read(Scope::System, move |tx| tokens::holder(tx, &token, now)).await?;
        let (person, scope) = holder.ok_or_else(denied)?;
        Ok(Self { person, scope })
    }
}

/// A body of JSON.
pub(super) struct Body<T>(pub(super) T);

impl<T: DeserializeOwned> FromRequest<Arc<Hub>> for Body<T> {
    type Rejection = Failed;

    async fn from_request(request: Request, hub: &Arc<Hub>) -> Result<Self, Failed> {
        let media = request.headers().get(CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
        let media = media.split(';').next().unwrap_or_default().trim();
        if !media.eq_ignore_ascii_case("application/json") {
            return Err(Problem::new(Code::MediaType, "send application/json").at("Content-Type").into());
        }
        let bytes = bytes(request, hub).await?;
        Ok(Self(json(&bytes)?))
    }
}

/// The bytes of a body, if they are not too many.
pub(super) async fn bytes(request: Request, hub: &Arc<Hub>) -> Result<Bytes, Failed> {
    Bytes::from_request(request, hub).await.map_err(|error| {
        let is_large = error.status().as_u16() == Code::TooLarge.status();
        let code = if is_large { Code::TooLarge } else { Code::Invalid };
        Failed::from(Problem::new(code, error.body_text()))
    })
}

/// Reads JSON, or says where it is not what is asked for.
pub(super) fn json<T: DeserializeOwned>(bytes: &[u8]) -> Result<T, HubError> {
    let mut reader = serde_json::Deserializer::from_slice(bytes);
    let read = serde_path_to_error::deserialize(&mut reader);
    let value = read.map_err(|error| {
        let place: String = error.path().iter().map(|part| format!("/{part}")).collect();
        HubError::invalid(place, error.into_inner().to_string())
    })?;
    reader.end().map_err(|error| HubError::invalid("", error.to_string()))?;
    Ok(value)
}
