//! Why it is due then: the windows of working time that were consumed (F64).

use super::{Dialog, Flow, Press};
use crate::app::action::Action;
use crate::app::allowed::subject;
use crate::app::effect::Ask;
use crate::app::model::Model;
use crate::app::msg::Walk;
use crate::app::out::Out;
use crate::app::words;
use crate::handoff::lead::LeadId;

/// The state of the "why due" walk.
#[derive(Clone, Debug, PartialEq)]
pub struct WhyDueDialog {
    /// Of which lead.
    pub lead: LeadId,
    /// Its name.
    pub name: String,
    /// One walk for each clock, the nearest first; nothing until the answer comes.
    pub walks: Option<Vec<Walk>>,
    /// The clock that is shown, as an index into `walks` (Tab for the next one).
    pub at: usize,
    /// The first stretch that is shown.
    pub scroll: usize,
}

/// Opens the walk of the lead that is looked at.
pub fn open(model: &mut Model, out: &mut Out) {
    if let Some((lead, _)) = subject(model) {
        let name = words::name(model, lead);
        model.dialogs.push(Dialog::WhyDue(WhyDueDialog { lead, name, walks: None, at: 0, scroll: 0 }));
        out.ask(Ask::WhyDue(lead));
    }
}

/// The answer came.
pub fn fill(model: &mut Model, lead: LeadId, found: Vec<Walk>) {
    for dialog in &mut model.dialogs {
        if let Dialog::WhyDue(dialog) = dialog
            && dialog.lead == lead
        {
            dialog.walks = Some(found);
            return;
        }
    }
}

/// The answer will not come.
pub fn missed(model: &mut Model) {
    model.dialogs.retain(|dialog| !matches!(dialog, Dialog::WhyDue(dialog) if dialog.walks.is_none()));
}

impl WhyDueDialog {
    pub(super) fn press(&mut self, press: Press, _model: &Model) -> Flow {
        let walks = self.walks.as_deref().unwrap_or_default();
        let last = walks.get(self.at).map_or(0, |walk| walk.spent.len().saturating_sub(1));
        let count = walks.len().max(1);
        match (press.action, press.key.typed()) {
            (Some(Action::NextChoice), _) | (_, Some('j')) => self.scroll = (self.scroll + 1).min(last),
            (Some(Action::PreviousChoice), _) | (_, Some('k')) => self.scroll = self.scroll.saturating_sub(1),
            (Some(Action::NextField), _) => (self.at, self.scroll) = ((self.at + 1) % count, 0),
            (Some(Action::PreviousField), _) => (self.at, self.scroll) = ((self.at + count - 1) % count, 0),
            (Some(Action::Confirm | Action::Cancel), _) | (_, Some('w')) => return Flow::Close,
            _ => return Flow::NotMine,
        }
        Flow::Stay
    }
}
