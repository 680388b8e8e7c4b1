//! Several hubs on one database: one of them asks a CRM, and another one when that is gone.

use std::path::PathBuf;
use std::sync::Arc;

use chrono::Duration;
use leadbox::hub::bridge::{Bridge, Bridges, worker};
use serde_json::Value;

use crate::desk::{Desk, accept};
use crate::echoes::{shop, source};
use crate::hub::{Rig, both};
use crate::hubspot::{Fault, Hubspot};

/// Two hubs on one database, each with a desk, and the CRM that either may ask.
struct Two<'a> {
    rig: &'a Rig,
    beside: &'a Rig,
    hubspot: &'a Hubspot,
    first: Desk<'a>,
    second: Desk<'a>,
}

fn two(case: impl Fn(Two<'_>)) {
    both(|rig, place| {
        let (rig, beside, hubspot) = (&*rig, &rig.beside(place), &shop());
        let people = [("ana", "Ana Ruiz")];
        let first = Desk::new(rig, &people, source(hubspot));
        let second = Desk::beside(beside, &people, source(hubspot));
        case(Two { rig, beside, hubspot, first, second });
    });
}

#[test]
fn of_two_hubs_one_asks_and_when_it_is_gone_the_other_goes_on_where_it_was() {
    two(|Two { rig, beside, hubspot, mut first, mut second }| {
        let lead = hubspot.lead("Ada Byron", "ada@byron.example", "501").lead;
        hubspot.advance(60);
        assert!(first.round(60).is_ours);
        let asked = hubspot.log().len();
        assert!(!second.round(60).is_ours, "the other one has it");
        assert_eq!(hubspot.log().len(), asked, "and it is not asked twice");
        first.must_stand(&lead, "assigned", Some("ana"));
        // The first one hangs; what is done at the other goes out when its time is over.
        second.answer("ana", &lead, &accept());
        assert!(!second.round(1).is_ours);
        rig.pass(Duration::minutes(3));
        assert!(second.round(1).is_ours);
        assert_eq!(hubspot.value("leads", &lead, "hs_pipeline_stage").as_deref(), Some("attempting-stage-id"));
        assert!(!first.round(1).is_ours, "who comes late finds it taken");
        // One that ends says so, and nobody waits.
        rig.run(worker::end(&beside.hub, &second.bridges)).unwrap();
        assert!(first.round(61).is_ours);
    });
}

#[test]
fn a_hub_that_stands_by_writes_nothing_and_waits_as_the_other_was_asked_to() {
    two(|Two { rig, beside, hubspot, mut first, mut second }| {
        let round = |desk: &mut Desk<'_>, seconds: i64| {
            hubspot.advance(seconds);
            desk.round(seconds)
        };
        assert!(round(&mut first, 60).is_ours);
        for _ in 0..5 {
            assert!(!round(&mut second, 1).is_ours);
        }
        assert_eq!(beside.hub.pulse().counts().writes, 0);
        // HubSpot says when it may be asked again, and the hub that heard it ends.
        hubspot.order("search", 0, Fault::Say(423, Some(600)));
        assert!(round(&mut first, 60).is_ours);
        let asked = hubspot.log().len();
        rig.run(worker::end(&rig.hub, &first.bridges)).unwrap();
        for _ in 0..9 {
            assert!(!round(&mut second, 60).is_ours);
        }
        assert_eq!((hubspot.log().len(), beside.hub.pulse().counts().writes), (asked, 0));
        assert!(round(&mut second, 61).is_ours);
        assert!(hubspot.log().len() > asked);
    });
}

#[test]
fn a_hub_that_cannot_use_a_crm_as_it_is_configured_says_so_unless_another_one_can() {
    both(|rig, place| {
        let hubspot = shop();
        let beside = rig.beside(place);
        let mut first = Desk::new(rig, &[("ana", "Ana Ruiz")], source(&hubspot));
        let mut bridge = Bridge::clone(&first.bridges.all[0]);
        bridge.settings.map = Some(PathBuf::from("/nowhere/own.toml"));
        let bridges = Bridges { all: vec![Arc::new(bridge)], ..Bridges::default() };
        // Until it wrote once.
        let try_it = || {
            let written = || beside.hub.pulse().counts().writes;
            let before = written();
            beside.run(async {
                tokio::select! {
                    () = worker::run(Arc::clone(&beside.hub), bridges.clone()) => {}
                    () = async { while written() == before { tokio::task::yield_now().await } } => {}
                }
            });
        };
        try_it();
        let why = first.state("rev")["failed"].as_str().unwrap().to_owned();
        assert!(why.contains("/nowhere/own.toml"), "{why}");
        hubspot.advance(60);
        assert!(first.round(60).is_ours, "who can use it does");
        try_it();
        assert_eq!(first.state("rev")["failed"], Value::Null);
        // Also where that one ended, and whoever is to go on cannot: it is said when nobody was answered for a while.
        rig.run(worker::end(&rig.hub, &first.bridges)).unwrap();
        try_it();
        assert_eq!(first.state("rev")["failed"], Value::Null, "the other one was answered a moment ago");
        rig.pass(Duration::seconds(121));
        try_it();
        assert!(first.state("rev")["failed"].as_str().unwrap().contains("/nowhere/own.toml"));
        // Where it asked to wait, that is what one has to know.
        hubspot.order("search", 0, Fault::Say(423, Some(600)));
        hubspot.advance(200);
        assert!(first.round(200).is_ours);
        rig.run(worker::end(&rig.hub, &first.bridges)).unwrap();
        rig.pass(Duration::seconds(121));
        try_it();
        let why = first.state("rev")["failed"].as_str().unwrap().to_owned();
        assert!(why.contains("asks to wait until"), "{why}");
    });
}
