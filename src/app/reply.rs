//! What the store answered. Each answer is looked at before it reaches the screen: nothing is shown whole that the
//! gate would not show, and nothing leaves the screen before its act is on disk.

use super::alarm;
use super::alerts;
use super::command;
use super::dialog::{self, Dialog};
use super::effect::{Ask, From};
use super::model::{Model, Pending, StatusKind, UndoOffer};
use super::msg::{Acted, Opened, Reply};
use super::out::Out;
use super::screen::{Screen, inbox, lead, outbox};
use super::search;
use super::words;
use crate::handoff::Time;
use crate::handoff::disposition::Act;
use crate::handoff::gate::Desk;
use crate::handoff::lead::LeadId;
use crate::handoff::policy::GateMode;
use crate::handoff::refusal::Refusal;
use crate::handoff::summary::Counts;

/// Takes an answer.
pub fn reply(model: &mut Model, reply: Reply, out: &mut Out) {
    let typing = dialog::barred::typing(model);
    let shown = model.opened.as_ref().map(|opened| opened.dossier.id);
    match reply {
        Reply::Desk { desk, counts } => {
            arrivals(model, &counts, out);
            // Or the first leads of a new inbox came.
            let is_first = model.desk.is_none() || model.counts.by_tab.iter().all(|&count| count == 0);
            set_desk(model, desk, counts);
            guard(model, out);
            if is_first {
                inbox::begin_where_work_is(model, out);
            }
        }
        Reply::Soon(soon) => alarm::fill(model, soon, out),
        Reply::Page(page) => inbox::page(model, page, out),
        Reply::Found { generation, rows, more, error } => search::found(model, generation, rows, more, error, out),
        Reply::Opened(opened) => show(model, opened, out),
        Reply::NoneLeft { desk, counts } => {
            model.pending = None;
            set_desk(model, desk, counts);
            lead::leave(model);
            guard(model, out);
            model.say(StatusKind::Info, "nothing is left that waits for an answer or a contact");
        }
        Reply::Acted(acted) => done(model, *acted, out),
        Reply::BulkDone { act, done, refused, undo_until, desk, counts } => {
            set_desk(model, desk, counts);
            bulk_done(model, *act, done, refused, undo_until, out);
        }
        Reply::Undone { leads, desk, counts } => undone(model, &leads, desk, counts, out),
        Reply::Walked { lead, walks } => dialog::whydue::fill(model, lead, walks),
        Reply::Alerts(lines) => alerts::fill(model, lines, out),
        Reply::Outbox(rows) => outbox::fill(model, rows),
        Reply::Refused { ask, refusal } => refused(model, ask, refusal, out),
        Reply::Failed { ask, error } => failed(model, &ask, error, out),
    }
    // A checklist is of the lead that is open.
    let opened = model.opened.as_ref().map(|opened| opened.dossier.id);
    if model.research.as_ref().is_some_and(|research| Some(research.lead) != opened) {
        model.dialogs.retain(|dialog| !matches!(dialog, Dialog::Research(_)));
    }
    dialog::barred::stand_in(model, typing, shown);
}

fn set_desk(model: &mut Model, desk: Desk, counts: Counts) {
    model.desk = Some(desk);
    model.counts = counts;
}

/// Tells of leads that came by themselves.
fn arrivals(model: &mut Model, counts: &Counts, out: &mut Out) {
    let more = counts.new_own.saturating_sub(model.counts.new_own);
    if model.desk.is_none() || more == 0 {
        return;
    }
    let text = if more == 1 { "a new lead came".into() } else { format!("{more} new leads came") };
    model.log(text.clone(), false);
    alarm::alert(model, text, false, out);
}

/// Holds the screen to the desk, after every change of it: the lead in front is the one that is shown, and a lead
/// that was not answered is shown only while it is in front, unless it is another one's to answer.
fn guard(model: &mut Model, out: &mut Out) {
    let front = model.engaged();
    let strict = model.settings.policy.gate.mode == GateMode::Strict;
    if let Some(opened) = &model.opened {
        let id = opened.dossier.id;
        let is_shown = front.map_or(opened.is_theirs || opened.dossier.handoff.is_answered(), |front| front == id);
        if strict && !is_shown {
            let text = format!("{} was dealt with elsewhere", words::name(model, id));
            let elsewhere = front.is_none();
            model.stop_after &= !elsewhere;
            model.opened = None;
            model.lead = Default::default();
            close_forms(model, None);
            if elsewhere {
                model.say(StatusKind::Info, text);
            }
        }
    }
    if let Some(front) = front {
        close_forms(model, Some(front));
        if model.opened.is_none() && model.pending != Some(Pending::Opening) {
            out.ask(Ask::Show(front));
        }
    }
    back_from_nothing(model);
}

/// Closes the dialogs that act on another lead than this.
fn close_forms(model: &mut Model, but: Option<LeadId>) {
    model.dialogs.retain(|dialog| dialog.form().is_none_or(|form| but.is_some_and(|lead| form.leads == [lead])));
}

