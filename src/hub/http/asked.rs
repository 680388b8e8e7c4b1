//! What is asked: who asks, and the body of the request, or a problem that says what is wrong with it and where.

use std::sync::Arc;

use axum::body::Bytes;
use axum::extract::{FromRequest, FromRequestParts, Path, Query, Request};
use axum::http::HeaderMap;
use axum::http::header::{AUTHORIZATION, CONTENT_TYPE};
use axum::http::request::Parts;
use secrecy::{ExposeSecret, SecretString};
use serde::de::DeserializeOwned;

use super::PATIENCE;
use super::answer::Failed;
use super::described::JSON;
use super::envelope::Who;
use super::limits::{Limits, TOKEN_RATE};
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
    token: SecretString,
}

impl Caller {
    /// Whether the token still holds and shows the same leads.
    pub(super) async fn is_unchanged(&self, hub: &Hub) -> bool {
        let (token, now) = (self.token.clone(), hub.now());
        let holder = hub.read(Scope::System, move |tx| tokens::holder(tx, &token, now)).await;
        matches!(holder, Ok(Some((_, scope))) if scope == self.scope)
    }

    /// The name by which its token is counted.
    pub(super) fn name(&self) -> String {
        counted(&self.token)
    }

    /// Lets the action pass, or says that it is not for this role.
    pub(super) fn may(&self, action: Action) -> Result<(), HubError> {
        gate::check(&self.scope, action)
    }
}

impl FromRequestParts<Arc<Hub>> for Caller {
    type Rejection = Failed;

    async fn from_request_parts(parts: &mut Parts, hub: &Arc<Hub>) -> Result<Self, Failed> {
        let limits = limits_of(parts)?;
        let stranger = limits.stranger(&parts.headers, &parts.extensions);
        let denied = || {
            stranger.failed();
            Problem::new(Code::Unauthorized, "send a valid token: Authorization: Bearer lbx_…")
        };
        let header = only(&parts.headers, AUTHORIZATION.as_str());
        let token = header.and_then(|value| value.split_once(' '));
        let token = token.filter(|(scheme, _)| scheme.eq_ignore_ascii_case("bearer")).map(|(_, token)| token.trim());
        let token = SecretString::from(token.unwrap_or_default().to_owned());
        let name = counted(&token);
        // Who was let in before is, whatever others at the same address do.
        if !limits.knows(&name) {
            stranger.may_try()?;
        }
        let (now, asked) = (hub.now(), token.clone());
        let holder = hub.read(Scope::System, move |tx| tokens::holder(tx, &asked, now)).await?;
        let (person, scope) = holder.ok_or_else(denied)?;
        if let Some(who) = parts.extensions.get::<Who>() {
            who.is(&person.id);
        }
        // Only of tokens that hold: others would fill the memory with what strangers make up.
        limits.pass(name, TOKEN_RATE)?;
        Ok(Self { person, scope, token })
    }
}

fn counted(token: &SecretString) -> String {
    format!("token {}", tokens::fingerprint(token.expose_secret()))
}

/// The limits that hold for all.
pub(super) fn limits_of(parts: &Parts) -> Result<Arc<Limits>, Failed> {
    let limits = parts.extensions.get::<Arc<Limits>>().cloned();
    limits.ok_or_else(|| Problem::new(Code::Internal, "there are no limits").into())
}

/// A header that is there exactly once: of two, nobody could say which one counts.
pub(super) fn only<'h>(headers: &'h HeaderMap, name: &str) -> Option<&'h str> {
    let mut values = headers.get_all(name).iter();
    let value = values.next()?.to_str().ok()?;
    values.next().is_none().then_some(value)
}

/// The parts of the address that vary.
pub(super) struct Place<T>(pub(super) T);

impl<T: DeserializeOwned + Send> FromRequestParts<Arc<Hub>> for Place<T> {
    type Rejection = Failed;

