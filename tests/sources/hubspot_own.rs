//! What is HubSpot's own: its limits, its lag, records that are merged, tiers that lack this and that.

use std::collections::{BTreeMap, BTreeSet};

use leadbox::handoff::activity::ActivityKind;
use leadbox::handoff::arrival::Arrival;
use leadbox::handoff::state::Stage;
use leadbox::source::hubspot::{HubspotSource, Mode};
use leadbox::source::{Change, Cursor, Gone, Record, Source, SourceError};

use crate::conformance::desk::Desk;
use crate::conformance::{Crm, Place};
use crate::hubspot::{Account, Asked, Fault};
use crate::hubspot_shop::{RUNTIME, Shop};

fn shop() -> Shop {
    Shop::new(Account::enterprise())
}

/// Reads on from this place to the end of the pass.
fn read(source: &mut HubspotSource, cursor: &mut Option<Cursor>) -> Result<Vec<Change>, SourceError> {
    let mut changes = Vec::new();
    loop {
        let page = RUNTIME.block_on(source.pull(cursor.as_ref()))?;
        changes.extend(page.changes);
        *cursor = Some(page.next);
        if !page.more {
            return Ok(changes);
        }
    }
}

fn leads(changes: Vec<Change>) -> BTreeMap<String, Arrival> {
    let lead = |change| match change {
        Change::Upsert(record) => Some(record.arrival),
        Change::Gone(_) => None,
    };
    changes.into_iter().filter_map(lead).map(|arrival| (arrival.lead.key.external_id.clone(), arrival)).collect()
}

fn gone(source: &mut HubspotSource, ids: &[&str]) -> BTreeMap<String, Gone> {
    let ids: Vec<String> = ids.iter().map(|id| (*id).to_owned()).collect();
    let gone = RUNTIME.block_on(source.reconcile(&ids)).unwrap();
    gone.into_iter().map(|gone| (gone.external_id, gone.why)).collect()
}

fn detail(source: &mut HubspotSource, id: &str) -> Record {
    RUNTIME.block_on(source.detail(id)).unwrap().unwrap()
}

#[test]
fn a_lead_is_read_with_its_contact_and_its_company() {
    let shop = shop();
    let trio = shop.hubspot.lead("Ada Byron", "ada@engines.example", "501");
    shop.hubspot.edit("contacts", &trio.contact, &[("jobtitle", "VP Engines"), ("hs_email_optout", "true")]);
    shop.hubspot.edit("companies", &trio.company, &[("numberofemployees", "120"), ("industry", "Engines")]);
    shop.hubspot.lead("Somebody Else's", "else@example.com", "502");
    shop.hubspot.advance(60);
    let mut source = shop.near();
    let mut read = leads(read(&mut source, &mut None).unwrap());
    assert_eq!(read.len(), 1, "the others' are theirs");
    let lead = read.remove(&trio.lead).unwrap().lead;
    assert_eq!(lead.person.email.as_deref(), Some("ada@engines.example"));
    assert_eq!((lead.person.title.as_deref(), lead.person.do_not_email), (Some("VP Engines"), true));
    assert_eq!((lead.company.name.as_deref(), lead.company.size.as_deref()), (Some("engines.example"), Some("120")));
    assert_eq!((lead.owner.as_deref(), lead.stage.raw.as_deref()), (Some("Ana Ruiz"), Some("new-stage-id")));
    assert_eq!(lead.stage.canonical, Some(Stage::Assigned));
    assert_eq!(source.mode(), Some(Mode::Leads));
    shop.check();
}

#[test]
fn more_than_a_search_shows_are_read() {
    let shop = shop();
    shop.hubspot.leads(10_300, "501", 0);
    shop.hubspot.advance(60);
    let mut cursor = None;
    let mut source = shop.near();
    assert_eq!(leads(read(&mut source, &mut cursor).unwrap()).len(), 10_300);
    shop.hubspot.advance(60);
    shop.hubspot.forget();
    assert!(read(&mut source, &mut cursor).unwrap().is_empty(), "nothing is news");
    assert_eq!(shop.hubspot.log().len(), 1, "and that costs one request, whatever came in just now");
}

