//! What can be done now, with its key: from the live key map and from what is allowed.

use super::action::Action;
use super::allowed::allowed;
use super::command;
pub use super::command::{Then, then};
use super::dialog::Dialog;
use super::dialog::attempt::{AttemptDialog, AttemptStep, channel_key, outcome_key};
use super::dialog::reject::{RejectDialog, RejectStep};
use super::model::Model;
use super::msg::OutboxLine;
use super::screen::Screen;
use crate::handoff::disposition::Channel;

/// One entry of the footer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Hint {
    /// The key as shown.
    pub key: String,
    /// What it does.
    pub label: String,
}

/// What can be done now, the most useful first; the `ui` room shows as many as fit.
pub fn footer(model: &Model) -> Vec<Hint> {
    match model.dialog() {
        Some(dialog) => of_dialog(model, dialog),
        None if model.search.typing => named(
            model,
            &[
                (Action::Confirm, "keep"),
                (Action::Cancel, "clear"),
                (Action::NextChoice, "down"),
                (Action::PreviousChoice, "up"),
            ],
        ),
        None => of_screen(model),
    }
}

/// The actions that the footer of each screen offers, in their order.
fn offered(model: &Model) -> &'static [Action] {
    use Action::{
        Accept, Acknowledge, Availability, Back, ClearMarks, Compare, Complete, Contact, Copy, Defer, GoToLead, Help,
        Log, Mark, Next, NextRecord, NextTab, Nudge, Open, OpenCrm, Outbox, Palette, PreviousFound, Qualify, Quit,
        Reassign, Redo, Refresh, Reject, Repeat, Research, RetryParked, Search, Skip, Snooze, StopAfter, Switch, Take,
        Team, TeamLeads, TrailKind, Undo, Views, Waive, WhyDue,
    };
    match model.screen {
        Screen::Lead if model.owes() => &[
            Accept, Reject, Contact, Defer, Qualify, Skip, Undo, Repeat, StopAfter, OpenCrm, Research, Copy, WhyDue,
            TrailKind, Palette, Help,
        ],
        Screen::Lead => &[
            Back, Next, NextRecord, Accept, Contact, Qualify, Reject, Defer, Snooze, Undo, OpenCrm, Copy, WhyDue,
            TrailKind, Palette, Help,
        ],
        Screen::Inbox if !model.marks.is_empty() => &[Reject, ClearMarks, Mark, Undo, Palette, Help],
        Screen::Inbox if model.search.active => {
            &[Open, Next, PreviousFound, Back, Accept, Reject, Contact, Defer, Undo, Search, Mark, Views, Palette, Help]
        }
        Screen::Inbox if is_theirs(model) => {
            &[Open, Next, Team, Undo, Search, NextTab, Views, Mark, Switch, Outbox, Palette, Help, Quit]
        }
        Screen::Inbox => &[
            Open, Next, Accept, Reject, Contact, Defer, Undo, Search, NextTab, Views, Mark, Snooze, Team, Switch,
            Outbox, Palette, Help, Quit,
        ],
        Screen::Outbox => &[Back, Compare, RetryParked, Log, Palette, Help],
        Screen::Reconcile => &[Acknowledge, Redo, GoToLead, Back, Palette, Help],
        Screen::Log => &[Back, Outbox, Palette, Help],
        Screen::Team if model.team.inside => {
            &[Reassign, Take, Nudge, Waive, Complete, Availability, Back, Refresh, Palette, Help]
        }
        Screen::Team => &[TeamLeads, Availability, Refresh, Back, Switch, Palette, Help],
    }
}

/// The selected lead is for somebody else to answer, or for nobody yet.
fn is_theirs(model: &Model) -> bool {
    let selected = model.list.selected_row().filter(|row| row.is_theirs && row.stage.is_open());
    model.screen == Screen::Inbox && selected.is_some()
}

fn of_screen(model: &Model) -> Vec<Hint> {
    let wanted = |action: &Action| match action {
        Action::Undo => model.undo.is_some(),
        Action::Repeat => model.last_act.is_some(),
        Action::RetryParked => model.counts.parked > 0 && model.outbox.rows.iter().any(OutboxLine::can_be_retried),
        _ => true,
    };
    let actions = offered(model).iter().copied().filter(wanted);
    let actions =
        actions.filter(|&action| action == Action::Quit || action == Action::Help || allowed(model, action).is_ok());
    actions.filter_map(|action| hint(model, action, label(model, action))).collect()
}

fn label(model: &Model, action: Action) -> String {
    let label = action.label();
    match action {
        Action::Skip => format!("skip ({} left)", model.skips_left()),
        Action::Reject if model.screen == Screen::Inbox && !model.marks.is_empty() => {
            format!("reject {} marked…", model.marks.len())
        }
        Action::Next if command::searches(model) => "next found".into(),
        Action::NextRecord if model.search.active => "next found".into(),
        Action::Next if model.search.active => "next of queue".into(),
        Action::StopAfter if model.stop_after && model.search.active => "then next found".into(),
        Action::StopAfter if model.stop_after => "then next".into(),
        Action::Team if is_theirs(model) => match model.settings.member.as_ref() {
            Some(member) if member.takes() => "team: take, reassign".into(),
            Some(member) if member.directs() => "team: reassign".into(),
            _ => label.into(),
        },
        Action::Switch if model.settings.member.is_some() => "as rep".into(),
        Action::Back if command::searches(model) => "end search".into(),
        Action::Back if model.screen == Screen::Lead => "list".into(),
        Action::Redo if model.outbox.selected().is_some_and(OutboxLine::can_be_retried) => "send it again".into(),
        Action::Availability if model.team.person().is_some_and(|person| person.paused.is_some()) => "return".into(),
        _ => label.into(),
    }
}

