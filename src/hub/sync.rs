//! What laptops pull and push: the hub's word on the leads that one sees, and a rep's answers to them.

use chrono::{Duration, SubsecRound};
use serde::Serialize;
use sha2::{Digest, Sha256};

use super::alerts;
use super::db::{Row, Scope, Tx, Value};
use super::error::HubError;
use super::gate;
use super::intake;
use super::leads::{self, Case, ms, time};
use super::log::{self, Head};
use super::rules::TeamRules;
use super::word;
use super::work::{NO_INPUTS, Work};
use crate::handoff::Time;
use crate::handoff::event::{Actor, Event, EventKind};
use crate::handoff::machine;
use crate::handoff::refusal::Refusal;
use crate::wire::Written;
use crate::wire::problem::{Code, Problem};
use crate::wire::sync::{Form, GoneLead, LeadState, Op, Outcome, Receipt};

/// The most leads of a page.
pub const MOST: i64 = 500;

/// A page ends after so many bytes, however few leads that are: a few may have a long trail.
const MOST_PAGE: usize = 4 * 1024 * 1024;

/// How much of an entry's hash a cursor has, in digits.
const HASH_DIGITS: usize = 16;

/// How much of the hash of what one sees a cursor has, in bytes.
const VIEW_BYTES: usize = 4;

/// The most that a laptop's clock may be off before what it says about time is not believed, in hours.
const BELIEVABLE_HOURS: i64 = 24;

/// For so long after a lead went from somebody their contacts with it are kept: a laptop that was not in the net did not
/// hear of it. In days.
const UNHEARD_DAYS: i64 = 7;

/// The name of this database's history: a cursor of another one means nothing here.
fn epoch(tx: &mut dyn Tx) -> Result<String, HubError> {
    let rows = tx.query("SELECT value FROM meta WHERE name = 'epoch'", &[])?;
    Ok(rows.first().map(|row| row.text(0).map(str::to_owned)).transpose()?.unwrap_or_default())
}

/// Gives a database that has none the name of its history.
pub fn found(tx: &mut dyn Tx) -> Result<(), HubError> {
    tx.execute(
        "INSERT INTO meta (name, value) VALUES ('epoch', ?1) ON CONFLICT (name) DO NOTHING",
        &[uuid::Uuid::new_v4().simple().to_string().into()],
    )?;
    Ok(())
}

/// Gives a database another name for its history, after it was put back to a copy: whatever laptops read or were told
/// before counts no longer, and they offer again what they had sent. Where that is forgotten, cursors find it out only
/// if they were ahead of the copy.
pub fn renew_epoch(tx: &mut dyn Tx) -> Result<(), HubError> {
    tx.execute("DELETE FROM meta WHERE name = 'epoch'", &[])?;
    found(tx)
}

/// How far one has read what changed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Reached {
    /// Up to this entry of the log.
    n: i64,
    /// Where the log ended when one began to read from the start; nothing once one has come to its end. Up to there nothing
    /// can have left whom it was not told to.
    began: Option<i64>,
}

