//! Reading leads: which are asked for, how far one has read, and what a lead is made of.

use std::hash::{DefaultHasher, Hash, Hasher};

use chrono::SecondsFormat;
use serde::{Deserialize, Serialize};
use serde_json::Value as Json;

use super::schema::Schema;
use crate::handoff::state::Stage;
use crate::handoff::{Time, is_reckonable};
use crate::source::files::RecordMapping;
use crate::source::judge::Owner;
use crate::source::{Change, Cursor, Gone, Record, Tombstone};

/// So far it is looked back, in seconds: a transaction's rows appear when it ends, with the times at which they were
/// written, and one may take ten minutes.
const OVERLAP: i64 = 600;

/// What the ids of queues and other groups begin with.
const QUEUE: &str = "00G";

/// What is asked for in any case, whatever the mapping reads.
const ALWAYS: [&str; 8] =
    ["Id", "Status", "SystemModstamp", "OwnerId", "Owner.Name", "IsDeleted", "IsConverted", "MasterRecordId"];

/// How far one has read: the last row in the order of change, whose times are whole seconds.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub(super) struct Place {
    /// Whose leads were read: the id of a user; those of all where there is none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) whose: Option<String>,
    /// When it was changed; nothing where there was none yet.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) at: Option<Time>,
    /// Its id.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub(super) id: String,
    /// There is more behind it, at this path, for as long as Salesforce keeps it there.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) next: Option<String>,
    /// When this reading began, by Salesforce's clock: what changed since may have been told as it was before.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) begun: Option<Time>,
    /// Looking back from here found something so many times: whoever comes with the number before has not kept it.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub(super) found: u32,
}

fn is_zero(number: &u32) -> bool {
    *number == 0
}

impl Place {
    pub(super) fn of(cursor: &Cursor) -> Result<Self, String> {
        serde_json::from_str(&cursor.0).map_err(|error| error.to_string())
    }

    pub(super) fn cursor(&self) -> Cursor {
        Cursor(serde_json::to_string(self).unwrap_or_default())
    }

    /// The query for what comes after it.
    ///
    /// It has no upper end. What changes while it is read comes behind, and the place is that of the last row that was read,
    /// never our clock's, which may be wrong.
    pub(super) fn query(&self, fields: &str) -> String {
        let mut conditions: Vec<String> =
            self.whose.iter().map(|owner| format!("OwnerId = {}", quoted(owner))).collect();
        match self.at {
            // What was over before we came is no concern of ours.
            None => conditions.extend(["IsDeleted = false".into(), "IsConverted = false".into()]),
            // Of one second many may have changed: the id tells them apart.
            Some(at) if self.next.is_some() => {
                let (at, id) = (moment(at), quoted(&self.id));
                conditions.push(format!("(SystemModstamp > {at} OR (SystemModstamp = {at} AND Id > {id}))"));
            }
            Some(at) => {
                conditions.push(format!("SystemModstamp >= {}", moment(at - chrono::Duration::seconds(OVERLAP))))
            }
        }
        format!("SELECT {fields} FROM Lead WHERE {} ORDER BY SystemModstamp, Id", conditions.join(" AND "))
    }

    /// Rows changed before this can come again no more.
    pub(super) fn horizon(&self) -> Option<Time> {
        Some(self.at? - chrono::Duration::seconds(OVERLAP))
    }

    /// Where one is once this row was read. One that changed since the reading began is out of its order, and says nothing
    /// of what lies before its time.
    pub(super) fn reach(&mut self, row: &Told, begun: Time) {
        if row.changed_at <= begun && self.at.is_none_or(|at| (at, &self.id) < (row.changed_at, &row.id)) {
            (self.at, self.id) = (Some(row.changed_at), row.id.clone());
        }
    }
}

/// A text in a query.
pub(super) fn quoted(text: &str) -> String {
    format!("'{}'", text.replace('\\', "\\\\").replace('\'', "\\'"))
}

/// A moment in a query.
pub(super) fn moment(at: Time) -> String {
    at.to_rfc3339_opts(SecondsFormat::Secs, true)
}

/// A moment as Salesforce tells it: `2026-11-22T02:00:00.000+0000`.
pub(super) fn told_at(value: &Json) -> Option<Time> {
    let at = chrono::DateTime::parse_from_str(value.as_str()?, "%Y-%m-%dT%H:%M:%S%.f%z").ok()?;
    Some(at.to_utc()).filter(|at| is_reckonable(*at))
}

/// The fields that are asked for, and those that the mapping reads and that are not there for this user.
pub(super) fn fields(mapping: &RecordMapping, schema: &Schema) -> (String, Vec<String>) {
    let (mut there, missing): (Vec<String>, Vec<String>) =
        mapping.columns().iter().cloned().partition(|column| schema.has(column));
    there.extend(ALWAYS.iter().map(|&name| name.to_owned()));
    there.sort_unstable();
    there.dedup();
    (there.join(","), missing)
}

/// A lead as Salesforce told it.
#[derive(Clone)]
pub(super) struct Told {
    pub(super) id: String,
    pub(super) changed_at: Time,
    pub(super) status: String,
    pub(super) owner: Option<String>,
    pub(super) owner_id: Option<String>,
    pub(super) is_converted: bool,
    /// It is deleted, or merged into another.
    pub(super) gone: Option<Gone>,
    row: Json,
}

