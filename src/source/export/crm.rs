//! The columns that the importers of HubSpot and Salesforce take.
//!
//! A record's own id is given only where it came from that CRM, so that it is updated there; others are made anew.
//! What Leadbox did not touch leaves the status empty: both importers pass over empty cells. The reasons go into
//! columns of our own, since neither standard object has a field for them; an importer lets one map or ignore them.

use crate::handoff::state::{Handoff, Stage};
use crate::source::inert::dialable;

use super::plain::{text, time};
use super::{Column, ExportRow};

/// HubSpot's contact importer, with the column names of its own export.
pub(super) const HUBSPOT: &[Column] = &[
    ("Record ID", |row| own_id(row, "hubspot")),
    ("First Name", |row| text(first_name(row).as_ref())),
    ("Last Name", |row| text(last_name(row).as_ref())),
    ("Email", |row| text(row.lead.person.email.as_ref())),
    ("Phone Number", |row| phone(row.lead.person.phone.as_ref())),
    ("Mobile Phone Number", |row| phone(row.lead.person.mobile.as_ref())),
    ("Job Title", |row| text(row.lead.person.title.as_ref())),
    ("Contact owner", |row| text(row.lead.owner.as_ref())),
    ("Lifecycle Stage", |row| word(row, hubspot_lifecycle)),
    ("Lead Status", |row| word(row, hubspot_status)),
    ("Company Name", |row| text(row.lead.company.name.as_ref())),
    ("Website URL", |row| text(row.lead.company.website.as_ref().or(row.lead.company.domain.as_ref()))),
    ("Industry", |row| text(row.lead.company.industry.as_ref())),
    ("City", |row| text(row.lead.person.city.as_ref())),
    ("State/Region", |row| text(row.lead.person.region.as_ref())),
    ("Country/Region", |row| text(row.lead.person.country.as_ref())),
    ("Leadbox Stage", |row| Some(row.handoff.stage.code().into())),
    ("Leadbox Rejection Reason", reason),
    ("Leadbox Note", note),
    ("Leadbox First Contact", |row| time(row.handoff.first_attempt_at)),
    ("Leadbox Touches", |row| Some(row.handoff.touches.count.to_string())),
];

/// Salesforce's import wizard and Data Loader, with API names. `LastName` and `Company` are required there.
pub(super) const SALESFORCE: &[Column] = &[
    ("Id", |row| own_id(row, "salesforce")),
    ("FirstName", |row| text(first_name(row).as_ref())),
    ("LastName", |row| text(last_name(row).or_else(|| Some(row.lead.display_name())).as_ref())),
    ("Company", |row| {
        let company = &row.lead.company;
        text(company.name.as_ref().or(company.domain.as_ref())).or_else(|| Some("[not provided]".into()))
    }),
    ("Title", |row| text(row.lead.person.title.as_ref())),
    ("Email", |row| text(row.lead.person.email.as_ref())),
    ("Phone", |row| phone(row.lead.person.phone.as_ref())),
    ("MobilePhone", |row| phone(row.lead.person.mobile.as_ref())),
    ("Website", |row| text(row.lead.company.website.as_ref().or(row.lead.company.domain.as_ref()))),
    ("Industry", |row| text(row.lead.company.industry.as_ref())),
    ("City", |row| text(row.lead.person.city.as_ref())),
    ("State", |row| text(row.lead.person.region.as_ref())),
    ("Country", |row| text(row.lead.person.country.as_ref())),
    ("LeadSource", |row| text(row.lead.attribution.source.as_ref())),
    ("Status", |row| word(row, salesforce_status)),
    ("Leadbox_Stage__c", |row| Some(row.handoff.stage.code().into())),
    ("Leadbox_Rejection_Reason__c", reason),
    ("Leadbox_Note__c", note),
    ("Leadbox_First_Contact__c", |row| time(row.handoff.first_attempt_at)),
    ("Leadbox_Touches__c", |row| Some(row.handoff.touches.count.to_string())),
];

