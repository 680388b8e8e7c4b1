//! What leads of a CRM lack that wait for data completion: for whoever sets it up, who else sees empty inboxes and no reason.

use std::collections::{BTreeMap, BTreeSet};

use crate::handoff::lead::Lead;
use crate::handoff::preflight::Item;
use crate::hub::db::Tx;
use crate::hub::error::HubError;

/// What was found.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Lacking {
    /// So many leads that stand for a record of this CRM are open.
    pub open: usize,
    /// So many of them wait.
    pub leads: usize,
    /// The items of the pre-flight that they fail, each with how many of them do: what most fail comes first.
    pub items: Vec<(Item, usize)>,
}

impl Lacking {
    /// What of these items is left to ask for, where one leaves out what most of the open leads lack; nothing where that makes no
    /// sense. The policy is the whole team's: for a few leads it asks for no less.
    pub fn without(&self, items: &[Item]) -> Option<Vec<Item>> {
        if self.leads * 2 < self.open {
            return None;
        }
        let is_lacked = |item: &Item| self.items.iter().any(|(lacks, leads)| lacks == item && leads * 2 > self.open);
        let left: Vec<Item> =
            items.iter().filter(|item| !(may_be_left_out(**item) && is_lacked(item))).copied().collect();
        Some(left).filter(|left| !left.is_empty() && left.len() < items.len())
    }
}

/// Whether a team may do without it. Why somebody is a lead, where that goes, and that nobody has it twice, is of no CRM's data.
fn may_be_left_out(item: Item) -> bool {
    !matches!(item, Item::Trigger | Item::RoutingRule | Item::Dedup)
}

/// What the leads lack that stand for a record of this CRM and wait for it; to be asked on the hub's own behalf.
pub fn lacking(tx: &mut dyn Tx, source: &str) -> Result<Lacking, HubError> {
    let open = tx.query(
        "SELECT count(DISTINCT whole.id) FROM lead
         JOIN lead AS whole ON whole.id = coalesce(lead.merged_into, lead.id)
         WHERE lead.source = ?1 AND whole.stage NOT IN ('rejected', 'recycled', 'sql', 'opportunity')",
        &[source.into()],
    )?;
    let open = open.first().map(|row| row.int(0)).transpose()?.unwrap_or_default();
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
    Ok(Lacking { open: usize::try_from(open).unwrap_or_default(), leads: seen.len(), items })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_most_open_leads_lack_is_what_is_left_out() {
        let items = vec![(Item::SizeBand, 4), (Item::Signal, 3), (Item::Names, 2)];
        let of = |open: usize| Lacking { open, leads: 4, items: items.clone() };
        let asked = [Item::BusinessEmail, Item::Names, Item::SizeBand, Item::Signal];
        assert_eq!(of(4).without(&asked).unwrap(), [Item::BusinessEmail, Item::Names]);
        assert_eq!(
            of(7).without(&asked).unwrap(),
            [Item::BusinessEmail, Item::Names, Item::Signal],
            "of those that pass, too"
        );
        assert_eq!(of(8).without(&asked), None, "no more than half lack it");
        assert_eq!(of(9).without(&asked), None);
    }

    #[test]
    fn what_is_no_matter_of_data_is_asked_for_in_any_case() {
        let all = |items: &[Item]| Lacking { open: 2, leads: 2, items: items.iter().map(|item| (*item, 2)).collect() };
        let kept = [Item::Trigger, Item::RoutingRule, Item::Dedup];
        assert_eq!(all(&Item::ALL).without(&Item::ALL).unwrap(), kept);
        assert_eq!(all(&kept).without(&Item::ALL), None, "there is nothing to leave out");
        assert_eq!(all(&[Item::Names]).without(&[Item::Names]), None, "nothing would be left to ask for");
    }
}
