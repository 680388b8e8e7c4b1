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
use crate::source::files::Posted;
use crate::wire::intake::{Batch, Item, Taken};

pub(super) async fn post(
    State(hub): State<Arc<Hub>>,
    Extension(limits): Extension<Arc<Limits>>,
    Place(source): Place<String>,
    request: Request,
) -> Answer<Taken> {
    let headers = Arc::new(request.headers().clone());
    let is_form = must_be(&headers, "application/x-www-form-urlencoded").is_ok();
    let media = must_be(&headers, "application/json");
    let body = bytes(request, &hub).await?;
    // The signature goes before everything that the body says.
    let (sender, signed, shown) = (source.clone(), body.clone(), Arc::clone(&headers));
    let now = hub.now();
    let look = move |tx: &mut dyn Tx| {
        let header = |name: &str| only(&shown, name).map(str::to_owned);
        intake::authenticate(tx, &sender, header, &signed, now)
    };
    let admitted = hub.read(Scope::System, look).await?;
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
