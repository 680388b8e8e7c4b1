//! What is Salesforce's own: whole seconds, places in a query that end, merges and conversions, what takes hold together, and
//! a day's calls.

use leadbox::handoff::disposition::{Act, Attempt, Channel, Outcome, Rejection};
use leadbox::handoff::event::{Actor, Event, EventKind};
use leadbox::handoff::lead::LeadKey;
use leadbox::handoff::outbox::{Base, OutboxState};
use leadbox::handoff::state::Stage;
use leadbox::source::{Applied, Change, Cursor, Disposition, Gone, People, Probe, Source, SourceError, own_activity};
use serde_json::json;
use uuid::Uuid;

use crate::conformance::desk::{Desk, call, defer, reject};
use crate::conformance::{Crm, Place};
use crate::salesforce::{ANA, BEN};
use crate::salesforce_source::{Org, RUNTIME};

/// All pages from a place on: the changes, and where the next ones begin.
fn pages(source: &mut dyn Source, after: Option<Cursor>, mut between: impl FnMut()) -> (Vec<Change>, Cursor) {
    let (mut changes, mut after) = (Vec::new(), after);
    loop {
        let page = RUNTIME.block_on(source.pull(after.as_ref())).unwrap();
        changes.extend(page.changes);
        after = Some(page.next.clone());
        if !page.more {
            return (changes, page.next);
        }
        between();
    }
}

fn upserts(changes: &[Change]) -> Vec<String> {
    let id = |change: &Change| match change {
        Change::Upsert(record) => Some(record.arrival.lead.key.external_id.clone()),
        Change::Gone(_) => None,
    };
    let mut ids: Vec<String> = changes.iter().filter_map(id).collect();
    ids.sort();
    ids
}

#[test]
fn many_of_one_second_are_read_once_each_even_where_the_query_is_forgotten() {
    let org = Org::new();
    org.salesforce.state().page = 200;
    let ids = org.salesforce.leads(950);
    let mut source = org.plain();
    let (changes, end) = pages(&mut source, None, || org.salesforce.state().locators.clear());
    assert_eq!(upserts(&changes), ids);
    // Of the second that was read last, one more: the time of change is no news, the record is.
    org.salesforce.edit("Lead", &ids[0], &[("Title", json!("CTO"))]);
    let (changes, end) = pages(&mut source, Some(end), || {});
    assert_eq!(upserts(&changes), [ids[0].clone()]);
    org.salesforce.edit("Lead", &ids[0], &[("Title", json!("CEO"))]);
    let (changes, _) = pages(&mut source, Some(end), || {});
    assert_eq!(upserts(&changes), [ids[0].clone()]);
}

#[test]
fn a_row_that_appears_late_is_read() {
    let org = Org::new();
    org.salesforce.leads(1);
    let mut source = org.plain();
    let (_, end) = pages(&mut source, None, || {});
    // A long transaction ends: its rows have the time at which it wrote them.
    org.salesforce.advance(-300);
    let late = org.salesforce.leads(1);
    org.salesforce.advance(300);
    assert_eq!(upserts(&pages(&mut source, Some(end), || {}).0), late);
}