/// A lead, whole. Whether it may stay on the screen is for the [`guard`].
fn show(model: &mut Model, opened: Box<Opened>, out: &mut Out) {
    let id = opened.dossier.id;
    let is_awaited = model.pending == Some(Pending::Opening);
    set_desk(model, opened.desk.clone(), opened.counts);
    let is_known = model.opened.as_ref().is_some_and(|shown| shown.dossier.id == id);
    // One that was asked for before the rep went elsewhere is not wanted any more.
    if !is_awaited && !is_known && model.engaged() != Some(id) {
        out.quiet();
        return guard(model, out);
    }
    if !is_known {
        model.lead = Default::default();
        model.list.select_lead(id);
    }
    model.opened = Some(opened);
    if is_awaited {
        model.pending = None;
    }
    if is_awaited || matches!(model.screen, Screen::Inbox | Screen::Lead) {
        model.screen = Screen::Lead;
        model.search.typing = false;
        alerts::see(model, Some(id), out);
    }
    guard(model, out);
}

/// An act is on disk: only now does the lead leave the screen.
fn done(model: &mut Model, acted: Acted, out: &mut Out) {
    model.pending = None;
    let lead = acted.lead;
    let name = words::name(model, lead);
    settle(model, &acted.act, vec![lead], name, acted.undo_until);
    set_desk(model, acted.desk, acted.counts);
    model.dialogs.retain(|dialog| dialog.form().is_none_or(|form| form.leads != [lead]));
    model.marks.remove(&lead);
    if model.opened.as_ref().is_some_and(|opened| opened.dossier.id == lead) {
        model.opened = None;
        model.lead = Default::default();
    }
    model.list.advance_from(lead);
    if let Some(summary) = acted.summary {
        model.list.refresh(summary);
    }
    outbox::acted(model, out);
    if acted.was_engaged {
        let passed = matches!(acted.act, Act::Skip { .. }).then_some(lead);
        command::go_on(model, passed, out);
    }
    alarm::look_again(model, out);
    guard(model, out);
    inbox::refresh(model, out);
}

/// What is remembered of an act: to undo it, to repeat it, to tell of it.
fn settle(model: &mut Model, act: &Act, leads: Vec<LeadId>, name: String, until: Time) {
    let text = format!("{} {name}", words::done(act, &model.settings.policy));
    if matches!(act, Act::Accept | Act::Reject(_) | Act::Attempt(_)) {
        model.last_act = Some(act.clone());
    }
    model.log(text.clone(), false);
    model.say(StatusKind::Done, text.clone());
    model.undo = Some(UndoOffer { leads, name, text, until });
}

fn bulk_done(
    model: &mut Model,
    act: Act,
    done: Vec<LeadId>,
    refused: Vec<(LeadId, Refusal)>,
    until: Time,
    out: &mut Out,
) {
    model.pending = None;
    close_forms(model, None);
    let names = std::mem::take(&mut model.marks);
    let name = |lead: &LeadId| names.get(lead).cloned().unwrap_or_else(|| lead.to_string());
    let verb = words::done(&act, &model.settings.policy);
    match &done[..] {
        [] => {}
        [one] => settle(model, &act, vec![*one], name(one), until),
        many => settle(model, &act, many.to_vec(), format!("{} leads", many.len()), until),
    }
    // Those that refused stay marked, so that they are found again.
    model.marks = refused.iter().map(|(lead, _)| (*lead, name(lead))).collect();
    let gate = refused.iter().find(|(_, refusal)| matches!(refusal, Refusal::Engaged { .. }));
    if let Some((_, refusal)) = gate {
        // None of them was at fault: another lead is open, and the rep goes there.
        model.say(StatusKind::Refused, refusal.to_string());
    } else if !refused.is_empty() {
        let refused = refused.iter().map(|(lead, refusal)| (*lead, name(lead), refusal.to_string())).collect();
        model.dialogs.push(Dialog::Bulk(dialog::bulk::BulkDialog { verb, done: done.len(), refused, scroll: 0 }));
    }
    alarm::look_again(model, out);
    guard(model, out);
    inbox::refresh(model, out);
}

