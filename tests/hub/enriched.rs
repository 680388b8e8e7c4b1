//! Enrichment: providers with bad habits cost their time limit and no more, what a person said stays, and each lead is
//! looked up once, whichever hub does it.

use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::path::Path;
use std::sync::{Arc, Mutex};
use std::time::Duration as Wait;

use chrono::Duration;
use leadbox::hub::enrich::{By, Kind, Provider, Providers, Table, Template, job, worker};
use leadbox::hub::outgoing::{Allow, Entry, Outgoing, OutgoingSettings};
use serde_json::{Value, json};

use crate::hub::{Ask, Rig, both};
use crate::place::Place;

/// A service with bad habits, by the beginning of the path that is asked for; it remembers what it was asked.
struct Service {
    url: String,
    asked: Arc<Mutex<Vec<String>>>,
}

impl Service {
    fn new() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let asked = Arc::new(Mutex::new(Vec::new()));
        let noted = Arc::clone(&asked);
        std::thread::spawn(move || {
            for stream in listener.incoming().map_while(Result::ok) {
                let noted = Arc::clone(&noted);
                std::thread::spawn(move || drop(answer(stream, &noted)));
            }
        });
        Self { url, asked }
    }

    fn asked(&self) -> Vec<String> {
        self.asked.lock().unwrap().clone()
    }

    fn provider(&self, name: &str, habit: &str) -> Provider {
        let url = Template::parse(&format!("{}/{habit}?domain={{domain}}", self.url)).unwrap();
        let fields = vec![("company.size".into(), "metrics.employees".into()), ("person.title".into(), "title".into())];
        provider(name, fields, Kind::Http { url, secret: None })
    }
}

