//! The client behind everything that the hub calls over HTTP.

use std::error::Error;
use std::fmt;
use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;

use futures_util::StreamExt;
use reqwest::dns::{Addrs, Name, Resolve, Resolving};
use reqwest::header::{HeaderMap, HeaderName, HeaderValue, RETRY_AFTER};
use reqwest::{Method, Url};
use secrecy::{ExposeSecret, SecretString};

use super::address::{Allow, Special};
use super::settings::OutgoingSettings;

/// How long a connection may take to come about.
const CONNECT: Duration = Duration::from_secs(5);

/// The longest that a server's wish to be left alone is heeded.
const LONGEST_WAIT: Duration = Duration::from_secs(24 * 3600);

/// An address to call. Its path can be a secret, as Slack's are: nothing shows more of it than the host.
#[derive(Clone, PartialEq, Eq)]
pub struct Address(Url);

impl Address {
    /// Reads `https://host/path`.
    ///
    /// # Errors
    /// It is no address, of another scheme, or holds a password. The address itself is not in the message.
    pub fn parse(written: &str) -> Result<Self, String> {
        let url = Url::parse(written.trim()).map_err(|error| format!("this is no address: {error}"))?;
        if !matches!(url.scheme(), "https" | "http") {
            return Err(format!("only https and http can be called, not {}", url.scheme()));
        }
        if !url.username().is_empty() || url.password().is_some() {
            return Err("an address with a password in it is no place for one; use secret_file or secret_cmd".into());
        }
        Ok(Self(url))
    }

    /// The host's name or address.
    pub fn host(&self) -> &str {
        self.0.host_str().unwrap_or_default()
    }

    /// Whether it is encrypted.
    pub fn is_encrypted(&self) -> bool {
        self.0.scheme() == "https"
    }

    /// The host, if it is an address and no name.
    fn ip(&self) -> Option<IpAddr> {
        self.host().trim_start_matches('[').trim_end_matches(']').parse().ok()
    }
}

impl fmt::Display for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.host())?;
        self.0.port().map_or(Ok(()), |port| write!(f, ":{port}"))
    }
}

impl fmt::Debug for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Address({}://{self}/…)", self.0.scheme())
    }
}

/// How long a call may take in all, and how much of an answer is taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// From the first byte out to the last one in.
    pub time: Duration,
    /// Bytes of the body.
    pub bytes: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self { time: Duration::from_secs(15), bytes: 1024 * 1024 }
    }
}

/// A call.
pub struct Ask {
    /// The method.
    pub method: Method,
    /// Where to.
    pub to: Address,
    /// Headers; their values are secrets, whether or not they are.
    pub headers: Vec<(HeaderName, SecretString)>,
    /// The body's media type and the body.
    pub body: Option<(&'static str, Vec<u8>)>,
    /// Its limits.
    pub limits: Limits,
}

impl Ask {
    /// Asks for what is there.
    pub fn get(to: Address) -> Self {
        Self { method: Method::GET, to, headers: Vec::new(), body: None, limits: Limits::default() }
    }

    /// Sends JSON there.
    pub fn post(to: Address, json: Vec<u8>) -> Self {
        Self { method: Method::POST, body: Some(("application/json", json)), ..Self::get(to) }
    }

    /// With this header.
    pub fn header(mut self, name: HeaderName, value: impl Into<SecretString>) -> Self {
        self.headers.push((name, value.into()));
        self
    }
}

/// An answer, of whichever status.
#[derive(Clone, Debug)]
pub struct Answer {
    /// The status. Redirects are answers, and are not followed.
    pub status: u16,
    /// The headers.
    pub headers: HeaderMap,
    /// The body.
    pub body: Vec<u8>,
}

impl Answer {
    /// A status from 200 to 299.
    pub fn is_ok(&self) -> bool {
        (200..300).contains(&self.status)
    }

    /// For how long the server wants to be left alone, where it says so in seconds; a day at the most.
    pub fn retry_after(&self) -> Option<Duration> {
        let seconds = self.headers.get(RETRY_AFTER)?.to_str().ok()?.trim().parse::<u64>().ok()?;
        Some(Duration::from_secs(seconds).min(LONGEST_WAIT))
    }
}

/// An address that may not be called.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{host} is at {ip}, which is {what}; if it is meant, name it in [outgoing] allow")]
pub struct Refused {
    /// The host as it was named.
    pub host: String,
    /// What it stands for.
    pub ip: IpAddr,
    /// What that is.
    pub what: Special,
}

/// Why there is no answer. No secret and no path is in any of these.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Failed {
    /// It may not be called.
    #[error(transparent)]
    Refused(#[from] Refused),
    /// The call cannot be made as it is.
    #[error("this call cannot be made: {0}")]
    Malformed(String),
    /// The call did not go out: nothing can have come of it.
    #[error("no connection to {to}: {why}")]
    Unsent {
        /// The host.
        to: String,
        /// What is wrong.
        why: String,
    },
    /// It may have arrived.
    #[error("no answer from {to}: {why}")]
    Unknown {
        /// The host.
        to: String,
        /// What is wrong.
        why: String,
    },
    /// The answer has no end.
    #[error("the answer of {to} is longer than {most} bytes")]
    TooLong {
        /// The host.
        to: String,
        /// How much is taken.
        most: usize,
    },
}

/// Looks names up, and lets only those addresses through that may be called.
struct Guard {
    allow: Allow,
}

impl Guard {
    fn judge(&self, host: &str, ip: IpAddr) -> Result<(), Refused> {
        self.allow.judge(host, ip).map_err(|what| Refused { host: host.to_owned(), ip, what })
    }

