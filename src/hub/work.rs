//! A write: what one caller, or the clock, wants done, as a function over one transaction. All that changes a lead at
//! the hub passes [`Work::happen`], which asks the machine, writes the log and remembers who must hear of it.

use std::collections::BTreeSet;
use std::sync::Arc;

use serde::Serialize;
use uuid::Uuid;

use super::acknowledged;
use super::board::Marks;
use super::bridge::{self, Crms};
use super::channels::Channels;
use super::clockwork;
use super::db::{DbError, Tx};
use super::error::HubError;
use super::gate;
use super::leads::{self, Case, ms};
use super::log::{self, Entry, Head, Tail};
use super::people;
use super::roster::{self, Kept};
use super::rules::TeamRules;
use super::sync;
use crate::handoff::Time;
use crate::handoff::activity::Activity;
use crate::handoff::event::{Actor, Event, EventKind};
use crate::handoff::machine;
use crate::handoff::roster::{Load, Responder};
use crate::handoff::state::Stage;

/// One transaction with what is needed to decide in it.
pub struct Work<'w> {
    /// The database.
    pub tx: &'w mut dyn Tx,
    /// The hub's clock.
    pub now: Time,
    /// The team's rules.
    pub rules: &'w TeamRules,
    /// The views that changed.
    pub changed: BTreeSet<String>,
    /// The ways by which this hub tells people.
    pub channels: Arc<Channels>,
    /// There are providers that leads can be looked up at.
    pub looks_up: bool,
    /// The CRMs that are told what is done with their leads.
    pub bridges: Arc<Crms>,
    /// Everybody who can take leads, once somebody asked.
    roster: Option<Vec<Responder>>,
    /// The same people as a former commit left them: what they have in hand may be otherwise by now.
    former: Option<Kept>,
    /// Since when it is known who they are.
    since: Time,
    /// The state of people in which this transaction began ([`people::version`]), once somebody asked.
    people: Option<i64>,
    /// The end of the log, once somebody asked: what is new there is written by [`Work::settle`].
    tail: Option<Tail>,
    /// Old signatures of posts were deleted.
    has_forgotten: bool,
    /// The highest number of a lead, once somebody asked.
    last_lead: Option<i64>,
}

/// A savepoint of the database's, and what this work knew there.
pub(super) struct Savepoint {
    name: &'static str,
    log: log::Mark,
}

/// On what something was decided: the version of the policy, and what else went in (R124).
#[derive(Serialize)]
struct Basis<'b, T> {
    policy: &'b str,
    #[serde(skip_serializing_if = "Option::is_none")]
    inputs: Option<&'b T>,
}

/// Something happens, decided on nothing but the rules.
pub const NO_INPUTS: Option<&()> = None;

impl<'w> Work<'w> {
    /// Work in this transaction.
    pub fn new(tx: &'w mut dyn Tx, now: Time, rules: &'w TeamRules) -> Self {
        Self {
            tx,
            now,
            rules,
            changed: BTreeSet::new(),
            channels: Arc::default(),
            looks_up: false,
            bridges: Arc::default(),
            roster: None,
            former: None,
            since: now,
            people: None,
            tail: None,
            has_forgotten: false,
            last_lead: None,
        }
    }

    fn tail(&mut self) -> Result<&mut Tail, DbError> {
        let known = match self.tail.take() {
            Some(known) => known,
            None => Tail::read(self.tx)?,
        };
        Ok(self.tail.insert(known))
    }

    /// Puts an entry at the end of the log, and says which number it has there. Whoever reads the log's table after it in
    /// the same transaction has it written first.
    pub(super) fn log(&mut self, entry: Entry) -> Result<i64, DbError> {
        let tail = self.tail()?;
        tail.push(entry);
        Ok(tail.head().n)
    }

    /// The last entry, written or not.
    pub(super) fn head(&mut self) -> Result<Head, DbError> {
        Ok(self.tail()?.head())
    }

    /// Writes what is new in the log.
    pub(super) fn write_log(&mut self) -> Result<(), DbError> {
        self.tail.as_mut().map_or(Ok(()), |tail| tail.write(self.tx))
    }

    /// The same at the end of the transaction, and says where the log ends.
    pub(super) fn end_log(&mut self) -> Result<Head, DbError> {
        self.tail.as_mut().map_or(Ok(()), |tail| tail.end(self.tx))?;
        self.head()
    }

    /// Has all done that was to be done later: what fails of it fails now.
    pub(super) fn settle(&mut self) -> Result<(), DbError> {
        self.write_log()?;
        self.tx.settle()
    }

