//! Who is away or busy by their calendars (F43, F113): read in the background, kept with its age, and nothing of it but times.

use std::io::{Read, Write};
use std::net::TcpListener;
use std::path::Path;

use chrono::{DateTime, Duration, Utc};
use leadbox::hub::absence;
use leadbox::hub::outgoing::{Allow, Entry, Outgoing, OutgoingSettings};
use serde_json::{Value, json};
use tempfile::TempDir;

use crate::commands::Desk;
use crate::hub::{Ask, Rig, both};

fn event(uid: &str, from: DateTime<Utc>, hours: i64, more: &str) -> String {
    let at = |time: DateTime<Utc>| time.format("%Y%m%dT%H%M%SZ").to_string();
    let (begin, end) = (at(from), at(from + Duration::hours(hours)));
    format!("BEGIN:VEVENT\r\nUID:{uid}\r\nDTSTART:{begin}\r\nDTEND:{end}\r\n{more}\r\nEND:VEVENT\r\n")
}

fn write(file: &Path, events: &str) {
    std::fs::write(file, format!("BEGIN:VCALENDAR\r\nVERSION:2.0\r\n{events}END:VCALENDAR\r\n")).unwrap();
}

/// Reads what is due; these addresses may be called although they are special.
fn tick(rig: &Rig, allowed: &[&str]) -> usize {
    let allow = Allow(allowed.iter().map(|entry| Entry::parse(entry).unwrap()).collect());
    let outgoing = Outgoing::new(&OutgoingSettings { allow, proxy: None }).unwrap();
    rig.run(absence::tick(&rig.hub, &outgoing)).unwrap()
}

/// A server on this machine that says this to the first who asks; its address.
fn served(status: &str, body: &str) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    let answer = format!("HTTP/1.1 {status}\r\nContent-Length: {}\r\nConnection: close\r\n\r\n{body}", body.len());
    std::thread::spawn(move || {
        let (mut stream, _) = listener.accept().unwrap();
        let mut asked = [0; 4096];
        let _ = stream.read(&mut asked).unwrap();
        stream.write_all(answer.as_bytes()).unwrap();
    });
    format!("http://{address}/private-address/basic.ics")
}

fn set(rig: &Rig, person: &str, kind: &str, place: &str) -> Value {
    let body = json!({ "feeds": [{ "place": place, "kind": kind }] });
    rig.as_who("rev", Ask::new("PUT", &format!("/v1/people/{person}/feeds")).json(&body)).ok()
}

fn known(rig: &Rig, person: &str) -> Value {
    rig.as_who("rev", Ask::get(&format!("/v1/people/{person}/feeds"))).ok()[0].clone()
}

/// What stands between a person and a lead, by the rules in force.
fn told(rig: &Rig, lead: i64, person: &str) -> String {
    let decision = rig.as_who("rev", Ask::get(&format!("/v1/leads/{lead}/route"))).ok();
    let people = decision["tried"].as_array().unwrap().iter().flat_map(|tried| tried["people"].as_array());
    let found = people.flatten().find(|it| it["id"] == person).unwrap_or(&Value::Null);
    found["why"].as_str().unwrap_or_default().to_owned()
}

#[test]
fn nobody_gets_a_lead_while_they_are_away_or_busy_and_it_is_told_until_when() {
    both(|rig, _| {
        let dir = TempDir::new().unwrap();
        let file = dir.path().join("ana.ics");
        let now = rig.now();
        write(
            &file,
            &[event("1", now, 1, "SUMMARY:Surgery"), event("2", now + Duration::hours(2), 1, "SUMMARY:Vacation")]
                .concat(),
        );
        set(rig, "ana", "mixed", file.to_str().unwrap());
        let before = rig.lead("before", "Spain");
        assert_eq!(rig.number(&format!("SELECT count(*) FROM lead WHERE id = {before} AND owner = 'ana'")), 1);
        assert_eq!(tick(rig, &[]), 1);
        assert_eq!(tick(rig, &[]), 0, "it was just read");
        // The board says of them what routing goes by.
        let board = rig.as_who("max", Ask::get("/v1/board")).ok();
        let people = board["teams"][0]["people"].as_array().unwrap();
        assert_eq!(people.iter().find(|it| it["id"] == "ana").unwrap()["presence"]["is"], "busy", "{board}");
        let lead = rig.lead("busy", "Spain");
        assert_eq!(rig.number(&format!("SELECT count(*) FROM lead WHERE id = {lead} AND queue = 'inbound'")), 1);
        assert_eq!(told(rig, lead, "ana"), "busy");
        rig.pass(Duration::minutes(90));
        assert_eq!(told(rig, lead, "ana"), "");
        rig.pass(Duration::minutes(45));
        assert_eq!(told(rig, lead, "ana"), "away, by their calendar");
        let everything = format!("{:?}", rig.contents());
        assert!(!everything.contains("Surgery") && !everything.contains("Vacation"), "only times are kept");
    });
}

