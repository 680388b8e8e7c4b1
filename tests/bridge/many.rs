//! Very many open records: asking what became of them keeps nothing else waiting, and goes on where it was.

use chrono::Duration;
use serde_json::Value;

use crate::desk::{Desk, accept};
use crate::echoes::{PEOPLE, shop, source};
use crate::hub::Rig;
use crate::hubspot::{Habits, Hubspot};
use crate::place::Place;

/// More than is asked about in two rounds.
const MANY: usize = 1_020;

/// About how many records at once it was asked what became of them, call by call.
fn asked(hubspot: &Hubspot) -> Vec<usize> {
    let log = hubspot.log();
    let of_many = log.iter().filter(|asked| asked.path.ends_with("/leads/batch/read") && asked.query.is_empty());
    let counts = of_many.map(|asked| {
        let body: Value = serde_json::from_slice(&asked.body).unwrap();
        body["inputs"].as_array().unwrap().len()
    });
    // The whole of a record is fetched one by one.
    counts.filter(|count| *count > 1).collect()
}

#[test]
fn what_became_of_very_many_is_asked_a_few_at_a_time_and_on_from_where_it_was() {
    let (rig, hubspot) = (Rig::new(&Place::sqlite()), shop());
    hubspot.habits(|habits| *habits = Habits::tame());
    let mut desk = Desk::new(&rig, &PEOPLE, source(&hubspot));
    let leads: Vec<String> = hubspot.leads(MANY, "501", 10).into_iter().map(|trio| trio.lead).collect();
    hubspot.advance(60);
    let known = || usize::try_from(rig.number("SELECT count(*) FROM bridged")).unwrap();
    while known() < MANY {
        assert!(desk.round(60).is_ours);
    }
    while rig.number("SELECT count(*) FROM bridge WHERE reconciled_at IS NULL") > 0 {
        assert!(desk.round(1).is_ours);
    }
    // They are asked about in the order of their ids, as texts.
    let mut ids = leads;
    ids.sort();
    let (first, last) = (&ids[0], &ids[MANY - 1]);
    [first, last].into_iter().for_each(|lead| hubspot.archive("leads", lead));
    hubspot.advance(600);
    hubspot.forget();
    rig.pass(Duration::minutes(10));
    assert!(desk.round(0).more, "not all of it in one go");
    assert_eq!(asked(&hubspot), [100; 5]);
    desk.must_stand(first, "recycled", None);
    desk.must_stand(last, "assigned", Some("ana"));
    // What a rep does meanwhile goes out meanwhile, and what changes comes in.
    let (answered, edited) = (&ids[MANY - 2], &ids[MANY - 3]);
    desk.answer("ana", answered, &accept());
    hubspot.reassign("leads", edited, "502");
    hubspot.advance(60);
    assert!(desk.round(60).more);
    assert_eq!(asked(&hubspot), [100; 10]);
    assert_eq!(hubspot.value("leads", answered, "hs_pipeline_stage").as_deref(), Some("attempting-stage-id"));
    desk.must_stand(edited, "assigned", Some("cy"));
    desk.must_stand(last, "assigned", Some("ana"));
    // Another hub takes over, and asks about no record twice.
    rig.run(leadbox::hub::bridge::worker::end(&rig.hub, &desk.bridges)).unwrap();
    let mut desk = Desk::beside(&rig, &PEOPLE, source(&hubspot));
    desk.round(60);
    desk.must_stand(last, "recycled", None);
    let all = asked(&hubspot);
    // The first one is gone by now.
    assert_eq!((all.len(), all.iter().sum::<usize>()), (11, MANY), "{all:?}");
    while desk.round(1).more {}
    assert_eq!(asked(&hubspot).len(), 11, "until its time has come again");
}
