//! What people do in the CRM itself, and what tests look at there.

use chrono::Duration;
use serde_json::{Value, json};

use super::objects::KEY;
use super::state::Row;
use super::{BEN, Salesforce};

fn row(values: &[(&str, Value)]) -> Row {
    values.iter().map(|(name, value)| ((*name).to_owned(), value.clone())).collect()
}

impl Salesforce {
    /// A new record.
    pub fn create(&self, object: &'static str, values: &[(&str, Value)]) -> String {
        self.state().write(object, None, row(values))
    }

    /// So many leads of the rep's, entered in one moment.
    pub fn leads(&self, many: usize) -> Vec<String> {
        let lead = [
            ("FirstName", json!("Maya")),
            ("LastName", json!("Chen")),
            ("Company", json!("Northwind")),
            ("Email", json!("maya@northwind.example")),
            ("LeadSource", json!("Web")),
        ];
        (0..many).map(|_| self.create("Lead", &lead)).collect()
    }

    /// Somebody changes a record.
    pub fn edit(&self, object: &'static str, id: &str, values: &[(&str, Value)]) {
        self.state().write(object, Some(id), row(values));
    }

    /// Somebody else has it now.
    pub fn reassign(&self, id: &str, owner: &str) {
        self.edit("Lead", id, &[("OwnerId", json!(owner))]);
    }

    /// It goes to the bin.
    pub fn delete(&self, id: &str) {
        self.edit("Lead", id, &[("IsDeleted", json!(true))]);
    }

    /// It is gone from the bin too.
    pub fn purge(&self, id: &str) {
        self.state().objects.get_mut("Lead").unwrap().remove(id);
    }

    /// Two leads are made one.
    pub fn merge(&self, winner: &str, loser: &str) {
        self.edit("Lead", loser, &[("IsDeleted", json!(true)), ("MasterRecordId", json!(winner))]);
        self.edit("Lead", winner, &[]);
    }

    /// It becomes a contact.
    pub fn convert(&self, id: &str) {
        self.edit("Lead", id, &[("IsConverted", json!(true)), ("Status", json!("Closed - Converted"))]);
    }

    /// Tokens that let one in are over.
    pub fn expire_access(&self) {
        self.state().oauth.access.clear();
    }

    /// The app is let in no more.
    pub fn revoke(&self) {
        let mut state = self.state();
        state.oauth.access.clear();
        state.oauth.refresh = None;
    }

    /// Time passes.
    pub fn advance(&self, seconds: i64) {
        self.state().ahead += Duration::seconds(seconds);
    }

    /// What a field of a record is.
    pub fn value(&self, object: &str, id: &str, name: &str) -> Value {
        let state = self.state();
        state.row(object, id).map(|row| state.value(row, name)).unwrap_or_default()
    }

    /// The tasks that carry this key.
    pub fn tasks(&self, key: &str) -> Vec<Row> {
        let state = self.state();
        let has = |row: &&Row| row.get(KEY).is_some_and(|value| value == key);
        state.objects["Task"].values().filter(has).cloned().collect()
    }

    /// The leads of this owner that are there.
    pub fn owned(&self, owner: &str) -> Vec<String> {
        let state = self.state();
        let is = |row: &&Row| row["OwnerId"] == owner && row["IsDeleted"] == false;
        state.objects["Lead"].values().filter(is).map(|row| row["Id"].as_str().unwrap().to_owned()).collect()
    }

    /// The other rep takes a lead.
    pub fn give_to_ben(&self, id: &str) {
        self.reassign(id, BEN);
    }

    /// What was asked: how many calls had this in their path.
    pub fn count(&self, path: &str) -> usize {
        self.state().log.iter().filter(|asked| asked.path.contains(path)).count()
    }
}
