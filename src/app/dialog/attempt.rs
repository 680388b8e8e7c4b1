//! Log a contact: channel, then outcome, and it is done; Tab before the outcome opens the fields (F20, R88).
//!
//! ```text
//! ┌ Contact with Maya Chen, 14:02 ──────────────────────────────┐
//! │ p phone   e e-mail   m message   l LinkedIn   v video        │
//! │ r reached   v voicemail   n no answer   w wrong number       │
//! │ note   [asked for Tuesday 10:00                             ]│
//! │ next   [Tue 10:00 call                                      ]│
//! │ cited  ▸ pricing page, third visit today                     │
//! └──────────────────────────────────────────────────────────────┘
//! ```

use super::Form;
use super::date::DateField;
use super::{Flow, Press};
use crate::app::action::Action;
use crate::app::input::Input;
use crate::app::model::Model;
use crate::app::screen::Screen;
use crate::handoff::activity::{self, Activity, Direction};
use crate::handoff::disposition::{Act, Attempt, NextStep};
use crate::handoff::disposition::{Channel, Outcome};
use crate::handoff::lead::LeadId;

/// The state of the contact dialog.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct AttemptDialog {
    /// Which lead, and what went wrong.
    pub form: Form,
    /// Which part takes the keys.
    pub step: AttemptStep,
    /// How.
    pub channel: Option<Channel>,
    /// What came of it; only one of the channel's own outcomes.
    pub outcome: Option<Outcome>,
    /// The fields are open: an outcome does not send at once, Enter does.
    pub details: bool,
    /// The signals that can be cited, the strongest first.
    pub signals: Vec<String>,
    /// The cited one, as an index into `signals`; nothing makes it a generic touch.
    pub cited: Option<usize>,
    /// A signal in the rep's own words, in place of those: typed at the same field.
    pub own_signal: Input,
    /// What was said.
    pub note: Input,
    /// When the next step is and what it is: `tue 10:00 call`.
    pub next: DateField,
    /// Why they are contacted so although they asked not to be (F87).
    pub consent: Input,
    /// They asked not to be contacted by this channel: `consent` must be filled in.
    pub barred: bool,
    /// They asked not to be called.
    pub do_not_call: bool,
    /// They asked not to be e-mailed.
    pub do_not_email: bool,
}

/// The parts of the contact dialog, in their order.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum AttemptStep {
    /// Picking the channel.
    #[default]
    Channel,
    /// Picking the outcome.
    Outcome,
    /// Writing a note.
    Note,
    /// Agreeing a next step.
    Next,
    /// Picking the signal that it referred to.
    Cited,
    /// Saying why consent is overruled; only where it is.
    Consent,
}

/// The key that picks a channel.
pub fn channel_key(channel: Channel) -> char {
    match channel {
        Channel::Phone => 'p',
        Channel::Email => 'e',
        Channel::Message => 'm',
        Channel::Linkedin => 'l',
        Channel::Video => 'v',
    }
}

/// The key that picks an outcome.
pub fn outcome_key(outcome: Outcome) -> char {
    match outcome {
        Outcome::Reached => 'r',
        Outcome::Voicemail => 'v',
        Outcome::NoAnswer => 'n',
        Outcome::AutoReply => 'a',
        Outcome::WrongNumber => 'w',
    }
}

/// The most signals that are offered.
const SIGNALS: usize = 9;

/// What a next step is called where only its time is given.
const FOLLOW_UP: &str = "follow up";

/// What can be cited of a lead (F20), the strongest first: what they did, asked, and came for. Of a lead that is not
/// open there is only what its line in the list says.
fn signals(model: &Model, lead: LeadId) -> Vec<String> {
    let words = |activity: &Activity| match activity.text.trim() {
        "" => activity.kind.label().to_owned(),
        text => format!("{}: {text}", activity.kind.label()),
    };
    let opened = model.opened.as_ref().filter(|opened| opened.dossier.id == lead && model.screen == Screen::Lead);
    let mut found: Vec<String> = Vec::new();
    if let Some(opened) = opened {
        let dossier = &opened.dossier;
        found.extend(activity::strongest(&dossier.trail).map(words));
        found.extend(dossier.lead.message.clone());
        found.extend(dossier.lead.trigger.as_ref().map(|trigger| trigger.what.clone()));
        let theirs = |activity: &&Activity| activity.direction == Direction::Inbound && activity.kind.strength() > 0;
        found.extend(dossier.trail.iter().filter(theirs).map(words));
    } else if let Some(row) = model.list.rows.iter().find(|row| row.id == lead) {
        found.extend(row.why.clone());
        found.extend(row.asked.clone());
    }
    let mut signals: Vec<String> = Vec::new();
    for signal in found {
        if signals.len() < SIGNALS && !signal.trim().is_empty() && !signals.contains(&signal) {
            signals.push(signal);
        }
    }
    signals
}