#[test]
fn what_search_learns_late_is_not_missed() {
    let shop = shop();
    let (mut source, mut cursor, mut seen) = (shop.near(), None, BTreeSet::new());
    let mut added = BTreeSet::new();
    for _ in 0..30 {
        added.extend(shop.add(3));
        shop.hubspot.advance(2);
        seen.extend(leads(read(&mut source, &mut cursor).unwrap()).into_keys());
    }
    shop.hubspot.advance(30);
    seen.extend(leads(read(&mut source, &mut cursor).unwrap()).into_keys());
    assert_eq!(seen, added);
    // An hour late.
    shop.hubspot.habits(|habits| (habits.lag, habits.is_lag_uneven) = (2_000, false));
    added.extend(shop.add(1));
    for _ in 0..60 {
        shop.hubspot.advance(60);
        seen.extend(leads(read(&mut source, &mut cursor).unwrap()).into_keys());
    }
    assert_eq!(seen, added);
    shop.check();
}

#[test]
fn a_page_that_was_not_kept_comes_again() {
    let shop = shop();
    let ids = shop.add(3);
    shop.hubspot.advance(60);
    let mut source = shop.near();
    for _ in 0..2 {
        assert_eq!(leads(read(&mut source, &mut None).unwrap()).len(), 3, "from the start");
    }
    let mut cursor = None;
    read(&mut source, &mut cursor).unwrap();
    shop.edit(&ids[0], "wants it blue");
    shop.hubspot.advance(60);
    for _ in 0..2 {
        // Nobody could write it down.
        assert_eq!(leads(read(&mut source, &mut cursor.clone()).unwrap()).len(), 1);
    }
    read(&mut source, &mut cursor).unwrap();
    shop.hubspot.advance(60);
    assert!(read(&mut source, &mut cursor).unwrap().is_empty(), "now it is kept");
}

#[test]
fn it_is_said_what_became_of_a_lead() {
    for is_silent in [false, true] {
        let shop = shop();
        shop.hubspot.habits(|habits| habits.is_silent_on_misses = is_silent);
        let ids = shop.add(5);
        let mut source = shop.near();
        read(&mut source, &mut None).unwrap();
        shop.give_away(&ids[0]);
        shop.hubspot.edit("leads", &ids[1], &[("hubspot_owner_id", "")]);
        shop.remove(&ids[2]);
        shop.hubspot.hide("leads", &ids[3], true);
        let all: Vec<&str> = ids.iter().map(String::as_str).collect();
        let gone = gone(&mut source, &all);
        assert_eq!(gone[&ids[0]], Gone::Reassigned("given to Ben Ode".into()));
        assert_eq!(gone[&ids[1]], Gone::Reassigned("it has no owner any more".into()));
        assert_eq!((&gone[&ids[2]], &gone[&ids[3]]), (&Gone::Deleted, &Gone::NoAccess));
        assert!(!gone.contains_key(&ids[4]));
        shop.check();
    }
}

#[test]
fn merged_contacts_are_followed_to_the_one_that_is_left() {
    for (leads_on, is_third) in [(false, false), (true, false), (false, true), (true, true)] {
        let shop = Shop::new(Account::free());
        shop.hubspot.habits(|habits| {
            (habits.leads_on_from_old_ids, habits.merges_into_a_third) = (leads_on, is_third);
        });
        let ids = shop.add(2);
        shop.hubspot.advance(60);
        let (mut source, mut cursor) = (shop.near(), None);
        assert_eq!(leads(read(&mut source, &mut cursor).unwrap()).len(), 2);
        assert_eq!(source.mode(), Some(Mode::Contacts), "an account without lead objects");
        let winner = shop.hubspot.merge("contacts", &ids[0], &ids[1]);
        let lost: Vec<&str> = ids.iter().filter(|id| **id != winner).map(String::as_str).collect();
        shop.hubspot.advance(60);
        let changes = read(&mut source, &mut cursor).unwrap();
        for id in &lost {
            let is_it = |change: &Change| matches!(change, Change::Gone(gone) if gone.external_id == *id && gone.why == Gone::Merged(winner.clone()));
            assert!(changes.iter().any(is_it), "{leads_on} {is_third}: {changes:?}");
        }
        assert!(leads(changes).contains_key(&winner));
        let gone = gone(&mut source, &lost);
        assert!(lost.iter().all(|id| gone[*id] == Gone::Merged(winner.clone())), "{leads_on} {is_third}: {gone:?}");
        shop.check();
    }
}

