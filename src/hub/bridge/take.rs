//! What a CRM tells, taken in: a record that is new comes in like anybody's word, one that is known is brought up to date, and
//! what somebody decided there counts. All of it is a write, and told twice it is done once.

use std::collections::BTreeMap;

use uuid::Uuid;

use super::follow::{self, Whose};
use super::known::{Heard, Known};
use super::owners::Owners;
use super::rows::{self, Record};
use super::tell;
use super::untaken;
use crate::handoff::lead::{Lead, LeadKey, SourceStage};
use crate::handoff::state::Stage;
use crate::hub::db::Tx;
use crate::hub::entry::{Crm, bring};
use crate::hub::error::HubError;
use crate::hub::intake;
use crate::hub::leads::{self, Case};
use crate::hub::people;
use crate::hub::work::Work;
use crate::source::intake::item;
use crate::source::{Change, Detail, Gone, OWN, Tombstone};
use crate::wire::intake::Item;

/// What is known of a CRM when its word is taken in.
#[derive(Clone, Debug)]
pub(super) struct From {
    /// What it is called.
    pub(super) name: String,
    /// How it names the people of the hub.
    pub(super) people: BTreeMap<String, String>,
    /// For which leads there is more than its pages tell.
    pub(super) detail: Detail,
}

impl From {
    /// Who is who there now. Asked in the write that goes by it: a CRM may take long to answer, and people come meanwhile.
    pub(super) fn owners(&self, tx: &mut dyn Tx) -> Result<Owners, HubError> {
        Ok(Owners::new(&self.people, people::all(tx)?))
    }
}

/// What became of a change.
enum Taken {
    /// It is in, as far as it was told.
    In,
    /// It is in but for what was refused: why.
    Partly(String),
    /// It is nothing to us, or no longer there.
    Over,
}

/// Takes these changes in. One that cannot be taken holds back no other, and is kept as such; what is left out is told in words.
pub(super) fn take(
    work: &mut Work<'_>,
    from: &From,
    changes: &[Change],
    is_whole: bool,
) -> Result<Vec<String>, HubError> {
    let mut left_out = Vec::new();
    let owners = from.owners(work.tx)?;
    let is_all = from.detail != Detail::All;
    let mut some_were_not = untaken::is_any(work.tx, &from.name)?;
    for change in changes {
        let id = match change {
            Change::Upsert(record) => &record.arrival.lead.key.external_id,
            Change::Gone(tombstone) => &tombstone.external_id,
        };
        let start = work.savepoint("record")?;
        let taken = match change {
            Change::Upsert(record) => hear(work, (from, &owners), record, is_whole),
            Change::Gone(tombstone) => lose(work, from, tombstone).map(|()| Taken::Over),
        };
        let settled = taken.and_then(|taken| {
            work.settle()?;
            Ok(taken)
        });
        let taken = match settled {
            Ok(taken) => taken,
            Err(error) if error.is_trouble() => return Err(error),
            Err(error) => {
                work.take_back(&start)?;
                Taken::Partly(untaken::reason(&error))
            }
        };
        work.release(&start)?;
        match taken {
            Taken::Partly(why) => {
                some_were_not = true;
                untaken::note(work, &from.name, id, is_whole, &why)?;
                left_out.push(format!("record {id} cannot be taken in: {why}"));
            }
            // That a part of it is in says nothing of all of it.
            Taken::In if some_were_not => untaken::forget(work.tx, &from.name, id, is_whole || is_all)?,
            Taken::Over if some_were_not => untaken::forget(work.tx, &from.name, id, true)?,
            Taken::In | Taken::Over => {}
        }
    }
    Ok(left_out)
}

/// Takes a record in. Of one that is known, whose it is and where it stands is heard also where the rest is refused: why it is.
fn hear(
    work: &mut Work<'_>,
    (from, owners): (&From, &Owners),
    told: &crate::source::Record,
    is_whole: bool,
) -> Result<Taken, HubError> {
    let lead = &told.arrival.lead;
    let owner = lead.owner.as_deref();
    let record = rows::find(work.tx, &from.name, &lead.key.external_id)?;
    // Whoever was renamed there is whom they were.
    let still = record.as_ref().and_then(|record| record.known.still(lead));
    let still = still.filter(|person| owners.takes(person)).map(str::to_owned);
    let whose = Whose { source: &from.name, owner, person: owners.person(owner).or(still.as_deref()) };
    if is_passed_over(record.as_ref(), lead, whose) {
        return Ok(Taken::Over);
    }
    let item = without_ours(work, item(&told.arrival))?;
    let without = Item { id: item.id.clone(), flag: item.flag.clone(), ..Item::default() };
    let (item, taken) = match intake::fitted(item) {
        Ok(item) => (item, Taken::In),
        Err(error) if record.is_none() || error.is_trouble() => return Err(error),
        Err(error) => (intake::fitted(without)?, Taken::Partly(untaken::reason(&error))),
    };
    match record {
        None => first(work, from, lead, item, whose),
        Some(record) if record.gone.is_some() => come_back(work, from, record, lead, item, whose),
        Some(record) => again(work, from, (record, is_whole), lead, item, whose),
    }?;
    Ok(taken)
}

