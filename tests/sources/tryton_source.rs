//! Tryton's connector against the real Tryton: the whole conformance suite.

use std::sync::{Arc, LazyLock, Mutex, PoisonError};

use chrono::Utc;
use leadbox::handoff::state::Stage;
use leadbox::source::Source;
use leadbox::source::files::RecordMapping;
use leadbox::source::tryton::{Account, MAPPING, TrytonSource};
use secrecy::SecretString;
use serde_json::json;
use tokio::runtime::Runtime;
use uuid::Uuid;

use crate::conformance::{self, Crm};
use crate::faults::{Fault, Faults, Says};
use crate::tryton::{DATABASE, NewLead, PASSWORD, Tryton};

static RUNTIME: LazyLock<Runtime> = LazyLock::new(|| Runtime::new().unwrap());

struct Office {
    tryton: &'static Tryton,
    line: Faults,
    ana: i64,
    ben: i64,
}

/// One server for all cases: each makes its own leads.
fn office() -> Option<Office> {
    static SERVER: LazyLock<Option<Tryton>> = LazyLock::new(Tryton::start);
    let tryton = SERVER.as_ref()?;
    let line = RUNTIME.block_on(Faults::start(&tryton.url()));
    Some(Office { tryton, line, ana: tryton.employee("ana"), ben: tryton.employee("ben") })
}

/// One case at a time: what others add is of the same rep.
fn alone(case: impl FnOnce(&Office)) {
    static ALONE: Mutex<()> = Mutex::new(());
    let _alone = ALONE.lock().unwrap_or_else(PoisonError::into_inner);
    let Some(office) = office() else { return };
    office.clear();
    case(&office);
}

impl Crm for Office {
    fn clear(&self) {
        self.tryton.clear();
    }

    fn line(&self) -> &Faults {
        &self.line
    }

    fn source(&self) -> Box<dyn Source> {
        let account = Account {
            name: "crm".into(),
            url: self.line.url(),
            database: DATABASE.into(),
            user: "ana".into(),
            password: Arc::new(|| Ok(SecretString::from(PASSWORD.to_owned()))),
            mapping: RecordMapping::parse("crm-tryton.toml", MAPPING).unwrap(),
            of_all: false,
            asked_every: 1,
            clock: Arc::new(Utc::now),
        };
        Box::new(TrytonSource::new(account).unwrap())
    }

    fn add(&self, many: usize) -> Vec<String> {
        let lead = || NewLead {
            name: "Maya Chen",
            email: "maya@northwind.example",
            phone: "",
            employee: Some(self.ana),
            description: "Wants a demo",
            comment: "",
        };
        let leads: Vec<NewLead> = (0..many).map(|_| lead()).collect();
        self.tryton.create_leads(&leads).iter().map(ToString::to_string).collect()
    }

    fn edit(&self, id: &str, message: &str) {
        self.tryton.write(id.parse().unwrap(), json!({ "comment": message }));
    }

    fn give_away(&self, id: &str) {
        self.tryton.set_employee(id.parse().unwrap(), Some(self.ben));
    }

    fn give_back(&self, id: &str) {
        self.tryton.set_employee(id.parse().unwrap(), Some(self.ana));
    }

    fn remove(&self, id: &str) {
        self.tryton.delete(id.parse().unwrap());
    }

    fn close(&self, id: &str) {
        self.tryton.lose(id.parse().unwrap(), "went elsewhere");
    }

    fn stage(&self, id: &str) -> Option<Stage> {
        Some(match self.tryton.state(id.parse().unwrap())?.as_str() {
            "lead" => Stage::Assigned,
            "opportunity" => Stage::Accepted,
            "lost" => Stage::Rejected,
            "cancelled" => Stage::Recycled,
            other => panic!("{other}"),
        })
    }

    fn writes(&self, key: Uuid) -> usize {
        self.tryton.count_notes(&format!("[leadbox:{key}]"))
    }

    fn owned(&self) -> Vec<String> {
        let fields = json!([[["employee", "=", self.ana]], 0, null, null, ["id"]]);
        let rows = self.tryton.as_admin("model.sale.opportunity.search_read", fields);
        rows.as_array().unwrap().iter().map(|row| row["id"].to_string()).collect()
    }
}

#[test]
fn everything_is_read_once() {
    alone(|office| conformance::changes::everything_once(office, &RUNTIME, 230));
}

#[test]
fn what_was_not_kept_is_told_again() {
    alone(|office| conformance::changes::what_was_not_kept_is_told_again(office, &RUNTIME));
}

#[test]
fn what_leaves_is_taken_away() {
    alone(|office| conformance::changes::what_leaves_is_taken_away(office, &RUNTIME));
}

#[test]
fn what_others_decide_counts() {
    alone(|office| conformance::changes::what_others_decide_counts(office, &RUNTIME));
}

#[test]
fn each_disposition_is_there_once() {
    alone(|office| conformance::writes::each_is_there_once(office, &RUNTIME));
}

#[test]
fn a_conflict_is_shown() {
    alone(|office| conformance::writes::a_conflict_is_shown(office, &RUNTIME));
}

#[test]
fn a_fault_at_each_call_loses_and_doubles_nothing() {
    let usual = [Fault::before(Says::Nothing), Fault::after(Says::Nothing)];
    let faults = if conformance::faults::asked().is_some() { &Fault::ALL[..] } else { &usual };
    alone(|office| conformance::faults::at_each_call(office, &RUNTIME, faults));
}

#[test]
fn faults_by_chance_lose_and_double_nothing() {
    alone(|office| conformance::faults::many_by_chance(office, &RUNTIME, 12));
}
