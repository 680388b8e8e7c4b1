//! Tryton's JSON-RPC: one database, one user, one session. Errors come with status 200, everything else that goes wrong as
//! HTML; only what says by status, number and form that it is an answer is one.

use std::sync::Arc;

use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use secrecy::{ExposeSecret, SecretString};
use serde_json::{Value as Json, json};

use crate::source::http::{self, Lost, Reply, Site};
use crate::source::said::remark;
use crate::source::{Secret, SourceError};

/// Why a call came to nothing.
#[derive(Debug)]
pub(super) enum Trouble {
    /// It did not go out.
    Unsent(String),
    /// It went out, and no answer began. It may have been done, or not.
    Silent(String),
    /// It may have arrived and been done, or not.
    Unknown(String),
    /// Not now, but in so many seconds.
    Busy(i64),
    /// The password does not hold.
    SignedOut,
    /// The record was changed by somebody else meanwhile.
    Changed,
    /// Tryton says why not.
    Said(String),
}

/// How long to wait where it does not say, in seconds.
const WAIT: i64 = 30;

/// Speaks to one database.
pub(super) struct Rpc {
    site: Site,
    database: String,
    user: String,
    password: Secret,
    session: Option<Session>,
    /// The password that was not accepted: logins are limited, and the same one would be refused again.
    refused: Option<SecretString>,
    number: u64,
}

#[derive(Clone)]
struct Session {
    header: String,
    /// What each call is made under: company, employee, language.
    context: Json,
}

impl Rpc {
    pub(super) fn new(site: Site, database: String, user: String, password: Secret) -> Self {
        Self { site, database, user, password, session: None, refused: None, number: 0 }
    }

    /// What calls are made under, once one was made.
    pub(super) fn context(&self) -> Option<&Json> {
        self.session.as_ref().map(|session| &session.context)
    }

    /// Calls a method of a model, with what it is called under as its last parameter. `stamp` is the record's, which must be
    /// the same still.
    pub(super) async fn call(
        &mut self,
        method: &str,
        params: Vec<Json>,
        stamp: Option<(&str, &str)>,
    ) -> Result<Json, Trouble> {
        // A session that has ended is begun anew, once: what was refused for that was not done.
        let mut answer = self.once(method, &params, stamp).await;
        if matches!(answer, Err(Trouble::SignedOut)) && self.session.take().is_some() {
            answer = self.once(method, &params, stamp).await;
        }
        answer
    }

    async fn once(&mut self, method: &str, params: &[Json], stamp: Option<(&str, &str)>) -> Result<Json, Trouble> {
        let session = match &self.session {
            Some(session) => session.clone(),
            None => self.log_in().await?,
        };
        let mut context = session.context;
        if let Some((record, stamp)) = stamp {
            context["_timestamp"] = json!({ record: stamp });
        }
        let mut params = params.to_vec();
        params.push(context);
        self.ask(Some(&session.header), method, &params).await
    }

    async fn log_in(&mut self) -> Result<Session, Trouble> {
        let give = Arc::clone(&self.password);
        let password = tokio::task::spawn_blocking(move || give()).await;
        let password = match password {
            Ok(Ok(password)) => password,
            Ok(Err(why)) => return Err(Trouble::Unsent(why)),
            Err(_) => return Err(Trouble::Unsent("the password could not be asked for".into())),
        };
        if self.refused.as_ref().is_some_and(|refused| refused.expose_secret() == password.expose_secret()) {
            return Err(Trouble::SignedOut);
        }
        let params = [json!(self.user), json!({ "password": password.expose_secret() }), json!("en")];
        let answer = match self.ask(None, "common.db.login", &params).await {
            Err(Trouble::SignedOut) => {
                self.refused = Some(password);
                return Err(Trouble::SignedOut);
            }
            answer => answer?,
        };
        let (Some(id), Some(token)) = (answer[0].as_i64(), answer[1].as_str()) else {
            return Err(Trouble::Unknown("it answered the login with something that is no session".into()));
        };
        let header = format!("Session {}", BASE64_STANDARD.encode(format!("{}:{id}:{token}", self.user)));
        let told = self.ask(Some(&header), "model.res.user.get_preferences", &[json!(true), json!({})]).await?;
        let kept = ["company", "companies", "employee", "employees", "company_filter", "employee.rec_name"];
        let mut context: serde_json::Map<String, Json> =
            kept.iter().filter_map(|name| Some(((*name).to_owned(), told.get(*name)?.clone()))).collect();
        // Its errors are told in the user's language; ours is English.
        context.insert("language".into(), json!("en"));
        let session = Session { header, context: Json::Object(context) };
        (self.session, self.refused) = (Some(session.clone()), None);
        Ok(session)
    }

    async fn ask(&mut self, session: Option<&str>, method: &str, params: &[Json]) -> Result<Json, Trouble> {
        self.number += 1;
        let body = json!({ "id": self.number, "method": method, "params": params });
        let request = self.site.request(reqwest::Method::POST, &format!("/{}/rpc/", self.database)).json(&body);
        let request = match session {
            Some(session) => {
                let mut value = reqwest::header::HeaderValue::from_str(session)
                    .map_err(|_| Trouble::Unsent("the session cannot be sent".into()))?;
                value.set_sensitive(true);
                request.header("authorization", value)
            }
            None => request,
        };
        let reply = match http::begin(request).await {
            Ok(response) => http::end(response).await.map_err(|lost| Trouble::Unknown(lost.to_string()))?,
            Err(Lost::Unsent(why)) => return Err(Trouble::Unsent(why)),
            Err(Lost::Unknown(why)) => return Err(Trouble::Silent(why)),
        };
        if reply.status == 404 {
            let why = format!("there is no database “{}” at that address, or no Tryton (status 404)", self.database);
            return Err(if is_its(&reply) { Trouble::Said(why) } else { Trouble::Unknown(why) });
        }
        read(&reply, self.number)
    }
}

