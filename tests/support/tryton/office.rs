//! What the others in the office do meanwhile, as the administrator, and what the tests look at there.

use serde_json::{Value, json};

use super::Tryton;

const MODEL: &str = "model.sale.opportunity";

/// A lead that marketing hands over.
#[derive(Clone, Debug, Default)]
pub struct NewLead<'a> {
    /// The person or company; without a name there is no party, and the lead cannot be accepted.
    pub name: &'a str,
    /// Or empty.
    pub email: &'a str,
    /// Or empty.
    pub phone: &'a str,
    /// Number of the employee.
    pub employee: Option<i64>,
    /// One line.
    pub description: &'a str,
    /// Many lines.
    pub comment: &'a str,
}

impl Tryton {
    /// Makes a lead; its id.
    pub fn create_lead(&self, lead: &NewLead) -> i64 {
        self.create_leads(std::slice::from_ref(lead))[0]
    }

    /// Makes leads in one transaction: they are of the same time. Their ids.
    pub fn create_leads(&self, leads: &[NewLead]) -> Vec<i64> {
        let parties: Vec<Value> = leads.iter().filter(|lead| !lead.name.is_empty()).map(party).collect();
        let mut parties = ids(&self.as_admin("model.party.party.create", json!([parties]))).into_iter();
        let leads = leads.iter().map(|lead| {
            let party = if lead.name.is_empty() { None } else { parties.next() };
            let (description, comment) = (lead.description, lead.comment);
            json!({"party": party, "employee": lead.employee, "description": description, "comment": comment})
        });
        ids(&self.as_admin(&format!("{MODEL}.create"), json!([leads.collect::<Vec<Value>>()])))
    }

    /// Gives a lead to this employee.
    pub fn set_employee(&self, lead: i64, employee: Option<i64>) {
        self.write(lead, json!({"employee": employee}));
    }

    /// Writes fields of a lead.
    pub fn write(&self, lead: i64, values: Value) {
        self.as_admin(&format!("{MODEL}.write"), json!([[lead], values]));
    }

    /// Presses a button: `opportunity`, `lost`, `cancel`, `lead` or `convert`.
    pub fn press(&self, lead: i64, button: &str) {
        self.as_admin(&format!("{MODEL}.{button}"), json!([[lead]]));
    }

    /// Loses a lead for this reason.
    pub fn lose(&self, lead: i64, reason: &str) {
        self.write(lead, json!({"lost_reason": reason}));
        self.press(lead, "lost");
    }

    /// Makes an opportunity of a lead and a sale of that.
    pub fn convert(&self, lead: i64) {
        if self.state(lead).as_deref() == Some("lead") {
            self.press(lead, "opportunity");
        }
        self.press(lead, "convert");
    }

    /// Deletes a lead, which is cancelled first: no other can be.
    pub fn delete(&self, lead: i64) {
        if self.state(lead).as_deref() != Some("cancelled") {
            self.press(lead, "cancel");
        }
        self.as_admin(&format!("{MODEL}.delete"), json!([[lead]]));
    }

    /// Writes a note to a lead.
    pub fn add_note(&self, lead: i64, text: &str) {
        let note = json!({"resource": format!("sale.opportunity,{lead}"), "message": text});
        self.as_admin("model.ir.note.create", json!([[note]]));
    }

    /// These fields of a lead; nothing when it is not there.
    pub fn lead(&self, lead: i64, fields: &[&str]) -> Option<Value> {
        let params = json!([[["id", "=", lead]], 0, 1, null, fields]);
        self.as_admin(&format!("{MODEL}.search_read"), params).as_array_mut().unwrap().pop()
    }

    /// A lead's state; nothing when it is not there.
    pub fn state(&self, lead: i64) -> Option<String> {
        self.lead(lead, &["state"]).map(|lead| lead["state"].as_str().unwrap().to_owned())
    }

    /// Why a lead was lost.
    pub fn lost_reason(&self, lead: i64) -> Option<String> {
        self.lead(lead, &["lost_reason"])?["lost_reason"].as_str().map(str::to_owned)
    }

    /// The notes of a lead, the oldest first.
    pub fn notes(&self, lead: i64) -> Vec<String> {
        let domain = json!([["resource", "=", format!("sale.opportunity,{lead}")]]);
        let notes = self.as_admin("model.ir.note.search_read", json!([domain, 0, null, [["id", "ASC"]], ["message"]]));
        notes.as_array().unwrap().iter().map(|note| note["message"].as_str().unwrap().to_owned()).collect()
    }

    /// How many notes of all leads have this in their text.
    pub fn count_notes(&self, marker: &str) -> usize {
        // Not by the server, for which some characters stand for any other.
        let notes = self.as_admin("model.ir.note.search_read", json!([[], 0, null, null, ["message"]]));
        let notes = notes.as_array().unwrap().iter();
        notes.filter(|note| note["message"].as_str().unwrap().contains(marker)).count()
    }

    /// All leads with their states.
    pub fn all(&self) -> Vec<(i64, String)> {
        let params = json!([[], 0, null, [["id", "ASC"]], ["state"]]);
        let leads = self.as_admin(&format!("{MODEL}.search_read"), params);
        let state = |lead: &Value| (lead["id"].as_i64().unwrap(), lead["state"].as_str().unwrap().to_owned());
        leads.as_array().unwrap().iter().map(state).collect()
    }

    /// The number of the employee who signs in so.
    pub fn employee(&self, login: &str) -> i64 {
        let params = json!([[["login", "=", login]], 0, 1, null, ["employee"]]);
        let users = self.as_admin("model.res.user.search_read", params);
        users[0]["employee"].as_i64().unwrap_or_else(|| panic!("{login} is nobody's employee: {users}"))
    }

    /// An employee has this name from now on.
    pub fn rename(&self, employee: i64, name: &str) {
        let found = self.as_admin("model.company.employee.read", json!([[employee], ["party"]]));
        self.as_admin("model.party.party.write", json!([[found[0]["party"]], {"name": name}]));
    }

    /// Lets this user in, or no more.
    pub fn set_active(&self, login: &str, is_active: bool) {
        let of = json!([["login", "=", login], ["active", "in", [true, false]]]);
        let user = self.as_admin("model.res.user.search", json!([of, 0, 1, null]))[0].as_i64().unwrap();
        self.as_admin("model.res.user.write", json!([[user], {"active": is_active}]));
    }

    /// Calls a method as the administrator, and it must succeed.
    pub fn as_admin(&self, method: &str, params: Value) -> Value {
        self.call(&self.admin, method, params)
    }
}

/// A party with its e-mail address and telephone, as a record to be made.
fn party(lead: &NewLead) -> Value {
    let ways = [("email", lead.email), ("phone", lead.phone)].into_iter().filter(|(_, value)| !value.is_empty());
    let ways: Vec<Value> = ways.map(|(kind, value)| json!({"type": kind, "value": value})).collect();
    json!({"name": lead.name, "addresses": [["create", [{}]]], "contact_mechanisms": [["create", ways]]})
}

fn ids(answer: &Value) -> Vec<i64> {
    answer.as_array().unwrap().iter().map(|id| id.as_i64().unwrap()).collect()
}
