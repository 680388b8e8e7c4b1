//! A bad line between a connector and its server: a reverse proxy on loopback that loses, cuts and spoils what goes
//! through it by a schedule, and remembers what it was asked.

#![allow(dead_code, reason = "each test file uses its part")]

use std::collections::BTreeMap;
use std::io;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use fastrand::Rng;
use reqwest::{Client, Method, redirect};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinHandle;

/// What goes wrong with one call.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Fault {
    /// The server has done what was asked.
    pub is_done: bool,
    /// What the caller hears instead of the server's answer.
    pub says: Says,
}

/// What a caller hears.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Says {
    /// Nothing: the connection ends.
    Nothing,
    /// A page for people, with status 200.
    Html,
    /// Not quite JSON, with status 200.
    Garbage,
    /// The first half of the server's answer. Only where the server has done it.
    Half,
    /// Too many requests, with or without the seconds after which to come again.
    TooMany(Option<u32>),
    /// The server is not available, by something that stands before it.
    Unavailable,
    /// The credentials do not hold.
    Unauthorized,
}

impl Fault {
    /// Whatever can happen. A server that refuses by 401 or 429 has done nothing; whoever says 503 may not know.
    pub const ALL: [Self; 12] = [
        Self::before(Says::Nothing),
        Self::before(Says::Html),
        Self::before(Says::Garbage),
        Self::before(Says::TooMany(None)),
        Self::before(Says::TooMany(Some(1))),
        Self::before(Says::Unavailable),
        Self::before(Says::Unauthorized),
        Self::after(Says::Nothing),
        Self::after(Says::Html),
        Self::after(Says::Garbage),
        Self::after(Says::Half),
        Self::after(Says::Unavailable),
    ];

    /// The call never reaches the server.
    pub const fn before(says: Says) -> Self {
        Self { is_done: false, says }
    }

    /// The server has done it, and its answer is lost.
    pub const fn after(says: Says) -> Self {
        Self { is_done: true, says }
    }
}

/// A call as it came in.
#[derive(Clone, Debug)]
pub struct Call {
    /// `POST`.
    pub method: String,
    /// Path and query.
    pub path: String,
    /// The headers, names in small letters.
    pub headers: Vec<(String, String)>,
    /// The body.
    pub body: String,
    /// What went wrong with it.
    pub fault: Option<Fault>,
}

impl Call {
    /// The value of a header.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|header| header.0 == name).map(|header| header.1.as_str())
    }
}

/// When things go wrong.
#[derive(Default)]
struct Schedule {
    /// By the number of the call, from 1.
    numbered: BTreeMap<usize, Fault>,
    /// The next call that has this in its path or body.
    named: Vec<(String, Fault)>,
    /// Any other call, with this probability.
    random: Option<(Rng, f64)>,
}

#[derive(Default)]
struct Shared {
    calls: Vec<Call>,
    schedule: Schedule,
}

/// The line.
pub struct Faults {
    /// Where it is.
    pub port: u16,
    shared: Arc<Mutex<Shared>>,
    accepting: JoinHandle<()>,
}

impl Faults {
    /// A good line to the server at this URL (without a slash at the end), until it is told otherwise.
    pub async fn start(server: &str) -> Self {
        // Another one may have done it.
        let _ = rustls::crypto::ring::default_provider().install_default();
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let port = listener.local_addr().unwrap().port();
        let shared = Arc::<Mutex<Shared>>::default();
        let (told, server) = (Arc::clone(&shared), server.to_owned());
        let client = Client::builder().redirect(redirect::Policy::none()).no_proxy().build().unwrap();
        let accepting = tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                let (told, server, client) = (Arc::clone(&told), server.clone(), client.clone());
                tokio::spawn(async move {
                    // Whoever called may be gone.
                    let _ = serve(stream, &told, &server, &client).await;
                });
            }
        });
        Self { port, shared, accepting }
    }

    /// Its address, as that of the server.
    pub fn url(&self) -> String {
        format!("http://127.0.0.1:{}", self.port)
    }

    /// This goes wrong with the call of that number, from 1 for the first that was ever made.
    pub fn at(&self, number: usize, fault: Fault) {
        self.shared().schedule.numbered.insert(number, fault);
    }

    /// This goes wrong with the next call.
    pub fn next(&self, fault: Fault) {
        let next = self.calls() + 1;
        self.at(next, fault);
    }

    /// This goes wrong, once, with the next call that has `text` in its path or body.
    pub fn when(&self, text: &str, fault: Fault) {
        self.shared().schedule.named.push((text.to_owned(), fault));
    }

    /// From now on any of [`Fault::ALL`] happens to each call with this probability; the same seed, the same faults.
    pub fn random(&self, seed: u64, probability: f64) {
        self.shared().schedule.random = Some((Rng::with_seed(seed), probability));
    }

    /// From now on nothing goes wrong.
    pub fn calm(&self) {
        self.shared().schedule = Schedule::default();
    }

    /// How many calls were made.
    pub fn calls(&self) -> usize {
        self.shared().calls.len()
    }

    /// What was asked, in order.
    pub fn heard(&self) -> Vec<Call> {
        self.shared().calls.clone()
    }

    fn shared(&self) -> MutexGuard<'_, Shared> {
        self.shared.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Faults {
    fn drop(&mut self) {
        self.accepting.abort();
    }
}

