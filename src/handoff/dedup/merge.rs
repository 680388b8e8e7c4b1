//! Merging two records of one lead: the older one stays and has its gaps filled, and every change can be taken back.

use std::cmp::Ordering;

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::super::lead::{Company, Lead, LeadKey, Person};

/// One field that a merge filled.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct FieldChange {
    /// The field, as in the lead's JSON: `person.phone`, `extras.plan`.
    pub field: String,
    /// What stood there: nothing (`null`, `[]` …), or `false` for a consent that was then withdrawn.
    pub from: Value,
    /// What stands there now, as JSON.
    pub to: Value,
    /// The record that it came from.
    pub origin: LeadKey,
}

/// The two leads in the order of their age: the first survives a merge, and keeps its owner (F37). By when they were
/// made, else by when they became MQLs; of equals, by their keys.
pub fn older_first<'a>(a: &'a Lead, b: &'a Lead) -> (&'a Lead, &'a Lead) {
    let age = |lead: &Lead| lead.created_at.or(lead.mql_at);
    let order = match (age(a), age(b)) {
        (Some(a), Some(b)) => a.cmp(&b),
        // What nobody knows the age of was there before what came today.
        (None, Some(_)) => Ordering::Less,
        (Some(_), None) => Ordering::Greater,
        (None, None) => Ordering::Equal,
    };
    if order.then_with(|| a.key.cmp(&b.key)).is_le() { (a, b) } else { (b, a) }
}

/// The older lead with its gaps filled from the newer one, and what was filled. Nothing that the older one knows is
/// overwritten. Whose it is, where it stands, why it was routed and what was checked stay as they are. Someone who asked
/// in either record not to be contacted has asked. The trails are the caller's to unite.
pub fn merge(older: &Lead, newer: &Lead) -> (Lead, Vec<FieldChange>) {
    let mut merged = older.clone();
    let mut fill = Fill { origin: &newer.key, changes: Vec::new() };
    visit(&mut merged, newer, &mut fill);
    (merged, fill.changes)
}

/// The lead as it was before these changes of one merge. A field that was changed since stays as it is.
pub fn undo(lead: &Lead, changes: &[FieldChange]) -> Lead {
    let mut undone = lead.clone();
    visit(&mut undone, lead, &mut Undo { changes });
    undone
}

/// What is done with each field that a merge may fill.
trait Visit {
    fn field<T: Gap>(&mut self, name: &str, into: &mut T, from: &T);
}

/// A value that may be missing.
trait Gap: Clone + Default + PartialEq + Serialize {}
impl<T: Clone + Default + PartialEq + Serialize> Gap for T {}

struct Fill<'a> {
    origin: &'a LeadKey,
    changes: Vec<FieldChange>,
}

impl Visit for Fill<'_> {
    fn field<T: Gap>(&mut self, name: &str, into: &mut T, from: &T) {
        if *into == T::default() && *from != T::default() {
            let (field, origin) = (name.to_owned(), self.origin.clone());
            self.changes.push(FieldChange { field, from: json(into), to: json(from), origin });
            *into = from.clone();
        }
    }
}

struct Undo<'a> {
    changes: &'a [FieldChange],
}

impl Visit for Undo<'_> {
    fn field<T: Gap>(&mut self, name: &str, into: &mut T, _: &T) {
        if self.changes.iter().any(|change| change.field == name && change.to == json(into)) {
            *into = T::default();
        }
    }
}

fn json(value: &impl Serialize) -> Value {
    serde_json::to_value(value).unwrap_or_default()
}

/// Visits the fields that a merge may fill. A field that is new to the lead must be thought of here.
fn visit(into: &mut Lead, from: &Lead, to: &mut impl Visit) {
    let Lead {
        key: _,
        // The page of the other record, and whose that one is.
        url: _,
        owner_id: _,
        person,
        company,
        owner,
        stage: _,
        created_at,
        mql_at,
        assigned_at: _,
        trigger,
        attribution,
        score,
        category,
        routing: _,
        preflight: _,
        message,
        extras,
    } = into;
    visit_person(person, &from.person, to);
    visit_company(company, &from.company, to);
    to.field("owner", owner, &from.owner);
    to.field("created_at", created_at, &from.created_at);
    to.field("mql_at", mql_at, &from.mql_at);
    to.field("trigger", trigger, &from.trigger);
    // Source and campaign of two visits together would be a third that never was.
    to.field("attribution", attribution, &from.attribution);
    to.field("score", score, &from.score);
    to.field("category", category, &from.category);
    to.field("message", message, &from.message);
    for (name, told) in &from.extras {
        let mut known = extras.remove(name);
        to.field(&format!("extras.{name}"), &mut known, &Some(told.clone()));
        extras.extend(known.map(|known| (name.clone(), known)));
    }
}

fn visit_person(into: &mut Person, from: &Person, to: &mut impl Visit) {
    let Person {
        first_name,
        last_name,
        name,
        title,
        email,
        phone,
        mobile,
        linkedin,
        city,
        region,
        country,
        zone,
        do_not_call,
        do_not_email,
    } = into;
    to.field("person.first_name", first_name, &from.first_name);
    to.field("person.last_name", last_name, &from.last_name);
    to.field("person.name", name, &from.name);
    to.field("person.title", title, &from.title);
    to.field("person.email", email, &from.email);
    to.field("person.phone", phone, &from.phone);
    to.field("person.mobile", mobile, &from.mobile);
    to.field("person.linkedin", linkedin, &from.linkedin);
    to.field("person.city", city, &from.city);
    to.field("person.region", region, &from.region);
    to.field("person.country", country, &from.country);
    to.field("person.zone", zone, &from.zone);
    to.field("person.do_not_call", do_not_call, &from.do_not_call);
    to.field("person.do_not_email", do_not_email, &from.do_not_email);
}

fn visit_company(into: &mut Company, from: &Company, to: &mut impl Visit) {
    let Company {
        name,
        domain,
        website,
        industry,
        size,
        revenue,
        city,
        country,
        tech,
        news,
        // They speak of all facts together, and the facts that were there came from elsewhere.
        provided_by: _,
        as_of: _,
    } = into;
    to.field("company.name", name, &from.name);
    to.field("company.domain", domain, &from.domain);
    to.field("company.website", website, &from.website);
    to.field("company.industry", industry, &from.industry);
    to.field("company.size", size, &from.size);
    to.field("company.revenue", revenue, &from.revenue);
    to.field("company.city", city, &from.city);
    to.field("company.country", country, &from.country);
    to.field("company.tech", tech, &from.tech);
    to.field("company.news", news, &from.news);
}
