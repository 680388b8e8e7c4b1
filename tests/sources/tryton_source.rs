//! Tryton's connector against the real Tryton: the whole conformance suite.

use std::cell::RefCell;
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

use crate::conformance::{Crm, Place, conforms};
use crate::faults::{Fault, Faults, Says};
use crate::tryton::{DATABASE, NewLead, PASSWORD, Tryton};

static RUNTIME: LazyLock<Runtime> = LazyLock::new(|| Runtime::new().unwrap());

pub struct Office {
    pub tryton: &'static Tryton,
    /// How records are read and written.
    pub mapping: RefCell<String>,
    line: Faults,
    ana: i64,
    ben: i64,
}

/// One server for all cases: each makes its own leads.
fn office() -> Option<Office> {
    static SERVER: LazyLock<Option<Tryton>> = LazyLock::new(Tryton::start);
    let tryton = SERVER.as_ref()?;
    let line = RUNTIME.block_on(Faults::start(&tryton.url()));
    let mapping = RefCell::new(MAPPING.to_owned());
    Some(Office { tryton, mapping, line, ana: tryton.employee("ana"), ben: tryton.employee("ben") })
}

/// One case at a time, and without the leads of those before: what others add is of the same rep.
pub fn alone(case: impl FnOnce(&Office, &Runtime)) {
    static ALONE: Mutex<()> = Mutex::new(());
    let _alone = ALONE.lock().unwrap_or_else(PoisonError::into_inner);
    let Some(office) = office() else { return };
    office.tryton.clear();
    case(&office, &RUNTIME);
}

impl Place for Office {
    fn page(&self) -> usize {
        200
    }

    fn calls(&self) -> usize {
        self.line.calls()
    }

    fn source(&self) -> Box<dyn Source> {
        let account = Account {
            name: "crm".into(),
            url: self.line.url(),
            database: DATABASE.into(),
            user: "ana".into(),
            password: Arc::new(|| Ok(SecretString::from(PASSWORD.to_owned()))),
            mapping: RecordMapping::parse("crm-tryton.toml", &self.mapping.borrow()).unwrap(),
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

    fn remove(&self, id: &str) -> bool {
        self.tryton.delete(id.parse().unwrap());
        true
    }
}

impl Crm for Office {
    fn line(&self) -> &Faults {
        &self.line
    }

    fn give_away(&self, id: &str) {
        self.tryton.set_employee(id.parse().unwrap(), Some(self.ben));
    }

    fn give_back(&self, id: &str) {
        self.tryton.set_employee(id.parse().unwrap(), Some(self.ana));
    }

    fn close(&self, id: &str) {
        self.tryton.lose(id.parse().unwrap(), "went elsewhere");
    }

    fn lock_out(&self) {
        self.tryton.set_active("ana", false);
        self.tryton.end_all_sessions();
    }

    fn let_in(&self) {
        self.tryton.set_active("ana", true);
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
fn the_title_says_why_it_is_a_lead_and_the_comment_is_its_message() {
    alone(|office, runtime| {
        let ids = office.add(2);
        office.edit(&ids[0], "Forty robots by May.");
        office.tryton.write(ids[1].parse().unwrap(), json!({ "description": "" }));
        let mut source = office.source();
        let mut lead = |id: &String| runtime.block_on(source.detail(id)).unwrap().unwrap().arrival.lead;
        let (titled, bare) = (lead(&ids[0]), lead(&ids[1]));
        assert_eq!(titled.trigger.map(|trigger| trigger.what).as_deref(), Some("Wants a demo"));
        assert_eq!(titled.message.as_deref(), Some("Forty robots by May."));
        assert_eq!((bare.trigger, bare.message), (None, None));
    });
}

conforms!(alone, faults: &[Fault::before(Says::Nothing), Fault::after(Says::Nothing)], schedules: 12);
