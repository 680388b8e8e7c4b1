//! The team: the board, the leads behind its figures, the orders.

use std::collections::BTreeMap;

use super::dialogs::press;
use super::samples::{from_now, inbox, now};
use super::{golden, looks, picture};
use crate::app::screen::Screen;
use crate::app::screen::team::Pick;
use crate::app::team::{Member, TeamAsk, TeamReply, Trouble, TroubleKind};
use crate::app::{Model, Msg, What, update};
use crate::handoff::escalation::Cause;
use crate::handoff::event::Role;
use crate::handoff::routing::Presence;
use crate::handoff::score::Category;
use crate::handoff::sla::Mode;
use crate::handoff::state::Stage;
use crate::wire::board::{
    Board, BoardLead, BoardLeads, BoardPerson, BoardQueue, BoardTeam, Idle, IncidentLine, Incidents, MissingItem,
    NextDue, Of, Waiting,
};

fn person(id: &str, name: &str, [open, soon, over]: [u32; 3], presence: Presence) -> BoardPerson {
    let is_busy = open > 0;
    BoardPerson {
        id: id.into(),
        name: name.into(),
        role: Role::Rep,
        open,
        open_cap: Some(12),
        today: open.min(3),
        daily_cap: Some(8),
        acknowledges: is_busy.then_some(720),
        over,
        soon,
        next: is_busy.then(|| NextDue { at: from_now(41), what: "acceptance".into() }),
        oldest: is_busy.then(|| from_now(-720)),
        presence,
        paused: None,
    }
}

pub fn board() -> Board {
    let mut dan = person("dan", "Dan \u{1b}[31mOyelaran", [4, 0, 0], Presence::Paused);
    dan.paused = Some("at the dentist's until four".into());
    let monday = from_now(3 * 86_400);
    let west = BoardTeam {
        name: Some("West".into()),
        manager: Some("s.lind".into()),
        people: vec![
            person("ana", "Ana Ruiz", [9, 2, 1], Presence::There),
            person("jon", "Jon Beck", [12, 0, 0], Presence::There),
            person("mira", "Mira Patel", [0; 3], Presence::Away { why: "vacation".into(), until: Some(monday) }),
            dan,
            person("rui", "Rui Tavares de Albuquerque", [1200, 1000, 1000], Presence::Closed { until: Some(monday) }),
        ],
    };
    let waiting = |count, ago: i64| Waiting { count, oldest: Some(from_now(-ago)) };
    Board {
        now: now(),
        teams: vec![west, BoardTeam { name: Some("East".into()), manager: None, people: Vec::new() }],
        queues: vec![
            BoardQueue { name: "inbound".into(), monitor: Some("every manager".into()), waiting: waiting(2, 370) },
            BoardQueue { name: "late".into(), monitor: None, waiting: Waiting::default() },
        ],
        completion: waiting(4, 11_000),
        idle: waiting(1, 90_000),
        incidents: BTreeMap::from([(Cause::Rep, 3), (Cause::System, 2)]),
        refused: BTreeMap::new(),
        soon_within: 3600,
    }
}

fn lead(id: i64, name: &str, stage: Stage, due: Option<(i64, &str)>) -> BoardLead {
    BoardLead {
        id,
        name: name.into(),
        company: Some("Northwind Traders".into()),
        owner: Some("ana".into()),
        queue: None,
        stage,
        category: Some(Category::A),
        score: Some(92),
        why: Some("demo request".into()),
        since: Some(from_now(-700)),
        due: due.map(|(seconds, _)| from_now(seconds)),
        due_what: due.map(|(_, what)| what.into()),
        mode: Mode::Wall,
        missing: Vec::new(),
        idle: None,
    }
}

fn leads() -> Vec<BoardLead> {
    vec![
        lead(12, "Dana Whitfield", Stage::Assigned, Some((-720, "acceptance"))),
        lead(14, "Maya Chen", Stage::Assigned, Some((41, "acceptance"))),
        lead(15, "王小明", Stage::Accepted, Some((2285, "first_contact"))),
        lead(17, "Luc Moreau", Stage::Deferred, Some((3 * 86_400, "deferral"))),
        lead(18, "\u{202e}evil\u{1b}[31m", Stage::Attempted, None),
    ]
}

/// The hub says this.
fn heard(model: &mut Model, reply: TeamReply) {
    update(model, Msg::new(now(), What::Team(reply)));
}

/// A manager before the team, the leads of the first rep at the side.
pub fn team() -> Model {
    let mut model = inbox();
    model.settings.member = Some(Member { id: "s.lind".into(), role: Role::Manager });
    press(&mut model, "T");
    heard(&mut model, TeamReply::Board(Box::new(board())));
    let page = BoardLeads { leads: leads(), next: None };
    heard(&mut model, TeamReply::Leads { of: Of::Rep("ana".into()), after: None, page });
    model
}

/// The same with another row chosen.
fn chosen(pick: Pick, reply: TeamReply) -> Model {
    let mut model = team();
    model.team.chosen = Some(pick);
    // What is chosen is asked for with the next board.
    heard(&mut model, TeamReply::Board(Box::new(board())));
    heard(&mut model, reply);
    model
}

