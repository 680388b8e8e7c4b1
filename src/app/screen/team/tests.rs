use std::collections::BTreeMap;

use super::*;
use crate::app::dialog::Dialog;
use crate::app::team::{Member, TroubleKind};
use crate::app::{KeyMap, Msg, Settings, What, update};
use crate::handoff::Time;
use crate::handoff::event::Role;
use crate::handoff::routing::Presence;
use crate::handoff::sla::Mode;
use crate::handoff::state::Stage;
use crate::wire::board::{BoardLeads, BoardQueue, BoardTeam, Incidents, MissingItem, Waiting};
use crate::wire::team::Order;

fn now() -> Time {
    "2026-11-20T13:00:00Z".parse().unwrap()
}

fn person(id: &str) -> BoardPerson {
    BoardPerson {
        id: id.into(),
        name: id.to_uppercase(),
        role: Role::Rep,
        open: 1,
        open_cap: None,
        today: 0,
        daily_cap: None,
        acknowledges: None,
        over: 0,
        soon: 0,
        next: None,
        oldest: None,
        presence: Presence::There,
        paused: None,
    }
}

fn board(people: &[&str]) -> TeamReply {
    let people = people.iter().map(|id| person(id)).collect();
    TeamReply::Board(Box::new(Board {
        now: now(),
        teams: vec![BoardTeam { name: Some("west".into()), manager: None, people }],
        queues: Vec::new(),
        completion: Waiting::default(),
        idle: Waiting::default(),
        incidents: BTreeMap::new(),
        refused: BTreeMap::new(),
        soon_within: 900,
    }))
}

fn lead(id: i64) -> BoardLead {
    BoardLead {
        id,
        name: format!("lead {id}"),
        company: None,
        owner: Some("ana".into()),
        queue: None,
        stage: Stage::Assigned,
        category: None,
        score: None,
        why: None,
        since: None,
        due: None,
        due_what: None,
        mode: Mode::Business,
        missing: Vec::new(),
        idle: None,
    }
}

fn rep(id: &str) -> Of {
    Of::Rep(id.into())
}

fn page(of: Of, after: Option<&str>, ids: &[i64], next: Option<&str>) -> TeamReply {
    let leads = ids.iter().map(|&id| lead(id)).collect();
    let page = BoardLeads { leads, next: next.map(str::to_owned) };
    TeamReply::Leads { of, after: after.map(str::to_owned), page }
}

fn send(model: &mut Model, what: What) -> Vec<TeamAsk> {
    let effects = update(model, Msg::new(now(), what)).into_iter();
    effects.filter_map(|effect| if let Effect::Team(ask) = effect { Some(ask) } else { None }).collect()
}

fn hear(model: &mut Model, reply: TeamReply) -> Vec<TeamAsk> {
    send(model, What::Team(reply))
}

/// Presses keys by name; returns what the hub is asked.
fn press(model: &mut Model, keys: &str) -> Vec<TeamAsk> {
    keys.split(' ').flat_map(|key| send(model, What::Key(key.parse().unwrap()))).collect()
}

/// Why what would have taken letters does not.
fn barred(model: &Model) -> &str {
    match model.dialog() {
        Some(Dialog::Barred(dialog)) => &dialog.why,
        other => panic!("nothing bars the way: {other:?}"),
    }
}

fn model(role: Role) -> Model {
    let member = Some(Member { id: "max".into(), role });
    Model::new(now(), Settings { member, ..Settings::default() }, KeyMap::default())
}

/// A manager before the leads 1 to 3 of ana, and bo.
fn open() -> Model {
    let mut model = model(Role::Manager);
    assert_eq!(press(&mut model, "T"), [TeamAsk::Watch(true), TeamAsk::Board]);
    assert_eq!(hear(&mut model, board(&["ana", "bo"])), [TeamAsk::Leads { of: rep("ana"), after: None }]);
    assert_eq!(hear(&mut model, page(rep("ana"), None, &[1, 2, 3], None)), []);
    model
}

