//! What the hub asks the rep to decide (F72, F75, C16).

use chrono::Duration;
use leadbox::app::effect::Ask;
use leadbox::app::msg::AlertLine;
use leadbox::app::screen::Screen;
use leadbox::app::team::Member;
use leadbox::app::{Effect, Reply, What};
use leadbox::handoff::alert::{Category, Notice};
use leadbox::handoff::event::Role;
use leadbox::handoff::lead::LeadId;
use leadbox::handoff::state::Stage;

use super::office::start;
use super::rig::Rig;

/// A window with the bell on that has heard what waits: nothing. Its leads are due at 14:04.
fn watching(leads: usize) -> Rig {
    let mut rig = Rig::new(leads);
    rig.model.settings.bell = true;
    rig.send(What::Tick);
    rig
}

fn alert(id: i64, lead: i64, category: Category, seconds: i64) -> AlertLine {
    let notice = Notice {
        id,
        category,
        action: "accept it".into(),
        until: start() + Duration::seconds(seconds),
        history: vec!["maya@acme.example asked for a demo".into()],
        is_pointer: false,
        is_urgent: false,
        at: start(),
    };
    AlertLine {
        lead: Some(LeadId(lead)),
        name: "Maya Chen".into(),
        stage: Stage::Assigned,
        notice,
        left: seconds,
        is_new: true,
    }
}

fn told(rig: &mut Rig, lines: &[AlertLine]) {
    rig.reply(Reply::Alerts(lines.to_vec()));
}

fn bells(rig: &Rig) -> usize {
    rig.effects.iter().filter(|effect| **effect == Effect::Bell).count()
}

fn notices(rig: &Rig) -> Vec<&str> {
    let notices = rig.effects.iter();
    notices.filter_map(|effect| if let Effect::Notify(text) = effect { Some(text.as_str()) } else { None }).collect()
}

#[test]
fn an_alert_rings_once_and_tells_a_pointer_and_nothing_of_the_person() {
    let mut rig = watching(2);
    // Time passes from one answer of the store to the next.
    for left in [1080, 1020, 960] {
        told(&mut rig, &[AlertLine { left, ..alert(1, 1, Category::HighIntentMoment, 1080) }]);
    }
    assert_eq!(bells(&rig), 1);
    assert_eq!(notices(&rig), ["L-1 · high intent now: accept it (18 min left)"]);
    let more = [
        alert(1, 1, Category::HighIntentMoment, 1080),
        alert(2, 2, Category::NoShowRisk, 60),
        alert(3, 2, Category::StalledConversation, 90),
    ];
    told(&mut rig, &more);
    assert_eq!((bells(&rig), notices(&rig)[1]), (2, "2 alerts wait for your decision"), "several at once ring once");
    // The hub tells the same under another number.
    told(&mut rig, &[alert(4, 1, Category::HighIntentMoment, 1080)]);
    assert_eq!(bells(&rig), 2);
}

#[test]
fn what_waited_when_the_app_was_opened_is_on_the_screen_already() {
    let mut rig = Rig::new(1);
    rig.model.settings.bell = true;
    let lines = [alert(1, 1, Category::HighIntentMoment, 1080)];
    told(&mut rig, &lines);
    assert_eq!((bells(&rig), rig.model.alerts.banner(rig.model.now).is_some()), (0, true));
}

#[test]
fn of_one_promise_either_the_hub_warns_or_the_app() {
    // Both are over at 14:04.
    let mut rig = watching(1);
    told(&mut rig, &[alert(1, 1, Category::SlaBreachWarning, 240)]);
    rig.pass(121);
    assert_eq!((bells(&rig), notices(&rig).len()), (2, 2), "an early word of it is not the last: {:?}", notices(&rig));
    let mut rig = watching(1);
    rig.pass(121);
    told(&mut rig, &[alert(1, 1, Category::SlaBreachWarning, 240)]);
    assert_eq!(notices(&rig), ["L-1 is due at 14:04, to answer"]);
    // Another promise of the same lead is another matter, and so is another lead's.
    told(&mut rig, &[alert(2, 1, Category::SlaBreachWarning, 900), alert(3, 7, Category::SlaBreachWarning, 240)]);
    assert_eq!(bells(&rig), 2);
}

