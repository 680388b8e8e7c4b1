//! HubSpot's connector against its double: the whole conformance suite, for lead objects with a unique property on
//! activities, without one, and for contacts; and what is HubSpot's own.

use crate::conformance;
use crate::faults::{Fault, Says};
use crate::hubspot::Account;
use crate::hubspot_shop::{RUNTIME, Shop};

/// Lead objects, and activities that are written by a unique property.
fn keyed() -> Shop {
    Shop::new(Account::enterprise())
}

/// Lead objects, and activities that carry their key in their text.
fn marked() -> Shop {
    Shop::new(Account { has_unique_on_activities: false, searches_by_lead: false, ..Account::professional() })
}

/// No lead objects.
fn contacts() -> Shop {
    Shop::new(Account::free())
}

/// The case in each of them; then every request is looked at.
fn in_each(case: impl Fn(&Shop)) {
    for shop in [keyed(), marked(), contacts()] {
        case(&shop);
        shop.check();
    }
}

#[test]
fn everything_is_read_once() {
    in_each(|shop| conformance::changes::everything_once(shop, &RUNTIME, 450));
}

#[test]
fn what_leaves_is_taken_away() {
    in_each(|shop| conformance::changes::what_leaves_is_taken_away(shop, &RUNTIME));
}

#[test]
fn what_others_decide_counts() {
    in_each(|shop| conformance::changes::what_others_decide_counts(shop, &RUNTIME));
}

#[test]
fn each_disposition_is_there_once() {
    in_each(|shop| conformance::writes::each_is_there_once(shop, &RUNTIME));
}

#[test]
fn a_conflict_is_shown() {
    in_each(|shop| conformance::writes::a_conflict_is_shown(shop, &RUNTIME));
}

#[test]
fn a_fault_at_each_call_loses_and_doubles_nothing() {
    let faults = [
        Fault::after(Says::Nothing),
        Fault::before(Says::Nothing),
        Fault::after(Says::Half),
        Fault::after(Says::Html),
        Fault::before(Says::Unauthorized),
        Fault::before(Says::TooMany(None)),
    ];
    for (shop, many) in [(keyed(), faults.len()), (marked(), 3), (contacts(), 1)] {
        conformance::faults::at_each_call(&shop, &RUNTIME, &faults[..many]);
        shop.check_form();
    }
}

#[test]
fn faults_by_chance_lose_and_double_nothing() {
    let asked = std::env::var("LEADBOX_SOURCE_SCHEDULES").ok();
    let schedules: u64 = asked.map_or(6, |text| text.parse().expect("LEADBOX_SOURCE_SCHEDULES is a number"));
    for shop in [keyed(), marked(), contacts()] {
        (0..schedules).for_each(|seed| conformance::faults::by_chance(&shop, &RUNTIME, seed));
        shop.check_form();
    }
}
