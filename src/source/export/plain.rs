//! The columns of the full CSV.

use chrono::SecondsFormat;

use crate::handoff::Time;
use crate::source::inert::disarm;

use super::Column;

/// Every field that fits a cell, in the order of a reader's interest. The first five tell the importer's `leadbox`
/// mapping what the file is.
pub(super) const COLUMNS: &[Column] = &[
    ("lead", |row| Some(row.id.to_string())),
    ("source", |row| text(Some(&row.lead.key.source))),
    ("external_id", |row| text(Some(&row.lead.key.external_id))),
    ("handoff", |row| Some(row.handoff.stage.code().into())),
    ("source_stage", |row| text(row.lead.stage.raw.as_ref())),
    ("first_name", |row| text(row.lead.person.first_name.as_ref())),
    ("last_name", |row| text(row.lead.person.last_name.as_ref())),
    ("name", |row| text(row.lead.person.name.as_ref())),
    ("title", |row| text(row.lead.person.title.as_ref())),
    ("email", |row| text(row.lead.person.email.as_ref())),
    ("phone", |row| text(row.lead.person.phone.as_ref())),
    ("mobile", |row| text(row.lead.person.mobile.as_ref())),
    ("linkedin", |row| text(row.lead.person.linkedin.as_ref())),
    ("city", |row| text(row.lead.person.city.as_ref())),
    ("region", |row| text(row.lead.person.region.as_ref())),
    ("country", |row| text(row.lead.person.country.as_ref())),
    ("zone", |row| text(row.lead.person.zone.as_ref())),
    ("do_not_call", |row| Some(row.lead.person.do_not_call.to_string())),
    ("do_not_email", |row| Some(row.lead.person.do_not_email.to_string())),
    ("company", |row| text(row.lead.company.name.as_ref())),
    ("domain", |row| text(row.lead.company.domain.as_ref())),
    ("website", |row| text(row.lead.company.website.as_ref())),
    ("industry", |row| text(row.lead.company.industry.as_ref())),
    ("size", |row| text(row.lead.company.size.as_ref())),
    ("revenue", |row| text(row.lead.company.revenue.as_ref())),
    ("url", |row| text(row.lead.url.as_ref())),
    ("owner", |row| text(row.lead.owner.as_ref())),
    ("created_at", |row| time(row.lead.created_at)),
    ("mql_at", |row| time(Some(row.handoff.mql_at))),
    ("assigned_at", |row| time(Some(row.handoff.assigned_at))),
    ("trigger", |row| row.lead.trigger.as_ref().map(|trigger| trigger.kind.code().into())),
    ("trigger_what", |row| text(row.lead.trigger.as_ref().map(|trigger| &trigger.what))),
    ("lead_source", |row| text(row.lead.attribution.source.as_ref())),
    ("campaign", |row| text(row.lead.attribution.campaign.as_ref())),
    ("medium", |row| text(row.lead.attribution.medium.as_ref())),
    ("category", |row| row.lead.category.map(|category| category.code().into())),
    ("score", |row| row.lead.score.as_ref().map(|score| score.total.to_string())),
    ("fit", |row| row.lead.score.as_ref()?.fit.map(|points| points.to_string())),
    ("intent", |row| row.lead.score.as_ref()?.intent.map(|points| points.to_string())),
    ("behavior", |row| row.lead.score.as_ref()?.behavior.map(|points| points.to_string())),
    ("message", |row| text(row.lead.message.as_ref())),
    ("answered_at", |row| time(row.handoff.answered_at)),
    ("accepted_at", |row| time(row.handoff.accepted_at)),
    ("first_attempt_at", |row| time(row.handoff.first_attempt_at)),
    ("last_touch_at", |row| time(row.handoff.last_touch_at)),
    ("connected_at", |row| time(row.handoff.connected_at)),
    ("touches", |row| Some(row.handoff.touches.count.to_string())),
    ("next_step", |row| text(row.handoff.next_step.as_ref().map(|step| &step.what))),
    ("next_step_at", |row| time(row.handoff.next_step.as_ref().map(|step| step.at))),
    ("rejection_reason", |row| text(row.handoff.rejection.as_ref().map(|rejection| &rejection.code))),
    ("rejection_detail", |row| text(row.handoff.rejection.as_ref()?.sub.as_ref())),
    ("rejection_evidence", |row| text(row.handoff.rejection.as_ref()?.evidence.as_ref())),
    ("rejection_note", |row| text(row.handoff.rejection.as_ref()?.note.as_ref())),
    ("deferred_until", |row| time(row.handoff.deferral.as_ref().map(|deferral| deferral.until))),
    ("deferred_why", |row| text(row.handoff.deferral.as_ref().map(|deferral| &deferral.why))),
    ("problem", |row| text(row.handoff.qualification.as_ref().map(|sql| &sql.problem))),
    ("authority", |row| text(row.handoff.qualification.as_ref().map(|sql| &sql.authority))),
    ("sql_next_step", |row| text(row.handoff.qualification.as_ref().map(|sql| &sql.next_step))),
    ("recycled", |row| row.handoff.recycled.and_then(|cause| word(&cause))),
    ("closed_at", |row| time(row.handoff.closed_at)),
    ("whole", |row| Some(row.is_whole.to_string())),
    ("extras", |row| (!row.lead.extras.is_empty()).then(|| word(&row.lead.extras)).flatten()),
];

/// A text from outside, disarmed.
pub(super) fn text(text: Option<&String>) -> Option<String> {
    text.map(|text| disarm(text).into_owned())
}

/// A time in RFC 3339, in UTC.
pub(super) fn time(time: Option<Time>) -> Option<String> {
    time.map(|time| time.to_rfc3339_opts(SecondsFormat::AutoSi, true))
}

/// A value as its JSON; the bare word for those that are one.
fn word(value: &impl serde::Serialize) -> Option<String> {
    match serde_json::to_value(value).ok()? {
        serde_json::Value::String(word) => Some(word),
        other => Some(disarm(&other.to_string()).into_owned()),
    }
}
