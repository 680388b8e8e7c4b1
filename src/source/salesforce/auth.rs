//! Signing in at Salesforce: an access token for a refresh token, which may be used once only, or for a signed assertion.
//!
//! Where an app rotates its refresh tokens, each is void once it was used, and whoever uses it again loses all. So an exchange
//! is never left half done: it goes on although nobody waits for it any more, and what it brought is kept before it is used.

use std::sync::Arc;

use base64::Engine;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use reqwest::Method;
use reqwest::header::HeaderValue;
use rustls::SignatureScheme;
use rustls::pki_types::PrivateKeyDer;
use rustls::pki_types::pem::PemObject;
use secrecy::{ExposeSecret, SecretString};
use serde_json::{Value as Json, json};
use tokio::sync::Mutex;

use super::rest::{self, Trouble};
use crate::handoff::Time;
use crate::source::http::{self, Lost, Reply, Site};
use crate::source::hub::Clock;
use crate::source::{Credential, Secret, Turn};

/// How one signs in.
#[derive(Clone)]
pub enum Auth {
    /// As a person who once let the app in (OAuth with PKCE, see [`super::pkce`]).
    Refresh {
        /// The app's consumer key.
        client_id: String,
        /// The refresh token.
        credential: Credential,
    },
    /// As a user whom an administrator let the app act for (JWT bearer): for a hub.
    Jwt {
        /// The app's consumer key.
        client_id: String,
        /// The user there.
        user: String,
        /// Who is to accept it: `https://login.salesforce.com`, or `https://test.salesforce.com` for a sandbox.
        audience: String,
        /// Gives the RSA key whose certificate the app knows, as PEM.
        key: Secret,
    },
}

/// An assertion holds for so long, in seconds. Salesforce takes no more than five minutes.
const ASSERTED: i64 = 180;

/// A token that could not be kept is tried again so often, in seconds: a keyring may take long to say no.
const KEPT_EVERY: i64 = 30;

/// What is known of our standing there.
struct Standing {
    site: Site,
    auth: Auth,
    clock: Clock,
    access: Option<HeaderValue>,
    /// The user who is signed in.
    user: Option<String>,
    /// A refresh token that could not be kept yet, and when it was tried last: the one that is kept is void.
    unkept: Option<(SecretString, Time)>,
    /// Held for as long as nobody else may use what is kept.
    turn: Option<Turn>,
    /// The one that was not accepted: it would be refused again.
    refused: Option<SecretString>,
    told: Vec<String>,
}

/// Signs in when needed. Copies share what they have.
#[derive(Clone)]
pub(super) struct Entry(Arc<Mutex<Standing>>);

impl Entry {
    pub(super) fn new(site: Site, auth: Auth, clock: Clock) -> Self {
        let standing = Standing {
            site,
            auth,
            clock,
            access: None,
            user: None,
            unkept: None,
            turn: None,
            refused: None,
            told: Vec::new(),
        };
        Self(Arc::new(Mutex::new(standing)))
    }

    /// The id of the user who is signed in: Salesforce tells it with each token.
    pub(super) async fn user(&self) -> Result<Option<String>, Trouble> {
        self.header(None).await?;
        Ok(self.0.lock().await.user.clone())
    }

    /// The header by which one is let in; another one than `stale`, which no longer holds.
    pub(super) async fn header(&self, stale: Option<&HeaderValue>) -> Result<HeaderValue, Trouble> {
        let (standing, stale) = (Arc::clone(&self.0), stale.cloned());
        // It goes on when whoever asked for it is gone: the answer may bring the only token that holds.
        let entering = tokio::spawn(async move {
            let mut standing = standing.lock().await;
            standing.keep_now_and_then().await;
            match &standing.access {
                Some(access) if Some(access) != stale.as_ref() => Ok(access.clone()),
                _ => standing.enter().await,
            }
        });
        entering.await.unwrap_or_else(|_| Err(Trouble::Unsent("signing in broke off".into())))
    }

    /// What a person should know, once.
    pub(super) fn told(&self) -> Vec<String> {
        self.0.try_lock().map(|mut standing| std::mem::take(&mut standing.told)).unwrap_or_default()
    }
}

