//! A line that loses calls and answers, and hubs that end in the middle of something: nothing is doubled and nothing lost.

use crate::desk::{Desk, accept, call};
use crate::faults::{Fault, Faults, Says};
use crate::hub::Rig;
use crate::place::Place;
use crate::tryton::Tryton;
use crate::whole_way::{PEOPLE, add, alone, employee, source};

/// Of calls that an answer costs, so many at the most.
const CALLS: usize = 40;

fn must_be_there_once(tryton: &Tryton, desk: &Desk<'_>, record: &str, key: &str, when: &str) {
    assert_eq!(tryton.state(record.parse().unwrap()).as_deref(), Some("opportunity"), "{when}");
    assert_eq!(employee(tryton, record).as_deref(), Some("Ana Lima"), "{when}");
    assert_eq!(tryton.count_notes(&format!("[leadbox:{key}]")), 1, "{when}");
    assert_eq!((desk.writes("parked"), desk.writes("waiting")), (0, 0), "{when}");
    assert_eq!(desk.times(record, "moved_at_source") + desk.times(record, "rerouted"), 0, "{when}");
}

#[test]
fn whichever_call_is_lost_all_of_it_is_there_once() {
    alone(|tryton| {
        for is_done in [false, true] {
            let rig = Rig::new(&Place::sqlite());
            let line = rig.run(Faults::start(&tryton.url()));
            let mut desk = Desk::new(&rig, &PEOPLE, source(&line.url()));
            for number in 1..CALLS {
                tryton.clear();
                let record = add(tryton, &format!("Lead{number}{is_done}"), "Spain", None);
                let begun = line.calls();
                line.at(begun + number, Fault { is_done, says: Says::Nothing });
                desk.settle();
                desk.answer("ana", &record, &accept());
                let op = desk.answer("ana", &record, &call("no luck"));
                desk.settle();
                let when = format!("call {number} lost, done: {is_done}");
                must_be_there_once(tryton, &desk, &record, op["id"].as_str().unwrap(), &when);
                if !line.heard()[begun..].iter().any(|call| call.fault.is_some()) {
                    break;
                }
            }
        }
    });
}

#[test]
fn a_hub_that_ends_at_any_call_leaves_nothing_half_done() {
    alone(|tryton| {
        let rig = Rig::new(&Place::sqlite());
        let line = rig.run(Faults::start(&tryton.url()));
        let mut desk = Desk::new(&rig, &PEOPLE, source(&line.url()));
        for number in 1..CALLS {
            tryton.clear();
            let record = add(tryton, &format!("Lead{number}"), "Spain", None);
            desk.settle();
            desk.answer("ana", &record, &accept());
            let op = desk.answer("ana", &record, &call("no luck"));
            let until = line.calls() + number;
            let is_over = desk.cut_off(|| line.calls() >= until);
            // Another process on the same database goes on.
            desk = Desk::beside(&rig, &PEOPLE, source(&line.url()));
            desk.settle();
            must_be_there_once(tryton, &desk, &record, op["id"].as_str().unwrap(), &format!("ended at call {number}"));
            if is_over {
                return;
            }
        }
        panic!("an answer costs more than {CALLS} calls");
    });
}
