//! How calls reach a hub: over HTTP, or, in tests, by whatever way the test has.

use std::future::Future;
use std::pin::Pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use chrono::{DateTime, Utc};
use futures_util::StreamExt;
use secrecy::{ExposeSecret, SecretString};
use tokio::sync::{mpsc, oneshot};
use tokio::time::Instant;

use super::skew::Skew;
use crate::handoff::Time;
use crate::keeping::clock::Clock;
use crate::source::http::{self, Lost, Reply, Site};
use crate::wire::intake::SIGNATURE;

/// A call's method.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Method {
    /// Asks.
    Get,
    /// Enters.
    Post,
    /// Puts in place.
    Put,
    /// Ends.
    Delete,
}

/// A call to the hub.
#[derive(Clone, Debug, PartialEq)]
pub struct Call {
    /// The method.
    pub method: Method,
    /// Path and query, from the root.
    pub path: String,
    /// The body and its media type.
    pub body: Option<(&'static str, Vec<u8>)>,
    /// A sender's signature of the body, where it is not a token that says who calls.
    pub signature: Option<String>,
}

impl Call {
    /// Asks for what is at `path`.
    pub fn get(path: impl Into<String>) -> Self {
        Self { method: Method::Get, path: path.into(), body: None, signature: None }
    }

    /// Sends JSON.
    pub fn send(method: Method, path: impl Into<String>, json: Vec<u8>) -> Self {
        Self { method, path: path.into(), body: Some(("application/json", json)), signature: None }
    }

    /// Posts JSON that a sender signed.
    pub fn signed(path: impl Into<String>, json: Vec<u8>, signature: String) -> Self {
        Self { signature: Some(signature), ..Self::send(Method::Post, path, json) }
    }
}

/// The answer to a call, when it comes.
pub type Replying<'a> = Pin<Box<dyn Future<Output = Result<Reply, Lost>> + Send + 'a>>;

/// A way to a hub.
pub trait Transport: Send + Sync {
    /// Makes a call.
    fn call(&self, call: Call) -> Replying<'_>;

    /// The same, with the first line of the answer told as soon as it is there, where the way can do that.
    fn call_telling(&self, call: Call, first: oneshot::Sender<Vec<u8>>) -> Replying<'_> {
        Box::pin(async move {
            let reply = self.call(call).await?;
            // Who does not wait for it any more waits for the whole.
            let _ = first.send(http::first_line(&reply.body).to_vec());
            Ok(reply)
        })
    }

    /// Listens at `path`: something comes out each time the hub says that there is news, until the connection ends.
    fn listen(&self, path: &str) -> mpsc::Receiver<()>;
}

/// Gives the token that is kept now, if it can be had without asking anybody. It may take seconds.
pub type Renewal = Arc<dyn Fn() -> Option<SecretString> + Send + Sync>;

/// What is said where no token can be had yet.
const NO_TOKEN: &str = "the token cannot be had yet";

/// Another token is asked for again not before this: some keyrings open a window each time that they are asked.
const ASK_AGAIN: Duration = Duration::from_secs(60);

/// HTTP to one hub, with one token. Redirects are not followed: the token goes nowhere else. Copies share the token.
#[derive(Clone)]
pub struct Http {
    site: Site,
    token: Arc<Mutex<Token>>,
    renewal: Option<Renewal>,
    skew: Option<Skew>,
}

struct Token {
    secret: SecretString,
    /// The hub did not accept it: there may be another one by now.
    refused: bool,
    /// When another one, or the first, was asked for.
    asked: Option<Instant>,
}

impl Token {
    /// Another one is needed, or the first, and it is time to ask for it, which is noted.
    fn ask_now(&mut self) -> bool {
        let is_wanted = self.refused || self.secret.expose_secret().is_empty();
        let asks = is_wanted && self.asked.is_none_or(|asked| asked.elapsed() >= ASK_AGAIN);
        if asks {
            self.asked = Some(Instant::now());
        }
        asks
    }
}

impl Http {
    /// A way to the hub at `base`, such as `https://hub.example`. An empty token is none: until one can be had (see
    /// [`Self::renewing`]), only what is signed goes out.
    ///
    /// # Errors
    /// The address is none, or would send the token in the clear over a network.
    pub fn new(base: &str, token: SecretString) -> Result<Self, String> {
        let site = Site::new(base, "a hub")?;
        let token = Arc::new(Mutex::new(Token { secret: token, refused: false, asked: None }));
        Ok(Self { site, token, renewal: None, skew: None })
    }

    /// After the hub did not accept the token, and where there is none, the one that is kept by then is used. It is asked for
    /// once a minute at the most.
    pub fn renewing(self, renewal: Renewal) -> Self {
        Self { renewal: Some(renewal), ..self }
    }

    /// Sets this clock right by the hub's, as each answer tells it.
    pub fn setting(self, clock: &Clock) -> Self {
        Self { skew: Some(Skew::new(clock.clone())), ..self }
    }