    /// The number of a lead that is new. Leads are never deleted and whoever writes is alone, so that no number is used
    /// again.
    pub(super) fn next_lead(&mut self) -> Result<i64, HubError> {
        let last = match self.last_lead {
            Some(last) => last,
            None => leads::last(self.tx)?,
        };
        self.last_lead = Some(last + 1);
        Ok(last + 1)
    }

    /// Forgets the signatures of posts that are too old to be sent again: once a commit, whatever it takes in.
    pub(super) fn forget_nonces(&mut self) -> Result<(), DbError> {
        if !std::mem::replace(&mut self.has_forgotten, true) {
            self.tx.later("DELETE FROM nonce WHERE expires_at < ?1", vec![ms(self.now).into()])?;
        }
        Ok(())
    }

    /// Makes a savepoint: what is done from now on can be taken back alone.
    pub(super) fn savepoint(&mut self, name: &'static str) -> Result<Savepoint, DbError> {
        let log = self.tail()?.mark();
        self.tx.later(&format!("SAVEPOINT {name}"), Vec::new())?;
        Ok(Savepoint { name, log })
    }

    /// Takes back what was done since, and with it what it had counted.
    pub(super) fn take_back(&mut self, to: &Savepoint) -> Result<(), DbError> {
        self.tx.command(&format!("ROLLBACK TO SAVEPOINT {}", to.name))?;
        self.tail()?.back_to(to.log);
        self.last_lead = None;
        self.forget_roster();
        Ok(())
    }

    /// Ends a savepoint: what stands now stays. What was to be done since is settled, or was taken back.
    pub(super) fn release(&mut self, savepoint: &Savepoint) -> Result<(), DbError> {
        self.tx.later(&format!("RELEASE SAVEPOINT {}", savepoint.name), Vec::new())
    }

    /// Lets something happen to a lead now, by the hub itself.
    pub fn happen(&mut self, case: &mut Case, what: EventKind) -> Result<(), HubError> {
        self.decide(case, what, NO_INPUTS)
    }

    /// The same, saying on what it was decided.
    pub fn decide<T: Serialize>(
        &mut self,
        case: &mut Case,
        what: EventKind,
        inputs: Option<&T>,
    ) -> Result<(), HubError> {
        let event = Event::new(Uuid::now_v7(), case.handoff.seq + 1, self.now, Actor::system(), what);
        self.record(case, event, inputs)
    }

    /// Lets an event happen to a lead, whoever made it. Its number within the lead is given here.
    pub fn record<T: Serialize>(
        &mut self,
        case: &mut Case,
        mut event: Event,
        inputs: Option<&T>,
    ) -> Result<(), HubError> {
        event.seq = case.handoff.seq + 1;
        let policy = &self.rules.config.policy;
        let (after, event) = machine::happen(&case.handoff, &case.lead, policy, event)?;
        let closes = (!event.closes.is_empty()).then(|| serde_json::to_string(&event.closes)).transpose()?;
        let entry = Entry {
            lead: Some((case.id, i64::from(event.seq))),
            id: event.id,
            at: ms(event.at),
            received_at: ms(self.now),
            actor: serde_json::to_string(&event.actor)?,
            what: serde_json::to_string(&event.what)?,
            closes,
            basis: Some(serde_json::to_string(&Basis { policy: self.rules.version(), inputs })?),
        };
        case.version = self.log(entry)?;
        let answered = acknowledged::answered(case, &after, &event.actor);
        if case.team.is_none() && [&case.handoff, &after].iter().any(|it| it.stage == Stage::DataCompletion) {
            // Those who watch what waits for its data hear that it came there, or went.
            self.changed.insert(gate::QUEUES.to_owned());
        }
        case.handoff = after;
        if let Some((from, to)) = answered {
            acknowledged::note(self, case, from, to)?;
        }
        let count = case.facts.count.after(&event.what);
        if count.cycle != case.facts.count.cycle {
            // What a former cycle did does not concern this one.
            case.facts.fired.clear();
        }
        case.facts.count = count;
        if let EventKind::Recycled { .. } | EventKind::MovedAtSource { to: Stage::Recycled, .. } = event.what {
            // Marketing has it again, and what happens from now on counts anew.
            (case.owner, case.queue, case.facts.cycle_since) = (None, None, Some(event.at));
            case.leaving.get_or_insert_with(|| "it went back to marketing".into());
        }
        self.note(case);
        bridge::tell(self, case, &event)
    }