/// A message without what this hub's own dispositions left there: its log has that.
fn without_ours(work: &mut Work<'_>, mut item: Item) -> Result<Item, HubError> {
    let mut kept = Vec::with_capacity(item.activities.len());
    for activity in item.activities {
        let key = activity.id.as_deref().and_then(|id| id.strip_prefix(OWN)).and_then(|key| key.parse::<Uuid>().ok());
        let is_ours = match key {
            None => false,
            Some(key) => {
                let key = key.into_bytes().into();
                let sql = "SELECT 1 FROM log WHERE id = ?1 UNION ALL SELECT 1 FROM bridge_key WHERE key = ?1 LIMIT 1";
                !work.tx.query(sql, &[key])?.is_empty()
            }
        };
        if !is_ours {
            kept.push(activity);
        }
    }
    item.activities = kept;
    // These are kept beside the lead, and change by what we write ourselves.
    ["owner", "stage", "url"].iter().for_each(|name| drop(item.extras.remove(*name)));
    Ok(item)
}

/// A record that is told of for the first time.
fn first(work: &mut Work<'_>, from: &From, lead: &Lead, mut item: Item, whose: Whose<'_>) -> Result<(), HubError> {
    let stage = &lead.stage;
    let known = Known::first(lead, whose.person);
    let look_at = (from.detail == Detail::All).then_some(work.now);
    let (source, external_id) = (from.name.clone(), lead.key.external_id.clone());
    let record = Record { source, external_id, known, gone: None, look_at, since: work.now };
    // From here on what happens to the lead is to be told there.
    rows::save(work.tx, &record)?;
    flag(&mut item, &record);
    let crm = Crm { is_first: true, owner: Some(whose.there()), url: lead.url.clone() };
    let mut entered = bring(work, &from.name, &item, "", Some(&crm))?;
    let case = &mut entered.case;
    match case.owner.clone() {
        // Whose it is there counts, also where it was somebody's here before.
        _ if whose.person.is_some() => follow::owner(work, case, whose)?,
        Some(holder) => tell_holder(work, case, lead, &holder)?,
        None => {}
    }
    if is_taken_up(stage) {
        follow::stage(work, case, stage, whose)?;
    }
    work.save(case, &entered.trail)
}

/// What is unknown here, or had left, is taken in only where there is something to be done about it.
fn is_passed_over(record: Option<&Record>, lead: &Lead, whose: Whose<'_>) -> bool {
    let is_strangers = whose.owner.is_some() && whose.person.is_none();
    match record {
        Some(record) if record.gone.is_none() => false,
        // Whom it was given to there has it still, or has passed it on; or somebody was given it meanwhile.
        Some(Record { known, .. }) if is_strangers && (known.is_elsewhere || !known.is_of(lead)) => true,
        _ => is_none_of_ours(&lead.stage, whose),
    }
}

/// It is over there, or somebody who is none of ours works on it: that is theirs.
fn is_none_of_ours(stage: &SourceStage, whose: Whose<'_>) -> bool {
    stage.canonical.is_some_and(Stage::is_closed) || whose.person.is_none() && is_taken_up(stage)
}

/// Has the CRM hear whose a lead is here, whose record there is nobody's.
fn tell_holder(work: &mut Work<'_>, case: &Case, lead: &Lead, holder: &str) -> Result<(), HubError> {
    let LeadKey { source, external_id } = &lead.key;
    if let Some(mut record) = rows::find(work.tx, source, external_id)? {
        tell::tell_owner(work, case, &mut record, holder)?;
        rows::save(work.tx, &record)?;
    }
    Ok(())
}

/// Somebody works on it there.
fn is_taken_up(stage: &SourceStage) -> bool {
    stage.canonical.is_some_and(|stage| stage.is_open() && stage != Stage::Assigned)
}

/// A CRM's word that it is an MQL: by whom, and of when it is at the latest.
fn flag(item: &mut Item, record: &Record) {
    if let Some(why) = item.flag.take() {
        item.flag = Some(format!("{} says {}", record.source, why.trim_end_matches(" in its source")));
        // What is told again and again is no news each time.
        item.flag_at.get_or_insert(record.since);
    }
}

