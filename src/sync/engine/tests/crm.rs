//! A source that writes in several steps, does not say what left, and tells the whole of a lead only when asked.

use std::collections::BTreeSet;

use super::*;
use crate::handoff::event::EventKind;
use crate::source::Gone;

/// A CRM, as it is at the other end.
#[derive(Default)]
struct Crm {
    leads: Vec<Lead>,
    asked: Vec<&'static str>,
    written: Vec<String>,
    /// So many writes work, then none does.
    works: Option<usize>,
    /// What the plan calls its steps.
    words: &'static str,
    conflict: bool,
    /// So many writes work, then it will not have any.
    refuses: Option<usize>,
    /// It has no time for the whole of a lead until then.
    busy_until: Option<Time>,
    /// It has no time to say until then what became of this one.
    silent_on: Option<(&'static str, Time)>,
    /// They are there, and nobody is let see them.
    hidden: BTreeSet<String>,
    /// The whole of a lead, and what became of leads, makes no sense.
    babbles: bool,
    /// What became of leads makes no sense where this one is among them.
    odd: Option<&'static str>,
    /// Asked for the whole of this one, it does not answer.
    lost: Option<&'static str>,
    /// Its pages tell of nothing.
    is_quiet: bool,
}

impl Crm {
    fn shows(&self, id: &str) -> bool {
        !self.hidden.contains(id) && self.leads.iter().any(|lead| lead.key.external_id == id)
    }

    fn count(&self, what: &str) -> usize {
        self.asked.iter().filter(|asked| **asked == what).count()
    }
}

struct Line(Arc<Mutex<Crm>>);

impl Line {
    fn crm(&self) -> std::sync::MutexGuard<'_, Crm> {
        self.0.lock().unwrap()
    }
}

fn record(lead: &Lead) -> Record {
    Record { arrival: Arrival { lead: lead.clone(), trail: Vec::new(), told: None }, word: None }
}

impl Source for Line {
    fn name(&self) -> &str {
        "crm"
    }

    fn capabilities(&self) -> Capabilities {
        Capabilities {
            writes: true,
            atomic: false,
            repeatable: true,
            conflicts: ConflictDetection::ReadCompare,
            read_lag: 0,
            tells_news: false,
            sees_deletes: false,
            detail: Detail::All,
            asked_every: 30,
        }
    }

    fn pull(&mut self, _: Option<&Cursor>) -> Answer<'_, Page> {
        let mut crm = self.crm();
        crm.asked.push("pull");
        // Of what is seen again nothing changed, and no page tells of it.
        let leads = crm.leads.iter().filter(|_| !crm.is_quiet);
        let changes = leads.map(|lead| Change::Upsert(Box::new(record(lead)))).collect();
        let page = Page { changes, left_out: Vec::new(), next: Cursor("here".into()), more: false };
        Box::pin(async { Ok(page) })
    }

    fn reconcile(&mut self, known: &[String]) -> Answer<'_, Vec<Tombstone>> {
        let mut crm = self.crm();
        crm.asked.push("reconcile");
        if crm.babbles || crm.odd.is_some_and(|odd| known.iter().any(|id| id == odd)) {
            return Box::pin(async { Err(babble()) });
        }
        if let Some((_, until)) = crm.silent_on.filter(|(id, _)| known.iter().any(|known| known == id)) {
            return Box::pin(async move { Err(busy(until)) });
        }
        let gone = known.iter().filter(|id| !crm.shows(id));
        let gone: Vec<Tombstone> =
            gone.map(|id| Tombstone { external_id: id.clone(), why: Gone::Deleted, at: None }).collect();
        Box::pin(async { Ok(gone) })
    }

    fn detail(&mut self, id: &str) -> Answer<'_, Option<Record>> {
        let mut crm = self.crm();
        crm.asked.push("detail");
        if crm.babbles {
            return Box::pin(async { Err(babble()) });
        }
        if crm.lost == Some(id) {
            return Box::pin(async { Err(away()) });
        }
        if let Some(until) = crm.busy_until {
            return Box::pin(async move { Err(busy(until)) });
        }
        let found = crm.leads.iter().find(|lead| lead.key.external_id == id).filter(|_| crm.shows(id)).map(record);
        Box::pin(async { Ok(found) })
    }

    fn plan(&mut self, disposition: &Disposition) -> Answer<'_, Vec<Step>> {
        let words = self.crm().words;
        let step = |number| Step {
            key: disposition.key,
            number,
            what: format!("{words} {number}"),
            sets: (number == 1).then(|| "Working".into()),
            body: serde_json::Value::Null,
        };
        let steps = vec![step(0), step(1)];
        Box::pin(async { Ok(steps) })
    }

    fn apply(&mut self, step: &Step) -> Answer<'_, Applied> {
        let mut crm = self.crm();
        if crm.conflict {
            let mut now = crm.leads[0].clone();
            (now.stage.raw, now.stage.canonical) =
                (Some("Closed".into()), Some(crate::handoff::state::Stage::Rejected));
            let now = Box::new(Change::Upsert(Box::new(record(&now))));
            return Box::pin(async { Ok(Applied::Conflict { why: "closed meanwhile".into(), now }) });
        }
        if crm.works == Some(crm.written.len()) {
            return Box::pin(async { Err(away()) });
        }
        if crm.refuses == Some(crm.written.len()) {
            return Box::pin(async { Ok(Applied::Rejected { why: "no such word".into() }) });
        }
        crm.written.push(step.what.clone());
        Box::pin(async { Ok(Applied::Applied) })
    }

    fn probe(&mut self, _: &Step, _: Option<chrono::Duration>) -> Answer<'_, Probe> {
        Box::pin(async { Ok(Probe::Absent) })
    }
}

