use proptest::prelude::*;

use super::*;
use crate::handoff::dedup::By;
use crate::handoff::lead::{Trigger, TriggerKind};
use crate::handoff::score::Score;

fn did(kind: ActivityKind, text: &str) -> Activity {
    Activity {
        external_id: text.into(),
        kind,
        direction: Direction::Inbound,
        at: "2026-11-20T12:00:00Z".parse().ok(),
        actor: None,
        outcome: None,
        text: text.into(),
        url: None,
    }
}

fn whole_lead() -> Lead {
    let some = |text: &str| Some(text.to_owned());
    let mut lead = Lead::default();
    lead.person.first_name = some("Maya");
    lead.person.last_name = some("Chen");
    lead.person.email = some("maya@acme.example");
    lead.company.name = some("Acme");
    lead.company.size = some("800");
    lead.trigger = Some(Trigger {
        kind: TriggerKind::Demo,
        what: "demo form".into(),
        at: None,
        before: None,
        after: None,
        threshold: None,
    });
    lead.score = Some(Score {
        total: 72,
        fit: Some(40),
        intent: Some(30),
        behavior: Some(2),
        parts: Vec::new(),
        model: None,
        evaluated: None,
    });
    lead
}

fn facts() -> Facts {
    Facts { route: Some("emea mid-market".into()), ..Facts::default() }
}

fn demo() -> Vec<Activity> {
    vec![did(ActivityKind::EmailOpen, "news"), did(ActivityKind::DemoRequest, "demo form")]
}

fn failed(lead: &Lead, trail: &[Activity], facts: &Facts) -> Vec<String> {
    let items = check(lead, trail, facts, &PreflightPolicy::default());
    items.into_iter().filter(|item| !item.passed).map(|item| item.item).collect()
}

fn why(item: Item, lead: &Lead, trail: &[Activity], facts: &Facts) -> String {
    let items = check(lead, trail, facts, &PreflightPolicy::default());
    items.into_iter().find(|it| it.item == item.code()).and_then(|it| it.why).unwrap()
}

fn duplicate(certainty: Certainty) -> Option<Match> {
    Some(Match { by: By::Email, certainty, why: "both have the address maya@acme.example".into() })
}

#[test]
fn a_whole_lead_passes_and_an_empty_one_fails_all_but_the_duplicate_with_reasons() {
    let items = check(&whole_lead(), &demo(), &facts(), &PreflightPolicy::default());
    let told: Vec<_> =
        items.iter().map(|item| (item.item.as_str(), item.passed, item.why.as_deref().unwrap())).collect();
    assert_eq!(
        told,
        [
            ("business_email", true, "acme.example"),
            ("names", true, "Maya Chen"),
            ("company", true, "Acme"),
            ("size_band", true, "501-1000 people"),
            ("trigger", true, "demo request: demo form"),
            ("score_breakdown", true, "fit 40, intent 30, behavior 2 of 72"),
            ("signal", true, "demo form: demo form"),
            ("routing_rule", true, "emea mid-market"),
            ("dedup", true, "no duplicate was found"),
        ]
    );
    let items = check(&Lead::default(), &[], &Facts::default(), &PreflightPolicy::default());
    assert_eq!(items.iter().filter(|item| item.passed).map(|item| item.item.as_str()).collect::<Vec<_>>(), ["dedup"]);
    assert!(items.iter().all(|item| item.why.is_some()));
}

#[test]
fn free_and_disposable_mail_and_what_is_no_address_fail_with_the_domain_named() {
    let with = |email: &str| {
        let mut lead = whole_lead();
        lead.person.email = Some(email.into());
        (failed(&lead, &demo(), &facts()), why(Item::BusinessEmail, &lead, &demo(), &facts()))
    };
    assert_eq!(
        with("maya@GMAIL.com"),
        (vec!["business_email".into()], "gmail.com is free mail, not a company's".into())
    );
    assert!(with("maya@mailinator.com").1.contains("throw away"));
    assert!(with("maya@acme").1.contains("is no e-mail address"));
}

#[test]
fn the_size_is_excused_by_an_attempt_to_find_it() {
    let mut lead = whole_lead();
    lead.company.size = None;
    assert_eq!(failed(&lead, &demo(), &facts()), ["size_band"]);
    assert_eq!(failed(&lead, &demo(), &Facts { enrichment_attempted: true, ..facts() }), [""; 0]);
    lead.company.size = Some("Enterprise".into());
    assert_eq!(why(Item::SizeBand, &lead, &demo(), &facts()), "Enterprise");
}

#[test]
fn opened_emails_and_our_own_acts_are_no_signal_and_a_lone_total_no_breakdown() {
    let ours = Activity { direction: Direction::Outbound, ..did(ActivityKind::Call, "call") };
    assert_eq!(failed(&whole_lead(), &[did(ActivityKind::EmailOpen, "news"), ours], &facts()), ["signal"]);
    assert_eq!(failed(&whole_lead(), &[did(ActivityKind::PageVisit, "/pricing")], &facts()), [""; 0]);
    let mut lead = whole_lead();
    lead.score = lead.score.map(|score| Score { fit: None, intent: None, behavior: None, ..score });
    assert_eq!(failed(&lead, &demo(), &facts()), ["score_breakdown"]);
}

#[test]
fn a_name_may_come_as_one_and_must_have_two_parts() {
    let with = |first: Option<&str>, name: Option<&str>| {
        let mut lead = whole_lead();
        lead.person.first_name = first.map(String::from);
        lead.person.last_name = None;
        lead.person.name = name.map(String::from);
        failed(&lead, &demo(), &facts())
    };
    assert_eq!(with(None, Some("Maya Chen")), [""; 0]);
    assert_eq!(with(None, Some("山田太郎")), [""; 0]);
    assert_eq!(with(None, Some("Maya")), ["names"]);
    assert_eq!(with(Some("Maya"), None), ["names"]);
}