    /// Writes a lead back, after all that happened to it, with what follows by itself.
    pub fn save(&mut self, case: &mut Case, trail: &[Activity]) -> Result<(), HubError> {
        if case.merged_into.is_none() {
            clockwork::settle(self, case, trail)?;
        }
        case.wake_at = clockwork::wake_at(self, case, trail);
        let holder = case.open_with().map(str::to_owned);
        if holder != case.counted {
            for (person, more) in [(case.counted.take(), -1_i32), (holder.clone(), 1)] {
                let Some(person) = person else { continue };
                roster::note_open(self.tx, &person, i64::from(more))?;
                if let Some(load) = self.load_of(&person) {
                    load.open = load.open.saturating_add_signed(more);
                }
            }
            case.counted = holder;
        }
        let marks = Marks::of(case, &self.rules.config, self.now);
        leads::save(self.tx, case, &marks, self.now)?;
        self.depart(case)?;
        self.note(case);
        // Those who watch hear that it came into a queue, or left it.
        let is_unclaimed = case.is_unclaimed();
        if std::mem::replace(&mut case.was_unclaimed, is_unclaimed) {
            self.changed.insert(gate::QUEUES.to_owned());
            if !is_unclaimed {
                sync::note_departure(self.tx, gate::QUEUES, case, "it no longer waits in a queue", self.now)?;
            }
        } else if is_unclaimed {
            sync::note_return(self.tx, gate::QUEUES, case.id)?;
        }
        Ok(())
    }

    /// Tells the views that a lead was in, and is no longer, that it left and why.
    fn depart(&mut self, case: &mut Case) -> Result<(), HubError> {
        let kept: Vec<String> = gate::views(case.owner.as_deref(), case.team.as_deref()).collect();
        let why = case.leaving.take().unwrap_or_else(|| "it is no longer yours".into());
        for view in std::mem::replace(&mut case.seen_in, kept.clone()) {
            if !kept.contains(&view) {
                sync::note_departure(self.tx, &view, case, &why, self.now)?;
                self.changed.insert(view);
            }
        }
        Ok(())
    }

    /// Everybody who can take leads, with what they have in hand now.
    pub fn roster(&mut self) -> Result<&[Responder], HubError> {
        if self.roster.is_none() {
            self.roster = Some(match self.former.take() {
                Some(former) => roster::renew(self.tx, former.roster, self.now)?,
                None => {
                    self.since = self.now;
                    roster::load(self.tx, self.rules, self.now)?
                }
            });
        }
        Ok(self.roster.as_deref().unwrap_or_default())
    }

    /// Gives a lead to a person: from now on it is theirs to answer.
    pub(super) fn give(&mut self, case: &mut Case, person: &str) -> Result<(), HubError> {
        roster::note_given(self.tx, person, self.now)?;
        let now = self.now;
        if let Some(load) = self.load_of(person) {
            load.today += 1;
            load.last_assigned_at = Some(now);
        }
        let team = match self.roster()?.iter().find(|other| other.id == person) {
            Some(responder) => responder.team.clone(),
            // A manager took it.
            None => people::find(self.tx, person)?.and_then(|person| person.team),
        };
        case.owner = Some(person.to_owned());
        case.team = team;
        case.queue = None;
        (case.facts.retry_at, case.facts.claimed_from) = (None, None);
        Ok(())
    }

    /// Somebody's availability changed.
    pub fn forget_roster(&mut self) {
        (self.roster, self.former) = (None, None);
    }

    /// Which state of people this transaction began with.
    pub(super) fn people(&mut self) -> Result<i64, DbError> {
        let known = match self.people {
            Some(known) => known,
            None => people::version(self.tx)?,
        };
        Ok(*self.people.insert(known))
    }

    /// Begins with the people whom the last commit left, as far as that is so still.
    pub(super) fn recall(&mut self, kept: Option<Kept>) -> Result<(), DbError> {
        let (people, head) = (self.people()?, self.tail()?.head().n);
        let Some(kept) = kept.filter(|kept| kept.is_so(people, self.rules.number, self.now)) else { return Ok(()) };
        self.since = kept.since;
        if kept.head == head {
            self.roster = Some(kept.roster);
        } else {
            self.former = Some(kept);
        }
        Ok(())
    }

    /// The people for the next commit, once the log is written.
    pub(super) fn keep(&mut self) -> Result<Option<Kept>, DbError> {
        let (people, rules, head) = (self.people()?, self.rules.number, self.tail()?.head().n);
        let kept = |roster| Kept { roster, since: self.since, people, rules, head };
        Ok(self.roster.take().map(kept).or_else(|| self.former.take()))
    }

    pub(super) fn load_of(&mut self, person: &str) -> Option<&mut Load> {
        self.roster.as_mut()?.iter_mut().find(|other| other.id == person).map(|other| &mut other.load)
    }

    /// Remembers who must hear that this lead changed.
    pub fn note(&mut self, case: &Case) {
        self.changed.extend(gate::views(case.owner.as_deref(), case.team.as_deref()));
        if case.is_unclaimed() {
            self.changed.insert(gate::QUEUES.to_owned());
        }
    }
}