fn away() -> SourceError {
    SourceError::Unreachable { source_name: "crm".into(), why: "away".into() }
}

fn busy(until: Time) -> SourceError {
    SourceError::Throttled { source_name: "crm".into(), until }
}

fn babble() -> SourceError {
    SourceError::Protocol { source_name: "crm".into(), why: "“unheard of” is no stage".into() }
}

fn rig(leads: usize) -> (Rig, Arc<Mutex<Crm>>) {
    let mut rig = Rig::new(0, true);
    let crm = Arc::new(Mutex::new(Crm { words: "step", ..Crm::default() }));
    crm.lock().unwrap().leads = (1..=leads).map(|n| lead("crm", n)).collect();
    rig.engine = Engine::new(vec![Box::new(Line(Arc::clone(&crm)))], || 1.0);
    rig.round();
    (rig, crm)
}

#[test]
fn what_was_begun_goes_on_as_it_was_begun() {
    let (mut rig, crm) = rig(1);
    rig.act(1, &reject());
    crm.lock().unwrap().works = Some(1);
    rig.pass(11).round();
    assert_eq!(crm.lock().unwrap().written, ["step 0"]);
    // Another process, whose configuration has other words.
    rig.engine = Engine::new(vec![Box::new(Line(Arc::clone(&crm)))], || 1.0);
    (crm.lock().unwrap().works, crm.lock().unwrap().words) = (None, "other");
    rig.pass(60).round();
    assert_eq!(crm.lock().unwrap().written, ["step 0", "step 1"]);
    assert_eq!(rig.states(), [OutboxState::Sent]);
    // What comes back of it is our own word.
    let mut ours = crm.lock().unwrap().leads[0].clone();
    (ours.stage.raw, ours.stage.canonical) = (Some("Working".into()), Some(crate::handoff::state::Stage::Attempted));
    crm.lock().unwrap().leads = vec![ours];
    rig.pass(60).round();
    let events = rig.store.inspect(LeadId(1)).unwrap().events;
    assert_eq!(events.len(), 1, "{events:?}");
}

#[test]
fn somebody_else_s_decision_is_shown_at_once_with_ours_beside_it() {
    let (mut rig, crm) = rig(1);
    rig.act(1, &Act::Accept);
    crm.lock().unwrap().conflict = true;
    rig.pass(11).round();
    let item = rig.store.outbox(1).unwrap().remove(0);
    assert_eq!((item.state, item.last_error.as_deref()), (OutboxState::Parked, Some("closed meanwhile")));
    let lead = rig.store.inspect(LeadId(1)).unwrap();
    assert_eq!(lead.handoff.stage, crate::handoff::state::Stage::Rejected);
    assert!(matches!(lead.events.last().unwrap().what, EventKind::MovedAtSource { .. }));
}

#[test]
fn it_is_asked_as_often_as_it_likes_and_for_what_its_pages_do_not_say() {
    let (mut rig, crm) = rig(5);
    let asked = |crm: &Arc<Mutex<Crm>>, what: &str| crm.lock().unwrap().asked.iter().filter(|it| **it == what).count();
    rig.pass(1).round();
    rig.pass(1).round();
    assert_eq!((asked(&crm, "pull"), asked(&crm, "reconcile"), asked(&crm, "detail")), (1, 1, 5));
    crm.lock().unwrap().leads.remove(2);
    rig.pass(30).round();
    assert_eq!((asked(&crm, "pull"), asked(&crm, "reconcile"), asked(&crm, "detail")), (2, 1, 5));
    rig.pass(600).round();
    assert_eq!((asked(&crm, "pull"), asked(&crm, "reconcile")), (3, 2));
    let row = rig.store.summary(LeadId(3)).unwrap().unwrap();
    assert_eq!(row.taken_away.as_deref(), Some("deleted there"));
    // Whoever asks for it now is not kept waiting.
    rig.engine.retry_now();
    rig.pass(1).round();
    assert_eq!(asked(&crm, "pull"), 4);
}

