//! What was decided, and everything that it was decided by (R62, R124, F50).

use serde::{Deserialize, Serialize};

use super::rank::seconds;
use crate::handoff::Time;
use crate::handoff::roster::{Load, Responder};

/// Where a lead goes.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct Decision {
    /// Who has it now.
    pub target: Target,
    /// The rule that took the lead.
    pub rule: String,
    /// It went to the owner of its account: it is never re-routed at the first window (C20).
    pub pinned: bool,
    /// They asked for a demo, for prices or to talk: the fastest came first (R60).
    pub high_intent: bool,
    /// Every rule that was tried, in order; empty unless it was asked for.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub tried: Vec<Tried>,
}

/// A person or a queue.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(tag = "to", rename_all = "snake_case")]
pub enum Target {
    /// A person.
    Person {
        /// Their id.
        id: String,
    },
    /// A queue.
    Queue {
        /// Its name.
        name: String,
        /// Why nobody has the lead.
        why: String,
    },
}

/// One rule that was tried.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct Tried {
    /// Its name.
    pub rule: String,
    /// It took the lead.
    pub matched: bool,
    /// The first condition that failed with what the lead says; or that nobody qualified; or by what it took the lead.
    pub why: String,
    /// Everybody of its pool, in the order of their ids; nobody where a condition failed.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub people: Vec<Considered>,
}

/// One person who was looked at.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct Considered {
    /// Their id.
    pub id: String,
    /// What they had in hand then.
    pub load: Load,
    /// Their share compared with the others'; 0 where that, and what they had in hand, is not told.
    pub weight: u32,
    /// What came of it.
    #[serde(flatten)]
    pub verdict: Verdict,
}

impl Considered {
    pub(super) fn new(person: &Responder, verdict: Verdict) -> Self {
        Self { id: person.id.clone(), load: person.load.clone(), weight: person.weight, verdict }
    }

    /// The verdict in plain words; of the chosen one, what they have in hand.
    pub fn told(&self) -> String {
        let load = &self.load;
        match &self.verdict {
            Verdict::Chosen if self.weight == 0 => "chosen".into(),
            Verdict::Chosen => {
                let acknowledges =
                    load.median_ack_seconds.map(|median| format!(", acknowledges in {}", seconds(median)));
                let (open, today, weight) = (load.open, load.today, self.weight.max(1));
                let acknowledges = acknowledges.unwrap_or_default();
                format!("chosen, with {open} open leads, {today} today, weight {weight}{acknowledges}")
            }
            verdict => verdict.told(),
        }
    }
}

/// What came of looking at a person.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(tag = "verdict", rename_all = "snake_case")]
pub enum Verdict {
    /// Gets the lead.
    Chosen,
    /// Lacks what the rule asks.
    Unqualified {
        /// Both sides of it.
        why: String,
    },
    /// Not there.
    Unavailable {
        /// Why.
        why: String,
        /// From when on they are there; nothing if nobody can tell.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        #[schema(value_type = Option<String>, format = DateTime)]
        until: Option<Time>,
    },
    /// Has as many open leads as allowed.
    AtCap {
        /// Open leads.
        open: u32,
        /// The most.
        cap: u32,
    },
    /// Was given as many leads today as allowed.
    AtDailyCap {
        /// Leads today.
        today: u32,
        /// The most.
        cap: u32,
    },
    /// Is not to have it, for instance because it was taken from them.
    Excluded,
    /// Acknowledges more slowly than the chosen one.
    Slower {
        /// Both sides of it.
        why: String,
    },
    /// Could have it, but another came first.
    LaterInOrder {
        /// What decided.
        why: String,
    },
}

impl Decision {
    /// The decision and all that led to it in plain words, a line each; people are set in by two blanks.
    pub fn lines(&self) -> Vec<String> {
        let mut lines = Vec::new();
        for tried in &self.tried {
            let took = if tried.matched { "takes the lead" } else { "does not take it" };
            lines.push(format!("rule “{}” {took}: {}", tried.rule, tried.why));
            lines.extend(tried.people.iter().map(|person| format!("  {}: {}", person.id, person.told())));
        }
        let mut last = match &self.target {
            Target::Person { id } => format!("goes to {id} by the rule “{}”", self.rule),
            Target::Queue { name, why } => format!("goes to the queue “{name}” by the rule “{}”: {why}", self.rule),
        };
        if self.high_intent {
            last += "; high intent, so the fastest comes first";
        }
        if self.pinned {
            last += "; pinned, the account is theirs";
        }
        lines.push(last);
        lines
    }
}

impl Decision {
    /// The same for a rep: why colleagues were not there, and what they have in hand, is none of a colleague's business.
    pub fn for_colleague(mut self, reader: &str) -> Self {
        let mut is_told = false;
        for person in self.tried.iter_mut().flat_map(|tried| &mut tried.people).filter(|person| person.id != reader) {
            is_told = true;
            (person.load, person.weight) = (Load::default(), 0);
            if person.verdict != Verdict::Chosen {
                person.verdict = Verdict::LaterInOrder { why: "was not chosen".into() };
            }
        }
        if let (true, Target::Queue { why, .. }) = (is_told, &mut self.target) {
            "nobody can take it now".clone_into(why);
        }
        self
    }
}

impl Verdict {
    /// The verdict in plain words.
    pub fn told(&self) -> String {
        match self {
            Self::Chosen => "chosen".into(),
            Self::Unqualified { why } => format!("does not qualify, {why}"),
            Self::Unavailable { why, until: Some(until) } => {
                format!("{why}, back {}", until.format("%Y-%m-%d %H:%M UTC"))
            }
            Self::Unavailable { why, until: None } => why.clone(),
            Self::AtCap { open, cap } => format!("has {open} open leads, the cap is {cap}"),
            Self::AtDailyCap { today, cap } => format!("was given {today} leads today, the cap is {cap}"),
            Self::Excluded => "is not to have it again".into(),
            Self::Slower { why } | Self::LaterInOrder { why } => why.clone(),
        }
    }
}
