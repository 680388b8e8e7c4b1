//! Whoever fails to show who they are too often, from one address, is told to wait, and nobody else is.

use leadbox::hub::http::FAILURE_RATE;
use leadbox::wire::MOST_BYTES;

use crate::hub::{Ask, Rig, item};
use crate::place::Place;

const MADE_UP: &str = "lbx_0000000000000000000000000000000000000000000000000000000000000000deadbeef";

fn from(ask: Ask, address: &str) -> Ask {
    ask.header("x-forwarded-for", address)
}

/// Fails from there until that is refused; how often it could.
fn spend(rig: &Rig, address: &str, ask: &Ask) -> u32 {
    let fails = |_: &u32| match rig.ask(from(ask.clone(), address)) {
        reply if reply.status == 401 => true,
        reply => {
            assert_eq!(reply.must_be_problem(429)["type"], "urn:leadbox:problem:too-many");
            assert!(reply.headers["retry-after"].to_str().unwrap().parse::<u64>().unwrap() > 0);
            false
        }
    };
    (0..10 * FAILURE_RATE.burst).take_while(fails).count().try_into().unwrap()
}

#[test]
fn many_failures_from_one_address_are_refused_unlooked_at_and_others_go_on() {
    let rig = Rig::behind_proxy(&Place::sqlite());
    let (known, fresh) = (rig.make_token("ana"), rig.make_token("ana"));
    let me = |token: &str, address: &str| rig.ask(from(Ask::get("/v1/me").token(token), address));
    me(&known, "203.0.113.9, 192.0.2.1").ok();
    let tried = spend(&rig, "203.0.113.9, 192.0.2.1", &Ask::get("/v1/me").token(MADE_UP));
    assert!(tried >= FAILURE_RATE.burst, "{tried}");
    // Another one before the proxy's own word is the same stranger.
    me(MADE_UP, "203.0.113.10, 192.0.2.1").must_be_problem(429);
    // A token that nobody showed before is not looked up: whether it holds is not told.
    me(&fresh, "192.0.2.1").must_be_problem(429);
    // Who was let in before is, at the same address, and so is everybody elsewhere.
    me(&known, "192.0.2.1").ok();
    me(&fresh, "192.0.2.2").ok();
    me(MADE_UP, "192.0.2.2").must_be_problem(401);
    // And now it is known there, too.
    me(&fresh, "192.0.2.1").ok();
}

#[test]
fn a_signature_that_is_none_counts_as_well() {
    let rig = Rig::behind_proxy(&Place::sqlite());
    let body = item("x", "Spain").to_string();
    let forged = Ask::new("POST", "/v1/intake/web")
        .body("application/json", body.as_bytes())
        .header("leadbox-signature", format!("t={},v1={}", rig.now().timestamp(), "0".repeat(64)));
    assert!(spend(&rig, "192.0.2.7", &forged) >= FAILURE_RATE.burst);
    rig.ask(from(rig.signed(body.as_bytes(), rig.now()), "192.0.2.7")).must_be_problem(429);
    rig.ask(from(rig.signed(body.as_bytes(), rig.now()), "192.0.2.8")).ok();
}

#[test]
fn an_address_that_stands_for_everybody_is_never_locked_out() {
    // A proxy that tells nobody's address, and one on this machine of which the hub does not know.
    for rig in [Rig::behind_proxy(&Place::sqlite()), Rig::new(&Place::sqlite())] {
        let fails = (0..FAILURE_RATE.burst + 10).all(|_| rig.ask(Ask::get("/v1/me").token(MADE_UP)).status == 401);
        assert!(fails);
        let forged = |n: u32| Ask::get("/v1/me").token(MADE_UP).header("forwarded", format!("for=192.0.2.{n}"));
        assert!((0..9).all(|n| rig.ask(forged(n)).status == 401), "a header that the proxy may not have written");
    }
}

#[test]
fn of_one_who_shows_nothing_no_body_is_read() {
    use std::io::{Read, Write};

    let rig = Rig::new(&Place::sqlite());
    let door = rig.url.strip_prefix("http://").unwrap();
    let ends = |headers: &str| {
        let mut wire = std::net::TcpStream::connect(door).unwrap();
        wire.set_read_timeout(Some(std::time::Duration::from_secs(20))).unwrap();
        // The body never comes.
        let head =
            format!("POST /v1/intake/web HTTP/1.1\r\nHost: hub\r\nContent-Type: application/json\r\n{headers}\r\n");
        wire.write_all(head.as_bytes()).unwrap();
        let mut answer = [0; 12];
        wire.read_exact(&mut answer).unwrap();
        String::from_utf8(answer.to_vec()).unwrap()
    };
    assert_eq!(ends("Content-Length: 1000\r\n"), "HTTP/1.1 401");
    assert_eq!(ends("Content-Length: 1000\r\nLeadbox-Signature: none\r\n"), "HTTP/1.1 401");
    let signature = format!("Leadbox-Signature: t=1,v1={}\r\n", "0".repeat(64));
    assert_eq!(ends(&format!("Content-Length: 99999999\r\n{signature}")), "HTTP/1.1 413");
    // A signature of any other time cannot be right, whatever the body is.
    assert_eq!(ends(&format!("Content-Length: 1000\r\n{signature}")), "HTTP/1.1 401");
}

