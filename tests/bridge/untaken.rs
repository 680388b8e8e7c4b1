//! Records that cannot be taken in: seen by an administrator, tried again, and dropped when they are in or gone.

use serde_json::{Value, json};

use crate::desk::Desk;
use crate::echoes::{PEOPLE, rounds, shop, source};
use crate::hub::{Ask, Rig, both};
use crate::hubspot::Hubspot;
use crate::hubspot::hands::Trio;
use crate::moody::{Call, Mood};
use crate::place::Place;

/// When it became an MQL.
const SINCE: &str = "hs_v2_date_entered_marketingqualifiedlead";

/// A lead of ana's that nobody can reckon with.
fn too_old(hubspot: &Hubspot, name: &str) -> Trio {
    let lead = hubspot.lead(&format!("{name} Byron"), &format!("{name}@{name}.example"), "501");
    date(hubspot, &lead, "0099-01-01T00:00:00Z");
    lead
}

fn date(hubspot: &Hubspot, lead: &Trio, since: &str) {
    hubspot.edit("contacts", &lead.contact, &[(SINCE, since)]);
}

fn mend(hubspot: &Hubspot, lead: &Trio) {
    date(hubspot, lead, "2026-01-01T00:00:00Z");
}

fn records(desk: &Desk<'_>) -> Vec<Value> {
    desk.state("rev")["left_out"].as_array().unwrap().clone()
}

fn retry(rig: &Rig, who: &str, record: &str) -> u16 {
    let order = json!({ "source": "crm", "record": record });
    rig.as_who(who, Ask::new("POST", "/v1/bridge/records/retry").json(&order)).status
}

#[test]
fn one_that_cannot_be_taken_in_is_seen_and_holds_back_no_other() {
    both(|rig, _| {
        let hubspot = shop();
        let mut desk = Desk::new(rig, &PEOPLE, source(&hubspot));
        let (bad, good) = (too_old(&hubspot, "ada"), hubspot.lead("Bea Byron", "bea@bea.example", "501"));
        let began = rig.now();
        rounds(&mut desk, &hubspot, 10, 10);
        desk.must_stand(&good.lead, "assigned", Some("ana"));
        assert_eq!(desk.find(&bad.lead), None);
        let seen = records(&desk);
        assert_eq!((seen.len(), &seen[0]["record"]), (1, &json!(bad.lead)), "{seen:?}");
        let why = seen[0]["why"].as_str().unwrap();
        assert!(why.starts_with("flag_at: ") && why.contains("1900"), "{why}");
        let at =
            |one: &Value, name: &str| one[name].as_str().unwrap().parse::<chrono::DateTime<chrono::Utc>>().unwrap();
        let since = at(&seen[0], "since");
        assert!(since > began);
        // It is nobody's lead: a manager hears how many there are.
        let told = desk.state("max");
        assert_eq!((&told["untaken"], &told["left_out"]), (&json!(1), &json!([])));
        let metrics = rig.as_who("max", Ask::get("/metrics")).text;
        assert!(metrics.contains("leadbox_bridge_untaken{source=\"crm\"} 1\n"), "{metrics}");
        // Tried again, it is the same one.
        rounds(&mut desk, &hubspot, 40, 100);
        let seen = records(&desk);
        assert_eq!((seen.len(), at(&seen[0], "since")), (1, since));
        assert!(at(&seen[0], "tried_at") - since >= chrono::Duration::hours(1), "{seen:?}");
        // Somebody mends it there, and it is told anew.
        mend(&hubspot, &bad);
        hubspot.edit("leads", &bad.lead, &[("hs_lead_name", "Ada Byron")]);
        rounds(&mut desk, &hubspot, 4, 30);
        desk.must_stand(&bad.lead, "assigned", Some("ana"));
        assert_eq!((records(&desk).len(), &desk.state("rev")["untaken"]), (0, &json!(0)));
    });
}

