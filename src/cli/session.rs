//! What most commands need: the configuration, the store, the clock, and who is asking.

use std::io::Write;
use std::path::PathBuf;

use chrono::Duration;
use chrono::{DateTime, Datelike, TimeZone};
use chrono_tz::Tz;

use super::args::Global;
use super::failure::{Exit, Failure};
use super::setup;
use crate::app::natural;
use crate::config::Config;
use crate::handoff::Time;
use crate::handoff::event::Actor;
use crate::handoff::lead::LeadId;
use crate::store::{Ctx, Store, WAITING};

/// The variable that fixes the clock.
const NOW: &str = "LEADBOX_NOW";

/// An open store with its configuration, at one instant.
pub struct Session {
    /// Settings and policy.
    pub config: Config,
    /// The rep's store.
    pub store: Store,
    /// The instant that the command takes place at, and by how much that is ahead of the machine's clock.
    pub now: Time,
    ahead: Duration,
    /// Who acts.
    pub actor: Actor,
}

impl Session {
    /// Reads the configuration and opens the store. Leads whose time has come are woken first, so that what is
    /// printed is true at `now`.
    pub fn open(global: &Global) -> Result<Self, Failure> {
        let mut session = Self::ready(global)?;
        let fingerprint = setup::fingerprint(&session.config);
        session.store.adopt_policy(&fingerprint)?;
        session.config.policy.former = session.store.adopt_calendar(&session.config.policy.calendar, session.now)?;
        let (store, ctx) = session.parts();
        while store.wake(&ctx, 1000)? == 1000 {}
        Ok(session)
    }

    /// The same, for a command that only reads. At a time that `LEADBOX_NOW` says, nothing is written: it is asked what
    /// would be, and the next command finds everything as it was.
    pub fn open_to_read(global: &Global) -> Result<Self, Failure> {
        if fixed().is_none() {
            return Self::open(global);
        }
        let mut session = Self::ready(global)?;
        let fingerprint = setup::fingerprint(&session.config);
        session.config.policy.former = session.store.former_calendars(&session.config.policy.calendar, session.now)?;
        let (store, ctx) = session.parts();
        store.pretend(&fingerprint, &ctx)?;
        Ok(session)
    }

    fn ready(global: &Global) -> Result<Self, Failure> {
        let config = setup::load(global)?;
        let now = now()?;
        let is_told = !global.json;
        let store = Store::open_telling(&data_dir(global)?, move || {
            if is_told {
                // Nobody may be listening.
                drop(writeln!(std::io::stderr(), "leadbox: {WAITING}"));
            }
        })?;
        let actor = Actor::rep(config.rep.name.clone());
        // A time that is told is right.
        let ahead = if fixed().is_none() { store.ahead()? } else { Duration::zero() };
        Ok(Self { config, store, now: now + ahead, ahead, actor })
    }

    /// Under what the store answers.
    pub fn ctx(&self) -> Ctx<'_> {
        Ctx {
            now: self.now,
            ahead: self.ahead,
            policy: &self.config.policy,
            scoring: &self.config.scoring,
            actor: &self.actor,
            zone: self.config.rep.zone,
        }
    }

    /// The store, and what its writing methods ask for.
    pub fn parts(&mut self) -> (&mut Store, Ctx<'_>) {
        let ctx = Ctx {
            now: self.now,
            ahead: self.ahead,
            policy: &self.config.policy,
            scoring: &self.config.scoring,
            actor: &self.actor,
            zone: self.config.rep.zone,
        };
        (&mut self.store, ctx)
    }

    /// The lead with this name.
    pub fn find(&self, name: &str) -> Result<LeadId, Failure> {
        self.store.find(name)?.ok_or_else(|| Failure::no_such_lead(name))
    }

    /// The lead with this name; without a name the one that is open.
    pub fn find_or_open(&self, name: Option<&str>) -> Result<LeadId, Failure> {
        match name {
            Some(name) => self.find(name),
            None => self.store.desk()?.current().ok_or_else(|| {
                Failure::usage("no lead is open: say which one is meant, or open the next with `leadbox next`")
            }),
        }
    }

    /// The zone that times are read and shown in.
    pub fn zone(&self) -> Tz {
        self.config.rep.zone
    }

    /// Reads a time given on the command line: RFC 3339, or as people say it.
    pub fn time(&self, text: &str) -> Result<Time, Failure> {
        if let Ok(time) = rfc3339(text) {
            return Ok(time);
        }
        let base = natural::Base { now: self.now, zone: self.zone(), calendar: &self.config.policy.calendar };
        natural::parse(text, &base).map_err(Failure::usage)
    }
}

/// The clock: `LEADBOX_NOW` if it is set, else the machine's.
pub fn now() -> Result<Time, Failure> {
    match fixed() {
        Some(text) => rfc3339(&text).map_err(|_| {
            Failure::usage(format!("LEADBOX_NOW is “{text}”, which is no RFC 3339 time such as 2026-11-20T09:00:00Z"))
        }),
        None => Ok(chrono::Utc::now()),
    }
}

/// What `LEADBOX_NOW` says, if it says anything.
fn fixed() -> Option<String> {
    std::env::var_os(NOW).filter(|text| !text.is_empty()).map(|text| text.to_string_lossy().into_owned())
}

/// An RFC 3339 time, or why it is none.
pub fn rfc3339(text: &str) -> Result<Time, String> {
    let time = chrono::DateTime::parse_from_rfc3339(text).map_err(|error| error.to_string())?.to_utc();
    if can_be_written(&time) { Ok(time) } else { Err("in UTC its year is not one of 0000 to 9999".into()) }
}

/// Whether RFC 3339 has a form for it: its years have four digits.
pub fn can_be_written<Zone: TimeZone>(time: &DateTime<Zone>) -> bool {
    (0..=9999).contains(&time.year())
}

/// An RFC 3339 time, or a usage error that names the option.
pub fn time_option(option: &str, text: &str) -> Result<Time, Failure> {
    rfc3339(text).map_err(|error| {
        Failure::usage(format!("{option}: “{text}” is no RFC 3339 time such as 2026-11-20T09:00:00+01:00 ({error})"))
    })
}

/// Where the leads are kept: `--data-dir`, else the platform's folder for data.
pub fn data_dir(global: &Global) -> Result<PathBuf, Failure> {
    if let Some(dir) = global.data_dir() {
        return Ok(dir.to_owned());
    }
    directories::ProjectDirs::from("", "", "leadbox").map(|dirs| dirs.data_dir().to_owned()).ok_or_else(|| {
        Failure::new(Exit::Configuration, "no home folder is known; name a folder for the leads with --data-dir")
    })
}