    async fn from_request_parts(parts: &mut Parts, hub: &Arc<Hub>) -> Result<Self, Failed> {
        let Path(value) = Path::from_request_parts(parts, hub)
            .await
            .map_err(|error| Problem::new(Code::Invalid, error.body_text()).at("the address"))?;
        Ok(Self(value))
    }
}

/// What stands after the `?`.
pub(super) struct Asked<T>(pub(super) T);

impl<T: DeserializeOwned> FromRequestParts<Arc<Hub>> for Asked<T> {
    type Rejection = Failed;

    async fn from_request_parts(parts: &mut Parts, hub: &Arc<Hub>) -> Result<Self, Failed> {
        let Query(value) = Query::from_request_parts(parts, hub)
            .await
            .map_err(|error| Problem::new(Code::Invalid, error.body_text()).at("the query"))?;
        Ok(Self(value))
    }
}

/// A body of JSON.
pub(super) struct Body<T>(pub(super) T);

impl<T: DeserializeOwned> FromRequest<Arc<Hub>> for Body<T> {
    type Rejection = Failed;

    async fn from_request(request: Request, hub: &Arc<Hub>) -> Result<Self, Failed> {
        must_be(request.headers(), JSON)?;
        let bytes = bytes(request, hub).await?;
        Ok(Self(json(&bytes)?))
    }
}

/// A body of TOML, as text.
pub(super) struct Text(pub(super) String);

impl Text {
    /// Its media type.
    pub(super) const MEDIA: &str = "application/toml";
}

impl FromRequest<Arc<Hub>> for Text {
    type Rejection = Failed;

    async fn from_request(request: Request, hub: &Arc<Hub>) -> Result<Self, Failed> {
        must_be(request.headers(), Self::MEDIA)?;
        let bytes = bytes(request, hub).await?;
        let text = std::str::from_utf8(&bytes).map_err(|_| HubError::invalid("", "send a text in UTF-8"))?;
        Ok(Self(text.to_owned()))
    }
}

/// The body is said to be of this kind.
pub(super) fn must_be(headers: &HeaderMap, wanted: &str) -> Result<(), HubError> {
    let media = only(headers, CONTENT_TYPE.as_str()).unwrap_or_default();
    let media = media.split(';').next().unwrap_or_default().trim();
    if media.eq_ignore_ascii_case(wanted) {
        return Ok(());
    }
    Err(Problem::new(Code::MediaType, format!("send {wanted}")).at("Content-Type").into())
}

/// The bytes of a body, if they are not too many.
pub(super) async fn bytes(request: Request, hub: &Arc<Hub>) -> Result<Bytes, Failed> {
    let late = |_| Problem::new(Code::Unavailable, "the body did not come in time");
    // Also where the request itself may take as long as it takes.
    let body = tokio::time::timeout(PATIENCE, Bytes::from_request(request, hub)).await.map_err(late)?;
    body.map_err(|error| {
        let is_large = error.status().as_u16() == Code::TooLarge.status();
        let code = if is_large { Code::TooLarge } else { Code::Invalid };
        Failed::from(Problem::new(code, error.body_text()))
    })
}

/// Reads JSON, or says where it is not what is asked for.
pub(super) fn json<T: DeserializeOwned>(bytes: &[u8]) -> Result<T, HubError> {
    // A list would be taken for an object's values in the order of its fields.
    if bytes.iter().find(|byte| !byte.is_ascii_whitespace()) != Some(&b'{') {
        return Err(HubError::invalid("", "send an object: {…}"));
    }
    let mut reader = serde_json::Deserializer::from_slice(bytes);
    let read = serde_path_to_error::deserialize(&mut reader);
    let value = read.map_err(|error| {
        let place: String = error.path().iter().map(|part| format!("/{part}")).collect();
        HubError::invalid(place, error.into_inner().to_string())
    })?;
    reader.end().map_err(|error| HubError::invalid("", error.to_string()))?;
    Ok(value)
}
