//! What Leadbox says of an account that lacks this and that, what it makes there, and outcomes by their labels.

use leadbox::handoff::disposition::Outcome;
use leadbox::handoff::outbox::OutboxState;
use leadbox::source::{Finding, Source};

use crate::conformance::desk::{Desk, call};
use crate::conformance::one;
use crate::hubspot::{Account, Fault};
use crate::hubspot_shop::{RUNTIME, Shop};

fn check(shop: &Shop) -> Vec<Finding> {
    RUNTIME.block_on(shop.near().check()).unwrap()
}

/// The finding of which this is part, with what to do about it.
fn found(shop: &Shop, what: &str) -> (bool, String) {
    let all = check(shop);
    let finding = all.iter().find(|finding| finding.what.contains(what));
    let finding = finding.unwrap_or_else(|| panic!("nothing of “{what}” in {all:#?}"));
    (finding.is_wrong, finding.hint.clone().unwrap_or_default())
}

#[test]
fn an_account_that_has_all_of_it_is_right() {
    let shop = Shop::new(Account::enterprise());
    assert!(check(&shop).iter().all(|finding| !finding.is_wrong), "{:#?}", check(&shop));
    assert!(!found(&shop, "unique property leadbox_key").0);
    assert!(!found(&shop, "are written as “OTHER”").0);
    shop.check();
}

#[test]
fn an_owner_whom_nobody_knows_hides_nothing_else() {
    let mut shop = Shop::new(Account::enterprise());
    shop.owner = Some("nobody@example.com".into());
    shop.hubspot.options("leads", "hs_lead_disqualification_reason", &[("NOT_A_FIT", "Not a fit"), ("OTHER", "Other")]);
    let (is_wrong, hint) = found(&shop, "nobody is known there as “nobody@example.com”");
    assert!(is_wrong && hint.contains("Users & Teams"), "{hint}");
    let (is_wrong, hint) = found(&shop, "timing_premature would be written as “BAD_TIMING”");
    assert!(is_wrong && hint.contains("NOT_A_FIT, OTHER"), "{hint}");
}

#[test]
fn the_unique_property_is_made_where_the_token_may() {
    let lacking = Account { has_unique_on_activities: false, ..Account::enterprise() };
    let shop = Shop::new(lacking);
    let (is_wrong, hint) = found(&shop, "calls, emails, notes, tasks, communications have no unique property");
    assert!(!is_wrong, "it goes on without");
    assert!(hint.contains("POST /crm/properties/2026-09/calls") && hint.contains("callsinformation"), "{hint}");
    let create = || RUNTIME.block_on(shop.near().create()).unwrap();
    let refused = create();
    assert!(refused.iter().any(|one| one.what.contains("makes no unique property of calls")), "{refused:?}");
    shop.hubspot.account(|account| {
        account.has_unique_on_activities = true;
        account.scopes.remove("crm.schemas.contacts.write");
    });
    assert!(create().iter().any(|one| one.is_wrong && one.what.contains("may not make properties")));
    shop.hubspot.account(|account| account.scopes.extend(["crm.schemas.contacts.write".to_owned()]));
    assert_eq!(create().len(), 5);
    assert!(!found(&shop, "activities have the unique property").0);
    assert_eq!(create().len(), 1, "there is nothing more to make");
    shop.check();
}

/// What came of a call that was logged there.
fn logged(shop: &Shop, outcome: Outcome) -> Option<String> {
    let id = one(shop);
    let mut desk = Desk::new(shop, &RUNTIME);
    desk.settle();
    let called = desk.act(&id, &call(outcome, "spoke")).pop().unwrap();
    desk.settle();
    assert_eq!(desk.sent(called.id).state, OutboxState::Sent);
    let calls = shop.hubspot.linked(shop.kind, &id, "calls");
    assert_eq!(calls.len(), 1);
    shop.hubspot.value("calls", &calls[0], "hs_call_disposition")
}

#[test]
fn an_outcome_is_known_by_its_label() {
    let shop = Shop::new(Account::enterprise());
    let usual = logged(&shop, Outcome::Reached);
    assert_eq!(usual.as_deref(), Some("f240bbac-87c9-4f6e-bf70-924b57d47db7"));
    let shop = Shop::new(Account::enterprise());
    shop.hubspot.options("calls", "hs_call_disposition", &[("11", "CONNECTED"), ("12", "Voicemail")]);
    assert_eq!(logged(&shop, Outcome::Reached).as_deref(), Some("11"), "their own options");
    assert_eq!(logged(&shop, Outcome::Voicemail), None, "the call is there, without what nobody there calls so");
    let (is_wrong, hint) = found(&shop, "phone.voicemail would be written as “Left voicemail”");
    assert!(is_wrong && hint.contains("CONNECTED, Voicemail"), "{hint}");
    // Options that cannot be read are HubSpot's own.
    let shop = Shop::new(Account::enterprise());
    shop.hubspot.order("GET /crm/properties/2026-09/calls/hs_call_disposition", 0, Fault::Say(404, None));
    assert_eq!(logged(&shop, Outcome::NoAnswer).as_deref(), Some("73a0d17f-1163-4015-bdd5-ec830791da20"));
}
