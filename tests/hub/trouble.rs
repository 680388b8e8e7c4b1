//! What the database does to those who work in the background: trouble that passes, and one row that cannot be read.

use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::mpsc::Receiver;
use std::sync::{Arc, Mutex, mpsc};

use chrono::Duration;
use leadbox::hub::audit;
use leadbox::hub::clockwork;
use leadbox::hub::core::Hub;
use leadbox::hub::db::{Db, DbError, Dialect, Heard, Job, Scope};
use leadbox::hub::enrich::{Providers, worker};
use leadbox::hub::outgoing::{Outgoing, OutgoingSettings};

use crate::hub::{Ask, POLICY, Rig, both};
use crate::place::Place;

/// A database whose disk is full for so many commits.
struct Full {
    db: Arc<dyn Db>,
    left: Arc<AtomicU32>,
}

impl Db for Full {
    fn write(&self, job: Job<'_>) -> Result<(), DbError> {
        let is_full = self.left.fetch_update(Ordering::SeqCst, Ordering::SeqCst, |left| left.checked_sub(1)).is_ok();
        if is_full { Err(DbError::Full) } else { self.db.write(job) }
    }

    fn read(&self, scope: &Scope, job: Job<'_>) -> Result<(), DbError> {
        self.db.read(scope, job)
    }

    fn listen(&self) -> Result<Receiver<Heard>, DbError> {
        self.db.listen()
    }

    fn dialect(&self) -> Dialect {
        self.db.dialect()
    }

    fn place(&self) -> &str {
        self.db.place()
    }
}

/// Another hub at the same place and time, whose disk is full for so many commits.
fn full(rig: &Rig, place: &Place, commits: u32) -> Arc<Hub> {
    let clock = Arc::clone(&rig.hub);
    let db = Full { db: place.open(), left: Arc::new(AtomicU32::new(commits)) };
    Hub::start(Arc::new(db), Arc::new(move || clock.now())).unwrap()
}

#[test]
fn what_is_due_stays_due_when_a_commit_does_not_come_about() {
    both(|rig, place| {
        let lead = rig.lead("own", "Spain");
        let wake = format!("SELECT wake_at FROM lead WHERE id = {lead}");
        let due = rig.number(&wake);
        rig.pass(Duration::milliseconds(due - rig.now().timestamp_millis()));
        let hub = full(rig, place, 1);
        let tick = rig.run(clockwork::tick(&hub));
        assert!(tick.is_err(), "{tick:?}");
        assert_eq!(rig.number(&wake), due, "it is not put off");
        while rig.run(clockwork::tick(&hub)).unwrap() > 0 {}
        assert!(rig.number(&wake) > due, "it is seen to at once");
    });
}

#[test]
fn a_lead_that_the_database_does_not_take_stops_neither_the_others_nor_a_look_at_all() {
    both(|rig, _| {
        let (broken, sound) = (rig.lead("broken", "Spain"), rig.lead("sound", "Spain"));
        // Its next entry in the log has a number that is taken.
        rig.write(move |work| {
            let rows = work.tx.query("SELECT handoff FROM lead WHERE id = ?1", &[broken.into()])?;
            let mut handoff: serde_json::Value = serde_json::from_str(rows[0].text(0)?)?;
            handoff["seq"] = 0.into();
            let sql = "UPDATE lead SET handoff = ?2 WHERE id = ?1";
            work.tx.execute(sql, &[broken.into(), handoff.to_string().as_str().into()])?;
            Ok(())
        });
        let wake = |lead: i64| rig.number(&format!("SELECT wake_at FROM lead WHERE id = {lead}"));
        let due = wake(sound).max(wake(broken));
        rig.pass(Duration::milliseconds(due - rig.now().timestamp_millis()));
        let policy = format!("{POLICY}\n[escalation]\npersonal_message = \"2m\"\n");
        rig.as_who("rev", Ask::new("PUT", "/v1/policy").body("application/toml", policy)).ok();
        let looks = |rig: &Rig| rig.rows("SELECT value FROM meta WHERE name LIKE '%look%'").len();
        assert!(looks(rig) > 0, "another policy has all leads looked at");
        for _ in 0..9 {
            rig.run(clockwork::tick(&rig.hub)).unwrap();
        }
        assert!(wake(sound) > due && wake(broken) > due, "one is done, the other rests");
        assert_eq!(looks(rig), 0, "and all were looked at");
    });
}