#[test]
fn a_lead_whose_contact_was_merged_is_read_with_the_one_that_is_left() {
    let shop = shop();
    let (one, other) =
        (shop.hubspot.lead("Ada B", "ada@b.example", "501"), shop.hubspot.lead("A B", "a@b.example", "501"));
    shop.hubspot.merge("contacts", &one.contact, &other.contact);
    shop.hubspot.advance(60);
    let read = leads(read(&mut shop.near(), &mut None).unwrap());
    assert!([one, other].iter().all(|trio| read[&trio.lead].lead.person.email.as_deref() == Some("ada@b.example")));
}

#[test]
fn a_whole_lead_has_its_activities_its_visits_and_its_score() {
    let shop = shop();
    let trio = shop.hubspot.lead("Ada Byron", "ada@engines.example", "501");
    let at = shop.hubspot.now().to_string();
    let made = |kind: &str, to: (&str, &str), text: (&str, &str)| {
        let id = shop.hubspot.create(kind, &[("hs_timestamp", &at), text, ("hubspot_owner_id", "502")]);
        shop.hubspot.link(kind, &id, to.0, to.1);
    };
    made("calls", ("contacts", &trio.contact), ("hs_call_body", "<p>Spoke&nbsp;of <b>engines</b></p>"));
    made("notes", ("leads", &trio.lead), ("hs_note_body", "on the lead alone"));
    made("emails", ("contacts", &trio.contact), ("hs_email_subject", "Your engines"));
    let written = "From: Maya <maya@acme.example>\nTwo & more";
    made("emails", ("contacts", &trio.contact), ("hs_email_text", written));
    made("meetings", ("contacts", &trio.contact), ("hs_meeting_title", "Demo"));
    made("tasks", ("contacts", &trio.contact), ("hs_task_subject", "Ring back"));
    made("communications", ("contacts", &trio.contact), ("hs_communication_body", "hello"));
    shop.hubspot.score("contacts", &trio.contact, "fit_score", 12.0, "Is a VP");
    shop.hubspot.event("contacts", &trio.contact, "e_visited_page", &[("hs_url", "https://engines.example/pricing")]);
    shop.hubspot.advance(60);
    let mut source = shop.near();
    let arrival = detail(&mut source, &trio.lead).arrival;
    let kinds: BTreeSet<ActivityKind> = arrival.trail.iter().map(|activity| activity.kind).collect();
    use ActivityKind::{Call, Email, Meeting, Message, Note, PageVisit, Task};
    assert_eq!(kinds, BTreeSet::from([Call, Email, Meeting, Message, Note, PageVisit, Task]));
    assert!(arrival.trail.iter().any(|activity| activity.text == written), "a plain text is no HTML");
    let called = arrival.trail.iter().find(|activity| activity.kind == Call).unwrap();
    assert_eq!((called.text.as_str(), called.actor.as_deref()), ("Spoke of engines", Some("Ben Ode")));
    let score = arrival.lead.score.unwrap();
    assert_eq!((score.parts[0].label.as_str(), score.parts[0].points), ("Is a VP", 12.0));
    assert!(!source.unread().iter().any(|told| told.what.contains("cannot be read")));
    shop.check();
}

