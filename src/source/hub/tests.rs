//! A hub's answers, read by this program.

use std::collections::BTreeMap;
use std::sync::Mutex;

use tokio::io::{AsyncReadExt, AsyncWriteExt};

use super::*;
use crate::handoff::arrival::LeftOut;
use crate::handoff::event::EventKind;
use crate::handoff::outbox::Base;
use crate::source::People;
use crate::wire::sync::LINES;

/// Answers the same at each path, and counts who listens; no stream lasts.
#[derive(Clone, Default)]
struct Canned {
    answers: Arc<BTreeMap<&'static str, String>>,
    listened: Arc<Mutex<usize>>,
}

impl Transport for Canned {
    fn call(&self, call: Call) -> Replying<'_> {
        let path = call.path.split('?').next().unwrap_or_default().to_owned();
        let body = self.answers.get(path.as_str()).cloned().unwrap_or_default().into_bytes();
        let media = if path == "/v1/changes" { LINES } else { "application/json" }.to_owned();
        Box::pin(async move { Ok(Reply { status: 200, media, retry_after: None, body }) })
    }

    fn listen(&self, _: &str) -> mpsc::Receiver<()> {
        *self.listened.lock().unwrap() += 1;
        mpsc::channel(1).1
    }
}

/// A page in lines.
fn lines(each: impl IntoIterator<Item = serde_json::Value>) -> String {
    each.into_iter().map(|line| format!("{line}\n")).collect()
}

fn source(canned: &Canned) -> HubSource {
    HubSource::new(Box::new(canned.clone()), Arc::new(clock))
}

fn runtime() -> tokio::runtime::Runtime {
    tokio::runtime::Builder::new_current_thread().enable_time().build().unwrap()
}

#[test]
fn what_a_newer_hub_tells_that_cannot_be_read_is_left_out_and_told_of() {
    let alert = |id: i64, category: &str| {
        json!({
            "id": id, "lead": 7, "category": category, "pointer": "", "action": "call",
            "until": "2026-11-20T09:00:00Z", "history": [], "is_urgent": false, "at": "2026-11-20T08:00:00Z",
            "seen_at": null,
        })
    };
    let alerts = [alert(1, "no_show_risk"), alert(2, "of_a_later_kind"), alert(3, "stalled_conversation")];
    let lead = [
        json!({ "id": 9, "version": 4, "owner": "ana", "queue": null }),
        json!({ "created_at": "2026-11-19T08:00:00Z" }),
        json!([]),
        json!({ "stage": "later" }),
        json!([]),
    ];
    let page = json!({ "gone": [], "leads": 1, "next": "n", "more": false, "policy": "1", "alerts": 3 });
    let answers = [
        ("/v1/changes", lines([page].into_iter().chain(lead))),
        ("/v1/alerts", json!({ "alerts": alerts, "next": 3, "more": false }).to_string()),
    ];
    let canned = Canned { answers: Arc::new(answers.into()), ..Canned::default() };
    let mut source = source(&canned);
    let (page, notices) = runtime().block_on(async {
        let page = source.pull(None).await.unwrap();
        (page, source.notices(None).await.unwrap())
    });
    assert_eq!((page.changes.len(), page.next), (0, Cursor("n".into())));
    let created_at = Some("2026-11-19T08:00:00Z".parse().unwrap());
    assert_eq!(page.left_out, [LeftOut { external_id: "9".into(), version: 4, created_at }]);
    assert_eq!(notices.told.iter().map(|(_, notice, _)| notice.id).collect::<Vec<_>>(), [1, 3]);
    let unread: Vec<String> = source.unread().into_iter().map(|told| told.what).collect();
    assert!(unread.len() == 2 && unread[0].contains("lead 9") && unread[1].contains("alert 2"), "{unread:?}");
    assert_eq!(source.unread(), [], "once");
}

#[test]
fn a_stream_that_never_lasts_is_begun_more_and_more_seldom() {
    let canned = Canned::default();
    let mut source = source(&canned);
    runtime().block_on(async {
        source.news().await;
        assert_eq!(source.pause, STREAM_PAUSE * 2);
        // Whoever waits for news gives up, again and again.
        for _ in 0..9 {
            assert!(tokio::time::timeout(std::time::Duration::ZERO, source.news()).await.is_err());
        }
        assert_eq!(*canned.listened.lock().unwrap(), 1);
        for _ in 0..9 {
            source.not_before = None;
            source.news().await;
        }
        assert_eq!((source.pause, *canned.listened.lock().unwrap()), (LONGEST_PAUSE, 10));
    });
}

