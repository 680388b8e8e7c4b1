//! What stands around every request: its id, the limits, the counts, and the audit.

use std::net::{SocketAddr, TcpStream};
use std::process::Command;
use std::sync::Arc;
use std::{fs, thread};

use leadbox::hub::db::Scope;
use leadbox::hub::error::HubError;
use leadbox::hub::http::{SOURCE_RATE, TOKEN_RATE};
use leadbox::hub::serve::{Door, serve};
use leadbox::hub::{audit, log};
use leadbox::wire::problem::Code;
use rustls::pki_types::ServerName;
use rustls::pki_types::pem::PemObject;
use rustls::{ClientConfig, ClientConnection, RootCertStore};
use serde_json::json;
use tokio::sync::oneshot;

use crate::hub::{Ask, POLICY, Rig, both, item};
use crate::place::Place;

#[test]
fn a_request_has_an_id_by_which_it_is_found() {
    let rig = Rig::new(&Place::sqlite());
    let given = rig.as_who("ana", Ask::get("/v1/leads/7").header("x-request-id", "mine-1"));
    assert_eq!(given.must_be_problem(404)["instance"], "mine-1");
    for odd in ["", "two words", "<script>", &"x".repeat(65)] {
        let reply = rig.as_who("ana", Ask::get("/v1/leads/7").header("x-request-id", odd));
        assert_ne!(reply.must_be_problem(404)["instance"], odd);
    }
    assert!(rig.ask(Ask::get("/healthz")).headers.contains_key("x-request-id"));
}

#[test]
fn whoever_asks_too_much_is_told_when_to_come_again_and_others_are_not_held_up() {
    let rig = Rig::new(&Place::sqlite());
    let refused =
        (0..=10 * TOKEN_RATE.burst).map(|_| rig.as_who("ana", Ask::get("/v1/me"))).find(|reply| reply.status != 200);
    let reply = refused.expect("there is a limit");
    assert_eq!(reply.must_be_problem(429)["type"], "urn:leadbox:problem:too-many");
    assert_eq!(reply.headers["retry-after"], "1");
    rig.as_who("bo", Ask::get("/v1/me")).ok();
    // Another token of the same person is another laptop.
    rig.ask(Ask::get("/v1/me").token(&rig.make_token("ana"))).ok();
}

#[test]
fn a_post_of_many_items_costs_as_many_of_what_its_sender_may_send() {
    let mut rig = Rig::new(&Place::sqlite());
    let made = rig.as_who("rev", Ask::new("POST", "/v1/sources").json(&json!({ "name": "other" }))).ok();
    // One too many, so that nothing is written: it counts as the most that a post may have.
    let many = json!({ "items": vec![item("x", "Spain"); 201] });
    let refused = (1..240).map(|n| (n, rig.post(&many))).find(|(_, reply)| reply.status != 400);
    let (posts, reply) = refused.expect("there is a limit");
    assert_eq!(reply.must_be_problem(429)["type"], "urn:leadbox:problem:too-many");
    assert!(reply.headers.contains_key("retry-after"));
    assert!(posts > SOURCE_RATE.burst / 200, "all that one may send at once goes through: {posts} posts");
    // Others may still send.
    rig.secret = made["secret"].as_str().unwrap().to_owned().into();
    rig.ask(rig.signed_to("other", many.to_string().as_bytes(), rig.now())).must_be_problem(400);
}

/// Asks the same several times at once until somebody is sent away since another one is at it.
fn once_at_a_time(rig: &Rig, who: &str, ask: impl Fn() -> Ask + Sync) {
    for _ in 0..100 {
        let replies = thread::scope(|scope| {
            let asked: Vec<_> = (0..8).map(|_| scope.spawn(|| rig.as_who(who, ask()))).collect();
            asked.into_iter().map(|asked| asked.join().unwrap()).collect::<Vec<_>>()
        });
        assert!(replies.iter().any(|reply| reply.status == 200), "somebody has their turn");
        if let Some(reply) = replies.iter().find(|reply| reply.status != 200) {
            let problem = reply.must_be_problem(429);
            assert!(problem["detail"].as_str().unwrap().contains("once at a time"), "{problem}");
            assert!(reply.headers.contains_key("retry-after"));
            // The turn was given back.
            rig.as_who(who, ask()).ok();
            return;
        }
    }
    panic!("nobody was ever sent away");
}

#[test]
fn the_log_is_audited_and_rules_are_tried_once_at_a_time() {
    both(|rig, _| {
        rig.lead("own", "Spain");
        once_at_a_time(rig, "aud", || Ask::get("/v1/audit"));
        let body = json!({ "since": rig.now() - chrono::Duration::days(1), "policy": POLICY });
        once_at_a_time(rig, "rev", || Ask::new("POST", "/v1/route/simulate").json(&body));
    });
}