impl AttemptStep {
    const ALL: [Self; 6] = [Self::Channel, Self::Outcome, Self::Note, Self::Next, Self::Cited, Self::Consent];
}

impl AttemptDialog {
    /// The dialog with nothing cited: a touch is personal only if the rep says so (R50).
    pub fn new(form: Form, model: &Model) -> Self {
        let signals = form.leads.first().map_or_else(Vec::new, |&lead| signals(model, lead));
        let opened = model.opened.as_ref().filter(|opened| form.leads == [opened.dossier.id]);
        let person = opened.map(|opened| &opened.dossier.lead.person);
        Self {
            signals,
            do_not_call: person.is_some_and(|person| person.do_not_call),
            do_not_email: person.is_some_and(|person| person.do_not_email),
            form,
            ..Self::default()
        }
    }

    /// Picks the channel; says whether they asked not to be contacted by it.
    pub fn pick(&mut self, channel: Channel) -> bool {
        self.channel = Some(channel);
        self.outcome = self.outcome.filter(|outcome| channel.outcomes().contains(outcome));
        self.barred = match channel {
            Channel::Phone => self.do_not_call,
            Channel::Email => self.do_not_email,
            Channel::Message | Channel::Linkedin | Channel::Video => false,
        };
        self.details |= self.barred;
        self.step = AttemptStep::Outcome;
        self.barred
    }

    /// The cited signal: the rep's own words, else the chosen one.
    pub fn signal(&self) -> Option<String> {
        self.own_signal.given().or_else(|| self.cited.and_then(|at| self.signals.get(at)).cloned())
    }

    /// The rules want to know why consent is overruled.
    pub(super) fn ask_consent(&mut self) {
        (self.barred, self.details, self.step) = (true, true, AttemptStep::Consent);
    }