#[test]
fn it_is_for_those_who_direct_a_team() {
    for (role, may) in [(Role::Rep, false), (Role::Manager, true), (Role::Auditor, true)] {
        let mut model = model(role);
        assert_eq!(!press(&mut model, "T").is_empty(), may, "{role:?}");
        assert_eq!(model.screen == Screen::Team, may);
    }
    let mut nobody = Model::new(now(), Settings::default(), KeyMap::default());
    assert_eq!(press(&mut nobody, "T"), []);
    assert!(nobody.status.unwrap().text.contains("leadbox login"));
}

#[test]
fn who_looks_only_gives_no_orders() {
    let mut model = open();
    model.settings.member = Some(Member { id: "aud".into(), role: Role::Auditor });
    press(&mut model, "enter");
    for key in ["r", "t", "n", "w", "c", "p"] {
        assert_eq!(press(&mut model, key), [], "{key}");
        assert!(barred(&model).contains("not for the role"), "{key}");
        press(&mut model, "esc");
    }
}

#[test]
fn of_rows_that_are_passed_by_only_one_answer_is_awaited() {
    let mut model = open();
    assert_eq!(press(&mut model, "j"), [TeamAsk::Leads { of: rep("bo"), after: None }]);
    // Held down, it asks no more until the answer is there; then for what is chosen by now.
    assert_eq!(press(&mut model, "j j"), []);
    assert_eq!(model.team.pick(), Some(Pick::Leads(Of::Idle)));
    let asked = hear(&mut model, page(rep("bo"), None, &[9], None));
    assert_eq!(asked, [TeamAsk::Leads { of: Of::Idle, after: None }]);
    assert!(model.team.details.leads.is_empty() && !model.team.details.read, "another's leads are not shown");
    assert_eq!(press(&mut model, "G"), []);
    let asked = hear(&mut model, page(Of::Idle, None, &[], None));
    assert_eq!(asked, [TeamAsk::Incidents { after: None }]);
    hear(&mut model, TeamReply::Incidents { after: None, page: Incidents::default() });
    assert!(model.team.details.read);
}

#[test]
fn the_choice_and_the_lead_stay_through_news() {
    let mut model = open();
    press(&mut model, "enter j");
    assert_eq!(model.team.lead().map(|lead| lead.id), Some(2));
    assert_eq!(hear(&mut model, TeamReply::News), [TeamAsk::Board]);
    // More news meanwhile: once more, when the answer is there.
    assert_eq!(hear(&mut model, TeamReply::News), []);
    let asked = hear(&mut model, board(&["aaron", "ana", "bo"]));
    assert_eq!(asked, [TeamAsk::Leads { of: rep("ana"), after: None }, TeamAsk::Board]);
    hear(&mut model, page(rep("ana"), None, &[7, 1, 2], None));
    assert_eq!(model.team.lead().map(|lead| lead.id), Some(2));
    // Who is gone from the board is not chosen any more.
    let asked = hear(&mut model, board(&["bo"]));
    assert_eq!(asked, [TeamAsk::Leads { of: rep("bo"), after: None }]);
    assert!(!model.team.inside);
    // Elsewhere, news are no longer wanted.
    press(&mut model, "L");
    assert_eq!(hear(&mut model, TeamReply::News), [TeamAsk::Watch(false)]);
}

/// A manager before a list with the hub's lead 9 in it, which is this one's or waits in a queue.
fn before_a_list(owner: Option<&str>) -> Model {
    let mut model = model(Role::Manager);
    let row = serde_json::json!({
        "id": 1, "source": "hub", "external_id": "9", "name": "Maya Chen", "parts": [null, null, null], "owner": owner,
        "is_theirs": true, "stage": "assigned", "tab": "new", "touches": 0,
    });
    model.list = crate::app::screen::inbox::List::found(vec![serde_json::from_value(row).unwrap()]);
    model
}

fn of(of: Of) -> TeamAsk {
    TeamAsk::Leads { of, after: None }
}