#[test]
fn it_is_tried_again_when_a_person_says_so_and_by_itself() {
    both(|rig, _| {
        let hubspot = shop();
        let mut desk = Desk::new(rig, &PEOPLE, source(&hubspot));
        let [first, second, third] = ["ada", "bea", "cleo"].map(|name| too_old(&hubspot, name));
        rounds(&mut desk, &hubspot, 10, 10);
        assert_eq!(records(&desk).len(), 3);
        // They are mended, and for long nothing tells so.
        hubspot.habits(|habits| (habits.lag, habits.is_lag_uneven) = (1_000_000, false));
        [&first, &second].into_iter().for_each(|lead| mend(&hubspot, lead));
        assert_eq!([retry(rig, "max", &first.lead), retry(rig, "rev", "12345")], [403, 404]);
        assert_eq!(retry(rig, "rev", &first.lead), 200);
        assert!(desk.round(1).is_ours);
        desk.must_stand(&first.lead, "assigned", Some("ana"));
        assert_eq!((desk.find(&second.lead), records(&desk).len()), (None, 2), "its turn comes");
        assert_eq!(retry(rig, "rev", &first.lead), 404, "it is in");
        hubspot.delete("leads", &third.lead);
        assert_eq!(retry(rig, "rev", &third.lead), 200);
        assert!(desk.round(1).is_ours);
        assert_eq!(records(&desk).len(), 2, "what is not shown may be there all the same");
        rounds(&mut desk, &hubspot, 8, 100);
        assert_eq!((records(&desk).len(), desk.find(&second.lead)), (1, None), "until it is asked what became of it");
        rounds(&mut desk, &hubspot, 40, 100);
        desk.must_stand(&second.lead, "assigned", Some("ana"));
        assert_eq!((records(&desk).len(), desk.find(&third.lead)), (0, None), "the last one is no longer there");
    });
}

#[test]
fn one_that_cannot_be_read_is_seen_like_one_that_cannot_be_taken_in() {
    both(|rig, _| {
        let hubspot = shop();
        let mut desk = Desk::new(rig, &PEOPLE, source(&hubspot));
        let [bad, known] = ["ada", "bea"].map(|name| hubspot.lead("A Byron", &format!("{name}@{name}.example"), "501"));
        date(&hubspot, &bad, "soon");
        rounds(&mut desk, &hubspot, 10, 10);
        desk.must_stand(&known.lead, "assigned", Some("ana"));
        let seen = records(&desk);
        assert_eq!((seen.len(), &seen[0]["record"]), (1, &json!(bad.lead)), "{seen:?}");
        let why = seen[0]["why"].as_str().unwrap();
        assert!(why.contains("soon") && !why.contains("left out"), "{why}");
        // Of one that is known it is seen as well, and it is still the lead that it was.
        date(&hubspot, &known, "later");
        hubspot.edit("leads", &known.lead, &[("hs_lead_name", "Bea B.")]);
        rounds(&mut desk, &hubspot, 4, 30);
        assert_eq!(records(&desk).len(), 2);
        desk.must_stand(&known.lead, "assigned", Some("ana"));
        // Tried again it is the same one; dropped, it is not told until the CRM tells of it anew.
        assert_eq!(retry(rig, "rev", &bad.lead), 200);
        rounds(&mut desk, &hubspot, 2, 1);
        assert_eq!(records(&desk).len(), 2);
        let order = json!({ "source": "crm", "record": known.lead });
        rig.as_who("rev", Ask::new("POST", "/v1/bridge/records/drop").json(&order)).ok();
        rounds(&mut desk, &hubspot, 2, 1);
        assert_eq!(records(&desk).len(), 1);
        hubspot.edit("leads", &known.lead, &[("hs_lead_name", "Bea C.")]);
        rounds(&mut desk, &hubspot, 4, 30);
        assert_eq!(records(&desk).len(), 2);
        for lead in [&bad, &known] {
            mend(&hubspot, lead);
            assert_eq!(retry(rig, "rev", &lead.lead), 200);
        }
        rounds(&mut desk, &hubspot, 3, 30);
        desk.must_stand(&bad.lead, "assigned", Some("ana"));
        assert_eq!(records(&desk), Vec::<Value>::new());
    });
}