#[test]
fn a_lead_whose_whole_cannot_be_read_holds_up_nothing_and_is_told_of_once() {
    let (mut rig, crm) = rig(2);
    rig.act(1, &reject());
    {
        let mut crm = crm.lock().unwrap();
        crm.babbles = true;
        crm.leads.push(lead("crm", 3));
        crm.asked.clear();
    }
    let rounds: Vec<Round> = (0..4).map(|_| rig.pass(11).round()).collect();
    assert_eq!(rig.states(), [OutboxState::Sent]);
    assert!(rounds.iter().all(|round| round.trouble.is_none()));
    let told: Vec<&String> = rounds.iter().flat_map(|round| &round.reports).collect();
    assert!(told.len() == 1 && told[0].contains("unheard of"), "{told:?}");
    let pulls = crm.lock().unwrap().asked.iter().filter(|asked| **asked == "pull").count();
    assert!(pulls <= 2, "it is not asked all the time: {pulls}");
}

/// The words that it would not have may have been mended; what is there of it goes on as it was begun.
#[test]
fn what_was_refused_is_decided_upon_anew_unless_some_of_it_is_there() {
    for (there, written) in [(0, ["other 0", "other 1"]), (1, ["step 0", "step 1"])] {
        let (mut rig, crm) = rig(1);
        rig.act(1, &reject());
        crm.lock().unwrap().refuses = Some(there);
        rig.pass(11).round();
        assert_eq!((rig.states(), crm.lock().unwrap().written.len()), (vec![OutboxState::Parked], there));
        (crm.lock().unwrap().refuses, crm.lock().unwrap().words) = (None, "other");
        assert_eq!(rig.store.retry_parked(None, rig.now).unwrap(), 1);
        rig.pass(1).round();
        assert_eq!(
            (rig.states(), &crm.lock().unwrap().written[..]),
            (vec![OutboxState::Sent], &written.map(String::from)[..])
        );
    }
}

#[test]
fn a_source_that_has_no_time_for_details_takes_what_is_sent_and_is_asked_again_then() {
    let (mut rig, crm) = rig(0);
    let until = rig.now + chrono::Duration::minutes(5);
    {
        let mut crm = crm.lock().unwrap();
        crm.busy_until = Some(until);
        crm.leads = (1..=2).map(|n| lead("crm", n)).collect();
    }
    assert_eq!(rig.pass(30).round().trouble, None);
    assert_eq!(crm.lock().unwrap().count("detail"), 1, "the second one would be told the same");
    rig.act(1, &reject());
    crm.lock().unwrap().leads.push(lead("crm", 3));
    let round = rig.pass(31).round();
    assert_eq!((round.trouble, round.reports), (None, Vec::new()));
    assert_eq!((rig.states(), rig.store.summary(LeadId(3)).unwrap().is_some()), (vec![OutboxState::Sent], true));
    assert_eq!(crm.lock().unwrap().count("detail"), 1, "not before then");
    crm.lock().unwrap().busy_until = None;
    rig.now = until;
    rig.round();
    assert_eq!(crm.lock().unwrap().count("detail"), 3, "those whose turn it is, of which nothing was lost");
}

/// Asked what became of a lead, it asks to wait: what was done goes out in the same round, and it is not asked again before.
/// `reconciles` is how often it is asked in that round.
fn sends_while_it_is_silent(rig: &mut Rig, crm: &Arc<Mutex<Crm>>, id: &'static str, reconciles: usize) {
    let until = rig.now + chrono::Duration::minutes(5);
    {
        let mut crm = crm.lock().unwrap();
        crm.silent_on = Some((id, until));
        crm.asked.clear();
    }
    let round = rig.round();
    assert_eq!((round.trouble, round.reports), (None, Vec::new()));
    assert_eq!((rig.states(), crm.lock().unwrap().count("reconcile")), (vec![OutboxState::Sent], reconciles));
    (crm.lock().unwrap().silent_on, crm.lock().unwrap().is_quiet) = (None, true);
    rig.now = until - chrono::Duration::seconds(1);
    rig.round();
    assert_eq!(crm.lock().unwrap().count("reconcile"), reconciles, "not before then");
    rig.now = until + chrono::Duration::seconds(30);
    rig.round();
    assert!(crm.lock().unwrap().count("reconcile") > reconciles, "then it is");
}

