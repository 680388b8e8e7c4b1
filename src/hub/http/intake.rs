//! `POST /v1/intake/{source}`: leads and what they did, signed by their sender.

use std::sync::Arc;

use axum::extract::{Request, State};
use axum::{Extension, Json};

use super::answer::Answer;
use super::asked::{Place, bytes, json, must_be, only};
use super::limits::{Limits, SOURCE_RATE};
use crate::hub::core::Hub;
use crate::hub::db::{Scope, Tx};
use crate::hub::intake;
use crate::wire::intake::{Batch, Item, SIGNATURE, Taken};

pub(super) async fn post(
    State(hub): State<Arc<Hub>>,
    Extension(limits): Extension<Arc<Limits>>,
    Place(source): Place<String>,
    request: Request,
) -> Answer<Taken> {
    let signature = only(request.headers(), SIGNATURE).map(str::to_owned);
    let media = must_be(request.headers(), "application/json");
    let body = bytes(request, &hub).await?;
    // The signature goes before everything that the body says.
    let (sender, signed) = (source.clone(), body.clone());
    let now = hub.now();
    let look = move |tx: &mut dyn Tx| intake::authenticate(tx, &sender, signature.as_deref(), &signed, now);
    let signed = hub.read(Scope::System, look).await?;
    // Only what the sender itself sent counts: nobody else can use up what it may send.
    limits.pass(format!("source {source}"), SOURCE_RATE)?;
    media?;
    let items = match Shape::of(&body) {
        Shape::Batch => json::<Batch>(&body)?.items,
        Shape::Item => vec![json::<Item>(&body)?],
    };
    let taken = hub.write(move |work| {
        intake::spend(work, &signed)?;
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