#[test]
fn a_text_that_is_too_long_is_cut_and_keeps_nobody_out() {
    let (rig, hubspot) = (Rig::new(&Place::sqlite()), shop());
    let mut desk = Desk::new(&rig, &PEOPLE, source(&hubspot));
    let lead = hubspot.lead("Ada Byron", "ada@byron.example", "501");
    hubspot.edit("contacts", &lead.contact, &[("jobtitle", &"x".repeat(1_200))]);
    let note =
        hubspot.create("notes", &[("hs_note_body", &"y".repeat(20_000)), ("hs_timestamp", "2026-01-01T00:00:00Z")]);
    hubspot.link("notes", &note, "contacts", &lead.contact);
    rounds(&mut desk, &hubspot, 10, 10);
    desk.must_stand(&lead.lead, "assigned", Some("ana"));
    assert_eq!(records(&desk), Vec::<Value>::new());
    let told = rig.as_who("rev", Ask::get(&format!("/v1/leads/{}", desk.lead(&lead.lead)))).text;
    assert!(told.contains("xxx…") && told.contains("yyy…"), "{told}");
}

#[test]
fn whose_a_known_one_is_counts_also_where_the_rest_cannot_be_taken_in() {
    let (rig, hubspot) = (Rig::new(&Place::sqlite()), shop());
    let mut desk = Desk::new(&rig, &PEOPLE, source(&hubspot));
    let lead = hubspot.lead("Ada Byron", "ada@byron.example", "501");
    rounds(&mut desk, &hubspot, 10, 10);
    desk.must_stand(&lead.lead, "assigned", Some("ana"));
    date(&hubspot, &lead, "0099-01-01T00:00:00Z");
    hubspot.edit("leads", &lead.lead, &[("hubspot_owner_id", "502"), ("hs_pipeline_stage", "attempting-stage-id")]);
    rounds(&mut desk, &hubspot, 4, 30);
    desk.must_stand(&lead.lead, "accepted", Some("cy"));
    assert_eq!(records(&desk)[0]["record"], json!(lead.lead), "and it is seen that the rest was not");
    mend(&hubspot, &lead);
    assert_eq!(retry(&rig, "rev", &lead.lead), 200);
    rounds(&mut desk, &hubspot, 2, 1);
    assert_eq!(records(&desk), Vec::<Value>::new());
}

#[test]
fn what_is_none_of_ours_is_passed_over_whatever_is_in_it() {
    let (rig, hubspot) = (Rig::new(&Place::sqlite()), shop());
    let mut desk = Desk::new(&rig, &PEOPLE, source(&hubspot));
    let stage = |lead: &Trio, stage: &str| hubspot.edit("leads", &lead.lead, &[("hs_pipeline_stage", stage)]);
    let [over, open, left] = ["ada", "bea", "cleo"].map(|name| too_old(&hubspot, name));
    stage(&over, "unqualified-stage-id");
    rounds(&mut desk, &hubspot, 10, 10);
    let named = |desk: &Desk<'_>| records(desk).iter().map(|one| one["record"].clone()).collect::<Vec<_>>();
    assert_eq!(named(&desk), [json!(open.lead), json!(left.lead)], "what is over there is nobody's to mend");
    stage(&open, "qualified-stage-id");
    rounds(&mut desk, &hubspot, 4, 30);
    assert_eq!(named(&desk), [json!(left.lead)]);
    // Somebody who sees that it is none of ours says so.
    let order = json!({ "source": "crm", "record": left.lead });
    rig.as_who("rev", Ask::new("POST", "/v1/bridge/records/drop").json(&order)).ok();
    rounds(&mut desk, &hubspot, 4, 30);
    assert_eq!(named(&desk), Vec::<Value>::new());
    hubspot.edit("leads", &left.lead, &[("hs_lead_name", "Cleo B.")]);
    rounds(&mut desk, &hubspot, 4, 30);
    assert_eq!(named(&desk), [json!(left.lead)], "told anew, it is there again");
}

#[test]
fn that_a_page_of_it_is_in_does_not_say_that_all_of_it_is() {
    let (rig, hubspot) = (Rig::new(&Place::sqlite()), shop());
    let mut desk = Desk::new(&rig, &PEOPLE, source(&hubspot));
    let lead = hubspot.lead("Ada Byron", "ada@byron.example", "501");
    let note = hubspot.create("notes", &[("hs_note_body", "hello"), ("hs_timestamp", "0099-01-01T00:00:00Z")]);
    hubspot.link("notes", &note, "contacts", &lead.contact);
    rounds(&mut desk, &hubspot, 10, 10);
    desk.must_stand(&lead.lead, "assigned", Some("ana"));
    let since = records(&desk)[0]["since"].clone();
    hubspot.edit("leads", &lead.lead, &[("hs_lead_name", "Ada B.")]);
    rounds(&mut desk, &hubspot, 4, 30);
    assert_eq!(records(&desk)[0]["since"], since);
    hubspot.edit("notes", &note, &[("hs_timestamp", "2026-01-01T00:00:00Z")]);
    assert_eq!(retry(&rig, "rev", &lead.lead), 200);
    rounds(&mut desk, &hubspot, 2, 1);
    assert_eq!(records(&desk), Vec::<Value>::new());
}