/// Begins a post from this address that could be genuine as far as its head says, and says only so much of its body.
fn begin(rig: &Rig, address: &str, body: &[u8]) -> std::net::TcpStream {
    use std::io::Write;

    let signature = format!("t={},v1={}", rig.now().timestamp(), "0".repeat(64));
    let head = format!(
        "POST /v1/intake/web HTTP/1.1\r\nHost: hub\r\nContent-Type: application/json\r\nContent-Length: {}\r\n\
         X-Forwarded-For: {address}\r\nLeadbox-Signature: {signature}\r\n\r\n",
        body.len() + 1
    );
    let mut wire = std::net::TcpStream::connect(rig.url.strip_prefix("http://").unwrap()).unwrap();
    wire.set_read_timeout(Some(std::time::Duration::from_secs(20))).unwrap();
    wire.write_all(head.as_bytes()).unwrap();
    // One that is refused may not take all of it.
    let _ = wire.write_all(body);
    wire
}

#[test]
fn one_stranger_who_never_ends_shuts_the_intake_for_nobody_else() {
    use std::io::Read;

    let rig = Rig::behind_proxy(&Place::sqlite());
    let body = vec![b' '; MOST_BYTES - 1];
    let (tell, told) = std::sync::mpsc::channel();
    let wires = std::sync::Mutex::new(Vec::new());
    std::thread::scope(|scope| {
        for _ in 0..8 {
            let (tell, rig, body, wires) = (tell.clone(), &rig, &body, &wires);
            scope.spawn(move || {
                let mut wire = begin(rig, "192.0.2.1", body);
                wires.lock().unwrap().push(wire.try_clone().unwrap());
                let mut answer = [0; 12];
                let waits = |error: &std::io::Error| error.kind() == std::io::ErrorKind::WouldBlock;
                let is_held = wire.read_exact(&mut answer).is_err_and(|error| waits(&error));
                let _ = tell.send((is_held, answer));
            });
        }
        // Most of them are sent away at once, and there is room for everybody else.
        for _ in 0..6 {
            let (is_held, answer) = told.recv().unwrap();
            assert!(!is_held && (answer == *b"HTTP/1.1 503" || answer == [0; 12]), "{answer:?}");
        }
        let genuine = item("genuine", "Spain").to_string();
        rig.ask(from(rig.signed(genuine.as_bytes(), rig.now()), "192.0.2.2")).ok();
        // Those that are held need not wait for their end.
        for wire in wires.lock().unwrap().iter() {
            let _ = wire.shutdown(std::net::Shutdown::Both);
        }
    });
}

#[test]
fn a_body_that_never_ends_counts_as_a_failure() {
    use std::io::Read;

    let rig = Rig::behind_proxy(&Place::sqlite());
    let status = || {
        let mut wire = begin(&rig, "192.0.2.3", b"{");
        wire.shutdown(std::net::Shutdown::Write).unwrap();
        let mut answer = String::new();
        wire.read_to_string(&mut answer).unwrap();
        answer.get(..12).unwrap_or_default().to_owned()
    };
    let tried = (0..10 * FAILURE_RATE.burst).take_while(|_| status() != "HTTP/1.1 429").count();
    assert!((FAILURE_RATE.burst as usize..2 * FAILURE_RATE.burst as usize).contains(&tried), "{tried}");
}

#[test]
fn what_is_not_http_1_is_ended_at_once() {
    use std::io::{Read, Write};

    let rig = Rig::new(&Place::sqlite());
    let mut wire = std::net::TcpStream::connect(rig.url.strip_prefix("http://").unwrap()).unwrap();
    wire.set_read_timeout(Some(std::time::Duration::from_secs(20))).unwrap();
    // The preface of HTTP/2 and its empty settings: one that is served would be answered, and kept.
    wire.write_all(b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\0\0\0\x04\0\0\0\0\0").unwrap();
    let mut answer = Vec::new();
    let ended = wire.read_to_end(&mut answer);
    let is_reset = ended.as_ref().is_err_and(|error| error.kind() == std::io::ErrorKind::ConnectionReset);
    assert!((ended.is_ok() || is_reset) && (answer.is_empty() || answer.starts_with(b"HTTP/1.1 400")), "{ended:?}");
}

#[test]
fn a_token_has_a_few_streams_and_no_more() {
    let rig = Rig::new(&Place::sqlite());
    let stream = || rig.begin(Ask::get("/v1/stream").token(&rig.tokens["ana"]));
    let mut open: Vec<_> = (0..4).map(|_| stream()).collect();
    assert!(open.iter().all(|reply| reply.status() == 200));
    let refused = stream();
    assert_eq!((refused.status().as_u16(), refused.headers().contains_key("retry-after")), (429, true));
    let other = rig.begin(Ask::get("/v1/stream").token(&rig.tokens["bo"]));
    assert_eq!(other.status(), 200);
    // What ended makes room, once the hub has noticed.
    drop(open.pop());
    let again = (0..500).any(|_| {
        std::thread::yield_now();
        rig.as_who("rev", Ask::get("/v1/me")).ok();
        stream().status() == 200
    });
    assert!(again);
}
