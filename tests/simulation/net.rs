//! The network of one laptop: the real router at its end, and everything in between that networks do.

use std::sync::{Arc, Mutex};

use axum::Router;
use axum::body::{Body, to_bytes};
use axum::http::Request;
use leadbox::source::hub::{Call, Lost, Method, Reply, Replying, Transport};
use tokio::sync::{Notify, mpsc};
use tower::ServiceExt;

use super::clock::Clock;
use super::trace::Trace;

/// How bad things are.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Profile {
    None,
    Light,
    Heavy,
}

impl Profile {
    /// Of a hundred calls, so many go wrong.
    fn share(self) -> u32 {
        match self {
            Self::None => 0,
            Self::Light => 10,
            Self::Heavy => 45,
        }
    }
}

/// Where the hub answers, if it is up.
pub type Door = Arc<Mutex<Option<Router>>>;

pub struct Net {
    pub name: &'static str,
    pub door: Door,
    pub token: String,
    pub clock: Clock,
    pub trace: Trace,
    pub crash: Notify,
    pub state: Mutex<State>,
}

pub struct State {
    pub rng: fastrand::Rng,
    pub profile: Profile,
    /// Cut off for a while.
    pub is_cut: bool,
    /// Still on their way to the hub; nobody waits for the answers any more.
    pub late: Vec<Call>,
    pub calls: u64,
    pub faults: u64,
}

/// What becomes of a call.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Fate {
    Good,
    Slow,
    Unsent,
    DropRequest,
    DropReply,
    Late,
    Twice,
    HtmlBefore,
    HtmlAfter,
    HalfBody,
    BadGateway,
    CrashBefore,
    CrashAfter,
}

const FAULTS: [Fate; 13] = [
    Fate::Slow,
    Fate::Unsent,
    Fate::DropRequest,
    Fate::DropReply,
    Fate::DropReply,
    Fate::Late,
    Fate::Twice,
    Fate::HtmlBefore,
    Fate::HtmlAfter,
    Fate::HalfBody,
    Fate::BadGateway,
    Fate::CrashBefore,
    Fate::CrashAfter,
];

/// Calls the hub at this door.
pub async fn deliver(door: &Door, token: &str, call: Call) -> Option<Reply> {
    let (media, body) = call.body.unwrap_or_default();
    let method = match call.method {
        Method::Get => "GET",
        Method::Post => "POST",
        Method::Put => "PUT",
        Method::Delete => "DELETE",
    };
    let mut request =
        Request::builder().method(method).uri(call.path).header("authorization", format!("Bearer {token}"));
    if !media.is_empty() {
        request = request.header("content-type", media);
    }
    send(door, request.body(Body::from(body)).unwrap()).await
}

/// Sends a request through the door; nothing comes back if the hub is down.
pub async fn send(door: &Door, request: Request<Body>) -> Option<Reply> {
    let router = door.lock().unwrap().clone()?;
    let (parts, body) = router.oneshot(request).await.unwrap().into_parts();
    let header = |name: &str| parts.headers.get(name).and_then(|value| value.to_str().ok()).map(str::to_owned);
    let (media, retry_after) = (header("content-type").unwrap_or_default(), header("retry-after"));
    let status = parts.status.as_u16();
    let body = to_bytes(body, usize::MAX).await.unwrap().to_vec();
    Some(Reply { status, media, retry_after: retry_after.and_then(|text| text.parse().ok()), body })
}

/// The call without what chance made of it.
fn told(call: &Call) -> String {
    let path = call.path.split("after=").next().unwrap_or_default();
    let path = if path.starts_with("/v1/ops/") { "/v1/ops/…" } else { path };
    let what = call.body.as_ref().and_then(|(_, body)| serde_json::from_slice::<serde_json::Value>(body).ok());
    let what = what.map(|op| format!(" {} on {}", op["what"]["kind"], op["lead"])).unwrap_or_default();
    format!("{:?} {path}{what}", call.method)
}

fn answer(status: u16, media: &str, body: &str) -> Reply {
    Reply { status, media: media.into(), retry_after: None, body: body.into() }
}

impl Net {
    fn fate(&self) -> Fate {
        let mut state = self.state.lock().unwrap();
        state.calls += 1;
        if state.is_cut {
            return if state.rng.bool() { Fate::Unsent } else { Fate::DropRequest };
        }
        let share = state.profile.share();
        if state.rng.u32(..100) >= share {
            return Fate::Good;
        }
        state.faults += 1;
        let which = state.rng.usize(..FAULTS.len());
        FAULTS[which]
    }

    async fn go(&self, call: Call) -> Result<Reply, Lost> {
        let fate = self.fate();
        let line = format!("  {} {} {fate:?}", self.name, told(&call));
        let silent = || Lost::Unknown("no answer within 60 s".into());
        self.clock.pass(0.02);
        let through = async |call: Call| {
            let reply = deliver(&self.door, &self.token, call).await;
            reply.ok_or_else(|| Lost::Unsent("connection refused".into()))
        };
        let result = match fate {
            Fate::Good => through(call).await,
            Fate::Slow => {
                self.clock.pass(20.0);
                through(call).await
            }
            Fate::Unsent => Err(Lost::Unsent("no route".into())),
            Fate::DropRequest => Err(silent()),
            Fate::DropReply => through(call).await.and_then(|_| Err(silent())),
            Fate::Late => {
                self.state.lock().unwrap().late.push(call);
                Err(silent())
            }
            Fate::Twice => {
                let first = through(call.clone()).await;
                first.and(through(call).await)
            }
            Fate::HtmlBefore => Ok(answer(200, "text/html", "<html>sign in to this hotel</html>")),
            Fate::HtmlAfter => through(call).await.map(|_| answer(200, "text/html", "<html>welcome</html>")),
            Fate::HalfBody => through(call).await.map(|mut reply| {
                reply.body.truncate(reply.body.len() / 2);
                reply
            }),
            Fate::BadGateway => Ok(answer(502, "text/html", "<html>bad gateway</html>")),
            Fate::CrashBefore | Fate::CrashAfter => {
                if fate == Fate::CrashAfter {
                    drop(through(call).await);
                }
                self.trace.tell(line);
                self.crash.notify_one();
                return std::future::pending().await;
            }
        };
        if matches!(fate, Fate::DropRequest | Fate::DropReply | Fate::Late) {
            self.clock.pass(60.0);
        }
        let came = match &result {
            Ok(reply) => reply.status.to_string(),
            Err(lost) => lost.to_string(),
        };
        self.trace.tell(format!("{line}: {came}"));
        result
    }
}

/// The laptop's end of the network.
pub struct Line(pub Arc<Net>);

impl Transport for Line {
    fn call(&self, call: Call) -> Replying<'_> {
        Box::pin(self.0.go(call))
    }

    fn listen(&self, _: &str) -> mpsc::Receiver<()> {
        mpsc::channel(1).1
    }
}