#[test]
fn an_answer_says_what_time_it_is_at_the_hub() {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    let hub = std::thread::spawn(move || {
        let (mut stream, _) = listener.accept().unwrap();
        std::io::Read::read(&mut stream, &mut [0; 4096]).unwrap();
        let date = (clock() + Duration::hours(3)).format("%a, %d %b %Y %H:%M:%S GMT");
        let answer = format!(
            "HTTP/1.1 200 OK\r\ndate: {date}\r\ncontent-length: 2\r\ncontent-type: application/json\r\n\r\n{{}}"
        );
        std::io::Write::write_all(&mut stream, answer.as_bytes()).unwrap();
    });
    let right = crate::keeping::clock::Clock::default();
    let http = Http::new(&url, "token".to_owned().into()).unwrap().setting(&right);
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let reply = runtime.block_on(http.call(Call::get("/v1/me"))).unwrap();
    hub.join().unwrap();
    assert_eq!(reply.status, 200);
    let off = right.read().ahead - Duration::hours(3);
    assert!(off.abs() <= Duration::seconds(60), "{off}");
}

#[test]
fn when_it_is_sent_is_told_by_the_clock_by_which_it_was_made() {
    let at: Time = "2026-11-20T12:00:00Z".parse().unwrap();
    let actor = crate::handoff::event::Actor::rep("ana");
    let event = crate::handoff::event::Event::new(new_id(), 1, at, actor, EventKind::Resumed);
    let lead = crate::handoff::lead::LeadKey { source: SOURCE.into(), external_id: "7".into() };
    let made = |ahead: Duration| {
        let hub = Restored::default();
        let right = crate::keeping::clock::Clock::default();
        right.set_ahead(Duration::hours(3));
        let machine = Arc::new(move || at);
        let mut source = HubSource::new(Box::new(hub.clone()), machine).going_by(right);
        let (event, lead) = (event.clone(), lead.clone());
        let (base, people) = (Base::default(), People::default());
        let made = Disposition { key: event.id, lead, base, event, ahead, people };
        let step = runtime().block_on(source.plan(&made)).unwrap().remove(0);
        drop(runtime().block_on(source.apply(&step)));
        let sent = hub.sent.lock().unwrap()[0].clone();
        (sent["made_at"].as_str().unwrap().to_owned(), sent["sent_at"].as_str().unwrap().to_owned())
    };
    let (noon, later) = ("2026-11-20T12:00:00Z".to_owned(), "2026-11-20T15:00:00Z".to_owned());
    assert_eq!(made(Duration::zero()), (noon.clone(), noon.clone()), "by the machine's");
    assert_eq!(
        made(Duration::hours(3)),
        (noon, later),
        "by the one that was set right, whatever the machine's says by now"
    );
}

/// Says its place when it is read, takes an answer only with that, and counts what it was sent.
#[derive(Clone, Default)]
struct Restored {
    sent: Arc<Mutex<Vec<serde_json::Value>>>,
}

impl Transport for Restored {
    fn call(&self, call: Call) -> Replying<'_> {
        let reply = |status: u16, body: serde_json::Value| {
            let media = if status < 400 { "application/json" } else { "application/problem+json" };
            Reply { status, media: media.to_owned(), retry_after: None, body: lines([body]).into_bytes() }
        };
        let reply = match call.body {
            None => {
                let page =
                    json!({ "gone": [], "leads": 0, "next": "there", "more": false, "policy": "1", "alerts": 0 });
                Reply { media: LINES.into(), ..reply(200, page) }
            }
            Some((_, body)) => {
                let op: serde_json::Value = serde_json::from_slice(&body).unwrap();
                let is_there = op["after"] == "there";
                let receipt = json!({ "id": op["id"], "outcome": "applied", "version": 1 });
                self.sent.lock().unwrap().push(op);
                let problem = crate::wire::problem::Problem::new(Code::Cursor, "read from the start");
                if is_there { reply(200, receipt) } else { reply(410, serde_json::to_value(problem).unwrap()) }
            }
        };
        Box::pin(async move { Ok(reply) })
    }

    fn listen(&self, _: &str) -> mpsc::Receiver<()> {
        mpsc::channel(1).1
    }
}

