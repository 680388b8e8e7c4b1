//! What is allowed now: asked by the keys, the footer and the palette alike. The store decides for real; this is
//! so that the app offers nothing that would be refused.

use super::action::{Action, Context};
use super::effect::LaunchKind;
use super::launch;
use super::model::{Model, Pending};
use super::msg::OutboxLine;
use super::screen::{Screen, reconcile};
use super::words;
use crate::handoff::disposition::Act;
use crate::handoff::lead::LeadId;
use crate::handoff::refusal::Refusal;
use crate::handoff::state::Stage;

/// The context of the screen, where its keys are looked up.
pub fn context(model: &Model) -> Context {
    match model.screen {
        Screen::Inbox => Context::Inbox,
        Screen::Lead => Context::Lead,
        Screen::Outbox => Context::Outbox,
        Screen::Reconcile => Context::Compared,
        Screen::Log => Context::Log,
        Screen::Team => Context::Team,
    }
}

/// The lead that an act would be for, with its stage as far as the app knows it.
pub fn subject(model: &Model) -> Option<(LeadId, Stage)> {
    match (&model.opened, model.screen) {
        (Some(opened), Screen::Lead) => Some((opened.dossier.id, opened.dossier.handoff.stage)),
        (_, Screen::Inbox) => model.list.selected_row().map(|row| (row.id, row.stage)),
        _ => None,
    }
}

/// Whether the action can be done now; else why not, in words.
pub fn allowed(model: &Model, action: Action) -> Result<(), String> {
    if !action.contexts().contains(&context(model)) {
        return Err(format!("“{}” does nothing here", action.name()));
    }
    let touches_store = action.is_disposition()
        || matches!(
            action,
            Action::Open
                | Action::Next
                | Action::NextRecord
                | Action::PreviousRecord
                | Action::Undo
                | Action::Repeat
                | Action::Redo
                | Action::GoToLead
        );
    if touches_store && model.desk.is_none() {
        return Err("the leads are still being read".into());
    }
    if touches_store && let Some(pending) = model.pending {
        return Err(match pending {
            Pending::Opening => "one moment: the next lead is being opened".into(),
            Pending::Acting | Pending::Undoing => "one moment: the last act is being saved".into(),
        });
    }
    let is_over = matches!(model.screen, Screen::Outbox | Screen::Reconcile | Screen::Log | Screen::Team);
    if let Some(front) = model.engaged()
        && (action.leaves_lead() && !(action == Action::Back && is_over))
    {
        return Err(words::owed(model, front));
    }
    match action {
        Action::Accept
        | Action::Reject
        | Action::Contact
        | Action::Defer
        | Action::Qualify
        | Action::Skip
        | Action::Snooze => disposition(model, action),
        Action::Repeat => match &model.last_act {
            None => Err("there is nothing to repeat yet: accept, reject or log a contact first".into()),
            Some(Act::Accept) => disposition(model, Action::Accept),
            Some(Act::Attempt(_)) => disposition(model, Action::Contact),
            Some(_) => disposition(model, Action::Reject),
        },
        Action::StopAfter if !model.owes() => Err("this lead owes nothing: nothing follows it by itself".into()),
        Action::PreviousFound if !model.search.active => Err("nothing was searched for".into()),
        Action::View(number) => some(model.settings.view(number), "there is no such view: name it under [views]"),
        Action::Views => some(model.settings.views.first(), "no view is saved: name one under [views]"),
        Action::Alerts => some(model.alerts.waiting(model.now).next(), "nothing waits for your decision"),
        Action::Open => some(model.list.selected, "there is no lead to open"),
        Action::ClearMarks => some(model.marks.first_key_value(), "nothing is marked"),
        Action::WhyDue if model.screen == Screen::Inbox => match subject(model) {
            Some((_, Stage::Assigned)) => Err("open the lead first: its clocks are part of its context".into()),
            subject => some(subject, "there is no lead here"),
        },
        Action::Mark | Action::WhyDue | Action::Copy => some(subject(model), "there is no lead here"),
        Action::OpenCrm => launchable(model, LaunchKind::Record),
        Action::Email => launchable(model, LaunchKind::Email),
        Action::Call => launchable(model, LaunchKind::Call),
        Action::Website => launchable(model, LaunchKind::Website),
        Action::Profile => launchable(model, LaunchKind::Profile),
        Action::Meeting => launchable(model, LaunchKind::Meeting),
        Action::Team
        | Action::TeamLeads
        | Action::Refresh
        | Action::Reassign
        | Action::Take
        | Action::Nudge
        | Action::Waive
        | Action::Complete
        | Action::Availability => of_team(model, action),
        Action::Compare | Action::Acknowledge | Action::Redo | Action::GoToLead => reconcile::allowed(model, action),
        Action::RetryParked => {
            let says_more = model.outbox.selected().is_some_and(|row| row.hub.is_some());
            let can = says_more || model.outbox.rows.iter().any(OutboxLine::can_be_retried);
            some(can.then_some(()), "nothing here can be tried again")
        }
        Action::Network if !model.settings.demo => Err("only the demo can take the network away".into()),
        Action::Switch if !model.settings.demo => Err("only in the demo can one be somebody else".into()),
        _ => Ok(()),
    }
}

