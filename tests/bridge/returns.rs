//! Records that leave the CRM's view and come back: as the leads that they were.

use serde_json::json;

use crate::desk::{Desk, accept, call};
use crate::echoes::{PEOPLE, owner, rounds, shop, source};
use crate::hub::{Ask, Rig, both};
use crate::hubspot::Hubspot;
use crate::place::Place;

/// So long passes that it is asked what became of all.
fn meanwhile(desk: &mut Desk<'_>, hubspot: &Hubspot) {
    rounds(desk, hubspot, 8, 100);
}

#[test]
fn one_that_comes_back_and_is_nobodys_is_routed_as_a_new_one_and_keeps_its_history() {
    both(|rig, _| {
        let hubspot = shop();
        let mut desk = Desk::new(rig, &PEOPLE, source(&hubspot));
        let ada = hubspot.lead("Ada Byron", "ada@byron.example", "");
        hubspot.edit("contacts", &ada.contact, &[("country", "Spain")]);
        rounds(&mut desk, &hubspot, 10, 10);
        desk.must_stand(&ada.lead, "assigned", Some("ana"));
        desk.answer("ana", &ada.lead, &accept());
        desk.answer("ana", &ada.lead, &call("no luck"));
        rounds(&mut desk, &hubspot, 10, 10);
        let number = desk.lead(&ada.lead);
        hubspot.hide("leads", &ada.lead, true);
        meanwhile(&mut desk, &hubspot);
        desk.must_stand(&ada.lead, "recycled", None);
        // Somebody brings it back to where leads begin.
        hubspot.hide("leads", &ada.lead, false);
        hubspot.edit("leads", &ada.lead, &[("hubspot_owner_id", ""), ("hs_pipeline_stage", "new-stage-id")]);
        meanwhile(&mut desk, &hubspot);
        desk.must_stand(&ada.lead, "assigned", Some("ana"));
        assert_eq!(owner(&hubspot, &ada.lead), "501", "and whose it is now is written there");
        assert_eq!((desk.lead(&ada.lead), rig.number("SELECT count(*) FROM lead")), (number, 1));
        let times = ["captured", "accepted", "attempted", "assigned"].map(|kind| desk.times(&ada.lead, kind));
        assert_eq!(times, [1, 1, 1, 2], "{:?}", desk.history(&ada.lead));
        assert_eq!(rig.number("SELECT count(*) FROM bridged WHERE gone IS NULL"), 1);
        // From here on what happens is written there again, and what is told again is nothing.
        desk.answer("ana", &ada.lead, &accept());
        meanwhile(&mut desk, &hubspot);
        desk.must_stand(&ada.lead, "accepted", Some("ana"));
        assert_eq!((hubspot.ids("calls").len(), desk.writes("parked"), desk.writes("waiting")), (1, 0, 0));
    });
}

#[test]
fn one_that_was_given_away_stays_away_until_it_is_nobodys() {
    both(|rig, _| {
        let hubspot = shop();
        hubspot.owner(504, "yan@example.com", "Yan", "Yo");
        let mut desk = Desk::new(rig, &PEOPLE, source(&hubspot));
        let ada = hubspot.lead("Ada Byron", "ada@byron.example", "501");
        hubspot.edit("contacts", &ada.contact, &[("country", "Italy")]);
        rounds(&mut desk, &hubspot, 10, 10);
        desk.must_stand(&ada.lead, "assigned", Some("ana"));
        for stranger in ["503", "504"] {
            hubspot.reassign("leads", &ada.lead, stranger);
            meanwhile(&mut desk, &hubspot);
            desk.must_stand(&ada.lead, "recycled", None);
            assert_eq!(owner(&hubspot, &ada.lead), stranger);
        }
        hubspot.reassign("leads", &ada.lead, "");
        meanwhile(&mut desk, &hubspot);
        // Now the rules say whose it is.
        desk.must_stand(&ada.lead, "assigned", Some("cy"));
        assert_eq!(owner(&hubspot, &ada.lead), "502");
    });
}

