//! Leads as the hub keeps them: the record, where its handoff stands, who holds it, and when it must be looked at again.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

use super::board::Marks;
use super::bridge::OwnerThere;
use super::db::{Row, Scope, Tx, Value};
use super::enrich::Lookup;
use super::error::HubError;
use super::gate;
use crate::handoff::Time;
use crate::handoff::activity::Activity;
use crate::handoff::dedup::Keys;
use crate::handoff::escalation::{Count, Fired};
use crate::handoff::event::Event;
use crate::handoff::lead::Lead;
use crate::handoff::preflight::{Item, Waiver};
use crate::handoff::state::Handoff;

/// One lead of the hub's.
#[derive(Clone, Debug)]
pub struct Case {
    /// Its number.
    pub id: i64,
    /// The record.
    pub lead: Lead,
    /// Where it stands.
    pub handoff: Handoff,
    /// Who holds it.
    pub owner: Option<String>,
    /// The owner's team, or the one whose queue it is in.
    pub team: Option<String>,
    /// The queue where it waits.
    pub queue: Option<String>,
    /// The number of its last entry in the log.
    pub version: i64,
    /// When time alone does something with it.
    pub wake_at: Option<Time>,
    /// The record that it was united with.
    pub merged_into: Option<i64>,
    /// What else is known of its way.
    pub facts: Facts,
    /// It is not in the database yet.
    pub(super) is_new: bool,
    /// The leads that share these keys, as somebody asked a moment ago.
    pub(super) alike: Option<(Keys, Vec<Case>)>,
    /// Whose open lead it was when it was read.
    pub(super) counted: Option<String>,
    /// The views that it was in when it was read.
    pub(super) seen_in: Vec<String>,
    /// It waited in a queue and was no team's when it was read.
    pub(super) was_unclaimed: bool,
    /// Why it leaves its owner, in words for them.
    pub(super) leaving: Option<String>,
}

impl Case {
    /// A lead that is new, with this number. It is entered when it is saved.
    pub(super) fn new(id: i64, lead: &Lead, handoff: Handoff, now: Time) -> Self {
        Self {
            id,
            lead: lead.clone(),
            handoff,
            owner: None,
            team: None,
            queue: None,
            version: 0,
            wake_at: None,
            merged_into: None,
            facts: Facts { came_at: Some(now), ..Facts::default() },
            is_new: true,
            alike: None,
            counted: None,
            seen_in: Vec::new(),
            was_unclaimed: false,
            leaving: None,
        }
    }

    /// It waits in a queue and is no team's yet.
    pub(super) fn is_unclaimed(&self) -> bool {
        self.owner.is_none() && self.team.is_none() && self.queue.is_some()
    }

    /// Whose open lead it is.
    pub(super) fn open_with(&self) -> Option<&str> {
        self.owner.as_deref().filter(|_| self.handoff.stage.is_open() && self.merged_into.is_none())
    }
}

/// What is known of a lead's way through the hub.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Facts {
    /// When it last came in.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub came_at: Option<Time>,
    /// How often it became an MQL and was given to somebody.
    pub count: Count,
    /// The steps of escalation that were taken in this cycle.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub fired: Vec<Fired>,
    /// When it is tried again to find a person for it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub retry_at: Option<Time>,
    /// Since when it can become an MQL again.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cycle_since: Option<Time>,
    /// Whose it is in its CRM: it becomes theirs when it is routed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub owner_there: Option<OwnerThere>,
    /// The queue that its owner took it from.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub claimed_from: Option<String>,
    /// Records that were united with this one, by source and id there (F37).
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub united: BTreeMap<String, United>,
    /// Leads that are somebody else, whatever they have in common: somebody said so.
    #[serde(skip_serializing_if = "BTreeSet::is_empty")]
    pub distinct: BTreeSet<i64>,
    /// Looked up by these providers.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub looked_up: Vec<String>,
    /// How far that is, and what came of it.
    #[serde(skip_serializing_if = "Lookup::is_none")]
    pub lookup: Lookup,
    /// Pre-flight items that somebody let pass: who, and why (F40).
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub waived: BTreeMap<String, (String, String)>,
}

/// What came by the name of a record that was united with another.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct United {
    /// What they did, by the ids of the activities.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub trail: Vec<String>,
    /// It was told of again, and something of that stands in the record where nobody can tell it apart.
    pub is_told_again: bool,
}