#[test]
fn an_answer_says_up_to_where_the_hub_was_read_and_one_of_another_history_is_kept_for_later() {
    let hub = Restored::default();
    let mut source = HubSource::new(Box::new(hub.clone()), Arc::new(clock));
    let id = new_id();
    let body = json!({
        "id": id, "lead": 7, "made_at": "2026-11-20T09:00:00Z", "sent_at": "2026-11-20T09:00:00Z",
        "what": { "kind": "resumed" },
    });
    let step = Step { key: id, number: 0, what: "resumed".into(), sets: None, body };
    runtime().block_on(async {
        source.place = Some(Cursor("elsewhere".into()));
        let refused = source.apply(&step).await;
        assert!(matches!(refused, Err(SourceError::Cursor { .. })), "{refused:?}");
        source.pull(None).await.unwrap();
        assert_eq!(source.apply(&step).await.unwrap(), Applied::Applied);
    });
    let sent: Vec<serde_json::Value> = hub.sent.lock().unwrap().iter().map(|op| op["after"].clone()).collect();
    assert_eq!(sent, [json!("elsewhere"), json!("there")]);
}

fn paged(text: &str) -> Reply {
    Reply { status: 200, media: LINES.into(), retry_after: None, body: text.into() }
}

#[test]
fn a_page_says_at_its_beginning_where_the_next_one_begins() {
    let next = |head: serde_json::Value| pull::next(head.to_string().as_bytes()).map(|place| place.0);
    let head = |more: bool| json!({ "gone": [], "leads": 1, "next": "n", "more": more, "policy": "1", "alerts": 0 });
    assert_eq!(next(head(true)).as_deref(), Some("n"));
    assert_eq!(next(head(false)), None, "there is none");
    assert_eq!(next(json!({ "next": "n", "more": true })), None, "that is no page");
    assert_eq!(pull::next(b"<html>"), None);
}

/// The lines of a lead.
fn one_lead() -> [serde_json::Value; 5] {
    let at = "2026-11-20T08:00:00Z";
    [
        json!({ "id": 9, "version": 4, "owner": "ana", "queue": null }),
        json!({}),
        json!([]),
        json!({ "stage": "assigned", "mql_at": at, "assigned_at": at, "held_since": at, "seq": 1 }),
        json!([]),
    ]
}

/// A connection and the path that is asked for on it.
async fn asked(door: &tokio::net::TcpListener) -> (tokio::net::TcpStream, String) {
    let (mut line, _) = door.accept().await.unwrap();
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        head.push(line.read_u8().await.unwrap());
    }
    let path = String::from_utf8(head).unwrap().split(' ').nth(1).unwrap().to_owned();
    (line, path)
}

#[test]
fn the_next_page_is_asked_for_while_this_one_is_still_on_its_way() {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(async {
        let door = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let way = Http::new(&format!("http://{}", door.local_addr().unwrap()), "leadbox_t".to_owned().into()).unwrap();
        let mut source = HubSource::new(Box::new(way), Arc::new(clock));
        let page = |next: &str, more: bool| {
            let head = json!({ "gone": [], "leads": 1, "next": next, "more": more, "policy": "1", "alerts": 0 });
            let page = lines([head].into_iter().chain(one_lead()));
            let kind = "HTTP/1.1 200 OK\r\ncontent-type: application/x-ndjson\r\nconnection: close\r\n";
            format!("{kind}content-length: {}\r\n\r\n{page}", page.len())
        };
        let hub = tokio::spawn(async move {
            let (mut first, _) = asked(&door).await;
            first.write_all(page("p1", true).as_bytes()).await.unwrap();
            let (mut second, _) = asked(&door).await;
            let second_page = page("p2", true);
            let (begins, rest) = second_page.split_at(second_page.find("}\n").unwrap() + 2);
            second.write_all(begins.as_bytes()).await.unwrap();
            // The rest comes once somebody asks for what is behind it.
            let (mut third, path) = asked(&door).await;
            assert!(path.ends_with("after=p2"), "{path}");
            second.write_all(rest.as_bytes()).await.unwrap();
            third.write_all(page("p3", false).as_bytes()).await.unwrap();
        });
        let mut place = None;
        for next in ["p1", "p2", "p3"] {
            let page = source.pull(place.as_ref()).await.unwrap();
            assert_eq!((page.next.0.as_str(), page.changes.len()), (next, 1));
            place = Some(page.next);
        }
        hub.await.unwrap();
    });
}

