//! `POST /v1/intake/{source}`: leads and what they did, signed by their sender.

use std::sync::Arc;

use axum::body::Bytes;
use axum::extract::{FromRequest, FromRequestParts, Request, State};
use axum::http::header::CONTENT_LENGTH;
use axum::http::request::Parts;
use axum::{Extension, Json};
use futures_util::StreamExt;
use utoipa::openapi::schema::AnyOf;

use super::answer::{Answer, Failed};
use super::asked::{Place, json, limits_of, must_be, only};
use super::described::{Asks, Draft, JSON};
use super::limits::{Limits, Room, SOURCE_RATE, Stranger};
use crate::hub::core::Hub;
use crate::hub::db::{Scope, Tx};
use crate::hub::error::HubError;
use crate::hub::intake;
use crate::source::files::Posted;
use crate::wire::MOST_BYTES;
use crate::wire::intake::{Batch, Item, MOST_ITEMS, Taken};
use crate::wire::problem::{Code, Problem};

/// The security scheme of those who sign.
pub(super) const SIGNED: &str = "signature";

/// A body as its sender signed it, before anything of it is believed.
pub(super) struct Signed {
    source: String,
    head: Parts,
    /// Whether it is said to be JSON.
    media: Result<(), HubError>,
    /// It is a form, as browsers post one.
    is_form: bool,
    body: Bytes,
    /// Room for it, until it is taken.
    _room: Room,
}

impl FromRequest<Arc<Hub>> for Signed {
    type Rejection = Failed;

    /// Reads nothing of what comes from where too many failures came, or without anything that shows who sends it.
    async fn from_request(request: Request, hub: &Arc<Hub>) -> Result<Self, Failed> {
        let (mut head, body) = request.into_parts();
        let Place(source) = Place::<String>::from_request_parts(&mut head, hub).await?;
        let limits = limits_of(&head)?;
        let stranger = limits.stranger(&head.headers, &head.extensions);
        stranger.may_try()?;
        let length = only(&head.headers, CONTENT_LENGTH.as_str()).and_then(|length| length.parse::<usize>().ok());
        // Who sends a little too much hears it after the body: an answer before it would be lost on the way.
        if length.is_some_and(|length| length > 2 * MOST_BYTES) {
            return Err(too_large().into());
        }
        let (now, sender, shown) = (hub.now(), source.clone(), head.headers.clone());
        let header = move |name: &str| only(&shown, name).map(str::to_owned);
        let knocked = match intake::is_signed(&header, now) {
            Some(known) => known,
            // The secret itself is shown, or nothing.
            None => {
                let look = move |tx: &mut dyn Tx| intake::authenticate(tx, &sender, &header, b"", now).map(drop);
                hub.read(Scope::System, look).await
            }
        };
        knocked.inspect_err(|error| note(&stranger, error))?;
        let media = must_be(&head.headers, JSON);
        let is_form = must_be(&head.headers, "application/x-www-form-urlencoded").is_ok();
        let (mut whole, mut room) = (Vec::with_capacity(length.unwrap_or_default().min(SMALL)), stranger.room());
        let mut chunks = body.into_data_stream();
        let mut begun = Begun { stranger: &stranger, is_over: false };
        while let Some(chunk) = chunks.next().await {
            let chunk = chunk.map_err(|error| Problem::new(Code::Invalid, error.to_string()))?;
            if whole.len() + chunk.len() > MOST_BYTES {
                begun.is_over = true;
                return Err(too_large().into());
            }
            // That others post too much is no failure of theirs.
            room.take(chunk.len()).inspect_err(|_| begun.is_over = true)?;
            whole.extend_from_slice(&chunk);
        }
        begun.is_over = true;
        drop(begun);
        Ok(Self { source, head, media, is_form, body: whole.into(), _room: room })
    }
}

/// A body of which not all has come yet. One that never ends counts as a failure: it kept room from others, and nobody
/// knows who sent it.
struct Begun<'s> {
    stranger: &'s Stranger<'s>,
    is_over: bool,
}

impl Drop for Begun<'_> {
    fn drop(&mut self) {
        if !self.is_over {
            self.stranger.failed();
        }
    }
}

/// So much is set aside for a body before any of it came, in bytes.
const SMALL: usize = 64 * 1024;

fn too_large() -> Problem {
    Problem::new(Code::TooLarge, format!("a post has at most {MOST_BYTES} bytes"))
}

/// Counts whoever is not known.
fn note(stranger: &Stranger<'_>, error: &HubError) {
    if matches!(error, HubError::Problem(problem) if problem.is(Code::Unauthorized)) {
        stranger.failed();
    }
}

impl Asks for Signed {
    fn asks(draft: &mut Draft) {
        let mut shapes = AnyOf::new();
        shapes.items = vec![draft.of::<Item>(), draft.of::<Batch>()];
        draft.reads(JSON, utoipa::openapi::Schema::AnyOf(shapes));
        Place::<String>::asks(draft);
        draft.is_secured_by(SIGNED);
    }
}

pub(super) async fn post(
    State(hub): State<Arc<Hub>>,
    Extension(limits): Extension<Arc<Limits>>,
    Signed { source, head, media, is_form, body, _room }: Signed,
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
    let admitted = hub.read(Scope::System, look).await.inspect_err(|error| note(&stranger, error))?;
    // Only what the sender itself sent counts: nobody else can use up what it may send.
    limits.pass(format!("source {source}"), SOURCE_RATE)?;
    if !(is_form && admitted.is_mapped()) {
        media?;
    }
    // Reading much takes long, and others are served meanwhile.
    let read = move || {
        let header = |name: &str| only(&headers, name).map(str::to_owned);
        let items = admitted.items(Posted { body: &body, is_form }, header, || match Shape::of(&body) {
            Shape::Batch => Ok(json::<Batch>(&body)?.items),
            Shape::Item => Ok(vec![json::<Item>(&body)?]),
        });
        items.map(|items| (admitted, items))
    };
    let (admitted, items) = hub.aside(read).await?;
    // The post counted as one of them.
    let more = u32::try_from(items.len().min(MOST_ITEMS)).unwrap_or_default().saturating_sub(1);
    limits.pass_many(format!("source {source}"), SOURCE_RATE, more)?;
    let taken = hub.write_behind(move |work| {
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
