//! Acting on a lead: one key where nothing is to be said, else a dialog. Nothing is done before the store says so.

use super::action::Action;
use super::allowed::subject;
use super::dialog::{Dialog, Form, attempt, defer, qualify, reject, skip, snooze};
use super::effect::Ask;
use super::model::{Model, Pending};
use super::out::Out;
use super::screen::Screen;
use super::words;
use crate::handoff::disposition::{Act, Attempt, Rejection};
use crate::handoff::lead::LeadId;
use crate::handoff::reason;

/// Begins an act that is allowed now.
pub fn begin(model: &mut Model, action: Action, out: &mut Out) {
    let Some(form) = form(model, action) else { return };
    let dialog = match action {
        Action::Accept => return send(model, &form.leads, Act::Accept, out),
        Action::Reject => Dialog::Reject(reject::RejectDialog::new(form, &model.settings.policy.reasons)),
        Action::Contact => Dialog::Attempt(attempt::AttemptDialog::new(form, model)),
        Action::Defer => Dialog::Defer(defer::DeferDialog { form, ..Default::default() }),
        Action::Qualify => Dialog::Qualify(qualify::QualifyDialog { form, ..Default::default() }),
        Action::Skip => Dialog::Skip(skip::SkipDialog { form, left: model.skips_left(), ..Default::default() }),
        _ => Dialog::Snooze(snooze::SnoozeDialog { form, ..Default::default() }),
    };
    model.dialogs.push(dialog);
}

/// Whom an act would be for: the marked leads for a rejection from the list, else the subject.
fn form(model: &Model, action: Action) -> Option<Form> {
    if action == Action::Reject && model.screen == Screen::Inbox && !model.marks.is_empty() {
        let leads: Vec<LeadId> = model.marks.keys().copied().collect();
        let name = match model.marks.first_key_value() {
            Some((_, name)) if leads.len() == 1 => name.clone(),
            _ => format!("{} leads", leads.len()),
        };
        return Some(Form { leads, name, ..Form::default() });
    }
    let (lead, _) = subject(model)?;
    Some(Form { leads: vec![lead], name: words::name(model, lead), ..Form::default() })
}

/// Sends an act to the store. The screen stays as it is until the answer comes.
pub fn send(model: &mut Model, leads: &[LeadId], act: Act, out: &mut Out) {
    model.pending = Some(Pending::Acting);
    match leads {
        &[lead] => out.ask(Ask::Act { lead, act }),
        leads => out.ask(Ask::ActMany { leads: leads.to_vec(), act }),
    }
    out.quiet();
}

/// Does the last act again, on this lead (F4). What belonged to the other lead alone is not repeated: the note, the
/// next step, the cited signal; a reason that asks for evidence opens with the last answer filled in.
pub fn repeat(model: &mut Model, out: &mut Out) {
    let (Some(act), Some((lead, _))) = (model.last_act.clone(), subject(model)) else { return };
    match act {
        Act::Reject(rejection) => {
            let reasons = &model.settings.policy.reasons;
            let asks = reason::find(reasons, &rejection.code).is_some_and(|reason| reason.evidence.is_some());
            if !asks && (model.marks.is_empty() || model.screen != Screen::Inbox) {
                let again = Rejection { note: None, ..rejection };
                return send(model, &[lead], Act::Reject(again), out);
            }
            let Some(form) = form(model, Action::Reject) else { return };
            let dialog = reject::RejectDialog::again(form, reasons, &rejection);
            model.dialogs.push(Dialog::Reject(dialog));
        }
        Act::Attempt(attempt) => {
            let Some(form) = form(model, Action::Contact) else { return };
            let mut dialog = attempt::AttemptDialog::new(form, model);
            if dialog.pick(attempt.channel) {
                // They asked not to be contacted so: that is for the rep to say again.
                model.dialogs.push(Dialog::Attempt(dialog));
            } else {
                let cited = dialog.signal();
                let again = Attempt { at: None, note: None, next: None, consent_override: None, cited, ..attempt };
                send(model, &[lead], Act::Attempt(again), out);
            }
        }
        act => send(model, &[lead], act, out),
    }
}