impl Facts {
    /// What was let through by hand.
    pub fn waivers(&self) -> Vec<Waiver> {
        let waiver = |(item, (by, why)): (&String, &(String, String))| {
            Some(Waiver { item: Item::from_code(item)?, by: by.clone(), why: why.clone() })
        };
        self.waived.iter().filter_map(waiver).collect()
    }
}

/// What [`read`] reads.
pub(super) const COLUMNS: &str = "lead.id, lead.record, lead.handoff, lead.owner, lead.team, lead.queue, lead.version,
    lead.wake_at, lead.merged_into, lead.facts";

/// The longest key by which leads find each other, in bytes: an index takes no more than about 2,700.
const LONGEST_KEY: usize = 1000;

/// A time as the database keeps it.
pub(super) fn ms(time: Time) -> i64 {
    time.timestamp_millis()
}

/// A time that the database kept.
pub(super) fn time(ms: i64) -> Time {
    Time::from_timestamp_millis(ms).unwrap_or_default()
}

pub(super) fn read(row: &Row) -> Result<Case, HubError> {
    let mut case = Case {
        id: row.int(0)?,
        lead: serde_json::from_str(row.text(1)?)?,
        handoff: serde_json::from_str(row.text(2)?)?,
        owner: row.opt_text(3)?.map(str::to_owned),
        team: row.opt_text(4)?.map(str::to_owned),
        queue: row.opt_text(5)?.map(str::to_owned),
        version: row.int(6)?,
        wake_at: row.opt_int(7)?.map(time),
        merged_into: row.opt_int(8)?,
        facts: serde_json::from_str(row.text(9)?)?,
        is_new: false,
        alike: None,
        counted: None,
        seen_in: Vec::new(),
        was_unclaimed: false,
        leaving: None,
    };
    case.counted = case.open_with().map(str::to_owned);
    case.was_unclaimed = case.is_unclaimed();
    case.seen_in = gate::views(case.owner.as_deref(), case.team.as_deref()).collect();
    Ok(case)
}

/// The lead of this number that `scope` sees; the hub itself also sees a record that was united with another one.
///
/// # Errors
/// Not found: one that is not there and one that is not for these eyes are told alike.
pub fn load(tx: &mut dyn Tx, id: i64, scope: &Scope) -> Result<Case, HubError> {
    let (seen, params) = gate::seen(scope, 2);
    let params: Vec<Value> = std::iter::once(id.into()).chain(params).collect();
    let whole = if *scope == Scope::System { "" } else { " AND lead.merged_into IS NULL" };
    let rows = tx.query(&format!("SELECT {COLUMNS} FROM lead WHERE lead.id = ?1 AND {seen}{whole}"), &params)?;
    rows.first().map(read).transpose()?.ok_or_else(|| absent(id))
}

/// What is said of a lead that is not there, or not for these eyes.
pub(super) fn absent(id: i64) -> HubError {
    HubError::not_found(format!("there is no lead {id} for you"))
}

/// The lead that a source calls by this id, or the one that it was united with.
pub fn of_source(tx: &mut dyn Tx, source: &str, external_id: &str) -> Result<Option<Case>, HubError> {
    let sql = format!("SELECT {COLUMNS} FROM lead WHERE lead.source = ?1 AND lead.external_id = ?2");
    let rows = tx.query(&sql, &[source.into(), external_id.into()])?;
    let Some(case) = rows.first().map(read).transpose()? else { return Ok(None) };
    match case.merged_into {
        Some(other) => load(tx, other, &Scope::System).map(Some),
        None => Ok(Some(case)),
    }
}

/// Leads that time does something with by `now`, the longest overdue first.
pub fn due(tx: &mut dyn Tx, now: Time, limit: i64) -> Result<Vec<i64>, HubError> {
    let rows = tx.query(
        "SELECT id FROM lead WHERE wake_at IS NOT NULL AND wake_at <= ?1 ORDER BY wake_at, id LIMIT ?2",
        &[ms(now).into(), limit.into()],
    )?;
    rows.iter().map(|row| Ok(row.int(0)?)).collect()
}

/// Where the look at every lead has come to, by the name that this look has.
pub struct Look {
    name: String,
    after: i64,
}