#[test]
fn a_lead_that_comes_with_an_alert_rings_once() {
    let mut rig = watching(1);
    rig.store.arrive(&[Stage::Assigned]);
    // Both are answers to the same news.
    rig.model.settings.bell = true;
    let effects = leadbox::app::update(&mut rig.model, leadbox::app::Msg::new(start(), What::StoreChanged));
    let mut rung = Vec::new();
    for effect in effects {
        let Effect::Store(ask) = effect else { continue };
        let reply = match ask {
            Ask::Alerts => Reply::Alerts(vec![alert(1, 2, Category::HighIntentMoment, 1080)]),
            ask => rig.store.answer(ask, start()),
        };
        let msg = leadbox::app::Msg::reply(start(), reply);
        rung.extend(leadbox::app::update(&mut rig.model, msg));
    }
    let notices: Vec<_> = rung.iter().filter(|effect| matches!(effect, Effect::Notify(_))).collect();
    assert_eq!(rung.iter().filter(|effect| **effect == Effect::Bell).count(), 1);
    assert_eq!(notices, [&Effect::Notify("a new lead came; L-2 · high intent now: accept it (18 min left)".into())]);
}

#[test]
fn in_quiet_hours_only_what_is_urgent_rings() {
    let mut rig = watching(1);
    rig.model.settings.quiet = "13:00-15:00".parse().ok();
    told(&mut rig, &[alert(1, 1, Category::HighIntentMoment, 1080)]);
    rig.pass(125);
    assert_eq!((bells(&rig), notices(&rig).len()), (0, 0), "not even the app's own warning");
    assert!(rig.model.log.lines.iter().any(|line| line.text.contains("high intent now")), "the log has it");
    let mut urgent = alert(2, 1, Category::HighIntentMoment, 1080);
    urgent.notice.is_urgent = true;
    told(&mut rig, &[urgent]);
    assert_eq!(bells(&rig), 1);
    // From ten in the evening until seven.
    rig.model.settings.quiet = "22:00-07:00".parse().ok();
    told(&mut rig, &[alert(3, 1, Category::HighIntentMoment, 1090)]);
    assert_eq!(bells(&rig), 2);
}

#[test]
fn a_banner_takes_no_key_and_goes_when_it_was_seen() {
    let mut rig = watching(2);
    let lines = [alert(1, 2, Category::HighIntentMoment, 1080)];
    told(&mut rig, &lines);
    rig.press("j k");
    assert!(rig.model.dialogs.is_empty() && rig.model.alerts.banner(rig.model.now).is_some());
    rig.held = true;
    rig.press("!");
    assert_eq!(rig.waiting.pop_front(), Some(Ask::SeeAlerts(vec![1])));
    rig.press("enter");
    assert_eq!(rig.waiting.pop_front(), Some(Ask::Engage(LeadId(2))), "to its lead");
    assert!(rig.model.dialogs.is_empty());
    let now = rig.model.now;
    assert_eq!(rig.model.alerts.waiting(now + Duration::seconds(1080)).count(), 0, "it is over then");
}

#[test]
fn an_alert_is_no_way_past_the_gate() {
    let mut rig = watching(2);
    rig.press("n");
    let front = rig.front().unwrap();
    let other = 3 - front;
    told(&mut rig, &[alert(1, other, Category::HighIntentMoment, 1080)]);
    // The store keeps its answer back: what was seen still stands in the list.
    rig.held = true;
    rig.press("! enter");
    assert_eq!((rig.front(), rig.opened()), (Some(front), Some(front)));
    assert!(rig.status().contains("owes a disposition"), "{}", rig.status());
}

#[test]
fn enter_on_what_is_only_a_pointer_leads_to_the_team_s_queues_or_for_whoever_has_none_nowhere() {
    let pointer = || AlertLine { lead: None, name: "lead 7".into(), ..alert(1, 7, Category::SlaBreachWarning, 1080) };
    for (role, is_team) in [(Some(Role::Manager), true), (Some(Role::Rep), false), (None, false)] {
        let mut rig = watching(1);
        rig.model.settings.member = role.map(|role| Member { id: "max".into(), role });
        told(&mut rig, &[pointer()]);
        let before = rig.model.screen;
        // The store has its own word on what waits, which is nothing.
        rig.held = true;
        rig.press("! enter");
        assert!(rig.model.dialog().is_none(), "{role:?}");
        assert_eq!((rig.opened(), rig.model.screen), (None, if is_team { Screen::Team } else { before }), "{role:?}");
    }
    // One whose lead is here is gone to.
    let mut rig = watching(2);
    told(&mut rig, &[alert(1, 2, Category::HighIntentMoment, 1080)]);
    rig.held = true;
    rig.press("! enter");
    assert!(rig.model.dialog().is_none() && rig.waiting.iter().any(|ask| *ask == Ask::Engage(LeadId(2))));
}