/// A database whose readers wait until they are let in.
struct Slow {
    db: Arc<dyn Db>,
    begun: Mutex<mpsc::Sender<()>>,
    go: Mutex<mpsc::Receiver<()>>,
}

impl Db for Slow {
    fn write(&self, job: Job<'_>) -> Result<(), DbError> {
        self.db.write(job)
    }

    fn read(&self, scope: &Scope, job: Job<'_>) -> Result<(), DbError> {
        self.begun.lock().unwrap().send(()).unwrap();
        self.go.lock().unwrap().recv().unwrap();
        self.db.read(scope, job)
    }

    fn listen(&self) -> Result<Receiver<Heard>, DbError> {
        self.db.listen()
    }

    fn dialect(&self) -> Dialect {
        self.db.dialect()
    }

    fn place(&self) -> &str {
        self.db.place()
    }
}

/// Says when it is over.
struct Turn(mpsc::Sender<()>);

impl Drop for Turn {
    fn drop(&mut self) {
        self.0.send(()).unwrap();
    }
}

#[test]
fn the_turn_to_audit_is_kept_until_the_log_is_read_whoever_hangs_up() {
    let place = Place::sqlite();
    let rig = Rig::new(&place);
    let ((begin, begun), (go, gone), (end, ended)) = (mpsc::channel(), mpsc::channel(), mpsc::channel());
    go.send(()).unwrap();
    let db = Slow { db: place.open(), begun: Mutex::new(begin), go: Mutex::new(gone) };
    let hub = Hub::start(Arc::new(db), Arc::new(chrono::Utc::now)).unwrap();
    begun.recv().unwrap();
    rig.run(async {
        let asking = tokio::spawn(async move { audit::verify(&hub, Turn(end)).await });
        tokio::task::spawn_blocking(move || begun.recv().unwrap()).await.unwrap();
        asking.abort();
        assert!(asking.await.unwrap_err().is_cancelled());
    });
    assert_eq!(ended.try_recv(), Err(mpsc::TryRecvError::Empty), "the log is read still");
    go.send(()).unwrap();
    ended.recv().unwrap();
}

#[test]
fn one_job_that_cannot_be_done_stops_no_other() {
    both(|rig, _| {
        rig.hub.look_up();
        let item = |name: &str| {
            let mut item = crate::hub::item(name, "Spain");
            item["company"] = serde_json::json!({ "name": name });
            item
        };
        for name in ["first", "second"] {
            rig.post(&item(name)).ok();
        }
        assert_eq!(rig.number("SELECT count(*) FROM job WHERE done_at IS NULL"), 2);
        rig.write(|work| {
            work.tx.execute("UPDATE lead SET facts = 'no JSON' WHERE id = (SELECT min(lead) FROM job)", &[])?;
            Ok(())
        });
        let outgoing = Outgoing::new(&OutgoingSettings::default()).unwrap();
        let tick = || rig.run(worker::tick(&rig.hub, &Providers::default(), &outgoing)).unwrap();
        assert_eq!(tick(), 1, "the other one is done");
        let waits = "SELECT count(*) FROM job WHERE done_at IS NULL AND last_error IS NOT NULL";
        assert_eq!(rig.number(waits), 1, "and it is told");
        // It is not tried for ever.
        for _ in 0..10 {
            rig.pass(Duration::hours(1));
            assert_eq!(tick(), 0);
        }
        assert_eq!(rig.number(waits), 0);
    });
}

#[test]
fn a_former_policy_that_cannot_be_read_keeps_no_hub_from_starting() {
    both(|rig, place| {
        rig.write(|work| {
            work.tx.execute("UPDATE policy SET toml = 'what an older version took' WHERE version = 1", &[])?;
            Ok(())
        });
        let beside = Hub::direct(place.open(), Arc::new(chrono::Utc::now)).unwrap();
        assert_eq!(beside.rules().number, rig.hub.rules().number);
    });
}