#[test]
fn merged_converted_and_deleted_leads_are_told_as_what_they_are() {
    let org = Org::new();
    let ids = org.salesforce.leads(5);
    let mut source = org.plain();
    let (_, end) = pages(&mut source, None, || {});
    org.salesforce.merge(&ids[0], &ids[1]);
    org.salesforce.convert(&ids[2]);
    org.salesforce.delete(&ids[3]);
    let (changes, _) = pages(&mut source, Some(end), || {});
    let gone = |id: &str| {
        changes.iter().find_map(|change| match change {
            Change::Gone(tombstone) if tombstone.external_id == id => Some(tombstone.why.clone()),
            _ => None,
        })
    };
    assert_eq!(gone(&ids[1]), Some(Gone::Merged(ids[0].clone())));
    assert_eq!(gone(&ids[3]), Some(Gone::Deleted));
    let stage = changes.iter().find_map(|change| match change {
        Change::Upsert(record) if record.arrival.lead.key.external_id == ids[2] => record.arrival.lead.stage.canonical,
        _ => None,
    });
    assert_eq!(stage, Some(Stage::Opportunity));
    // The same of those that are asked after; one of them is in nobody's bin any more.
    org.salesforce.purge(&ids[3]);
    org.salesforce.reassign(&ids[4], BEN);
    let gone = RUNTIME.block_on(source.reconcile(&ids)).unwrap();
    let why: Vec<&Gone> = gone.iter().map(|tombstone| &tombstone.why).collect();
    let given = Gone::Reassigned("given to Ben Okoro".into());
    assert_eq!(why, [&Gone::Merged(ids[0].clone()), &Gone::Converted, &Gone::NoAccess, &given]);
}

#[test]
fn a_converted_lead_is_an_opportunity_here() {
    let org = Org::new();
    let (id, other) = (org.add(1).remove(0), org.add(1).remove(0));
    let mut desk = Desk::new(&org, &RUNTIME);
    desk.settle();
    desk.act(&other, &Act::Accept);
    desk.settle();
    let called = desk.act(&other, &call(Outcome::Reached, "wants a demo"));
    org.salesforce.convert(&id);
    org.salesforce.convert(&other);
    desk.settle();
    assert_eq!((desk.stage(&id), desk.stage(&other)), (Stage::Opportunity, Stage::Opportunity));
    let item = desk.sent(called.last().unwrap().id);
    assert_eq!(item.state, OutboxState::Parked, "nothing can be written to it any more");
    assert!(item.last_error.is_some_and(|why| why.contains("converted")));
}

#[test]
fn whoever_was_quicker_by_a_moment_is_not_written_over() {
    let org = Org::new();
    let ids = org.add(2);
    let mut source = org.plain();
    org.salesforce.advance(5);
    // Between our look and our write: one gets a title, which is in nobody's way; the other is closed.
    let meddles = [("Title", json!("CTO")), ("Status", json!("Closed - Not Converted"))];
    let mut applied = Vec::new();
    for (id, (name, value)) in ids.iter().zip(meddles) {
        let values = serde_json::Map::from_iter([(name.to_owned(), value)]);
        org.salesforce.state().meddles.push((id.clone(), values));
        let step =
            RUNTIME.block_on(source.plan(&disposition(id, EventKind::Accepted { implicit: false }))).unwrap().remove(0);
        applied.push(RUNTIME.block_on(source.apply(&step)).unwrap());
    }
    assert_eq!((&applied[0], org.stage(&ids[0])), (&Applied::Applied, Some(Stage::Accepted)));
    assert!(
        matches!(&applied[1], Applied::Conflict { why, .. } if why.contains("Closed - Not Converted")),
        "{applied:?}"
    );
    assert_eq!(org.stage(&ids[1]), Some(Stage::Rejected));
}

#[test]
fn a_status_and_its_task_take_hold_together_or_not_at_all() {
    let org = Org::new();
    *org.mapping.borrow_mut() += "reason = \"Reason__c\"\n[write.reasons]\nbudget = \"No money\"\n";
    let ids = org.add(2);
    let mut desk = Desk::new(&org, &RUNTIME);
    desk.settle();
    // The reason is none of theirs.
    let refused = desk.act(&ids[0], &reject()).remove(0);
    desk.settle();
    let item = desk.sent(refused.id);
    assert_eq!((item.state, org.writes(refused.id)), (OutboxState::Parked, 0), "{item:?}");
    assert!(item.last_error.is_some_and(|why| why.contains("restricted picklist")));
    assert_eq!(org.stage(&ids[0]), Some(Stage::Assigned));
    // Another one is.
    org.mapping.replace_with(|mapping| mapping.replace("No money", "No budget"));
    desk.restart();
    let rejected = desk.act(&ids[1], &reject()).remove(0);
    desk.settle();
    assert_eq!(desk.sent(rejected.id).state, OutboxState::Sent);
    assert_eq!(org.salesforce.value("Lead", &ids[1], "Reason__c"), json!("No budget"));
    let task = org.salesforce.tasks(&rejected.id.to_string()).remove(0);
    assert_eq!((&task["WhoId"], &task["Status"]), (&json!(ids[1]), &json!("Completed")));
    assert!(task["Description"].as_str().unwrap().contains("not before 2028"));
}