fn some<T>(option: Option<T>, or: &str) -> Result<(), String> {
    option.map(|_| ()).ok_or_else(|| or.to_owned())
}

/// What those may do who direct a team. The hub decides for real.
fn of_team(model: &Model, action: Action) -> Result<(), String> {
    let Some(member) = model.settings.member.as_ref().filter(|member| member.sees_board()) else {
        return Err("the team is for all but reps: sign in to a hub as one of them, with `leadbox login`".into());
    };
    let may = match action {
        Action::Reassign | Action::Nudge | Action::Availability => member.directs(),
        Action::Take => member.takes(),
        Action::Waive | Action::Complete => member.completes(),
        Action::TeamLeads if model.team.details.is_empty() => return Err("nothing stands behind this row".into()),
        _ => return Ok(()),
    };
    if !may {
        return Err(format!("“{}” is not for the role “{}”", action.name(), member.role.code()));
    }
    let view = &model.team;
    if action == Action::Availability {
        return some(view.person(), "choose a person first");
    }
    let lead = view.lead().ok_or_else(|| {
        let key = model.keymap.label(Action::TeamLeads);
        format!("choose a lead first: {key} goes to the leads of the chosen row")
    })?;
    match action {
        Action::Reassign => {
            let other = view.people().find(|person| Some(&person.id) != lead.owner.as_ref());
            some(other, "nobody else is there to give it to")
        }
        Action::Nudge => some(lead.owner.as_ref(), "nobody holds this lead: reassign it"),
        Action::Waive => some(lead.missing.first(), "no item of the pre-flight holds this lead up"),
        Action::Complete if lead.stage != Stage::DataCompletion => Err("this lead lacks nothing".into()),
        _ => Ok(()),
    }
}

fn launchable(model: &Model, kind: LaunchKind) -> Result<(), String> {
    launch::launch(model, kind).map(|_| ())
}

fn disposition(model: &Model, action: Action) -> Result<(), String> {
    if action == Action::Reject && model.screen == Screen::Inbox && !model.marks.is_empty() && model.engaged().is_none()
    {
        return Ok(());
    }
    let Some((lead, stage)) = subject(model) else { return Err("there is no lead here".into()) };
    if let Some(front) = model.engaged().filter(|&front| front != lead) {
        return Err(words::owed(model, front));
    }
    if let Some(refusal) = not_mine(model, lead) {
        return Err(refusal.to_string());
    }
    let is_front = model.desk.as_ref().is_some_and(|desk| desk.current() == Some(lead));
    let wrong = |hint| Err(Refusal::WrongStage { verb: verb(action), stage, hint }.to_string());
    match action {
        _ if !stage.is_open() => wrong("It needs no answer from you now."),
        // What a deferred lead returns to is known to the store alone.
        Action::Accept if !matches!(stage, Stage::Assigned | Stage::Deferred) => wrong("It was accepted before."),
        Action::Qualify if !matches!(stage, Stage::Connected | Stage::Deferred) => {
            wrong("An SQL needs a conversation: log the contact with outcome “reached” first.")
        }
        Action::Skip if !is_front => Err(Refusal::SkipNotEngaged { lead }.to_string()),
        Action::Skip if model.skips_left() == 0 => {
            Err(Refusal::SkipsSpent { limit: model.settings.policy.gate.skips }.to_string())
        }
        Action::Snooze if model.engaged() == Some(lead) => {
            Err("an open lead cannot be snoozed: its clock runs. Defer it, or skip it".into())
        }
        _ => Ok(()),
    }
}

/// Why nothing can be done about this lead, whatever it owes: somebody else holds it, or nobody, or it was taken away.
pub fn not_mine(model: &Model, lead: LeadId) -> Option<Refusal> {
    let owner = match model.opened.as_ref().filter(|opened| opened.dossier.id == lead) {
        Some(opened) if opened.is_theirs => opened.dossier.lead.owner.clone(),
        Some(_) => return None,
        None => {
            let row = model.list.selected_row().filter(|row| row.id == lead)?;
            if let Some(why) = row.taken_away.clone() {
                return Some(Refusal::TakenAway { lead, why });
            }
            if !row.is_theirs || !row.stage.is_open() {
                return None;
            }
            row.owner.clone()
        }
    };
    Some(owner.map_or(Refusal::InQueue { lead }, |owner| Refusal::Theirs { lead, owner }))
}

/// What the action does, as the end of "You cannot …": the words of [`Act::verb`].
fn verb(action: Action) -> &'static str {
    match action {
        Action::Accept => "accept",
        Action::Reject => "reject",
        Action::Contact => "log a contact with",
        Action::Defer => "defer",
        Action::Qualify => "qualify",
        Action::Skip => "skip",
        _ => "snooze",
    }
}