#[test]
fn from_a_lead_one_comes_to_the_same_lead() {
    let mut model = before_a_list(Some("bo"));
    press(&mut model, "T");
    assert_eq!(hear(&mut model, board(&["ana", "bo"])), [of(rep("bo"))]);
    let more = TeamAsk::Leads { of: rep("bo"), after: Some("5.2".into()) };
    assert_eq!(hear(&mut model, page(rep("bo"), None, &[1, 2], Some("5.2"))), [more]);
    hear(&mut model, page(rep("bo"), Some("5.2"), &[8, 9], None));
    assert_eq!(model.team.lead().map(|lead| lead.id), Some(9));
    // Once there, one goes where one likes.
    press(&mut model, "k");
    hear(&mut model, page(rep("bo"), None, &[1, 2, 8, 9], None));
    assert_eq!(model.team.lead().map(|lead| lead.id), Some(8));
}

#[test]
fn a_lead_in_a_queue_is_looked_for_in_the_queues_unless_one_goes_elsewhere_by_hand() {
    let queue = |name: &str| Of::Queue(name.into());
    let with_queues = || {
        let TeamReply::Board(mut board) = board(&["ana"]) else { panic!() };
        let queues = ["first", "second", "third"].into_iter();
        let of = |name: &str| BoardQueue { name: name.into(), monitor: None, waiting: Waiting::default() };
        board.queues = queues.map(of).collect();
        TeamReply::Board(board)
    };
    let mut model = before_a_list(None);
    press(&mut model, "T");
    assert_eq!(hear(&mut model, with_queues()), [of(queue("first"))]);
    assert_eq!(hear(&mut model, page(queue("first"), None, &[1], None)), [of(queue("second"))]);
    hear(&mut model, page(queue("second"), None, &[7, 9], None));
    assert_eq!(model.team.lead().map(|lead| lead.id), Some(9));
    // It is told that it can be taken there: `T`, then `t`.
    press(&mut model, "t");
    assert!(matches!(model.dialog(), Some(Dialog::Order(dialog)) if dialog.lead == 9), "{:?}", model.dialog());

    let mut model = before_a_list(None);
    press(&mut model, "T");
    hear(&mut model, with_queues());
    press(&mut model, "k");
    let asked = hear(&mut model, page(queue("first"), None, &[1], None));
    assert_eq!(asked, [of(rep("ana"))]);
    assert_eq!(hear(&mut model, page(rep("ana"), None, &[9], None)), []);
    assert!(!model.team.inside, "who goes elsewhere stays there");
}

#[test]
fn a_lead_whose_owner_is_not_on_the_board_is_looked_for_nowhere() {
    let mut model = before_a_list(Some("eve"));
    press(&mut model, "T");
    assert_eq!(hear(&mut model, board(&["ana", "bo"])), [of(rep("ana"))]);
    assert_eq!(hear(&mut model, page(rep("ana"), None, &[1, 2], Some("5.2"))), [], "her pages are not all read");
    // Nor after the owner is gone from it.
    let mut model = before_a_list(Some("bo"));
    press(&mut model, "T");
    assert_eq!(hear(&mut model, board(&["ana", "bo"])), [of(rep("bo"))]);
    hear(&mut model, board(&["ana"]));
    assert_eq!(hear(&mut model, page(rep("bo"), None, &[1], Some("5.2"))), [of(rep("ana"))]);
    assert_eq!(hear(&mut model, page(rep("ana"), None, &[1], Some("5.2"))), []);
}

#[test]
fn whoever_leaves_or_opens_a_dialog_is_led_to_no_lead() {
    for away in ["T", "O", "L", "?"] {
        let mut model = before_a_list(Some("bo"));
        press(&mut model, "T");
        assert_eq!(hear(&mut model, board(&["ana", "bo"])), [of(rep("bo"))]);
        press(&mut model, away);
        assert_eq!(hear(&mut model, page(rep("bo"), None, &[1], Some("5.2"))), [], "{away}");
        assert!(!model.team.inside);
    }
}