#[test]
fn what_the_tier_or_the_token_has_not_got_is_said_once_and_the_rest_is_there() {
    let mut account =
        Account { searches_by_lead: false, has_events: false, has_scoring: false, ..Account::enterprise() };
    account.scopes.remove("sales-email-read");
    account.scopes.remove("crm.objects.companies.read");
    let shop = Shop::new(account);
    let trio = shop.hubspot.lead("Ada Byron", "ada@engines.example", "501");
    let at = shop.hubspot.now().to_string();
    let note = shop.hubspot.create("notes", &[("hs_timestamp", &at), ("hs_note_body", "read me")]);
    shop.hubspot.link("notes", &note, "contacts", &trio.contact);
    shop.hubspot.advance(60);
    let mut source = shop.near();
    for _ in 0..2 {
        let arrival = detail(&mut source, &trio.lead).arrival;
        assert_eq!(arrival.trail.iter().map(|activity| activity.text.as_str()).collect::<Vec<_>>(), ["read me"]);
        assert_eq!(arrival.lead.person.email.as_deref(), Some("ada@engines.example"));
    }
    let told = source.unread().into_iter().map(|told| told.what).collect::<Vec<_>>();
    for what in ["emails", "companies", "events on the site", "the history of scores"] {
        let about = told.iter().filter(|told| told.contains(&format!("{what} cannot be read"))).count();
        assert_eq!(about, 1, "{what}: {told:?}");
    }
}

#[test]
fn limits_are_waited_for_or_told() {
    let shop = shop();
    shop.add(1);
    let mut source = shop.near();
    shop.hubspot.advance(60);
    let mut cursor = None;
    read(&mut source, &mut cursor).unwrap();
    let until = |source: &mut HubspotSource, cursor: &mut Option<Cursor>| match read(source, cursor) {
        Err(SourceError::Throttled { until, .. }) => (until - shop.now()).num_seconds(),
        other => panic!("{other:?}"),
    };
    // Locked for a moment: tried again by itself.
    shop.hubspot.order("search", 0, Fault::Say(423, None));
    read(&mut source, &mut cursor).unwrap();
    shop.hubspot.order("search", 0, Fault::Say(477, Some(120)));
    assert_eq!(until(&mut source, &mut cursor), 120);
    shop.hubspot.order("search", 0, Fault::Say(429, None));
    assert_eq!(until(&mut source, &mut cursor), 10);
    shop.hubspot.account(|account| account.per_day = 0);
    let wait = until(&mut source, &mut cursor);
    assert!((1..=900).contains(&wait), "the day's calls are used up: {wait}");
}

#[test]
fn never_more_is_asked_than_is_allowed() {
    for account in [Account::enterprise(), Account::free()] {
        let (calls, shop) = (account.per_ten_seconds, Shop::new(account));
        let ids = shop.add(900);
        shop.hubspot.advance(60);
        let mut source = shop.near();
        read(&mut source, &mut None).unwrap();
        ids.iter().take(40).for_each(|id| drop(detail(&mut source, id)));
        let free = |asked: &Asked| asked.is_search() || asked.path.starts_with("/crm/associations/");
        assert!(shop.hubspot.busiest(1_000, Asked::is_search) <= 5);
        assert!(shop.hubspot.busiest(10_000, |asked| !free(asked)) <= calls);
        shop.check();
    }
}

#[test]
fn a_token_that_ends_is_told_and_a_new_one_is_taken() {
    let shop = shop();
    let (mut source, mut cursor) = (shop.near(), None);
    read(&mut source, &mut cursor).unwrap();
    let token = shop.hubspot.token();
    shop.hubspot.revoke();
    let error = read(&mut source, &mut cursor).unwrap_err();
    assert!(matches!(error, SourceError::AuthExpired { .. }), "{error}");
    assert!(!format!("{error} {error:?}").contains(&token));
    shop.hubspot.account(|account| account.token = token);
    shop.hubspot.advance(61);
    read(&mut source, &mut cursor).unwrap();
    // What the leads are is found once: a right that is taken away makes no lead of each contact.
    shop.hubspot.account(|account| account.has_leads = false);
    let mut again = shop.near();
    assert!(matches!(read(&mut again, &mut cursor), Err(SourceError::Protocol { .. })));
}

