//! The dialogs: a stack over the screen. The top one takes every key but help and quit.

pub mod alerts;
pub mod attempt;
pub mod barred;
pub mod bulk;
pub mod copy;
pub mod date;
pub mod defer;
pub mod help;
pub mod order;
pub mod palette;
pub mod qualify;
pub mod reject;
pub mod research;
pub mod skip;
pub mod snooze;
pub mod views;
pub mod whydue;

use super::act;
use super::action::{Action, Context};
use super::command;
use super::effect::Effect;
use super::input::Input;
use super::key::Key;
use super::model::{Model, StatusKind};
use super::out::Out;
use super::team::TeamAsk;
use crate::handoff::disposition::Act;
use crate::handoff::lead::LeadId;
use crate::handoff::refusal::Refusal;
use crate::handoff::state::Stage;

/// One dialog with its state.
#[derive(Clone, Debug, PartialEq)]
pub enum Dialog {
    /// Reject, with a reason.
    Reject(reject::RejectDialog),
    /// Log a contact.
    Attempt(attempt::AttemptDialog),
    /// Defer.
    Defer(defer::DeferDialog),
    /// Hide for a while.
    Snooze(snooze::SnoozeDialog),
    /// Confirm as SQL.
    Qualify(qualify::QualifyDialog),
    /// Pass by.
    Skip(skip::SkipDialog),
    /// The keys.
    Help(help::HelpDialog),
    /// The commands.
    Palette(palette::PaletteDialog),
    /// What to copy.
    Copy(copy::CopyDialog),
    /// What is ordered for a lead of the team, or said of one of its people.
    Order(order::OrderDialog),
    /// What waits for a decision.
    Alerts(alerts::AlertsDialog),
    /// The saved views.
    Views(views::ViewsDialog),
    /// What to look at before the first contact.
    Research(research::ResearchDialog),
    /// Why it is due then.
    WhyDue(whydue::WhyDueDialog),
    /// What came of a bulk act.
    Bulk(bulk::BulkDialog),
    /// What takes the letters where no text can be typed now.
    Barred(barred::BarredDialog),
}

/// What every dialog that ends in an act remembers beside its fields.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Form {
    /// The leads that it is about: one, or the marked ones.
    pub leads: Vec<LeadId>,
    /// The lead's name, or `3 leads`.
    pub name: String,
    /// The act was sent to the store and its answer is awaited; keys are not taken.
    pub waiting: bool,
    /// Why it could not be done, in words: a field that is missing, or the rules' refusal.
    pub error: Option<String>,
}

impl Dialog {
    /// The form of a dialog that ends in an act.
    pub fn form(&self) -> Option<&Form> {
        match self {
            Self::Reject(dialog) => Some(&dialog.form),
            Self::Attempt(dialog) => Some(&dialog.form),
            Self::Defer(dialog) => Some(&dialog.form),
            Self::Snooze(dialog) => Some(&dialog.form),
            Self::Qualify(dialog) => Some(&dialog.form),
            Self::Skip(dialog) => Some(&dialog.form),
            Self::Help(_)
            | Self::Palette(_)
            | Self::Copy(_)
            | Self::Order(_)
            | Self::Views(_)
            | Self::Alerts(_)
            | Self::Research(_)
            | Self::WhyDue(_)
            | Self::Bulk(_)
            | Self::Barred(_) => None,
        }
    }

    /// The same, to be changed.
    pub fn form_mut(&mut self) -> Option<&mut Form> {
        match self {
            Self::Reject(dialog) => Some(&mut dialog.form),
            Self::Attempt(dialog) => Some(&mut dialog.form),
            Self::Defer(dialog) => Some(&mut dialog.form),
            Self::Snooze(dialog) => Some(&mut dialog.form),
            Self::Qualify(dialog) => Some(&mut dialog.form),
            Self::Skip(dialog) => Some(&mut dialog.form),
            Self::Help(_)
            | Self::Palette(_)
            | Self::Copy(_)
            | Self::Order(_)
            | Self::Views(_)
            | Self::Alerts(_)
            | Self::Research(_)
            | Self::WhyDue(_)
            | Self::Bulk(_)
            | Self::Barred(_) => None,
        }
    }
}

