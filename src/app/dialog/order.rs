//! What is ordered for a lead of the team, or said of one of its people: of what, to whom, and why (F95, F96, F121).

use std::collections::BTreeMap;

use super::{Dialog, Flow, Press};
use crate::app::action::Action;
use crate::app::effect::Effect;
use crate::app::input::{Input, Typed};
use crate::app::model::Model;
use crate::app::out::Out;
use crate::app::team::TeamAsk;
use crate::handoff::preflight::Field;
use crate::wire::team::Order;

/// What is ordered.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum OrderKind {
    /// Give it to somebody else.
    #[default]
    Reassign,
    /// Take it oneself.
    Take,
    /// Ask its owner to act.
    Nudge,
    /// Let an item of the pre-flight pass.
    Waive,
    /// Fill in what it lacks.
    Complete,
    /// Somebody takes no leads for now.
    Pause,
}

/// The state of the dialog.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct OrderDialog {
    /// What is ordered.
    pub kind: OrderKind,
    /// The lead's number at the hub; 0 where it is about a person.
    pub lead: i64,
    /// The person's short name, where it is about one.
    pub person: String,
    /// The name of whom it is about.
    pub name: String,
    /// What there is to choose from; empty where nothing is.
    pub choices: Vec<Choice>,
    /// What is typed narrows the choices.
    pub filter: Input,
    /// The highlighted one of those that fit.
    pub at: usize,
    /// The text takes the keys, not the choice.
    pub at_text: bool,
    /// Why, or the value.
    pub text: Input,
    /// It was sent, and its answer is awaited.
    pub waiting: bool,
    /// Why it could not be done.
    pub error: Option<String>,
}

/// One thing to choose.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Choice {
    /// As the hub calls it.
    pub code: String,
    /// In words.
    pub label: String,
    /// What helps to choose.
    pub note: String,
}

/// Opens the dialog for an order.
pub fn open(model: &mut Model, action: Action) {
    let kind = match action {
        Action::Take => OrderKind::Take,
        Action::Nudge => OrderKind::Nudge,
        Action::Waive => OrderKind::Waive,
        Action::Complete => OrderKind::Complete,
        _ => OrderKind::Reassign,
    };
    let Some(lead) = model.team.lead() else { return };
    let choice = |code: &str, label: &str, note: String| Choice { code: code.into(), label: label.into(), note };
    let choices: Vec<Choice> = match kind {
        OrderKind::Reassign => model
            .team
            .people()
            .filter(|person| Some(&person.id) != lead.owner.as_ref())
            .map(|person| {
                let cap = person.open_cap.map(|cap| format!(" of {cap}")).unwrap_or_default();
                let paused = person.paused.as_ref().map(|why| format!(", paused: {why}")).unwrap_or_default();
                choice(&person.id, &person.name, format!("{}{cap} open{paused}", person.open))
            })
            .collect(),
        OrderKind::Waive => {
            let missing = lead.missing.iter();
            missing.map(|item| choice(&item.item, &item.label, item.why.clone().unwrap_or_default())).collect()
        }
        OrderKind::Complete => {
            Field::ALL.iter().map(|field| choice(field.code(), field.label(), String::new())).collect()
        }
        OrderKind::Take | OrderKind::Nudge | OrderKind::Pause => Vec::new(),
    };
    let at_text = choices.is_empty();
    let dialog = OrderDialog { kind, lead: lead.id, name: lead.name.clone(), choices, at_text, ..Default::default() };
    model.dialogs.push(Dialog::Order(dialog));
}

/// Opens the dialog that switches a person off, or switches them on again at once.
pub fn availability(model: &mut Model, out: &mut Out) {
    let Some(person) = model.team.person() else { return };
    if person.paused.is_some() {
        let ask = TeamAsk::Availability { person: person.id.clone(), paused: None };
        return out.push(Effect::Team(ask));
    }
    let (person, name) = (person.id.clone(), person.name.clone());
    let dialog = OrderDialog { kind: OrderKind::Pause, person, name, at_text: true, ..Default::default() };
    model.dialogs.push(Dialog::Order(dialog));
}

