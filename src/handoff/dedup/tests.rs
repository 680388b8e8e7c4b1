use std::collections::BTreeMap;

use proptest::prelude::*;

use super::*;
use crate::handoff::lead::{Attribution, LeadKey};

fn lead(first: &str, last: &str, email: &str, company: &str) -> Lead {
    let some = |text: &str| Some(text.to_owned()).filter(|text| !text.is_empty());
    let mut lead = Lead::default();
    lead.person.first_name = some(first);
    lead.person.last_name = some(last);
    lead.person.email = some(email);
    lead.company.name = some(company);
    lead
}

fn judged(a: &Lead, b: &Lead) -> Option<(By, Certainty)> {
    same(a, b).map(|found| (found.by, found.certainty))
}

#[test]
fn the_same_address_in_any_spelling_is_certain_unless_the_names_differ() {
    let maya = lead("Maya", "Chen", "Maya.Chen+demo@gmail.com", "");
    assert_eq!(judged(&maya, &lead("", "", "mayachen@googlemail.com", "")), Some((By::Email, Certainty::Certain)));
    let found = same(&maya, &lead("Ana", "Ruiz", "mayachen@gmail.com", "")).unwrap();
    assert_eq!(found.certainty, Certainty::Likely);
    assert_eq!(found.why, "both have the address mayachen@gmail.com, under different names");
    for slip in ["Maya Lin Chen", "Maya Chne", "Chen-Smith, Maya"] {
        let named = lead(slip, "", "mayachen@gmail.com", "");
        assert_eq!(judged(&maya, &named), Some((By::Email, Certainty::Certain)), "{slip}");
    }
    let info = lead("", "", "info@acme.example", "Acme");
    assert_eq!(judged(&info, &info), Some((By::Email, Certainty::Likely)), "several people read it");
    let named = lead("Maya", "Chen", "info@acme.example", "Acme");
    assert_eq!(judged(&named, &named), Some((By::Email, Certainty::Certain)));
}

#[test]
fn the_same_name_at_the_same_domain_is_certain_unless_the_addresses_differ() {
    let maya = lead("Maya", "Chen", "maya@acme.example", "");
    let mut by_site = lead("Dr. Maya L.", "Chen", "", "");
    by_site.company.website = Some("https://www.Acme.example/about".into());
    assert_eq!(judged(&maya, &by_site), Some((By::PersonAtDomain, Certainty::Certain)));
    let other = lead("Maya", "Chen", "m.chen@acme.example", "");
    assert_eq!(judged(&maya, &other), Some((By::PersonAtDomain, Certainty::Likely)));
    assert_eq!(judged(&maya, &lead("Ana", "Ruiz", "ana@acme.example", "Acme")), None, "a colleague");
    let one_word = lead("Maya", "", "", "");
    assert_eq!(judged(&one_word, &one_word), None, "a first name is nobody");
    let at_acme = |name: &str| lead("", name, "", "Acme");
    assert_eq!(judged(&at_acme("Мария"), &at_acme("Мария")), None);
    assert!(same(&at_acme("山田太郎"), &at_acme("山田太郎")).is_some());
    assert_eq!(judged(&lead("Maya", "Chen", "a@gmail.com", ""), &lead("Maya", "Chen", "b@gmail.com", "")), None);
}

#[test]
fn the_same_name_at_companies_that_are_alike_is_likely_and_says_how_alike() {
    let at = |company: &str| lead("Maya", "Chen", "", company);
    assert_eq!(
        judged(&at("ACME Software GmbH"), &at("Acme Software, Inc.")),
        Some((By::PersonAtCompany, Certainty::Likely))
    );
    let found = same(&at("Acme Sofware Ltd"), &at("Acme Software")).unwrap();
    assert_eq!(found.why, "both are “chen maya” at “acme software” and “acme sofware”, which are 92 % alike");
    assert!(same(&at("Acme"), &at("Acme Software")).is_some(), "one goes on");
    for (a, b) in [("Acme", "Apex"), ("Acme Software", "Globex Software"), ("IBM", "IBX"), ("Northwind", "Northbank")] {
        assert_eq!(same(&at(a), &at(b)), None, "{a} and {b}");
    }
}

