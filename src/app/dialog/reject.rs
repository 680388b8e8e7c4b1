//! Reject: one digit, or type (screens.md). The reasons are those of [`crate::handoff::policy::Policy::reasons`].
//!
//! ```text
//! ┌ Why is Maya Chen not for you? ─────────────────────────────┐
//! │ 1 wrong person        2 out of territory   3 bad data       │
//! │ out of territory → which?  [US-Midwest        ]             │
//! │ note (optional)            [                                │
//! └─ Esc back ──────────────────────────── ⏎ reject and go on ─┘
//! ```

use super::{Dialog, Flow, Form, Press};
use crate::app::action::Action;
use crate::app::input::{Input, Typed};
use crate::app::model::Model;
use crate::handoff::disposition::{Act, Rejection};
use crate::handoff::reason::{self, Reason};

/// The state of the reject dialog.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct RejectDialog {
    /// Which leads, and what went wrong.
    pub form: Form,
    /// Which part takes the keys.
    pub step: RejectStep,
    /// What was typed to narrow the reasons.
    pub filter: Input,
    /// Typing narrows the reasons: their keys do not pick at once any more.
    pub typing: bool,
    /// The reasons that fit the filter, as indices into the policy's.
    pub shown: Vec<usize>,
    /// The highlighted one, as an index into `shown`.
    pub at: usize,
    /// The reason that was picked, as an index into the policy's.
    pub reason: Option<usize>,
    /// The highlighted finer code, as an index into the reason's.
    pub sub_at: usize,
    /// The finer code that was picked.
    pub sub: Option<usize>,
    /// The answer to the reason's question.
    pub evidence: Input,
    /// Anything worth adding.
    pub note: Input,
    /// A note is asked for before it is sent (Tab or `+` at the reasons).
    pub with_note: bool,
}

/// The parts of the reject dialog, in their order.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub enum RejectStep {
    /// Picking the reason.
    #[default]
    Reason,
    /// Picking its finer code.
    Sub,
    /// Answering its question.
    Evidence,
    /// Adding a note.
    Note,
}

/// The team's reasons are others: one that was picked by its place may be another one now, and is picked anew. What was
/// typed stays.
pub fn choose_again(model: &mut Model) {
    let mut dialogs = std::mem::take(&mut model.dialogs);
    for dialog in &mut dialogs {
        if let Dialog::Reject(reject) = dialog {
            (reject.step, reject.reason, reject.sub, reject.sub_at) = (RejectStep::Reason, None, None, 0);
            reject.narrow(model);
            reject.form.error = Some("the team's reasons changed: choose again".into());
        }
    }
    model.dialogs = dialogs;
}

impl RejectDialog {
    /// The dialog with all reasons.
    pub fn new(form: Form, reasons: &[Reason]) -> Self {
        Self { form, shown: (0..reasons.len()).collect(), ..Self::default() }
    }

    /// The dialog as it was filled in for another lead, at the question that this one must answer anew.
    pub fn again(form: Form, reasons: &[Reason], last: &Rejection) -> Self {
        let mut dialog = Self::new(form, reasons);
        let found = reason::find(reasons, &last.code);
        if let Some(reason) = found {
            dialog.reason = reasons.iter().position(|known| known.code == reason.code);
            dialog.sub = reason.subs.iter().position(|sub| Some(sub) == last.sub.as_ref());
            dialog.step = if reason.evidence.is_some() { RejectStep::Evidence } else { RejectStep::Note };
            dialog.evidence = Input::with(last.evidence.as_deref().unwrap_or_default());
        }
        dialog
    }