impl Shared {
    /// Writes a call down, with what goes wrong with it.
    fn note(&mut self, mut call: Call) -> Option<Fault> {
        let Schedule { numbered, named, random } = &mut self.schedule;
        let is_named = |text: &str| call.path.contains(text) || call.body.contains(text);
        call.fault = numbered.remove(&(self.calls.len() + 1));
        if call.fault.is_none() {
            call.fault = named.iter().position(|(text, _)| is_named(text)).map(|at| named.remove(at).1);
        }
        if let (None, Some((rng, probability))) = (call.fault, random) {
            // Both are drawn each time, so that the next call's do not hang on this one's.
            let (is_hit, fault) = (rng.f64() < *probability, Fault::ALL[rng.usize(..Fault::ALL.len())]);
            call.fault = is_hit.then_some(fault);
        }
        let fault = call.fault;
        self.calls.push(call);
        fault
    }
}

/// An answer: status, further header lines, body.
type Reply = (u16, String, Vec<u8>);

async fn serve(mut stream: TcpStream, shared: &Mutex<Shared>, server: &str, client: &Client) -> io::Result<()> {
    let Some((call, body)) = hear(&mut stream).await? else { return Ok(()) };
    let fault = shared.lock().unwrap_or_else(PoisonError::into_inner).note(call.clone());
    let mut reply = None;
    if fault.is_none_or(|fault| fault.is_done) {
        // Nothing is said if the server is away: so would a line that leads nowhere.
        let Some(answer) = forward(&call, body, server, client).await else { return Ok(()) };
        reply = Some(answer);
    }
    let json = "content-type: application/json\r\n";
    let (status, headers, body): Reply = match (fault.map(|fault| fault.says), reply) {
        (None, Some(reply)) => reply,
        (Some(Says::Half), Some((status, headers, body))) => {
            let head = head(status, &headers, body.len());
            stream.write_all(head.as_bytes()).await?;
            stream.write_all(&body[..body.len() / 2]).await?;
            return stream.shutdown().await;
        }
        (None | Some(Says::Nothing | Says::Half), _) => return Ok(()),
        (Some(Says::Html), _) => {
            let page = "<!doctype html><title>Sign in to this network</title><p>Welcome, guest!".into();
            (200, "content-type: text/html\r\n".into(), page)
        }
        (Some(Says::Garbage), _) => (200, json.into(), b"{\"id\":1,\"result\":[{\"id\":\xff\x00".to_vec()),
        (Some(Says::TooMany(seconds)), _) => {
            let after = seconds.map(|seconds| format!("retry-after: {seconds}\r\n")).unwrap_or_default();
            (429, format!("{json}{after}"), br#"{"message":"too many requests"}"#.to_vec())
        }
        (Some(Says::Unavailable), _) => (503, "content-type: text/html\r\n".into(), b"<h1>Unavailable</h1>".to_vec()),
        (Some(Says::Unauthorized), _) => (401, json.into(), br#"{"message":"not authorized"}"#.to_vec()),
    };
    stream.write_all(head(status, &headers, body.len()).as_bytes()).await?;
    stream.write_all(&body).await?;
    stream.shutdown().await
}

fn head(status: u16, headers: &str, length: usize) -> String {
    format!("HTTP/1.1 {status} x\r\n{headers}content-length: {length}\r\nconnection: close\r\n\r\n")
}

/// Reads one call; nothing when the caller goes before it is complete.
async fn hear(stream: &mut TcpStream) -> io::Result<Option<(Call, Vec<u8>)>> {
    let mut bytes = Vec::new();
    let end = loop {
        if let Some(end) = bytes.windows(4).position(|four| four == b"\r\n\r\n") {
            break end;
        }
        if stream.read_buf(&mut bytes).await? == 0 {
            return Ok(None);
        }
    };
    let mut body = bytes.split_off(end + 4);
    let head = String::from_utf8_lossy(&bytes).into_owned();
    let mut lines = head.lines();
    let mut first = lines.next().unwrap_or_default().split(' ').map(str::to_owned);
    let (method, path) = (first.next().unwrap_or_default(), first.next().unwrap_or_default());
    let headers = lines.filter_map(|line| line.split_once(": "));
    let headers: Vec<_> = headers.map(|(name, value)| (name.to_lowercase(), value.to_owned())).collect();
    let mut call = Call { method, path, headers, body: String::new(), fault: None };
    assert!(call.header("transfer-encoding").is_none(), "a body in chunks is not understood here");
    let length = call.header("content-length").map_or(0, |length| length.parse().unwrap());
    while body.len() < length {
        if stream.read_buf(&mut body).await? == 0 {
            return Ok(None);
        }
    }
    call.body = String::from_utf8_lossy(&body).into_owned();
    Ok(Some((call, body)))
}

/// Has the server do it. Nothing when it cannot be asked.
async fn forward(call: &Call, body: Vec<u8>, server: &str, client: &Client) -> Option<Reply> {
    // What is between two ends only, and what is said anew.
    const OURS: [&str; 4] = ["connection", "content-length", "host", "transfer-encoding"];
    let method = Method::from_bytes(call.method.as_bytes()).ok()?;
    let mut request = client.request(method, format!("{server}{}", call.path)).body(body);
    for (name, value) in call.headers.iter().filter(|(name, _)| !OURS.contains(&name.as_str())) {
        request = request.header(name, value);
    }
    let answer = request.send().await.ok()?;
    let mut headers = String::new();
    for (name, value) in answer.headers().iter().filter(|(name, _)| !OURS.contains(&name.as_str())) {
        headers += &format!("{name}: {}\r\n", String::from_utf8_lossy(value.as_bytes()));
    }
    Some((answer.status().as_u16(), headers, answer.bytes().await.ok()?.to_vec()))
}
