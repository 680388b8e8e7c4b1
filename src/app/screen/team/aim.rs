//! From a lead to the same lead on the team's screen: to its row first, then to its place there, as the hub tells them.

use super::{Pick, TeamView, ask_details, look};
use crate::app::model::Model;
use crate::app::out::Out;
use crate::app::screen::Screen;
use crate::handoff::state::Stage;
use crate::wire::board::{Board, Of};
use crate::wire::hub_number;

/// The lead that is gone to.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Aim {
    /// Its number at the hub.
    lead: i64,
    owner: Option<String>,
    stage: Stage,
    /// The queue where it waits, as far as that is known here.
    queue: Option<String>,
    /// The rows where it may stand and that were not looked through, the likeliest last, which is looked at now; nothing
    /// before the board came.
    rows: Option<Vec<Pick>>,
}

/// The lead from which the team's screen is opened: the one that is open, or else the selected one. Only a hub's is there,
/// and while it is open.
pub(super) fn from(model: &Model) -> Option<Aim> {
    let (key, owner, stage, queue) = match (&model.opened, model.screen) {
        (Some(opened), Screen::Lead) => {
            let lead = &opened.dossier.lead;
            let queue = lead.routing.as_ref().and_then(|routing| routing.queue.clone());
            ((&lead.key.source, &lead.key.external_id), lead.owner.clone(), opened.dossier.handoff.stage, queue)
        }
        (_, Screen::Inbox) => {
            let row = model.list.selected_row()?;
            ((&row.source, &row.external_id), row.owner.clone(), row.stage, None)
        }
        _ => return None,
    };
    let lead = hub_number(key.0, key.1).filter(|_| !stage.is_closed())?;
    Some(Aim { lead, owner, stage, queue, rows: None })
}

/// The board came: to the row where the lead stands, by what is known of it.
pub(super) fn begin(view: &mut TeamView) {
    let picks = view.picks();
    let Some((aim, board)) = view.aim.as_mut().zip(view.board.as_deref()).filter(|(aim, _)| aim.rows.is_none()) else {
        return;
    };
    let mut rows = rows(aim, board);
    // Its owner may be none of those who are on the board.
    rows.retain(|row| picks.contains(row));
    aim.rows = Some(rows);
    choose(view);
}

fn rows(aim: &Aim, board: &Board) -> Vec<Pick> {
    let of = match (&aim.owner, aim.stage) {
        (Some(owner), _) => vec![Of::Rep(owner.clone())],
        (None, Stage::DataCompletion) => vec![Of::Completion],
        (None, _) => {
            let mut queues: Vec<&str> = board.queues.iter().rev().map(|queue| queue.name.as_str()).collect();
            queues.sort_by_key(|&queue| Some(queue) == aim.queue.as_deref());
            queues.into_iter().map(|queue| Of::Queue(queue.to_owned())).collect()
        }
    };
    of.into_iter().map(Pick::Leads).collect()
}

/// To the likeliest row where the lead may stand; without one, it is looked for no more.
fn choose(view: &mut TeamView) {
    match view.aim.as_ref().and_then(|aim| aim.rows.as_ref()?.last()) {
        Some(row) => view.chosen = Some(row.clone()),
        None => view.aim = None,
    }
}

/// A page of the chosen row came: to the lead, if it stands there, else on to where it may stand.
pub(super) fn seek(view: &mut TeamView, out: &mut Out) {
    let Some((lead, rows)) = view.aim.as_mut().and_then(|aim| Some((aim.lead, aim.rows.as_mut()?))) else { return };
    // The row is gone from the board, and another one is chosen.
    if view.details.of.as_ref() != rows.last() {
        view.aim = None;
        return;
    }
    if let Some(at) = view.details.leads.iter().position(|known| known.id == lead) {
        (view.details.at, view.inside, view.aim) = (at, true, None);
        return;
    }
    match (view.details.of.clone(), view.details.next.clone()) {
        (Some(of), Some(after)) => ask_details(view, of, Some(after), out),
        _ => {
            rows.pop();
            choose(view);
            if view.aim.is_some() {
                look(view, out);
            }
        }
    }
}