/// A record that is known.
fn again(
    work: &mut Work<'_>,
    from: &From,
    (mut record, is_whole): (Record, bool),
    lead: &Lead,
    mut item: Item,
    whose: Whose<'_>,
) -> Result<(), HubError> {
    let now = work.now;
    let owner = record.known.hear_owner(lead, whose.person, now);
    let stage = record.known.hear_stage(&lead.stage, now);
    flag(&mut item, &record);
    if stage == Heard::News && item.flag.is_some() {
        // Of a cycle that is over, what was said at its beginning counts no more; this is said now.
        item.flag_at = Some(now);
    }
    let crm = Crm { is_first: false, owner: (owner == Heard::News).then(|| whose.there()), url: lead.url.clone() };
    rows::save(work.tx, &record)?;
    let mut entered = bring(work, &from.name, &item, "", Some(&crm))?;
    let case = &mut entered.case;
    // One that waited for its data has been routed with that in mind.
    if owner == Heard::News && entered.was_routed {
        follow::owner(work, case, whose)?;
    }
    if stage == Heard::News {
        follow::stage(work, case, &lead.stage, whose)?;
    }
    let is_open = !case.handoff.stage.is_closed();
    let is_taken = owner == Heard::News || stage == Heard::News && is_taken_up(&lead.stage);
    if let Some(other) = whose.owner.filter(|_| is_taken && whose.person.is_none())
        && case.handoff.stage == Stage::Recycled
    {
        // Until it is one of ours again, or nobody's, what they do with it is theirs.
        if let Some(mut record) = rows::find(work.tx, &from.name, &lead.key.external_id)? {
            record.gone = Some(format!("{other} has it in {}", from.name));
            record.known.is_elsewhere = true;
            rows::save(work.tx, &record)?;
        }
    }
    work.save(case, &entered.trail)?;
    let old = [owner, stage].into_iter().find_map(|heard| if let Heard::Old(at) = heard { Some(at) } else { None });
    let look_at = match old {
        Some(at) => Some(at),
        None if is_whole => None,
        None => record.look_at.or((from.detail == Detail::All && is_open).then_some(now)),
    };
    if look_at != record.look_at {
        // By itself: what was noted there since of whom it is given to stays.
        let sql = "UPDATE bridged SET look_at = ?3 WHERE source = ?1 AND external_id = ?2";
        let (source, id) = (record.source.as_str(), record.external_id.as_str());
        work.tx.execute(sql, &[source.into(), id.into(), look_at.map(leads::ms).into()])?;
    }
    Ok(())
}

/// A record that had left and is told of: with one of ours as its owner it is back, and where it is nobody's it is routed like
/// one that is new. The lead is the one that it was.
fn come_back(
    work: &mut Work<'_>,
    from: &From,
    mut record: Record,
    lead: &Lead,
    mut item: Item,
    whose: Whose<'_>,
) -> Result<(), HubError> {
    let is_ours = whose.person.is_some();
    // To whom it was to be given before it left matters no more.
    tell::forget_gifts(work, &record, "'waiting', 'parked'")?;
    record.known = Known::first(lead, whose.person);
    record.gone = None;
    record.look_at = (from.detail == Detail::All).then_some(work.now);
    rows::save(work.tx, &record)?;
    flag(&mut item, &record);
    if !is_ours && item.flag.is_some() {
        // What was said at the beginning of a cycle that is over counts no more; this is said now.
        item.flag_at = Some(work.now);
    }
    let crm = Crm { is_first: false, owner: Some(whose.there()), url: lead.url.clone() };
    let mut entered = bring(work, &from.name, &item, "", Some(&crm))?;
    let case = &mut entered.case;
    if is_ours {
        let to = lead.stage.canonical.unwrap_or(Stage::Assigned);
        let stage = SourceStage { canonical: Some(to), ..lead.stage.clone() };
        follow::owner(work, case, whose)?;
        follow::stage(work, case, &stage, whose)?;
    } else if let Some(holder) = case.owner.clone().filter(|_| case.handoff.at(work.now).stage.is_open()) {
        tell_holder(work, case, lead, &holder)?;
    }
    work.save(case, &entered.trail)
}

/// A record is no longer there for us.
fn lose(work: &mut Work<'_>, from: &From, tombstone: &Tombstone) -> Result<(), HubError> {
    let Tombstone { external_id, why, .. } = tombstone;
    let Some(mut record) = rows::find(work.tx, &from.name, external_id)?.filter(|record| record.gone.is_none()) else {
        return Ok(());
    };
    record.known.is_elsewhere = matches!(why, Gone::Reassigned(_));
    let why = match why {
        Gone::Reassigned(why) => format!("{why} in {}", from.name),
        why => format!("{}: {why}", from.name),
    };
    (record.gone, record.look_at) = (Some(why.clone()), None);
    rows::save(work.tx, &record)?;
    let Some(mut case) = leads::of_source(work.tx, &from.name, external_id)? else { return Ok(()) };
    if has_another(work, &case, &record)? {
        return Ok(());
    }
    let trail = leads::trail(work.tx, case.id)?;
    follow::leave(work, &mut case, &from.name, &why)?;
    work.save(&mut case, &trail)
}

/// Whether the lead stands for a record beside this one that is there still.
fn has_another(work: &mut Work<'_>, case: &Case, but: &Record) -> Result<bool, HubError> {
    for (source, external_id) in rows::keys(case) {
        let is_it = (&source, &external_id) == (&but.source, &but.external_id);
        if !is_it && rows::find(work.tx, &source, &external_id)?.is_some_and(|other| other.gone.is_none()) {
            return Ok(true);
        }
    }
    Ok(false)
}