#[test]
fn whoever_was_invited_again_has_their_leads() {
    let shop = shop();
    // The one who was removed had the same address.
    for id in 600..620 {
        shop.hubspot.owner(id, "ana@example.com", "Ana", "Ruiz");
        shop.hubspot.archive_owner(id);
    }
    shop.add(3);
    shop.hubspot.advance(60);
    assert_eq!(leads(read(&mut shop.near(), &mut None).unwrap()).len(), 3);
}

/// A contact goes back to marketing: it is nobody's lead any more. One that never was a lead makes no trace.
#[test]
fn what_the_mapping_passes_over_now_leaves() {
    let shop = Shop::new(Account::free());
    let ids = shop.add(3);
    shop.hubspot.edit("contacts", &ids[2], &[("lifecyclestage", "lead")]);
    let mut desk = Desk::new(&shop, &RUNTIME);
    desk.settle();
    assert_eq!(desk.all(), 2);
    shop.hubspot.edit("contacts", &ids[0], &[("lifecyclestage", "lead")]);
    desk.settle();
    assert_eq!(desk.taken_away(&ids[0]).as_deref(), Some("no longer a lead there"));
    assert_eq!((desk.taken_away(&ids[1]), desk.find(&ids[2])), (None, None));
    shop.hubspot.edit("contacts", &ids[0], &[("lifecyclestage", "marketingqualifiedlead")]);
    desk.settle();
    assert_eq!(desk.taken_away(&ids[0]), None, "it comes back");
}

/// A right that is taken away for an hour and given back changes no record, so that no search tells of that.
#[test]
fn what_was_out_of_sight_for_a_while_comes_back() {
    let shop = shop();
    let ids = shop.add(2);
    let mut desk = Desk::new(&shop, &RUNTIME);
    desk.settle();
    shop.hubspot.hide("leads", &ids[0], true);
    desk.settle();
    assert_eq!(desk.taken_away(&ids[0]).as_deref(), Some("no longer to be seen there"));
    shop.hubspot.hide("leads", &ids[0], false);
    desk.settle();
    assert_eq!((desk.taken_away(&ids[0]), desk.stage(&ids[0])), (None, Stage::Assigned));
    shop.check();
}

#[test]
fn a_token_that_was_refused_is_not_tried_again_for_a_minute() {
    let shop = shop();
    let (mut source, mut cursor) = (shop.near(), None);
    read(&mut source, &mut cursor).unwrap();
    let mut is_refused = || matches!(read(&mut source, &mut cursor), Err(SourceError::AuthExpired { .. }));
    let token = shop.hubspot.token();
    shop.hubspot.revoke();
    shop.hubspot.forget();
    assert!(is_refused() && is_refused() && is_refused());
    assert_eq!(shop.hubspot.log().len(), 1);
    shop.hubspot.advance(61);
    assert!(is_refused() && is_refused());
    assert_eq!(shop.hubspot.log().len(), 2);
    // It is let in again.
    shop.hubspot.account(|account| account.token = token);
    shop.hubspot.advance(61);
    assert!(!is_refused());
}

#[test]
fn a_token_that_is_refused_for_one_thing_alone_holds_for_the_rest() {
    let shop = shop();
    let trio = shop.hubspot.lead("Ada Byron", "ada@engines.example", "501");
    shop.hubspot.advance(60);
    let mut source = shop.near();
    shop.hubspot.order("/events/", 0, Fault::Say(401, None));
    detail(&mut source, &trio.lead);
    let told = source.unread();
    assert!(
        told.iter().any(|told| told.what.contains("events on the site") && told.what.contains("another kind")),
        "{told:?}"
    );
    assert!(!leads(read(&mut source, &mut None).unwrap()).is_empty());
}
