//! What leads of a CRM lack that wait for data completion: for whoever sets it up, who else sees empty inboxes and no reason.

use std::collections::{BTreeMap, BTreeSet};

use crate::handoff::lead::Lead;
use crate::handoff::preflight::Item;
use crate::hub::db::Tx;
use crate::hub::error::HubError;

/// What was found.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Lacking {
    /// So many leads that stand for a record of this CRM wait.
    pub leads: usize,
    /// The items of the pre-flight that they fail, each with how many of them do: what most fail comes first.
    pub items: Vec<(Item, usize)>,
}

impl Lacking {
    /// What of these items is left to ask for, so that most of these leads pass.
    pub fn without(&self, items: &[Item]) -> Vec<Item> {
        let is_wanted = |item: &Item| self.items.iter().any(|(lacks, leads)| lacks == item && leads * 2 > self.leads);
        items.iter().filter(|item| !is_wanted(item)).copied().collect()
    }
}

/// What the leads lack that stand for a record of this CRM and wait for it; to be asked on the hub's own behalf.
pub fn lacking(tx: &mut dyn Tx, source: &str) -> Result<Lacking, HubError> {
    let rows = tx.query(
        "SELECT whole.id, whole.record FROM lead
         JOIN lead AS whole ON whole.id = coalesce(lead.merged_into, lead.id)
         WHERE lead.source = ?1 AND whole.stage = 'data_completion'",
        &[source.into()],
    )?;
    let (mut seen, mut items) = (BTreeSet::new(), BTreeMap::<Item, usize>::new());
    for row in rows {
        if !seen.insert(row.int(0)?) {
            continue;
        }
        let lead: Lead = serde_json::from_str(row.text(1)?)?;
        let failed = lead.preflight.iter().filter(|item| !item.passed).filter_map(|item| Item::from_code(&item.item));
        failed.for_each(|item| *items.entry(item).or_default() += 1);
    }
    let mut items: Vec<(Item, usize)> = items.into_iter().collect();
    items.sort_by_key(|(_, leads)| std::cmp::Reverse(*leads));
    Ok(Lacking { leads: seen.len(), items })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_most_of_them_lack_is_what_is_left_out() {
        let lacking = Lacking { leads: 4, items: vec![(Item::SizeBand, 4), (Item::Signal, 3), (Item::Names, 2)] };
        let asked = [Item::BusinessEmail, Item::Names, Item::SizeBand, Item::Signal];
        assert_eq!(lacking.without(&asked), [Item::BusinessEmail, Item::Names]);
    }
}
