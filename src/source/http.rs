//! HTTP to one site, with what is known to go wrong: it never hangs, follows no redirect, takes no endless answer, and sends
//! nothing in the clear over a network (reliability, rows 21 to 23 and 30).

use std::time::Duration;

use chrono::{DateTime, Utc};
use futures_util::StreamExt;
use tokio::sync::oneshot;

use super::said::remark;

/// The longest that a connection may take to come about, lie idle, and a call may take in all (reliability, row 21).
const CONNECT: Duration = Duration::from_secs(5);
const IDLE: Duration = Duration::from_secs(15);
const TOTAL: Duration = Duration::from_secs(60);
/// A connection that nobody uses is kept for so long: a hub ends it after ten seconds, perhaps just when it is used again.
const KEPT: Duration = Duration::from_secs(5);

/// The longest answer that is taken, in bytes: pages have very many leads, and some of these long texts.
const MOST_BYTES: usize = 64 * 1024 * 1024;
/// Room for so much is made before it comes.
const USUAL_BYTES: usize = 8 * 1024 * 1024;

/// What was answered.
#[derive(Clone, Debug, PartialEq)]
pub struct Reply {
    /// The HTTP status.
    pub status: u16,
    /// The media type.
    pub media: String,
    /// In how many seconds to ask again, where it says so.
    pub retry_after: Option<i64>,
    /// The body.
    pub body: Vec<u8>,
}

/// Why there was no answer.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Lost {
    /// The call did not go out: nothing can have come of it.
    #[error("{0}")]
    Unsent(String),
    /// It may have arrived.
    #[error("{0}")]
    Unknown(String),
}

/// One site. Copies share their connections.
#[derive(Clone)]
pub struct Site {
    client: reqwest::Client,
    base: String,
}

impl Site {
    /// The site at `base`, such as `https://hub.example`; `what` it is, for messages.
    ///
    /// # Errors
    /// The address is none, or would send secrets in the clear over a network.
    pub fn new(base: &str, what: &str) -> Result<Self, String> {
        let url = reqwest::Url::parse(base).map_err(|error| format!("“{base}” is no address of {what}: {error}"))?;
        let is_here = matches!(url.host_str(), Some("127.0.0.1" | "localhost" | "[::1]"));
        match url.scheme() {
            "https" => {}
            "http" if is_here => {}
            "http" => {
                return Err(format!("{base} is not encrypted, and would show your secrets to the network: use https"));
            }
            other => return Err(format!("{what} is reached by https, not by {other}")),
        }
        if !url.username().is_empty() || url.password().is_some() {
            return Err("an address with a password in it would end up in histories; leave it out".into());
        }
        // Another provider than ring would ask for more than a C compiler.
        let _ = rustls::crypto::ring::default_provider().install_default();
        let client = reqwest::Client::builder();
        // A proxy of the environment's would get the token in the clear, and calls its own machine “localhost”.
        let client = if is_here { client.no_proxy() } else { client };
        let client = client
            .redirect(reqwest::redirect::Policy::none())
            .connect_timeout(CONNECT)
            .read_timeout(IDLE)
            .pool_idle_timeout(KEPT)
            .user_agent(concat!("leadbox/", env!("CARGO_PKG_VERSION")))
            .build()
            .map_err(|error| format!("no connection can be made: {error}"))?;
        Ok(Self { client, base: base.trim_end_matches('/').to_owned() })
    }

    /// A request for `path`, which begins with a slash, still to be sent by [`begin`].
    pub fn request(&self, method: reqwest::Method, path: &str) -> reqwest::RequestBuilder {
        self.client.request(method, format!("{}{path}", self.base))
    }
}

/// Sends a request, and waits for the beginning of its answer.
///
/// # Errors
/// None came.
pub async fn begin(request: reqwest::RequestBuilder) -> Result<reqwest::Response, Lost> {
    request.timeout(TOTAL).send().await.map_err(|error| lost(&error))
}

/// Waits for the rest of an answer.
///
/// # Errors
/// It broke off, or is too large.
pub async fn end(response: reqwest::Response) -> Result<Reply, Lost> {
    end_telling(response, None).await
}

