//! Letting the app in, once: the person signs in with the browser, which comes back to this machine with a code, and that is
//! exchanged for tokens (OAuth 2, RFC 8252; PKCE, RFC 7636). No secret of the app's is needed, and none may be sent.

use base64::Engine;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use secrecy::{ExposeSecret, SecretString};
use sha2::{Digest, Sha256};

use super::auth;
use super::rest::Trouble;
use crate::source::http::Site;

/// What a sign-in that has begun waits for.
pub struct Begun {
    /// What is to be opened in the browser.
    pub url: String,
    /// What the browser brings back, by which it is known.
    pub state: String,
    site: Site,
    client_id: String,
    callback: String,
    verifier: SecretString,
}

/// Begins a sign-in at the org with this address, as the app with this consumer key. `callback` is where the browser comes
/// back to, as the app's settings name it: `http://localhost:PORT/callback`.
///
/// # Errors
/// The address is none, or would send the code in the clear over a network; or there is no chance to be had.
pub fn begin(url: &str, client_id: &str, callback: &str) -> Result<Begun, String> {
    let site = Site::new(url, "a Salesforce")?;
    let (verifier, state) = (random()?, random()?);
    let challenge = BASE64_URL_SAFE_NO_PAD.encode(Sha256::digest(verifier.as_bytes()));
    let query = auth::encoded(&[
        ("response_type", "code"),
        ("client_id", client_id),
        ("redirect_uri", callback),
        ("scope", "api refresh_token"),
        ("state", &state),
        ("code_challenge", &challenge),
        ("code_challenge_method", "S256"),
    ]);
    let url = format!("{}/services/oauth2/authorize?{query}", url.trim_end_matches('/'));
    let (client_id, callback, verifier) = (client_id.to_owned(), callback.to_owned(), SecretString::from(verifier));
    Ok(Begun { url, site, client_id, callback, state, verifier })
}

/// Whether the browser comes back from the sign-in with this state.
pub fn is_of(state: &str, came_back: &str) -> bool {
    told(came_back, "state").as_deref() == Some(state)
}

/// What a path says under this name in its query.
fn told(path: &str, name: &str) -> Option<String> {
    let url = reqwest::Url::parse("http://localhost").and_then(|base| base.join(path)).ok()?;
    url.query_pairs().find(|pair| pair.0 == name).map(|pair| pair.1.into_owned())
}

/// Ends a sign-in with what the browser came back with: the path with its query, `/callback?code=…&state=…`. What it gives
/// is to be kept: by this refresh token one signs in from now on.
///
/// # Errors
/// In words: the person refused, it belongs to another sign-in, or no token is to be had.
pub async fn finish(begun: Begun, came_back: &str) -> Result<SecretString, String> {
    if !is_of(&begun.state, came_back) {
        return Err("the browser came back from another sign-in; begin again".into());
    }
    let Begun { site, client_id, callback, verifier, .. } = begun;
    if let Some(error) = told(came_back, "error") {
        let why = told(came_back, "error_description").unwrap_or(error);
        return Err(format!("Salesforce did not let us in: {why}"));
    }
    let code = told(came_back, "code").ok_or("the browser came back without a code; begin again")?;
    let form = [
        ("grant_type", "authorization_code"),
        ("client_id", client_id.as_str()),
        ("redirect_uri", callback.as_str()),
        ("code", code.as_str()),
        ("code_verifier", verifier.expose_secret()),
    ];
    let answer = auth::ask(&site, &form).await.map_err(|trouble| match trouble {
        Trouble::SignedOut => "the code no longer holds; begin again".to_owned(),
        Trouble::Said { why, code } => format!("Salesforce gives no token: {why} ({code})"),
        Trouble::Busy(seconds) => format!("Salesforce asks to wait for {seconds} s; begin again then"),
        Trouble::Unsent(why) | Trouble::Unknown(why) => why,
    })?;
    let refresh_token = answer["refresh_token"].as_str();
    let refresh_token =
        refresh_token.ok_or("Salesforce gives no refresh token: the app lacks the scope refresh_token")?;
    Ok(SecretString::from(refresh_token.to_owned()))
}

/// A word of chance, of 256 bits.
fn random() -> Result<String, String> {
    let mut bytes = [0; 32];
    getrandom::fill(&mut bytes).map_err(|error| format!("no chance is to be had: {error}"))?;
    Ok(BASE64_URL_SAFE_NO_PAD.encode(bytes))
}
