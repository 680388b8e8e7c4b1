//! Search as one types.

use super::clause::Clause;
use super::scan::{Bound, Scan};
use super::{Store, StoreError, rows};
use crate::handoff::Time;
use crate::handoff::lead::LeadId;
use crate::handoff::query::{Filter, Test};
use crate::handoff::summary::{Summary, Tab};

/// The lists in the order of a search: what is open by its due time, then the rest.
const ORDER: [&[Tab]; 4] = [&[Tab::New, Tab::Working], &[Tab::Deferred], &[Tab::Data], &[Tab::Done]];

impl Store {
    /// Up to `limit` leads that pass, in the order of the lists: open ones by what is due first, then deferred ones,
    /// incomplete ones, closed ones. A lead that is named by its number comes first. Can be interrupted.
    pub fn search(&self, filter: &Filter, limit: usize, now: Time) -> Result<Vec<Summary>, StoreError> {
        let look = self.look()?;
        let clause = Clause::new(filter, now);
        let named = match named(filter) {
            Some(id) => rows::summary(&look, id)?,
            None => None,
        };
        let mut scan = Scan::new(&look, &clause);
        let mut ids: Vec<LeadId> = Vec::new();
        for tabs in ORDER {
            let tabs: Vec<Tab> = tabs.iter().copied().filter(|&tab| clause.may_be_in(tab)).collect();
            ids.extend(scan.keys(&tabs, Bound::Top, limit - ids.len())?.into_iter().map(|key| key.id));
            if ids.len() == limit {
                break;
            }
        }
        ids.retain(|&id| named.as_ref().is_none_or(|named| named.id != id));
        let mut found = Vec::from_iter(named);
        found.extend(rows::summaries(&look, &ids)?);
        found.truncate(limit);
        Ok(found)
    }
}

/// The number of a lead, if that is all that was typed.
fn named(filter: &Filter) -> Option<LeadId> {
    match filter.terms.as_slice() {
        [term] if !term.negated => match &term.test {
            Test::Words(words) => words.replace(' ', "-").parse().ok(),
            _ => None,
        },
        _ => None,
    }
}
