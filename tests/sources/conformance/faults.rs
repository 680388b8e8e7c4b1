//! Whatever goes wrong on the line, at whichever call: nothing is written twice, and nothing is lost.

use leadbox::handoff::disposition::{Act, Outcome};
use leadbox::handoff::outbox::OutboxState;
use leadbox::handoff::state::Stage;
use tokio::runtime::Runtime;
use uuid::Uuid;

use super::Crm;
use super::desk::{Desk, call, reject};
use crate::faults::Fault;

/// So many calls a disposition costs at the most.
const CALLS: usize = 12;

/// The faults that are tried at each call: these, or all there are where schedules are asked for.
pub fn tried(usual: &[Fault]) -> Vec<Fault> {
    let is_asked = std::env::var_os(super::chance::SCHEDULES).is_some();
    if is_asked { Fault::ALL.to_vec() } else { usual.to_vec() }
}

/// One fault, at each call that a disposition costs.
pub fn at_each_call(crm: &dyn Crm, runtime: &Runtime, fault: Fault) {
    let mut desk = Desk::new(crm, runtime);
    let ids = crm.add(CALLS);
    desk.settle();
    for (n, id) in ids.iter().enumerate() {
        desk.act(id, &Act::Accept);
        let called = desk.act(id, &call(Outcome::Voicemail, "left word")).remove(0);
        let rejected = desk.act(id, &reject()).remove(0);
        let next = crm.line().calls() + n + 1;
        crm.line().at(next, fault);
        desk.settle();
        crm.line().calm();
        desk.settle();
        for op in [called.id, rejected.id] {
            is_there_once(crm, &desk, op, &format!("{fault:?} at call {n}"));
        }
        assert_eq!((crm.stage(id), desk.stage(id)), (Some(Stage::Rejected), Stage::Rejected), "{fault:?} at {n}");
    }
}

fn is_there_once(crm: &dyn Crm, desk: &Desk<'_>, op: Uuid, told: &str) {
    let item = desk.sent(op);
    assert_eq!(item.state, OutboxState::Sent, "{told}: {item:?}");
    assert_eq!(crm.writes(op), 1, "{told}");
}