impl Told {
    /// # Errors
    /// It is no such row: why, in words.
    pub(super) fn read(mut row: Json) -> Result<Self, String> {
        strip(&mut row);
        let text = |name: &str| row[name].as_str().map(str::to_owned);
        let is = |name: &str| row[name].as_bool().unwrap_or_default();
        let gone = match text("MasterRecordId") {
            Some(master) => Some(Gone::Merged(master)),
            None => is("IsDeleted").then_some(Gone::Deleted),
        };
        Ok(Self {
            id: text("Id").ok_or("a lead without an id")?,
            changed_at: told_at(&row["SystemModstamp"]).ok_or("a lead without a time of change")?,
            status: text("Status").unwrap_or_default(),
            owner: row["Owner"]["Name"].as_str().map(str::to_owned),
            owner_id: text("OwnerId"),
            is_converted: is("IsConverted"),
            gone,
            row,
        })
    }

    /// Whose it is.
    pub(super) fn owner(&self) -> Owner<'_> {
        Owner { id: self.owner_id.as_deref(), name: self.owner.as_deref() }
    }

    /// As a team sees it: what a queue owns is nobody's.
    pub(super) fn of_team(mut self) -> Self {
        if self.owner_id.as_deref().is_some_and(|owner| owner.starts_with(QUEUE)) {
            (self.owner, self.owner_id) = (None, None);
            if let Json::Object(fields) = &mut self.row {
                ["Owner", "OwnerId"].iter().for_each(|name| drop(fields.remove(*name)));
            }
        }
        self
    }

    /// A number that differs where anything of it does: its time of change has whole seconds only.
    pub(super) fn fingerprint(&self) -> u64 {
        let mut hasher = DefaultHasher::new();
        self.row.to_string().hash(&mut hasher);
        hasher.finish()
    }

    /// Whether it belongs to this user. Ids are told with 18 letters, of which people know 15.
    pub(super) fn is_of(&self, user: &str) -> bool {
        let short = |id: &str| id.get(..15).unwrap_or(id).to_owned();
        self.owner_id.as_deref().is_some_and(|owner| short(owner) == short(user))
    }

    /// What it is for us; nothing for one that the mapping passes over. `link` is where records are opened.
    ///
    /// # Errors
    /// A value makes no sense: which, in words.
    pub(super) fn change(self, name: &str, mapping: &RecordMapping, link: &str) -> Result<Option<Change>, String> {
        let Self { id, changed_at, gone, is_converted, owner_id, row, .. } = self;
        if let Some(why) = gone {
            return Ok(Some(Change::Gone(Tombstone { external_id: id, why, at: Some(changed_at) })));
        }
        let Some(mut arrival) = mapping.arrival(row).map_err(|why| format!("lead {id}: {why}"))? else {
            return Ok(None);
        };
        arrival.lead.url.get_or_insert_with(|| format!("{link}/lightning/r/Lead/{id}/view"));
        arrival.lead.key.source = name.to_owned();
        arrival.lead.key.external_id = id;
        arrival.lead.owner_id = owner_id;
        if is_converted {
            // Whatever its status is called.
            arrival.lead.stage.canonical = Some(Stage::Opportunity);
        }
        Ok(Some(Change::Upsert(Box::new(Record { arrival, word: None }))))
    }
}

/// What Salesforce says of each record beside its fields is left out.
fn strip(row: &mut Json) {
    if let Json::Object(fields) = row {
        fields.remove("attributes");
        fields.values_mut().for_each(strip);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_reading_begins_with_what_is_open_looks_back_and_goes_on_behind_the_last_of_a_second() {
        let start = Place { whose: Some("005'x".into()), ..Place::default() };
        let query = start.query("Id");
        assert!(query.contains("OwnerId = '005\\'x' AND IsDeleted = false AND IsConverted = false ORDER"), "{query}");
        let mut place = Place { at: "2026-01-02T03:04:05Z".parse().ok(), id: "00Qb".into(), ..Place::default() };
        assert!(place.query("Id").contains("WHERE SystemModstamp >= 2026-01-02T02:54:05Z ORDER"));
        place.next = Some("/services/data/x".into());
        let query = place.query("Id");
        let at = "2026-01-02T03:04:05Z";
        assert!(
            query.contains(&format!("(SystemModstamp > {at} OR (SystemModstamp = {at} AND Id > '00Qb'))")),
            "{query}"
        );
        assert_eq!(Place::of(&place.cursor()).unwrap(), place);
        assert!(Place::of(&Cursor("12".into())).is_err());
    }

    #[test]
    fn a_time_that_nobody_can_reckon_with_is_none() {
        for year in ["-262143", "+262142", "-0001", "+10000"] {
            assert_eq!(told_at(&format!("{year}-01-01T00:00:00.000+0000").into()), None, "{year}");
        }
        assert!(told_at(&"9999-12-31T23:59:59.000+0000".into()).is_some());
    }

    #[test]
    fn a_merged_lead_is_no_deleted_one() {
        let row = |master: Json| {
            let at = "2026-01-02T03:04:05.000+0000";
            let row = serde_json::json!({
                "attributes": { "type": "Lead" }, "Id": "00Qa", "SystemModstamp": at, "IsDeleted": true, "MasterRecordId": master,
            });
            Told::read(row).unwrap()
        };
        assert_eq!(row("00Qb".into()).gone, Some(Gone::Merged("00Qb".into())));
        assert_eq!(row(Json::Null).gone, Some(Gone::Deleted));
        assert_eq!(row(Json::Null).changed_at, "2026-01-02T03:04:05Z".parse::<Time>().unwrap());
    }
}