#[test]
fn legal_forms_articles_accents_and_signs_make_no_difference() {
    for (name, normal) in [
        ("Acme GmbH & Co. KG", "acme"),
        ("ACME, Inc.", "acme"),
        ("Société Générale S.A.", "societe generale"),
        ("Telefónica de Argentina S.A. de C.V.", "telefonica de argentina"),
        ("Orlen Sp. z o.o.", "orlen"),
        ("Johnson & Johnson", "johnson johnson"),
        ("Johnson and Johnson Pty Ltd", "johnson johnson"),
        ("The Boring Company", "boring"),
        ("OOO Romashka", "romashka"),
        ("Coca-Cola Co", "coca cola"),
        ("Co", "co"),
        ("The AB", "ab"),
        ("McDonald's Corp.", "mcdonalds"),
        ("日本電気株式会社", "日本電気株式会社"),
    ] {
        assert_eq!(normal_company(name), normal, "{name}");
    }
}

#[test]
fn the_keys_are_plain_texts() {
    let keys = Keys::of(&lead("Maya", "Chen", "Maya@Acme.example", "Acme GmbH"));
    assert_eq!(keys.email.as_deref(), Some("maya@acme.example"));
    assert_eq!(keys.person.as_deref(), Some("chen maya@acme.example"));
    assert_eq!(keys.company.as_deref(), Some("chen maya|acm"));
    assert_eq!(Keys::of(&lead("Maya", "", "maya@gmail.com", "")).person, None);
    assert_eq!(Keys::of(&Lead::default()), Keys::default());
}

#[test]
fn the_older_record_stays_with_its_owner_and_its_gaps_are_filled() {
    let mut older = lead("Maya", "Chen", "maya@acme.example", "Acme");
    older.key = LeadKey { source: "crm".into(), external_id: "1".into() };
    older.created_at = "2026-01-01T00:00:00Z".parse().ok();
    older.owner = Some("Ana".into());
    older.attribution = Attribution { source: Some("webinar".into()), ..Attribution::default() };
    let mut newer = lead("M.", "Chen-Smith", "maya@acme.example", "Acme Inc.");
    newer.key = LeadKey { source: "web".into(), external_id: "9".into() };
    newer.created_at = "2026-02-01T00:00:00Z".parse().ok();
    newer.owner = Some("Ben".into());
    newer.person.phone = Some("+1 555".into());
    newer.person.do_not_call = true;
    newer.attribution = Attribution { campaign: Some("Q4".into()), ..Attribution::default() };
    newer.extras = BTreeMap::from([("plan".into(), "pro".into())]);
    assert_eq!(older_first(&newer, &older).0.owner.as_deref(), Some("Ana"));

    let (merged, changes) = merge(&older, &newer);
    let mut expected = older.clone();
    expected.person.phone = Some("+1 555".into());
    expected.person.do_not_call = true;
    expected.extras = newer.extras.clone();
    assert_eq!(merged, expected);
    let fields: Vec<_> = changes.iter().map(|change| change.field.as_str()).collect();
    assert_eq!(fields, ["person.phone", "person.do_not_call", "extras.plan"]);
    assert!(changes.iter().all(|change| change.origin == newer.key));

    let mut edited = merged.clone();
    edited.person.phone = Some("+1 777".into());
    expected = older.clone();
    expected.person.phone = Some("+1 777".into());
    assert_eq!(undo(&edited, &changes), expected, "what was changed since stays");
}

