//! What the rep is asked to decide: the banner, the list, and the lead.

use super::dialogs::press;
use super::golden;
use super::samples::{from_now, inbox, lead, now};
use crate::app::msg::AlertLine;
use crate::app::{Model, Msg, Reply, update};
use crate::handoff::alert::{Category, Notice};
use crate::handoff::lead::LeadId;
use crate::handoff::state::Stage;

fn alert(id: i64, lead: i64, name: &str, category: Category, minutes: i64) -> AlertLine {
    let notice = Notice {
        id,
        category,
        action: "accept, reject or defer it, or log a contact".into(),
        until: from_now(minutes * 60),
        history: vec!["demo request, today".into(), "pricing page, 3 times within 2h".into()],
        is_pointer: false,
        is_urgent: category == Category::HighIntentMoment,
        at: from_now(-120),
    };
    AlertLine {
        lead: Some(LeadId(lead)),
        name: name.into(),
        stage: Stage::Assigned,
        notice,
        left: minutes * 60,
        is_new: true,
    }
}

/// The same with alerts, one of them about the lead that is open.
pub fn told(mut model: Model) -> Model {
    let lines = vec![
        alert(1, 12, "Maya Chen", Category::SlaBreachWarning, 18),
        alert(2, 17, "Tomás Ferreira", Category::HighIntentMoment, 40),
        alert(3, 9, "Ingrid Solberg", Category::StalledConversation, 3000),
    ];
    update(&mut model, Msg::reply(now(), Reply::Alerts(lines)));
    model
}

#[test]
fn the_banner_stands_where_nothing_else_is_said() {
    golden("alerts-banner", &told(inbox()));
    let mut model = told(lead::engaged());
    let opened = model.opened.as_mut().unwrap();
    opened.dossier.id = LeadId(12);
    golden("alerts-lead", &model);
}

#[test]
fn the_list() {
    let mut model = told(inbox());
    press(&mut model, "! j");
    golden("alerts-list", &model);
    model.settings.linear = true;
    golden("linear-alerts", &model);
}
