//! The team's rules as the hub holds them: the text of a policy file, kept in every version, and what it says.

use std::sync::Arc;

use chrono_tz::Tz;

use super::db::{Row, Tx, Value};
use super::error::HubError;
use super::leads;
use super::work::Work;
use crate::config::{Config, Surroundings};
use crate::handoff::Time;
use crate::handoff::policy::FormerCalendar;
use crate::wire::problem::{Code, Problem};

/// What the policy is called in messages about it.
const FILE: &str = "policy.toml";

/// The rules in force.
#[derive(Clone, Debug)]
pub struct TeamRules {
    /// Their number among all versions, from 1.
    pub number: i64,
    /// The text of the policy file.
    pub toml: String,
    /// What it says.
    pub config: Config,
}

impl TeamRules {
    /// Reads the rules from the text of a policy file.
    ///
    /// # Errors
    /// All that is wrong with it, with lines and what to do.
    pub fn parse(number: i64, toml: &str, now: Time) -> Result<Self, HubError> {
        let surroundings = Surroundings { zone: Tz::UTC, user: "hub".into(), now };
        let mut config = Config::team(toml, FILE, &surroundings)
            .map_err(|error| HubError::from(Problem::new(Code::Invalid, error.to_string()).at(FILE)))?;
        config.policy.version = format!("{}#{number}", config.policy.version);
        Ok(Self { number, toml: toml.to_owned(), config })
    }

    /// The name of this version, as events carry it.
    pub fn version(&self) -> &str {
        &self.config.policy.version
    }
}

/// The rules in force: the newest version, with the calendars that were in force before (section 4, rule 9).
pub fn load(tx: &mut dyn Tx, now: Time) -> Result<Arc<TeamRules>, HubError> {
    let rows = tx.query("SELECT version, at, toml FROM policy ORDER BY version", &[])?;
    let Some((newest, older)) = rows.split_last() else { return Ok(Arc::new(TeamRules::parse(0, "", now)?)) };
    let mut rules = TeamRules::parse(newest.int(0)?, newest.text(2)?, now)?;
    let since = |row: &Row| Ok::<_, HubError>(Time::from_timestamp_millis(row.int(1)?).unwrap_or_default());
    let mut former: Vec<FormerCalendar> = Vec::new();
    let mut until = since(newest)?;
    let mut after = rules.config.policy.calendar.clone();
    for row in older.iter().rev() {
        // One that this version of Leadbox cannot read any more keeps no hub from starting: what was in force then goes by
        // the calendar that came after it.
        match TeamRules::parse(row.int(0)?, row.text(2)?, now) {
            Ok(TeamRules { config, .. }) if config.policy.calendar != after => {
                after = config.policy.calendar.clone();
                former.push(FormerCalendar { until, calendar: config.policy.calendar });
            }
            Ok(_) => {}
            Err(error) => tracing::warn!(version = row.int(0)?, %error, "a former policy cannot be read"),
        }
        until = since(row)?;
    }
    former.reverse();
    rules.config.policy.former = former;
    Ok(Arc::new(rules))
}

/// Puts a new version into force from now on, unless it says what the one in force says. Returns its number, if
/// it is a new one.
pub fn put(work: &mut Work<'_>, toml: &str, by: &str) -> Result<Option<i64>, HubError> {
    let rows = work.tx.query("SELECT version, toml FROM policy ORDER BY version DESC LIMIT 1", &[])?;
    let last = rows.first().map(|row| Ok::<_, HubError>((row.int(0)?, row.text(1)? == toml))).transpose()?;
    if let Some((_, true)) = last {
        return Ok(None);
    }
    let number = last.map_or(0, |(number, _)| number) + 1;
    TeamRules::parse(number, toml, work.now)?;
    let head = work.head()?.n;
    work.tx.execute(
        "INSERT INTO policy (version, n, at, by_whom, toml) VALUES (?1, ?2, ?3, ?4, ?5)",
        &[number.into(), head.into(), work.now.timestamp_millis().into(), by.into(), Value::Text(toml.to_owned())],
    )?;
    leads::look_at_all(work.tx)?;
    Ok(Some(number))
}