/// Whether a refusal is Tryton's own word, and no proxy's page: it says nothing more, or by a page of Werkzeug's, which alone
/// have no head and no body.
fn is_its(reply: &Reply) -> bool {
    let form = b"</title>\n<h1>";
    reply.body.is_empty() || reply.body.windows(form.len()).any(|part| part == form)
}

fn read(reply: &Reply, number: u64) -> Result<Json, Trouble> {
    let garbage = |what: &str| Trouble::Unknown(format!("status {}, {what}", reply.status));
    match reply.status {
        200 => {}
        401 if is_its(reply) => return Err(Trouble::SignedOut),
        429 => return Err(Trouble::Busy(reply.retry_after.unwrap_or(WAIT).clamp(1, 300))),
        // It did not come to the method.
        400 | 403 | 422 if is_its(reply) => {
            return Err(Trouble::Said(format!("it refuses the call (status {})", reply.status)));
        }
        _ => return Err(garbage("which is no answer")),
    }
    if reply.media.split(';').next().unwrap_or_default().trim() != "application/json" {
        return Err(garbage(&format!("of the kind “{}”", reply.media)));
    }
    let mut answer: Json = serde_json::from_slice(&reply.body).map_err(|error| garbage(&error.to_string()))?;
    if answer["id"].as_u64() != Some(number) {
        return Err(garbage("which is the answer to something else"));
    }
    match (answer.get_mut("result").map(Json::take), answer.get("error")) {
        (Some(result), None) => Ok(result),
        (None, Some(error)) => Err(said(error)),
        _ => Err(garbage("which is neither a result nor an error")),
    }
}

/// An error that is meant for people is a kind with what it says: a list of texts. Any other is the text of an exception and
/// where it was raised, such as a database that is locked: what was to be done may be done the next time.
fn said(error: &Json) -> Trouble {
    let text = |value: &Json| value.as_str().map(str::trim).filter(|text| !text.is_empty()).map(str::to_owned);
    match (error[0].as_str(), &error[1]) {
        (Some("ConcurrencyException"), _) => Trouble::Changed,
        (Some("UserError" | "UserWarning"), Json::Array(words)) => {
            let words: Vec<String> = words.iter().take(2).filter_map(text).collect();
            Trouble::Said(remark(&words.join(" ")))
        }
        (Some(error), _) => {
            let line = error.lines().next().unwrap_or_default();
            Trouble::Unknown(format!("an error of its own: {}", remark(line)))
        }
        _ => Trouble::Unknown("an error without words".into()),
    }
}

impl Trouble {
    /// The same for whoever reads: nothing was written in any case.
    pub(super) fn reading(self, name: &str, now: crate::handoff::Time) -> SourceError {
        let source_name = name.to_owned();
        match self {
            Self::Unsent(why) => SourceError::Unreachable { source_name, why },
            Self::Silent(why) => SourceError::Unreachable { source_name, why: format!("no answer came: {why}") },
            Self::Unknown(why) | Self::Said(why) => SourceError::Protocol { source_name, why },
            Self::Changed => SourceError::Protocol { source_name, why: "a conflict where nothing was written".into() },
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
    fn only_its_own_word_is_a_refusal() {
        let told = |status, body: &str| {
            let reply = Reply { status, media: "text/html".into(), retry_after: None, body: body.into() };
            read(&reply, 1).unwrap_err()
        };
        let own = "<!doctype html>\n<html lang=en>\n<title>401 Unauthorized</title>\n<h1>Unauthorized</h1>\n<p>No.</p>";
        for own in [own, ""] {
            assert!(matches!(told(401, own), Trouble::SignedOut));
            assert!(matches!(told(403, own), Trouble::Said(_)));
        }
        let page = "<html>\n<head><title>401 Authorization Required</title></head>\n<body>\n<h1>No.</h1></body></html>";
        for status in [400, 401, 403, 422] {
            let told = told(status, page);
            assert!(matches!(&told, Trouble::Unknown(why) if why.contains(&status.to_string())), "{told:?}");
        }
    }

    #[test]
    fn only_what_is_meant_for_people_is_a_refusal() {
        let warning = json!(["UserWarning", ["name", "Are you sure?", ""]]);
        assert!(matches!(said(&warning), Trouble::Said(why) if why.contains("sure")));
        assert!(
            matches!(said(&json!(["UserError", ["No party.", "", null]])), Trouble::Said(why) if why == "No party.")
        );
        let long = json!(["UserError", ["No party. ".repeat(1000), "", null]]);
        assert!(matches!(said(&long), Trouble::Said(why) if why.starts_with("No party. No") && why.len() < 400));
        assert!(matches!(said(&json!(["ConcurrencyException", "Records were modified"])), Trouble::Changed));
        for error in ["database is locked", "could not serialize access\nCONTEXT: …", ""] {
            let told = said(&json!([error, "Traceback (most recent call last): …"]));
            assert!(matches!(&told, Trouble::Unknown(why) if !why.contains("CONTEXT")), "{told:?}");
        }
    }
}