    /// Those of these addresses that may be called.
    fn sift(&self, host: &str, found: impl Iterator<Item = SocketAddr>) -> Result<Vec<SocketAddr>, Box<Refused>> {
        let (mut fine, mut refused) = (Vec::new(), None);
        for address in found {
            match self.judge(host, address.ip()) {
                Ok(()) => fine.push(address),
                Err(why) => refused = Some(why),
            }
        }
        match refused {
            Some(why) if fine.is_empty() => Err(Box::new(why)),
            _ => Ok(fine),
        }
    }
}

/// The client's resolver is the guard itself: what it lets through is what is connected to, and nothing looks again.
struct Lookup(Arc<Guard>);

impl Resolve for Lookup {
    fn resolve(&self, name: Name) -> Resolving {
        let guard = Arc::clone(&self.0);
        Box::pin(async move {
            let found = tokio::net::lookup_host((name.as_str(), 0)).await?;
            let fine = guard.sift(name.as_str(), found)?;
            Ok(Box::new(fine.into_iter()) as Addrs)
        })
    }
}

/// Calls what the configuration names.
#[derive(Clone)]
pub struct Outgoing {
    client: reqwest::Client,
    guard: Arc<Guard>,
}

impl Outgoing {
    /// A client by these settings.
    ///
    /// # Errors
    /// The proxy's address is none, or TLS cannot be had on this machine.
    pub fn new(settings: &OutgoingSettings) -> Result<Self, String> {
        // Another provider than ring would ask for more than a C compiler.
        let _ = rustls::crypto::ring::default_provider().install_default();
        let mut allow = settings.allow.clone();
        let client = reqwest::Client::builder()
            .redirect(reqwest::redirect::Policy::none())
            .referer(false)
            .connect_timeout(CONNECT)
            // Each call has a connection of its own: one that a bad server left behind spoils no other call.
            .pool_max_idle_per_host(0)
            .user_agent(concat!("leadbox/", env!("CARGO_PKG_VERSION")));
        let client = match &settings.proxy {
            None => client.no_proxy(),
            Some(proxy) => {
                // What is called through a proxy is looked up by the proxy, and the proxy itself is meant to be called.
                allow.0.extend(super::address::Entry::parse(proxy.host()));
                client.proxy(reqwest::Proxy::all(proxy.0.clone()).map_err(|error| error.without_url().to_string())?)
            }
        };
        let guard = Arc::new(Guard { allow });
        let client = client.dns_resolver(Lookup(Arc::clone(&guard))).build();
        let client = client.map_err(|error| format!("no connection can be made: {}", cause(&error)))?;
        Ok(Self { client, guard })
    }

    /// The addresses of a host that may be called, for what is not HTTP: connect to these, and do not look again.
    ///
    /// # Errors
    /// There are none, or none that may be called.
    pub async fn find(&self, host: &str) -> Result<Vec<IpAddr>, Failed> {
        let unknown = |why: String| Failed::Unsent { to: host.to_owned(), why };
        let found = tokio::net::lookup_host((host, 0)).await.map_err(|error| unknown(error.to_string()))?;
        let fine = self.guard.sift(host, found).map_err(|refused| Failed::from(*refused))?;
        if fine.is_empty() {
            Err(unknown("it has no address".into()))
        } else {
            Ok(fine.iter().map(SocketAddr::ip).collect())
        }
    }

    /// Makes a call, and takes the answer within the limits.
    ///
    /// # Errors
    /// It may not be made, or there is no answer. A status that says no is an answer.
    pub async fn call(&self, ask: Ask) -> Result<Answer, Failed> {
        // A name is judged when it is looked up; an address is never looked up.
        if let Some(ip) = ask.to.ip() {
            self.guard.judge(ask.to.host(), ip)?;
        }
        let to = ask.to.to_string();
        let most = ask.limits.bytes;
        let mut request = self.client.request(ask.method, ask.to.0).timeout(ask.limits.time);
        for (name, value) in ask.headers {
            let mut value = HeaderValue::from_str(value.expose_secret()).map_err(|_| {
                Failed::Malformed(format!("the value of the header {name} has signs that none can have"))
            })?;
            value.set_sensitive(true);
            request = request.header(name, value);
        }
        if let Some((media, body)) = ask.body {
            request = request.header("content-type", media).body(body);
        }
        let response = request.send().await.map_err(|error| failed(&to, &error))?;
        let (status, headers) = (response.status().as_u16(), response.headers().clone());
        let mut body = Vec::new();
        let mut chunks = response.bytes_stream();
        while let Some(chunk) = chunks.next().await {
            let chunk = chunk.map_err(|error| failed(&to, &error))?;
            if body.len() + chunk.len() > most {
                return Err(Failed::TooLong { to, most });
            }
            body.extend_from_slice(&chunk);
        }
        Ok(Answer { status, headers, body })
    }
}

/// The innermost cause: it says most, and no address.
fn cause(error: &(dyn Error + 'static)) -> String {
    let mut cause = error;
    while let Some(inner) = cause.source() {
        cause = inner;
    }
    cause.to_string()
}

fn failed(to: &str, error: &reqwest::Error) -> Failed {
    let mut next: Option<&(dyn Error + 'static)> = Some(error);
    while let Some(inner) = next {
        if let Some(refused) =
            inner.downcast_ref::<Refused>().or_else(|| inner.downcast_ref::<Box<Refused>>().map(|it| &**it))
        {
            return refused.clone().into();
        }
        next = inner.source();
    }
    let to = to.to_owned();
    let why = match error.is_timeout() {
        true => "it took too long".to_owned(),
        // The outermost error names the address.
        false if error.source().is_none() => "the call failed".to_owned(),
        false => cause(error),
    };
    match error.is_connect() || error.is_builder() {
        true => Failed::Unsent { to, why },
        false => Failed::Unknown { to, why },
    }
}
