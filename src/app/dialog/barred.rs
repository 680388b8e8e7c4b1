//! What stands where a text would be typed and cannot be: it says why, and takes the letters that were meant for the
//! text. The hand is faster than the eye: after a `/` that is refused, the name must not accept or log by its letters.

use super::{Dialog, Flow, Press};
use crate::app::action::Action;
use crate::app::input::Input;
use crate::app::model::{Model, StatusKind};
use crate::app::words;
use crate::handoff::lead::LeadId;

/// The state of the field that is not there.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct BarredDialog {
    /// Why not, in words.
    pub why: String,
    /// What was typed all the same; it is let go.
    pub typed: Input,
    /// The text would have been one line, which Enter ends. Of more fields nobody knows which Enter is the last: Esc.
    one_line: bool,
    /// It is for the sake of the lead in front.
    gate: bool,
    /// The lead that was shown, and is not any more: where it went may be told a moment later.
    gone: Option<LeadId>,
}

/// Opens it in place of what the action would have opened.
pub fn open(model: &mut Model, action: Action, why: String) {
    let one_line = matches!(
        action,
        Action::Search | Action::Skip | Action::Snooze | Action::Take | Action::Nudge | Action::Availability
    );
    let gate = action.leaves_lead() && model.engaged().is_some();
    model.dialogs.push(Dialog::Barred(BarredDialog { why, one_line, gate, ..BarredDialog::default() }));
}

/// Letters are being typed into what an answer of the store may close; says whether that is one line.
pub fn typing(model: &Model) -> Option<bool> {
    match model.dialog() {
        None => model.search.typing.then_some(true),
        Some(dialog) if dialog.form().is_some_and(|form| !form.waiting) => {
            Some(matches!(dialog, Dialog::Skip(_) | Dialog::Snooze(_)))
        }
        Some(_) => None,
    }
}

/// Stands in for what took letters before an answer came, if the answer closed it: another window opened a lead, or
/// dealt with this one. What stands there already names the lead that is in front now. `shown` is the lead that was on the
/// screen before.
pub fn stand_in(model: &mut Model, before: Option<bool>, shown: Option<LeadId>) {
    if let Some(owed) = model.engaged().map(|front| words::owed(model, front))
        && let Some(Dialog::Barred(dialog)) = model.dialogs.last_mut()
        && dialog.gate
    {
        dialog.why = owed;
    }
    let Some(one_line) = before.filter(|_| model.dialogs.is_empty() && !model.search.typing) else { return };
    let gate = model.engaged().is_some();
    let why = match (model.engaged(), model.status.take()) {
        (Some(front), _) => words::owed(model, front),
        (None, Some(status)) if status.kind != StatusKind::Done => status.text,
        (None, _) => "the list has changed: what you were typing in is closed".into(),
    };
    let gone = shown.filter(|_| model.opened.is_none());
    model.dialogs.push(Dialog::Barred(BarredDialog { why, one_line, gate, gone, typed: Input::default() }));
}

/// Says where this lead went, if it was for its going that something was closed; says whether it was.
pub fn tell(model: &mut Model, lead: LeadId, why: &str) -> bool {
    let Some(Dialog::Barred(dialog)) = model.dialogs.last_mut() else { return false };
    let is_of = dialog.gone == Some(lead);
    if is_of {
        dialog.why = why.to_owned();
    }
    is_of
}

impl BarredDialog {
    pub(super) fn press(&mut self, press: Press) -> Flow {
        match press.action {
            Some(Action::Cancel) => return Flow::Close,
            Some(Action::Confirm) if self.one_line || self.typed.is_blank() => return Flow::Close,
            _ => {
                self.typed.key(press.key);
            }
        }
        Flow::Stay
    }
}
