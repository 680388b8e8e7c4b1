//! Reading sale opportunities: which fields are asked for, how Tryton writes values, and what a lead is made of.

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value as Json, json};

use crate::handoff::activity::{Activity, ActivityKind, Direction};
use crate::handoff::{Time, is_reckonable};
use crate::source::files::RecordMapping;
use crate::source::words::{key_of, unmarked};
use crate::source::{Cursor, Record, own_activity};

/// How many are on a page.
pub(super) const PAGE: usize = 200;
/// So far it is looked back: on PostgreSQL a long transaction's rows appear later than their time says. In seconds.
const OVERLAP: i64 = 90;

/// Of so many it is asked at once whether they changed.
pub(super) const HEADS: usize = 2000;

/// What tells whether an opportunity changed.
pub(super) const HEAD: [&str; 3] = ["id", "_timestamp", "last_modified_at"];

/// What is asked for in any case, whatever the mapping reads.
const ALWAYS: [&str; 8] = [
    "id",
    "state",
    "_timestamp",
    "last_modified_at",
    "employee.rec_name",
    "notes.message",
    "notes.create_date",
    "notes.create_uid.rec_name",
];

/// How far one has read: the last row in the order of change.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(super) struct Place {
    /// When it was changed.
    pub(super) at: Time,
    /// Its id.
    pub(super) id: i64,
    /// There was more behind it: one goes on right there, without looking back.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub(super) amid: bool,
    /// Looking back from here found something so many times: whoever comes with the number before has not kept it.
    #[serde(default)]
    pub(super) found: u32,
}

impl Place {
    pub(super) fn of(cursor: &Cursor) -> Result<Self, String> {
        serde_json::from_str(&cursor.0).map_err(|error| error.to_string())
    }

    pub(super) fn cursor(&self) -> Cursor {
        Cursor(serde_json::to_string(self).unwrap_or_default())
    }

    /// What comes after it, as Tryton's domain. Of one moment several may have changed: the id tells them apart.
    pub(super) fn domain(&self) -> Json {
        if !self.amid {
            return json!([["last_modified_at", ">=", moment(self.at - chrono::Duration::seconds(OVERLAP))]]);
        }
        let at = moment(self.at);
        let same = json!([["last_modified_at", "=", at], ["id", ">", self.id]]);
        json!([["OR", ["last_modified_at", ">", at], same]])
    }

    /// Where one is behind this row.
    pub(super) fn behind(row: &Head, amid: bool) -> Self {
        Self { at: row.changed_at, id: row.id, amid, found: 0 }
    }

    /// Rows changed before this can come again no more.
    pub(super) fn horizon(&self) -> Time {
        self.at - chrono::Duration::seconds(OVERLAP)
    }
}

/// The fields that are asked for.
pub(super) fn fields(mapping: &RecordMapping) -> Vec<&str> {
    let mut fields: Vec<&str> = ALWAYS.into_iter().chain(mapping.columns().iter().map(String::as_str)).collect();
    fields.sort_unstable();
    fields.dedup();
    fields
}

/// Which opportunity is how new.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Head {
    pub(super) id: i64,
    pub(super) stamp: String,
    pub(super) changed_at: Time,
}

impl Head {
    /// # Errors
    /// It is no such row: why, in words.
    pub(super) fn read(row: &Json) -> Result<Self, String> {
        let text = |name: &str| row[name].as_str().map(str::to_owned);
        let lacks = |what: &str| format!("an opportunity without {what}");
        let at = plain(row["last_modified_at"].clone());
        Ok(Self {
            id: row["id"].as_i64().ok_or_else(|| lacks("an id"))?,
            stamp: text("_timestamp").ok_or_else(|| lacks("a time stamp"))?,
            changed_at: told_at(&at).ok_or_else(|| lacks("a time of change"))?,
        })
    }
}

/// A row as Tryton told it, in plain JSON.
#[derive(Clone)]
pub(super) struct Told {
    pub(super) head: Head,
    pub(super) state: String,
    pub(super) employee: Option<String>,
    /// That one's number.
    pub(super) employee_id: Option<i64>,
    row: Json,
}

impl Told {
    /// # Errors
    /// It is no such row: why, in words.
    pub(super) fn read(row: Json) -> Result<Self, String> {
        let head = Head::read(&row)?;
        let row = plain(row);
        let state = row["state"].as_str().ok_or("an opportunity without a state")?.to_owned();
        let employee = row["employee"]["rec_name"].as_str().map(str::to_owned);
        let employee_id = row["employee"]["id"].as_i64();
        Ok(Self { head, state, employee, employee_id, row })
    }

    /// The employee's number, as it is kept with a lead.
    pub(super) fn owner_id(&self) -> Option<String> {
        self.employee_id.map(|id| id.to_string())
    }

    /// The lead that it is; nothing for one that the mapping passes over. `link` is where records are opened.
    ///
    /// # Errors
    /// A value makes no sense: which, in words.
    pub(super) fn record(self, name: &str, mapping: &RecordMapping, link: &str) -> Result<Option<Record>, String> {
        let notes = trail(&self.row["notes"]);
        let (id, owner_id) = (self.head.id, self.owner_id());
        let Some(mut arrival) = mapping.arrival(self.row).map_err(|why| format!("opportunity {id}: {why}"))? else {
            return Ok(None);
        };
        arrival.lead.key.source = name.to_owned();
        arrival.lead.key.external_id = id.to_string();
        arrival.lead.owner_id = owner_id;
        arrival.lead.url.get_or_insert_with(|| format!("{link}{id}"));
        arrival.trail.extend(notes);
        Ok(Some(Record { arrival, word: None }))
    }
}

