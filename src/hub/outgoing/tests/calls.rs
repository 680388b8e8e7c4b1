use std::time::Duration;

use reqwest::header::{AUTHORIZATION, HeaderName};

use crate::hub::outgoing::double::{Double, Habit};
use crate::hub::outgoing::{Address, Allow, Answer, Ask, Entry, Failed, Limits, Outgoing, OutgoingSettings};

const FINE: Habit = Habit::Say(200, "", "fine");

fn outgoing(allow: &[&str]) -> Outgoing {
    let allow = Allow(allow.iter().map(|text| Entry::parse(text).unwrap()).collect());
    Outgoing::new(&OutgoingSettings { allow, proxy: None }).unwrap()
}

async fn call(allow: &[&str], url: &str) -> Result<Answer, Failed> {
    let limits = Limits { time: Duration::from_millis(400), bytes: 10_000 };
    outgoing(allow).call(Ask { limits, ..Ask::get(Address::parse(url).unwrap()) }).await
}

#[tokio::test]
async fn what_is_here_is_refused_however_it_is_written_and_never_connected_to() {
    let double = Double::start(&[FINE]).await;
    let port = double.port;
    for host in [
        "127.0.0.1",
        "localhost",
        "localhost.",
        "[::1]",
        "[::ffff:127.0.0.1]",
        "[::ffff:7f00:1]",
        "2130706433",
        "0x7f.1",
        "0177.0.0.1",
        "127.1",
        "0",
        "[::]",
        "１２７.0.0.1",
        "169.254.169.254",
        "[fd00:ec2::254]",
        "100.100.100.200",
    ] {
        let failed = call(&[], &format!("http://{host}:{port}/")).await.unwrap_err();
        assert!(matches!(&failed, Failed::Refused(_)), "{host}: {failed}");
        assert!(failed.to_string().contains("[outgoing] allow"), "{failed}");
    }
    assert!(double.heard().is_empty());
}

#[tokio::test]
async fn what_is_allowed_is_called_and_nothing_beside_it() {
    let double = Double::start(&[FINE]).await;
    let by_name = format!("http://localhost:{}/", double.port);
    for (allow, url) in [("127.0.0.1", double.url("/")), ("127.0.0.0/8", by_name.clone()), ("localhost", by_name)] {
        assert_eq!(call(&[allow], &url).await.unwrap().body, b"fine", "{allow} {url}");
    }
    let failed = call(&["localhost"], &double.url("/")).await.unwrap_err();
    assert!(matches!(failed, Failed::Refused(_)), "a name allows nothing that is called by its number");
    assert_eq!(double.heard().len(), 3);
}

#[tokio::test]
async fn a_redirect_is_an_answer_and_leads_nowhere() {
    let inside = Double::start(&[FINE]).await;
    let location: &'static str = Box::leak(format!("location: {}\r\n", inside.url("/secret")).into_boxed_str());
    let outside = Double::start(&[301, 302, 303, 307, 308].map(|status| Habit::Say(status, location, ""))).await;
    for status in [301, 302, 303, 307, 308] {
        let answer = call(&["127.0.0.1"], &outside.url("/")).await.unwrap();
        assert!(answer.status == status && !answer.is_ok());
    }
    assert!(inside.heard().is_empty());
}

#[tokio::test]
async fn bad_habits_end_within_the_limits() {
    let double = Double::start(&[FINE]).await;
    for (habit, told) in [
        (Habit::Hang, "took too long"),
        (Habit::Drip, "took too long"),
        (Habit::Flood, "longer than 10000 bytes"),
        (Habit::Leave, "no answer from 127.0.0.1"),
        (Habit::Garbage, "no answer from 127.0.0.1"),
    ] {
        double.turn(std::slice::from_ref(&habit));
        let failed = call(&["127.0.0.1"], &double.url("/hook/T0KEN")).await.unwrap_err().to_string();
        assert!(failed.contains(told), "{habit:?}: {failed}");
        assert!(!failed.contains("T0KEN"), "{failed}");
    }
    double.turn(&[Habit::Say(429, "Retry-After: 7\r\n", ""), Habit::Say(503, "Retry-After: soon\r\n", "")]);
    assert_eq!(call(&["127.0.0.1"], &double.url("/")).await.unwrap().retry_after(), Some(Duration::from_secs(7)));
    assert_eq!(call(&["127.0.0.1"], &double.url("/")).await.unwrap().retry_after(), None);
}

#[tokio::test]
async fn nobody_there_is_told_as_not_sent_and_without_the_path() {
    let port = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    let failed = call(&["127.0.0.1"], &format!("http://127.0.0.1:{port}/hook/T0KEN?k=T0KEN")).await.unwrap_err();
    assert!(matches!(&failed, Failed::Unsent { .. }), "{failed}");
    assert!(!format!("{failed} {failed:?}").contains("T0KEN"));
    let failed = call(&[], "http://no-such-host.invalid/T0KEN").await.unwrap_err();
    assert!(matches!(&failed, Failed::Unsent { .. }) && !failed.to_string().contains("T0KEN"), "{failed}");
}

#[tokio::test]
async fn secrets_are_sent_and_shown_nowhere() {
    let double = Double::start(&[FINE]).await;
    let to = Address::parse(&double.url("/services/T0KEN")).unwrap();
    assert!(!format!("{to} {to:?}").contains("T0KEN"));
    let ask = Ask::post(to.clone(), b"{}".to_vec()).header(AUTHORIZATION, "Bearer s3cret".to_owned());
    outgoing(&["127.0.0.1"]).call(ask).await.unwrap();
    assert_eq!(double.heard()[0].header("authorization"), Some("Bearer s3cret"));
    assert_eq!(double.heard()[0].header("content-type"), Some("application/json"));
    let ask = Ask::get(to).header(HeaderName::from_static("x-key"), "s3cret\r\nx-more: 1".to_owned());
    let failed = outgoing(&["127.0.0.1"]).call(ask).await.unwrap_err();
    assert!(failed.to_string().contains("x-key") && !format!("{failed} {failed:?}").contains("s3cret"));
    assert_eq!(double.heard().len(), 1);
}

#[test]
fn only_web_addresses_without_passwords_are_addresses() {
    for wrong in ["ftp://x.example/", "file:///etc/passwd", "https://u:s3cret@x.example/", "https://", "x.example", ""]
    {
        let told = Address::parse(wrong).unwrap_err();
        assert!(!told.contains("s3cret"), "{told}");
    }
    assert_eq!(Address::parse("https://X.example:8443/a").unwrap().to_string(), "x.example:8443");
}