/// Shakes hands, offering these protocols: the one that the hub chose.
fn agreed(address: SocketAddr, roots: &RootCertStore, offers: &[&[u8]]) -> Result<Vec<u8>, std::io::Error> {
    let mut config = ClientConfig::builder().with_root_certificates(roots.clone()).with_no_client_auth();
    config.alpn_protocols = offers.iter().map(|offer| offer.to_vec()).collect();
    let name = ServerName::try_from("localhost").unwrap();
    let mut client = ClientConnection::new(Arc::new(config), name).unwrap();
    let mut wire = TcpStream::connect(address)?;
    while client.is_handshaking() {
        client.complete_io(&mut wire)?;
    }
    Ok(client.alpn_protocol().unwrap_or_default().to_vec())
}

#[test]
fn by_tls_the_hub_speaks_http_1_and_nothing_else() {
    let rig = Rig::new(&Place::sqlite());
    let dir = tempfile::TempDir::new().unwrap();
    let made = rcgen::generate_simple_self_signed(["localhost".to_owned()]).unwrap();
    let (cert, key) = (dir.path().join("cert.pem"), dir.path().join("key.pem"));
    fs::write(&cert, made.cert.pem()).unwrap();
    fs::write(&key, made.signing_key.serialize_pem()).unwrap();
    let mut roots = RootCertStore::empty();
    roots.add(rustls::pki_types::CertificateDer::from_pem_slice(made.cert.pem().as_bytes()).unwrap()).unwrap();

    let door = Door { bind: SocketAddr::from(([127, 0, 0, 1], 0)), tls: Some((cert, key)), behind_proxy: false };
    let ((end, ended), (tell, told)) = (oneshot::channel::<()>(), std::sync::mpsc::channel());
    let hub = Arc::clone(&rig.hub);
    let serving = thread::spawn(move || {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        let served = serve(hub, door, move |address| tell.send(address).unwrap(), async { drop(ended.await) });
        runtime.block_on(served).unwrap();
    });
    let address = told.recv().unwrap();
    assert_eq!(agreed(address, &roots, &[b"h2", b"http/1.1"]).unwrap(), b"http/1.1");
    assert_eq!(agreed(address, &roots, &[]).unwrap(), b"", "who offers nothing is spoken to as well");
    let error = agreed(address, &roots, &[b"h2"]).unwrap_err();
    assert!(error.to_string().contains("NoApplicationProtocol"), "{error}");
    end.send(()).unwrap();
    serving.join().unwrap();
}

#[test]
fn the_counts_are_those_of_what_happened() {
    both(|rig, _| {
        rig.lead("own", "Spain");
        rig.lead("other", "Brazil");
        rig.as_who("ana", Ask::get("/v1/leads/999")).must_be_problem(404);
        let stream = rig.begin(Ask::get("/v1/stream").token(&rig.tokens["ana"]));
        let text = rig.as_who("aud", Ask::get("/metrics")).text;
        for line in [
            "leadbox_requests_total{route=\"/v1/intake/{source}\",status=\"200\"} 2",
            "leadbox_requests_total{route=\"/v1/leads/{id}\",status=\"404\"} 1",
            "leadbox_streams 1",
            "leadbox_leads{stage=\"assigned\"} 2",
            // The package for the rep went with the lead.
            "leadbox_due 0",
        ] {
            assert!(text.lines().any(|found| found == line), "{line} is not in\n{text}");
        }
        rig.pass(chrono::Duration::days(1));
        assert!(rig.as_who("aud", Ask::get("/metrics")).text.contains("leadbox_due 2\n"));
        while rig.run(leadbox::hub::clockwork::tick(&rig.hub)).unwrap() > 0 {}
        assert!(rig.as_who("aud", Ask::get("/metrics")).text.contains("leadbox_due 0\n"));
        drop(stream);
    });
}

#[test]
fn a_mistake_in_one_write_is_no_other_callers_affair() {
    both(|rig, _| {
        let before = rig.contents();
        let mistaken = rig.run(rig.hub.write(|work| -> Result<(), HubError> {
            work.tx.execute("DELETE FROM person", &[])?;
            panic!("a mistake that the test makes");
        }));
        assert!(matches!(mistaken, Err(HubError::Problem(problem)) if problem.is(Code::Internal)));
        let misread = rig.run(rig.hub.read(Scope::System, |_| -> Result<(), HubError> { panic!("and another one") }));
        assert!(matches!(misread, Err(HubError::Problem(problem)) if problem.is(Code::Internal)));
        assert_eq!(rig.contents(), before);
        rig.lead("after", "Spain");
    });
}

