//! The team's screen: who has what in hand, what waits, what is late; and the leads behind each figure (F94, F95).

mod aim;

use super::{Motion, Screen, outbox};
use crate::app::dialog::order;
use crate::app::effect::Effect;
use crate::app::model::{Model, StatusKind};
use crate::app::out::Out;
use crate::app::team::{TeamAsk, TeamReply, Trouble};
use crate::wire::board::{Board, BoardLead, BoardPerson, IncidentLine, Of};
use aim::Aim;

/// What is known of the team.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct TeamView {
    /// The board as it came last.
    pub board: Option<Box<Board>>,
    /// Why it could not be had since.
    pub trouble: Option<Trouble>,
    /// The chosen row; the first one where it is gone.
    pub chosen: Option<Pick>,
    /// The keys move in the leads of the chosen row, not among the rows.
    pub inside: bool,
    /// The leads, or breaches, of the chosen row.
    pub details: Details,
    /// The board was asked for and has not come.
    asking: bool,
    /// There was news meanwhile.
    again: bool,
    /// The lead that is gone to, until it is found.
    aim: Option<Aim>,
}

/// A row that can be chosen.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Pick {
    /// The leads of a person, of a queue, or of a list.
    Leads(Of),
    /// The breaches.
    Incidents,
}

/// What stands behind a row.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Details {
    /// Behind which.
    pub of: Option<Pick>,
    /// Leads.
    pub leads: Vec<BoardLead>,
    /// Breaches.
    pub incidents: Vec<IncidentLine>,
    /// The selected one.
    pub at: usize,
    /// Where the next page begins, if there is one.
    pub next: Option<String>,
    /// They came: an empty list is empty, not unread.
    pub read: bool,
    /// Why they could not be had.
    pub trouble: Option<Trouble>,
    /// What was asked for and has not come.
    asked: Option<(Pick, Option<String>)>,
    /// How many pages are shown.
    pages: usize,
    /// The same pages as they are read anew: they are shown once as many are there.
    anew: Option<Box<Details>>,
}

impl Details {
    /// Nothing is there to be shown.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    fn len(&self) -> usize {
        self.leads.len().max(self.incidents.len())
    }
}

impl TeamView {
    /// The rows that can be chosen, from top to bottom.
    pub fn picks(&self) -> Vec<Pick> {
        let Some(board) = &self.board else { return Vec::new() };
        let people = board.teams.iter().flat_map(|team| &team.people).map(|person| Of::Rep(person.id.clone()));
        let queues = board.queues.iter().map(|queue| Of::Queue(queue.name.clone()));
        let lists = [Of::Completion, Of::Idle];
        people.chain(queues).chain(lists).map(Pick::Leads).chain([Pick::Incidents]).collect()
    }

    /// The chosen row.
    pub fn pick(&self) -> Option<Pick> {
        let picks = self.picks();
        self.chosen.clone().filter(|chosen| picks.contains(chosen)).or_else(|| picks.into_iter().next())
    }

    /// The person of the chosen row.
    pub fn person(&self) -> Option<&BoardPerson> {
        let Some(Pick::Leads(Of::Rep(id))) = self.pick() else { return None };
        self.people().find(|person| person.id == id)
    }

    /// Everybody on the board.
    pub fn people(&self) -> impl Iterator<Item = &BoardPerson> {
        self.board.iter().flat_map(|board| &board.teams).flat_map(|team| &team.people)
    }

    /// The selected lead, where the keys move among leads.
    pub fn lead(&self) -> Option<&BoardLead> {
        self.details.leads.get(self.details.at).filter(|_| self.inside)
    }
}

/// Shows the team over whatever is there, with the lead from which one comes, or goes back to it.
pub fn toggle(model: &mut Model, out: &mut Out) {
    if model.screen == Screen::Team {
        return leave(model, out);
    }
    model.team.aim = aim::from(model);
    model.screen = Screen::Team;
    // What was seen before stands until the answer comes.
    model.team.inside = false;
    out.push(Effect::Team(TeamAsk::Watch(true)));
    refresh(model, out);
}

/// Out of the leads, or back to what lies under the screen.
pub fn back(model: &mut Model, out: &mut Out) {
    model.team.aim = None;
    if model.team.inside {
        model.team.inside = false;
    } else {
        leave(model, out);
    }
}

/// Back to what lies under the screen.
fn leave(model: &mut Model, out: &mut Out) {
    out.push(Effect::Team(TeamAsk::Watch(false)));
    outbox::leave(model);
}

/// Whoever left the screen, or opened a dialog over it, is led to no lead any more.
pub fn stay(model: &mut Model) {
    if model.screen != Screen::Team || !model.dialogs.is_empty() {
        model.team.aim = None;
    }
}

/// Asks for the board, unless it is on its way: then again when it came.
pub fn refresh(model: &mut Model, out: &mut Out) {
    let view = &mut model.team;
    if view.asking {
        view.again = true;
        return;
    }
    view.asking = true;
    out.push(Effect::Team(TeamAsk::Board));
}

/// Into the leads of the chosen row.
pub fn show(model: &mut Model) {
    let view = &mut model.team;
    (view.inside, view.aim) = (!view.details.is_empty(), None);
}

