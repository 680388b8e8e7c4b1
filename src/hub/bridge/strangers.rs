//! Owners of open leads in a CRM of whom the hub does not know who they are: found by reading what the hub would read, so that
//! they are called as its records call them, whichever field that is.

use std::collections::BTreeMap;
use std::time::Duration;

use super::Bridge;
use super::owners::Owners;
use crate::handoff::lead::Lead;
use crate::handoff::state::Stage;
use crate::source::deliver::within;
use crate::source::{Change, Source, SourceError};
use crate::wire::people::Person;

/// After so long a CRM is taken not to answer.
const PATIENCE: Duration = Duration::from_secs(60);
/// So many open leads are looked at: whoever asks waits for it.
const MOST: usize = 20_000;
/// So many pages are read, whatever is over in them: the CRM counts its calls.
const PAGES: usize = 1_000;

/// What was found.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Strangers {
    /// Each of them as the CRM names them, with how many open leads are theirs: who has most comes first.
    pub owners: Vec<(String, usize)>,
    /// How many open leads were looked at.
    pub open: usize,
    /// Not all records were read: there are too many, or the CRM asked to wait.
    pub is_part: bool,
}

impl Bridge {
    /// Who owns open leads there and is none of these people, as far as they take leads. Nothing is kept of what is read.
    ///
    /// # Errors
    /// The CRM cannot be read.
    pub async fn strangers(&self, source: &mut dyn Source, people: Vec<Person>) -> Result<Strangers, SourceError> {
        let owners = Owners::new(&self.people, people);
        let mut open: BTreeMap<String, Option<String>> = BTreeMap::new();
        let (mut after, mut pages) = (None, 0);
        let is_part = loop {
            let page = match within(PATIENCE, self.name(), source.pull(after.as_ref())).await {
                Ok(page) => page,
                // What was read until then is told.
                Err(SourceError::Throttled { .. }) if pages > 0 => break true,
                Err(error) => return Err(error),
            };
            pages += 1;
            for change in page.changes {
                // Told again, it counts once, as it is by then.
                match change {
                    Change::Upsert(record) => {
                        let lead = record.arrival.lead;
                        let id = lead.key.external_id.clone();
                        if is_over(&lead) {
                            open.remove(&id)
                        } else {
                            open.insert(id, lead.owner)
                        };
                    }
                    Change::Gone(tombstone) => drop(open.remove(&tombstone.external_id)),
                }
            }
            if !page.more || open.len() >= MOST || pages >= PAGES {
                break page.more;
            }
            after = Some(page.next);
        };
        let mut counts: BTreeMap<String, usize> = BTreeMap::new();
        for owner in open.values().flatten().filter(|owner| owners.person(Some(owner)).is_none()) {
            *counts.entry(owner.clone()).or_default() += 1;
        }
        let mut found: Vec<(String, usize)> = counts.into_iter().collect();
        found.sort_by_key(|(_, leads)| std::cmp::Reverse(*leads));
        Ok(Strangers { owners: found, open: open.len(), is_part })
    }
}

fn is_over(lead: &Lead) -> bool {
    lead.stage.canonical.is_some_and(Stage::is_closed)
}