#[test]
fn very_many_of_them_take_little_room_and_little_time() {
    both(|rig, _| {
        let (hubspot, mood) = (shop(), Mood::default());
        let mut desk = Desk::new(rig, &PEOPLE, mood.of(source(&hubspot)));
        ["ada", "bea", "cleo"].iter().for_each(|name| drop(too_old(&hubspot, name)));
        rounds(&mut desk, &hubspot, 10, 10);
        assert_eq!(records(&desk).len(), 3);
        let at_once = "UPDATE bridge_untaken SET look_at = 0";
        let many = "WITH RECURSIVE many(n) AS (SELECT 4 UNION ALL SELECT n + 1 FROM many WHERE n < 10000)
            INSERT INTO bridge_untaken (source, external_id, why, since, tried_at, tries, look_at)
            SELECT 'crm', 'x' || n, 'w', 0, 0, 1, 9000000000000 FROM many";
        rig.write(move |work| {
            work.tx.execute(at_once, &[])?;
            work.tx.execute(many, &[])?;
            Ok(())
        });
        let asked = mood.times(Call::Detail);
        desk.round(1);
        assert_eq!(mood.times(Call::Detail), asked + 1, "one of them a round");
        too_old(&hubspot, "dora");
        rounds(&mut desk, &hubspot, 3, 30);
        assert_eq!(rig.number("SELECT count(*) FROM bridge_untaken"), 10_000);
        assert_eq!(desk.state("rev")["untaken"], 10_001, "for one there is no room, and it counts");
    });
}

/// A mapping that does not fit: people's writes go between.
#[test]
fn what_cannot_be_read_is_noted_a_few_at_a_time_before_the_page_counts_as_read() {
    const MANY: i64 = 90;
    let (rig, hubspot) = (Rig::new(&Place::sqlite()), shop());
    let mut desk = Desk::new(&rig, &PEOPLE, source(&hubspot));
    hubspot.leads(90, "501", 0).iter().for_each(|lead| date(&hubspot, lead, "soon"));
    hubspot.advance(60);
    // It is asked for from within the courier's round.
    let noted = || tokio::task::block_in_place(|| rig.number("SELECT count(*) FROM bridge_untaken"));
    assert!(!desk.cut_off(|| noted() > 0), "cut off in the middle of the page");
    let some = noted();
    assert!(some < MANY && some % 20 == 0, "{some}");
    assert_eq!(rig.number("SELECT count(*) FROM bridge WHERE cursor IS NULL"), 1, "it is read again");
    rounds(&mut desk, &hubspot, 4, 60);
    assert_eq!((noted(), &desk.state("rev")["untaken"]), (MANY, &json!(MANY)), "each once");
}

#[test]
fn of_many_that_cannot_be_read_as_many_are_kept_as_there_is_room_for() {
    both(|rig, _| {
        let hubspot = shop();
        let mut desk = Desk::new(rig, &PEOPLE, source(&hubspot));
        rounds(&mut desk, &hubspot, 2, 60);
        let many = "WITH RECURSIVE many(n) AS (SELECT 4 UNION ALL SELECT n + 1 FROM many WHERE n < 10000)
            INSERT INTO bridge_untaken (source, external_id, why, since, tried_at, tries, look_at)
            SELECT 'crm', 'x' || n, 'w', 0, 0, 1, 9000000000000 FROM many";
        rig.write(move |work| Ok(work.tx.execute(many, &[])?));
        hubspot.leads(5, "501", 0).iter().for_each(|lead| date(&hubspot, lead, "soon"));
        rounds(&mut desk, &hubspot, 2, 60);
        assert_eq!(rig.number("SELECT count(*) FROM bridge_untaken"), 10_000);
        assert_eq!(desk.state("rev")["untaken"], 10_002, "for two there is no room, and they count");
    });
}