#[test]
fn one_that_stands_for_another_record_too_comes_back_to_whoever_has_it() {
    both(|rig, _| {
        let hubspot = shop();
        let mut desk = Desk::new(rig, &PEOPLE, source(&hubspot));
        let first = hubspot.lead("Ada Byron", "ada@byron.example", "501");
        rounds(&mut desk, &hubspot, 10, 10);
        let second = hubspot.create("leads", &[("hs_lead_name", "again"), ("hs_pipeline_stage", "new-stage-id")]);
        hubspot.link("leads", &second, "contacts", &first.contact);
        rounds(&mut desk, &hubspot, 10, 10);
        assert_eq!((desk.lead(&second), owner(&hubspot, &second).as_str()), (desk.lead(&first.lead), "501"));
        hubspot.hide("leads", &second, true);
        meanwhile(&mut desk, &hubspot);
        desk.must_stand(&second, "assigned", Some("ana"));
        hubspot.hide("leads", &second, false);
        hubspot.reassign("leads", &second, "");
        meanwhile(&mut desk, &hubspot);
        desk.must_stand(&second, "assigned", Some("ana"));
        assert_eq!(owner(&hubspot, &second), "501", "who has the lead has this record, too");
        assert_eq!(rig.number("SELECT count(*) FROM bridged WHERE gone IS NULL"), 2);
    });
}

#[test]
fn one_that_comes_back_with_a_stranger_is_left_to_them() {
    let (rig, hubspot) = (Rig::new(&Place::sqlite()), shop());
    let mut desk = Desk::new(&rig, &PEOPLE, source(&hubspot));
    let ada = hubspot.lead("Ada Byron", "ada@byron.example", "501");
    hubspot.edit("contacts", &ada.contact, &[("country", "Italy")]);
    rounds(&mut desk, &hubspot, 10, 10);
    hubspot.hide("leads", &ada.lead, true);
    meanwhile(&mut desk, &hubspot);
    desk.must_stand(&ada.lead, "recycled", None);
    hubspot.hide("leads", &ada.lead, false);
    hubspot.reassign("leads", &ada.lead, "503");
    meanwhile(&mut desk, &hubspot);
    desk.must_stand(&ada.lead, "recycled", None);
    assert_eq!(owner(&hubspot, &ada.lead), "503", "nobody takes it from her");
    hubspot.reassign("leads", &ada.lead, "");
    meanwhile(&mut desk, &hubspot);
    desk.must_stand(&ada.lead, "assigned", Some("cy"));
}

#[test]
fn to_whom_one_was_to_be_given_before_it_left_matters_no_more_when_it_is_back() {
    let (rig, hubspot) = (Rig::new(&Place::sqlite()), shop());
    let mut desk = Desk::new(&rig, &PEOPLE, source(&hubspot));
    let ada = hubspot.lead("Ada Byron", "ada@byron.example", "501");
    rounds(&mut desk, &hubspot, 10, 10);
    desk.must_stand(&ada.lead, "assigned", Some("ana"));
    let order = json!({ "order": "reassign", "to": "cy", "why": "a holiday" });
    let path = format!("/v1/leads/{}/orders", desk.lead(&ada.lead));
    rig.as_who("max", Ask::new("POST", &path).json(&order)).ok();
    // It cannot be written while it leaves and comes back.
    rig.write(|work| {
        work.tx.execute("UPDATE bridge_write SET not_before = 9000000000000 WHERE state = 'waiting'", &[])?;
        Ok(())
    });
    hubspot.hide("leads", &ada.lead, true);
    meanwhile(&mut desk, &hubspot);
    assert_eq!(desk.writes("waiting"), 1);
    hubspot.hide("leads", &ada.lead, false);
    hubspot.edit("leads", &ada.lead, &[("hs_lead_name", "Ada B.")]);
    meanwhile(&mut desk, &hubspot);
    desk.must_stand(&ada.lead, "assigned", Some("ana"));
    assert_eq!((desk.writes("waiting"), owner(&hubspot, &ada.lead).as_str()), (0, "501"));
}