#[test]
fn what_the_database_says_stays_inside() {
    let place = Place::sqlite();
    let rig = Rig::new(&place);
    let Place::Sqlite(dir) = &place else { return };
    // Somebody holds the file for longer than the hub waits.
    let holder = rusqlite::Connection::open(dir.path().join("hub.db")).unwrap();
    holder.execute_batch("BEGIN IMMEDIATE").unwrap();
    let reply = rig.post(&crate::hub::item("late", "Spain"));
    let problem = reply.must_be_problem(503);
    assert_eq!(problem["detail"], "the hub's database did not take it: nothing was saved; try again");
    assert_eq!(reply.headers["retry-after"], "1");
    holder.execute_batch("ROLLBACK; ALTER TABLE person RENAME TO elsewhere").unwrap();
    let reply = rig.as_who("ana", Ask::get("/v1/me"));
    let problem = reply.must_be_problem(503);
    assert_eq!(problem["detail"], "the hub's database did not answer; try again");
    holder.execute_batch("ALTER TABLE elsewhere RENAME TO person").unwrap();
    rig.as_who("ana", Ask::get("/v1/me")).ok();
    rig.lead("late", "Spain");
}

/// Runs `leadbox audit verify` against this hub.
fn verify(rig: &Rig, json: bool) -> (i32, String) {
    let dir = tempfile::TempDir::new().unwrap();
    let token = dir.path().join("token");
    std::fs::write(&token, &rig.tokens["aud"]).unwrap();
    let mut command = Command::new(env!("CARGO_BIN_EXE_leadbox"));
    command
        .env_clear()
        .env("HOME", dir.path())
        .args(["audit", "verify", "--hub", &rig.url, "--token-file"])
        .arg(&token);
    if json {
        command.arg("--json");
    }
    let done = command.output().unwrap();
    (done.status.code().unwrap(), String::from_utf8(done.stdout).unwrap())
}

#[test]
fn an_audit_finds_what_was_edited_and_what_was_cut_off() {
    both(|rig, place| {
        let dir = tempfile::TempDir::new().unwrap();
        rig.hub.keep_anchors(dir.path().join(audit::ANCHORS));
        rig.lead("own", "Spain");
        rig.run(audit::anchor(&rig.hub)).unwrap();
        rig.lead("other", "Brazil");
        rig.run(audit::anchor(&rig.hub)).unwrap();
        let whole = rig.as_who("aud", Ask::get("/v1/audit")).ok();
        assert_eq!((&whole["is_whole"], &whole["anchors"], &whole["findings"]), (&json!(true), &json!(2), &json!([])));
        assert_eq!(whole["entries"], rig.number("SELECT count(*) FROM log"));
        let (code, text) = verify(rig, false);
        assert!(code == 0 && text.contains("the log is whole") && text.contains("2 times"), "{code} {text}");

        // Cut off at the end with its head, as one would who knows how the chain is made: the anchors know.
        let keep = rig.number("SELECT n FROM head") - 2;
        let hash = rig.rows(&format!("SELECT hash FROM log WHERE n = {keep}"))[0].array::<32>(0).unwrap();
        let hex = log::hex(&hash);
        let blob = if matches!(place, Place::Sqlite(_)) { format!("x'{hex}'") } else { format!("'\\x{hex}'::bytea") };
        let triggers = if matches!(place, Place::Sqlite(_)) {
            rig.rows("SELECT name FROM sqlite_master WHERE type = 'trigger'")
                .iter()
                .map(|row| format!("DROP TRIGGER {};", row.text(0).unwrap()))
                .collect()
        } else {
            String::new()
        };
        place.tamper(&format!(
            "{triggers} DELETE FROM log WHERE n > {keep}; UPDATE head SET n = {keep}, hash = {blob};"
        ));
        let cut = rig.as_who("aud", Ask::get("/v1/audit")).ok();
        assert_eq!((&cut["is_whole"], &cut["found"]), (&json!(false), &json!(1)), "{cut}");
        assert!(cut["findings"][0].as_str().unwrap().contains("cut off"), "{cut}");

        place.tamper("UPDATE log SET what = '{}' WHERE n = 2;");
        let (code, text) = verify(rig, true);
        let told: serde_json::Value = serde_json::from_str(&text).unwrap();
        assert_eq!((code, &told["found"]), (1, &json!(2)), "{text}");
        let (code, text) = verify(rig, false);
        assert!(code == 1 && text.contains("entry 2 is not what was written"), "{text}");

        std::fs::write(dir.path().join(audit::ANCHORS), "something else\n").unwrap();
        let spoilt = rig.as_who("rev", Ask::get("/v1/audit")).ok();
        assert!(spoilt["findings"][0].as_str().unwrap().contains("line 1"), "{spoilt}");
    });
}
