//! From a key to what it does: dialogs first, then the search bar, then the screen's own keys. Keys resolve to an
//! action first; the action runs second, if it is allowed now.

use super::act;
use super::action::{Action, Context};
use super::allowed::{allowed, context};
use super::dialog;
use super::effect::{Ask, Effect, LaunchKind};
use super::key::{Code, Key};
use super::launch;
use super::model::{Model, Pending, StatusKind};
use super::out::Out;
use super::screen::{Motion, Screen, inbox, lead, outbox, reconcile, team};
use super::search;
use super::words;
use crate::handoff::lead::LeadId;
use crate::handoff::state::Stage;
use crate::handoff::summary::Tab;

/// The largest count before a motion.
const MOST_COUNT: u32 = 9999;

/// Takes a key.
pub fn key(model: &mut Model, key: Key, out: &mut Out) {
    if !model.size.has_room() {
        return key_unseen(model, key, out);
    }
    model.status = None;
    if !model.dialogs.is_empty() {
        dialog::key(model, key, out);
    } else if model.search.typing {
        search::key(model, key, out);
    } else {
        let action = model.keymap.action(context(model), key);
        if key.alt && action.is_none() {
            return after_esc(model, key, out);
        }
        // A digit that picks a tab begins no count; `0` begins one anywhere: `05j`.
        if let Code::Char(char) = key.code
            && let Some(digit) = char.to_digit(10).filter(|_| !key.ctrl && !key.alt)
            && (model.count.is_some() || action.is_none())
        {
            model.count = Some((model.count.unwrap_or(0) * 10 + digit).min(MOST_COUNT));
            return;
        }
        let count = model.count.take();
        match action {
            Some(action) => run(model, action, count, out),
            None => only_when_open(model, key),
        }
    }
}

/// Says of a key that means nothing in the list but would in an open lead what to do first: how to reach them and what
/// they did stands in the lead alone.
fn only_when_open(model: &mut Model, key: Key) {
    let is_list = model.screen == Screen::Inbox && model.list.selected.is_some();
    if let Some(action) = model.keymap.action(Context::Lead, key).filter(|_| is_list) {
        let (what, open) = (action.label().trim_end_matches('…'), model.keymap.label(Action::Open));
        model.say(StatusKind::Refused, format!("“{what}” is for an open lead: {open} opens the selected one"));
    }
}

/// Takes a key while the window is too small to show anything: one that is about the terminal alone.
fn key_unseen(model: &mut Model, key: Key, out: &mut Out) {
    let types = !model.dialogs.is_empty() || model.search.typing;
    let context = if types { Context::Dialog } else { context(model) };
    let action = model.keymap.action(context, key).filter(|_| !types || key.typed().is_none());
    if let Some(action @ (Action::Quit | Action::Suspend | Action::Redraw)) = action {
        run(model, action, None, out);
    }
}

/// Takes a key with Alt that means nothing here. Terminals send Alt as an Esc before the key: the two were typed one
/// after the other, and came together over a slow line.
pub fn after_esc(model: &mut Model, typed: Key, out: &mut Out) {
    key(model, Key::plain(Code::Esc), out);
    key(model, Key { alt: false, ..typed }, out);
}

/// Takes a paste: into the text that is being typed, if there is one.
pub fn paste(model: &mut Model, text: &str, out: &mut Out) {
    if !model.size.has_room() {
        return;
    }
    if !model.dialogs.is_empty() {
        dialog::paste(model, text);
    } else if model.search.typing {
        search::paste(model, text, out);
    }
}

/// Takes a click on a row of the list: selects it, or opens it if it is selected.
pub fn click(model: &mut Model, row: usize, out: &mut Out) {
    let at = model.list.top + row;
    let is_shown = model.screen == Screen::Inbox && model.dialogs.is_empty() && model.size.has_room();
    if !is_shown || at >= model.list.rows.len() {
        return;
    }
    if model.list.at == at && !model.search.typing {
        run(model, Action::Open, None, out);
    } else {
        model.list.select(at);
    }
}

/// Takes a turn of the wheel.
pub fn wheel(model: &mut Model, lines: i16, out: &mut Out) {
    if model.dialogs.is_empty() {
        travel(model, Motion::Lines(lines.into()), out);
    }
}

fn travel(model: &mut Model, motion: Motion, out: &mut Out) {
    match model.screen {
        Screen::Inbox => inbox::travel(model, motion, out),
        Screen::Lead => lead::scroll(model, motion),
        Screen::Reconcile => reconcile::scroll(model, motion),
        Screen::Outbox | Screen::Log => outbox::travel(model, motion),
        Screen::Team => team::travel(model, motion, out),
    }
}