/// An act was taken back: the rep goes to its lead, which is in front again if it was before. Of a bulk act that is
/// the one that was first.
fn undone(model: &mut Model, leads: &[LeadId], desk: Desk, counts: Counts, out: &mut Out) {
    model.pending = None;
    let offer = model.undo.take();
    let Some(&lead) = leads.last() else { return };
    let text = match (leads.len(), offer.filter(|offer| offer.leads == [lead])) {
        // Where its tab is not shown, only the offer still knows its name.
        (1, Some(offer)) => format!("taken back: {} is as before", offer.name),
        (1, None) => format!("taken back: {} is as before", words::name(model, lead)),
        (many, _) => format!("taken back: {many} leads are as before"),
    };
    let is_front = desk.current() == Some(lead);
    set_desk(model, desk, counts);
    if is_front || model.opened.as_ref().is_some_and(|opened| opened.dossier.id == lead) {
        model.opened = None;
        model.lead = Default::default();
    }
    if is_front {
        command::show(model, lead, out);
    }
    alarm::look_again(model, out);
    guard(model, out);
    model.log(text.clone(), false);
    model.say(StatusKind::Done, text);
    if model.search.active {
        inbox::refresh(model, out);
    } else {
        model.list.selected = Some(lead);
        inbox::reload(model, From::Around(lead), out);
    }
    model.list.select_lead(lead);
}

/// What was awaited will not come.
fn give_up(model: &mut Model, ask: &Ask) {
    let awaited = match ask {
        Ask::Engage(_) | Ask::EngageNext | Ask::Show(_) => Pending::Opening,
        Ask::Act { .. } | Ask::ActMany { .. } | Ask::Redo { .. } => Pending::Acting,
        Ask::Undo | Ask::UndoBulk(_) => Pending::Undoing,
        _ => return,
    };
    model.pending.take_if(|pending| *pending == awaited);
}

/// The form that waits for the answer to its act.
fn waiting_form(model: &mut Model) -> Option<&mut Dialog> {
    model.dialogs.iter_mut().find(|dialog| dialog.form().is_some_and(|form| form.waiting))
}

/// The rules said no: nothing was changed.
fn refused(model: &mut Model, ask: Ask, refusal: Refusal, out: &mut Out) {
    // A lead that was only looked at again is no matter for the status line.
    let is_unasked = matches!(ask, Ask::Show(_)) && model.pending != Some(Pending::Opening);
    give_up(model, &ask);
    let is_to_read = matches!(refusal, Refusal::NothingOwed { .. } | Refusal::Theirs { .. } | Refusal::InQueue { .. });
    if let (Ask::Engage(lead), true) = (&ask, is_to_read) {
        return command::show(model, *lead, out);
    }
    if let Ask::Show(lead) = ask
        && model.opened.as_ref().is_some_and(|opened| opened.dossier.id == lead)
    {
        model.opened = None;
        model.lead = Default::default();
    }
    // It was on the screen a moment ago: whoever looked at it is told where it went.
    let has_gone = is_unasked && model.opened.is_none() && matches!(refusal, Refusal::TakenAway { .. });
    match waiting_form(model) {
        Some(dialog) if matches!(ask, Ask::Act { .. } | Ask::ActMany { .. }) => dialog.refuse(&refusal),
        _ if has_gone => {
            model.log(refusal.to_string(), false);
            // What was being typed in may have been closed for it, which says so where the eye is.
            let is_told = matches!(ask, Ask::Show(lead) if dialog::barred::tell(model, lead, &refusal.to_string()));
            if !is_told {
                model.say(StatusKind::Info, refusal.to_string());
            }
        }
        _ if is_unasked => {}
        _ => model.say(StatusKind::Refused, refusal.to_string()),
    }
    if matches!(ask, Ask::WhyDue(_)) {
        dialog::whydue::missed(model);
    }
    if let Refusal::Engaged { .. } = refusal {
        // Another window or the command line opened a lead: the desk says which, and the rep goes there.
        close_forms(model, None);
        if !is_unasked {
            model.say(StatusKind::Refused, refusal.to_string());
        }
        out.ask(Ask::Desk);
    }
    back_from_nothing(model);
}

/// Without a lead there is no lead screen.
fn back_from_nothing(model: &mut Model) {
    if model.screen == Screen::Lead && model.opened.is_none() && model.pending != Some(Pending::Opening) {
        model.screen = Screen::Inbox;
    }
}

/// The store could not: nothing was changed, and the rep is told so.
fn failed(model: &mut Model, ask: &Ask, error: String, out: &mut Out) {
    // A search that was stopped for a newer letter is no failure.
    if matches!(ask, Ask::Search { generation, .. } if *generation != model.search.generation) {
        return out.quiet();
    }
    give_up(model, ask);
    model.log(error.clone(), true);
    match waiting_form(model).and_then(Dialog::form_mut) {
        Some(form) if matches!(ask, Ask::Act { .. } | Ask::ActMany { .. }) => {
            form.waiting = false;
            form.error = Some(error);
        }
        _ => model.say(StatusKind::Error, error),
    }
    match ask {
        Ask::Page(_) => inbox::missed(model),
        Ask::Soon => alarm::missed(model),
        Ask::Alerts => alarm::ring_gathered(model, out),
        Ask::WhyDue(_) => dialog::whydue::missed(model),
        Ask::Acknowledge { .. } => model.outbox.acknowledged = None,
        _ => {}
    }
    // Not through the guard, which would ask for a lead that cannot be read again and again.
    back_from_nothing(model);
}