#[test]
fn the_next_page_comes_at_the_end_of_the_last() {
    let mut model = open();
    hear(&mut model, page(rep("ana"), None, &[1, 2], Some("5.2")));
    press(&mut model, "enter");
    assert_eq!(press(&mut model, "G"), [TeamAsk::Leads { of: rep("ana"), after: Some("5.2".into()) }]);
    assert_eq!(press(&mut model, "k j"), [], "it is on its way");
    hear(&mut model, page(rep("ana"), Some("5.2"), &[3], None));
    let ids: Vec<i64> = model.team.details.leads.iter().map(|lead| lead.id).collect();
    assert_eq!((ids, model.team.lead().map(|lead| lead.id)), (vec![1, 2, 3], Some(2)));
}

#[test]
fn a_lead_is_given_to_somebody_else_with_a_reason() {
    let mut model = open();
    // Without a lead nothing can be given.
    // What is typed blindly after it goes nowhere.
    assert_eq!(press(&mut model, "r o k h t"), []);
    assert!(barred(&model).contains("choose a lead first"));
    press(&mut model, "esc enter j r");
    assert_eq!(press(&mut model, "enter enter"), [], "without a reason nothing is sent");
    let order = Order::Reassign { to: "bo".into(), why: "ok".into() };
    let ask = TeamAsk::Order { lead: 2, order };
    assert_eq!(press(&mut model, "o k enter"), std::slice::from_ref(&ask));
    assert_eq!(press(&mut model, "enter x"), [], "it is sent once");
    // Refused, it says so where it was asked, and may be tried again.
    let trouble = Trouble { kind: TroubleKind::Refused, why: "bo holds this lead already".into() };
    assert_eq!(hear(&mut model, TeamReply::Failed { ask: ask.clone(), trouble }), [TeamAsk::Board]);
    let Some(Dialog::Order(dialog)) = model.dialog() else { panic!("the dialog is gone") };
    assert_eq!((dialog.error.as_deref(), dialog.waiting), (Some("bo holds this lead already"), false));
    assert_eq!(press(&mut model, "enter"), [ask]);
    // Done, it goes, and the board is asked for again once the answer that is on its way is there.
    hear(&mut model, TeamReply::Done("lead 2: not accepted yet, with bo".into()));
    assert!(model.dialogs.is_empty());
    assert_eq!(model.status.as_ref().unwrap().text, "lead 2: not accepted yet, with bo");
    let asked = hear(&mut model, board(&["ana", "bo"]));
    assert_eq!(asked, [TeamAsk::Leads { of: rep("ana"), after: None }, TeamAsk::Board]);
}

#[test]
fn take_nudge_complete_and_waive() {
    let mut model = open();
    press(&mut model, "enter");
    let order = |order| TeamAsk::Order { lead: 1, order };
    assert_eq!(press(&mut model, "t x enter"), [order(Order::Take { why: "x".into() })]);
    press(&mut model, "esc");
    assert_eq!(press(&mut model, "n x enter"), [order(Order::Nudge { why: "x".into() })]);
    press(&mut model, "esc");
    // It lacks nothing.
    assert_eq!(press(&mut model, "w"), []);
    assert!(barred(&model).contains("no item"));
    assert_eq!(press(&mut model, "esc c"), []);
    assert!(barred(&model).contains("lacks nothing"));
    press(&mut model, "esc");
    let lead = &mut model.team.details.leads[0];
    lead.stage = Stage::DataCompletion;
    let item = |item: &str| MissingItem { item: item.into(), label: item.into(), why: None };
    lead.missing = vec![item("names"), item("company")];
    assert_eq!(
        press(&mut model, "w down enter x enter"),
        [order(Order::Waive { item: "company".into(), why: "x".into() })]
    );
    press(&mut model, "esc");
    let fields = BTreeMap::from([("company.size".to_owned(), "8".to_owned())]);
    assert_eq!(press(&mut model, "c s i z e enter 8 enter"), [order(Order::Complete { fields })]);
}

