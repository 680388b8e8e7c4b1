//! A lead as a source tells it, put into the message by which a sender tells a hub of it.

use std::collections::BTreeMap;

use crate::handoff::Time;
use crate::handoff::activity::Activity;
use crate::handoff::arrival::{Arrival, Told};
use crate::handoff::dedup::host;
use crate::handoff::lead::Lead;
use crate::handoff::state::Stage;
use crate::wire::intake::{ActivityIn, CompanyIn, Item, PersonIn};

/// Whether the lead's handoff is over in its source: nobody at the hub has to answer it any more. One that went back to
/// marketing is not: it may come again.
pub fn is_over(lead: &Lead) -> bool {
    lead.stage.canonical.is_some_and(|stage| stage.is_closed() && stage != Stage::Recycled)
}

/// The message, still without its key. What a hub decides for itself (stage, owner, score) it is told as extras; that
/// the lead is an MQL by its source's word, as marketing's flag (R13).
pub fn item(arrival: &Arrival) -> Item {
    let lead = &arrival.lead;
    let (person, company) = (&lead.person, &lead.company);
    let told = arrival.told.as_deref();
    let flag = flag(lead);
    Item {
        key: String::new(),
        id: Some(lead.key.external_id.clone()),
        person: PersonIn {
            first_name: person.first_name.clone(),
            last_name: person.last_name.clone(),
            name: person.name.clone(),
            title: person.title.clone(),
            email: person.email.clone(),
            phone: person.phone.clone(),
            mobile: person.mobile.clone(),
            linkedin: person.linkedin.clone(),
            city: person.city.clone(),
            region: person.region.clone(),
            country: person.country.clone(),
            zone: person.zone.clone(),
            do_not_call: wish(person.do_not_call, told, "do_not_call"),
            do_not_email: wish(person.do_not_email, told, "do_not_email"),
        },
        company: CompanyIn {
            name: company.name.clone(),
            domain: company.domain.clone().or_else(|| company.website.as_deref().and_then(host)),
            industry: company.industry.clone(),
            size: company.size.clone(),
            revenue: company.revenue.clone(),
            city: company.city.clone(),
            country: company.country.clone(),
            tech: company.tech.clone(),
            news: company.news.clone(),
        },
        lead_source: lead.attribution.source.clone(),
        campaign: lead.attribution.campaign.clone(),
        campaign_message: lead.attribution.message.clone(),
        medium: lead.attribution.medium.clone(),
        message: lead.message.clone(),
        flag_at: flag.as_ref().and_then(|(_, at)| *at),
        flag: flag.map(|(why, _)| why),
        activities: arrival.trail.iter().map(|activity| activity_in(activity, lead)).collect(),
        extras: extras(lead),
    }
}

/// What they asked for; nothing where the source does not speak of it.
fn wish(is_so: bool, told: Option<&Told>, name: &'static str) -> Option<bool> {
    let is_told = is_so || told.is_none_or(|told| told.has_field("person", name));
    is_told.then_some(is_so)
}

/// Why the source says that it is an MQL, and since when, if it does.
fn flag(lead: &Lead) -> Option<(String, Option<Time>)> {
    let since = || lead.mql_at.or(lead.assigned_at).or(lead.stage.since).or(lead.created_at);
    if matches!(lead.stage.canonical, Some(Stage::Captured | Stage::Scored | Stage::Recycled)) {
        return None;
    }
    if let Some(trigger) = &lead.trigger {
        let (kind, what) = (trigger.kind.label(), trigger.what.trim());
        let why = if what.is_empty() || what == kind { kind.to_owned() } else { format!("{kind}: {what}") };
        return Some((why, trigger.at.or_else(since)));
    }
    let stage = lead.stage.canonical?;
    let word = lead.stage.raw.clone().unwrap_or_else(|| stage.code().to_owned());
    Some((format!("“{word}” in its source"), since()))
}

fn activity_in(activity: &Activity, lead: &Lead) -> ActivityIn {
    let mut text = activity.text.clone();
    for more in [&activity.outcome, &activity.actor].into_iter().flatten() {
        if !text.contains(more.as_str()) {
            text = format!("{text} ({more})");
        }
    }
    ActivityIn {
        id: Some(activity.external_id.clone()),
        kind: activity.kind,
        direction: activity.direction,
        // Without a time the hub would take it for news.
        at: activity.at.or(lead.created_at).or(lead.mql_at).or(lead.assigned_at),
        text,
        url: activity.url.clone(),
    }
}