#[test]
fn a_certain_duplicate_fails_and_a_likely_one_as_the_team_likes() {
    let likely = Facts { duplicate: duplicate(Certainty::Likely), ..facts() };
    assert_eq!(failed(&whole_lead(), &demo(), &likely), ["dedup"]);
    let policy = PreflightPolicy { hold_likely_duplicates: false, ..PreflightPolicy::default() };
    let passed = |facts: &Facts| check(&whole_lead(), &demo(), facts, &policy).iter().all(|item| item.passed);
    assert!(passed(&likely));
    assert!(!passed(&Facts { duplicate: duplicate(Certainty::Certain), ..facts() }));
}

#[test]
fn a_waiver_lets_one_item_through_and_says_who_and_why() {
    let mut lead = whole_lead();
    lead.person.email = Some("maya@gmail.com".into());
    let waiver = Waiver { item: Item::BusinessEmail, by: "Mia".into(), why: "known customer".into() };
    let waived = Facts { waived: vec![waiver], ..facts() };
    let items = check(&lead, &demo(), &waived, &PreflightPolicy::default());
    assert!(items.iter().all(|item| item.passed));
    assert_eq!(items[0].waived_by.as_deref(), Some("Mia"));
    assert_eq!(items[0].why.as_deref(), Some("gmail.com is free mail, not a company's; waived by Mia: known customer"));
    let items = check(&whole_lead(), &demo(), &waived, &PreflightPolicy::default());
    assert_eq!(items[0].waived_by, None, "nothing was to be waived");
}

#[test]
fn every_item_is_found_by_its_code() {
    for item in Item::ALL {
        assert_eq!(Item::from_code(item.code()), Some(item));
        assert_eq!(serde_json::to_value(item).unwrap(), item.code());
    }
}

#[test]
fn items_that_were_stored_before_waivers_are_read() {
    let old: PreflightItem = serde_json::from_str(r#"{"item":"names","passed":false,"why":"x"}"#).unwrap();
    assert_eq!(old, PreflightItem { item: "names".into(), passed: false, why: Some("x".into()), waived_by: None });
}

#[test]
fn the_form_asks_for_what_a_person_can_fill_and_filling_it_mends_the_lead() {
    let mut lead = whole_lead();
    lead.person.email = None;
    lead.person.first_name = None;
    lead.person.last_name = None;
    lead.company.size = None;
    let items = check(&lead, &demo(), &Facts::default(), &PreflightPolicy::default());
    let fields = missing_fields(&items);
    assert_eq!(fields, [Field::Email, Field::FirstName, Field::LastName, Field::CompanySize]);
    for (field, text) in fields.into_iter().zip(["maya@acme.example", "Maya", " Chen ", "50"]) {
        field.fill(&mut lead, text);
        assert_eq!(field.of(&lead), Some(text.trim()));
        assert_eq!(Field::from_code(field.code()), Some(field));
    }
    assert_eq!(failed(&lead, &demo(), &facts()), [""; 0]);
}

fn any_lead() -> impl Strategy<Value = Lead> {
    let text = || prop::option::of("[ a-zA-Z@.é山+-]{0,14}");
    (text(), text(), text(), text(), text(), text(), any::<bool>(), any::<bool>()).prop_map(
        |(first, last, whole, email, company, size, has_trigger, has_score)| {
            let mut lead = if has_trigger { whole_lead() } else { Lead::default() };
            lead.score = whole_lead().score.filter(|_| has_score);
            lead.person.first_name = first;
            lead.person.last_name = last;
            lead.person.name = whole;
            lead.person.email = email;
            lead.company.name = company;
            lead.company.size = size;
            lead
        },
    )
}

proptest! {
    #[test]
    fn all_nine_items_always_appear_in_their_order_whatever_is_asked(
        lead in any_lead(),
        asked in prop::sample::subsequence(Item::ALL.to_vec(), 0..=9),
        is_duplicate in any::<bool>(),
    ) {
        let policy = PreflightPolicy { items: asked.clone(), ..PreflightPolicy::default() };
        let facts = Facts { duplicate: duplicate(Certainty::Certain).filter(|_| is_duplicate), ..Facts::default() };
        let items = check(&lead, &demo(), &facts, &policy);
        let codes: Vec<_> = items.iter().filter_map(|item| Item::from_code(&item.item)).collect();
        prop_assert_eq!(codes, Item::ALL.to_vec());
        for (item, judged) in Item::ALL.into_iter().zip(&items) {
            prop_assert!(judged.passed || asked.contains(&item), "{} was not asked for", judged.item);
        }
        prop_assert!(missing_fields(&items).len() <= Field::ALL.len());
    }

    #[test]
    fn the_order_of_the_trail_does_not_matter(
        (trail, shuffled) in prop::collection::vec((0..ActivityKind::ALL.len(), any::<bool>()), 0..8).prop_flat_map(|kinds| {
            let trail: Vec<Activity> = kinds
                .iter()
                .enumerate()
                .map(|(id, &(kind, inbound))| Activity {
                    direction: if inbound { Direction::Inbound } else { Direction::Outbound },
                    ..did(ActivityKind::ALL[kind], &id.to_string())
                })
                .collect();
            (Just(trail.clone()), Just(trail).prop_shuffle())
        }),
    ) {
        let judge = |trail: &[Activity]| check(&whole_lead(), trail, &facts(), &PreflightPolicy::default());
        prop_assert_eq!(judge(&trail), judge(&shuffled));
    }
}