fn own_id(row: &ExportRow, source: &str) -> Option<String> {
    (row.lead.key.source == source).then(|| text(Some(&row.lead.key.external_id))).flatten()
}

fn phone(number: Option<&String>) -> Option<String> {
    number.map(|number| dialable(number).into_owned())
}

/// The given name; a whole name is parted at its last blank.
fn first_name(row: &ExportRow) -> Option<String> {
    let person = &row.lead.person;
    if person.first_name.is_some() || person.last_name.is_some() {
        return person.first_name.clone();
    }
    person.name.as_ref()?.trim().rsplit_once(' ').map(|(first, _)| first.to_owned())
}

fn last_name(row: &ExportRow) -> Option<String> {
    let person = &row.lead.person;
    if person.first_name.is_some() || person.last_name.is_some() {
        return person.last_name.clone();
    }
    let name = person.name.as_ref()?.trim();
    Some(name.rsplit_once(' ').map_or(name, |(_, last)| last).to_owned())
}

/// A CRM's word for where the lead stands, if something was done with it here.
fn word(row: &ExportRow, of: fn(&Handoff) -> Option<&'static str>) -> Option<String> {
    (row.handoff.seq > 0).then(|| of(row.handoff)).flatten().map(str::to_owned)
}

fn hubspot_status(handoff: &Handoff) -> Option<&'static str> {
    Some(match handoff.stage {
        Stage::Assigned => "New",
        Stage::Accepted | Stage::Deferred => "In Progress",
        Stage::Attempted => "Attempted to Contact",
        Stage::Connected | Stage::Sql => "Connected",
        Stage::Rejected if is_timing(handoff) => "Bad Timing",
        Stage::Rejected => "Unqualified",
        Stage::Recycled => "Bad Timing",
        Stage::Opportunity => "Open Deal",
        _ => return None,
    })
}

fn hubspot_lifecycle(handoff: &Handoff) -> Option<&'static str> {
    match handoff.stage {
        Stage::Sql => Some("Sales Qualified Lead"),
        Stage::Opportunity => Some("Opportunity"),
        _ => None,
    }
}

/// The words of the standard picklist. Converting is done in Salesforce, so an SQL is left at "contacted". The list has
/// no word for a deferral: it stands where it stood, contacted or not, and its end goes into the notes. Not tried on a
/// live Salesforce.
fn salesforce_status(handoff: &Handoff) -> Option<&'static str> {
    Some(match handoff.stage {
        Stage::Assigned | Stage::Accepted => "Open - Not Contacted",
        Stage::Deferred if handoff.first_attempt_at.is_none() => "Open - Not Contacted",
        Stage::Attempted | Stage::Connected | Stage::Deferred | Stage::Sql | Stage::Opportunity => {
            "Working - Contacted"
        }
        Stage::Rejected | Stage::Recycled => "Closed - Not Converted",
        _ => return None,
    })
}

fn is_timing(handoff: &Handoff) -> bool {
    handoff.rejection.as_ref().is_some_and(|rejection| rejection.code == "timing_premature")
}

fn reason(row: &ExportRow) -> Option<String> {
    let rejection = row.handoff.rejection.as_ref()?;
    let code = match &rejection.sub {
        Some(sub) => format!("{}/{sub}", rejection.code),
        None => rejection.code.clone(),
    };
    text(Some(&code))
}

/// Whatever the rep said about the disposition that holds.
fn note(row: &ExportRow) -> Option<String> {
    let handoff = row.handoff;
    let rejection = handoff.rejection.iter().flat_map(|rejection| [&rejection.evidence, &rejection.note]).flatten();
    let mut notes: Vec<String> = rejection.cloned().collect();
    if let Some(deferral) = &handoff.deferral {
        notes.push(format!("deferred until {}: {}", deferral.until.format("%F"), deferral.why));
    }
    if let Some(sql) = &handoff.qualification {
        notes.push(format!("problem: {}; authority: {}; next step: {}", sql.problem, sql.authority, sql.next_step));
    }
    notes.dedup();
    text((!notes.is_empty()).then(|| notes.join(" · ")).as_ref())
}
