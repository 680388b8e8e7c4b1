//! What a sender says of a person, written over what is known. Anybody can fill a form in with somebody's address: of a
//! lead that a rep holds, it moves no contact data.

use std::collections::BTreeMap;

use serde::Serialize;
use serde_json::Value;

use super::error::HubError;
use crate::handoff::Time;
use crate::handoff::activity::{Activity, ActivityKind, Direction};
use crate::handoff::lead::Lead;
use crate::wire::intake::Item;

/// The most that is kept beside a record: so many fields, and so many bytes in all. Whoever fills a form in can name more.
const MOST_EXTRAS: usize = 500;
const LONGEST_EXTRAS: usize = 256 * 1024;

type Extras = BTreeMap<String, String>;

/// A field that changed, for the log.
#[derive(Debug, PartialEq, Serialize)]
pub(super) struct Change {
    /// As in the lead's JSON: `person.phone`.
    field: String,
    from: Value,
    to: Value,
}

/// What came of a sender's word.
#[derive(Debug, Default)]
pub(super) struct Told {
    /// What it changed of the person and the company.
    pub(super) changes: Vec<Change>,
    /// What it says otherwise than the record, which stays: `phone “+34 600”`.
    pub(super) otherwise: Vec<String>,
}

impl Told {
    /// What was said otherwise, as the rep finds it in the trail.
    pub(super) fn note(&self, source: &str, key: &str, now: Time) -> Option<Activity> {
        let said = (!self.otherwise.is_empty()).then(|| self.otherwise.join(", "))?;
        Some(Activity {
            external_id: format!("{key}/otherwise"),
            kind: ActivityKind::Note,
            direction: Direction::Inbound,
            at: Some(now),
            actor: None,
            outcome: None,
            text: format!("{source} says otherwise, and the record stays as it is: {said}"),
            url: None,
        })
    }
}

/// Writes what the sender says over what is known. Where somebody holds the lead, its contact data only have their gaps
/// filled.
pub(super) fn tell(lead: &mut Lead, item: &Item, source: &str, is_held: bool) -> Result<Told, HubError> {
    let before = lead.clone();
    write(lead, item, source);
    let otherwise = if is_held { keep(lead, &before) } else { Vec::new() };
    let mut changes = Vec::new();
    for (group, from, to) in [
        ("person", serde_json::to_value(&before.person)?, serde_json::to_value(&lead.person)?),
        ("company", serde_json::to_value(&before.company)?, serde_json::to_value(&lead.company)?),
    ] {
        let names = [&from, &to].into_iter().filter_map(Value::as_object).flat_map(|fields| fields.keys());
        let names: std::collections::BTreeSet<&String> = names.collect();
        let changed = names.into_iter().filter(|name| from.get(name.as_str()) != to.get(name.as_str()));
        changes.extend(changed.map(|name| Change {
            field: format!("{group}.{name}"),
            from: from.get(name).cloned().unwrap_or_default(),
            to: to.get(name).cloned().unwrap_or_default(),
        }));
    }
    Ok(Told { changes, otherwise })
}

/// Puts the contact data back that were known; what was said instead.
fn keep(lead: &mut Lead, before: &Lead) -> Vec<String> {
    let (told, known) = (&mut lead.person, &before.person);
    let fields = [
        ("first name", &mut told.first_name, &known.first_name),
        ("last name", &mut told.last_name, &known.last_name),
        ("name", &mut told.name, &known.name),
        ("e-mail", &mut told.email, &known.email),
        ("phone", &mut told.phone, &known.phone),
        ("mobile", &mut told.mobile, &known.mobile),
    ];
    let mut otherwise = Vec::new();
    for (name, told, known) in fields {
        let Some(was) = known.as_deref().filter(|known| !known.trim().is_empty()) else { continue };
        match told.as_deref() {
            Some(said) if said != was => {
                if !said.eq_ignore_ascii_case(was) {
                    otherwise.push(format!("{name} “{said}”"));
                }
                told.clone_from(known);
            }
            _ => {}
        }
    }
    otherwise
}

