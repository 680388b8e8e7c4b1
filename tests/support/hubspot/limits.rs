//! How often one may ask, and what was asked.

use std::collections::{BTreeMap, VecDeque};

use serde_json::json;

use super::account::Account;
use super::answer::{Answer, error};

const DAY: i64 = 86_400_000;

/// A request as it came in.
#[derive(Clone, Debug, Default)]
pub struct Asked {
    /// When, by the double's clock, in milliseconds since 1970.
    pub at: i64,
    pub method: String,
    /// Without the query.
    pub path: String,
    /// As it was sent, without the question mark.
    pub query: String,
    /// Names in lower case.
    pub headers: Vec<(String, String)>,
    pub body: Vec<u8>,
    /// Method and path, ids left out: what is counted.
    pub kind: String,
    /// What was answered; 0 where nothing was.
    pub status: u16,
}

impl Asked {
    /// The value of a header, named in lower case.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|header| header.0 == name).map(|header| header.1.as_str())
    }

    /// Searches have a limit of their own.
    pub fn is_search(&self) -> bool {
        self.method == "POST" && self.path.starts_with("/crm/objects/") && self.path.ends_with("/search")
    }

    /// Not counted in ten seconds: searches, and associations in batches (`x-hubspot-rate-limit-exemptions`).
    fn is_exempt(&self) -> bool {
        self.is_search() || self.path.starts_with("/crm/associations/")
    }
}

/// Method and path, ids left out.
pub fn kind_of(method: &str, path: &str) -> String {
    let is_id = |part: &str| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_digit());
    let parts: Vec<&str> = path.split('/').map(|part| if is_id(part) { "{id}" } else { part }).collect();
    format!("{method} {}", parts.join("/"))
}

/// What was let through of late.
#[derive(Default)]
pub struct Limits {
    searches: VecDeque<i64>,
    calls: VecDeque<i64>,
    day: i64,
    today: usize,
}

impl Limits {
    /// The refusal, if this is one too many; otherwise it is counted.
    pub fn refuse(&mut self, account: &Account, asked: &Asked) -> Option<Answer> {
        let now = asked.at;
        if self.day != now.div_euclid(DAY) {
            (self.day, self.today) = (now.div_euclid(DAY), 0);
        }
        if self.today >= account.per_day {
            return Some(too_many("DAILY"));
        }
        if asked.is_search() && !admit(&mut self.searches, now, 1_000, 5) {
            return Some(too_many("SECONDLY"));
        }
        if !asked.is_exempt() && !admit(&mut self.calls, now, 10_000, account.per_ten_seconds) {
            return Some(too_many("TEN_SECONDLY_ROLLING"));
        }
        self.today += 1;
        None
    }

    /// What a call that is not a search says of the limits.
    pub fn headers(&self, account: &Account) -> Vec<(&'static str, String)> {
        vec![
            ("X-HubSpot-RateLimit-Daily", account.per_day.to_string()),
            ("X-HubSpot-RateLimit-Daily-Remaining", account.per_day.saturating_sub(self.today).to_string()),
            ("X-HubSpot-RateLimit-Interval-Milliseconds", "10000".to_owned()),
            ("X-HubSpot-RateLimit-Max", account.per_ten_seconds.to_string()),
            ("X-HubSpot-RateLimit-Remaining", account.per_ten_seconds.saturating_sub(self.calls.len()).to_string()),
        ]
    }
}

fn admit(window: &mut VecDeque<i64>, now: i64, length: i64, most: usize) -> bool {
    while window.front().is_some_and(|at| *at <= now - length) {
        window.pop_front();
    }
    let is_free = window.len() < most;
    if is_free {
        window.push_back(now);
    }
    is_free
}

/// No Retry-After, and no category of its own in the real one: `policyName` says which.
fn too_many(policy: &str) -> Answer {
    let message = format!("You have reached your {} limit.", policy.to_lowercase());
    let mut answer = error(429, "RATE_LIMITS", &message);
    let body = answer.body.as_mut().unwrap();
    body["errorType"] = json!("RATE_LIMIT");
    body["policyName"] = json!(policy);
    answer
}

/// How often each kind of call was asked.
pub fn counts(log: &[Asked]) -> BTreeMap<String, usize> {
    log.iter().fold(BTreeMap::new(), |mut counts, asked| {
        *counts.entry(asked.kind.clone()).or_default() += 1;
        counts
    })
}

/// The most of these that came in within so many milliseconds.
pub fn busiest(log: &[Asked], length: i64, is_meant: impl Fn(&Asked) -> bool) -> usize {
    let times: Vec<i64> = log.iter().filter(|asked| is_meant(asked)).map(|asked| asked.at).collect();
    let within = |start: &i64| times.iter().filter(|at| (*start..start + length).contains(*at)).count();
    times.iter().map(within).max().unwrap_or_default()
}
