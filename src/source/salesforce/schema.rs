//! What an object of the org is made of, as far as this user may see it: a query that names one field more fails as a whole.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value as Json;

/// The fields of an object, and what this user may do with its records.
#[derive(Debug, Default)]
pub(super) struct Schema {
    fields: BTreeMap<String, Field>,
    /// Records that fields name: `Owner` for `OwnerId`.
    relations: BTreeSet<String>,
    pub(super) may_read: bool,
    pub(super) may_create: bool,
    pub(super) may_edit: bool,
}

/// A field.
#[derive(Debug, Default)]
pub(super) struct Field {
    /// Its type, such as `string`.
    pub(super) kind: String,
    /// How many characters it holds, where that is told.
    pub(super) length: Option<u64>,
    /// The values that can be picked, where it is such a field.
    pub(super) picks: Vec<String>,
    /// Whether records can be found by it.
    pub(super) is_external_id: bool,
    pub(super) is_unique: bool,
    pub(super) may_create: bool,
    pub(super) may_edit: bool,
}

impl Schema {
    /// Reads a description; nothing where it is none.
    pub(super) fn read(described: &Json) -> Option<Self> {
        let may = |what: &str| described[what].as_bool().unwrap_or_default();
        let mut schema = Self {
            may_read: may("queryable"),
            may_create: may("createable"),
            may_edit: may("updateable"),
            ..Self::default()
        };
        for field in described["fields"].as_array()? {
            let is = |name: &str| field[name].as_bool().unwrap_or_default();
            let picks = field["picklistValues"].as_array().into_iter().flatten();
            let picks = picks.filter(|pick| pick["active"].as_bool().unwrap_or(true));
            let known = Field {
                kind: field["type"].as_str().unwrap_or_default().to_owned(),
                length: field["length"].as_u64(),
                picks: picks.filter_map(|pick| pick["value"].as_str().map(str::to_owned)).collect(),
                is_external_id: is("externalId"),
                is_unique: is("unique"),
                may_create: is("createable"),
                may_edit: is("updateable"),
            };
            schema.fields.insert(field["name"].as_str()?.to_owned(), known);
            schema.relations.extend(field["relationshipName"].as_str().map(str::to_owned));
        }
        Some(schema)
    }

    /// Whether there is such a field, or a record that one names (`Owner.Name`).
    pub(super) fn has(&self, path: &str) -> bool {
        match path.split_once('.') {
            Some((relation, _)) => self.relations.contains(relation),
            None => self.fields.contains_key(path),
        }
    }

    /// The field of this name.
    pub(super) fn field(&self, name: &str) -> Option<&Field> {
        self.fields.get(name)
    }

    /// Whether a value is one of those of a field. Salesforce takes any into most lists, and then nobody finds the record.
    pub(super) fn has_pick(&self, field: &str, value: &str) -> bool {
        self.field(field).is_some_and(|field| field.picks.is_empty() || field.picks.iter().any(|pick| pick == value))
    }
}
