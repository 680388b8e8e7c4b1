//! `hub.toml` in the hub's folder: what this hub itself needs to know. The team's policy says how leads are treated and is
//! fetched by every laptop; addresses and where secrets are do not belong there.

use std::io;
use std::path::Path;

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
    /// Where what a lead lacks is looked up.
    pub providers: Providers,
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
            providers: Providers::read(s, dir),
        })?;
        Ok(settings)
    }
}
