//! Owners in the CRM who are entered at the hub later than their leads came, are renamed there, or leave.

use serde_json::json;

use crate::desk::{CHECKED, Desk};
use crate::echoes::{PEOPLE, owner, rounds, shop, source};
use crate::hub::{Ask, POLICY, both, person};

#[test]
fn a_lead_that_waited_for_its_data_goes_to_its_owner_who_was_entered_meanwhile() {
    both(|rig, _| {
        let hubspot = shop();
        let mut desk = Desk::new(rig, &PEOPLE, source(&hubspot));
        // No rule would give it to them, and without an address it waits.
        let ada = hubspot.lead("Ada Byron", "", "503");
        hubspot.edit("contacts", &ada.contact, &[("country", "Spain")]);
        rounds(&mut desk, &hubspot, 10, 10);
        desk.must_stand(&ada.lead, "data_completion", None);
        let mut newcomer = serde_json::to_value(person("zoe", "rep", Some("emea"), None)).unwrap();
        newcomer["name"] = json!("Zoe Zed");
        rig.as_who("rev", Ask::new("POST", "/v1/people").json(&newcomer)).ok();
        let policy = format!("{POLICY}{}", CHECKED.replace("\"business_email\", ", ""));
        rig.as_who("rev", Ask::new("PUT", "/v1/policy").body("application/toml", policy)).ok();
        desk.tick(chrono::Duration::seconds(1));
        desk.must_stand(&ada.lead, "assigned", Some("zoe"));
        rounds(&mut desk, &hubspot, 10, 10);
        desk.must_stand(&ada.lead, "assigned", Some("zoe"));
        assert_eq!((owner(&hubspot, &ada.lead).as_str(), rig.number("SELECT count(*) FROM bridge_write")), ("503", 0));
    });
}

#[test]
fn whoever_is_renamed_there_keeps_their_leads() {
    both(|rig, _| {
        let hubspot = shop();
        let mut desk = Desk::new(rig, &PEOPLE, source(&hubspot));
        let [theirs, given] = ["501", ""].map(|owner| {
            let lead = hubspot.lead("Ada Byron", &format!("ada@byron{owner}.example"), owner);
            hubspot.edit("contacts", &lead.contact, &[("country", "Spain")]);
            lead.lead
        });
        // This one waits for its data: somebody else's it would be lost to, once they take it up there.
        let waiting = hubspot.lead("Bob Byron", "", "501").lead;
        rounds(&mut desk, &hubspot, 10, 10);
        desk.must_stand(&waiting, "data_completion", None);
        assert_eq!(owner(&hubspot, &given), "501", "the rules gave it to her");
        // A hub that starts anew reads who owns what there.
        hubspot.rename_owner(501, "Miller");
        let mut desk = Desk::beside(rig, &PEOPLE, source(&hubspot));
        rounds(&mut desk, &hubspot, 2, 100);
        for lead in [&theirs, &given, &waiting] {
            hubspot.edit("leads", lead, &[("hs_pipeline_stage", "connected-stage-id")]);
        }
        rounds(&mut desk, &hubspot, 10, 10);
        assert_eq!(
            rig.number("SELECT count(*) FROM bridged WHERE known LIKE '%Ana Miller%'"),
            3,
            "told by the new name"
        );
        for lead in [&theirs, &given, &waiting] {
            desk.must_stand(lead, "connected", Some("ana"));
        }
    });
}

#[test]
fn whoever_left_the_hub_is_given_nothing_that_comes_back() {
    both(|rig, _| {
        let hubspot = shop();
        let mut desk = Desk::new(rig, &PEOPLE, source(&hubspot));
        let ada = hubspot.lead("Ada Byron", "ada@byron.example", "501");
        rounds(&mut desk, &hubspot, 10, 10);
        desk.must_stand(&ada.lead, "assigned", Some("ana"));
        hubspot.hide("leads", &ada.lead, true);
        rounds(&mut desk, &hubspot, 8, 100);
        let mut ana = serde_json::to_value(person("ana", "rep", Some("emea"), Some("Spain"))).unwrap();
        ana["is_active"] = json!(false);
        rig.as_who("rev", Ask::new("PUT", "/v1/people/ana").json(&ana)).ok();
        hubspot.hide("leads", &ada.lead, false);
        hubspot.edit("leads", &ada.lead, &[("hs_lead_name", "Ada again")]);
        rounds(&mut desk, &hubspot, 8, 100);
        assert_ne!(desk.stands(&ada.lead).1.as_deref(), Some("ana"), "{:?}", desk.history(&ada.lead));
    });
}