#[test]
fn the_team() {
    golden("team", &team());
    let mut inside = team();
    press(&mut inside, "enter j");
    golden("team-leads", &inside);
    looks("team-styles", inside, 120, 40, 0..12);
}

#[test]
fn data_completion_untouched_and_breaches() {
    let mut lacking = lead(20, "ingrid@gmail.com", Stage::DataCompletion, Some((900, "completion")));
    let item = |item: &str, label: &str, why: &str| MissingItem {
        item: item.into(),
        label: label.into(),
        why: Some(why.into()),
    };
    lacking.owner = None;
    lacking.missing = vec![
        item("business_email", "business e-mail", "gmail.com is free mail, not a company's"),
        item("company", "company name", "not known"),
    ];
    let page = BoardLeads { leads: vec![lacking], next: None };
    let mut model = chosen(Pick::Leads(Of::Completion), TeamReply::Leads { of: Of::Completion, after: None, page });
    golden("team-completion", &model);
    press(&mut model, "enter w down tab \"we know them\"");
    golden("team-waive", &model);

    let mut idle = lead(31, "Wei Zhang", Stage::Accepted, Some((-90_000, "no_activity")));
    idle.idle = Some(Idle::SilentRejection);
    let page = BoardLeads { leads: vec![idle], next: None };
    golden("team-idle", &chosen(Pick::Leads(Of::Idle), TeamReply::Leads { of: Of::Idle, after: None, page }));

    let line = |lead: i64, name: Option<&str>, cause, owner: Option<&str>| IncidentLine {
        at: from_now(-lead * 600),
        lead,
        name: name.map(str::to_owned),
        cause,
        clock: "acceptance".into(),
        window: 1,
        owner: owner.map(str::to_owned),
    };
    let incidents = vec![
        line(12, Some("Dana Whitfield"), Cause::Rep, Some("ana")),
        line(40, None, Cause::Capacity, Some("jon")),
        line(300, Some("R. Okafor"), Cause::Data, None),
    ];
    let page = Incidents { incidents, next: None };
    golden("team-breaches", &chosen(Pick::Incidents, TeamReply::Incidents { after: None, page }));
}

#[test]
fn orders() {
    let mut model = team();
    press(&mut model, "enter r \"d\"");
    golden("team-reassign", &model);
    press(&mut model, "tab \"Ana is on leave\" enter");
    golden("team-reassign-sent", &model);
    let why = "“dan” is nobody who takes leads".to_owned();
    let refused = Trouble { kind: TroubleKind::Refused, why };
    let order = crate::wire::team::Order::Take { why: "x".into() };
    heard(&mut model, TeamReply::Failed { ask: TeamAsk::Order { lead: 12, order }, trouble: refused });
    golden("team-reassign-refused", &model);
    let mut pause = team();
    press(&mut pause, "p \"at the fair\"");
    golden("team-pause", &pause);
}

#[test]
fn nothing_yet_nobody_offline_and_refused() {
    let mut model = inbox();
    model.settings.member = Some(Member { id: "s.lind".into(), role: Role::Manager });
    press(&mut model, "T");
    golden("team-loading", &model);
    let why = "the hub cannot be reached: the connection was refused".to_owned();
    let trouble = Trouble { kind: TroubleKind::Offline, why };
    heard(&mut model, TeamReply::Failed { ask: TeamAsk::Board, trouble: trouble.clone() });
    golden("team-offline", &model);
    let mut stale = team();
    stale.now = from_now(600);
    heard(&mut stale, TeamReply::Failed { ask: TeamAsk::Board, trouble });
    golden("team-stale", &stale);
    let refused = Trouble { kind: TroubleKind::Refused, why: "a token of the role “rep” does not do this".into() };
    heard(&mut model, TeamReply::Failed { ask: TeamAsk::Board, trouble: refused });
    golden("team-refused", &model);
    let mut empty = team();
    let nobody = Board { teams: Vec::new(), queues: Vec::new(), ..board() };
    heard(&mut empty, TeamReply::Board(Box::new(nobody)));
    let page = BoardLeads::default();
    heard(&mut empty, TeamReply::Leads { of: Of::Rep("ana".into()), after: None, page: page.clone() });
    heard(&mut empty, TeamReply::Leads { of: Of::Completion, after: None, page });
    golden("team-empty", &empty);
    assert_eq!(empty.screen, Screen::Team);
}

#[test]
fn what_a_crm_refused_is_told_with_what_to_do() {
    let mut model = team();
    let refused = BTreeMap::from([("tryton".to_owned(), 2)]);
    heard(&mut model, TeamReply::Board(Box::new(Board { refused, ..board() })));
    let wide = picture(&model, 200, 60);
    let line = wide.lines().find(|line| line.contains("refused by tryton")).unwrap();
    assert!(line.contains(" 2 ") && line.contains("leadbox hub bridge list"), "{line}");
    model.settings.linear = true;
    let read = picture(&model, 120, 40);
    assert!(read.contains("refused by tryton, 2 answers: leadbox hub bridge list"), "{read}");
}

#[test]
fn the_team_is_read_out_line_by_line() {
    let mut model = team();
    model.settings.linear = true;
    press(&mut model, "enter");
    golden("team-linear", &model);
}
