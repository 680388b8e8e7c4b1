//! Tokens: what lets one in, what is over, and what is void because it was used.

use std::collections::{BTreeMap, BTreeSet};

use base64::Engine;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use rustls::SignatureScheme;
use serde_json::{Value, json};
use sha2::{Digest, Sha256};

use super::state::State;
use super::{ANA, CLIENT, Said};

/// What is known of tokens.
pub struct Oauth {
    /// Those that let one in.
    pub access: BTreeSet<String>,
    /// The one that gives access, if any does.
    pub refresh: Option<String>,
    /// Each refresh token can be used once.
    pub rotates: bool,
    /// Codes that were given to a browser, each with its challenge and where it went.
    pub codes: BTreeMap<String, (String, String)>,
    /// The public RSA key of those who may assert who they are.
    pub key: Vec<u8>,
    /// Who signs in, or has signed in.
    pub user: String,
    /// What all bear that is given out.
    pub bears: String,
    /// How often tokens were given.
    pub given: u64,
}

impl Default for Oauth {
    fn default() -> Self {
        Self {
            access: BTreeSet::new(),
            refresh: None,
            rotates: false,
            codes: BTreeMap::new(),
            key: Vec::new(),
            user: ANA.into(),
            bears: String::new(),
            given: 0,
        }
    }
}

impl Oauth {
    fn word(&mut self, kind: &str) -> String {
        self.given += 1;
        format!("{kind}-{}{}", self.bears, self.given)
    }
}

/// The pairs of a form, or of a query.
pub fn form(text: &str) -> Vec<(String, String)> {
    let url = reqwest::Url::parse(&format!("http://form/?{text}")).unwrap();
    url.query_pairs().map(|(name, value)| (name.into_owned(), value.into_owned())).collect()
}

fn refused(error: &str, why: &str) -> Said {
    (400, json!({ "error": error, "error_description": why }))
}

/// What a person who signs in and lets the app in is sent on to: where the app waits, with a code.
pub fn authorize(state: &mut State, query: &str) -> Said {
    let asked: BTreeMap<String, String> = form(query).into_iter().collect();
    let told = |name: &str| asked.get(name).cloned().unwrap_or_default();
    let is_right = told("response_type") == "code"
        && told("client_id") == CLIENT
        && told("code_challenge_method") == "S256"
        && told("redirect_uri").starts_with("http://localhost:");
    if !is_right {
        return refused("invalid_request", "the app's settings say otherwise");
    }
    let code = state.oauth.word("code");
    state.oauth.codes.insert(code.clone(), (told("code_challenge"), told("redirect_uri")));
    (302, json!({ "location": format!("{}?code={code}&state={}", told("redirect_uri"), told("state")) }))
}

pub fn token(state: &mut State, method: &str, body: &str) -> Said {
    let form: BTreeMap<String, String> = form(body).into_iter().collect();
    let told = |name: &str| form.get(name).cloned().unwrap_or_default();
    if method != "POST" {
        return refused("invalid_request", "must use HTTP POST");
    }
    if form.contains_key("client_secret") {
        return refused("invalid_client", "a public client has no secret");
    }
    let now = state.now().timestamp();
    let oauth = &mut state.oauth;
    let mut next = None;
    match told("grant_type").as_str() {
        "refresh_token" if told("client_id") == CLIENT => {
            if oauth.refresh.as_deref() != Some(told("refresh_token").as_str()) {
                if oauth.rotates {
                    // It was used before: whoever has it now may be a thief.
                    (oauth.refresh, oauth.access) = (None, BTreeSet::new());
                }
                return refused("invalid_grant", "expired access/refresh token");
            }
            if oauth.rotates {
                next = Some(oauth.word("refresh"));
            }
        }
        "authorization_code" if told("client_id") == CLIENT => {
            let code = oauth.codes.remove(&told("code"));
            let challenge = BASE64_URL_SAFE_NO_PAD.encode(Sha256::digest(told("code_verifier").as_bytes()));
            if code != Some((challenge, told("redirect_uri"))) {
                return refused("invalid_grant", "invalid authorization code");
            }
            next = Some(oauth.word("refresh"));
        }
        "urn:ietf:params:oauth:grant-type:jwt-bearer" => match asserted(&oauth.key, &told("assertion")) {
            Some(claims) => {
                let until = claims["exp"].as_i64().unwrap_or_default();
                let is_right = claims["iss"] == CLIENT && claims["aud"] == "https://login.salesforce.com";
                if !is_right || until <= now || until > now + 300 {
                    return refused("invalid_grant", "invalid assertion");
                }
            }
            None => return refused("invalid_grant", "invalid assertion"),
        },
        _ => return refused("unsupported_grant_type", "grant type not supported"),
    }
    let access = oauth.word("access");
    oauth.access.insert(access.clone());
    let id = format!("https://login.salesforce.com/id/00D000000000001AAA/{}", oauth.user);
    let mut answer = json!({ "access_token": access, "token_type": "Bearer", "scope": "api refresh_token", "id": id });
    if let Some(next) = next {
        answer["refresh_token"] = json!(next);
        oauth.refresh = Some(next);
    }
    (200, answer)
}

/// The claims, where the signature is right (RS256).
fn asserted(key: &[u8], assertion: &str) -> Option<Value> {
    let (text, signature) = assertion.rsplit_once('.')?;
    let signature = BASE64_URL_SAFE_NO_PAD.decode(signature).ok()?;
    let schemes = rustls::crypto::ring::default_provider().signature_verification_algorithms.mapping;
    let ways = schemes.iter().find(|(scheme, _)| *scheme == SignatureScheme::RSA_PKCS1_SHA256)?.1;
    ways.iter().find(|way| way.verify_signature(key, text.as_bytes(), &signature).is_ok())?;
    let claims = text.split_once('.')?.1;
    serde_json::from_slice(&BASE64_URL_SAFE_NO_PAD.decode(claims).ok()?).ok()
}
