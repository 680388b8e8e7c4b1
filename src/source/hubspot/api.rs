//! Calls to HubSpot: the token, the pace, and what its answers mean. Only what says by status, media type and form that it
//! is an answer is one.

use std::sync::atomic::{AtomicI64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use chrono::{DateTime, TimeDelta, Utc};
use futures_util::future::join_all;
use reqwest::Method;
use reqwest::header::HeaderValue;
use secrecy::{ExposeSecret, SecretString};
use serde_json::Value as Json;

use super::pacer::{Pacer, Wait, Weight};
use crate::handoff::Time;
use crate::source::Secret;
use crate::source::SourceError;
use crate::source::http::{self, Lost, Reply, Site};
use crate::source::hub::Clock;
use crate::source::said::remark;

/// A call that was refused for a moment, and so was not done, is tried so often.
const TRIES: u32 = 4;
/// How long a moment is: after 423, after 429 by the second, and where it does not say.
const LOCKED: i64 = 2;
const SECONDLY: i64 = 1;
const TEN_SECONDS: i64 = 10;
const MIGRATION: i64 = 60;
/// Where the calls of a day are used up it is tried again so soon: nobody says when the account's day ends.
const DAILY: i64 = 900;

/// For so long a token that was refused is not tried again, in seconds: somebody may have let it in again since.
const REFUSED: i64 = 60;

/// Why a call came to nothing.
#[derive(Clone, Debug)]
pub(super) enum Trouble {
    /// It did not go out.
    Unsent(String),
    /// It may have arrived and been done, or not.
    Unknown(String),
    /// Not before then.
    Busy(Time),
    /// The token does not hold.
    SignedOut,
    /// The token, or the account, may not do that: what is lacking.
    Forbidden(String),
    /// There is no such thing.
    Missing,
    /// HubSpot says why not: its code, and its words.
    Said(String, String),
}

/// Speaks to one account.
pub(super) struct Api {
    site: Site,
    give: Secret,
    kept: Mutex<Option<SecretString>>,
    /// The token that was not accepted, and when: for a while it would be refused again.
    refused: Mutex<Option<(SecretString, Time)>>,
    pacer: Mutex<Pacer>,
    clock: Clock,
    wait: Wait,
    /// By how much HubSpot's clock is ahead of ours, in milliseconds.
    ahead: AtomicI64,
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Api {
    pub(super) fn new(site: Site, give: Secret, clock: Clock, wait: Wait) -> Self {
        let (kept, refused, pacer) = (Mutex::default(), Mutex::default(), Mutex::default());
        Self { site, give, kept, refused, pacer, clock, wait, ahead: AtomicI64::new(0) }
    }

    /// What its clock shows now, as far as it was told.
    pub(super) fn now(&self) -> Time {
        (self.clock)() + TimeDelta::milliseconds(self.ahead.load(Ordering::Relaxed))
    }

    pub(super) async fn get(&self, path: &str) -> Result<Json, Trouble> {
        self.call(Method::GET, path, None).await
    }

    pub(super) async fn post(&self, path: &str, body: &Json) -> Result<Json, Trouble> {
        self.call(Method::POST, path, Some(body)).await
    }

    pub(super) async fn call(&self, method: Method, path: &str, body: Option<&Json>) -> Result<Json, Trouble> {
        self.turn(Weight::of(path), 1).await?;
        self.in_turn(method, path, body).await
    }

    /// Several calls of one weight at once: no more than a second's searches.
    pub(super) async fn post_all(&self, calls: Vec<(String, Json)>) -> Result<Vec<Result<Json, Trouble>>, Trouble> {
        let Some((path, _)) = calls.first() else { return Ok(Vec::new()) };
        self.turn(Weight::of(path), calls.len()).await?;
        Ok(join_all(calls.iter().map(|(path, body)| self.in_turn(Method::POST, path, Some(body)))).await)
    }

    /// A call whose turn it is.
    async fn in_turn(&self, method: Method, path: &str, body: Option<&Json>) -> Result<Json, Trouble> {
        let mut tries = 0;
        loop {
            tries += 1;
            let answer = self.renewing(&method, path, body).await;
            let Err(Trouble::Busy(until)) = answer else { return answer };
            let now = (self.clock)();
            let wait = (until - now).num_milliseconds();
            if tries == TRIES || wait > super::pacer::LONGEST {
                return answer;
            }
            // What was refused was not done.
            lock(&self.pacer).block(until.timestamp_millis());
            self.turn(Weight::of(path), 1).await?;
        }
    }

    /// A token that no longer holds is asked for once more: somebody may have put a new one in its place.
    async fn renewing(&self, method: &Method, path: &str, body: Option<&Json>) -> Result<Json, Trouble> {
        let token = self.token().await?;
        let answer = self.once(method, path, body, &token).await;
        if !matches!(answer, Err(Trouble::SignedOut)) {
            return answer;
        }
        self.refuse(token);
        let token = self.token().await?;
        self.turn(Weight::of(path), 1).await?;
        let answer = self.once(method, path, body, &token).await;
        if matches!(answer, Err(Trouble::SignedOut)) {
            self.refuse(token);
        }
        answer
    }

    fn refuse(&self, token: SecretString) {
        (*lock(&self.kept), *lock(&self.refused)) = (None, Some((token, (self.clock)())));
    }

    /// That it refused the token was about what was asked for, and not about the token.
    pub(super) fn forgive(&self) {
        lock(&self.refused).take();
    }

    async fn token(&self) -> Result<SecretString, Trouble> {
        if let Some(kept) = lock(&self.kept).clone() {
            return Ok(kept);
        }
        let give = Arc::clone(&self.give);
        let token = match tokio::task::spawn_blocking(move || give()).await {
            Ok(Ok(token)) => token,
            Ok(Err(why)) => return Err(Trouble::Unsent(why)),
            Err(_) => return Err(Trouble::Unsent("the token could not be asked for".into())),
        };
        let now = (self.clock)();
        let is_refused = |(refused, at): &(SecretString, Time)| {
            refused.expose_secret() == token.expose_secret() && (now - *at).num_seconds().abs() < REFUSED
        };
        if lock(&self.refused).as_ref().is_some_and(is_refused) {
            return Err(Trouble::SignedOut);
        }
        *lock(&self.kept) = Some(token.clone());
        Ok(token)
    }

    async fn once(
        &self,
        method: &Method,
        path: &str,
        body: Option<&Json>,
        token: &SecretString,
    ) -> Result<Json, Trouble> {
        let mut bearer = HeaderValue::from_str(&format!("Bearer {}", token.expose_secret()))
            .map_err(|_| Trouble::Unsent("the token has characters that cannot be sent".into()))?;
        bearer.set_sensitive(true);
        let request = self.site.request(method.clone(), path).header("authorization", bearer);
        let request = match body {
            Some(body) => request.json(body),
            None => request,
        };
        let response = match http::begin(request).await {
            Ok(response) => response,
            Err(Lost::Unsent(why)) => return Err(Trouble::Unsent(why)),
            Err(Lost::Unknown(why)) => return Err(Trouble::Unknown(why)),
        };
        let told = |name: &str| response.headers().get(name).and_then(|value| value.to_str().ok());
        let most = told("x-hubspot-ratelimit-max").and_then(|most| most.parse().ok());
        let date = told("date").and_then(|date| DateTime::parse_from_rfc2822(date).ok());
        let reply = http::end(response).await.map_err(|lost| Trouble::Unknown(lost.to_string()))?;
        let answer = read(&reply, (self.clock)());
        if answer.is_ok() {
            if let Some(most) = most {
                lock(&self.pacer).learn(most);
            }
            if let Some(date) = date {
                let ahead = (date.to_utc() - (self.clock)()).num_milliseconds();
                self.ahead.store(ahead, Ordering::Relaxed);
            }
        }
        answer
    }

    async fn turn(&self, weight: Weight, count: usize) -> Result<(), Trouble> {
        let now = (self.clock)().timestamp_millis();
        let due = lock(&self.pacer).book(weight, count, now).map_err(|due| Trouble::Busy(moment(due)))?;
        if let Ok(wait @ 1..) = u64::try_from(due - now) {
            (self.wait)(Duration::from_millis(wait)).await;
        }
        Ok(())
    }
}

/// Milliseconds since 1970 as a time.
pub(super) fn moment(ms: i64) -> Time {
    DateTime::<Utc>::from_timestamp_millis(ms).unwrap_or(Time::UNIX_EPOCH)
}

fn read(reply: &Reply, now: Time) -> Result<Json, Trouble> {
    let garbage = |what: &str| Trouble::Unknown(format!("status {}, {what}", reply.status));
    let is_json = reply.media.split(';').next().unwrap_or_default().trim() == "application/json";
    let body: Option<Json> = serde_json::from_slice(&reply.body).ok().filter(|_| is_json);
    let said = |name: &str| body.as_ref().and_then(|body| body[name].as_str()).unwrap_or_default();
    // Each of its errors is of some category.
    let is_its = !said("category").is_empty();
    let busy = |seconds: i64| Trouble::Busy(now + TimeDelta::seconds(seconds.clamp(1, 3600)));
    match reply.status {
        200 | 201 | 207 => match body {
            Some(body @ Json::Object(_)) => Ok(body),
            _ => Err(garbage("which is no answer")),
        },
        // Some proxy's page says nothing of the token.
        401 if is_its => Err(Trouble::SignedOut),
        423 => Err(busy(reply.retry_after.unwrap_or(LOCKED))),
        429 => Err(match said("policyName") {
            "DAILY" => {
                // Where its day ends with ours, sooner.
                let day = TimeDelta::days(1).num_seconds();
                busy(DAILY.min(day - now.timestamp().rem_euclid(day)))
            }
            "SECONDLY" => busy(reply.retry_after.unwrap_or(SECONDLY)),
            _ => busy(reply.retry_after.unwrap_or(TEN_SECONDS)),
        }),
        477 => Err(busy(reply.retry_after.unwrap_or(MIGRATION))),
        403 if is_its => Err(Trouble::Forbidden(lacking(body.as_ref()))),
        // Some gateway's 404 is not HubSpot's.
        404 if body.is_some() => Err(Trouble::Missing),
        400 | 405..=422 if body.is_some() => {
            let code = body.as_ref().and_then(|body| body["errors"][0]["code"].as_str());
            let code = code.unwrap_or(said("category")).to_owned();
            Err(Trouble::Said(code, words(body.as_ref())))
        }
        _ => Err(garbage("which is no answer")),
    }
}

/// What HubSpot says went wrong, the finer words first.
fn words(body: Option<&Json>) -> String {
    let text = |value: &Json| value.as_str().map(remark).filter(|text| !text.is_empty());
    let said = body.and_then(|body| text(&body["errors"][0]["message"]).or_else(|| text(&body["message"])));
    said.unwrap_or_else(|| "it does not say why".into())
}

/// The scopes that the token lacks, where it says.
fn lacking(body: Option<&Json>) -> String {
    let scopes = body.and_then(|body| body["errors"][0]["context"]["requiredGranularScopes"].as_array());
    let scopes: Vec<&str> = scopes.into_iter().flatten().filter_map(Json::as_str).collect();
    if scopes.is_empty() { words(body) } else { format!("it lacks {}", remark(&scopes.join(", "))) }
}

impl Trouble {
    /// The same for whoever reads: nothing was written in any case.
    pub(super) fn reading(self, name: &str) -> SourceError {
        let source_name = name.to_owned();
        match self {
            Self::Unsent(why) => SourceError::Unreachable { source_name, why },
            Self::Unknown(why) => SourceError::Protocol { source_name, why },
            Self::Said(_, why) => SourceError::Protocol { source_name, why },
            Self::Forbidden(why) => {
                SourceError::Protocol { source_name, why: format!("the token may not do that: {why}") }
            }
            Self::Missing => SourceError::Protocol { source_name, why: "there is nothing under that address".into() },
            Self::Busy(until) => SourceError::Throttled { source_name, until },
            Self::SignedOut => SourceError::AuthExpired { source_name },
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_its_own_word_says_that_a_token_is_refused() {
        let told = |status, media: &str, body: &str| {
            let reply = Reply { status, media: media.into(), retry_after: None, body: body.into() };
            read(&reply, Time::UNIX_EPOCH).unwrap_err()
        };
        let own = r#"{"status":"error","message":"no","category":"INVALID_AUTHENTICATION"}"#;
        assert!(matches!(told(401, "application/json;charset=utf-8", own), Trouble::SignedOut));
        assert!(matches!(told(403, "application/json", own), Trouble::Forbidden(why) if why == "no"));
        let long = own.replace("no", &"no ".repeat(1000));
        assert!(matches!(told(400, "application/json", &long), Trouble::Said(_, why) if why.len() < 400));
        for (media, body) in [("text/html", "<h1>Sign in to this network</h1>"), ("application/json", "{}"), ("", "")] {
            for status in [401, 403] {
                let told = told(status, media, body);
                assert!(matches!(&told, Trouble::Unknown(why) if why.contains(&status.to_string())), "{told:?}");
            }
        }
    }
}