#[test]
fn what_was_last_known_stands_with_its_age_while_a_calendar_cannot_be_read() {
    both(|rig, _| {
        let dir = TempDir::new().unwrap();
        let file = dir.path().join("ana.ics");
        write(&file, &event("1", rig.now(), 48, "SUMMARY:Fair"));
        set(rig, "ana", "away", file.to_str().unwrap());
        tick(rig, &[]);
        let read = known(rig, "ana");
        assert_eq!((&read["away"], &read["busy"], &read["failed"]), (&json!(1), &json!(0), &Value::Null));
        let read_at = read["read_at"].clone();
        std::fs::write(&file, "<html>who are you?</html>").unwrap();
        rig.pass(Duration::minutes(9));
        assert_eq!(tick(rig, &[]), 0, "ten minutes are not over");
        rig.pass(Duration::minutes(2));
        assert_eq!(tick(rig, &[]), 1);
        let failed = known(rig, "ana");
        assert!(failed["failed"].as_str().unwrap().contains("no iCalendar file"), "{failed}");
        assert_eq!((&failed["read_at"], &failed["away"]), (&read_at, &json!(1)));
        let lead = rig.lead("away", "Spain");
        assert_eq!(told(rig, lead, "ana"), "away, by their calendar");
        // Nobody's any more: nothing of it counts.
        rig.as_who("rev", Ask::new("PUT", "/v1/people/ana/feeds").json(&json!({ "feeds": [] }))).ok();
        assert_eq!(told(rig, lead, "ana"), "");
    });
}

#[test]
fn an_address_is_asked_if_the_hub_may_call_it_and_is_in_no_message() {
    both(|rig, _| {
        let body = format!("BEGIN:VCALENDAR\r\n{}END:VCALENDAR\r\n", event("1", rig.now(), 1, "SUMMARY:Call"));
        set(rig, "ana", "busy", &served("200 OK", &body));
        tick(rig, &[]);
        let refused = known(rig, "ana");
        assert!(refused["failed"].as_str().unwrap().contains("this machine itself"), "{refused}");
        rig.pass(Duration::minutes(10));
        tick(rig, &["127.0.0.1"]);
        assert_eq!((&known(rig, "ana")["busy"], &known(rig, "ana")["failed"]), (&json!(1), &Value::Null));
        for (status, told) in
            [("404 Not Found", "its server answers 404"), ("302 Found", "its server says that it is elsewhere")]
        {
            set(rig, "ana", "busy", &served(status, ""));
            tick(rig, &["127.0.0.1"]);
            let failed = known(rig, "ana").to_string();
            assert!(failed.contains(told) && !failed.contains("private-address"), "{failed}");
        }
        let everybody = rig.as_who("max", Ask::get("/v1/people")).text;
        assert!(!everybody.contains("private-address"), "{everybody}");
    });
}

#[test]
fn a_file_that_is_none_and_a_place_that_is_none_are_told_in_words() {
    both(|rig, _| {
        let refused = |place: &str| {
            let body = json!({ "feeds": [{ "place": place }] });
            let reply = rig.as_who("rev", Ask::new("PUT", "/v1/people/ana/feeds").json(&body));
            reply.must_be_problem(400)["at"].as_str().unwrap().to_owned()
        };
        for place in ["", "ana.ics", "ftp://calendar.example/x", "file:///etc/passwd", "/srv/a\nb"] {
            assert_eq!(refused(place), "/feeds/0/place", "{place}");
        }
        let nobody = rig.as_who("rev", Ask::new("PUT", "/v1/people/zed/feeds").json(&json!({ "feeds": [] })));
        nobody.must_be_problem(404);
        let dir = TempDir::new().unwrap();
        set(rig, "ana", "busy", dir.path().to_str().unwrap());
        set(rig, "cy", "busy", dir.path().join("nothing.ics").to_str().unwrap());
        assert_eq!(tick(rig, &[]), 2);
        assert_eq!(known(rig, "ana")["failed"], "it is no file");
        assert!(known(rig, "cy")["failed"].as_str().unwrap().starts_with("the file "), "{}", known(rig, "cy"));
    });
}

#[test]
fn the_command_takes_calendars_from_a_file_and_shows_no_address() {
    both(|rig, _| {
        let desk = Desk::of(rig, "rev");
        let token = desk.file("rev.token", &rig.tokens["rev"]);
        let at = ["--hub", &rig.url, "--token-file", &token];
        let list = desk
            .file("feeds", "# hers\naway https://calendar.example/secret-address/basic.ics?key=1\nbusy /srv/ana.ics\n");
        let told = desk.ok(&[&["hub", "person", "feeds", "ana", "--set", &list][..], &at].concat());
        assert_eq!(told, "busy  /srv/ana.ics  not read yet\naway  https://calendar.example/…  not read yet\n");
        assert_eq!(desk.ok(&[&["hub", "person", "feeds", "ana"][..], &at].concat()), told);
        let wrong = desk.file("wrong", "\nsometimes /srv/ana.ics\n");
        let (code, _, error) = desk.run(&[&["hub", "person", "feeds", "ana", "--set", &wrong][..], &at].concat());
        assert_eq!(code, 2, "{error}");
        assert!(error.contains("line 2"), "{error}");
    });
}
