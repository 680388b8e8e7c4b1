//! Giving a lead to another user, which a hub does for its people: the owner, under the time of the lead's last change.

use reqwest::Method;

use super::SalesforceSource;
use super::put::TRIES;
use super::read::quoted;
use super::rest::{DATA, Trouble};
use super::write::{self, Body, Outcome};
use crate::source::judge::judge_gift;
use crate::source::{Applied, Probe, SourceError};

impl SalesforceSource {
    pub(super) async fn give(&mut self, body: &Body) -> Result<Applied, SourceError> {
        let Some(user) = self.user_named(&body.gives).await? else {
            let to = body.gives.first().map(String::as_str).unwrap_or_default();
            return Ok(Applied::Rejected { why: format!("no one user there is called {to}") });
        };
        for _ in 0..TRIES {
            let now = match self.still_a_lead(&body.id).await? {
                Ok(now) => now,
                Err(applied) => return Ok(applied),
            };
            if now.is_of(&user) {
                return Ok(Applied::Applied);
            }
            if let Some(why) = judge_gift(&body.base, now.owner()) {
                return Ok(self.conflict(now, why));
            }
            let sent = write::gift(&body.id, &user, &now);
            let answer = match self.rest.call(Method::POST, &format!("{DATA}/composite"), Some(&sent)).await {
                Ok(answer) => answer,
                Err(Trouble::Unknown(_)) => return Ok(Applied::Unknown),
                Err(trouble) => return Err(self.error(trouble)),
            };
            match write::outcome(&answer, 1) {
                Ok(Outcome::Done) => return Ok(Applied::Applied),
                Ok(Outcome::Changed) => {}
                Ok(Outcome::Locked(why)) => return Err(self.odd(why)),
                Ok(Outcome::Refused(trouble)) => return Ok(Applied::Rejected { why: trouble.words() }),
                Err(_) => return Ok(Applied::Unknown),
            }
        }
        Err(self.odd("somebody else changed it each time that it was to be given away"))
    }

    /// Whether the lead is theirs.
    pub(super) async fn is_given(&mut self, body: &Body) -> Result<Probe, SourceError> {
        let Some(user) = self.user_named(&body.gives).await? else { return Ok(Probe::Absent) };
        let is_theirs = self.one(&body.id).await?.is_some_and(|now| now.is_of(&user));
        Ok(if is_theirs { Probe::Committed } else { Probe::Absent })
    }

    /// The user who has the first of these names or addresses that only one has. Those who left have no leads any more.
    async fn user_named(&mut self, names: &[String]) -> Result<Option<String>, SourceError> {
        for name in names {
            let of = match name.contains('@') {
                true => format!("Username = {0} OR Email = {0}", quoted(name)),
                false => format!("Name = {}", quoted(name)),
            };
            let soql = format!("SELECT Id FROM User WHERE IsActive = true AND ({of}) LIMIT 2");
            let found = self.rest.query(&soql).await;
            let found = found.map_err(|trouble| self.error(trouble))?;
            if let Some([one]) = found["records"].as_array().map(Vec::as_slice) {
                return Ok(one["Id"].as_str().map(str::to_owned));
            }
        }
        Ok(None)
    }
}