#[test]
fn half_a_page_is_none() {
    let head = json!({ "gone": [], "leads": 1, "next": "n", "more": false, "policy": "1", "alerts": 0 });
    let whole = lines([head.clone()].into_iter().chain(one_lead()));
    assert_eq!(pull::told(&paged(&whole)).unwrap().page.changes.len(), 1);
    let wrong = |text: &str| matches!(pull::told(&paged(text)), Err(Failure::Garbage(_)));
    for length in 0..whole.len() {
        assert!(wrong(&whole[..length]), "{}", &whole[..length]);
    }
    assert!(wrong(&format!("{whole}[]\n")), "more than it says");
    assert!(wrong(&format!("{head}\n")), "fewer than it says");
    let html = Reply { media: "text/html".into(), ..paged("<html>sign in</html>") };
    assert!(matches!(pull::told(&html), Err(Failure::Garbage(_))));
}

/// Tells pages of an empty hub in order, each once; nothing where a call is lost.
#[derive(Clone, Default)]
struct Pages {
    told: Arc<Mutex<Vec<Told>>>,
}

/// After which place it comes, and a page; nothing for one that is lost.
type Told = (String, Option<String>);

impl Pages {
    /// The place after which the page comes, and the page; what is lost is nothing.
    fn tell(&self, after: &str, page: Option<(&str, bool)>) {
        let page = page.map(|(next, more)| {
            lines([json!({ "gone": [], "next": next, "more": more, "policy": "1", "alerts": 0, "leads": 0 })])
        });
        self.told.lock().unwrap().push((after.to_owned(), page));
    }
}

impl Transport for Pages {
    fn call(&self, call: Call) -> Replying<'_> {
        let after = call.path.split("after=").nth(1).unwrap_or_default().to_owned();
        let mut told = self.told.lock().unwrap();
        let at = told.iter().position(|(place, _)| *place == after).expect("nobody asked for that page twice");
        let (_, page) = told.remove(at);
        let lost = || Lost::Unsent("away".into());
        let reply = |page: String| paged(&page);
        Box::pin(async move { page.map(reply).ok_or_else(lost) })
    }

    fn listen(&self, _: &str) -> mpsc::Receiver<()> {
        mpsc::channel(1).1
    }
}

#[test]
fn a_page_read_ahead_that_fails_is_told_when_its_turn_comes_and_asked_for_again_after_that() {
    let pages = Pages::default();
    pages.tell("", Some(("p1", true)));
    pages.tell("p1", None);
    pages.tell("p1", Some(("p2", true)));
    pages.tell("p2", Some(("p3", true)));
    // This one is on its way while the one before is read.
    pages.tell("p3", None);
    pages.tell("p3", Some(("p4", false)));
    let mut source = HubSource::new(Box::new(pages.clone()), Arc::new(clock));
    runtime().block_on(async {
        let mut place: Option<Cursor> = None;
        let (mut read, mut lost) = (Vec::new(), Vec::new());
        loop {
            match source.pull(place.as_ref()).await {
                Ok(page) => {
                    read.push(page.next.0.clone());
                    place = Some(page.next);
                    if !page.more {
                        break;
                    }
                }
                Err(error) => {
                    assert!(error.is_away(), "{error}");
                    lost.push(place.as_ref().map(|place| place.0.clone()));
                }
            }
        }
        assert_eq!(read, ["p1", "p2", "p3", "p4"], "each page once and in its order");
        assert_eq!(lost.first(), Some(&Some("p1".to_owned())), "what came before the lost page was taken in: {lost:?}");
    });
    assert!(pages.told.lock().unwrap().is_empty(), "whatever could be had was asked for");
}