    pub(super) fn press(&mut self, press: Press, model: &Model) -> Flow {
        let reasons = &model.settings.policy.reasons;
        match press.action {
            Some(Action::Cancel) => return self.back(model),
            Some(Action::Confirm) => return self.confirm(reasons),
            Some(Action::NextField) => return self.next_field(reasons),
            Some(Action::PreviousField) if self.step != RejectStep::Reason => return self.back(model),
            Some(Action::NextChoice) => self.choose(true, reasons),
            Some(Action::PreviousChoice) => self.choose(false, reasons),
            _ => return self.type_key(press, model),
        }
        Flow::Stay
    }

    /// A reason's own digit or letter picks it at once; any other letter begins to narrow, and from then on everything is
    /// only typed: “no budget until 2027” picks nothing.
    fn type_key(&mut self, press: Press, model: &Model) -> Flow {
        let reasons = &model.settings.policy.reasons;
        let typed = press.key.typed();
        match (self.step, typed) {
            (RejectStep::Reason, Some('+')) => self.with_note = !self.with_note,
            (RejectStep::Reason, Some('/')) if !self.typing => self.typing = true,
            (RejectStep::Reason, Some('?')) if !self.typing => return Flow::NotMine,
            (RejectStep::Reason, Some(char)) => {
                match reasons.iter().position(|reason| !self.typing && reason.key == char) {
                    Some(reason) => return self.pick(reason, reasons),
                    None => {
                        self.typing = true;
                        self.filter.key(press.key);
                        self.narrow(model);
                    }
                }
            }
            (RejectStep::Reason, None) => {
                if self.filter.key(press.key) == Typed::Changed {
                    self.narrow(model);
                }
                self.typing = !self.filter.is_blank();
            }
            (RejectStep::Sub, Some(char)) => {
                let count = self.reason(reasons).map_or(0, |reason| reason.subs.len());
                let at = char.to_digit(10).and_then(|digit| usize::try_from(digit).ok()?.checked_sub(1));
                match at.filter(|&at| at < count) {
                    Some(at) => return self.pick_sub(at, reasons),
                    None => return Flow::NotMine,
                }
            }
            (RejectStep::Sub, None) => {}
            (RejectStep::Evidence, _) => {
                self.evidence.key(press.key);
            }
            (RejectStep::Note, _) => {
                self.note.key(press.key);
            }
        }
        Flow::Stay
    }

    /// Fits the reasons to what is typed.
    pub(super) fn narrow(&mut self, model: &Model) {
        let wanted = self.filter.text().trim().to_lowercase();
        let fits = |reason: &Reason| {
            let mut names = [&reason.label, &reason.code].into_iter().chain(&reason.aliases);
            names.any(|name| name.to_lowercase().contains(&wanted))
        };
        let reasons = model.settings.policy.reasons.iter().enumerate();
        self.shown = reasons.filter(|(_, reason)| fits(reason)).map(|(at, _)| at).collect();
        self.at = 0;
    }

