//! Invented leads for the golden frames.

pub mod lead;

use chrono::Duration;

use crate::app::{KeyMap, Model, Settings};
use crate::handoff::Time;
use crate::handoff::calendar::Calendar;
use crate::handoff::gate::Desk;
use crate::handoff::lead::{LeadId, TriggerKind};
use crate::handoff::policy::Policy;
use crate::handoff::score::Category;
use crate::handoff::sla::Mode;
use crate::handoff::state::Stage;
use crate::handoff::summary::{ClockKind, Counts, Deadline, Summary, Tab};

/// Friday, 14:02:31 in Berlin.
pub fn now() -> Time {
    "2026-11-20T13:02:31Z".parse().unwrap()
}

pub fn from_now(seconds: i64) -> Time {
    now() + Duration::seconds(seconds)
}

fn text(text: &str) -> Option<String> {
    (!text.is_empty()).then(|| text.to_owned())
}

/// A row of the list: number, name, title, company, place, why, category, score with parts, stage with touches, and
/// in how many seconds it is due.
fn row(
    id: i64,
    who: [&str; 4],
    why: &str,
    category: Option<Category>,
    score: Option<(i32, [i32; 3])>,
    (stage, touches): (Stage, u32),
    due: Option<i64>,
) -> Summary {
    let clock = match stage {
        Stage::Assigned => ClockKind::Acceptance,
        Stage::Accepted => ClockKind::FirstContact,
        _ => ClockKind::NextStep,
    };
    Summary {
        id: LeadId(id),
        source: "hubspot".into(),
        external_id: format!("9{id:04}"),
        name: who[0].into(),
        title: text(who[1]),
        company: text(who[2]),
        place: text(who[3]),
        why: text(why),
        trigger: Some(TriggerKind::Demo),
        origin: text("paid search · Q4 pricing"),
        category,
        score: score.map(|score| score.0),
        parts: score.map_or([None; 3], |score| score.1.map(Some)),
        owner: text("Ana Ruiz"),
        is_theirs: false,
        stage,
        tab: Tab::New,
        deadline: due.map(|due| Deadline { clock, due: Some(from_now(due)), mode: Mode::Business, frozen: 0 }),
        returns_at: None,
        closed_at: None,
        taken_away: None,
        touches,
        asked: None,
    }
}

/// The rows of a busy morning, most pressing first.
pub fn rows() -> Vec<Summary> {
    use Category::{A, B, C};
    use Stage::{Accepted, Assigned, Attempted};
    let mut rows = vec![
        row(
            31,
            ["Dana Whitfield", "Buyer", "Pioneer Foods", "Omaha, US"],
            "pricing inquiry",
            Some(A),
            Some((79, [29, 40, 10])),
            (Assigned, 0),
            Some(-730),
        ),
        row(
            12,
            ["Maya Chen", "VP Revenue Operations", "Northwind Traders", "Chicago, US"],
            "demo request",
            Some(A),
            Some((92, [38, 34, 20])),
            (Assigned, 0),
            Some(41),
        ),
        row(
            17,
            ["Tomás Ferreira", "Head of Sales", "Casa Verde", "Porto, Portugal"],
            "pricing inquiry",
            Some(A),
            Some((81, [31, 40, 10])),
            (Assigned, 0),
            Some(238),
        ),
        row(
            9,
            ["Ingrid Solberg", "Marketing Director", "Fjord Logistics", "Bergen, Norway"],
            "webinar, asked a question",
            Some(B),
            Some((74, [36, 18, 20])),
            (Attempted, 1),
            Some(680),
        ),
        row(
            22,
            ["R. Okafor", "", "Lagos Cloud", "Lagos"],
            "score ≥ 65 (pricing ×3)",
            Some(B),
            Some((67, [22, 25, 20])),
            (Assigned, 0),
            Some(2285),
        ),
        row(
            5,
            ["王小明", "采购经理", "海港机器人有限公司", "上海"],
            "whitepaper, 4 pages",
            Some(C),
            Some((66, [40, 6, 20])),
            (Accepted, 3),
            Some(7800),
        ),
        row(
            40,
            ["Nguye\u{302}\u{303}n Thi\u{323} Hoa", "COO", "Sông Hồng Ltd", "Hà Nội"],
            "demo request (after hours)",
            Some(B),
            Some((88, [35, 38, 15])),
            (Assigned, 0),
            Some(90_000),
        ),
        row(
            41,
            ["\u{202e}evil\u{1b}[31m name", "", "a very long company name that does not fit in any column", ""],
            "",
            None,
            None,
            (Assigned, 0),
            None,
        ),
    ];
    rows[1].asked = text(
        "Can we see the Salesforce sync next week? We are 40 people in revenue operations and would like to decide before the end of the quarter, if the rollout takes less than two weeks.",
    );
    rows
}

/// The inbox on a busy morning, Maya Chen selected.
pub fn inbox() -> Model {
    let zone = chrono_tz::Europe::Berlin;
    let policy = Policy { calendar: Calendar::standard(zone), ..Policy::default() };
    let settings = Settings { rep: "Ana".into(), zone, policy, ..Settings::default() };
    let mut model = Model::new(now(), settings, KeyMap::default());
    model.counts = Counts { by_tab: [6, 3, 11, 4, 2, 517], new_own: 3, done_today: 17, to_send: 2, parked: 0 };
    model.desk = Some(Desk::default());
    model.net.name = text("acme hub");
    model.net.online = true;
    model.net.synced_at = Some(from_now(-150));
    model.list.rows = rows();
    model.list.read = true;
    model.list.before = Some(0);
    model.list.at = 1;
    model.list.selected = Some(LeadId(12));
    model.next = text("Dana Whitfield");
    model
}