#[test]
fn a_call_is_a_call_there_and_a_deferral_an_open_task() {
    let org = Org::new();
    let ids = org.add(2);
    let mut desk = Desk::new(&org, &RUNTIME);
    desk.settle();
    let called = desk.act(&ids[0], &call(Outcome::Voicemail, "left word")).pop().unwrap();
    let now = desk.now;
    let deferred = desk.act(&ids[1], &defer(now)).pop().unwrap();
    desk.settle();
    let task = org.salesforce.tasks(&called.id.to_string()).remove(0);
    let told = ["TaskSubtype", "CallType", "CallDisposition", "Status"].map(|name| task[name].as_str().unwrap());
    assert_eq!(told, ["Call", "Outbound", "Left voicemail", "Completed"]);
    let task = org.salesforce.tasks(&deferred.id.to_string()).remove(0);
    let until = (now + chrono::Duration::days(3)).date_naive().to_string();
    assert_eq!((task["Status"].as_str(), task["ActivityDate"].as_str()), (Some("Not Started"), Some(until.as_str())));
}

#[test]
fn what_an_administrator_forgot_holds_it_up_and_nothing_is_lost() {
    let org = Org::new();
    let id = org.add(1).remove(0);
    org.salesforce.state().hidden.extend(["Task.Leadbox_Key__c".to_owned(), "Lead.MobilePhone".to_owned()]);
    let mut desk = Desk::new(&org, &RUNTIME);
    let mut source = org.plain();
    pages(&mut source, None, || {});
    let told = source.unread().into_iter().map(|told| told.what).collect::<Vec<_>>();
    assert!(told.len() == 1 && told[0].contains("MobilePhone"), "{told:?}");
    desk.settle();
    let called = desk.act(&id, &call(Outcome::Reached, "spoke")).pop().unwrap();
    (0..5).for_each(|_| drop(desk.round(60)));
    let item = desk.sent(called.id);
    assert_eq!(item.state, OutboxState::Waiting, "{item:?}");
    assert!(item.last_error.is_some_and(|why| why.contains("Leadbox_Key__c")));
    org.salesforce.state().hidden.clear();
    desk.settle();
    assert_eq!((desk.sent(called.id).state, org.writes(called.id)), (OutboxState::Sent, 1));
}

#[test]
fn a_status_that_they_do_not_have_is_not_invented() {
    let org = Org::new();
    let (theirs, ours) = ("accepted = \"Working - Contacted\"", "accepted = \"In Arbeit\"");
    org.mapping.replace_with(|mapping| mapping.replace(theirs, ours));
    let id = org.add(1).remove(0);
    let mut desk = Desk::new(&org, &RUNTIME);
    desk.settle();
    let accepted = desk.act(&id, &Act::Accept).remove(0);
    desk.settle();
    let item = desk.sent(accepted.id);
    assert_eq!((item.state, org.stage(&id)), (OutboxState::Parked, Some(Stage::Assigned)));
    assert!(item.last_error.is_some_and(|why| why.contains("“In Arbeit”") && why.contains("[write.stages]")));
}

