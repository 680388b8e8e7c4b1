use super::*;
use crate::handoff::lead::Trigger;

fn lead() -> Lead {
    let mut lead = Lead::default();
    lead.person.first_name = Some("Maya".into());
    lead.person.title = Some("VP Revenue Operations".into());
    lead.person.email = Some("maya@northwind.example".into());
    lead.person.phone = Some("+1 312 555 0143".into());
    lead.company.name = Some("Northwind".into());
    let trigger = Trigger {
        kind: TriggerKind::Demo,
        what: "demo form".into(),
        at: None,
        before: None,
        after: None,
        threshold: None,
    };
    lead.trigger = Some(trigger);
    lead
}

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

fn template(name: &str, when: When) -> Template {
    Template { name: name.into(), when, ..Template::default() }
}

fn opening(text: &str, lead: &Lead, trail: &[Activity]) -> Option<String> {
    let template = Template { opening: Some(text.into()), ..template("t", When::default()) };
    approach(&[template], lead, trail, None).and_then(|approach| approach.opening)
}

#[test]
fn the_special_template_leads_and_the_general_one_fills_the_gaps() {
    let demo = Template {
        opening: Some("You asked for a demo, {first_name}.".into()),
        topics: vec!["the demo".into()],
        priority: Some(Priority::Urgent),
        ..template("demo", When { triggers: vec![TriggerKind::Demo], ..When::default() })
    };
    let category_a = Template {
        opening: Some("Hello {first_name}.".into()),
        topics: vec!["the demo".into(), "their goals".into()],
        next_step: Some("a call with {company}".into()),
        channels: vec![Channel::Phone],
        priority: Some(Priority::High),
        respond_within: Some(3600),
        ..template("A", When { categories: vec![Category::A], ..When::default() })
    };
    let category_b = template("B", When { categories: vec![Category::B], ..When::default() });
    let templates = [demo, category_a, category_b];
    let all = approach(&templates, &lead(), &[], Some(Category::A)).unwrap();
    assert_eq!(all.opening.as_deref(), Some("You asked for a demo, Maya."));
    assert_eq!(all.next_step.as_deref(), Some("a call with Northwind"));
    assert_eq!(all.topics, ["the demo", "their goals"]);
    assert_eq!((all.channel, all.priority, all.respond_within), (Some(Channel::Phone), Priority::Urgent, Some(3600)));
    assert_eq!(all.templates, ["demo", "A"]);
    assert_eq!(approach(&templates[2..], &lead(), &[], None), None);
}

#[test]
fn signals_and_text_are_looked_for_in_what_they_did_and_asked() {
    let pricing = When { text: vec!["pricing".into()], ..When::default() };
    let visits = When { signals: vec![ActivityKind::PageVisit], ..pricing.clone() };
    let applies = |when: &When, lead: &Lead, trail: &[Activity]| {
        approach(&[template("t", when.clone())], lead, trail, None).is_some()
    };
    assert!(!applies(&visits, &lead(), &[did(ActivityKind::Download, "pricing guide")]));
    assert!(applies(&pricing, &lead(), &[did(ActivityKind::Download, "Pricing guide")]));
    assert!(applies(&visits, &lead(), &[did(ActivityKind::PageVisit, "Pricing page")]));
    let ours = Activity { direction: Direction::Outbound, ..did(ActivityKind::PageVisit, "pricing page") };
    assert!(!applies(&visits, &lead(), &[ours]), "what we did is no signal");
    let asking = Lead { message: Some("What about pricing?".into()), ..lead() };
    assert!(applies(&pricing, &asking, &[]));
    assert!(!applies(&visits, &asking, &[]));
}

#[test]
fn placeholders_are_filled_and_degrade_to_sensible_words() {
    let trail = [did(ActivityKind::EmailOpen, "Q4 news"), did(ActivityKind::Download, "Buyer's guide")];
    let text = "Hi {first_name}, about {signal} at {company}";
    assert_eq!(
        opening(text, &lead(), &trail).as_deref(),
        Some("Hi Maya, about your download of “Buyer's guide” at Northwind")
    );
    let nobody = Lead::default();
    assert_eq!(opening(text, &nobody, &[]).as_deref(), Some("Hi there, about your interest in us at your company"));
    assert_eq!(opening("for {company|your team}", &nobody, &[]).as_deref(), Some("for your team"));
    assert_eq!(opening("saw: {news?}", &nobody, &[]), None);
    assert_eq!(opening("{trigger}", &lead(), &trail).as_deref(), Some("your demo request"));
    let long = Lead { message: Some(format!("one {}", "word ".repeat(40))), ..Lead::default() };
    assert!(opening("{asked}", &long, &[]).unwrap().chars().count() < 65);
}

#[test]
fn a_signal_that_a_template_looked_for_is_the_one_it_speaks_of() {
    let pricing = Template {
        opening: Some("{signal}".into()),
        ..template("p", When { signals: vec![ActivityKind::PageVisit], ..When::default() })
    };
    let trail = [did(ActivityKind::DemoRequest, "demo"), did(ActivityKind::PageVisit, "pricing")];
    let all = approach(&[pricing], &lead(), &trail, None).unwrap();
    assert_eq!(all.opening.as_deref(), Some("your visit to “pricing”"));
}

#[test]
fn a_channel_that_they_forbade_or_that_is_not_known_is_not_suggested() {
    let call = [Template { channels: vec![Channel::Phone, Channel::Email], ..template("t", When::default()) }];
    let channel = |lead: &Lead| approach(&call, lead, &[], None).and_then(|approach| approach.channel);
    assert_eq!(channel(&lead()), Some(Channel::Phone));
    let mut guarded = lead();
    guarded.person.do_not_call = true;
    assert_eq!(channel(&guarded), Some(Channel::Email));
    guarded.person.do_not_email = true;
    assert_eq!(channel(&guarded), None);
    guarded.person.linkedin = Some("in/maya".into());
    assert_eq!(channel(&guarded), Some(Channel::Linkedin));
}

#[test]
fn a_wrong_placeholder_is_pointed_out() {
    assert_eq!(check("Hi {first_name}, {company|you} {news?}"), Ok(()));
    assert!(check("Hi {frist_name}").unwrap_err().contains("{frist_name}"));
    assert!(check("Hi {first_name").is_err());
    assert!(check("Hi }").is_err());
}