#[test]
fn a_person_is_switched_off_with_a_reason_and_on_at_once() {
    let mut model = open();
    let availability =
        |paused: Option<&str>| TeamAsk::Availability { person: "ana".into(), paused: paused.map(str::to_owned) };
    assert_eq!(press(&mut model, "p x enter"), [availability(Some("x"))]);
    hear(&mut model, TeamReply::Done("ana takes no leads: x".into()));
    let board = model.team.board.as_mut().unwrap();
    board.teams[0].people[0].paused = Some("x".into());
    assert_eq!(press(&mut model, "p"), [availability(None)]);
}

#[test]
fn what_cannot_be_had_is_said_and_the_last_stands() {
    let mut model = open();
    hear(&mut model, TeamReply::News);
    let trouble = Trouble { kind: TroubleKind::Offline, why: "no".into() };
    hear(&mut model, TeamReply::Failed { ask: TeamAsk::Board, trouble: trouble.clone() });
    assert_eq!(model.team.trouble, Some(trouble.clone()));
    assert!(model.team.board.is_some() && model.team.details.leads.len() == 3);
    // The network is back: it is asked for at once.
    let net = |online| What::Net(crate::app::msg::Net { online, name: Some("hub".into()), ..Default::default() });
    send(&mut model, net(false));
    assert_eq!(send(&mut model, net(true)), [TeamAsk::Board]);
    hear(&mut model, board(&["ana"]));
    assert_eq!(model.team.trouble, None);
    let ask = TeamAsk::Leads { of: rep("ana"), after: None };
    hear(&mut model, TeamReply::Failed { ask, trouble: trouble.clone() });
    assert_eq!(model.team.details.trouble, Some(trouble));
    press(&mut model, "esc");
    assert_eq!(model.screen, Screen::Inbox);
}

#[test]
fn news_leaves_one_where_one_is_beyond_the_first_page() {
    let mut model = open();
    press(&mut model, "enter G");
    hear(&mut model, page(rep("ana"), None, &[1, 2], Some("2")));
    let more = press(&mut model, "G");
    assert_eq!(more, [TeamAsk::Leads { of: rep("ana"), after: Some("2".into()) }]);
    hear(&mut model, page(rep("ana"), Some("2"), &[3, 4], Some("4")));
    press(&mut model, "j");
    assert_eq!(model.team.lead().map(|lead| lead.id), Some(3));
    // News: both pages are read anew before either is shown.
    hear(&mut model, TeamReply::News);
    assert_eq!(hear(&mut model, board(&["ana", "bo"])), [TeamAsk::Leads { of: rep("ana"), after: None }]);
    let asked = hear(&mut model, page(rep("ana"), None, &[5, 1], Some("1")));
    assert_eq!(asked, [TeamAsk::Leads { of: rep("ana"), after: Some("1".into()) }]);
    assert_eq!(model.team.lead().map(|lead| lead.id), Some(3), "one stays there");
    assert_eq!(hear(&mut model, page(rep("ana"), Some("1"), &[2, 3], Some("3"))), []);
    assert_eq!(model.team.lead().map(|lead| lead.id), Some(3));
    assert_eq!(model.team.details.leads.iter().map(|lead| lead.id).collect::<Vec<_>>(), [5, 1, 2, 3]);
}

#[test]
fn among_the_leads_enter_goes_in_and_never_out() {
    let mut model = open();
    for key in ["enter", "enter", "l", "right"] {
        press(&mut model, key);
        assert!(model.team.inside, "{key}");
    }
    press(&mut model, "esc");
    assert!(!model.team.inside);
}

#[test]
fn nobody_is_there_to_give_a_lead_to() {
    let mut model = open();
    hear(&mut model, board(&["ana"]));
    hear(&mut model, page(rep("ana"), None, &[1], None));
    press(&mut model, "enter");
    let why = crate::app::allowed::allowed(&model, crate::app::Action::Reassign).unwrap_err();
    assert!(why.contains("nobody else is there"), "{why}");
}