/// What else the source knows, under the names of our own export where it has no column's.
fn extras(lead: &Lead) -> BTreeMap<String, String> {
    let mut extras = lead.extras.clone();
    let stage = lead.stage.raw.clone().or_else(|| lead.stage.canonical.map(|stage| stage.code().to_owned()));
    let more = [
        ("url", lead.url.clone()),
        ("owner", lead.owner.clone()),
        ("stage", stage),
        ("score", lead.score.as_ref().map(|score| score.total.to_string())),
        ("category", lead.category.map(|category| category.code().to_owned())),
        ("website", lead.company.website.clone()),
        ("first touch", lead.attribution.first_touch.clone()),
        ("last touch", lead.attribution.last_touch.clone()),
    ];
    for (name, value) in more {
        if let Some(value) = value {
            extras.entry(name.to_owned()).or_insert(value);
        }
    }
    extras
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;
    use crate::handoff::activity::{ActivityKind, Direction};
    use crate::handoff::lead::{Trigger, TriggerKind};

    fn at(second: i64) -> Option<Time> {
        Time::from_timestamp(second, 0)
    }

    fn lead(stage: Option<Stage>) -> Lead {
        let mut lead = Lead { created_at: at(1), ..Lead::default() };
        lead.stage.canonical = stage;
        lead
    }

    fn sent(lead: Lead) -> Item {
        item(&Arrival { lead, ..Arrival::default() })
    }

    #[test]
    fn what_waits_for_a_rep_in_its_source_is_flagged_and_what_does_not_is_not() {
        assert_eq!(sent(lead(None)).flag, None);
        assert_eq!(sent(lead(Some(Stage::Scored))).flag, None);
        let flagged = sent(Lead { mql_at: at(5), ..lead(Some(Stage::Assigned)) });
        assert_eq!((flagged.flag.as_deref(), flagged.flag_at), (Some("“assigned” in its source"), at(5)));
        let trigger = Trigger {
            kind: TriggerKind::Demo,
            what: "demo form".into(),
            at: at(7),
            before: None,
            after: None,
            threshold: None,
        };
        let asked = sent(Lead { trigger: Some(trigger.clone()), ..lead(None) });
        assert_eq!((asked.flag.as_deref(), asked.flag_at), (Some("demo request: demo form"), at(7)));
        let back = sent(Lead { trigger: Some(trigger), ..lead(Some(Stage::Recycled)) });
        assert_eq!(back.flag, None, "its trigger is of a cycle that is over");
        let over = [Stage::Rejected, Stage::Sql, Stage::Opportunity].map(|stage| is_over(&lead(Some(stage))));
        assert_eq!(over, [true; 3]);
        assert!(!is_over(&lead(Some(Stage::Recycled))) && !is_over(&lead(None)));
    }

    #[test]
    fn nothing_old_becomes_news_and_nothing_known_is_lost() {
        let mut told = lead(Some(Stage::Attempted));
        told.owner = Some("Ana".into());
        told.company.website = Some("https://www.acme.example/home".into());
        told.attribution.message = Some("try the robot".into());
        let call = Activity {
            external_id: "7".into(),
            kind: ActivityKind::Call,
            direction: Direction::Outbound,
            at: None,
            actor: Some("Ana".into()),
            outcome: Some("voicemail".into()),
            text: "Call".into(),
            url: None,
        };
        let item = item(&Arrival { lead: told, trail: vec![call], told: Some(Arc::new(Told::from_iter([]))) });
        assert_eq!(item.company.domain.as_deref(), Some("acme.example"));
        assert_eq!(item.campaign_message.as_deref(), Some("try the robot"), "products are looked for in it");
        assert_eq!(item.extras["owner"], "Ana");
        assert_eq!(item.extras["stage"], "attempted");
        assert_eq!((item.activities[0].at, item.activities[0].text.as_str()), (at(1), "Call (voicemail) (Ana)"));
        assert_eq!(item.person.do_not_call, None, "the source does not speak of it");
    }
}
