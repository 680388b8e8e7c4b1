//! What an object of the org is made of, as far as this user may see it: a query that names one field more fails as a whole.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value as Json;

/// The fields of an object.
#[derive(Debug, Default)]
pub(super) struct Schema {
    fields: BTreeMap<String, Field>,
    /// Records that fields name: `Owner` for `OwnerId`.
    relations: BTreeSet<String>,
}

#[derive(Debug, Default)]
struct Field {
    /// The values that can be picked, where it is such a field.
    picks: Vec<String>,
    is_external_id: bool,
    may_write: bool,
}

impl Schema {
    /// Reads a description; nothing where it is none.
    pub(super) fn read(described: &Json) -> Option<Self> {
        let mut schema = Self::default();
        for field in described["fields"].as_array()? {
            let is = |name: &str| field[name].as_bool().unwrap_or_default();
            let picks = field["picklistValues"].as_array().into_iter().flatten();
            let picks = picks.filter(|pick| pick["active"].as_bool().unwrap_or(true));
            let picks = picks.filter_map(|pick| pick["value"].as_str().map(str::to_owned)).collect();
            let is_external_id = is("externalId");
            let may_write = is("updateable") || is("createable");
            schema.fields.insert(field["name"].as_str()?.to_owned(), Field { picks, is_external_id, may_write });
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

    /// Whether records can be found by this field of ours.
    pub(super) fn is_external_id(&self, name: &str) -> bool {
        self.fields.get(name).is_some_and(|field| field.is_external_id)
    }

    /// Whether we may write this field.
    pub(super) fn may_write(&self, name: &str) -> bool {
        self.fields.get(name).is_some_and(|field| field.may_write)
    }

    /// Whether a value is one of those of a field. Salesforce takes any into most lists, and then nobody finds the record.
    pub(super) fn has_pick(&self, field: &str, value: &str) -> bool {
        self.fields
            .get(field)
            .is_some_and(|field| field.picks.is_empty() || field.picks.iter().any(|pick| pick == value))
    }
}