/// The same, with the first line told as soon as it is there.
///
/// # Errors
/// As [`end`].
pub async fn end_telling(
    response: reqwest::Response,
    mut first: Option<oneshot::Sender<Vec<u8>>>,
) -> Result<Reply, Lost> {
    let header = |name: &str| response.headers().get(name).and_then(|value| value.to_str().ok());
    let media = header("content-type").map(remark).unwrap_or_default();
    let retry_after = header("retry-after").and_then(|value| seconds_until(value, Utc::now()));
    let status = response.status().as_u16();
    let length = response.content_length().and_then(|length| usize::try_from(length).ok());
    let mut body = Vec::with_capacity(length.unwrap_or_default().min(USUAL_BYTES));
    let mut chunks = response.bytes_stream();
    while let Some(chunk) = chunks.next().await {
        let chunk = chunk.map_err(|error| lost(&error))?;
        body.extend_from_slice(&chunk);
        if body.len() > MOST_BYTES {
            return Err(Lost::Unknown("the answer is larger than any that makes sense".into()));
        }
        if let Some(first) = first.take_if(|_| chunk.contains(&b'\n')) {
            // Who does not wait for it any more waits for the whole.
            let _ = first.send(first_line(&body).to_vec());
        }
    }
    Ok(Reply { status, media, retry_after, body })
}

/// Up to where the first line ends.
pub fn first_line(body: &[u8]) -> &[u8] {
    body.split(|&byte| byte == b'\n').next().unwrap_or_default()
}

/// In how many seconds to ask again, as a number of them or as the date by which (RFC 9110, 10.2.3).
fn seconds_until(value: &str, now: DateTime<Utc>) -> Option<i64> {
    let by_date = || Some((DateTime::parse_from_rfc2822(value).ok()?.to_utc() - now).num_seconds());
    value.trim().parse().ok().or_else(by_date)
}

fn lost(error: &reqwest::Error) -> Lost {
    // The cause says more than the outermost error; the address is left out.
    let mut words = String::new();
    let mut cause: Option<&dyn std::error::Error> = Some(error);
    while let Some(error) = cause {
        words = error.to_string();
        cause = error.source();
    }
    if error.is_connect() || error.is_builder() { Lost::Unsent(words) } else { Lost::Unknown(words) }
}

#[cfg(test)]
mod tests {
    use tokio::io::{AsyncReadExt, AsyncWriteExt};

    use super::*;

    /// What one gets from a site that answers with so many bytes.
    async fn answered(bytes: usize) -> Result<Reply, Lost> {
        let door = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let site = Site::new(&format!("http://{}", door.local_addr().unwrap()), "a site").unwrap();
        tokio::spawn(async move {
            let (mut line, _) = door.accept().await.unwrap();
            assert!(line.read(&mut [0; 4096]).await.unwrap() > 0);
            let head = format!("HTTP/1.1 200 OK\r\ncontent-length: {bytes}\r\n\r\n");
            line.write_all(head.as_bytes()).await.unwrap();
            // Whoever has enough goes.
            let _ = line.write_all(&vec![b'x'; bytes]).await;
        });
        end(begin(site.request(reqwest::Method::GET, "/")).await?).await
    }

    #[tokio::test]
    async fn an_answer_has_a_limit() {
        assert_eq!(answered(MOST_BYTES).await.unwrap().body.len(), MOST_BYTES);
        assert!(answered(MOST_BYTES + 1).await.unwrap_err().to_string().contains("larger than any"));
    }

    #[test]
    fn when_to_ask_again_is_told_in_seconds_or_as_a_date() {
        let now = "1994-11-06T08:49:07Z".parse().unwrap();
        let told = |value: &str| seconds_until(value, now);
        assert_eq!(told("120"), Some(120));
        assert_eq!(told("Sun, 06 Nov 1994 08:49:37 GMT"), Some(30));
        assert_eq!(told("99999999999999999999"), None);
        assert_eq!(told("soon"), None);
    }
}
