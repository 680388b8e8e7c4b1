//! `GET /v1/stream`: says by server-sent events that something changed for the caller. What it is, one pulls: so there
//! is one way for data, and nothing to resume.

use std::convert::Infallible;
use std::sync::Arc;
use std::time::Duration;

use axum::Extension;
use axum::extract::State;
use axum::response::sse::{Event, KeepAlive, Sse};
use futures_util::stream::{self, Stream, StreamExt};
use tokio::sync::watch;

use super::answer::Failed;
use super::asked::Caller;
use super::limits::{Limits, Streaming};
use crate::hub::core::Hub;
use crate::hub::gate::{self, Action};
use crate::hub::news::RULES;

/// After so long without news a sign of life goes out, so that both sides notice a connection that died.
const SIGN_OF_LIFE: Duration = Duration::from_secs(10);

/// After so long a stream ends, and whoever wants to go on listening asks anew: a token that was revoked hears no more.
const LIFE: Duration = Duration::from_secs(55);

pub(super) async fn stream(
    State(hub): State<Arc<Hub>>,
    Extension(limits): Extension<Arc<Limits>>,
    caller: Caller,
) -> Result<Sse<impl Stream<Item = Result<Event, Infallible>>>, Failed> {
    caller.may(Action::ReadLeads)?;
    // The team's rules are everybody's.
    let views = gate::own_views(&caller.scope).into_iter().chain(gate::heard(&caller.scope));
    let views = views.chain([RULES.to_owned()]);
    let views = views.map(|view| Box::pin(changes(hub.listen(&view))));
    let guard = Listening::new(&hub, limits.listen(caller.name())?);
    let caller = Arc::new(caller);
    let events = stream::select_all(views).take_while(move |_| {
        let (hub, caller) = (Arc::clone(&guard.hub), Arc::clone(&caller));
        // A token that was revoked meanwhile, or a person who left, hears no more; who sees other leads now comes again.
        async move { caller.is_unchanged(&hub).await }
    });
    let event = |head: i64| Ok(Event::default().event("changed").data(head.to_string()));
    // The first word comes at once: whoever connects pulls what was missed.
    let first = stream::once(async { 0 });
    let events = first.chain(events).take_until(tokio::time::sleep(LIFE));
    Ok(Sse::new(events.map(event)).keep_alive(KeepAlive::new().interval(SIGN_OF_LIFE)))
}

/// A connection that is counted while it lives.
struct Listening {
    hub: Arc<Hub>,
    /// One of its token's few.
    _streaming: Streaming,
}

impl Listening {
    fn new(hub: &Arc<Hub>, streaming: Streaming) -> Self {
        hub.pulse().listening(1);
        Self { hub: Arc::clone(hub), _streaming: streaming }
    }
}

impl Drop for Listening {
    fn drop(&mut self) {
        self.hub.pulse().listening(-1);
    }
}

fn changes(listener: watch::Receiver<i64>) -> impl Stream<Item = i64> {
    stream::unfold(listener, |mut listener| async move {
        listener.changed().await.ok()?;
        let head = *listener.borrow_and_update();
        Some((head, listener))
    })
}
