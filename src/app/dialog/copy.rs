//! What to copy: e-mail, telephone, a summary.

use super::{Dialog, Flow, Press};
use crate::app::action::Action;
use crate::app::effect::LaunchKind;
use crate::app::launch::launch;
use crate::app::model::Model;
use crate::app::screen::Screen;
use crate::handoff::lead::Lead;
use crate::handoff::summary::Summary;

/// The state of the copy menu.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct CopyDialog {
    /// What there is.
    pub items: Vec<CopyItem>,
    /// The highlighted one.
    pub at: usize,
}

/// One thing to copy.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CopyItem {
    /// The key that copies it at once.
    pub key: char,
    /// What it is.
    pub label: &'static str,
    /// The text.
    pub text: String,
}

/// Opens the menu for the lead that is looked at. Of a lead that is not open there is only its line in the list.
pub fn open(model: &mut Model) {
    let items = match (&model.opened, model.screen) {
        (Some(opened), Screen::Lead) => {
            let meeting = launch(model, LaunchKind::Meeting).ok().map(|launch| launch.url);
            of_lead(&opened.dossier.lead, meeting)
        }
        _ => model.list.selected_row().map(of_row).into_iter().collect(),
    };
    model.dialogs.push(Dialog::Copy(CopyDialog { items, at: 0 }));
}

fn of_lead(lead: &Lead, meeting: Option<String>) -> Vec<CopyItem> {
    let (person, company) = (&lead.person, &lead.company);
    let lines = [
        Some(
            [Some(lead.display_name()), person.title.clone(), company.name.clone()]
                .into_iter()
                .flatten()
                .collect::<Vec<_>>()
                .join(", "),
        ),
        person.email.clone(),
        person.phone.clone(),
        lead.trigger.as_ref().map(|trigger| trigger.what.clone()),
        lead.message.clone(),
        lead.url.clone(),
    ];
    let summary = lines.into_iter().flatten().collect::<Vec<_>>().join("\n");
    let item = |key, label, text: &Option<String>| text.clone().map(|text| CopyItem { key, label, text });
    [
        item('e', "e-mail address", &person.email),
        item('p', "telephone number", &person.phone),
        item('m', "mobile number", &person.mobile),
        item('l', "link to the record", &lead.url),
        item('c', "link to your calendar", &meeting),
        item('n', "name", &Some(lead.display_name())),
        item('s', "summary", &Some(summary)),
    ]
    .into_iter()
    .flatten()
    .collect()
}

fn of_row(row: &Summary) -> CopyItem {
    let parts = [Some(row.name.clone()), row.title.clone(), row.company.clone(), row.why.clone()];
    let text = parts.into_iter().flatten().collect::<Vec<_>>().join(", ");
    CopyItem { key: 's', label: "summary", text }
}

impl CopyDialog {
    pub(super) fn press(&mut self, press: Press) -> Flow {
        let last = self.items.len().saturating_sub(1);
        let typed = press.key.typed();
        let at = match press.action {
            Some(Action::Confirm) => Some(self.at),
            Some(Action::Cancel) => return Flow::Close,
            _ => self.items.iter().position(|item| Some(item.key) == typed),
        };
        if let Some(item) = at.and_then(|at| self.items.get(at)) {
            return Flow::Copy(item.label, item.text.clone());
        }
        match (press.action, typed) {
            (Some(Action::NextChoice), _) | (_, Some('j')) => self.at = (self.at + 1).min(last),
            (Some(Action::PreviousChoice), _) | (_, Some('k')) => self.at = self.at.saturating_sub(1),
            _ => return Flow::NotMine,
        }
        Flow::Stay
    }
}