fn trail(notes: &Json) -> Vec<Activity> {
    let note = |note: &Json| {
        let text = note["message"].as_str()?;
        Some(Activity {
            external_id: match key_of(text) {
                Some(key) => own_activity(key),
                None => format!("note-{}", note["id"].as_i64()?),
            },
            kind: ActivityKind::Note,
            direction: Direction::Internal,
            at: told_at(&note["create_date"]),
            actor: note["create_uid"]["rec_name"].as_str().map(str::to_owned),
            outcome: None,
            text: unmarked(text),
            url: None,
        })
    };
    notes.as_array().into_iter().flatten().filter_map(note).collect()
}

/// Tryton's values as others write them: `{"__class__": "datetime", …}` as RFC 3339, decimals as text, and records that a
/// field names (`"party.": {…}`) under the field's name.
pub(super) fn plain(value: Json) -> Json {
    match value {
        Json::Array(all) => Json::Array(all.into_iter().map(plain).collect()),
        Json::Object(object) => match object.get("__class__").and_then(Json::as_str) {
            Some(class) => typed(class, &object),
            None => {
                let mut fields = Map::new();
                // A record goes before its bare number.
                let (records, values): (Vec<_>, Vec<_>) = object.into_iter().partition(|(name, _)| name.ends_with('.'));
                for (name, value) in records {
                    fields.insert(name.trim_end_matches('.').to_owned(), plain(value));
                }
                for (name, value) in values {
                    fields.entry(name).or_insert_with(|| plain(value));
                }
                Json::Object(fields)
            }
        },
        other => other,
    }
}

fn typed(class: &str, object: &Map<String, Json>) -> Json {
    let number = |name: &str| object.get(name).and_then(Json::as_i64).unwrap_or_default();
    let date = || format!("{:04}-{:02}-{:02}", number("year"), number("month"), number("day"));
    match class {
        "datetime" => {
            let (hour, minute, second) = (number("hour"), number("minute"), number("second"));
            json!(format!("{}T{hour:02}:{minute:02}:{second:02}.{:06}Z", date(), number("microsecond")))
        }
        "date" => json!(date()),
        "Decimal" => object.get("decimal").cloned().unwrap_or_default(),
        _ => Json::Null,
    }
}

/// A moment as Tryton reads it, in UTC.
/// A moment in [plain](plain) JSON.
fn told_at(value: &Json) -> Option<Time> {
    value.as_str()?.parse().ok().filter(|at| is_reckonable(*at))
}

fn moment(at: Time) -> Json {
    use chrono::{Datelike, Timelike};
    json!({
        "__class__": "datetime",
        "year": at.year(), "month": at.month(), "day": at.day(),
        "hour": at.hour(), "minute": at.minute(), "second": at.second(),
        "microsecond": at.nanosecond() % 1_000_000_000 / 1000,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_time_that_nobody_can_reckon_with_is_none() {
        assert_eq!(told_at(&json!("-262143-01-01T00:00:00Z")), None);
        assert!(told_at(&json!("2026-01-02T03:04:05Z")).is_some());
    }

    #[test]
    fn values_are_read_as_tryton_writes_them() {
        let row = json!({
            "id": 7,
            "create_date": { "__class__": "datetime", "year": 2026, "month": 1, "day": 2, "hour": 3, "minute": 4,
                "second": 5, "microsecond": 60 },
            "amount": { "__class__": "Decimal", "decimal": "12.50" },
            "party": 5,
            "party.": { "id": 5, "name": "Maya Chen" },
            "employee.": null,
            "notes.": [{ "id": 1, "create_uid.": { "rec_name": "Ana" } }],
        });
        let expected = json!({
            "id": 7,
            "create_date": "2026-01-02T03:04:05.000060Z",
            "amount": "12.50",
            "party": { "id": 5, "name": "Maya Chen" },
            "employee": null,
            "notes": [{ "id": 1, "create_uid": { "rec_name": "Ana" } }],
        });
        assert_eq!(plain(row), expected);
        let at: Time = "2026-01-02T03:04:05.000060Z".parse().unwrap();
        assert_eq!(plain(moment(at)), json!("2026-01-02T03:04:05.000060Z"));
    }

    #[test]
    fn a_place_is_kept_to_the_microsecond_and_looks_back_only_where_a_reading_begins() {
        let place = Place { at: "2026-01-02T03:04:05.000061Z".parse().unwrap(), id: 9, amid: false, found: 0 };
        assert_eq!(Place::of(&place.cursor()).unwrap(), place);
        assert_eq!(place.domain()[0][1], ">=");
        let amid = Place { amid: true, ..place };
        assert_eq!(amid.domain()[0][0], "OR");
        assert_eq!(amid.domain()[0][2][1], json!(["id", ">", 9]));
        assert!(Place::of(&Cursor("12".into())).is_err());
    }
}