    /// Hears what time it is at the hub: of what the hub itself answered, not of what something on the way says.
    fn hear(&self, sent: Time, got: Time, response: &reqwest::Response) {
        let header = |name: &str| response.headers().get(name).and_then(|value| value.to_str().ok());
        let told = header("date").and_then(|value| DateTime::parse_from_rfc2822(value).ok());
        if let (Some(skew), Some(told), 200) = (&self.skew, told, response.status().as_u16()) {
            skew.hear(sent, got, told.to_utc());
        }
    }

    fn token(&self) -> MutexGuard<'_, Token> {
        self.token.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The token, if there is one.
    async fn secret(&self) -> Option<SecretString> {
        let renewal = self.renewal.clone().filter(|_| self.token().ask_now());
        if let Some(renewal) = renewal
            && let Ok(Some(kept)) = tokio::task::spawn_blocking(move || renewal()).await
        {
            self.token().secret = kept;
        }
        Some(self.token().secret.clone()).filter(|secret| !secret.expose_secret().is_empty())
    }

    async fn request(&self, call: Call) -> Result<reqwest::RequestBuilder, Lost> {
        let method = match call.method {
            Method::Get => reqwest::Method::GET,
            Method::Post => reqwest::Method::POST,
            Method::Put => reqwest::Method::PUT,
            Method::Delete => reqwest::Method::DELETE,
        };
        let request = self.site.request(method, &call.path);
        let request = match call.signature {
            Some(signature) => request.header(SIGNATURE, signature),
            None => {
                let secret = self.secret().await.ok_or_else(|| Lost::Unsent(NO_TOKEN.into()))?;
                request.bearer_auth(secret.expose_secret())
            }
        };
        Ok(match call.body {
            Some((media, body)) => request.header("content-type", media).body(body),
            None => request,
        })
    }

    async fn calling(&self, call: Call, first: Option<oneshot::Sender<Vec<u8>>>) -> Result<Reply, Lost> {
        let request = self.request(call).await?;
        let sent = Utc::now();
        let response = http::begin(request).await?;
        self.hear(sent, Utc::now(), &response);
        self.token().refused = response.status().as_u16() == 401;
        http::end_telling(response, first).await
    }
}

impl Transport for Http {
    fn call(&self, call: Call) -> Replying<'_> {
        Box::pin(self.calling(call, None))
    }

    fn call_telling(&self, call: Call, first: oneshot::Sender<Vec<u8>>) -> Replying<'_> {
        Box::pin(self.calling(call, Some(first)))
    }

    fn listen(&self, path: &str) -> mpsc::Receiver<()> {
        let (tell, told) = mpsc::channel(1);
        let (call, this) = (Call::get(path), self.clone());
        tokio::spawn(async move {
            let Ok(request) = this.request(call).await else { return };
            let sent = Utc::now();
            let Ok(response) = request.send().await else { return };
            this.hear(sent, Utc::now(), &response);
            if response.status().as_u16() != 200 {
                return;
            }
            let mut chunks = response.bytes_stream();
            while let Some(Ok(chunk)) = chunks.next().await {
                // A sign of life is a comment; whatever else comes is news. If one is waiting already, that will do.
                if chunk.first() != Some(&b':') && tell.try_send(()).is_err() && tell.is_closed() {
                    return;
                }
            }
        });
        told
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_token_that_was_not_accepted_is_asked_for_anew() {
        let renewal: Renewal = Arc::new(|| Some("new".to_owned().into()));
        let http = Http::new("http://127.0.0.1:1", "old".to_owned().into()).unwrap().renewing(renewal);
        let copy = http.clone();
        let secret = async || http.secret().await.map(|secret| secret.expose_secret().to_owned());
        assert_eq!(secret().await.as_deref(), Some("old"));
        copy.token().refused = true;
        assert_eq!(secret().await.as_deref(), Some("new"));
    }

    #[tokio::test]
    async fn without_a_token_nothing_is_sent_until_one_can_be_had() {
        // What the keyring gives, and how often it was asked.
        let kept = Arc::new(Mutex::new((None::<SecretString>, 0)));
        let keyring = Arc::clone(&kept);
        let renewal: Renewal = Arc::new(move || {
            let mut keyring = keyring.lock().unwrap();
            keyring.1 += 1;
            keyring.0.clone()
        });
        let http = Http::new("http://127.0.0.1:1", SecretString::default()).unwrap().renewing(renewal);
        for asked in 1..3 {
            for _ in 0..2 {
                let lost = http.call(Call::get("/v1/me")).await.unwrap_err();
                assert!(matches!(&lost, Lost::Unsent(why) if why == NO_TOKEN), "{lost:?}");
                assert!(http.listen("/v1/stream").recv().await.is_none());
                assert_eq!(kept.lock().unwrap().1, asked, "once a minute");
            }
            // A minute passes.
            http.token().asked = Instant::now().checked_sub(ASK_AGAIN);
        }
        kept.lock().unwrap().0 = Some("unlocked".to_owned().into());
        let lost = http.call(Call::get("/v1/me")).await.unwrap_err();
        assert!(!lost.to_string().contains("token"), "it was sent to a hub that is not there: {lost:?}");
        assert_eq!(http.secret().await.unwrap().expose_secret(), "unlocked");
    }
}
