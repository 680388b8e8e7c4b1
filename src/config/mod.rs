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
mod preflight;
mod presets;
mod qualify;
mod reasons;
mod routing;
mod scoring;
mod settings;
mod sources;
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
pub use presets::{PRESETS, Preset};
pub use scoring::{parse_model, preset_models};
pub use settings::{ColorSetting, Notify, OpenCommand, OpenCommands, RepSettings, Theme, UiSettings};
pub use sources::{Records, SignIn, SourceKind, SourceSettings, read_of_team};
pub use views::Views;

use crate::handoff::Time;
use crate::handoff::approach::Template;
use crate::handoff::calendar::Calendar;
use crate::handoff::escalation::EscalationPolicy;
use crate::handoff::policy::Policy;
use crate::handoff::preflight::PreflightPolicy;
use crate::handoff::qualify::QualifyPolicy;
use crate::handoff::routing::RoutingPolicy;
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
    /// The CRMs that leads come from.
    pub sources: Vec<SourceSettings>,
    /// The team's rules.
    pub policy: Policy,
    /// Who gets which lead.
    pub routing: RoutingPolicy,
    /// When whom is told what, and when a lead is taken on by others: the hub's to do.
    pub escalation: EscalationPolicy,
    /// All calendars by name; `standard` is always among them.
    pub calendars: BTreeMap<String, Calendar>,
    /// The scoring models.
    pub scoring: Models,
    /// The templates of the suggested approach, the special before the general.
    pub approach: Vec<Template>,
    /// What makes an MQL.
    pub qualify: QualifyPolicy,
    /// What a lead must have before it is routed.
    pub preflight: PreflightPolicy,
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
        Self::load_for(None, path, check)
    }

    /// The same for one who is signed in to a hub: the hub's policy in `team` takes the place of `policy_file`.
    pub fn load_for(team: Option<&Path>, path: Option<&Path>, check: Check<'_>) -> Result<Self, ConfigError> {
        let surroundings = Surroundings::here();
        let variable = std::env::var_os(CONFIG_VARIABLE).map(PathBuf::from);
        let (path, must) = match paths::choose(path, variable, usual_path()) {
            paths::Chosen::Named(path) => (path, true),
            paths::Chosen::Usual(path) => (path, false),
            paths::Chosen::Nothing => return Self::read(team, None, &surroundings, check),
        };
        match text_of(&path) {
            Ok(text) => Self::read(team, Some((&text, &path)), &surroundings, check),
            Err(error) if error.kind() == ErrorKind::NotFound && !must => Self::read(team, None, &surroundings, check),
            Err(error) => Err(ConfigError::unreadable(&path.to_string_lossy(), &error)),
        }
    }

    fn read(
        team: Option<&Path>,
        own: Option<(&str, &Path)>,
        surroundings: &Surroundings,
        check: Check<'_>,
    ) -> Result<Self, ConfigError> {
        let mut draft = Draft::new(surroundings)?;
        let (text, file) = own.unwrap_or(("", Path::new("")));
        draft.read(text, file, team)?;
        draft.finish(own.map(|(_, file)| file), check)
    }

    /// Reads a team's policy file that stands alone, as a hub keeps it: with what a rep's file may say too, it names no
    /// other files. `file` is what errors call it.
    pub fn team(text: &str, file: &str, surroundings: &Surroundings) -> Result<Self, ConfigError> {
        let mut draft = Draft::new(surroundings)?;
        draft.read_alone(text, file);
        draft.finish(None, &|_| Vec::new())
    }

    /// The defaults.
    pub fn standard(surroundings: &Surroundings) -> Result<Self, ConfigError> {
        Draft::new(surroundings)?.finish(None, &|_| Vec::new())
    }

    /// Reads the configuration from the text of `file`. Files that it names are looked for beside it.
    /// [`Config::load`] says what `check` is for.
    pub fn parse(text: &str, file: &Path, surroundings: &Surroundings, check: Check<'_>) -> Result<Self, ConfigError> {
        Self::read(None, Some((text, file)), surroundings, check)
    }
}

#[cfg(test)]
mod tests;
