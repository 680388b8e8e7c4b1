//! Records that are no leads for us any more, since the mapping passes them over now, and records that cannot be read: when one
//! is fetched as a whole, and when somebody else decided on it while the rep did.

use chrono::Utc;
use leadbox::handoff::disposition::Act;
use leadbox::handoff::event::{Actor, Event, EventKind};
use leadbox::handoff::lead::LeadKey;
use leadbox::handoff::outbox::{Base, OutboxState};
use leadbox::handoff::state::Stage;
use leadbox::source::tryton::MAPPING;
use leadbox::source::{Applied, Change, Disposition, Gone, People, Record, Source, Step};
use serde_json::json;
use tokio::runtime::Runtime;
use uuid::Uuid;

use crate::conformance::Crm;
use crate::conformance::desk::Desk;
use crate::hubspot::Account;
use crate::hubspot_shop::{self, Shop};
use crate::salesforce_source::{self, Org};
use crate::tryton_source::{Office, alone};

/// What somebody does to a record there.
struct Hands<'a> {
    crm: &'a dyn Crm,
    runtime: &'a Runtime,
    /// The mapping passes it over from now on.
    pass_over: &'a dyn Fn(&str),
    /// It cannot be read from now on.
    spoil: &'a dyn Fn(&str),
}

impl Hands<'_> {
    fn whole(&self, source: &mut dyn Source, id: &str) -> Option<Record> {
        self.runtime.block_on(source.detail(id)).unwrap()
    }

    /// The acceptance of a lead as it stands now.
    fn accepted(&self, source: &mut dyn Source, id: &str) -> Step {
        let lead = self.whole(source, id).unwrap().arrival.lead;
        let base = Base { stage: lead.stage.raw, owner: lead.owner, owner_id: lead.owner_id, ..Base::default() };
        let done = disposition(id, base, EventKind::Accepted { implicit: false });
        self.runtime.block_on(source.plan(&done)).unwrap().remove(0)
    }
}

fn disposition(id: &str, base: Base, what: EventKind) -> Disposition {
    let key = Uuid::now_v7();
    Disposition {
        key,
        lead: LeadKey { source: "crm".into(), external_id: id.to_owned() },
        base,
        event: Event { id: key, seq: 1, at: Utc::now(), actor: Actor::rep("ana"), what, closes: Vec::new() },
        ahead: chrono::Duration::zero(),
        people: People::default(),
    }
}

/// Neither has a whole. The one is no lead, which is said to whoever asks what became of it; that the other cannot be read is
/// said once, and it stays.
fn neither_has_a_whole(hands: &Hands<'_>) {
    let ids = hands.crm.add(3);
    let mut source = hands.crm.source();
    (hands.pass_over)(&ids[0]);
    (hands.spoil)(&ids[1]);
    for _ in 0..2 {
        let has_whole = |id: &String| hands.whole(source.as_mut(), id).is_some();
        assert_eq!(ids.iter().map(has_whole).collect::<Vec<_>>(), [false, false, true]);
    }
    let told = source.unread();
    let left_out: Vec<_> = told.iter().filter_map(|told| told.external_id.as_ref()).collect();
    assert_eq!(left_out, [&ids[1]], "{told:?}");
    let gone = hands.runtime.block_on(source.reconcile(&ids)).unwrap();
    let gone: Vec<(&str, &Gone)> = gone.iter().map(|told| (told.external_id.as_str(), &told.why)).collect();
    assert_eq!(gone, [(ids[0].as_str(), &Gone::NoLead)]);
}

/// What cannot be read is told with its record when it changed, and not each time that it is looked for news.
fn a_page_tells_once_what_cannot_be_read(hands: &Hands<'_>) {
    let ids = hands.crm.add(2);
    let mut source = hands.crm.source();
    let mut after = None;
    let mut left_out = |source: &mut dyn Source| {
        for _ in 0..5 {
            hands.crm.time_passes(5);
            let page = hands.runtime.block_on(source.pull(after.as_ref())).unwrap();
            after = Some(page.next);
        }
        source.unread().into_iter().filter_map(|told| told.external_id).collect::<Vec<_>>()
    };
    assert_eq!(left_out(source.as_mut()), [] as [String; 0]);
    (hands.spoil)(&ids[1]);
    assert_eq!(left_out(source.as_mut()), [ids[1].as_str()]);
    assert_eq!(left_out(source.as_mut()), [] as [String; 0]);
    assert_eq!(source.unread(), []);
}

