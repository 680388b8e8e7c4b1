use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};

use chrono::Duration;
use tempfile::TempDir;

use super::result::wait;
use super::worker::turn;
use crate::handoff::Time;
use crate::handoff::alert::{Alert, Available, Category, Draft};
use crate::handoff::lead::LeadId;
use crate::hub::channels::Sender;
use crate::hub::core::Hub;
use crate::hub::db::{self, Scope};
use crate::hub::outgoing::{Outgoing, OutgoingSettings};
use crate::hub::settings::HubSettings;
use crate::hub::{alerts, people};

const CHANNELS: &str = r#"
[[channels]]
name = "a"
kind = "command"
command = ["cat"]

[[channels]]
name = "b"
kind = "command"
command = ["cat"]
people = ["ana"]
"#;

struct Rig {
    _folder: TempDir,
    hub: Hub,
    clock: Arc<AtomicI64>,
}

impl Rig {
    /// A hub with two channels for Ana, and one for Bo, on a Friday at ten.
    async fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let start: Time = "2026-11-20T10:00:00Z".parse().unwrap();
        let clock = Arc::new(AtomicI64::new(start.timestamp_millis()));
        let time = Arc::clone(&clock);
        let url = format!("sqlite:{}", folder.path().join("hub.db").display());
        let now = move || Time::from_timestamp_millis(time.load(Ordering::SeqCst)).unwrap();
        let hub = Hub::direct(db::open(&url, db::Options::default()).unwrap(), Arc::new(now)).unwrap();
        hub.tell_by(HubSettings::parse(CHANNELS, "hub.toml", Path::new("/")).unwrap().channels);
        for id in ["ana", "bo"] {
            let person = serde_json::json!({ "id": id, "name": id, "role": "rep", "takes": {} });
            let person = serde_json::from_value(person).unwrap();
            hub.write(move |work| people::put(work.tx, &person, work.now)).await.unwrap();
        }
        Self { _folder: folder, hub, clock }
    }

    fn pass(&self, time: Duration) {
        self.clock.fetch_add(time.num_milliseconds(), Ordering::SeqCst);
    }

    /// Tells somebody of a lead; the states of the messages, and when they are next looked at, from now in seconds.
    async fn tell(&self, to: &'static str, lead: i64, is_urgent: bool) -> Vec<(String, Option<i64>)> {
        let now = self.hub.now();
        let draft = Draft {
            lead: LeadId(lead),
            category: Category::SlaBreachWarning,
            history: vec!["demo form".into()],
            action: "contact them".into(),
            available: Some(Available { until: now + Duration::days(4), left: 3600 }),
            who: "Maya Chen".into(),
            link: None,
            is_urgent,
        };
        let alert = Alert::new(draft, now).unwrap();
        self.hub.write(move |work| alerts::put(work, to, &alert)).await.unwrap();
        self.states("alert = (SELECT max(id) FROM alert)").await
    }

    async fn states(&self, which: &'static str) -> Vec<(String, Option<i64>)> {
        let now = self.hub.now();
        let look = move |tx: &mut dyn db::Tx| {
            let rows = tx.query(&format!("SELECT state, next_at FROM delivery WHERE {which} ORDER BY id"), &[])?;
            let state = |row: &db::Row| {
                let next = row.opt_int(1)?.map(|at| (at - now.timestamp_millis()) / 1000);
                Ok((row.text(0)?.to_owned(), next))
            };
            rows.iter().map(state).collect()
        };
        self.hub.read(Scope::System, look).await.unwrap()
    }
}

fn state(state: &str, next: Option<i64>) -> (String, Option<i64>) {
    (state.into(), next)
}