#[test]
fn a_lock_is_waited_for() {
    let org = Org::new();
    let id = org.add(1).remove(0);
    let mut desk = Desk::new(&org, &RUNTIME);
    desk.settle();
    org.salesforce.state().locks = 3;
    desk.act(&id, &Act::Accept);
    let note = Some("later".into());
    let rejected = desk.act(&id, &Act::Reject(Rejection { code: "budget".into(), note, ..Rejection::default() }));
    desk.settle();
    let op = rejected.last().unwrap().id;
    assert_eq!((desk.sent(op).state, org.writes(op)), (OutboxState::Sent, 1));
    assert_eq!(org.stage(&id), Some(Stage::Rejected));
}

#[test]
fn a_day_s_calls_are_not_used_up_by_reading() {
    let org = Org::new();
    org.add(1);
    let mut source = org.plain();
    let (_, end) = pages(&mut source, None, || {});
    let used = |used: u64| org.salesforce.state().used = used;
    used(95_000);
    pages(&mut source, Some(end.clone()), || {});
    let before = org.line.calls();
    org.salesforce.leads(1);
    let page = RUNTIME.block_on(source.pull(Some(&end))).unwrap();
    assert_eq!((page.changes, page.next, page.more), (Vec::new(), end.clone(), false));
    // Nor that it is there still.
    let left = RUNTIME.block_on(source.reconcile(&["00Qnobody".to_owned()]));
    assert!(matches!(left, Err(SourceError::Throttled { .. })), "{left:?}");
    let whole = org.salesforce.owned(ANA).remove(0);
    // Not that there is none: it is asked for again later.
    let detail = RUNTIME.block_on(source.detail(&whole));
    assert!(matches!(detail, Err(SourceError::Throttled { .. })), "{detail:?}");
    assert_eq!(org.line.calls(), before, "it does not even ask");
    assert!(source.unread()[0].what.contains("calls"), "and says so");
    let pulled = RUNTIME.block_on(source.pull(None));
    assert!(matches!(pulled, Err(SourceError::Throttled { .. })), "{pulled:?}");
    // What the rep did goes out all the same.
    let id = org.salesforce.owned(ANA).remove(0);
    let called = disposition(&id, EventKind::Attempted(attempt()));
    let step = RUNTIME.block_on(source.plan(&called)).unwrap().remove(0);
    assert_eq!(RUNTIME.block_on(source.probe(&step, None)).unwrap(), Probe::Absent);
    assert_eq!(RUNTIME.block_on(source.apply(&step)).unwrap(), Applied::Applied);
    // Where there are none left, it says so itself.
    let mut other = org.plain();
    used(100_000);
    let pulled = RUNTIME.block_on(other.pull(Some(&end)));
    assert!(matches!(pulled, Err(SourceError::Throttled { .. })), "{pulled:?}");
    used(0);
    for status in [420, 406] {
        let mut other = org.plain();
        org.salesforce.state().says = vec![(status, "SERVER_BUSY")];
        let pulled = RUNTIME.block_on(other.pull(Some(&end)));
        assert!(matches!(pulled, Err(SourceError::Throttled { .. })), "{pulled:?}");
    }
}

#[test]
fn a_lead_is_shown_with_what_was_done_and_what_may_be_seen_of_it() {
    let org = Org::new();
    let id = org.add(1).remove(0);
    let who = ("WhoId", json!(id));
    let task =
        [who.clone(), ("Subject", json!("Call")), ("TaskSubtype", json!("Call")), ("CallType", json!("Inbound"))];
    org.salesforce.create("Task", &task);
    org.salesforce.create("Event", &[who, ("Subject", json!("Demo")), ("ActivityDate", json!("2026-11-20"))]);
    let campaign = org.salesforce.create("Campaign", &[("Name", json!("Autumn webinar"))]);
    let member = [("LeadId", json!(id)), ("CampaignId", json!(campaign)), ("HasResponded", json!(true))];
    org.salesforce.create("CampaignMember", &member);
    let mut source = org.plain();
    let texts = |source: &mut dyn Source| {
        let record = RUNTIME.block_on(source.detail(&id)).unwrap().unwrap();
        let mut texts: Vec<String> = record.arrival.trail.iter().map(|one| one.text.clone()).collect();
        texts.sort();
        texts
    };
    let before = org.line.calls();
    assert_eq!(texts(&mut source), ["Call", "Demo", "campaign Autumn webinar"]);
    assert_eq!(org.line.calls() - before, 5, "a token, what leads and tasks are made of, and two calls for the lead");
    assert_eq!(source.unread(), []);
    org.salesforce.state().forbidden.insert("CampaignMember");
    for _ in 0..2 {
        assert_eq!(texts(&mut source), ["Call", "Demo"]);
    }
    let told = source.unread().into_iter().map(|told| told.what).collect::<Vec<_>>();
    assert!(told.len() == 1 && told[0].contains("campaigns"), "{told:?}");
    assert!(RUNTIME.block_on(source.detail("00Qnobody")).unwrap().is_none());
}