/// Somebody closed it meanwhile. What is no lead any more is told as that; what cannot be read is told with the reason, and
/// says nothing about the lead.
fn a_conflict_says_which(hands: &Hands<'_>) {
    let ids = hands.crm.add(2);
    let mut source = hands.crm.source();
    let steps = [0, 1].map(|n| hands.accepted(source.as_mut(), &ids[n]));
    ids.iter().for_each(|id| hands.crm.close(id));
    (hands.pass_over)(&ids[0]);
    (hands.spoil)(&ids[1]);
    let mut applied = |step: &Step| hands.runtime.block_on(source.apply(step)).unwrap();
    let Applied::Conflict { why, now } = applied(&steps[0]) else { panic!("it was written over") };
    assert!(why.contains("meanwhile"), "{why}");
    assert!(
        matches!(*now, Change::Gone(ref gone) if gone.why == Gone::NoLead && gone.external_id == ids[0]),
        "{now:?}"
    );
    let applied = applied(&steps[1]);
    assert!(
        matches!(&applied, Applied::Rejected { why } if why.contains("meanwhile") && why.contains("cannot be read")),
        "{applied:?}"
    );
    assert!(ids.iter().all(|id| hands.crm.stage(id) == Some(Stage::Rejected)));
}

/// The rep sees their answer beside the reason, and keeps the lead: whose it is was not to be read.
fn what_cannot_be_read_is_not_taken_away(hands: &Hands<'_>) {
    let id = hands.crm.add(1).remove(0);
    let mut desk = Desk::new(hands.crm, hands.runtime);
    desk.settle();
    let accepted = desk.act(&id, &Act::Accept).remove(0);
    hands.crm.close(&id);
    (hands.spoil)(&id);
    desk.settle();
    let item = desk.sent(accepted.id);
    assert_eq!(item.state, OutboxState::Parked, "{item:?}");
    assert!(item.last_error.as_ref().is_some_and(|why| why.contains("cannot be read")), "{item:?}");
    assert_eq!((desk.taken_away(&id), desk.stage(&id)), (None, Stage::Accepted));
}

fn all(hands: &Hands<'_>) {
    a_page_tells_once_what_cannot_be_read(hands);
    neither_has_a_whole(hands);
    a_conflict_says_which(hands);
    what_cannot_be_read_is_not_taken_away(hands);
}

/// A mapping that passes over records of this column's word “nobody”, and reads a time from another one.
fn odd(mapping: &str, column: &str, time: &str) -> String {
    let skip = format!("rest = \"drop\"\nskip = {{ column = \"{column}\", is = [\"nobody\"] }}\n");
    mapping.replacen("rest = \"drop\"\n", &skip, 1).replacen("[lead]\n", &format!("[lead]\nmql_at = \"{time}\"\n"), 1)
}

fn with_tryton(case: impl FnOnce(&Office, &Runtime)) {
    alone(|office, runtime| {
        *office.mapping.borrow_mut() = odd(MAPPING, "reference", "reference");
        case(office, runtime);
    });
}

#[test]
fn what_is_no_lead_in_tryton_and_what_cannot_be_read() {
    with_tryton(|office, runtime| {
        let refer = |id: &str, word: &str| office.tryton.write(id.parse().unwrap(), json!({ "reference": word }));
        let (pass_over, spoil) = (|id: &str| refer(id, "nobody"), |id: &str| refer(id, "soon"));
        all(&Hands { crm: office, runtime, pass_over: &pass_over, spoil: &spoil });
    });
}

#[test]
fn what_is_no_lead_in_salesforce_and_what_cannot_be_read() {
    let org = Org::new();
    let mapping = odd(&org.mapping.borrow(), "Title", "Website");
    org.mapping.replace(mapping);
    let edit = |id: &str, name: &str, word: &str| org.salesforce.edit("Lead", id, &[(name, json!(word))]);
    let (pass_over, spoil) = (|id: &str| edit(id, "Title", "nobody"), |id: &str| edit(id, "Website", "soon"));
    all(&Hands { crm: &org, runtime: &salesforce_source::RUNTIME, pass_over: &pass_over, spoil: &spoil });
}

#[test]
fn what_is_no_lead_in_hubspot_and_what_cannot_be_read() {
    let shop = Shop::new(Account::free());
    let edit = |id: &str, name: &str, word: &str| shop.hubspot.edit("contacts", id, &[(name, word)]);
    let pass_over = |id: &str| edit(id, "lifecyclestage", "lead");
    let spoil = |id: &str| edit(id, "hs_v2_date_entered_marketingqualifiedlead", "soon");
    all(&Hands { crm: &shop, runtime: &hubspot_shop::RUNTIME, pass_over: &pass_over, spoil: &spoil });
    shop.check_form();
}