impl Standing {
    async fn enter(&mut self) -> Result<HeaderValue, Trouble> {
        self.access = None;
        let form = match self.auth.clone() {
            Auth::Refresh { client_id, credential } => self.refreshed(&client_id, &credential).await?,
            Auth::Jwt { client_id, user, audience, key } => {
                let key = blocking(move || key()).await?;
                let until = (self.clock)().timestamp() + ASSERTED;
                let claims = json!({ "iss": client_id, "sub": user, "aud": audience, "exp": until });
                let assertion = signed(&claims, &key).map_err(Trouble::Unsent)?;
                let grant = "urn:ietf:params:oauth:grant-type:jwt-bearer";
                ask(&self.site, &[("grant_type", grant), ("assertion", assertion.expose_secret())]).await?
            }
        };
        let access = form["access_token"].as_str().filter(|token| !token.is_empty());
        let access = access.and_then(|access| HeaderValue::from_str(&format!("Bearer {access}")).ok());
        let mut access = access.ok_or_else(|| Trouble::Unknown("it answered the sign-in without a token".into()))?;
        access.set_sensitive(true);
        self.user = user_of(&form);
        self.access = Some(access.clone());
        self.refused = None;
        Ok(access)
    }

    /// In our turn: what is kept is read, spent and replaced while no other program of ours can read it.
    async fn refreshed(&mut self, client_id: &str, credential: &Credential) -> Result<Json, Trouble> {
        if self.turn.is_none() {
            self.turn = Some(credential.turn().await.map_err(Trouble::Unsent)?);
        }
        let answer = self.spent(client_id, credential).await;
        self.end_turn();
        answer
    }

    /// Others go on with what is kept, unless that is void and only we have what holds.
    fn end_turn(&mut self) {
        if self.unkept.is_none() {
            self.turn = None;
        }
    }

    async fn spent(&mut self, client_id: &str, credential: &Credential) -> Result<Json, Trouble> {
        let token = match &self.unkept {
            Some((token, _)) => token.clone(),
            None => {
                let give = Arc::clone(&credential.give);
                blocking(move || give()).await?
            }
        };
        if self.refused.as_ref().is_some_and(|refused| refused.expose_secret() == token.expose_secret()) {
            return Err(Trouble::SignedOut);
        }
        let form =
            [("grant_type", "refresh_token"), ("client_id", client_id), ("refresh_token", token.expose_secret())];
        let answer = ask(&self.site, &form).await;
        if matches!(answer, Err(Trouble::SignedOut)) {
            self.refused = Some(token.clone());
            // Nobody needs to be kept off what is kept any more: somebody may sign in anew.
            self.unkept = None;
        }
        let answer = answer?;
        let next = answer["refresh_token"].as_str().filter(|next| *next != token.expose_secret());
        if let Some(next) = next {
            self.unkept = Some((SecretString::from(next.to_owned()), (self.clock)()));
            self.keep().await;
        }
        Ok(answer)
    }

    /// Keeps what is not kept yet. Where that fails, it is held on to and tried again.
    async fn keep(&mut self) {
        let (Auth::Refresh { credential, .. }, Some((token, _))) = (self.auth.clone(), self.unkept.clone()) else {
            return;
        };
        let again = token.clone();
        let kept = tokio::task::spawn_blocking(move || (credential.keep)(&token)).await;
        match kept.unwrap_or_else(|_| Err("it broke off".into())) {
            Ok(()) => self.unkept = None,
            Err(why) => {
                self.unkept = Some((again, (self.clock)()));
                self.told.push(format!(
                    "the new refresh token could not be kept: {why}; unless it can be before the program ends, you have to \
                     sign in again"
                ));
            }
        }
    }

    async fn keep_now_and_then(&mut self) {
        let now = (self.clock)();
        if self.unkept.as_ref().is_some_and(|(_, tried)| (now - *tried).num_seconds().abs() >= KEPT_EVERY) {
            self.keep().await;
            self.end_turn();
        }
    }
}

