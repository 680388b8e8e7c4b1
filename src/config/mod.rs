//! stub
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use chrono_tz::Tz;
use crate::handoff::calendar::Calendar;
use crate::handoff::policy::Policy;
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
pub struct ConfigError(String);
#[derive(Clone, Debug)]
pub struct Rep { pub name: String, pub zone: Tz }
#[derive(Clone, Debug, Default)]
pub struct Ui { pub theme: String, pub twelve_hours: bool, pub mouse: bool, pub bell: bool }
#[derive(Clone, Debug)]
pub struct Config { pub rep: Rep, pub ui: Ui, pub policy: Policy, pub approach: Vec<crate::handoff::approach::Template>, pub scoring: crate::handoff::scoring::Models }
impl Default for Config { fn default() -> Self { Self { rep: Rep { name: "ana".into(), zone: Tz::UTC }, ui: Ui::default(), policy: Policy::default(), approach: vec![], scoring: crate::handoff::scoring::Models::default() } } }
impl Config {
    pub fn load(_: Option<&Path>) -> Result<Self, ConfigError> { Ok(Self::default()) }
    pub fn path(p: Option<&Path>) -> Result<PathBuf, ConfigError> { Ok(p.map_or("x".into(), Into::into)) }
}
pub fn parse_calendars(_: &str, _: &str) -> Result<BTreeMap<String, Calendar>, ConfigError> { Ok(BTreeMap::new()) }

impl Config {
    pub fn fingerprint(&self) -> String { String::new() }
    pub fn open_with(&self) -> BTreeMap<crate::app::effect::LaunchKind, Vec<String>> { BTreeMap::new() }
    pub fn score(&self, _: &mut crate::handoff::lead::Lead, _: &[crate::handoff::activity::Activity], _: crate::handoff::Time) {}
    pub fn keymap(&self) -> Result<crate::app::KeyMap, ConfigError> { Ok(Default::default()) }
}
