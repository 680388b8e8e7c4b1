//! `POST /v1/intake/{source}`: leads and what they did, signed by their sender.

use std::sync::Arc;

use axum::body::Bytes;
use axum::extract::{FromRequest, Request, State};
use axum::http::request::Parts;
use axum::{Extension, Json};
use utoipa::openapi::schema::AnyOf;

use super::answer::{Answer, Failed};
use super::asked::{Place, bytes, json, must_be, only};
use super::described::{Asks, Draft, JSON};
use super::limits::{Limits, SOURCE_RATE};
use crate::hub::core::Hub;
use crate::hub::db::{Scope, Tx};
use crate::hub::error::HubError;
use crate::hub::intake;
use crate::source::files::Posted;
use crate::wire::intake::{Batch, Item, Taken};
use crate::wire::problem::Code;

/// The security scheme of those who sign.
pub(super) const SIGNED: &str = "signature";

/// A body as its sender signed it, before anything of it is believed.
pub(super) struct Signed {
    head: Parts,
    /// Whether it is said to be JSON.
    media: Result<(), HubError>,
    /// It is a form, as browsers post one.
    is_form: bool,
    body: Bytes,
}

impl FromRequest<Arc<Hub>> for Signed {
    type Rejection = Failed;

    async fn from_request(request: Request, hub: &Arc<Hub>) -> Result<Self, Failed> {
        let (head, body) = request.into_parts();
        let media = must_be(&head.headers, JSON);
        let is_form = must_be(&head.headers, "application/x-www-form-urlencoded").is_ok();
        let request = Request::from_parts(head.clone(), body);
        Ok(Self { head, media, is_form, body: bytes(request, hub).await? })
    }
}

impl Asks for Signed {
    fn asks(draft: &mut Draft) {
        let mut shapes = AnyOf::new();
        shapes.items = vec![draft.of::<Item>(), draft.of::<Batch>()];
        draft.reads(JSON, utoipa::openapi::Schema::AnyOf(shapes));
        draft.is_secured_by(SIGNED);
    }
}

pub(super) async fn post(
    State(hub): State<Arc<Hub>>,
    Extension(limits): Extension<Arc<Limits>>,
    Place(source): Place<String>,
    Signed { head, media, is_form, body }: Signed,
) -> Answer<Taken> {
    let headers = Arc::new(head.headers);
    // The signature goes before everything that the body says.
    let (sender, signed, shown) = (source.clone(), body.clone(), Arc::clone(&headers));
    let now = hub.now();
    let look = move |tx: &mut dyn Tx| {
        let header = |name: &str| only(&shown, name).map(str::to_owned);
        intake::authenticate(tx, &sender, header, &signed, now)
    };
    let stranger = limits.stranger(&headers, &head.extensions);
    stranger.may_try()?;
    let admitted = hub.read(Scope::System, look).await.inspect_err(|error| {
        if matches!(error, HubError::Problem(problem) if problem.is(Code::Unauthorized)) {
            stranger.failed();
        }
    })?;
    // Only what the sender itself sent counts: nobody else can use up what it may send.
    limits.pass(format!("source {source}"), SOURCE_RATE)?;
    if !(is_form && admitted.is_mapped()) {
        media?;
    }
    let header = |name: &str| only(&headers, name).map(str::to_owned);
    let items = admitted.items(Posted { body: &body, is_form }, header, || match Shape::of(&body) {
        Shape::Batch => Ok(json::<Batch>(&body)?.items),
        Shape::Item => Ok(vec![json::<Item>(&body)?]),
    })?;
    let taken = hub.write(move |work| {
        intake::spend(work, &admitted)?;
        intake::take(work, &source, &items)
    });
    Ok(Json(taken.await?))
}

/// One item, or many.
enum Shape {
    Batch,
    Item,
}

impl Shape {
    fn of(body: &[u8]) -> Self {
        #[derive(serde::Deserialize)]
        struct Peek {
            items: Option<serde::de::IgnoredAny>,
        }
        match serde_json::from_slice::<Peek>(body) {
            Ok(Peek { items: Some(_) }) => Self::Batch,
            _ => Self::Item,
        }
    }
}