/// What changed for one after this place in the log, or from the start, at most `limit` leads of it.
/// It is written out of what stands in the database.
pub fn pull(
    tx: &mut dyn Tx,
    rules: &TeamRules,
    scope: &Scope,
    after: Option<Reached>,
    limit: i64,
    form: Form,
) -> Result<String, HubError> {
    let head = log::head(tx)?;
    let Reached { n: after, began } = after.unwrap_or(Reached { n: 0, began: Some(head.n) });
    let limit = limit.clamp(1, MOST);
    let (seen, params) = gate::seen(scope, 3);
    let params: Vec<Value> = [after.into(), limit.into()].into_iter().chain(params).collect();
    let condition = format!("lead.version > ?1 AND lead.merged_into IS NULL AND {seen} ORDER BY lead.version LIMIT ?2");
    let told = word::of(tx, &condition, &params, MOST_PAGE, form)?;
    let more = told.is_cut || i64::try_from(told.count).unwrap_or(i64::MAX) >= limit;
    // A page that is full ends with its last lead; one that is not has seen everything.
    let until = told.last.filter(|_| more).unwrap_or(head.n);
    let reached = Reached { n: until, began: began.filter(|_| more) };
    let (gone, next) = (json(&departures(tx, scope, after, until)?)?, json(&cursor(tx, scope, reached, head)?)?);
    let (policy, alerts, mut page) = (json(&rules.version())?, alerts::newest(tx, scope)?, told.leads);
    let (begin, end) = match form {
        Form::Page => ("[".to_owned(), "]}"),
        Form::Lines => (format!("{}}}\n", told.count), ""),
    };
    let head =
        format!(r#"{{"gone":{gone},"next":{next},"more":{more},"policy":{policy},"alerts":{alerts},"leads":{begin}"#);
    // Put before and behind them: a page has megabytes.
    page.insert_str(0, &head);
    page.push_str(end);
    Ok(page)
}

fn json<T: Serialize>(value: &T) -> Result<String, HubError> {
    Ok(serde_json::to_string(value)?)
}

/// The place after an entry of the log, as laptops keep it. It has the entry's hash: a database that was put back to an
/// older copy, and went on from there, has another one at the same number.
fn cursor(tx: &mut dyn Tx, scope: &Scope, Reached { n, began }: Reached, head: Head) -> Result<String, HubError> {
    let hash = if n == head.n { Some(head.hash) } else { hash(tx, n)? };
    let hash = hash.as_ref().map(log::hex).unwrap_or_default();
    let began = began.map(|began| format!(".{began}")).unwrap_or_default();
    Ok(format!("{}.{n}.{}{began}", story(tx, scope)?, hash.get(..HASH_DIGITS).unwrap_or_default()))
}

fn hash(tx: &mut dyn Tx, n: i64) -> Result<Option<log::Hash>, HubError> {
    if n == 0 {
        return Ok(Some(log::GENESIS));
    }
    let rows = tx.query("SELECT hash FROM log WHERE n = ?1", &[n.into()])?;
    Ok(rows.first().map(|row| row.array(0)).transpose()?)
}

/// The history that a cursor of this caller belongs to: the database's, as far as they see it. Who was given another team,
/// or another role, reads from the start: the older leads of that team did not change, and no cursor would come by them.
fn story(tx: &mut dyn Tx, scope: &Scope) -> Result<String, HubError> {
    let seen = Sha256::digest(serde_json::to_vec(&gate::own_views(scope))?);
    let seen: String = seen.iter().take(VIEW_BYTES).map(|byte| format!("{byte:02x}")).collect();
    Ok(format!("{}-{seen}", epoch(tx)?))
}

/// Where in the log a cursor of this caller stands. To be asked on the hub's own behalf: the entry may be another's.
///
/// # Errors
/// A cursor that this hub did not give out, or gave out to one who saw other leads, or so long ago that nobody knows any
/// more what left since, or that is ahead of it, as after its database was restored.
pub fn place(tx: &mut dyn Tx, scope: &Scope, cursor: &str) -> Result<Reached, HubError> {
    let unknown =
        || Problem::new(Code::Cursor, "this hub has no such place in its log; read from the start").at("after");
    let parts: Vec<&str> = cursor.split('.').collect();
    let (of, n, told, began) = match parts[..] {
        [of, n, told] => (of, n, told, None),
        [of, n, told, began] => (of, n, told, Some(began)),
        _ => return Err(unknown().into()),
    };
    let (Ok(n), Ok(began)) = (n.parse::<i64>(), began.map(str::parse::<i64>).transpose()) else {
        return Err(unknown().into());
    };
    let is_known = began.unwrap_or(n) >= forgotten(tx)?;
    let is_ours = is_known && of == story(tx, scope)? && told.len() == HASH_DIGITS;
    let found = hash(tx, n)?.filter(|hash| is_ours && log::hex(hash).starts_with(told));
    found.map(|_| Reached { n, began }).ok_or_else(|| unknown().into())
}

/// The hub's word on a lead that `scope` sees.
///
/// # Errors
/// Not found, as [`leads::load`] has it.
pub fn state(tx: &mut dyn Tx, scope: &Scope, id: i64) -> Result<Written<LeadState>, HubError> {
    let (seen, params) = gate::seen(scope, 2);
    let params: Vec<Value> = std::iter::once(id.into()).chain(params).collect();
    let told =
        word::of(tx, &format!("lead.id = ?1 AND {seen} AND lead.merged_into IS NULL"), &params, MOST_PAGE, Form::Page)?;
    if told.count == 0 {
        return Err(leads::absent(id));
    }
    Ok(Written::new(told.leads))
}

/// The leads that left one's view in this stretch of the log and did not come back.
fn departures(tx: &mut dyn Tx, scope: &Scope, after: i64, until: i64) -> Result<Vec<GoneLead>, HubError> {
    let (seen, params) = gate::seen(scope, 4);
    let mut gone = Vec::new();
    for view in gate::own_views(scope) {
        let params: Vec<Value> =
            [view.into(), after.into(), until.into()].into_iter().chain(params.iter().cloned()).collect();
        let sql = format!(
            "SELECT departure.lead, departure.why, departure.at FROM departure
             WHERE departure.person = ?1 AND departure.n > ?2 AND departure.n <= ?3 AND NOT EXISTS
                (SELECT 1 FROM lead WHERE lead.id = departure.lead AND lead.merged_into IS NULL AND {seen})
             ORDER BY departure.n"
        );
        for row in tx.query(&sql, &params)? {
            gone.push(departed(&row)?);
        }
    }
    gone.extend(unqueued(tx, scope, after, until)?);
    Ok(gone)
}

/// The leads that left the queues which one watches in this stretch of the log without coming to oneself, as far as one was
/// told of them. Those that came back have left no note; nobody could look whether they did, since what waits in a queue is
/// among nobody's leads.
fn unqueued(tx: &mut dyn Tx, scope: &Scope, after: i64, until: i64) -> Result<Vec<GoneLead>, HubError> {
    let Some(view) = gate::heard(scope) else { return Ok(Vec::new()) };
    let (seen, params) = gate::seen(scope, 5);
    let me = gate::actor(scope).name;
    let params: Vec<Value> = [view.into(), after.into(), until.into(), me.into()].into_iter().chain(params).collect();
    let sql = format!(
        "SELECT departure.lead, departure.why, departure.at FROM departure
         WHERE departure.person = ?1 AND departure.n > ?2 AND departure.n <= ?3
            AND EXISTS (SELECT 1 FROM alert WHERE alert.lead = departure.lead AND alert.recipient = ?4)
            AND NOT EXISTS (SELECT 1 FROM lead WHERE lead.id = departure.lead AND lead.merged_into IS NULL AND {seen})
         ORDER BY departure.n"
    );
    tx.query(&sql, &params)?.iter().map(departed).collect()
}

fn departed(row: &Row) -> Result<GoneLead, HubError> {
    Ok(GoneLead { id: row.int(0)?, why: row.text(1)?.to_owned(), at: Some(time(row.int(2)?)) })
}

/// Notes that a lead left a view with its last entry in the log, at this time.
pub(super) fn note_departure(tx: &mut dyn Tx, view: &str, case: &Case, why: &str, at: Time) -> Result<(), HubError> {
    tx.later(
        "INSERT INTO departure (person, lead, n, at, why) VALUES (?1, ?2, ?3, ?4, ?5)
         ON CONFLICT (person, lead) DO UPDATE SET n = excluded.n, at = excluded.at, why = excluded.why",
        vec![view.into(), case.id.into(), case.version.into(), ms(at).into(), why.into()],
    )?;
    Ok(())
}

/// Takes the note back that a lead left a view: it is there again.
pub(super) fn note_return(tx: &mut dyn Tx, view: &str, lead: i64) -> Result<(), HubError> {
    tx.later("DELETE FROM departure WHERE person = ?1 AND lead = ?2", vec![view.into(), lead.into()])?;
    Ok(())
}

/// Under which name it stands up to where no laptop can be told any more what left its view.
const FORGOTTEN: &str = "departures_forgotten";

/// Forgets what left whose view up to this entry of the log. Who had read less than that reads from the start.
pub(super) fn forget_departures(tx: &mut dyn Tx, until: i64) -> Result<u64, HubError> {
    // Another hub may have come further since it was read up to where that is.
    let until = until.max(forgotten(tx)?);
    let forgotten = tx.execute("DELETE FROM departure WHERE n <= ?1", &[until.into()])?;
    tx.execute(
        "INSERT INTO meta (name, value) VALUES (?1, ?2) ON CONFLICT (name) DO UPDATE SET value = excluded.value",
        &[FORGOTTEN.into(), until.to_string().into()],
    )?;
    Ok(forgotten)
}

fn forgotten(tx: &mut dyn Tx) -> Result<i64, HubError> {
    let rows = tx.query("SELECT value FROM meta WHERE name = ?1", &[FORGOTTEN.into()])?;
    Ok(rows.first().map(|row| row.text(0)).transpose()?.and_then(|n| n.parse().ok()).unwrap_or(0))
}

/// What became of an answer that was sent before, if it was.
pub fn receipt(tx: &mut dyn Tx, scope: &Scope, id: uuid::Uuid) -> Result<Option<Receipt>, HubError> {
    let rows = tx.query("SELECT person, response FROM op WHERE id = ?1", &[Value::Bytes(id.as_bytes().to_vec())])?;
    let Some(row) = rows.first() else { return Ok(None) };
    // Somebody else's is as good as none.
    if gate::actor(scope).name != row.text(0)? {
        return Ok(None);
    }
    Ok(Some(serde_json::from_str(row.text(1)?)?))
}

/// Takes a rep's answer: once, however often it is sent (reliability, rows 3 and 4).
pub fn push(work: &mut Work<'_>, scope: &Scope, op: &Op) -> Result<Receipt, HubError> {
    let actor = gate::actor(scope);
    check(op)?;
    let hash = Sha256::digest(serde_json::to_vec(&(op.lead, op.made_at, &op.what))?).to_vec();
    let id = Value::Bytes(op.id.as_bytes().to_vec());
    let known = work.tx.query("SELECT person, body_hash, response FROM op WHERE id = ?1", std::slice::from_ref(&id))?;
    if let Some(row) = known.first() {
        if row.text(0)? != actor.name || row.bytes(1)? != hash {
            let what = "this id was used for another answer; an answer that differs needs an id of its own";
            return Err(Problem::new(Code::KeyReused, what).at("/id").into());
        }
        return Ok(serde_json::from_str(row.text(2)?)?);
    }
    work.write_log()?;
    let taken = work.tx.query("SELECT n, lead, actor, what FROM log WHERE id = ?1", std::slice::from_ref(&id))?;
    if let Some(row) = taken.first() {
        if let Some(version) = said_before(row, &actor, op)? {
            return Ok(Receipt { id: op.id, outcome: Outcome::Applied { version } });
        }
        let what = "this id is that of something else; each answer needs an id of its own";
        return Err(Problem::new(Code::KeyReused, what).at("/id").into());
    }
    if let Some(after) = &op.after {
        // What a laptop read of another history counts no longer: a lead's number may be another lead's here.
        place(work.tx, scope, after).map_err(|error| match error {
            HubError::Problem(problem) => HubError::Problem(Box::new(problem.at("/after"))),
            error => error,
        })?;
    }
    let outcome = decide(work, scope, op)?;
    let receipt = Receipt { id: op.id, outcome };
    work.tx.execute(
        "INSERT INTO op (id, person, body_hash, response, at) VALUES (?1, ?2, ?3, ?4, ?5)",
        &[
            id,
            actor.name.into(),
            Value::Bytes(hash),
            Value::Text(serde_json::to_string(&receipt)?),
            ms(work.now).into(),
        ],
    )?;
    Ok(receipt)
}

/// Whether an entry of the log is this answer, which was applied so long ago that its receipt is gone: then its number. The
/// time of a contact may differ, since the hub set it right by the clock of then.
fn said_before(row: &Row, actor: &Actor, op: &Op) -> Result<Option<i64>, HubError> {
    if row.opt_int(1)? != Some(op.lead) || serde_json::from_str::<Actor>(row.text(2)?)? != *actor {
        return Ok(None);
    }
    let is_same = match (serde_json::from_str(row.text(3)?)?, &op.what) {
        (EventKind::Attempted(there), EventKind::Attempted(here)) => {
            let at_once = |attempt| machine::fact(attempt, op.made_at, op.made_at).ok();
            at_once(&there) == at_once(here)
        }
        (there, here) => there == *here,
    };
    Ok(is_same.then(|| row.int(0)).transpose()?)
}

/// Refuses what cannot be kept, and times with which nobody can reckon.
fn check(op: &Op) -> Result<(), HubError> {
    intake::must_fit(&serde_json::to_value(&op.what)?, "/what")?;
    let mut times = vec![("/made_at", Some(op.made_at)), ("/sent_at", Some(op.sent_at))];
    match &op.what {
        EventKind::Attempted(attempt) => {
            times.extend([("/what/at", attempt.at), ("/what/next/at", attempt.next.as_ref().map(|next| next.at))]);
        }
        EventKind::Deferred(deferral) => times.push(("/what/until", Some(deferral.until))),
        EventKind::Qualified(qualification) => times.push(("/what/next_at", qualification.next_at)),
        _ => {}
    }
    for (place, time) in times {
        time.map_or(Ok(()), |time| intake::must_be_plausible(time, place))?;
    }
    Ok(())
}

fn decide(work: &mut Work<'_>, scope: &Scope, op: &Op) -> Result<Outcome, HubError> {
    let nowhere = || Outcome::Refused { why: format!("the hub has no lead {}", op.lead) };
    let Some(mut case) = of_op(work.tx, op.lead)? else { return Ok(nowhere()) };
    let at = when(op, &case, work.now);
    let event = Event::new(op.id, 0, at, gate::actor(scope), by_our_clock(op, at));
    let left = left_at(work.tx, case.id, scope)?;
    let is_theirs = gate::sees(scope, case.owner.as_deref(), case.team.as_deref());
    let is_unheld = is_theirs && case.owner.is_none() && case.handoff.stage.is_open();
    let refusal = if is_unheld {
        None
    } else if is_theirs {
        match happen(work, &mut case, event.clone())? {
            Ok(()) => {
                let trail = leads::trail(work.tx, case.id)?;
                work.save(&mut case, &trail)?;
                return Ok(Outcome::Applied { version: case.version });
            }
            Err(refusal) => Some(refusal),
        }
    } else if left.is_some() {
        None
    } else {
        // Told like a lead that is not there: whose it is is nobody else's business.
        return Ok(nowhere());
    };
    let went = match (&case.owner, &case.queue) {
        (Some(owner), _) => format!("to {owner}"),
        (None, Some(queue)) => format!("into the queue {queue}"),
        (None, None) => "back to marketing".to_owned(),
    };
    let why = match &refusal {
        Some(refusal) => refusal.to_string(),
        None if is_unheld => "nobody holds this lead: take it, then answer it".to_owned(),
        None => format!("the lead went {went} meanwhile"),
    };
    // They did speak to them, whoever the lead belongs to now, and whatever became of it (F115). What was no contact
    // by the rules for contacts is none for this either.
    let made = made(op, work.now);
    let EventKind::Attempted(attempt) = by_our_clock(op, made) else { return Ok(Outcome::Refused { why }) };
    let contact = attempt.at.unwrap_or(made);
    match refusal {
        // By a clock that was set since, a contact may seem to be older than the lead; as a fact it moves nothing.
        Some(Refusal::WrongStage { .. } | Refusal::BeforeAssignment { .. }) => {}
        Some(_) => return Ok(Outcome::Refused { why }),
        None if is_unheld || left.is_some_and(|left| contact <= left + Duration::days(UNHEARD_DAYS)) => {}
        None => {
            let why = format!("the lead went {went} more than seven days before this contact, so it is not kept");
            return Ok(Outcome::Refused { why });
        }
    }
    let since = case.lead.created_at.unwrap_or(made).min(made);
    let attempt = match machine::fact(&attempt, since, made) {
        Ok(attempt) => attempt,
        Err(refusal) => return Ok(Outcome::Refused { why: refusal.to_string() }),
    };
    let kept = Event { what: EventKind::ContactKept(attempt), ..event };
    work.record(&mut case, kept, NO_INPUTS)?;
    let trail = leads::trail(work.tx, case.id)?;
    work.save(&mut case, &trail)?;
    Ok(Outcome::Kept { why })
}

/// Lets an answer happen, with what it takes to come to it and what follows from it; or says why not, and then nothing
/// did.
fn happen(work: &mut Work<'_>, case: &mut Case, event: Event) -> Result<Result<(), Refusal>, HubError> {
    let policy = &work.rules.config.policy;
    let mut steps = match machine::admit(&case.handoff, &event.what, &case.lead, policy, event.at) {
        Ok(steps) => steps,
        Err(refusal) => return Ok(Err(refusal)),
    };
    // The last one is the answer itself, and has its id.
    let Some(last) = steps.pop() else { return Ok(Ok(())) };
    for what in steps {
        let step = Event { id: uuid::Uuid::now_v7(), what, ..event.clone() };
        work.record(case, step, NO_INPUTS)?;
    }
    let at = event.at;
    work.record(case, Event { what: last, ..event }, NO_INPUTS)?;
    for what in machine::consequences(&case.handoff, policy, at) {
        work.happen(case, what)?;
    }
    Ok(Ok(()))
}

fn of_op(tx: &mut dyn Tx, lead: i64) -> Result<Option<Case>, HubError> {
    match leads::load(tx, lead, &Scope::System) {
        Ok(case) => Ok(Some(case)),
        Err(HubError::Problem(problem)) if problem.is(Code::NotFound) => Ok(None),
        Err(error) => Err(error),
    }
}

/// When it last went from them, if they saw it before: as their own, or as their team's.
fn left_at(tx: &mut dyn Tx, lead: i64, scope: &Scope) -> Result<Option<Time>, HubError> {
    let mut left = None;
    for view in gate::own_views(scope) {
        let sql = "SELECT log.received_at FROM departure JOIN log ON log.n = departure.n
                   WHERE departure.person = ?1 AND departure.lead = ?2";
        let rows = tx.query(sql, &[view.into(), lead.into()])?;
        left = left.max(rows.first().map(|row| row.int(0)).transpose()?);
    }
    Ok(left.map(leads::time))
}

/// When an answer was given by the hub's clock: what the laptop's clock is off by is taken out, and it was not after it
/// came here (section 4, rule 13).
fn made(op: &Op, now: Time) -> Time {
    let off = now - op.sent_at;
    let is_believable = off.abs() <= Duration::hours(BELIEVABLE_HOURS) && op.made_at <= op.sent_at;
    let made = if is_believable { op.made_at + off } else { op.made_at };
    made.min(now).trunc_subsecs(3)
}

/// The same for an answer to a lead that is theirs: it was not before the lead came to them either.
fn when(op: &Op, case: &Case, now: Time) -> Time {
    made(op, now).max(case.handoff.assigned_at).min(now).trunc_subsecs(3)
}

/// What was done, with the time of a contact by the hub's clock: it is off by as much as the answer's own.
fn by_our_clock(op: &Op, at: Time) -> EventKind {
    let mut what = op.what.clone();
    if let EventKind::Attempted(attempt) = &mut what {
        attempt.at = attempt.at.map(|made| (made + (at - op.made_at)).min(at).trunc_subsecs(3));
    }
    what
}
