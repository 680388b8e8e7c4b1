//! How the CRMs behind a hub stand, and what a person does about what was refused there.

use std::collections::BTreeMap;

use uuid::Uuid;

use super::{Crms, lane, untaken};
use crate::handoff::Time;
use crate::handoff::event::{Event, EventKind};
use crate::hub::db::{Row, Scope, Tx};
use crate::hub::error::HubError;
use crate::hub::gate::{self, Action};
use crate::hub::leads::{self, time};
use crate::hub::orders::words;
use crate::hub::work::{NO_INPUTS, Work};
use crate::wire::bridge::{BridgeState, MOST_PARKED, Unwritten, WriteOrder, WriteOrdered};
use crate::wire::problem::{Code, Problem};

/// What is counted of a CRM.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Count {
    /// How much is on its way there.
    pub waiting: i64,
    /// How much was refused there.
    pub parked: i64,
    /// How many of its records could not be taken in.
    pub untaken: i64,
    /// When it last answered well.
    pub answered_at: Option<Time>,
    /// Why it cannot be had since.
    failed: Option<String>,
}

/// What is counted of each of these CRMs, also where none was ever asked; to be asked on the hub's own
/// behalf. Of one that is no longer configured there is nothing to be done.
pub fn counts(tx: &mut dyn Tx, crms: &Crms) -> Result<BTreeMap<String, Count>, HubError> {
    let mut counts: BTreeMap<String, Count> = crms.keys().map(|name| (name.clone(), Count::default())).collect();
    for row in tx.query("SELECT source, answered_at, failed FROM bridge", &[])? {
        let Some(count) = counts.get_mut(row.text(0)?) else { continue };
        count.answered_at = row.opt_int(1)?.map(time);
        count.failed = row.opt_text(2)?.map(str::to_owned);
    }
    let sql = "SELECT source, state, count(*) FROM bridge_write WHERE state IN ('waiting', 'parked') GROUP BY 1, 2";
    for row in tx.query(sql, &[])? {
        let Some(count) = counts.get_mut(row.text(0)?) else { continue };
        match row.text(1)? {
            "waiting" => count.waiting = row.int(2)?,
            _ => count.parked = row.int(2)?,
        }
    }
    for (source, untaken) in untaken::counts(tx)? {
        counts.entry(source).and_modify(|count| count.untaken = untaken);
    }
    Ok(counts)
}

/// How they stand; to be asked on the hub's own behalf, for one who sees these leads.
pub fn all(tx: &mut dyn Tx, crms: &Crms, scope: &Scope) -> Result<Vec<BridgeState>, HubError> {
    let mut all = Vec::new();
    for (source, count) in counts(tx, crms)? {
        let rows = tx.query("SELECT count(*) FROM bridged WHERE source = ?1 AND gone IS NULL", &[(&source).into()])?;
        let records = rows.first().map(|row| row.int(0)).transpose()?.unwrap_or_default();
        let unwritten = unwritten(tx, scope, &source)?;
        let left_out = untaken::list(tx, scope, &source)?;
        let Count { waiting, parked, untaken, answered_at, failed } = count;
        let state = BridgeState { source, answered_at, failed, records, waiting, parked, unwritten, untaken, left_out };
        all.push(state);
    }
    Ok(all)
}

/// How much of what was done with leads that `scope` sees was refused by each of these CRMs and waits for a person; to be asked
/// on the hub's own behalf.
pub fn refused(tx: &mut dyn Tx, crms: &Crms, scope: &Scope) -> Result<BTreeMap<String, u32>, HubError> {
    let (seen, params) = gate::seen(scope, 1);
    let sql = format!(
        "SELECT bridge_write.source, count(*) FROM bridge_write JOIN lead ON lead.id = bridge_write.lead
         WHERE bridge_write.state = 'parked' AND {seen} GROUP BY 1"
    );
    let mut refused = BTreeMap::new();
    for row in tx.query(&sql, &params)? {
        if crms.contains_key(row.text(0)?) {
            refused.insert(row.text(0)?.to_owned(), u32::try_from(row.int(1)?).unwrap_or(u32::MAX));
        }
    }
    Ok(refused)
}

fn unwritten(tx: &mut dyn Tx, scope: &Scope, source: &str) -> Result<Vec<Unwritten>, HubError> {
    let (seen, params) = gate::seen(scope, 3);
    let params = [source.into(), MOST_PARKED.into()].into_iter().chain(params).collect::<Vec<_>>();
    let sql = format!(
        "SELECT bridge_write.id, bridge_write.lead, bridge_write.external_id, bridge_write.event, bridge_write.why
         FROM bridge_write JOIN lead ON lead.id = bridge_write.lead
         WHERE bridge_write.source = ?1 AND bridge_write.state = 'parked' AND {seen}
         ORDER BY bridge_write.id LIMIT ?2"
    );
    let read = |row: &Row| {
        let event: Event = serde_json::from_str(row.text(3)?)?;
        Ok(Unwritten {
            id: row.int(0)?,
            lead: row.int(1)?,
            record: row.text(2)?.to_owned(),
            what: lane::named(&event.what),
            by: event.actor.name,
            at: event.at,
            why: row.opt_text(4)?.unwrap_or_default().to_owned(),
        })
    };
    tx.query(&sql, &params)?.iter().map(read).collect()
}

/// Does what is ordered about something that was refused, of a lead that `scope` sees.
///
/// # Errors
/// Nothing of that number waits for a person, or none that one sees: told alike. Or it is not so any more.
pub fn order(work: &mut Work<'_>, scope: &Scope, id: i64, order: &WriteOrder) -> Result<WriteOrdered, HubError> {
    gate::check(scope, Action::Direct)?;
    let absent = || HubError::not_found("nothing of that number waits for you to decide");
    let errand = lane::parked(work.tx, id)?.ok_or_else(absent)?;
    let mut case = leads::load(work.tx, errand.lead, scope).map_err(|error| match error {
        HubError::Problem(_) => absent(),
        error => error,
    })?;
    let (named, source) = (lane::named(&errand.event.what), &errand.source);
    let (state, why) = match order {
        WriteOrder::Retry => {
            if let Some(person) = errand.gives().filter(|person| case.owner.as_deref() != Some(*person)) {
                let what = format!("the lead is not {person}'s any more: drop this, and it stays as it is there");
                return Err(Problem::new(Code::Refused, what).into());
            }
            if lane::is_past(work.tx, &errand)? {
                let what = "what was done after it is written there by now, and it would come behind that: drop this";
                return Err(Problem::new(Code::Refused, what).into());
            }
            lane::retry(work, &errand)?;
            ("waiting", format!("“{named}” is written to {source} again"))
        }
        WriteOrder::Drop { why } => {
            lane::give_up(work, &errand)?;
            ("dropped", format!("“{named}” is not written to {source}: {}", words("/why", why)?))
        }
    };
    let what = EventKind::Overridden { why };
    let event = Event::new(Uuid::now_v7(), 0, work.now, gate::actor(scope), what);
    work.record(&mut case, event, NO_INPUTS)?;
    let trail = leads::trail(work.tx, case.id)?;
    work.save(&mut case, &trail)?;
    Ok(WriteOrdered { id, lead: case.id, state: state.to_owned() })
}