fn any_lead() -> impl Strategy<Value = Lead> {
    let one_of = |texts: &'static [&'static str]| prop::sample::select(texts);
    (
        one_of(&["", "Maya", "MÁYA", "Dr. Maya", "山田太郎", "Chen"]),
        one_of(&["", "Chen", "chen", "Ruiz", "Maya"]),
        one_of(&["", "maya@acme.example", "M.aya+x@gmail.com", "maya@gmail.com", "info@acme.example", "no address"]),
        one_of(&["", "Acme", "Acme GmbH", "ACME Software", "Acne Software", "GmbH", "Globex"]),
        one_of(&["", "acme.example", "http://www.acme.example/", "gmail.com"]),
        one_of(&["", "+1", "+2"]),
        any::<[bool; 4]>(),
        0_i64..4,
        prop::collection::btree_map("[ab]", "[xy]", 0..3),
    )
        .prop_map(|(first, last, email, company, site, phone, flags, time, extras)| {
            let mut lead = lead(first, last, email, company);
            lead.key = LeadKey { source: "s".into(), external_id: format!("{first}{phone}{time}") };
            lead.company.website = Some(site.to_owned()).filter(|site| !site.is_empty());
            lead.company.tech = flags[0].then(|| "SAP".to_owned()).into_iter().collect();
            lead.person.phone = Some(phone.to_owned()).filter(|phone| !phone.is_empty());
            lead.person.do_not_call = flags[1];
            lead.owner = flags[2].then(|| first.to_owned());
            lead.created_at = flags[3].then(|| chrono::DateTime::UNIX_EPOCH + chrono::Duration::hours(time));
            lead.extras = extras;
            lead
        })
}

proptest! {
    #[test]
    fn being_the_same_is_symmetric_and_shows_in_a_key(a in any_lead(), b in any_lead()) {
        let found = same(&a, &b);
        prop_assert_eq!(&found, &same(&b, &a));
        let (a, b) = (Keys::of(&a), Keys::of(&b));
        let shared = |a: &Option<String>, b: &Option<String>| a.is_some() && a == b;
        let shares = shared(&a.email, &b.email) || shared(&a.person, &b.person) || shared(&a.company, &b.company);
        prop_assert!(found.is_none() || shares, "no key finds {:?}", found);
    }

    #[test]
    fn a_lead_that_has_a_key_is_the_same_as_itself(lead in any_lead()) {
        prop_assert_eq!(same(&lead, &lead).is_some(), Keys::of(&lead) != Keys::default());
    }

    #[test]
    fn normalising_a_company_again_changes_nothing(
        name in prop::collection::vec("the|OOO|S\\.A\\.|s|p|a|Sp\\.|z|o\\.o\\.|GmbH|& |and|Co\\.|KG|Acme|Ünion|de|cv|[^a]{0,3}", 0..7),
    ) {
        let once = normal_company(&name.join(" "));
        prop_assert_eq!(normal_company(&once), once);
    }

    #[test]
    fn likeness_is_symmetric_and_within_0_and_1(a in "[a-c ]{0,8}", b in "[a-c ]{0,8}") {
        let (a, b) = (normal_company(&a), normal_company(&b));
        let alike = likeness(&a, &b);
        prop_assert_eq!(alike, likeness(&b, &a));
        prop_assert!((0.0..=1.0).contains(&alike));
        prop_assert_eq!(likeness(&a, &a), 1.0);
    }

    #[test]
    fn a_merge_loses_nothing_of_the_older_record_and_can_be_taken_back(a in any_lead(), b in any_lead()) {
        let (older, newer) = older_first(&a, &b);
        prop_assert_eq!(older_first(&b, &a).0.key.clone(), older.key.clone());
        let (merged, changes) = merge(older, newer);
        prop_assert_eq!(&undo(&merged, &changes), older);
        // As the hub keeps them.
        let stored: Vec<FieldChange> = serde_json::from_str(&serde_json::to_string(&changes).unwrap()).unwrap();
        prop_assert_eq!(&undo(&merged, &stored), older);
        let (again, nothing) = merge(&merged, newer);
        prop_assert_eq!(again, merged.clone());
        prop_assert!(nothing.is_empty());
        // Every value of the older one still stands in the merged one; only consents may turn from false to true.
        let (older, merged) = (serde_json::to_value(older).unwrap(), serde_json::to_value(&merged).unwrap());
        for group in ["person", "company", "extras", "owner", "key", "created_at"] {
            let Some(known) = older.get(group) else { continue };
            let Some(fields) = known.as_object() else {
                prop_assert_eq!(Some(known), merged.get(group));
                continue;
            };
            for (name, value) in fields.iter().filter(|(_, value)| *value != false) {
                prop_assert_eq!(Some(value), merged.get(group).and_then(|group| group.get(name)), "{}.{}", group, name);
            }
        }
    }
}
