//! Where the configuration is, and what the computer tells of the rep.

use std::env;
use std::path::{Path, PathBuf};

use chrono_tz::Tz;
use directories::ProjectDirs;

/// The variable that names the configuration file.
pub const CONFIG_VARIABLE: &str = "LEADBOX_CONFIG";

/// Which file to read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Chosen {
    /// This one: it was named, so it must be there.
    Named(PathBuf),
    /// The usual one, if it is there.
    Usual(PathBuf),
    /// None: this computer has no place for configuration.
    Nothing,
}

/// `--config` before `LEADBOX_CONFIG` before the usual place.
pub(super) fn choose(option: Option<&Path>, variable: Option<PathBuf>, usual: Option<PathBuf>) -> Chosen {
    match (option, variable.filter(|path| !path.as_os_str().is_empty()), usual) {
        (Some(option), _, _) => Chosen::Named(option.to_owned()),
        (None, Some(variable), _) => Chosen::Named(variable),
        (None, None, Some(usual)) => Chosen::Usual(usual),
        (None, None, None) => Chosen::Nothing,
    }
}

/// The usual place: `$XDG_CONFIG_HOME/leadbox/config.toml`, or what stands for it on this system.
pub fn usual_path() -> Option<PathBuf> {
    ProjectDirs::from("", "", "leadbox").map(|dirs| dirs.config_dir().join("config.toml"))
}

/// The file that would be read: what `leadbox config path` prints.
pub fn config_path(option: Option<&Path>) -> Option<PathBuf> {
    match choose(option, env::var_os(CONFIG_VARIABLE).map(PathBuf::from), usual_path()) {
        Chosen::Named(path) | Chosen::Usual(path) => Some(path),
        Chosen::Nothing => None,
    }
}

/// The zone of this computer: `TZ`, else the system's, else UTC.
pub(super) fn system_zone() -> Tz {
    let variable = env::var("TZ").ok();
    let variable = variable.as_deref().map(|zone| zone.trim_start_matches(':')).and_then(|zone| zone.parse().ok());
    let system = || iana_time_zone::get_timezone().ok().and_then(|zone| zone.parse().ok());
    variable.or_else(system).unwrap_or(Tz::UTC)
}

/// The name by which this computer knows its user.
pub(super) fn user() -> String {
    let names = ["USER", "USERNAME", "LOGNAME"].into_iter().filter_map(|variable| env::var(variable).ok());
    names.map(|name| name.trim().to_owned()).find(|name| !name.is_empty()).unwrap_or_else(|| "rep".to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_named_comes_before_what_is_usual() {
        let path = |text: &str| Some(PathBuf::from(text));
        let option = PathBuf::from("a");
        assert_eq!(choose(Some(&option), path("b"), path("c")), Chosen::Named("a".into()));
        assert_eq!(choose(None, path("b"), path("c")), Chosen::Named("b".into()));
        assert_eq!(choose(None, path(""), path("c")), Chosen::Usual("c".into()));
        assert_eq!(choose(None, None, None), Chosen::Nothing);
    }
}