/// Has the clock's worker look at every lead, one after the other and behind what is due: what it goes by has changed.
pub fn look_at_all(tx: &mut dyn Tx) -> Result<(), HubError> {
    tx.execute(
        "INSERT INTO meta (name, value) VALUES ('look', ?1) ON CONFLICT (name) DO UPDATE SET value = excluded.value",
        &[format!("{}:0", uuid::Uuid::new_v4().simple()).into()],
    )?;
    Ok(())
}

/// The next leads to be looked at, if every lead is.
pub fn looks(tx: &mut dyn Tx, limit: i64) -> Result<Option<(Look, Vec<i64>)>, HubError> {
    let rows = tx.query("SELECT value FROM meta WHERE name = 'look'", &[])?;
    let Some(value) = rows.first().map(|row| row.text(0)).transpose()? else { return Ok(None) };
    let (name, after) = value.split_once(':').unwrap_or_default();
    let look = Look { name: name.to_owned(), after: after.parse().unwrap_or_default() };
    let rows = tx.query(
        "SELECT id FROM lead WHERE id > ?1 AND merged_into IS NULL ORDER BY id LIMIT ?2",
        &[look.after.into(), limit.into()],
    )?;
    let ids = rows.iter().map(|row| Ok(row.int(0)?)).collect::<Result<_, HubError>>()?;
    Ok(Some((look, ids)))
}

/// These were looked at; without any, all were. If a new look was begun meanwhile, that one counts.
pub fn looked(tx: &mut dyn Tx, look: &Look, last: Option<i64>) -> Result<(), HubError> {
    let Look { name, after } = look;
    let before = format!("{name}:{after}");
    match last {
        Some(last) => tx.execute(
            "UPDATE meta SET value = ?2 WHERE name = 'look' AND value = ?1",
            &[before.into(), format!("{name}:{last}").into()],
        )?,
        None => tx.execute("DELETE FROM meta WHERE name = 'look' AND value = ?1", &[before.into()])?,
    };
    Ok(())
}

/// How many leads there are in each stage.
pub fn by_stage(tx: &mut dyn Tx) -> Result<Vec<(String, i64)>, HubError> {
    let rows =
        tx.query("SELECT stage, count(*) FROM lead WHERE merged_into IS NULL GROUP BY stage ORDER BY stage", &[])?;
    rows.iter().map(|row| Ok((row.text(0)?.to_owned(), row.int(1)?))).collect()
}

/// How many leads' time has come by `now`.
pub fn overdue(tx: &mut dyn Tx, now: Time) -> Result<i64, HubError> {
    let rows = tx.query("SELECT count(*) FROM lead WHERE wake_at IS NOT NULL AND wake_at <= ?1", &[ms(now).into()])?;
    Ok(rows.first().map(|row| row.int(0)).transpose()?.unwrap_or_default())
}

/// Leaves a lead alone until then, if it is due: what another hub has put off meanwhile stays as it is.
pub fn rest(tx: &mut dyn Tx, id: i64, now: Time, until: Time) -> Result<(), HubError> {
    tx.execute(
        "UPDATE lead SET wake_at = ?3 WHERE id = ?1 AND wake_at <= ?2",
        &[id.into(), ms(now).into(), ms(until).into()],
    )?;
    Ok(())
}

/// Has a lead looked at by then at the latest; one that is due earlier stays so.
pub fn look_again(tx: &mut dyn Tx, id: i64, until: Time) -> Result<(), HubError> {
    let sql = "UPDATE lead SET wake_at = ?2 WHERE id = ?1 AND (wake_at IS NULL OR wake_at > ?2)";
    tx.execute(sql, &[id.into(), ms(until).into()])?;
    Ok(())
}

/// The highest number that a lead has.
pub fn last(tx: &mut dyn Tx) -> Result<i64, HubError> {
    let rows = tx.query("SELECT max(id) FROM lead", &[])?;
    Ok(rows.first().map(|row| row.opt_int(0)).transpose()?.flatten().unwrap_or_default())
}