/// Does what an action says, if it is allowed now; else says why not.
pub fn run(model: &mut Model, action: Action, count: Option<u32>, out: &mut Out) {
    // Quitting, help and what is about the terminal alone work always, in dialogs too.
    match action {
        Action::Quit => return out.push(Effect::Quit),
        Action::Suspend => return out.push(Effect::Suspend),
        Action::Redraw => return out.push(Effect::Redraw),
        Action::Help => return dialog::help::open(model),
        _ => {}
    }
    if let Err(why) = allowed(model, action) {
        // The lead in front is not on the screen, for whatever reason: go there.
        let absent = model.engaged().filter(|&front| model.pending.is_none() && !shows(model, front));
        match absent {
            Some(front) => show(model, front, out),
            None if !action.takes_letters() => model.say(StatusKind::Refused, why.clone()),
            None => {}
        }
        if action.takes_letters() {
            dialog::barred::open(model, action, why);
        }
        return;
    }
    if let Some(motion) = Motion::of(action, count.unwrap_or(1)) {
        return travel(model, motion, out);
    }
    match action {
        Action::Open => open_selected(model, out),
        // As everywhere: after a search, `n` and `N` go through what was found.
        Action::Next if searches(model) => {
            travel(model, Motion::Lines(isize::try_from(count.unwrap_or(1)).unwrap_or(1)), out);
        }
        Action::PreviousFound => {
            travel(model, Motion::Lines(-isize::try_from(count.unwrap_or(1)).unwrap_or(1)), out);
        }
        Action::Alerts => dialog::alerts::open(model, out),
        Action::Views => dialog::views::open(model),
        Action::View(number) => search::view(model, number, out),
        Action::Next => next(model, out),
        Action::Back => back(model, out),
        Action::NextRecord => lead::beside(model, true, out),
        Action::PreviousRecord => lead::beside(model, false, out),
        Action::Accept
        | Action::Reject
        | Action::Contact
        | Action::Defer
        | Action::Qualify
        | Action::Skip
        | Action::Snooze => act::begin(model, action, out),
        Action::Repeat => act::repeat(model, out),
        Action::StopAfter => {
            model.stop_after = !model.stop_after;
            let then = match then(model) {
                Then::List => "back to the list",
                Then::Found => "on to the next that was found",
                Then::Next => "on to the next lead",
            };
            model.say(StatusKind::Info, format!("after this one {then}"));
        }
        Action::Undo => {
            model.pending = Some(Pending::Undoing);
            out.ask(match &model.undo {
                Some(offer) if offer.leads.len() > 1 => Ask::UndoBulk(offer.leads.clone()),
                _ => Ask::Undo,
            });
        }
        Action::Mark => inbox::mark(model),
        Action::ClearMarks => model.marks.clear(),
        Action::NextTab => inbox::show_tab(model, beside(model.tab, 1), out),
        Action::PreviousTab => inbox::show_tab(model, beside(model.tab, Tab::ALL.len() - 1), out),
        Action::Tab(tab) => inbox::show_tab(model, tab, out),
        Action::Search => search::open(model),
        Action::Palette => dialog::palette::open(model),
        Action::Copy => dialog::copy::open(model),
        Action::Research => dialog::research::open(model),
        Action::WhyDue => dialog::whydue::open(model, out),
        Action::OpenCrm => open_outside(model, LaunchKind::Record, out),
        Action::Email => open_outside(model, LaunchKind::Email, out),
        Action::Call => open_outside(model, LaunchKind::Call, out),
        Action::Website => open_outside(model, LaunchKind::Website, out),
        Action::Profile => open_outside(model, LaunchKind::Profile, out),
        Action::Meeting => open_outside(model, LaunchKind::Meeting, out),
        Action::Ledger => model.lead.ledger = !model.lead.ledger,
        Action::TrailKind => lead::next_kind(model),
        Action::Outbox => outbox::toggle(model, out),
        Action::Log => outbox::toggle_log(model),
        // To the same the hub answers the same: what it has instead says more.
        Action::RetryParked
            if model.outbox.selected().is_some_and(|row| row.hub.is_some() && !row.can_be_retried()) =>
        {
            reconcile::open(model);
        }
        Action::RetryParked => outbox::retry(out),
        Action::Team => team::toggle(model, out),
        Action::TeamLeads => team::show(model),
        Action::Refresh => team::refresh(model, out),
        Action::Reassign | Action::Take | Action::Nudge | Action::Waive | Action::Complete => {
            dialog::order::open(model, action);
        }
        Action::Availability => dialog::order::availability(model, out),
        Action::Compare => reconcile::open(model),
        Action::Acknowledge => reconcile::acknowledge(model, out),
        Action::Redo => reconcile::redo(model, out),
        Action::GoToLead => reconcile::go_to_lead(model, out),
        // Before the first news of it, the network is taken to be there.
        Action::Network => out.push(Effect::Network(!(model.net.online || model.net.name.is_none()))),
        Action::Switch => out.push(Effect::Switch),
        // Motions and dialog keys are taken elsewhere.
        _ => {}
    }
}

