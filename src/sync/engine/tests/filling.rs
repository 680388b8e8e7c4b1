//! The first reading of a source, into a file on disk that nobody else has open.

use super::*;
use crate::source::Gone;

/// A rig whose source tells this first, and nothing else.
fn rig(script: Vec<Result<Page, SourceError>>) -> (Rig, tempfile::TempDir) {
    let dir = tempfile::tempdir().unwrap();
    let mut store = Store::open(dir.path()).unwrap();
    store.register_source("crm", true).unwrap();
    let there = Arc::new(Mutex::new(There { script: script.into(), ..There::default() }));
    let engine = engine(&there, true);
    let (policy, actor) = (Policy::default(), Actor::rep("ana"));
    let rig = Rig { store, there, engine, now: now(), policy, scoring: Models::default(), actor, repeatable: true };
    (rig, dir)
}

fn told(n: usize, version: i64, title: &str) -> Change {
    let mut lead = lead("crm", n);
    lead.person.title = Some(title.into());
    let word = Word {
        version,
        record: Unread::of(&lead).unwrap(),
        handoff: Handoff::arrived(&lead, now()),
        history: Unread::of(&Vec::new()).unwrap(),
    };
    let arrival = Arrival { lead, trail: Vec::new(), told: None };
    Change::Upsert(Box::new(Record { arrival, word: Some(word) }))
}

fn page(changes: Vec<Change>, next: &str, more: bool) -> Result<Page, SourceError> {
    Ok(Page { changes, left_out: Vec::new(), next: Cursor(next.into()), more })
}

fn titles(rig: &Rig) -> Vec<String> {
    let title = |n| rig.store.inspect(LeadId(n)).ok()?.lead.person.title;
    (1..=9).map_while(title).collect()
}

#[test]
fn a_first_reading_that_breaks_off_keeps_what_came_and_goes_on_from_there() {
    let away = SourceError::Unreachable { source_name: "crm".into(), why: "away".into() };
    let script = vec![
        page(vec![told(1, 1, "a"), told(2, 2, "b")], "p1", true),
        Err(away),
        page(vec![told(3, 3, "c")], "p2", false),
    ];
    let (mut rig, dir) = rig(script);
    assert!(rig.round().trouble.is_some());
    assert_eq!(titles(&rig), ["a", "b"]);
    // Others can open it, and find all of it.
    let other = Store::open(dir.path()).unwrap();
    assert_eq!((other.cursor("crm").unwrap().as_deref(), other.check().unwrap()), (Some("p1"), Vec::new()));
    drop(other);
    assert_eq!(rig.pass(60).round().trouble, None);
    assert_eq!((titles(&rig).len(), rig.there().asked.last().unwrap().as_deref()), (3, Some("p1")));
    assert_eq!(rig.store.check().unwrap(), Vec::<String>::new());
}

#[test]
fn what_changes_or_goes_amid_the_first_reading_is_as_it_was_told_last() {
    let gone = Tombstone { external_id: "x2".into(), why: Gone::Reassigned("given to ben".into()), at: None };
    let script = vec![
        page(vec![told(1, 1, "before"), told(2, 2, "b")], "p1", true),
        page(vec![told(1, 3, "after"), Change::Gone(gone)], "p2", false),
    ];
    let (mut rig, _dir) = rig(script);
    assert_eq!(rig.round().trouble, None);
    assert_eq!(titles(&rig), ["after", "b"]);
    assert!(!rig.store.inspect(LeadId(2)).unwrap().handoff.stage.is_open());
    assert_eq!(rig.store.check().unwrap(), Vec::<String>::new());
    assert!(rig.store.unreadable().unwrap().is_empty());
}

#[test]
fn a_place_that_is_lost_amid_the_first_reading_is_no_trouble() {
    let lost = || SourceError::Cursor { source_name: "crm".into(), why: "another team".into() };
    let script = vec![
        page(vec![told(1, 1, "a")], "p1", true),
        Err(lost()),
        Err(lost()),
        page(vec![told(1, 1, "a"), told(2, 2, "b")], "q", false),
    ];
    let (mut rig, _dir) = rig(script);
    assert_eq!(rig.round().trouble, None);
    assert_eq!(titles(&rig), ["a", "b"]);
}

#[test]
fn a_first_reading_that_does_not_end_keeps_what_came_when_its_time_is_up_and_lets_others_at_the_file() {
    let (mut rig, dir) = rig(Vec::new());
    rig.there().news = (1..=3).map(|n| lead("crm", n)).collect();
    rig.there().is_endless = true;
    let round = rig.round();
    assert_eq!((round.trouble, round.more), (None, true));
    let other = Store::open(dir.path()).unwrap();
    assert_eq!((other.cursor("crm").unwrap().as_deref(), other.check().unwrap()), (Some("c3"), Vec::new()));
    assert!((1..=3).all(|n| other.inspect(LeadId(n)).is_ok()));
    drop(other);
    let asked = rig.there().asked.len();
    rig.there().is_endless = false;
    assert!(!rig.round().more);
    assert_eq!(rig.there().asked[asked].as_deref(), Some("c3"), "it goes on from there");
}

#[test]
fn a_source_that_says_nothing_more_amid_the_first_reading_keeps_nobody_out() {
    let (mut rig, dir) = rig(vec![page(vec![told(1, 1, "a")], "p1", true)]);
    rig.there().hangs_after = Some("p1");
    // It is asked once more in the ordinary way, and given up.
    rig.engine.patience = Duration::from_millis(1);
    assert!(rig.round().trouble.unwrap().contains("no answer"));
    assert_eq!(titles(&rig), ["a"]);
    let other = Store::open(dir.path()).unwrap();
    assert_eq!((other.cursor("crm").unwrap().as_deref(), other.check().unwrap()), (Some("p1"), Vec::new()));
}