    fn reason<'a>(&self, reasons: &'a [Reason]) -> Option<&'a Reason> {
        self.reason.and_then(|at| reasons.get(at))
    }

    fn choose(&mut self, down: bool, reasons: &[Reason]) {
        let (at, count) = match self.step {
            RejectStep::Reason => (&mut self.at, self.shown.len()),
            RejectStep::Sub => {
                let count = self.reason(reasons).map_or(0, |reason| reason.subs.len());
                (&mut self.sub_at, count)
            }
            RejectStep::Evidence | RejectStep::Note => return,
        };
        *at = if down { (*at + 1).min(count.saturating_sub(1)) } else { at.saturating_sub(1) };
    }

    fn pick(&mut self, at: usize, reasons: &[Reason]) -> Flow {
        let asks = reasons.get(at).is_some_and(|reason| reason.evidence.is_some());
        // What answers another reason's question is no answer to this one's, and nobody would see it go.
        if !asks || self.reason.is_some_and(|last| last != at) {
            self.evidence.clear();
        }
        self.reason = Some(at);
        (self.sub, self.sub_at) = (None, 0);
        self.go_on(RejectStep::Sub, reasons)
    }

    fn pick_sub(&mut self, at: usize, reasons: &[Reason]) -> Flow {
        self.sub = Some(at);
        self.go_on(RejectStep::Evidence, reasons)
    }

    /// Goes on to the first part from `from` on that this reason asks for; sends it where there is none.
    fn go_on(&mut self, from: RejectStep, reasons: &[Reason]) -> Flow {
        let Some(reason) = self.reason(reasons) else { return Flow::Stay };
        let asks = |step| match step {
            RejectStep::Reason => false,
            RejectStep::Sub => !reason.subs.is_empty(),
            RejectStep::Evidence => reason.evidence.is_some(),
            // A note that was begun under another reason is shown before it goes with this one.
            RejectStep::Note => self.with_note || !self.note.is_blank(),
        };
        let steps = [RejectStep::Sub, RejectStep::Evidence, RejectStep::Note];
        match steps.into_iter().find(|&step| step >= from && asks(step)) {
            Some(step) => {
                self.step = step;
                Flow::Stay
            }
            None => self.submit(reason),
        }
    }

    fn submit(&self, reason: &Reason) -> Flow {
        Flow::Submit(Act::Reject(Rejection {
            code: reason.code.clone(),
            sub: self.sub.and_then(|at| reason.subs.get(at)).cloned(),
            evidence: self.evidence.given(),
            note: self.note.given(),
        }))
    }

    fn confirm(&mut self, reasons: &[Reason]) -> Flow {
        match self.step {
            RejectStep::Reason => match self.shown.get(self.at) {
                Some(&reason) => self.pick(reason, reasons),
                None => Flow::Stay,
            },
            RejectStep::Sub => self.pick_sub(self.sub_at, reasons),
            RejectStep::Evidence if self.evidence.is_blank() => {
                self.form.error = self.reason(reasons).and_then(|reason| reason.evidence.clone());
                Flow::Stay
            }
            RejectStep::Evidence => self.go_on(RejectStep::Note, reasons),
            RejectStep::Note => self.reason(reasons).map_or(Flow::Stay, |reason| self.submit(reason)),
        }
    }

    /// On to the next field; the note is among them once it was asked for so.
    fn next_field(&mut self, reasons: &[Reason]) -> Flow {
        match self.step {
            RejectStep::Reason => self.with_note = true,
            RejectStep::Sub => {
                self.with_note = true;
                return self.pick_sub(self.sub_at, reasons);
            }
            RejectStep::Evidence => {
                self.with_note = true;
                self.step = RejectStep::Note;
            }
            RejectStep::Note => {
                let asked = self.reason(reasons).is_some_and(|reason| reason.evidence.is_some());
                self.step = if asked { RejectStep::Evidence } else { RejectStep::Note };
            }
        }
        Flow::Stay
    }

    /// One part back; out of the dialog from the first.
    fn back(&mut self, model: &Model) -> Flow {
        let reason = self.reason(&model.settings.policy.reasons);
        self.step = match self.step {
            RejectStep::Reason if self.typing => {
                self.typing = false;
                self.filter.clear();
                self.narrow(model);
                RejectStep::Reason
            }
            RejectStep::Reason => return Flow::Close,
            RejectStep::Note if reason.is_some_and(|reason| reason.evidence.is_some()) => RejectStep::Evidence,
            RejectStep::Note | RejectStep::Evidence if reason.is_some_and(|reason| !reason.subs.is_empty()) => {
                RejectStep::Sub
            }
            _ => {
                self.with_note = false;
                RejectStep::Reason
            }
        };
        Flow::Stay
    }

    pub(super) fn input(&mut self) -> Option<&mut Input> {
        match self.step {
            RejectStep::Reason => {
                self.typing = true;
                Some(&mut self.filter)
            }
            RejectStep::Sub => None,
            RejectStep::Evidence => Some(&mut self.evidence),
            RejectStep::Note => Some(&mut self.note),
        }
    }
}