fn answer(mut stream: TcpStream, asked: &Mutex<Vec<String>>) -> std::io::Result<()> {
    let (mut head, mut byte) = (Vec::new(), [0]);
    while !head.ends_with(b"\r\n\r\n") {
        if stream.read(&mut byte)? == 0 {
            return Ok(());
        }
        head.push(byte[0]);
    }
    let path = String::from_utf8_lossy(&head).split(' ').nth(1).unwrap_or_default().to_owned();
    asked.lock().unwrap().push(path.clone());
    let mut reply = |status: &str, body: &str| {
        write!(stream, "HTTP/1.1 {status}\r\nContent-Length: {}\r\nConnection: close\r\n\r\n{body}", body.len())
    };
    match path.split(['?', '/']).nth(1).unwrap_or_default() {
        "knows" => reply("200 OK", r#"{"metrics":{"employees":800},"title":"Chair","as_of":"2026-10-01"}"#),
        "unknown" => reply("404 Not Found", "{}"),
        "fails" => reply("500 Oops", "{}"),
        "page" => reply("200 OK", "<html>sign in</html>"),
        "list" => reply("200 OK", "[800]"),
        "junk" => reply("200 OK", "{\"metrics\":{\"employees\":\"a\\u0000b\"}}"),
        "elsewhere" => reply("302 Found\r\nLocation: /knows", ""),
        "breaks" => write!(stream, "HTTP/1.1 200 OK\r\nContent-Length: 900\r\n\r\n{{"),
        "endless" => {
            write!(stream, "HTTP/1.1 200 OK\r\n\r\n")?;
            loop {
                stream.write_all(&[b' '; 4096])?;
            }
        }
        // It waits until the other side gives up.
        "silent" => stream.read(&mut byte).map(drop),
        other => panic!("no habit is called {other}"),
    }
}

fn provider(name: &str, fields: Vec<(String, String)>, kind: Kind) -> Provider {
    Provider { name: name.into(), limit: Wait::from_secs(20), fields, as_of: "as_of".into(), kind }
}

fn table(dir: &Path, text: &str) -> Provider {
    let file = dir.join("companies.csv");
    std::fs::write(&file, text).unwrap();
    let table = Table::new(file, "domain".into(), By::Domain, "as_of".into());
    provider("table", vec![("company.size".into(), "employees".into())], Kind::Csv(table))
}

/// A lead that asks for a demo and lacks its company's size; its number.
fn sizeless(rig: &Rig, name: &str) -> i64 {
    let item = json!({
        "key": format!("{name}-1"), "id": name,
        "person": { "first_name": name, "last_name": "Ames", "email": format!("{name}@{name}.example"), "country": "Spain" },
        "company": { "name": format!("{name} Inc") },
        "activities": [{ "kind": "demo_request", "text": "demo" }],
    });
    rig.post(&item).ok()["items"][0]["lead"].as_i64().unwrap()
}

fn record(rig: &Rig, lead: i64) -> (String, Value) {
    let row = &rig.rows(&format!("SELECT stage, record FROM lead WHERE id = {lead}"))[0];
    (row.text(0).unwrap().to_owned(), serde_json::from_str(row.text(1).unwrap()).unwrap())
}

/// What the log says of looking a lead up: by whom, and which fields that filled.
fn told(rig: &Rig, lead: i64) -> Vec<(String, Vec<String>)> {
    let rows = rig.rows(&format!("SELECT what FROM log WHERE lead = {lead} ORDER BY n"));
    let whats = rows.iter().map(|row| serde_json::from_str::<Value>(row.text(0).unwrap()).unwrap());
    let completed = whats.filter(|what| what["kind"] == "completed");
    let fields =
        |what: &Value| what["fields"].as_array().unwrap().iter().map(|it| it.as_str().unwrap().into()).collect();
    completed.map(|what| (what["by"].as_str().unwrap().to_owned(), fields(&what))).collect()
}

/// The way out, on which this machine may be called.
fn outgoing() -> Outgoing {
    let allow = Allow(vec![Entry::parse("127.0.0.1").unwrap()]);
    Outgoing::new(&OutgoingSettings { allow, proxy: None }).unwrap()
}

fn tick(rig: &Rig, providers: &Providers) -> usize {
    rig.run(worker::tick(&rig.hub, providers, &outgoing())).unwrap()
}

#[test]
fn a_provider_with_bad_habits_holds_nothing_up_and_the_next_one_is_asked() {
    both(|rig, _| {
        rig.hub.look_up();
        let service = Service::new();
        let habits = ["silent", "fails", "page", "list", "junk", "elsewhere", "breaks", "endless", "unknown"];
        let mut all: Vec<Provider> = habits.iter().map(|habit| service.provider(habit, habit)).collect();
        // Only this one is waited for to the end of its time.
        all[0].limit = Wait::from_millis(300);
        let command = vec!["/nonexistent/program".to_owned()];
        all.push(provider("gone", vec![], Kind::Command(command)));
        all.push(service.provider("good", "knows"));
        all.push(service.provider("never asked", "knows"));
        let providers = Providers(all);
        let lead = sizeless(rig, "ada");
        assert_eq!(record(rig, lead).0, "data_completion");
        assert_eq!(tick(rig, &providers), 1);
        let (stage, record) = record(rig, lead);
        assert_eq!(stage, "assigned", "{record}");
        assert_eq!((&record["company"]["size"], &record["person"]["title"]), (&json!("800"), &json!("Chair")));
        assert_eq!((&record["company"]["provided_by"]), &json!("good"));
        assert!(service.asked().iter().all(|path| path.ends_with("?domain=ada.example")), "{:?}", service.asked());
        assert_eq!(
            service.asked().iter().filter(|path| path.starts_with("/knows")).count(),
            1,
            "no redirect is followed"
        );
        let told = told(rig, lead);
        let names: Vec<&str> = told.iter().map(|(by, _)| by.split(" (").next().unwrap()).collect();
        assert_eq!(names, [&habits[..], &["gone", "good"]].concat());
        assert!(told[0].0.contains("no answer within") || told[0].0.contains("too long"), "{}", told[0].0);
        assert!(told[1].0.contains("status 500"), "{}", told[1].0);
        assert_eq!(told.last().unwrap().1, ["company.size", "person.title"]);
        let basis = rig
            .rows(&format!("SELECT basis FROM log WHERE lead = {lead} AND basis LIKE '%\"field\":\"company.size\"%'"));
        let basis: Value = serde_json::from_str(basis[0].text(0).unwrap()).unwrap();
        let filled = &basis["inputs"]["filled"][0];
        assert_eq!((&filled["provider"], &filled["value"]), (&json!("good"), &json!("800")));
        assert_eq!(filled["as_of"], "2026-10-01T00:00:00Z");
        assert_eq!(tick(rig, &providers), 0, "it is looked up once");
        let route = rig.as_who("ana", Ask::get(&format!("/v1/leads/{lead}/route"))).ok();
        let size = &route["lookup"]["values"][0];
        assert_eq!((&size["field"], &size["provider"]), (&json!("company.size"), &json!("good")), "{route}");
    });
}

#[test]
fn who_is_nowhere_to_be_found_counts_as_looked_for() {
    both(|rig, _| {
        rig.hub.look_up();
        let service = Service::new();
        let lead = sizeless(rig, "ada");
        let providers = Providers(vec![service.provider("down", "fails"), service.provider("other", "unknown")]);
        assert_eq!(tick(rig, &providers), 1);
        assert_eq!(record(rig, lead).0, "assigned", "an attempt is enough for the size (R34)");
        assert!(told(rig, lead).iter().all(|(_, fields)| fields.is_empty()));
        assert_eq!(rig.number("SELECT count(*) FROM job WHERE last_error LIKE '%status 500%'"), 1);
    });
}

#[test]
fn what_a_person_said_meanwhile_stays() {
    both(|rig, _| {
        rig.hub.look_up();
        let dir = tempfile::TempDir::new().unwrap();
        let providers = Providers(vec![table(dir.path(), "domain,employees\nada.example,9\nbo.example,9\n")]);
        let (first, second) = (sizeless(rig, "ada"), sizeless(rig, "bo"));
        let claimed = rig.write(|work| job::claim(work, 10, Duration::minutes(1)));
        assert_eq!(claimed.len(), 2);
        let order = json!({ "order": "complete", "fields": { "company.size": "5000" } });
        rig.as_who("mia", Ask::new("POST", &format!("/v1/leads/{first}/orders")).json(&order)).ok();
        for job in claimed {
            let asked = rig.run(providers.ask(&outgoing(), &job.question));
            assert!(rig.write(move |work| job::finish(work, &job, &asked)));
        }
        assert_eq!(record(rig, first).1["company"]["size"], "5000", "a person said so");
        assert_eq!(record(rig, second).1["company"]["size"], "9");
        // The sender knows better than a table.
        let better = json!({ "key": "bo-2", "id": "bo", "company": { "size": "77" } });
        rig.post(&better).ok();
        assert_eq!(record(rig, second).1["company"]["size"], "77");
        let route = rig.as_who("ana", Ask::get(&format!("/v1/leads/{second}/route"))).ok();
        assert_eq!(route["lookup"]["values"], json!([]), "what it says now is not the table's any more");
    });
}

#[test]
fn of_two_hubs_one_does_a_job_and_what_comes_late_counts_no_more() {
    both(|rig, place: &Place| {
        rig.hub.look_up();
        let dir = tempfile::TempDir::new().unwrap();
        let providers = Providers(vec![table(dir.path(), "domain,employees\nada.example,800\n")]);
        let lead = sizeless(rig, "ada");
        let other = rig.beside(place);
        let first = rig.write(|work| job::claim(work, 10, Duration::minutes(1)));
        assert_eq!(first.len(), 1);
        assert_eq!(other.write(|work| job::claim(work, 10, Duration::minutes(1))), []);
        // The first one hangs, and its lease ends.
        rig.pass(Duration::seconds(61));
        assert_eq!(tick(&other, &providers), 1);
        assert_eq!(record(rig, lead).0, "assigned");
        let head = rig.number("SELECT n FROM head");
        let late = first[0].clone();
        let asked = rig.run(providers.ask(&outgoing(), &late.question));
        assert!(!rig.write(move |work| job::finish(work, &late, &asked)));
        assert_eq!(rig.number("SELECT n FROM head"), head, "nothing happened twice");
    });
}

#[test]
fn a_lead_is_looked_up_again_only_by_something_else() {
    let rig = &Rig::new(&Place::sqlite());
    rig.hub.look_up();
    let dir = tempfile::TempDir::new().unwrap();
    let providers = Providers(vec![table(dir.path(), "domain,employees\n")]);
    let item = |key: &str, email: &str| {
        json!({
            "key": key, "id": "x", "person": { "first_name": "Ada", "email": email, "country": "Spain" },
            "company": { "name": "Acme" }, "activities": [{ "kind": "demo_request", "text": "demo" }],
        })
    };
    rig.post(&item("1", "a@acme.example")).ok();
    assert_eq!(tick(rig, &providers), 1);
    rig.post(&item("2", "a@acme.example")).ok();
    assert_eq!(tick(rig, &providers), 0, "the last name is missing still, and nobody knows it");
    rig.post(&item("3", "a@beta.example")).ok();
    assert_eq!(tick(rig, &providers), 1, "at another company they may be known");
    assert_eq!(tick(rig, &providers), 0);
}

#[test]
fn a_command_is_asked_with_json_and_answers_with_it() {
    let rig = &Rig::new(&Place::sqlite());
    rig.hub.look_up();
    let script = r#"q=$(cat); case "$q" in *'"wanted":["company.size"]'*'"domain":"ada.example"'*)
        echo '{"company":{"size":"800"},"person":{"email":"other@evil.example"}}';; esac"#;
    let command = ["/bin/sh", "-c", script].map(str::to_owned).to_vec();
    let fields = ["company.size", "person.email"].map(|path| (path.to_owned(), path.to_owned())).to_vec();
    let providers = Providers(vec![provider("script", fields, Kind::Command(command))]);
    let lead = sizeless(rig, "ada");
    assert_eq!(tick(rig, &providers), 1);
    let (stage, record) = record(rig, lead);
    assert_eq!((stage.as_str(), &record["company"]["size"]), ("assigned", &json!("800")));
    assert_eq!(record["person"]["email"], "ada@ada.example", "they said it themselves");
}
