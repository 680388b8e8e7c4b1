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
pub struct Config { pub rep: Rep, pub ui: Ui, pub policy: Policy }
impl Default for Config { fn default() -> Self { Self { rep: Rep { name: "ana".into(), zone: Tz::UTC }, ui: Ui::default(), policy: Policy::default() } } }
impl Config {
    pub fn load(_: Option<&Path>) -> Result<Self, ConfigError> { Ok(Self::default()) }
    pub fn path(p: Option<&Path>) -> Result<PathBuf, ConfigError> { Ok(p.map_or("x".into(), Into::into)) }
}
pub fn parse_calendars(_: &str, _: &str) -> Result<BTreeMap<String, Calendar>, ConfigError> { Ok(BTreeMap::new()) }