#[test]
fn a_hub_reads_the_leads_of_all() {
    let mut org = Org::new();
    org.of_all = true;
    let ids = org.salesforce.leads(2);
    org.salesforce.reassign(&ids[1], BEN);
    let mut source = org.plain();
    assert_eq!(upserts(&pages(&mut source, None, || {}).0), ids);
    assert_eq!(RUNTIME.block_on(source.reconcile(&ids)).unwrap(), []);
    assert_eq!(org.salesforce.owned(ANA), [ids[0].clone()]);
}

#[test]
fn what_a_queue_owns_is_nobodys_for_a_hub() {
    let mut org = Org::new();
    org.of_all = true;
    let id = org.salesforce.leads(1).remove(0);
    let queue = "00G000000000001AAA";
    org.salesforce.state().user(queue, "Inbound", true);
    org.salesforce.reassign(&id, queue);
    let mut source = org.plain();
    let (changes, _) = pages(&mut source, None, || {});
    assert!(
        matches!(&changes[..], [Change::Upsert(record)] if record.arrival.lead.owner.is_none()),
        "a queue is no stranger: {changes:?}"
    );
    // So whoever it is given to by the hub gets it.
    let gift = Disposition {
        base: Base::default(),
        people: People { by: None, to: vec!["Ben Okoro".to_owned()] },
        ..disposition(&id, EventKind::Assigned { to: "bo".into() })
    };
    let steps = RUNTIME.block_on(source.plan(&gift)).unwrap();
    assert_eq!(RUNTIME.block_on(source.apply(&steps[0])).unwrap(), Applied::Applied);
    assert_eq!(org.salesforce.owned(BEN), [id]);
}

fn attempt() -> Attempt {
    Attempt {
        channel: Channel::Phone,
        outcome: Outcome::Voicemail,
        at: None,
        note: None,
        cited: None,
        next: None,
        consent_override: None,
    }
}

fn disposition(id: &str, what: EventKind) -> Disposition {
    let key = Uuid::now_v7();
    Disposition {
        key,
        lead: LeadKey { source: "crm".into(), external_id: id.to_owned() },
        base: Base { stage: Some("Open - Not Contacted".into()), owner: Some("Ana Ruiz".into()), ..Base::default() },
        event: Event { id: key, seq: 1, at: chrono::Utc::now(), actor: Actor::rep("ana"), what, closes: Vec::new() },
        ahead: chrono::Duration::zero(),
        people: People::default(),
    }
}

