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

use super::rest::Trouble;
use crate::source::Secret;
use crate::source::http::{self, Lost, Site};
use crate::source::hub::Clock;

/// Keeps a secret in the place of the one that was kept. It may take seconds.
pub type Keep = Arc<dyn Fn(&SecretString) -> Result<(), String> + Send + Sync>;

/// How one signs in.
#[derive(Clone)]
pub enum Auth {
    /// As a person who once let the app in (OAuth with PKCE, see [`super::pkce`]).
    Refresh {
        /// The app's consumer key.
        client_id: String,
        /// Gives the refresh token.
        give: Secret,
        /// Keeps the one that comes in its place.
        keep: Keep,
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

/// What is known of our standing there.
struct Standing {
    site: Site,
    auth: Auth,
    clock: Clock,
    access: Option<HeaderValue>,
    /// A refresh token that could not be kept yet: the one that is kept is void.
    unkept: Option<SecretString>,
    /// The one that was not accepted: it would be refused again.
    refused: Option<SecretString>,
    told: Vec<String>,
}

/// Signs in when needed. Copies share what they have.
#[derive(Clone)]
pub(super) struct Entry(Arc<Mutex<Standing>>);

impl Entry {
    pub(super) fn new(site: Site, auth: Auth, clock: Clock) -> Self {
        let standing = Standing { site, auth, clock, access: None, unkept: None, refused: None, told: Vec::new() };
        Self(Arc::new(Mutex::new(standing)))
    }

    /// The header by which one is let in; another one than `stale`, which no longer holds.
    pub(super) async fn header(&self, stale: Option<&HeaderValue>) -> Result<HeaderValue, Trouble> {
        let (standing, stale) = (Arc::clone(&self.0), stale.cloned());
        // It goes on when whoever asked for it is gone: the answer may bring the only token that holds.
        let entering = tokio::spawn(async move {
            let mut standing = standing.lock().await;
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
            Auth::Refresh { client_id, give, .. } => {
                let token = self.refresh_token(give).await?;
                if self.refused.as_ref().is_some_and(|refused| refused.expose_secret() == token.expose_secret()) {
                    return Err(Trouble::SignedOut);
                }
                let answer = self.refresh(&client_id, &token).await;
                if matches!(answer, Err(Trouble::SignedOut)) {
                    self.refused = Some(token);
                }
                answer?
            }
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
        self.access = Some(access.clone());
        self.refused = None;
        Ok(access)
    }

    /// The refresh token that holds: what is kept, which another program of ours may have renewed, unless ours is newer.
    async fn refresh_token(&mut self, give: Secret) -> Result<SecretString, Trouble> {
        match self.unkept.clone() {
            Some(token) => {
                self.keep().await;
                Ok(token)
            }
            None => blocking(move || give()).await,
        }
    }

    async fn refresh(&mut self, client_id: &str, token: &SecretString) -> Result<Json, Trouble> {
        let form =
            [("grant_type", "refresh_token"), ("client_id", client_id), ("refresh_token", token.expose_secret())];
        let answer = ask(&self.site, &form).await?;
        let next = answer["refresh_token"].as_str().filter(|next| *next != token.expose_secret());
        if let Some(next) = next {
            self.unkept = Some(SecretString::from(next.to_owned()));
            self.keep().await;
        }
        Ok(answer)
    }

    /// Keeps what is not kept yet. Where that fails, it is held on to and tried again.
    async fn keep(&mut self) {
        let (Auth::Refresh { keep, .. }, Some(token)) = (self.auth.clone(), self.unkept.clone()) else { return };
        let kept = tokio::task::spawn_blocking(move || keep(&token)).await;
        match kept.unwrap_or_else(|_| Err("it broke off".into())) {
            Ok(()) => self.unkept = None,
            Err(why) => self.told.push(format!(
                "the new refresh token could not be kept: {why}; unless it can be before the program ends, you have to sign \
                 in again"
            )),
        }
    }
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
    let answer: Option<Json> = serde_json::from_slice(&reply.body).ok();
    match (reply.status, answer) {
        (200, Some(answer)) if answer.is_object() => Ok(answer),
        (400 | 401, Some(answer)) if answer["error"].is_string() => match answer["error"].as_str() {
            Some("invalid_grant") => Err(Trouble::SignedOut),
            code => {
                Err(Trouble::said(code.unwrap_or_default(), answer["error_description"].as_str().unwrap_or_default()))
            }
        },
        (429 | 503, _) => Err(Trouble::Busy(reply.retry_after.unwrap_or(super::rest::WAIT))),
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
