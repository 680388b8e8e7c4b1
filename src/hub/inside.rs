//! The way to a hub in the same process, for the demo: the same API through the same router, without a network. What a
//! network does is made up: it can be away, and now and then an answer is lost after the work was done.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};

use axum::Router;
use axum::body::{Body, to_bytes};
use axum::http::Request;
use axum::response::Response;
use futures_util::StreamExt;
use secrecy::{ExposeSecret, SecretString};
use tokio::sync::mpsc;
use tower::ServiceExt;

use crate::source::hub::{Call, Lost, Method, Reply, Replying, Transport};

/// The network cable of the demo: pulled out while false.
pub type Cable = Arc<AtomicBool>;

/// One in so many acts goes without its answer.
const LOST_ANSWERS: u32 = 6;

/// The longest answer that is taken, in bytes.
const MOST_BYTES: usize = 64 * 1024 * 1024;

/// One person's way to a hub in this process.
pub struct Inside {
    router: Router,
    token: SecretString,
    cable: Cable,
    acts: AtomicU32,
}

impl Inside {
    /// A way to the hub behind this router, for the holder of a token, as long as the cable is in.
    pub fn new(router: Router, token: SecretString, cable: Cable) -> Self {
        Self { router, token, cable, acts: AtomicU32::new(0) }
    }

    fn is_plugged(&self) -> bool {
        self.cable.load(Ordering::Relaxed)
    }

    fn request(&self, call: Call) -> Result<Request<Body>, Lost> {
        let (media, body) = call.body.unwrap_or_default();
        let method = match call.method {
            Method::Get => "GET",
            Method::Post => "POST",
            Method::Put => "PUT",
            Method::Delete => "DELETE",
        };
        let bearer = format!("Bearer {}", self.token.expose_secret());
        let mut request = Request::builder().method(method).uri(call.path).header("authorization", bearer);
        if !media.is_empty() {
            request = request.header("content-type", media);
        }
        request.body(Body::from(body)).map_err(|error| Lost::Unsent(error.to_string()))
    }

    async fn go(&self, call: Call) -> Result<Reply, Lost> {
        if !self.is_plugged() {
            return Err(Lost::Unsent("the network is away".into()));
        }
        let is_act = call.method == Method::Post && call.path == "/v1/ops";
        let request = self.request(call)?;
        let reply = reply(self.router.clone().oneshot(request).await.unwrap_or_else(|never| match never {})).await?;
        if is_act && self.acts.fetch_add(1, Ordering::Relaxed) % LOST_ANSWERS == LOST_ANSWERS - 1 {
            return Err(Lost::Unknown("the answer was lost on its way".into()));
        }
        Ok(reply)
    }
}

async fn reply(response: Response) -> Result<Reply, Lost> {
    let (parts, body) = response.into_parts();
    let header = |name: &str| parts.headers.get(name).and_then(|value| value.to_str().ok());
    let media = header("content-type").unwrap_or_default().to_owned();
    let retry_after = header("retry-after").and_then(|seconds| seconds.parse().ok());
    let body = to_bytes(body, MOST_BYTES).await.map_err(|error| Lost::Unknown(error.to_string()))?.to_vec();
    Ok(Reply { status: parts.status.as_u16(), media, retry_after, body })
}

impl Transport for Inside {
    fn call(&self, call: Call) -> Replying<'_> {
        Box::pin(self.go(call))
    }

    fn listen(&self, path: &str) -> mpsc::Receiver<()> {
        let (tell, told) = mpsc::channel(1);
        let request = self.request(Call::get(path)).ok().filter(|_| self.is_plugged());
        let (router, cable) = (self.router.clone(), Arc::clone(&self.cable));
        tokio::spawn(async move {
            let Some(request) = request else { return };
            let Ok(response) = router.oneshot(request).await;
            if response.status().as_u16() != 200 {
                return;
            }
            let mut chunks = response.into_body().into_data_stream();
            loop {
                let chunk = tokio::select! {
                    chunk = chunks.next() => chunk,
                    // Whoever listened is gone.
                    () = tell.closed() => return,
                };
                let Some(Ok(chunk)) = chunk.filter(|_| cable.load(Ordering::Relaxed)) else { return };
                // A sign of life is a comment; whatever else comes is news. If one is waiting already, that will do.
                if chunk.first() != Some(&b':') {
                    let _ = tell.try_send(());
                }
            }
        });
        told
    }
}
