//! The user's settings and the team's policy: TOML in, validated values out, errors with file, line and fix.
//!
//! The values hold the defaults; a file lists only what differs. The team's file (`policy_file`) is read first, then
//! the rep's own, so that a rep's calendar or reason adds to the team's; what the team's file says of the policy stands.
//! The room `reading` finds what is wrong, each section has a file of its own, and this one puts them together.

mod approach;
mod calendars;
mod escalation;
mod keys;
mod paths;
mod policy;
mod reasons;
mod scoring;
mod settings;
mod top_level;
mod views;

use std::collections::BTreeMap;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};

use chrono::Utc;
use chrono_tz::Tz;

pub use crate::reading::{ConfigError, Place, Problem};
pub use approach::{default_templates, parse_templates};
pub use calendars::parse_calendar;
pub use keys::{Binding, BoundKey, Keys};
pub use paths::{CONFIG_VARIABLE, config_path, usual_path};
pub use scoring::{parse_model, preset_models};
pub use settings::{ColorSetting, Notify, OpenCommand, OpenCommands, RepSettings, Theme, UiSettings};
pub use views::Views;

use crate::handoff::Time;
use crate::handoff::approach::Template;
use crate::handoff::calendar::Calendar;
use crate::handoff::escalation::EscalationPolicy;
use crate::handoff::policy::Policy;
use crate::handoff::scoring::Models;
use crate::reading::text_of;
use top_level::Draft;

/// What `leadbox config init` writes: a short, commented start. The defaults are never written out.
pub const STARTER: &str = include_str!("../../assets/config.starter.toml");

/// Everything that is configured.
#[derive(Clone, Debug)]
pub struct Config {
    /// The file that it was read from, if any.
    pub file: Option<PathBuf>,
    /// Who sits here.
    pub rep: RepSettings,
    /// How the app looks and sounds.
    pub ui: UiSettings,
    /// Key bindings, for the app to check.
    pub keys: Keys,
    /// The saved views.
    pub views: Views,
    /// What opens records.
    pub open: OpenCommands,
    /// The team's rules.
    pub policy: Policy,
    /// When whom is told what, and when a lead is taken on by others: the hub's to do.
    pub escalation: EscalationPolicy,
    /// All calendars by name; `standard` is always among them.
    pub calendars: BTreeMap<String, Calendar>,
    /// The scoring models.
    pub scoring: Models,
    /// The templates of the suggested approach, the special before the general.
    pub approach: Vec<Template>,
}

/// Finds what is wrong with the parts of a configuration that only other rooms understand.
pub type Check<'c> = &'c dyn Fn(&Config) -> Vec<Problem>;

/// What the configuration takes from the computer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Surroundings {
    /// The computer's zone.
    pub zone: Tz,
    /// Its user.
    pub user: String,
    /// Today, from which a calendar must have working time.
    pub now: Time,
}

impl Surroundings {
    /// Those of this computer.
    pub fn here() -> Self {
        Self { zone: paths::system_zone(), user: paths::user(), now: Utc::now() }
    }
}

impl Config {
    /// Reads the configuration: the file named by `--config` (`path`), else by `LEADBOX_CONFIG`, else the usual one.
    /// A file that is named must be there; without the usual one the defaults hold. What other rooms are to make of what
    /// is written, keys, colours and commands, `check` looks at, so that all mistakes are told together.
    pub fn load(path: Option<&Path>, check: Check<'_>) -> Result<Self, ConfigError> {
        let surroundings = Surroundings::here();
        let variable = std::env::var_os(CONFIG_VARIABLE).map(PathBuf::from);
        let (path, must) = match paths::choose(path, variable, usual_path()) {
            paths::Chosen::Named(path) => (path, true),
            paths::Chosen::Usual(path) => (path, false),
            paths::Chosen::Nothing => return Self::standard(&surroundings),
        };
        match text_of(&path) {
            Ok(text) => Self::parse(&text, &path, &surroundings, check),
            Err(error) if error.kind() == ErrorKind::NotFound && !must => Self::standard(&surroundings),
            Err(error) => Err(ConfigError::unreadable(&path.to_string_lossy(), &error)),
        }
    }

    /// The defaults.
    pub fn standard(surroundings: &Surroundings) -> Result<Self, ConfigError> {
        Draft::new(surroundings)?.finish(None, &|_| Vec::new())
    }

    /// Reads the configuration from the text of `file`. Files that it names are looked for beside it.
    /// [`Config::load`] says what `check` is for.
    pub fn parse(text: &str, file: &Path, surroundings: &Surroundings, check: Check<'_>) -> Result<Self, ConfigError> {
        let mut draft = Draft::new(surroundings)?;
        draft.read(text, file)?;
        draft.finish(Some(file), check)
    }
}

#[cfg(test)]
mod tests;