/// What was ordered is done.
pub fn close(model: &mut Model) {
    model.dialogs.retain(|dialog| !matches!(dialog, Dialog::Order(order) if order.waiting));
}

/// The hub did not do it; says whether the dialog is there to tell.
pub fn refuse(model: &mut Model, why: &str) -> bool {
    let waiting = model.dialogs.iter_mut().find_map(|dialog| match dialog {
        Dialog::Order(order) if order.waiting => Some(order),
        _ => None,
    });
    let is_told = waiting.is_some();
    if let Some(order) = waiting {
        (order.waiting, order.error) = (false, Some(why.to_owned()));
    }
    is_told
}

impl OrderDialog {
    /// The choices that fit what is typed.
    pub fn fitting(&self) -> Vec<&Choice> {
        let typed = self.filter.text().trim().to_lowercase();
        let fits = |choice: &&Choice| {
            choice.label.to_lowercase().contains(&typed) || choice.code.to_lowercase().contains(&typed)
        };
        self.choices.iter().filter(fits).collect()
    }

    /// What the text is: a reason, or a value.
    pub fn text_label(&self) -> &'static str {
        match self.kind {
            OrderKind::Complete => "value",
            OrderKind::Nudge => "to do",
            _ => "why",
        }
    }

    pub(super) fn press(&mut self, press: Press) -> Flow {
        // It is on its way, and cannot be taken back; nobody has to stand by.
        if self.waiting {
            return if press.action == Some(Action::Cancel) { Flow::Close } else { Flow::Stay };
        }
        self.error = None;
        let last = self.fitting().len().saturating_sub(1);
        match press.action {
            Some(Action::Cancel) => return Flow::Close,
            Some(Action::Confirm) => return self.confirm(),
            Some(Action::NextField | Action::PreviousField) => self.at_text = self.choices.is_empty() || !self.at_text,
            Some(Action::NextChoice) if !self.at_text => self.at = (self.at + 1).min(last),
            Some(Action::PreviousChoice) if !self.at_text => self.at = self.at.saturating_sub(1),
            _ if self.at_text => {
                self.text.key(press.key);
            }
            _ => {
                if self.filter.key(press.key) == Typed::Changed {
                    self.at = 0;
                }
            }
        }
        Flow::Stay
    }

    fn confirm(&mut self) -> Flow {
        let chosen = self.fitting().get(self.at).map(|choice| choice.code.clone());
        if !self.choices.is_empty() && chosen.is_none() {
            (self.at_text, self.error) = (false, Some("nothing fits: choose one of the list".into()));
            return Flow::Stay;
        }
        // From the choice on to the text.
        if !self.at_text {
            self.at_text = true;
            return Flow::Stay;
        }
        let Some(text) = self.text.given() else {
            let what = if self.kind == OrderKind::Complete { "a value is needed" } else { "say why, in a few words" };
            self.error = Some(what.into());
            return Flow::Stay;
        };
        let code = chosen.unwrap_or_default();
        let order = match self.kind {
            OrderKind::Reassign => Order::Reassign { to: code, why: text },
            OrderKind::Take => Order::Take { why: text },
            OrderKind::Nudge => Order::Nudge { why: text },
            OrderKind::Waive => Order::Waive { item: code, why: text },
            OrderKind::Complete => Order::Complete { fields: BTreeMap::from([(code, text)]) },
            OrderKind::Pause => {
                return self.send(TeamAsk::Availability { person: self.person.clone(), paused: Some(text) });
            }
        };
        self.send(TeamAsk::Order { lead: self.lead, order })
    }

    fn send(&mut self, ask: TeamAsk) -> Flow {
        self.waiting = true;
        Flow::Order(ask)
    }

    pub(super) fn input(&mut self) -> Option<&mut Input> {
        if self.waiting {
            return None;
        }
        Some(if self.at_text { &mut self.text } else { &mut self.filter })
    }

    pub(super) fn changed(&mut self) {
        self.at = self.at.min(self.fitting().len().saturating_sub(1));
    }
}
