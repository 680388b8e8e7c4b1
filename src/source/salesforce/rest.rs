//! Salesforce's REST interface: calls of one user, and what its errors mean. Only what says by status, media type and form
//! that it is an answer is one.

use reqwest::header::HeaderValue;
use reqwest::{Method, Response};
use serde_json::Value as Json;

use super::auth::{Auth, Entry};
use crate::handoff::Time;
use crate::source::SourceError;
use crate::source::http::{self, Lost, Reply, Site};
use crate::source::hub::Clock;
use crate::source::said::remark;

/// The paths of the version that this was written against.
pub(super) const DATA: &str = "/services/data/v67.0";
/// How long to wait where it does not say, in seconds: nobody ever is told (`Retry-After` is not sent).
pub(super) const WAIT: i64 = 30;
/// How long to wait where the day's calls are used up, in seconds: they come back bit by bit, over 24 hours.
pub(super) const LONG: i64 = 15 * 60;
/// Of a hundred calls of the day so many may be used by all apps together before we stop reading.
const ENOUGH: u64 = 95;

/// Why a call came to nothing.
#[derive(Debug)]
pub(super) enum Trouble {
    /// It did not go out.
    Unsent(String),
    /// It may have arrived and been done, or not.
    Unknown(String),
    /// Not now, but in so many seconds.
    Busy(i64),
    /// One is not let in any more.
    SignedOut,
    /// Salesforce says why not.
    Said {
        /// Its code, such as `INVALID_FIELD`.
        code: String,
        /// In words.
        why: String,
    },
}

/// Speaks to one org as one user.
pub(super) struct Rest {
    site: Site,
    pub(super) entry: Entry,
    clock: Clock,
    /// How many of the day's calls are used, of how many, when we heard last, and when that was.
    usage: Option<(u64, u64, Time)>,
    told_at: Option<Time>,
}

impl Rest {
    pub(super) fn new(site: Site, auth: Auth, clock: Clock) -> Self {
        let entry = Entry::new(site.clone(), auth, clock.clone());
        Self { site, entry, clock, usage: None, told_at: None }
    }

    /// For how many seconds nothing more should be read, since nearly all calls of the day are made, by all apps together.
    pub(super) fn wait(&self) -> Option<i64> {
        let (_, _, at) = self.usage.filter(|(used, of, _)| used * 100 >= of * ENOUGH)?;
        Some(LONG - ((self.clock)() - at).num_seconds()).filter(|left| *left > 0)
    }

    /// When it answered last, by its own clock.
    pub(super) fn told_at(&self) -> Time {
        self.told_at.unwrap_or_else(|| (self.clock)())
    }

    /// Reads what a query finds.
    pub(super) async fn query(&mut self, soql: &str) -> Result<Json, Trouble> {
        self.call(Method::GET, &query(soql), None).await
    }

    /// Calls a path below the site's, with a body or without.
    pub(super) async fn call(&mut self, method: Method, path: &str, body: Option<&Json>) -> Result<Json, Trouble> {
        let header = self.entry.header(None).await?;
        let answer = self.once(&method, path, body, &header).await;
        if !matches!(answer, Err(Trouble::SignedOut)) {
            return answer;
        }
        // What was refused for a token that is over was not done: once more, with another.
        let header = self.entry.header(Some(&header)).await?;
        self.once(&method, path, body, &header).await
    }

    async fn once(
        &mut self,
        method: &Method,
        path: &str,
        body: Option<&Json>,
        header: &HeaderValue,
    ) -> Result<Json, Trouble> {
        let request = self.site.request(method.clone(), path).header("authorization", header.clone());
        let request = match body {
            Some(body) => request.json(body),
            None => request,
        };
        let reply = match http::begin(request).await {
            Ok(response) => {
                self.note(&response);
                http::end(response).await.map_err(|lost| Trouble::Unknown(lost.to_string()))?
            }
            Err(Lost::Unsent(why)) => return Err(Trouble::Unsent(why)),
            Err(Lost::Unknown(why)) => return Err(Trouble::Unknown(why)),
        };
        answer(&reply, *method == Method::GET)
    }

    fn note(&mut self, response: &Response) {
        let told = |name: &str| response.headers().get(name).and_then(|value| value.to_str().ok());
        if let Some((used, of)) = told("sforce-limit-info").and_then(usage) {
            self.usage = Some((used, of, (self.clock)()));
        }
        let at = told("date").and_then(|date| chrono::DateTime::parse_from_rfc2822(date).ok());
        self.told_at = at.map(|at| at.to_utc());
    }
}

/// The path of a query. Records that were deleted are looked at too.
pub(super) fn query(soql: &str) -> String {
    format!("{DATA}/queryAll?{}", super::auth::encoded(&[("q", soql)]))
}

/// `api-usage=18/5000`, perhaps with more behind it.
fn usage(told: &str) -> Option<(u64, u64)> {
    let rest = told.split("api-usage=").nth(1)?;
    let (used, of) = rest.split_once('/')?;
    let of: String = of.chars().take_while(char::is_ascii_digit).collect();
    Some((used.parse().ok()?, of.parse().ok().filter(|of| *of > 0)?))
}

