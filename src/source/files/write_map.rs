//! The table `[write]` of a CRM's mapping: by which of its words what a rep did is written there.

use std::collections::BTreeMap;

use super::error::{MappingError, listing};
use super::toml_table::Node;
use crate::handoff::disposition::{Channel, Outcome};
use crate::handoff::state::Stage;

/// The stages that a rep's dispositions can bring about.
const STAGES: [Stage; 7] = [
    Stage::Accepted,
    Stage::Attempted,
    Stage::Connected,
    Stage::Deferred,
    Stage::Rejected,
    Stage::Recycled,
    Stage::Sql,
];

/// Our words, each with the CRM's for it. What is not named is not set there.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct WriteMap {
    /// By the code of a stage: what the record's stage is set to when a disposition brings it about.
    pub stages: BTreeMap<String, String>,
    /// By the code of a reason for rejecting, or `reason.sub`.
    pub reasons: BTreeMap<String, String>,
    /// By the code of what came of a contact, or `channel.outcome`.
    pub outcomes: BTreeMap<String, String>,
    /// By the code of a channel.
    pub channels: BTreeMap<String, String>,
    /// The CRM's own properties that carry something: by what they carry.
    pub fields: BTreeMap<String, String>,
}

impl WriteMap {
    pub(super) fn read(node: Node<'_>) -> Result<Self, MappingError> {
        let table = node.table(&["stages", "reasons", "outcomes", "channels", "fields"])?;
        let stages: Vec<&str> = STAGES.iter().map(|stage| stage.code()).collect();
        let channels: Vec<&str> = Channel::ALL.iter().map(|channel| channel.code()).collect();
        let outcomes: Vec<&str> = Outcome::ALL.iter().map(|outcome| outcome.code()).collect();
        let is_outcome = |name: &str| match name.split_once('.') {
            Some((channel, outcome)) => channels.contains(&channel) && outcomes.contains(&outcome),
            None => outcomes.contains(&name),
        };
        Ok(Self {
            stages: words(table.get("stages"), |name| stages.contains(&name), &stages)?,
            // Reasons are the team's own.
            reasons: words(table.get("reasons"), |_| true, &[])?,
            outcomes: words(table.get("outcomes"), is_outcome, &outcomes)?,
            channels: words(table.get("channels"), |name| channels.contains(&name), &channels)?,
            fields: words(table.get("fields"), |_| true, &[])?,
        })
    }

    /// The CRM's word for a stage.
    pub fn stage(&self, stage: Stage) -> Option<&str> {
        self.stages.get(stage.code()).map(String::as_str)
    }

    /// The CRM's word for a reason, the finer one first.
    pub fn reason(&self, code: &str, sub: Option<&str>) -> Option<&str> {
        let fine = sub.and_then(|sub| self.reasons.get(&format!("{code}.{sub}")));
        fine.or_else(|| self.reasons.get(code)).map(String::as_str)
    }

    /// The CRM's word for what came of a contact, that of its channel first.
    pub fn outcome(&self, channel: Channel, outcome: Outcome) -> Option<&str> {
        let fine = self.outcomes.get(&format!("{}.{}", channel.code(), outcome.code()));
        fine.or_else(|| self.outcomes.get(outcome.code())).map(String::as_str)
    }
}

fn words(
    node: Option<Node<'_>>,
    is_known: impl Fn(&str) -> bool,
    known: &[&str],
) -> Result<BTreeMap<String, String>, MappingError> {
    let mut words = BTreeMap::new();
    for (key, node) in node.map(Node::entries).transpose()?.unwrap_or_default() {
        if !is_known(key.name) {
            let hint = format!("there are {}", listing(known.iter().copied()));
            return Err(node.error(format!("there is no `{}`", key.name), hint));
        }
        words.insert(key.name.to_owned(), node.str()?.to_owned());
    }
    Ok(words)
}