#[test]
fn a_source_that_does_not_say_yet_whether_leads_are_back_takes_what_is_sent() {
    let (mut rig, crm) = rig(2);
    (crm.lock().unwrap().is_quiet, crm.lock().unwrap().hidden) = (true, BTreeSet::from(["x2".into()]));
    rig.pass(601).round();
    assert!(is_away(&rig, 2));
    rig.act(1, &reject());
    crm.lock().unwrap().hidden.clear();
    rig.pass(601);
    sends_while_it_is_silent(&mut rig, &crm, "x2", 1);
    assert!(!is_away(&rig, 2));
}

#[test]
fn a_source_that_does_not_say_yet_whether_leads_left_takes_what_is_sent() {
    let (mut rig, crm) = rig(2);
    crm.lock().unwrap().is_quiet = true;
    rig.act(1, &reject());
    crm.lock().unwrap().hidden = BTreeSet::from(["x2".into()]);
    rig.pass(601);
    sends_while_it_is_silent(&mut rig, &crm, "x2", 1);
    assert!(is_away(&rig, 2));
}

/// It says that there is no such lead, and not yet what became of it: nobody asks for that lead by itself again.
#[test]
fn a_source_that_does_not_say_yet_where_the_next_lead_went_takes_what_is_sent() {
    let (mut rig, crm) = rig(1);
    rig.act(1, &reject());
    {
        let mut crm = crm.lock().unwrap();
        crm.leads.push(lead("crm", 2));
        crm.hidden.insert("x2".into());
    }
    rig.pass(61);
    sends_while_it_is_silent(&mut rig, &crm, "x2", 1);
    assert!(is_away(&rig, 2));
}

fn all() -> impl Iterator<Item = i64> {
    1..=150
}

fn is_away(rig: &Rig, lead: i64) -> bool {
    rig.store.summary(LeadId(lead)).unwrap().unwrap().taken_away.is_some()
}

/// Nobody is let see any of them. When that is over no page will tell of it, since the records are as they were.
fn out_of_sight() -> (Rig, Arc<Mutex<Crm>>) {
    let (mut rig, crm) = rig(150);
    (crm.lock().unwrap().is_quiet, crm.lock().unwrap().hidden) = (true, all().map(|n| format!("x{n}")).collect());
    rig.pass(601).round();
    (rig, crm)
}

#[test]
fn leads_that_are_to_be_seen_again_come_back_a_few_at_a_time() {
    let (mut rig, crm) = out_of_sight();
    let away = |rig: &Rig| all().filter(|n| is_away(rig, *n)).count();
    assert_eq!(away(&rig), 150);
    // The last of them is seen again: it is found, however many are not.
    crm.lock().unwrap().hidden.remove("x150");
    (0..3).for_each(|_| drop(rig.pass(601).round()));
    assert_eq!((away(&rig), is_away(&rig, 150)), (149, false));
    // All are: so many come at once that others are not kept waiting, and each time the next ones.
    crm.lock().unwrap().hidden.clear();
    let mut left = vec![away(&rig)];
    while left.len() < 20 && away(&rig) > 0 {
        crm.lock().unwrap().asked.clear();
        rig.pass(601).round();
        left.push(away(&rig));
        assert!(crm.lock().unwrap().count("detail") <= 23);
    }
    assert_eq!(left.last(), Some(&0), "{left:?}");
    // What left long ago is not asked about.
    crm.lock().unwrap().hidden = all().map(|n| format!("x{n}")).collect();
    rig.pass(601).round();
    rig.pass(31 * 86_400).round();
    crm.lock().unwrap().asked.clear();
    crm.lock().unwrap().hidden.clear();
    rig.pass(601).round();
    assert_eq!((crm.lock().unwrap().count("reconcile"), away(&rig)), (0, 150));
}

#[test]
fn one_that_left_and_cannot_be_asked_after_keeps_no_other_from_coming_back() {
    let (mut rig, crm) = out_of_sight();
    {
        let mut crm = crm.lock().unwrap();
        crm.hidden.clear();
        // In the first hundred, and in the others.
        (crm.odd, crm.lost) = (Some("x1"), Some("x101"));
    }
    (0..12).for_each(|_| drop(rig.pass(601).round()));
    assert_eq!(all().filter(|n| is_away(&rig, *n)).collect::<Vec<_>>(), (1..=101).collect::<Vec<_>>());
    (crm.lock().unwrap().odd, crm.lock().unwrap().lost) = (None, None);
    (0..12).for_each(|_| drop(rig.pass(601).round()));
    assert!(!all().any(|n| is_away(&rig, n)));
}