/// What a key led to.
#[derive(Clone, Debug, PartialEq)]
pub enum Flow {
    /// The dialog stays.
    Stay,
    /// It closes.
    Close,
    /// It asks the store to do this.
    Submit(Act),
    /// It closes and this is done.
    Run(Action),
    /// It stays and the hub is asked this.
    Order(TeamAsk),
    /// It closes, and one goes to this lead, which stands so.
    GoTo(LeadId, Stage),
    /// It stays; a topic of the research is ticked, and opened where it can be.
    Tick(usize),
    /// It closes and this is copied: what it is, and the text.
    Copy(&'static str, String),
    /// The key is none of the dialog's.
    NotMine,
}

/// Takes a key for the top dialog. A character goes to the dialog first, so that it can be typed; everything else is
/// looked up first.
pub fn key(model: &mut Model, key: Key, out: &mut Out) {
    let Some(mut dialog) = model.dialogs.pop() else { return };
    let bound = model.keymap.action(Context::Dialog, key);
    let is_global = |action| matches!(action, Action::Help | Action::Quit | Action::Suspend | Action::Redraw);
    let global = bound.filter(|&action| is_global(action));
    // While the answer is awaited, nothing but help and quit.
    if dialog.form().is_some_and(|form| form.waiting) {
        model.dialogs.push(dialog);
        if let Some(action) = global {
            command::run(model, action, None, out);
        }
        return;
    }
    let is_typed = key.typed().is_some();
    let flow = match (global, is_typed) {
        (Some(_), false) => Flow::NotMine,
        _ => dialog.press(Press { key, action: bound.filter(|_| !is_typed) }, model),
    };
    match flow {
        Flow::Stay => model.dialogs.push(dialog),
        Flow::Close => {}
        Flow::Run(action) => command::run(model, action, None, out),
        Flow::Order(ask) => {
            model.dialogs.push(dialog);
            out.push(Effect::Team(ask));
        }
        Flow::GoTo(lead, stage) => command::go_to(model, lead, stage, out),
        Flow::Tick(at) => {
            model.dialogs.push(dialog);
            if let Some(kind) = research::tick(model, at) {
                command::open_outside(model, kind, out);
            }
        }
        Flow::Copy(what, text) => {
            model.say(StatusKind::Done, format!("copied the {what}"));
            out.push(Effect::Copy(text));
        }
        Flow::Submit(act) => {
            let leads = dialog.form().map(|form| form.leads.clone()).unwrap_or_default();
            if let Some(form) = dialog.form_mut() {
                form.waiting = true;
                form.error = None;
            }
            model.dialogs.push(dialog);
            act::send(model, &leads, act, out);
        }
        Flow::NotMine => {
            model.dialogs.push(dialog);
            match bound {
                Some(Action::Cancel) => {
                    model.dialogs.pop();
                }
                Some(action) if is_global(action) => command::run(model, action, None, out),
                _ => {}
            }
        }
    }
}

/// Types a text into the top dialog's field.
pub fn paste(model: &mut Model, text: &str) {
    let Some(mut dialog) = model.dialogs.pop() else { return };
    if dialog.form().is_none_or(|form| !form.waiting) {
        if let Some(input) = dialog.input() {
            input.paste(text);
        }
        dialog.changed(model);
    }
    model.dialogs.push(dialog);
}

/// A key, with what it means in dialogs where it types no character.
#[derive(Clone, Copy, Debug)]
pub struct Press {
    /// The key.
    pub key: Key,
    /// What it is bound to; nothing for a character.
    pub action: Option<Action>,
}

impl Dialog {
    fn press(&mut self, press: Press, model: &Model) -> Flow {
        if let Some(form) = self.form_mut() {
            form.error = None;
        }
        match self {
            Self::Reject(dialog) => dialog.press(press, model),
            Self::Attempt(dialog) => dialog.press(press, model),
            Self::Defer(dialog) => dialog.press(press, model),
            Self::Snooze(dialog) => dialog.press(press, model),
            Self::Qualify(dialog) => dialog.press(press, model),
            Self::Skip(dialog) => dialog.press(press),
            Self::Help(dialog) => dialog.press(press, model),
            Self::Palette(dialog) => dialog.press(press, model),
            Self::Copy(dialog) => dialog.press(press),
            Self::Order(dialog) => dialog.press(press),
            Self::Views(dialog) => dialog.press(press, model),
            Self::Alerts(dialog) => dialog.press(press, model),
            Self::Research(dialog) => dialog.press(press),
            Self::WhyDue(dialog) => dialog.press(press, model),
            Self::Bulk(dialog) => dialog.press(press),
            Self::Barred(dialog) => dialog.press(press),
        }
    }

    /// The text that is being typed, if one is.
    fn input(&mut self) -> Option<&mut Input> {
        match self {
            Self::Reject(dialog) => dialog.input(),
            Self::Attempt(dialog) => dialog.input(),
            Self::Defer(dialog) => Some(dialog.input()),
            Self::Snooze(dialog) => Some(&mut dialog.until.input),
            Self::Qualify(dialog) => Some(dialog.input()),
            Self::Skip(dialog) => Some(&mut dialog.reason),
            Self::Help(dialog) => Some(&mut dialog.filter),
            Self::Palette(dialog) => Some(&mut dialog.input),
            Self::Barred(dialog) => Some(&mut dialog.typed),
            Self::Order(dialog) => dialog.input(),
            Self::Copy(_) | Self::Views(_) | Self::Alerts(_) | Self::Research(_) | Self::WhyDue(_) | Self::Bulk(_) => {
                None
            }
        }
    }

    /// What follows from a text that was changed.
    fn changed(&mut self, model: &Model) {
        match self {
            Self::Reject(dialog) => dialog.narrow(model),
            Self::Attempt(dialog) => dialog.next.read(&model.base(), true),
            Self::Defer(dialog) => dialog.until.read(&model.base(), false),
            Self::Snooze(dialog) => dialog.until.read(&model.base(), false),
            Self::Qualify(dialog) => dialog.next_at.read(&model.base(), false),
            Self::Help(dialog) => dialog.narrow(model),
            Self::Palette(dialog) => dialog.narrow(model),
            Self::Order(dialog) => dialog.changed(),
            Self::Skip(_)
            | Self::Copy(_)
            | Self::Views(_)
            | Self::Alerts(_)
            | Self::Research(_)
            | Self::WhyDue(_)
            | Self::Bulk(_)
            | Self::Barred(_) => {}
        }
    }

    /// The rules refused its act: the dialog says why and takes keys again.
    pub fn refuse(&mut self, refusal: &Refusal) {
        if let Some(form) = self.form_mut() {
            form.waiting = false;
            form.error = Some(refusal.to_string());
        }
        if let (Self::Attempt(dialog), Refusal::DoNotContact { .. }) = (self, refusal) {
            dialog.ask_consent();
        }
    }
}