/// The tab `by` places to the right, round and round.
fn beside(tab: Tab, by: usize) -> Tab {
    Tab::ALL[(tab as usize + by) % Tab::ALL.len()]
}

fn shows(model: &Model, lead: LeadId) -> bool {
    model.opened.as_ref().is_some_and(|opened| opened.dossier.id == lead)
}

/// Goes to a lead that is in front or answered; engages nothing.
pub fn show(model: &mut Model, lead: LeadId, out: &mut Out) {
    model.pending = Some(Pending::Opening);
    out.ask(Ask::Show(lead));
}

/// Opens the selected lead. One that owes an answer or a contact is engaged thereby; the store knows best, so one
/// that owes nothing after all is shown.
pub fn open_selected(model: &mut Model, out: &mut Out) {
    let Some(row) = model.list.selected_row() else { return };
    open_lead(model, row.id, row.stage, out);
}

/// Goes to a lead that was chosen elsewhere than in the list, if the gate lets one.
pub fn go_to(model: &mut Model, lead: LeadId, stage: Stage, out: &mut Out) {
    match (model.engaged(), model.pending) {
        (_, Some(_)) => model.say(StatusKind::Refused, "one moment: the last act is being saved"),
        (Some(front), _) if front != lead => model.say(StatusKind::Refused, words::owed(model, front)),
        (Some(_), _) => show(model, lead, out),
        (None, _) => open_lead(model, lead, stage, out),
    }
}

/// Opens a lead that stands so, as far as one knows.
fn open_lead(model: &mut Model, lead: LeadId, stage: Stage, out: &mut Out) {
    let ask = match stage {
        Stage::Assigned | Stage::Accepted => Ask::Engage(lead),
        _ => Ask::Show(lead),
    };
    model.pending = Some(Pending::Opening);
    out.ask(ask);
    out.quiet();
}

/// Opens the next lead of the queue.
pub fn next(model: &mut Model, out: &mut Out) {
    model.pending = Some(Pending::Opening);
    out.ask(Ask::EngageNext);
    out.quiet();
}

/// The list shows what was found.
pub fn searches(model: &Model) -> bool {
    model.screen == Screen::Inbox && model.search.active
}

/// Goes on after an act on the lead in front: within what was found, as long as that holds leads that owe something (but the
/// one that was just passed by); else to the next of the queue. If the rep said to stop, back to the list, unless an undo
/// left another one open.
pub fn go_on(model: &mut Model, passed: Option<LeadId>, out: &mut Out) {
    if model.stop_after && model.engaged().is_none() {
        return lead::leave(model);
    }
    if !model.search.active {
        return next(model, out);
    }
    match next_found(model, passed) {
        Some(lead) => {
            model.pending = Some(Pending::Opening);
            out.ask(Ask::Engage(lead));
            out.quiet();
        }
        None => lead::leave(model),
    }
}

/// Where an answer to the open lead leads.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Then {
    /// To the next lead of the queue.
    Next,
    /// To the next of those that were found.
    Found,
    /// Back to the list: the rep said so, or nothing else that was found owes anything.
    List,
}

/// Where an answer to the lead in front will lead, by what is known now: see [`go_on`].
pub fn then(model: &Model) -> Then {
    match model.search.active {
        _ if model.stop_after => Then::List,
        false => Then::Next,
        true if next_found(model, model.engaged()).is_some() => Then::Found,
        true => Then::List,
    }
}

/// The next of the leads that were found (but this one), below or else above: the unanswered first, then the uncontacted,
/// as in the queue.
fn next_found(model: &Model, but: Option<LeadId>) -> Option<LeadId> {
    let list = &model.list;
    let (above, below) = list.rows.split_at(list.at.min(list.rows.len()));
    let find = |stage| below.iter().chain(above).find(|row| row.stage == stage && Some(row.id) != but);
    find(Stage::Assigned).or_else(|| find(Stage::Accepted)).map(|row| row.id)
}

fn back(model: &mut Model, out: &mut Out) {
    match model.screen {
        Screen::Reconcile => model.screen = Screen::Outbox,
        Screen::Outbox | Screen::Log => outbox::leave(model),
        Screen::Team => team::back(model, out),
        Screen::Lead => lead::leave(model),
        Screen::Inbox if model.search.active || !model.search.input.is_blank() => search::clear(model, out),
        Screen::Inbox => model.marks.clear(),
    }
}

/// Opens something of the open lead outside of the terminal (F23).
pub fn open_outside(model: &mut Model, kind: LaunchKind, out: &mut Out) {
    match launch::launch(model, kind) {
        Ok(launch) => {
            model.say(StatusKind::Info, format!("opening {}", launch.url));
            out.push(Effect::Launch(launch));
        }
        Err(why) => model.say(StatusKind::Refused, why),
    }
}