/// The user whom a token is for: `https://login.salesforce.com/id/00D…/005…`.
fn user_of(answer: &Json) -> Option<String> {
    let user = answer["id"].as_str()?.rsplit('/').next()?;
    let is_id = user.starts_with("005") && user.bytes().all(|byte| byte.is_ascii_alphanumeric());
    is_id.then(|| user.to_owned())
}

async fn blocking(
    give: impl FnOnce() -> Result<SecretString, String> + Send + 'static,
) -> Result<SecretString, Trouble> {
    match tokio::task::spawn_blocking(give).await {
        Ok(given) => given.map_err(Trouble::Unsent),
        Err(_) => Err(Trouble::Unsent("the secret could not be asked for".into())),
    }
}

/// Asks for a token.
pub(super) async fn ask(site: &Site, form: &[(&str, &str)]) -> Result<Json, Trouble> {
    let request = site
        .request(Method::POST, "/services/oauth2/token")
        .header("content-type", "application/x-www-form-urlencoded")
        .body(encoded(form));
    let reply = match http::begin(request).await {
        Ok(response) => http::end(response).await.map_err(|lost| Trouble::Unknown(lost.to_string()))?,
        Err(Lost::Unsent(why)) => return Err(Trouble::Unsent(why)),
        Err(Lost::Unknown(why)) => return Err(Trouble::Unknown(why)),
    };
    read(&reply)
}

/// What came of asking for a token.
fn read(reply: &Reply) -> Result<Json, Trouble> {
    let answer: Option<Json> = serde_json::from_slice(&reply.body).ok();
    match (reply.status, answer) {
        (200, Some(answer)) if answer.is_object() => Ok(answer),
        (400 | 401, Some(answer)) if answer["error"].is_string() => match answer["error"].as_str() {
            Some("invalid_grant") => Err(Trouble::SignedOut),
            code => {
                Err(Trouble::said(code.unwrap_or_default(), answer["error_description"].as_str().unwrap_or_default()))
            }
        },
        (429 | 503, _) => Err(Trouble::Busy(reply.retry_after.unwrap_or(rest::WAIT).clamp(1, rest::LONG))),
        (status, _) => {
            Err(Trouble::Unknown(format!("it answered the sign-in with status {status}, which is no answer")))
        }
    }
}

/// A form as it is sent.
pub(super) fn encoded(form: &[(&str, &str)]) -> String {
    let Ok(mut url) = reqwest::Url::parse("https://form.invalid") else { return String::new() };
    url.query_pairs_mut().extend_pairs(form);
    url.query().unwrap_or_default().to_owned()
}

/// Claims as a JSON web token, signed with RS256 (RFC 7515).
fn signed(claims: &Json, key: &SecretString) -> Result<SecretString, String> {
    let wrong = |what: &str| format!("the key by which one signs in {what}: it is to be an RSA key as PEM");
    let key = PrivateKeyDer::from_pem_slice(key.expose_secret().as_bytes()).map_err(|_| wrong("cannot be read"))?;
    let key = rustls::crypto::ring::sign::any_supported_type(&key).map_err(|_| wrong("makes no sense"))?;
    let signer = key.choose_scheme(&[SignatureScheme::RSA_PKCS1_SHA256]).ok_or_else(|| wrong("is of another kind"))?;
    let part = |value: &Json| BASE64_URL_SAFE_NO_PAD.encode(value.to_string());
    let text = format!("{}.{}", part(&json!({ "alg": "RS256" })), part(claims));
    let signature = signer.sign(text.as_bytes()).map_err(|_| wrong("cannot sign"))?;
    Ok(SecretString::from(format!("{text}.{}", BASE64_URL_SAFE_NO_PAD.encode(signature))))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn however_long_it_asks_to_wait_it_is_asked_again_within_the_quarter_of_an_hour() {
        let waits = |retry_after: Option<i64>| {
            let reply = Reply { status: 503, media: String::new(), retry_after, body: Vec::new() };
            match read(&reply) {
                Err(Trouble::Busy(seconds)) => seconds,
                other => panic!("{other:?}"),
            }
        };
        let waited = [None, Some(7), Some(-5), Some(i64::MAX)].map(waits);
        assert_eq!(waited, [rest::WAIT, 7, 1, rest::LONG]);
    }
}