#[test]
fn what_changes_while_it_is_read_is_told_in_the_end() {
    for is_forgotten in [false, true] {
        let org = Org::new();
        org.salesforce.state().page = 200;
        let ids = org.salesforce.leads(700);
        org.salesforce.advance(3600);
        let mut source = org.plain();
        let mut page = 0;
        let change = |id: &str, title: &str| {
            org.salesforce.advance(1200);
            org.salesforce.edit("Lead", id, &[("Title", json!(title))]);
        };
        let (mut changes, end) = pages(&mut source, None, || {
            page += 1;
            match page {
                1 => {
                    // One that was told, and then one that is told soon, with a time that is out of its order.
                    change(&ids[0], "CTO");
                    change(&ids[450], "CFO");
                }
                3 if is_forgotten => org.salesforce.state().locators.clear(),
                _ => {}
            }
        });
        changes.extend(pages(&mut source, Some(end), || {}).0);
        let title = |wanted: &str| {
            let told = changes.iter().rev().find_map(|change| match change {
                Change::Upsert(record) if record.arrival.lead.key.external_id == wanted => Some(record),
                _ => None,
            });
            told.unwrap_or_else(|| panic!("{wanted} was missed")).arrival.lead.person.title.clone()
        };
        for (n, id) in ids.iter().enumerate() {
            let expected = [(0, "CTO"), (450, "CFO")].into_iter().find(|one| one.0 == n).map(|one| one.1.to_owned());
            assert_eq!(title(id), expected, "lead {n}, {is_forgotten}");
        }
    }
}

#[test]
fn a_call_thought_lost_that_comes_through_after_all_is_no_refusal() {
    let org = Org::new();
    let id = org.add(1).remove(0);
    let mut source = org.plain();
    let called = disposition(&id, EventKind::Attempted(attempt()));
    let steps = RUNTIME.block_on(source.plan(&called)).unwrap();
    assert_eq!(steps, RUNTIME.block_on(source.plan(&called)).unwrap(), "the same each time");
    let applied = [(); 2].map(|()| RUNTIME.block_on(source.apply(&steps[0])).unwrap());
    assert_eq!(applied, [Applied::Applied, Applied::Unknown]);
    assert_eq!(RUNTIME.block_on(source.probe(&steps[0], Some(chrono::Duration::zero()))).unwrap(), Probe::Committed);
    assert_eq!(org.writes(called.key), 1);
    let trail = RUNTIME.block_on(source.detail(&id)).unwrap().unwrap().arrival.trail;
    let ids: Vec<&str> = trail.iter().map(|activity| activity.external_id.as_str()).collect();
    assert_eq!(ids, [own_activity(called.key)], "it is told as our own word");
}

#[test]
fn a_lead_is_given_to_a_user_unless_somebody_else_gave_it_away() {
    let org = Org::new();
    let id = org.add(1).remove(0);
    let mut source = org.plain();
    let gift = |owner: &str, to: &str| {
        let what = EventKind::Assigned { to: "bo".into() };
        let base = Base { owner: Some(owner.into()), ..Base::default() };
        let people = People { by: None, to: vec![to.to_owned()] };
        Disposition { base, people, ..disposition(&id, what) }
    };
    let mut give = |disposition: &Disposition| {
        let steps = RUNTIME.block_on(source.plan(disposition)).unwrap();
        let applied = RUNTIME.block_on(source.apply(&steps[0])).unwrap();
        (applied, RUNTIME.block_on(source.probe(&steps[0], Some(chrono::Duration::zero()))).unwrap())
    };
    // Somebody of the same name left.
    org.salesforce.state().user("005000000000009AAA", "Ben Okoro", false);
    for to in ["Ben Okoro", "ben@mail.example", "ben@org.example"] {
        assert_eq!(give(&gift("Ana Ruiz", to)), (Applied::Applied, Probe::Committed), "{to}");
        assert_eq!(give(&gift("Ana Ruiz", to)), (Applied::Applied, Probe::Committed), "{to}");
    }
    let (applied, found) = give(&gift("Zoe Zed", "Ana Ruiz"));
    assert!(matches!(applied, Applied::Conflict { why, .. } if why.contains("Ben Okoro")), "{found:?}");
    let (applied, found) = give(&gift("Ben Okoro", "Nobody"));
    assert!(matches!(applied, Applied::Rejected { why } if why.contains("Nobody")));
    assert_eq!(found, Probe::Absent);
    assert_eq!(org.salesforce.owned(BEN), [id]);
}