fn answer(reply: &Reply, is_reading: bool) -> Result<Json, Trouble> {
    let garbage = |what: &str| Trouble::Unknown(format!("status {}, {what}", reply.status));
    match reply.status {
        204 if !is_reading => return Ok(Json::Null),
        // It asks to come again; nothing was done.
        406 | 420 | 429 => return Err(Trouble::Busy(reply.retry_after.unwrap_or(WAIT).clamp(1, LONG))),
        200 | 201 | 400 | 401 | 403 | 404 | 405 | 409 | 412 | 415 => {}
        _ => return Err(garbage("which is no answer")),
    }
    if reply.media.split(';').next().unwrap_or_default().trim() != "application/json" {
        return Err(garbage(&format!("of the kind “{}”", reply.media)));
    }
    let body: Json = serde_json::from_slice(&reply.body).map_err(|error| garbage(&error.to_string()))?;
    if reply.status < 300 {
        return Ok(body);
    }
    match Trouble::listed(&body) {
        Some(Trouble::Said { code, .. }) if code == "REQUEST_LIMIT_EXCEEDED" => Err(Trouble::Busy(LONG)),
        // Some proxy's page says nothing of us.
        Some(_) if reply.status == 401 => Err(Trouble::SignedOut),
        Some(said) => Err(said),
        None => Err(garbage("which says nothing")),
    }
}

impl Trouble {
    pub(super) fn said(code: &str, why: &str) -> Self {
        Self::Said { code: remark(code), why: remark(why) }
    }

    /// The first of a list of errors, as Salesforce tells them.
    pub(super) fn listed(body: &Json) -> Option<Self> {
        let first = body.as_array()?.first()?;
        let code = first["errorCode"].as_str()?;
        Some(Self::said(code, first["message"].as_str().unwrap_or(code)))
    }

    /// Whether it is this error of Salesforce's.
    pub(super) fn is(&self, wanted: &str) -> bool {
        matches!(self, Self::Said { code, .. } if code == wanted)
    }

    /// In words.
    pub(super) fn words(&self) -> String {
        match self {
            Self::Unsent(why) | Self::Unknown(why) => why.clone(),
            Self::Said { code, why } => format!("{why} ({code})"),
            Self::Busy(seconds) => format!("it asks to wait for {seconds} s"),
            Self::SignedOut => "we are not let in any more".into(),
        }
    }

    /// The same for whoever reads: nothing was written in any case.
    pub(super) fn reading(self, name: &str, now: Time) -> SourceError {
        let source_name = name.to_owned();
        match self {
            Self::Unsent(why) => SourceError::Unreachable { source_name, why },
            Self::Unknown(_) | Self::Said { .. } => SourceError::Protocol { source_name, why: self.words() },
            Self::Busy(seconds) => {
                SourceError::Throttled { source_name, until: now + chrono::Duration::seconds(seconds) }
            }
            Self::SignedOut => SourceError::AuthExpired { source_name },
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn how_much_of_the_day_is_used_is_read_from_the_header() {
        assert_eq!(usage("api-usage=18/5000"), Some((18, 5000)));
        let more = "api-usage=25/5000; per-app-api-usage=17/250(appName=sample)";
        assert_eq!(usage(more), Some((25, 5000)));
        assert_eq!(usage("api-usage=1/0"), None);
        assert_eq!(usage("nothing"), None);
    }

    #[test]
    fn only_its_own_word_says_that_we_are_not_let_in() {
        let told = |media: &str, body: &str| {
            let reply = Reply { status: 401, media: media.into(), retry_after: None, body: body.into() };
            answer(&reply, true).unwrap_err()
        };
        let own = r#"[{"message":"Session expired or invalid","errorCode":"INVALID_SESSION_ID"}]"#;
        assert!(matches!(told("application/json;charset=UTF-8", own), Trouble::SignedOut));
        let long = own.replace("Session", &"Session ".repeat(1000)).replace("INVALID_SESSION_ID", "INVALID_FIELD");
        let reply = Reply { status: 400, media: "application/json".into(), retry_after: None, body: long.into() };
        assert!(answer(&reply, true).unwrap_err().words().len() < 400);
        for (media, body) in [("text/html", "<h1>Sign in to this network</h1>"), ("application/json", "{}"), ("", "")] {
            let told = told(media, body);
            assert!(matches!(&told, Trouble::Unknown(why) if why.contains("401")), "{told:?}");
        }
    }

    #[test]
    fn a_query_is_sent_as_it_is_meant() {
        let path = query("SELECT Id FROM Lead WHERE Name = 'A+B&C' AND SystemModstamp >= 2026-11-22T02:00:00Z");
        assert!(path.starts_with("/services/data/v67.0/queryAll?q=SELECT+Id+FROM+Lead"), "{path}");
        assert!(path.contains("%27A%2BB%26C%27") && path.contains("%3E%3D"), "{path}");
    }
}
