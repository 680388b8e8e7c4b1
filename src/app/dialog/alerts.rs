//! What waits for the rep's decision: what is to be done, until when, and why (F72, R82).

use super::{Dialog, Flow, Press};
use crate::app::action::Action;
use crate::app::alerts;
use crate::app::allowed::allowed;
use crate::app::model::Model;
use crate::app::msg::AlertLine;
use crate::app::out::Out;

/// The state of the list of alerts.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct AlertsDialog {
    /// The highlighted one, by its number: others may come and go meanwhile.
    pub chosen: Option<i64>,
}

/// Opens the list. What stands in it is seen.
pub fn open(model: &mut Model, out: &mut Out) {
    alerts::see(model, None, out);
    let chosen = model.alerts.banner(model.now).or_else(|| model.alerts.waiting(model.now).next());
    let chosen = chosen.map(|line| line.notice.id);
    model.dialogs.push(Dialog::Alerts(AlertsDialog { chosen }));
}

impl AlertsDialog {
    /// The place of the highlighted one among `lines`.
    pub fn at(&self, lines: &[&AlertLine]) -> usize {
        lines.iter().position(|line| Some(line.notice.id) == self.chosen).unwrap_or(0)
    }

    pub(super) fn press(&mut self, press: Press, model: &Model) -> Flow {
        let lines: Vec<&AlertLine> = model.alerts.waiting(model.now).collect();
        let at = self.at(&lines);
        let to = match (press.action, press.key.typed()) {
            (Some(Action::Confirm), _) => {
                return match lines.get(at) {
                    Some(AlertLine { lead: Some(lead), stage, .. }) => Flow::GoTo(*lead, *stage),
                    // What waits in a queue is taken, or given away, where the team stands.
                    Some(_) if allowed(model, Action::Team).is_ok() => Flow::Run(Action::Team),
                    _ => Flow::Close,
                };
            }
            (Some(Action::Cancel), _) | (_, Some('!')) => return Flow::Close,
            (Some(Action::NextChoice), _) | (_, Some('j')) => at + 1,
            (Some(Action::PreviousChoice), _) | (_, Some('k')) => at.saturating_sub(1),
            _ => return Flow::NotMine,
        };
        self.chosen = lines.get(to).map_or(self.chosen, |line| Some(line.notice.id));
        Flow::Stay
    }
}
