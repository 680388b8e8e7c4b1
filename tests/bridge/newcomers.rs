//! Owners in the CRM whom the hub learns to know later than their leads.

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