fn hint(model: &Model, action: Action, label: String) -> Option<Hint> {
    let key = model.keymap.label(action);
    (!key.is_empty()).then_some(Hint { key, label })
}

fn named(model: &Model, actions: &[(Action, &str)]) -> Vec<Hint> {
    actions.iter().filter_map(|&(action, label)| hint(model, action, label.into())).collect()
}

fn of_dialog(model: &Model, dialog: &Dialog) -> Vec<Hint> {
    let own = |confirm, more: &[(Action, &str)]| {
        let mut hints = named(model, &[(Action::Confirm, confirm), (Action::Cancel, "back")]);
        hints.extend(named(model, more));
        hints
    };
    let fields = [(Action::NextField, "next field")];
    if dialog.form().is_some_and(|form| form.waiting) {
        return Vec::new();
    }
    match dialog {
        Dialog::Reject(dialog) => of_reject(model, dialog),
        Dialog::Attempt(dialog) => of_attempt(model, dialog),
        Dialog::Defer(dialog) if dialog.at_why => own("defer and go on", &fields),
        Dialog::Defer(_) => own("what they said", &[(Action::NextChoice, "suggest"), fields[0]]),
        Dialog::Snooze(_) => own("snooze", &[(Action::NextChoice, "suggest")]),
        Dialog::Qualify(dialog) => {
            let is_last = dialog.step == super::dialog::qualify::QualifyStep::NextAt;
            own(if is_last { "confirm as SQL" } else { "next field" }, &fields)
        }
        Dialog::Skip(_) => own("skip and go on", &[]),
        Dialog::Help(_) => {
            named(model, &[(Action::Cancel, "back"), (Action::NextChoice, "down"), (Action::PreviousChoice, "up")])
        }
        Dialog::Palette(_) => own("run", &[(Action::NextChoice, "down"), (Action::PreviousChoice, "up")]),
        Dialog::Copy(_) => own("copy", &[]),
        Dialog::Order(dialog) if dialog.waiting => named(model, &[(Action::Cancel, "back")]),
        Dialog::Order(dialog) if dialog.choices.is_empty() => own("do it", &[]),
        Dialog::Order(dialog) if dialog.at_text => own("do it", &fields),
        Dialog::Order(_) => own("choose", &[(Action::NextChoice, "down"), fields[0]]),
        Dialog::Research(_) => {
            named(model, &[(Action::Confirm, "open and tick"), (Action::NextChoice, "down"), (Action::Cancel, "back")])
        }
        Dialog::Views(_) => {
            let mut hints = vec![Hint { key: "1-9".into(), label: "show at once".into() }];
            hints.extend(own("show", &[]));
            hints
        }
        Dialog::Alerts(_) => own("open lead", &[(Action::NextChoice, "down")]),
        Dialog::WhyDue(_) => named(model, &[(Action::Cancel, "back"), (Action::NextField, "next clock")]),
        Dialog::Bulk(_) => named(model, &[(Action::Confirm, "go on")]),
        Dialog::Barred(_) => named(model, &[(Action::Cancel, "back")]),
    }
}

fn of_reject(model: &Model, dialog: &RejectDialog) -> Vec<Hint> {
    let note = (Action::NextField, "add a note");
    let back = (Action::Cancel, "back");
    match dialog.step {
        RejectStep::Reason if dialog.typing => named(model, &[(Action::Confirm, "take it"), back, note]),
        RejectStep::Reason => {
            let picks = if dialog.with_note { "choose" } else { "reject, … asks first" };
            let mut hints = vec![Hint { key: "0-9".into(), label: picks.into() }];
            hints.push(Hint { key: "a-z".into(), label: "find".into() });
            hints.extend(named(model, &[note, back]));
            hints
        }
        RejectStep::Sub => named(model, &[(Action::Confirm, "take it"), note, back]),
        RejectStep::Evidence if dialog.with_note => named(model, &[(Action::Confirm, "note"), back]),
        RejectStep::Evidence => named(model, &[(Action::Confirm, "reject and go on"), note, back]),
        RejectStep::Note => named(model, &[(Action::Confirm, "reject and go on"), back]),
    }
}

fn of_attempt(model: &Model, dialog: &AttemptDialog) -> Vec<Hint> {
    let choice = |(key, label): (char, &str)| Hint { key: key.into(), label: label.into() };
    let mut hints: Vec<Hint> = match dialog.step {
        AttemptStep::Channel => {
            Channel::ALL.into_iter().map(|channel| choice((channel_key(channel), channel.label()))).collect()
        }
        AttemptStep::Outcome => {
            let outcomes = dialog.outcomes().iter();
            outcomes.map(|&outcome| choice((outcome_key(outcome), outcome.label()))).collect()
        }
        _ => named(model, &[(Action::Confirm, "log and go on")]),
    };
    let more = if dialog.details { "next field" } else { "add details" };
    hints.extend(named(model, &[(Action::NextField, more), (Action::Cancel, "back")]));
    hints
}
