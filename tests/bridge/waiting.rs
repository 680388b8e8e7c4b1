//! What the leads of a CRM lack that wait for their data, counted beside those that do not.

use leadbox::handoff::preflight::Item;
use leadbox::hub::bridge::{Lacking, lacking};
use leadbox::hub::db::Scope;

use crate::desk::Desk;
use crate::echoes::{PEOPLE, rounds, shop, source};
use crate::hub::both;

#[test]
fn those_that_wait_are_counted_among_all_that_are_open() {
    both(|rig, _| {
        let hubspot = shop();
        let mut desk = Desk::new(rig, &PEOPLE, source(&hubspot));
        let [over, open, waits] = [("Ada", "ada@ada.example"), ("Bea", "bea@bea.example"), ("Cleo", "")]
            .map(|(name, email)| hubspot.lead(&format!("{name} Byron"), email, "501").lead);
        rounds(&mut desk, &hubspot, 10, 10);
        let found = || rig.run(rig.hub.read(Scope::System, |tx| lacking(tx, "crm"))).unwrap();
        let all = Lacking { open: 3, leads: 1, items: vec![(Item::BusinessEmail, 1)] };
        assert_eq!(found(), all);
        assert_eq!(found().without(&Item::ALL), None, "one of three");
        hubspot.edit("leads", &over, &[("hs_pipeline_stage", "qualified-stage-id")]);
        rounds(&mut desk, &hubspot, 4, 30);
        desk.must_stand(&open, "assigned", Some("ana"));
        desk.must_stand(&waits, "data_completion", None);
        assert_eq!(found(), Lacking { open: 2, ..all });
        let left = found().without(&[Item::BusinessEmail, Item::Names]);
        assert_eq!(left, None, "one of two is not most of them");
        let nobody = rig.run(rig.hub.read(Scope::System, |tx| lacking(tx, "other"))).unwrap();
        assert_eq!(nobody, Lacking::default());
    });
}