/// Moves among the rows, or among the leads of the chosen one.
pub fn travel(model: &mut Model, motion: Motion, out: &mut Out) {
    let page = usize::from(model.size.list_rows).max(1);
    let view = &mut model.team;
    // Whoever goes elsewhere by hand is not taken away from there.
    view.aim = None;
    if view.inside {
        let details = &mut view.details;
        details.at = motion.from(details.at, details.len(), page);
        let is_last = details.at + 1 >= details.len();
        if let (true, Some(pick), Some(next)) = (is_last, details.of.clone(), details.next.clone()) {
            ask_details(view, pick, Some(next), out);
        }
        return;
    }
    let picks = view.picks();
    let at = view.pick().and_then(|pick| picks.iter().position(|other| *other == pick)).unwrap_or(0);
    view.chosen = picks.get(motion.from(at, picks.len(), page)).cloned();
    look(view, out);
}

/// Asks for what stands behind the chosen row, from the start.
fn look(view: &mut TeamView, out: &mut Out) {
    let Some(pick) = view.pick() else { return };
    // It stays the chosen one, whoever comes above it.
    view.chosen = Some(pick.clone());
    if view.details.of.as_ref() != Some(&pick) {
        let asked = view.details.asked.take();
        view.details = Details { of: Some(pick.clone()), asked, ..Details::default() };
        view.inside = false;
    }
    ask_details(view, pick, None, out);
}

/// One question at a time: of a row that was passed by, the answer is not awaited twice.
fn ask_details(view: &mut TeamView, pick: Pick, after: Option<String>, out: &mut Out) {
    if view.details.asked.is_some() {
        return;
    }
    view.details.asked = Some((pick.clone(), after.clone()));
    out.push(Effect::Team(match pick {
        Pick::Leads(of) => TeamAsk::Leads { of, after },
        Pick::Incidents => TeamAsk::Incidents { after },
    }));
}

/// Takes what the hub said.
pub fn heard(model: &mut Model, reply: TeamReply, out: &mut Out) {
    let is_shown = model.screen == Screen::Team;
    match reply {
        TeamReply::News if is_shown => {
            refresh(model, out);
            out.quiet();
        }
        // The screen was left for another one.
        TeamReply::News => {
            out.push(Effect::Team(TeamAsk::Watch(false)));
            out.quiet();
        }
        TeamReply::Board(board) => {
            let view = &mut model.team;
            (view.asking, view.board, view.trouble) = (false, Some(board), None);
            if is_shown {
                aim::begin(view);
                look(view, out);
            }
            if std::mem::take(&mut view.again) && is_shown {
                refresh(model, out);
            }
        }
        TeamReply::Leads { of, after, page } => {
            let put = |details: &mut Details| details.leads.extend(page.leads);
            fill(&mut model.team, &Pick::Leads(of), after.is_some(), page.next, out, put);
        }
        TeamReply::Incidents { after, page } => {
            let put = |details: &mut Details| details.incidents.extend(page.incidents);
            fill(&mut model.team, &Pick::Incidents, after.is_some(), page.next, out, put);
        }
        TeamReply::Done(text) => {
            order::close(model);
            model.log(text.clone(), false);
            model.say(StatusKind::Done, text);
            if is_shown {
                refresh(model, out);
            }
        }
        TeamReply::Failed { ask, trouble } => failed(model, &ask, trouble, out),
    }
}

/// A page came: it is shown if its row is still the chosen one, else that one's is asked for. What is read anew is shown
/// when all of it is there: whoever is far down stays there.
fn fill(
    view: &mut TeamView,
    pick: &Pick,
    is_more: bool,
    next: Option<String>,
    out: &mut Out,
    put: impl FnOnce(&mut Details),
) {
    view.details.asked = None;
    if view.details.of.as_ref() != Some(pick) {
        return look(view, out);
    }
    let details = &mut view.details;
    let mut anew = if is_more { details.anew.take() } else { Some(Box::default()) };
    let target = anew.as_deref_mut().unwrap_or(details);
    put(target);
    (target.next, target.pages) = (next, target.pages + 1);
    if let Some(read) = anew {
        if read.pages < details.pages && read.next.is_some() {
            let after = read.next.clone();
            details.anew = Some(read);
            return ask_details(view, pick.clone(), after, out);
        }
        let selected = details.leads.get(details.at).map(|lead| lead.id);
        let same = read.leads.iter().position(|lead| Some(lead.id) == selected);
        let at = same.unwrap_or(details.at);
        *details = Details { of: details.of.take(), at, ..*read };
    }
    (details.read, details.trouble) = (true, None);
    details.at = details.at.min(details.len().saturating_sub(1));
    view.inside &= !details.is_empty();
    aim::seek(view, out);
}

fn failed(model: &mut Model, ask: &TeamAsk, trouble: Trouble, out: &mut Out) {
    let view = &mut model.team;
    match ask {
        TeamAsk::Watch(_) => {}
        TeamAsk::Board => {
            (view.asking, view.again) = (false, false);
            view.trouble = Some(trouble);
        }
        TeamAsk::Leads { .. } | TeamAsk::Incidents { .. } => {
            let asked = view.details.asked.take();
            if asked.is_some_and(|(pick, _)| Some(pick) == view.details.of) {
                (view.details.trouble, view.details.read, view.details.anew) = (Some(trouble), true, None);
                view.aim = None;
            } else {
                look(view, out);
            }
        }
        TeamAsk::Order { .. } | TeamAsk::Availability { .. } => {
            model.log(trouble.why.clone(), true);
            if !order::refuse(model, &trouble.why) {
                model.say(StatusKind::Refused, trouble.why);
            }
            // Whatever it was, the board may say more.
            refresh(model, out);
        }
    }
}

#[cfg(test)]
mod tests;
