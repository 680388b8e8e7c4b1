//! Senders of leads: who they are, how they prove it, and how what they post is to be read. A sender's mapping is kept
//! beside its secret and not in the policy: it is about one sender's forms, says nothing that a laptop would need, and
//! may change without the team's rules becoming others.

use serde::{Deserialize, Serialize};

use super::db::{Tx, Value};
use super::error::HubError;
use super::intake;
use crate::handoff::Time;
use crate::source::files::PostMapping;
use crate::wire::intake::{MappingText, NewSource, SourceMade};

/// The longest mapping, in bytes.
const LONGEST_MAPPING: usize = 64 * 1024;

/// What is kept of a sender beside its secret.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub(super) struct Settings {
    /// How its posts are read; as the hub's own form where there is none.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) mapping: Option<MappingText>,
    /// The header with its secret, in small letters, if it cannot sign.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) secret_header: Option<String>,
}

/// A sender as it is known: its secret, and its settings.
pub(super) fn find(tx: &mut dyn Tx, name: &str) -> Result<Option<(String, Settings)>, HubError> {
    let rows = tx.query("SELECT secret, attrs FROM intake_source WHERE name = ?1", &[name.into()])?;
    let Some(row) = rows.first() else { return Ok(None) };
    let secret = row.opt_text(0)?.unwrap_or_default().to_owned();
    Ok(Some((secret, serde_json::from_str(row.text(1)?)?)))
}

/// Sets up a sender. Without a mapping it gets a new secret; with one, how its posts are read is changed, and only a
/// sender that is new gets a secret.
///
/// # Errors
/// A name that is none; a mapping that is wrong, with its line and what to do.
pub fn put(tx: &mut dyn Tx, wanted: &NewSource, now: Time) -> Result<SourceMade, HubError> {
    let name = wanted.name.clone();
    let Some(mapping) = &wanted.mapping else {
        let secret = intake::set_up(tx, &name, now)?;
        return Ok(SourceMade { name, secret: Some(secret) });
    };
    let settings = settings(mapping)?;
    let secret = match find(tx, &name)? {
        Some(_) => None,
        None => Some(intake::set_up(tx, &name, now)?),
    };
    tx.execute(
        "UPDATE intake_source SET attrs = ?2 WHERE name = ?1",
        &[name.as_str().into(), Value::Text(serde_json::to_string(&settings)?)],
    )?;
    Ok(SourceMade { name, secret })
}

/// What a mapping comes to; an empty one takes the former away.
fn settings(mapping: &MappingText) -> Result<Settings, HubError> {
    if mapping.toml.len() > LONGEST_MAPPING || mapping.file.len() > 1_000 {
        let what = format!("a mapping has at most {LONGEST_MAPPING} bytes");
        return Err(HubError::invalid("/mapping/toml", what));
    }
    intake::must_fit(&serde_json::json!(mapping.file), "/mapping/file")?;
    if mapping.toml.contains('\0') {
        return Err(HubError::invalid("/mapping/toml", "a mapping has no NUL"));
    }
    if mapping.toml.trim().is_empty() {
        return Ok(Settings::default());
    }
    let read = read(mapping)?;
    Ok(Settings { mapping: Some(mapping.clone()), secret_header: read.secret_header().map(str::to_owned) })
}

/// Reads a mapping.
pub(super) fn read(mapping: &MappingText) -> Result<PostMapping, HubError> {
    PostMapping::parse(&mapping.file, &mapping.toml)
        .map_err(|error| HubError::invalid("/mapping/toml", error.to_string()))
}