    /// The outcomes that can be picked: those of the channel.
    pub fn outcomes(&self) -> &'static [Outcome] {
        self.channel.map_or(&[], Channel::outcomes)
    }

    pub(super) fn press(&mut self, press: Press, model: &Model) -> Flow {
        match press.action {
            Some(Action::Cancel) => return self.back(),
            Some(Action::Confirm) => return self.confirm(model),
            Some(Action::NextField) => self.go(true),
            Some(Action::PreviousField) => self.go(false),
            Some(Action::NextChoice) => self.choose(true),
            Some(Action::PreviousChoice) => self.choose(false),
            _ => return self.type_key(press, model),
        }
        Flow::Stay
    }

    fn type_key(&mut self, press: Press, model: &Model) -> Flow {
        let typed = press.key.typed();
        match (self.step, typed) {
            (AttemptStep::Channel | AttemptStep::Outcome, Some('+')) => self.details = true,
            // The quick way to cite: the strongest signal, the next one, and in the end nothing again.
            (AttemptStep::Channel | AttemptStep::Outcome, Some('c' | 'C')) => {
                let next = self.cited.map_or(0, |at| at + 1);
                self.cited = (next < self.signals.len()).then_some(next);
            }
            (AttemptStep::Channel, Some(char)) => {
                let small = char.to_ascii_lowercase();
                let Some(channel) = Channel::ALL.into_iter().find(|&channel| channel_key(channel) == small) else {
                    return Flow::NotMine;
                };
                self.details |= char.is_ascii_uppercase();
                self.pick(channel);
            }
            (AttemptStep::Outcome, Some(char)) => {
                let small = char.to_ascii_lowercase();
                let known = self.outcomes().iter().copied();
                let Some(outcome) = known.into_iter().find(|&outcome| outcome_key(outcome) == small) else {
                    return Flow::NotMine;
                };
                self.details |= char.is_ascii_uppercase();
                self.outcome = Some(outcome);
                if !self.details {
                    return self.confirm(model);
                }
                self.step = if self.barred { AttemptStep::Consent } else { AttemptStep::Note };
            }
            (AttemptStep::Next, _) => {
                self.next.key(press.key, &model.base(), true);
            }
            _ => {
                if let Some(input) = self.input() {
                    input.key(press.key);
                }
            }
        }
        Flow::Stay
    }

    /// To the next or the previous field; the fields behind the outcome open thereby.
    fn go(&mut self, forth: bool) {
        self.details = true;
        let steps: Vec<AttemptStep> =
            AttemptStep::ALL.into_iter().filter(|&step| step != AttemptStep::Consent || self.barred).collect();
        let at = steps.iter().position(|&step| step == self.step).unwrap_or(0);
        let by = if forth { 1 } else { steps.len() - 1 };
        // Without a channel there is nothing to go to; without an outcome one may look ahead.
        let next = if self.channel.is_none() { AttemptStep::Channel } else { steps[(at + by) % steps.len()] };
        self.step = next;
    }

    fn choose(&mut self, down: bool) {
        fn turn<T: Copy + PartialEq>(all: &[T], now: Option<T>, down: bool) -> Option<T> {
            let count = all.len();
            let at = now.and_then(|now| all.iter().position(|&item| item == now));
            let next = match (at, down) {
                (None, true) => 0,
                (None, false) => count.checked_sub(1)?,
                (Some(at), true) => (at + 1) % count,
                (Some(at), false) => (at + count - 1) % count,
            };
            all.get(next).copied()
        }
        match self.step {
            AttemptStep::Channel => {
                if let Some(channel) = turn(&Channel::ALL, self.channel, down) {
                    self.pick(channel);
                    self.step = AttemptStep::Channel;
                }
            }
            AttemptStep::Outcome => self.outcome = turn(self.outcomes(), self.outcome, down),
            AttemptStep::Cited => {
                // Past the last there is none: a generic touch (R50).
                let count = self.signals.len();
                self.cited = match (self.cited, down) {
                    (None, true) => (count > 0).then_some(0),
                    (None, false) => count.checked_sub(1),
                    (Some(at), true) => (at + 1 < count).then_some(at + 1),
                    (Some(at), false) => at.checked_sub(1),
                };
            }
            AttemptStep::Note | AttemptStep::Next | AttemptStep::Consent => self.go(down),
        }
    }

    fn confirm(&mut self, model: &Model) -> Flow {
        let (channel, outcome) = match (self.channel, self.outcome) {
            (Some(channel), Some(outcome)) => (channel, outcome),
            (None, _) => {
                self.step = AttemptStep::Channel;
                self.form.error = Some("how was it?".into());
                return Flow::Stay;
            }
            (_, None) => {
                // From the channel on to the outcome.
                if self.step != AttemptStep::Channel {
                    self.form.error = Some("what came of it?".into());
                }
                self.step = AttemptStep::Outcome;
                return Flow::Stay;
            }
        };
        if self.barred && self.consent.is_blank() {
            self.step = AttemptStep::Consent;
            self.form.error = Some(format!("they asked not to be contacted by {}: why is it right?", channel.label()));
            return Flow::Stay;
        }
        let next = if self.next.input.is_blank() {
            None
        } else {
            match self.next.given(&model.base(), true, "") {
                Ok(at) => {
                    let what = if self.next.rest.is_empty() { FOLLOW_UP.to_owned() } else { self.next.rest.clone() };
                    Some(NextStep { at, what })
                }
                Err(error) => {
                    self.step = AttemptStep::Next;
                    self.form.error = Some(error);
                    return Flow::Stay;
                }
            }
        };
        Flow::Submit(Act::Attempt(Attempt {
            channel,
            outcome,
            at: None,
            note: self.note.given(),
            cited: self.signal(),
            next,
            consent_override: if self.barred { self.consent.given() } else { None },
        }))
    }

    /// From the outcome back to the channel, from anywhere else out.
    fn back(&mut self) -> Flow {
        if self.step == AttemptStep::Channel {
            return Flow::Close;
        }
        (self.step, self.outcome) = (AttemptStep::Channel, None);
        Flow::Stay
    }

    pub(super) fn input(&mut self) -> Option<&mut Input> {
        match self.step {
            AttemptStep::Channel | AttemptStep::Outcome => None,
            AttemptStep::Cited => Some(&mut self.own_signal),
            AttemptStep::Note => Some(&mut self.note),
            AttemptStep::Next => Some(&mut self.next.input),
            AttemptStep::Consent => Some(&mut self.consent),
        }
    }
}