/// Writes a lead back, or enters one that is new, with what the board is drawn from.
pub fn save(tx: &mut dyn Tx, case: &mut Case, marks: &Marks, now: Time) -> Result<(), HubError> {
    // A key that no index takes finds nobody.
    let fits = |key: Option<String>| key.filter(|key| key.len() <= LONGEST_KEY);
    let keys = Keys::of(&case.lead);
    let mut values: Vec<Value> = vec![
        case.id.into(),
        Value::Text(serde_json::to_string(&case.lead)?),
        Value::Text(serde_json::to_string(&case.handoff)?),
        case.handoff.stage.code().into(),
        case.owner.clone().into(),
        case.team.clone().into(),
        case.queue.clone().into(),
        case.version.into(),
        case.wake_at.map(ms).into(),
        case.merged_into.into(),
        Value::Text(serde_json::to_string(&case.facts)?),
        ms(now).into(),
        fits(keys.email).into(),
        fits(keys.person).into(),
        fits(keys.company).into(),
        marks.waits_since.map(ms).into(),
        marks.due.map(|(at, _)| ms(at)).into(),
        marks.due.map(|(_, what)| what).into(),
        marks.idle_at.map(ms).into(),
    ];
    let sql = if case.is_new {
        values.extend([case.lead.key.source.as_str().into(), case.lead.key.external_id.as_str().into()]);
        "INSERT INTO lead (id, record, handoff, stage, owner, team, queue, version, wake_at, merged_into, facts,
            updated_at, email_key, person_key, company_key, waits_since, due_at, due_what, idle_at, source, external_id,
            created_at)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16, ?17, ?18, ?19, ?20, ?21, ?12)"
    } else {
        "UPDATE lead SET record = ?2, handoff = ?3, stage = ?4, owner = ?5, team = ?6, queue = ?7, version = ?8,
            wake_at = ?9, merged_into = ?10, facts = ?11, updated_at = ?12, email_key = ?13, person_key = ?14,
            company_key = ?15, waits_since = ?16, due_at = ?17, due_what = ?18, idle_at = ?19 WHERE id = ?1"
    };
    tx.later(sql, values)?;
    (case.is_new, case.alike) = (false, None);
    Ok(())
}

/// The leads that share one of these keys with the lead `but`, the oldest first: of each key the first twenty.
pub fn with_keys(tx: &mut dyn Tx, keys: &Keys, but: i64) -> Result<Vec<Case>, HubError> {
    let of = |column: &str, key: usize| {
        format!(
            "SELECT * FROM (SELECT {COLUMNS} FROM lead WHERE {column} = ?{key} AND id <> ?4 AND merged_into IS NULL
                ORDER BY id LIMIT 20) AS by_{column}"
        )
    };
    let sql = [of("email_key", 1), of("person_key", 2), of("company_key", 3)].join(" UNION ALL ");
    let [email, person, company] = [&keys.email, &keys.person, &keys.company].map(|key| Value::from(key.as_ref()));
    let mut found: BTreeMap<i64, Case> = BTreeMap::new();
    if *keys == Keys::default() {
        return Ok(Vec::new());
    }
    for row in tx.query(&sql, &[email, person, company, but.into()])? {
        let case = read(&row)?;
        found.insert(case.id, case);
    }
    Ok(found.into_values().collect())
}

/// What they did, the newest first.
pub fn trail(tx: &mut dyn Tx, lead: i64) -> Result<Vec<Activity>, HubError> {
    let rows = tx.query("SELECT body FROM activity WHERE lead = ?1 ORDER BY at DESC, external_id", &[lead.into()])?;
    rows.iter().map(|row| Ok(serde_json::from_str(row.text(0)?)?)).collect()
}

/// What happened to a lead, the oldest first.
pub fn history(tx: &mut dyn Tx, lead: i64) -> Result<Vec<Event>, HubError> {
    let rows =
        tx.query("SELECT id, seq, at, actor, what, closes FROM log WHERE lead = ?1 ORDER BY n", &[lead.into()])?;
    rows.iter().map(event).collect()
}

fn event(row: &Row) -> Result<Event, HubError> {
    Ok(Event {
        id: uuid::Uuid::from_slice(row.bytes(0)?).unwrap_or_default(),
        seq: u32::try_from(row.int(1)?).unwrap_or(u32::MAX),
        at: time(row.int(2)?),
        actor: serde_json::from_str(row.text(3)?)?,
        what: serde_json::from_str(row.text(4)?)?,
        closes: row.opt_text(5)?.map(serde_json::from_str).transpose()?.unwrap_or_default(),
    })
}
