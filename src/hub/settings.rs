//! `hub.toml` in the hub's folder: what this hub itself needs to know. The team's policy says how leads are treated and is
//! fetched by every laptop; addresses and where secrets are do not belong there.

use std::io;
use std::path::Path;

use super::bridge::Bridges;
use super::channels::{self, Channels};
use super::enrich::Providers;
use super::outgoing::OutgoingSettings;
use crate::reading::{ConfigError, read, text_of};

/// The file's name.
pub const FILE: &str = "hub.toml";

/// The hub's own settings.
#[derive(Clone, Debug, Default)]
pub struct HubSettings {
    /// What it may call.
    pub outgoing: OutgoingSettings,
    /// By which ways it tells people.
    pub channels: Channels,
    /// Where what a lead lacks is looked up.
    pub providers: Providers,
    /// The CRMs behind it.
    pub bridges: Bridges,
}

impl HubSettings {
    /// The settings in the hub's folder; those of a hub that calls nobody if there is no file.
    ///
    /// # Errors
    /// All that is wrong with the file, with lines and what to do.
    pub fn load(dir: &Path) -> Result<Self, ConfigError> {
        let path = dir.join(FILE);
        match text_of(&path) {
            Ok(text) => Self::parse(&text, &path.to_string_lossy(), dir),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(Self::default()),
            Err(error) => Err(ConfigError::unreadable(&path.to_string_lossy(), &error)),
        }
    }

    /// Reads the text of such a file. Files that it names are looked for in `dir`.
    ///
    /// # Errors
    /// As [`HubSettings::load`].
    pub fn parse(text: &str, file: &str, dir: &Path) -> Result<Self, ConfigError> {
        let (settings, _) = read(file, text, |s| Self {
            outgoing: s.section("outgoing", OutgoingSettings::read),
            channels: channels::read(s, dir),
            providers: Providers::read(s, dir),
            bridges: Bridges::read(s, dir),
        })?;
        Ok(settings)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const EXAMPLE: &str = include_str!("../../assets/hub/hub.toml");

    #[test]
    fn the_example_says_nothing_as_it_is_and_everything_without_its_signs() {
        let dir = Path::new("/hub");
        let nothing = HubSettings::parse(EXAMPLE, FILE, dir).unwrap();
        assert!(nothing.channels.0.is_empty() && nothing.providers.0.is_empty() && nothing.outgoing.allow.0.is_empty());
        let lines = EXAMPLE.lines().map(|line| match line.strip_prefix('#') {
            Some(setting) if !setting.starts_with(' ') => setting,
            _ => line,
        });
        let all = HubSettings::parse(&lines.collect::<Vec<_>>().join("\n"), FILE, dir).unwrap();
        let kinds: Vec<_> = all.channels.0.iter().map(|channel| channel.kind.code()).collect();
        assert_eq!(kinds, ["smtp", "slack", "teams", "webhook", "command"]);
        assert_eq!(all.providers.0.len(), 3);
        let kinds: Vec<_> = all.bridges.all.iter().map(|bridge| (bridge.name(), bridge.people.len())).collect();
        assert_eq!(kinds, [("hubspot", 1), ("tryton", 0)]);
        assert!(all.outgoing.proxy.is_some() && all.outgoing.allow.0.len() == 3);
        assert!(format!("{all:?}").contains("/hub/smtp.password"));
    }

    #[test]
    fn a_hub_without_the_file_calls_nobody() {
        let folder = tempfile::tempdir().unwrap();
        assert!(HubSettings::load(folder.path()).unwrap().channels.0.is_empty());
        std::fs::write(folder.path().join(FILE), "[outgoin]\n").unwrap();
        assert!(HubSettings::load(folder.path()).unwrap_err().to_string().contains("did you mean “outgoing”"));
    }
}
