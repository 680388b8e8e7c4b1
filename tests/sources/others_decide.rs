//! Somebody there decided on a lead before the rep's word came: nothing of theirs is changed, the rep is told, and whoever has
//! such a lead before them does not keep it.

use leadbox::handoff::disposition::{Act, Outcome};
use leadbox::handoff::outbox::OutboxState;
use leadbox::handoff::state::Stage;
use tokio::runtime::Runtime;

use crate::conformance::desk::{Desk, call, reject};
use crate::conformance::{Crm, Place, one};
use crate::hubspot::Account;
use crate::hubspot_shop::{self, Shop};
use crate::salesforce::ANA;
use crate::salesforce_source::{self, Org};
use crate::tryton_source::alone;

#[test]
fn a_refused_rejection_leaves_nothing_at_a_lead_in_tryton() {
    alone(|office, runtime| {
        let given = one(office);
        let mut desk = Desk::new(office, runtime);
        desk.settle();
        let rejected = desk.act(&given, &reject()).pop().unwrap();
        office.give_away(&given);
        desk.settle();
        let item = desk.sent(rejected.id);
        assert_eq!(item.state, OutboxState::Parked, "{item:?}");
        assert!(item.last_error.as_ref().is_some_and(|why| why.contains("given to")), "{item:?}");
        let number = given.parse().unwrap();
        let stands = (office.tryton.state(number), office.tryton.lost_reason(number), office.tryton.notes(number));
        assert_eq!(stands, (Some("lead".into()), None, Vec::new()));
    });
}

#[test]
fn whoever_lost_a_lead_in_tryton_has_the_word_on_why() {
    alone(|office, runtime| {
        let id = one(office);
        let mut desk = Desk::new(office, runtime);
        desk.settle();
        let rejected = desk.act(&id, &reject()).pop().unwrap();
        office.tryton.lose(id.parse().unwrap(), "bankrupt");
        desk.settle();
        let item = desk.sent(rejected.id);
        assert_eq!(item.state, OutboxState::Parked, "{item:?}");
        assert!(item.last_error.as_ref().is_some_and(|why| why.contains("“lost”")), "{item:?}");
        let number = id.parse().unwrap();
        let stands = (office.tryton.lost_reason(number), office.tryton.notes(number));
        assert_eq!(stands, (Some("bankrupt".into()), Vec::new()));
    });
}

#[test]
fn an_answer_on_a_lead_that_was_deleted_in_tryton_is_refused_and_not_tried_again() {
    alone(|office, runtime| {
        let ids = office.add(3);
        let mut desk = Desk::new(office, runtime);
        desk.settle();
        let acts = [Act::Accept, reject(), call(Outcome::Voicemail, "left word")];
        let done: Vec<_> = ids.iter().zip(&acts).map(|(id, act)| desk.act(id, act).pop().unwrap()).collect();
        ids.iter().for_each(|id| assert!(office.remove(id)));
        desk.settle();
        for event in done {
            let item = desk.sent(event.id);
            assert_eq!(item.state, OutboxState::Parked, "{item:?}");
            assert!(item.last_error.as_ref().is_some_and(|why| why.contains("no longer there")), "{item:?}");
        }
    });
}

/// Somebody got another name there: the leads are theirs as they were, and none of those that were given away is.
fn whoever_is_called_otherwise_now_is_nobody_else(crm: &dyn Crm, runtime: &Runtime, rename: impl FnOnce()) {
    let (kept, given) = (one(crm), one(crm));
    let mut desk = Desk::new(crm, runtime);
    desk.settle();
    let [on_kept, on_given] = [&kept, &given].map(|id| desk.act(id, &reject()).pop().unwrap());
    rename();
    crm.give_away(&given);
    // What a program remembers of names is over with it.
    desk.restart();
    desk.settle();
    let (sent, refused) = (desk.sent(on_kept.id), desk.sent(on_given.id));
    assert_eq!((sent.state, crm.stage(&kept)), (OutboxState::Sent, Some(Stage::Rejected)), "{sent:?}");
    assert!(matches!(refused.state, OutboxState::Parked | OutboxState::Kept), "{refused:?}");
    assert!(refused.last_error.as_ref().is_some_and(|why| why.contains("given to Be")), "{refused:?}");
    assert_eq!(crm.stage(&given), Some(Stage::Assigned));
}

#[test]
fn whoever_is_called_otherwise_now_is_nobody_else_tryton() {
    alone(|office, runtime| {
        let ana = office.tryton.employee("ana");
        let rename = || office.tryton.rename(ana, "Ana Miller");
        whoever_is_called_otherwise_now_is_nobody_else(office, runtime, rename);
        office.tryton.rename(ana, "Ana Lima");
    });
}

#[test]
fn whoever_is_called_otherwise_now_is_nobody_else_salesforce() {
    let org = Org::new();
    let rename = || org.salesforce.state().user(ANA, "Ana Miller", true);
    whoever_is_called_otherwise_now_is_nobody_else(&org, &salesforce_source::RUNTIME, rename);
}

#[test]
fn whoever_is_called_otherwise_now_is_nobody_else_hubspot() {
    let shop = Shop::new(Account::enterprise());
    let rename = || shop.hubspot.rename_owner(501, "Miller");
    whoever_is_called_otherwise_now_is_nobody_else(&shop, &hubspot_shop::RUNTIME, rename);
}

/// The lead in front of the rep is looked at each minute, all others every ten.
fn a_lead_in_front_that_went_to_somebody_else_is_taken_away(crm: &dyn Crm, runtime: &Runtime) {
    let id = one(crm);
    let mut desk = Desk::new(crm, runtime);
    desk.settle();
    desk.open(&id);
    desk.round(60);
    assert_eq!(desk.taken_away(&id), None);
    crm.give_away(&id);
    let whole = runtime.block_on(crm.source().detail(&id)).unwrap();
    assert!(whole.is_none(), "it is nobody's here any more: {whole:?}");
    // What became of all of them was asked when the desk settled.
    desk.round(61);
    desk.round(61);
    assert!(desk.taken_away(&id).is_some_and(|why| why.contains("given to")), "{:?}", desk.taken_away(&id));
    assert_eq!(crm.stage(&id), Some(Stage::Assigned));
    crm.give_back(&id);
    desk.settle();
    assert_eq!(desk.taken_away(&id), None);
}

#[test]
fn a_lead_in_front_that_went_to_somebody_else_is_taken_away_tryton() {
    alone(|office, runtime| a_lead_in_front_that_went_to_somebody_else_is_taken_away(office, runtime));
}

#[test]
fn a_lead_in_front_that_went_to_somebody_else_is_taken_away_salesforce() {
    a_lead_in_front_that_went_to_somebody_else_is_taken_away(&Org::new(), &salesforce_source::RUNTIME);
}

#[test]
fn a_lead_in_front_that_went_to_somebody_else_is_taken_away_hubspot() {
    let shop = Shop::new(Account::free());
    a_lead_in_front_that_went_to_somebody_else_is_taken_away(&shop, &hubspot_shop::RUNTIME);
}
