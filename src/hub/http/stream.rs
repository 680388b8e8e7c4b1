//! `GET /v1/stream`: says by server-sent events that something changed for the caller. What it is, one pulls: so there
//! is one way for data, and nothing to resume.

use std::convert::Infallible;
use std::sync::Arc;
use std::time::Duration;

use axum::extract::State;
use axum::response::sse::{Event, KeepAlive, Sse};
use futures_util::stream::{self, Stream, StreamExt};
use tokio::sync::watch;

use super::answer::Failed;
use super::asked::Caller;
use crate::hub::core::Hub;
use crate::hub::gate::{self, Action};

/// After so long without news a sign of life goes out, so that both sides notice a connection that died.
const SIGN_OF_LIFE: Duration = Duration::from_secs(10);

/// After so long a stream ends, and whoever wants to go on listening asks anew: a token that was revoked hears no more.
const LIFE: Duration = Duration::from_secs(55);

pub(super) async fn stream(
    State(hub): State<Arc<Hub>>,
    caller: Caller,
) -> Result<Sse<impl Stream<Item = Result<Event, Infallible>>>, Failed> {
    caller.may(Action::ReadLeads)?;
    let views = gate::own_views(&caller.scope).into_iter().map(|view| Box::pin(changes(hub.listen(&view))));
    let events = stream::select_all(views).map(|head| Ok(Event::default().event("changed").data(head.to_string())));
    // The first word comes at once: whoever connects pulls what was missed.
    let first = stream::once(async { Ok(Event::default().event("changed").data("0")) });
    let events = first.chain(events).take_until(tokio::time::sleep(LIFE));
    Ok(Sse::new(events).keep_alive(KeepAlive::new().interval(SIGN_OF_LIFE)))
}

fn changes(listener: watch::Receiver<i64>) -> impl Stream<Item = i64> {
    stream::unfold(listener, |mut listener| async move {
        listener.changed().await.ok()?;
        let head = *listener.borrow_and_update();
        Some((head, listener))
    })
}
