//! `leadbox config`: write a start, check, say where things are.

use std::fs::OpenOptions;
use std::io::{ErrorKind, Write};

use serde_json::json;

use super::args::{ConfigCommand, Global};
use super::failure::{Exit, Failure};
use super::print::Out;
use super::session::data_dir;
use super::setup;
use crate::config::{PRESETS, Preset, STARTER, config_path};
use crate::handoff::similar::similar;

/// Runs one of the subcommands.
pub fn run(command: &ConfigCommand, global: &Global) -> Result<(), Failure> {
    let path = config_path(global.config())
        .ok_or_else(|| Failure::new(Exit::Configuration, "no home folder is known; name a file with --config"))?;
    let mut out = Out::new();
    match command {
        ConfigCommand::Path => {
            let data = data_dir(global)?;
            if global.json {
                out.json(&json!({ "config": path, "data": data }))?;
            } else {
                out.line(format!("configuration  {}", path.display()))?;
                out.line(format!("leads          {}", data.display()))?;
            }
        }
        ConfigCommand::Check => {
            setup::load(global)?;
            if global.json {
                out.json(&json!({ "ok": true, "config": path }))?;
            } else if path.exists() {
                out.line(format!("{}: no mistakes", path.display()))?;
            } else {
                out.line(format!("{} does not exist: the defaults hold", path.display()))?;
            }
        }
        ConfigCommand::Init { preset } => {
            let text = preset.as_deref().map_or(Ok(STARTER), |name| self::preset(name).map(|preset| preset.toml))?;
            if let Some(dir) = path.parent() {
                std::fs::create_dir_all(dir)
                    .map_err(|error| Failure::file(format!("the folder {} cannot be made", dir.display()), &error))?;
            }
            let mut file =
                OpenOptions::new().write(true).create_new(true).open(&path).map_err(|error| match error.kind() {
                    ErrorKind::AlreadyExists => Failure::new(
                        Exit::Failed,
                        format!("{} exists already and was left as it is: edit it", path.display()),
                    ),
                    _ => Failure::file(format!("{} cannot be written", path.display()), &error),
                })?;
            file.write_all(text.as_bytes())?;
            if global.json {
                out.json(&json!({ "written": path }))?;
            } else {
                out.line(format!("wrote {}; config.example.toml explains every key", path.display()))?;
            }
        }
    }
    out.finish()
}

/// The preset of this name.
pub(super) fn preset(name: &str) -> Result<&'static Preset, Failure> {
    PRESETS.iter().find(|preset| preset.name == name).ok_or_else(|| {
        let all: Vec<String> = PRESETS.iter().map(|preset| format!("{} ({})", preset.name, preset.about)).collect();
        let near = similar(name, PRESETS.iter().map(|preset| preset.name));
        let near = near.map(|near| format!("; did you mean “{near}”?")).unwrap_or_default();
        Failure::usage(format!("there is no preset “{name}”{near}\nthere are: {}", all.join("; ")))
    })
}