#[tokio::test]
async fn nobody_gets_the_same_twice_and_many_channels_carry_one_alert() {
    let rig = Rig::new().await;
    assert_eq!(rig.tell("ana", 1, false).await, [state("waiting", Some(0)), state("waiting", Some(0))]);
    rig.pass(Duration::minutes(14));
    assert_eq!(rig.tell("ana", 1, true).await, [state("duplicate", None), state("duplicate", None)]);
    assert_eq!(rig.tell("bo", 1, false).await, [state("waiting", Some(0))], "another has not got it yet");
    rig.pass(Duration::minutes(1));
    assert_eq!(rig.tell("ana", 1, false).await[0], state("waiting", Some(0)));
}

#[tokio::test]
async fn beyond_the_limit_of_an_hour_only_what_is_urgent_goes() {
    let rig = Rig::new().await;
    for lead in 1..=12 {
        assert_eq!(rig.tell("ana", lead, false).await[1].0, "waiting", "{lead}");
        rig.pass(Duration::minutes(1));
    }
    assert_eq!(rig.tell("ana", 13, false).await, [state("held", Some(48 * 60)), state("held", Some(48 * 60))]);
    assert_eq!(rig.tell("ana", 14, true).await[0].0, "waiting");
    assert_eq!(rig.tell("bo", 13, false).await[0].0, "waiting");
}

#[tokio::test]
async fn what_is_kept_for_the_morning_is_asked_again_then() {
    let rig = Rig::new().await;
    rig.pass(Duration::hours(24));
    let monday = 47 * 3600;
    assert_eq!(rig.tell("bo", 1, false).await, [state("held", Some(monday))]);
    assert_eq!(rig.tell("bo", 2, true).await, [state("waiting", Some(0))]);
    let sender = Sender::new(Outgoing::new(&OutgoingSettings::default()).unwrap());
    let channel = rig.hub.channels().get("a").unwrap().clone();
    rig.pass(Duration::seconds(monday - 1));
    assert_eq!(turn(&rig.hub, &sender, &channel).await.unwrap().done, 1, "the urgent one");
    rig.pass(Duration::seconds(1));
    assert_eq!(turn(&rig.hub, &sender, &channel).await.unwrap().done, 1, "the other one");
    assert_eq!(turn(&rig.hub, &sender, &channel).await.unwrap().done, 0);
    // There is no such lead in this hub.
    assert_eq!(rig.states("released_at IS NOT NULL").await, [state("given_up", None), state("given_up", None)]);
}

#[tokio::test]
async fn what_cannot_be_read_is_given_up_and_stops_no_other() {
    let rig = Rig::new().await;
    let write = async |sql: &'static str| {
        rig.hub.write(move |work| Ok(work.tx.execute(sql, &[])?)).await.unwrap();
    };
    // On a Saturday what is not urgent waits.
    rig.pass(Duration::hours(24));
    assert_eq!(rig.tell("bo", 1, false).await[0].0, "held");
    write("UPDATE alert SET body = 'no JSON' WHERE lead = 1").await;
    assert_eq!(rig.tell("bo", 2, true).await[0].0, "waiting");
    write("UPDATE alert SET body = 'no JSON' WHERE lead = 2").await;
    assert_eq!(rig.tell("bo", 3, true).await[0].0, "waiting", "what they got before is not in the way");
    let sender = Sender::new(Outgoing::new(&OutgoingSettings::default()).unwrap());
    let channel = rig.hub.channels().get("a").unwrap().clone();
    rig.pass(Duration::hours(47));
    assert_eq!(turn(&rig.hub, &sender, &channel).await.unwrap().done, 2, "those that are urgent");
    assert_eq!(rig.states("lead = 1").await, [state("given_up", None)]);
    assert_eq!(turn(&rig.hub, &sender, &channel).await.unwrap().done, 0);
}

#[test]
fn each_wait_is_longer_up_to_a_quarter_of_an_hour_and_never_nothing() {
    assert_eq!(wait(1, 0.0), Duration::seconds(5));
    assert_eq!(wait(1, 1.0), Duration::milliseconds(2500));
    assert_eq!(wait(3, 0.0), Duration::seconds(20));
    for attempt in [10, 100, u32::MAX] {
        assert_eq!(wait(attempt, 0.0), Duration::minutes(15));
    }
}