/// Writes what the sender says over what is known; what it leaves out stays.
fn write(lead: &mut Lead, item: &Item, source: &str) {
    fn set(into: &mut Option<String>, told: &Option<String>) {
        if let Some(told) = told.as_deref().map(str::trim).filter(|told| !told.is_empty()) {
            *into = Some(told.to_owned());
        }
    }
    let (person, company, said) = (&mut lead.person, &mut lead.company, &item.person);
    set(&mut person.first_name, &said.first_name);
    set(&mut person.last_name, &said.last_name);
    set(&mut person.name, &said.name);
    set(&mut person.title, &said.title);
    set(&mut person.email, &said.email);
    set(&mut person.phone, &said.phone);
    set(&mut person.mobile, &said.mobile);
    set(&mut person.linkedin, &said.linkedin);
    set(&mut person.city, &said.city);
    set(&mut person.region, &said.region);
    set(&mut person.country, &said.country);
    set(&mut person.zone, &said.zone);
    // Whoever asked not to be contacted has asked: no form takes that back.
    person.do_not_call |= said.do_not_call.unwrap_or_default();
    person.do_not_email |= said.do_not_email.unwrap_or_default();
    let said = &item.company;
    set(&mut company.name, &said.name);
    set(&mut company.domain, &said.domain);
    set(&mut company.industry, &said.industry);
    set(&mut company.size, &said.size);
    set(&mut company.revenue, &said.revenue);
    set(&mut company.city, &said.city);
    set(&mut company.country, &said.country);
    if !said.tech.is_empty() {
        company.tech.clone_from(&said.tech);
    }
    if !said.news.is_empty() {
        company.news.clone_from(&said.news);
    }
    set(&mut lead.attribution.source, &item.lead_source);
    set(&mut lead.attribution.campaign, &item.campaign);
    set(&mut lead.attribution.message, &item.campaign_message);
    set(&mut lead.attribution.medium, &item.medium);
    // The rules of the SLA may go by the source, and a laptop knows this lead by the hub's name only.
    if lead.attribution.source.is_none() && !source.is_empty() {
        lead.attribution.source = Some(source.to_owned());
    }
    set(&mut lead.message, &item.message);
    add_extras(&mut lead.extras, &item.extras);
}

/// Adds what there is room for; how many there was none for.
pub(super) fn add_extras(kept: &mut Extras, told: &Extras) -> u32 {
    let mut long: usize = kept.iter().map(|(name, value)| name.len() + value.len()).sum();
    let mut left_out = 0;
    for (name, value) in told {
        let before = kept.get(name).map_or(0, |value| name.len() + value.len());
        let after = long - before + name.len() + value.len();
        if after <= LONGEST_EXTRAS && (before > 0 || kept.len() < MOST_EXTRAS) {
            kept.insert(name.clone(), value.clone());
            long = after;
        } else {
            left_out += 1;
        }
    }
    left_out
}

#[cfg(test)]
mod tests {
    use super::*;

    fn item(json: Value) -> Item {
        serde_json::from_value(json).unwrap()
    }

    #[test]
    fn of_a_lead_that_is_held_a_form_fills_gaps_and_moves_no_contact_data() {
        let mut lead = Lead::default();
        let first = serde_json::json!({ "key": "1", "person": { "name": "Ada", "email": "ada@n.example", "do_not_call": true } });
        assert_eq!(tell(&mut lead, &item(first), "web", false).unwrap().otherwise, Vec::<String>::new());
        let person = serde_json::json!({
            "name": "Eve", "email": "ADA@n.example", "phone": "+34 1", "title": "CEO", "do_not_call": false,
        });
        let forged = item(serde_json::json!({ "key": "2", "person": person }));
        let mut held = lead.clone();
        let told = tell(&mut held, &forged, "web", true).unwrap();
        let person = &held.person;
        assert_eq!(person.name.as_deref(), Some("Ada"));
        assert_eq!((person.email.as_deref(), person.phone.as_deref()), (Some("ada@n.example"), Some("+34 1")));
        assert!(person.do_not_call, "nobody but they themself takes that back");
        assert_eq!(told.otherwise, ["name “Eve”"]);
        let fields: Vec<&str> = told.changes.iter().map(|change| change.field.as_str()).collect();
        assert_eq!(fields, ["person.phone", "person.title"]);
        assert_eq!((&told.changes[1].from, &told.changes[1].to), (&Value::Null, &Value::from("CEO")));
        assert!(told.note("web", "2", Time::UNIX_EPOCH).unwrap().text.contains("name “Eve”"));
        // Before anybody holds it, the newest word counts.
        tell(&mut lead, &forged, "web", false).unwrap();
        assert_eq!(lead.person.name.as_deref(), Some("Eve"));
    }

    #[test]
    fn beside_a_record_there_is_room_for_so_much_and_no_more() {
        let mut lead = Lead::default();
        let extras = |from: usize, to: usize, value: &str| {
            let extras: serde_json::Map<String, Value> =
                (from..to).map(|n| (format!("f{n:04}"), value.into())).collect();
            item(serde_json::json!({ "key": "1", "extras": extras }))
        };
        tell(&mut lead, &extras(0, 300, "x"), "web", false).unwrap();
        tell(&mut lead, &extras(290, 600, "y"), "web", false).unwrap();
        assert_eq!((lead.extras.len(), lead.extras["f0299"].as_str()), (MOST_EXTRAS, "y"));
        tell(&mut lead, &extras(0, 20, &"z".repeat(16_000)), "web", false).unwrap();
        let long: usize = lead.extras.iter().map(|(name, value)| name.len() + value.len()).sum();
        assert!((LONGEST_EXTRAS - 16_000..=LONGEST_EXTRAS).contains(&long), "{long}");
    }

    #[test]
    fn what_a_campaign_said_is_no_message_of_theirs() {
        let mut lead = Lead::default();
        let said = serde_json::json!({ "key": "1", "campaign_message": "try the robot", "message": "call me" });
        tell(&mut lead, &item(said), "web", false).unwrap();
        assert_eq!(
            (lead.attribution.message.as_deref(), lead.message.as_deref()),
            (Some("try the robot"), Some("call me"))
        );
    }
}
