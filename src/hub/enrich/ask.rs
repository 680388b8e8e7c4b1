//! The providers, and asking them in their order.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use reqwest::header::{ACCEPT, HeaderName};
use serde::Serialize;
use serde_json::Value as Json;

use super::Question;
use super::csv::Table;
use super::http::Template;
use crate::handoff::Time;
use crate::handoff::preflight::email::Address as Email;
use crate::hub::outgoing::{Ask, Limits, Outgoing, SecretFrom, Whose, run_command};
use crate::source::files::cells;

/// The most bytes of an answer.
const MOST_BYTES: usize = 1024 * 1024;

/// The longest value, in bytes; a longer one is none that a person would read.
const LONGEST: usize = 1_000;

/// The providers, in the order in which they are asked.
#[derive(Clone, Debug, Default)]
pub struct Providers(pub Vec<Provider>);

/// Somebody who knows something about people or companies.
#[derive(Clone, Debug)]
pub struct Provider {
    /// Its name, as the trail tells it.
    pub name: String,
    /// How long it may take, all in all.
    pub limit: Duration,
    /// The fields of a lead that it may fill, each with what its answer calls it.
    pub fields: Vec<(String, String)>,
    /// What its answer calls the time at which that was so.
    pub as_of: String,
    /// How it is asked.
    pub kind: Kind,
}

/// How a provider is asked.
#[derive(Clone, Debug)]
pub enum Kind {
    /// A table on this machine.
    Csv(Table),
    /// A service.
    Http {
        /// Where.
        url: Template,
        /// The header with the secret, and where that comes from.
        secret: Option<(HeaderName, SecretFrom)>,
    },
    /// A program, without a shell: JSON in, JSON out.
    Command(Vec<String>),
}

/// What became of asking one provider.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Asked {
    /// Its name.
    pub provider: String,
    /// What came of it.
    pub outcome: Outcome,
}

/// What an answer came to.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(tag = "outcome", rename_all = "snake_case")]
pub enum Outcome {
    /// It knows something.
    Found {
        /// Values by the paths of their fields.
        values: BTreeMap<String, String>,
        /// When that was so, as far as it says.
        #[serde(skip_serializing_if = "Option::is_none")]
        as_of: Option<Time>,
    },
    /// It knows nothing, or there was nothing to ask it by.
    Nothing,
    /// It did not answer, or nothing that makes sense.
    Failed {
        /// Why not, in words without a secret or an answer in them.
        why: String,
    },
}

/// An answer: its columns with their values.
pub(super) type Row = BTreeMap<String, String>;

impl Providers {
    /// How long all of them together may take.
    pub fn limit(&self) -> Duration {
        self.0.iter().map(|provider| provider.limit).sum()
    }

    /// Asks one after the other, until nothing that is wanted is missing.
    pub async fn ask(&self, outgoing: &Outgoing, question: &Question) -> Vec<Asked> {
        let mut missing: BTreeSet<&str> = question.wanted.iter().map(String::as_str).collect();
        let mut asked = Vec::new();
        for provider in &self.0 {
            if missing.is_empty() {
                break;
            }
            let outcome = match tokio::time::timeout(provider.limit, provider.ask(outgoing, question)).await {
                Ok(Ok(Some(row))) => provider.found(&row),
                Ok(Ok(None)) => Outcome::Nothing,
                Ok(Err(why)) => Outcome::Failed { why },
                Err(_) => Outcome::Failed { why: format!("no answer within {} s", provider.limit.as_secs_f32()) },
            };
            if let Outcome::Failed { why } = &outcome {
                tracing::warn!(provider = provider.name, why, "a provider did not answer; the next one is asked");
            }
            if let Outcome::Found { values, .. } = &outcome {
                missing.retain(|path| !values.contains_key(*path));
            }
            asked.push(Asked { provider: provider.name.clone(), outcome });
        }
        asked
    }
}

impl Provider {
    /// What it answers; nothing where it does not know them.
    async fn ask(&self, outgoing: &Outgoing, question: &Question) -> Result<Option<Row>, String> {
        match &self.kind {
            Kind::Csv(table) => table.find(question).await,
            Kind::Http { url, secret } => {
                let Some(to) = url.fill(&question.known)? else { return Ok(None) };
                let mut ask = Ask::get(to);
                ask.limits = Limits { time: self.limit, bytes: MOST_BYTES };
                ask = ask.header(ACCEPT, "application/json".to_owned());
                if let Some((name, secret)) = secret {
                    let secret = secret.fetch().await.map_err(|error| error.to_string())?;
                    ask = ask.header(name.clone(), secret);
                }
                let answer = outgoing.call(ask).await.map_err(|error| error.to_string())?;
                match answer.status {
                    404 | 204 => Ok(None),
                    _ if answer.is_ok() => read(&answer.body),
                    status => Err(format!("it answers with the status {status}")),
                }
            }
            Kind::Command(argv) => {
                let input = serde_json::to_vec(question).map_err(|error| error.to_string())?;
                let done = run_command(argv, &input, Whose::Server(&[]), self.limit, MOST_BYTES).await;
                let output = done.map_err(|error| error.to_string())?.output;
                if output.trim_ascii().is_empty() { Ok(None) } else { read(&output) }
            }
        }
    }

    /// What of an answer is taken.
    fn found(&self, row: &Row) -> Outcome {
        let cell = |column: &str| row.get(column).map(|text| text.trim()).filter(|text| !text.is_empty());
        let value = |(path, column): &(String, String)| {
            let text = cell(column).filter(|text| is_fit(path, text))?;
            Some((path.clone(), text.to_owned()))
        };
        let values: BTreeMap<String, String> = self.fields.iter().filter_map(value).collect();
        if values.is_empty() {
            return Outcome::Nothing;
        }
        Outcome::Found { values, as_of: cell(&self.as_of).and_then(time) }
    }
}

/// Whether a value can be what it is said to be.
fn is_fit(path: &str, text: &str) -> bool {
    let is_plain = text.len() <= LONGEST && !text.chars().any(char::is_control);
    is_plain && (path != "person.email" || Email::read(text).is_ok())
}

/// A time as providers write it: with date and time, or the date alone.
fn time(text: &str) -> Option<Time> {
    let day = || text.parse::<chrono::NaiveDate>().ok()?.and_hms_opt(0, 0, 0).map(|at| at.and_utc());
    chrono::DateTime::parse_from_rfc3339(text).ok().map(|at| at.to_utc()).or_else(day)
}

fn read(body: &[u8]) -> Result<Option<Row>, String> {
    let json: Json = serde_json::from_slice(body).map_err(|_| "its answer is no JSON".to_owned())?;
    match json {
        Json::Null => Ok(None),
        object @ Json::Object(_) => cells(object).map(|row| Some(row.into_iter().collect())),
        _ => Err("its answer is no object: {…}".into()),
    }
}
