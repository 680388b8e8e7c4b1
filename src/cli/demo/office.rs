//! The demo's office: a hub in this process with a team, the leads of the last days and what was done with them, and new
//! leads that come in while one looks.

use std::collections::BTreeMap;
use std::ops::Range;
use std::path::PathBuf;
use std::slice;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;
use std::time::Duration;

use axum::Router;
use chrono::Utc;
use secrecy::SecretString;
use tempfile::TempDir;
use tokio::runtime::Runtime;

use crate::cli::failure::{Exit, Failure};
use crate::handoff::Time;
use crate::handoff::disposition::Act;
use crate::handoff::event::Role;
use crate::handoff::machine;
use crate::hub::core::Hub;
use crate::hub::db::{self, Db, Scope};
use crate::hub::error::HubError;
use crate::hub::inside::{Cable, Inside};
use crate::hub::rules::TeamRules;
use crate::hub::work::Work;
use crate::hub::{clockwork, http, intake, leads, people, rules, sync, tokens};
use crate::source::demo::{Opening, SENDER, World};
use crate::source::hub::new_id;
use crate::wire::intake::Item;
use crate::wire::people::{NewToken, Person, Takes};
use crate::wire::sync::Op;

/// The team's rules.
const POLICY: &str = include_str!("../../../assets/hub/demo.toml");

/// The one who looks at the demo.
pub const REP: &str = "you";

/// Whose eyes the team is seen with.
pub const MANAGER: &str = "mira";

/// Who is who, and for which countries.
const TEAM: [(&str, &str, Role, &[&str]); 4] = [
    (REP, "You", Role::Rep, &["US", "GB", "NO"]),
    ("ana", "Ana Reis", Role::Rep, &["ES", "PT", "NG"]),
    ("jon", "Jon Aubert", Role::Rep, &["FR", "JP", "CZ"]),
    (MANAGER, "Mira Holt", Role::Manager, &[]),
];

/// The first new lead comes after so many seconds at the least and at the most, and each of the others after the one
/// before it.
const FIRST_PAUSE: Range<u64> = 8..16;
const PAUSE: Range<u64> = 25..70;

/// The office. It is gone when this is dropped.
pub struct Office {
    hub: Arc<Hub>,
    router: Router,
    tokens: BTreeMap<&'static str, SecretString>,
    /// The network between the hub and everybody's laptop.
    pub cable: Cable,
    // Ends before the folder goes.
    _runtime: Runtime,
    dir: TempDir,
}

impl Office {
    /// Opens the office as it is now, with what happened before.
    ///
    /// # Errors
    /// There is no room for it on the disk, or no thread; else a mistake in the demo's own files, which tests rule out.
    pub fn open(seed: u64) -> Result<Self, Failure> {
        let dir = tempfile::Builder::new().prefix("leadbox-demo-").tempdir()?;
        let mut world = World::new(seed).map_err(|error| Failure::because("the demo's world", error))?;
        let url = format!("sqlite:{}", dir.path().join("hub").join("hub.db").display());
        let db = db::open(&url, db::Options::default()).map_err(|error| Failure::because("the demo's hub", error))?;
        let opening = world.opening(Utc::now());
        let before = opening.iter().map(|opening| opening.at).min().unwrap_or_else(Utc::now);
        let tokens = found(&db, before - chrono::Duration::hours(1))?;
        // The rules hold for whoever opens the hub after they were written.
        let past = Hub::direct(Arc::clone(&db), Arc::new(Utc::now))?;
        at_once(past.write(move |work| relive(work, &opening)))?;
        let hub = Hub::start(db, Arc::new(Utc::now))?;
        let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build()?;
        runtime.spawn(clockwork::run(Arc::clone(&hub)));
        runtime.spawn(arrivals(Arc::clone(&hub), world, fastrand::Rng::with_seed(seed ^ 0x5eed)));
        let router = http::router(Arc::clone(&hub), false);
        Ok(Self { hub, router, tokens, cable: Arc::new(AtomicBool::new(true)), _runtime: runtime, dir })
    }

    /// The rules in force.
    pub fn rules(&self) -> Arc<TeamRules> {
        self.hub.rules()
    }

    /// The way to the hub for one of the team.
    pub fn way(&self, who: &str) -> Inside {
        let token = self.tokens.get(who).cloned().unwrap_or_default();
        Inside::new(self.router.clone(), token, Arc::clone(&self.cable))
    }

    /// The folder for the leads of one of the team.
    pub fn folder(&self, who: &str) -> PathBuf {
        self.dir.path().join(who)
    }
}

/// What a hub without a writer of its own does, it does at once.
fn at_once<T>(done: impl Future<Output = Result<T, HubError>>) -> Result<T, Failure> {
    let done = futures_util::FutureExt::now_or_never(done);
    Ok(done.ok_or_else(|| Failure::new(Exit::Failed, "the demo's hub did not answer"))??)
}

/// Enters rules and people as of `at`. Returns everybody's token.
fn found(db: &Arc<dyn Db>, at: Time) -> Result<BTreeMap<&'static str, SecretString>, Failure> {
    let hub = Hub::direct(Arc::clone(db), Arc::new(move || at))?;
    at_once(hub.write(|work| {
        sync::found(work.tx)?;
        rules::put(work, POLICY, MANAGER)?;
        let mut made = BTreeMap::new();
        for (id, name, role, territories) in TEAM {
            let takes =
                Takes { territories: territories.iter().map(ToString::to_string).collect(), ..Takes::default() };
            let team = Some("sales".to_owned());
            let (id_text, name) = (id.to_owned(), name.to_owned());
            let person = Person { id: id_text, name, email: None, role, team, is_active: true, paused: None, takes };
            people::put(work.tx, &person, work.now)?;
            made.insert(id, tokens::make(work.tx, id, &NewToken::default(), work.now)?.token.into());
        }
        Ok(made)
    }))
}

/// What once happened with a lead.
enum Deed<'o> {
    Came(&'o Item),
    Done(&'o str, &'o Act),
}

/// Lets the past happen once more: each lead comes at its time, and is answered by whoever got it; what nobody did in
/// time is escalated. All of it is one write, so that the demo opens at once.
fn relive(work: &mut Work<'_>, opening: &[Opening]) -> Result<(), HubError> {
    let now = work.now;
    let mut all: Vec<(Time, Deed<'_>)> = Vec::new();
    for Opening { at, item, acts } in opening {
        all.push((*at, Deed::Came(item)));
        all.extend(acts.iter().map(|(at, act)| (*at, Deed::Done(&item.key, act))));
    }
    all.sort_by_key(|(at, _)| *at);
    let mut numbers: BTreeMap<&str, i64> = BTreeMap::new();
    for (at, deed) in all {
        clockwork::pass(work, at.min(now))?;
        match deed {
            Deed::Came(item) => {
                let taken = intake::take(work, SENDER, slice::from_ref(item))?;
                numbers.extend(taken.items.first().map(|taken| (item.key.as_str(), taken.lead)));
            }
            Deed::Done(key, act) => {
                numbers.get(key).map_or(Ok(()), |&lead| answer(work, lead, act))?;
            }
        }
    }
    clockwork::pass(work, now)
}

/// Whoever has the lead answers it, as from a laptop. One that nobody has, or that is answered, stays as it is.
fn answer(work: &mut Work<'_>, lead: i64, act: &Act) -> Result<(), HubError> {
    let case = leads::load(work.tx, lead, &Scope::System)?;
    let owner = case.owner.as_deref().map(|owner| people::find(work.tx, owner)).transpose()?.flatten();
    let planned = machine::plan(&case.handoff, act, &case.lead, &work.rules.config.policy, work.now);
    let (Some(owner), Ok(planned)) = (owner, planned) else { return Ok(()) };
    let scope = people::scope_of(work.tx, &owner)?;
    for what in planned {
        let op = Op { id: new_id(), lead, after: None, made_at: work.now, sent_at: work.now, what };
        sync::push(work, &scope, &op)?;
    }
    Ok(())
}

/// New leads, for as long as the office is open.
async fn arrivals(hub: Arc<Hub>, mut world: World, mut rng: fastrand::Rng) {
    let mut pause = FIRST_PAUSE;
    loop {
        tokio::time::sleep(Duration::from_secs(rng.u64(pause))).await;
        let item = world.next(hub.now());
        if let Err(error) = hub.write(move |work| intake::take(work, SENDER, slice::from_ref(&item))).await {
            tracing::error!(%error, "a lead of the demo's was not taken");
        }
        pause = PAUSE;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    use crate::hub::db::Tx;
    use crate::hub::log::verify;
    use crate::source::hub::{Call, Client, Failure, Lost, Transport, team};
    use crate::wire::board::Board;
    use crate::wire::sync::PullPage;

    fn read<T: Send + 'static>(
        office: &Office,
        read: impl FnMut(&mut dyn Tx) -> Result<T, HubError> + Send + 'static,
    ) -> T {
        Runtime::new().unwrap().block_on(office.hub.read(Scope::System, read)).unwrap()
    }

    fn stages(office: &Office, who: &'static str) -> BTreeMap<String, i64> {
        let sql = "SELECT stage, count(*) FROM lead WHERE owner = ?1 AND merged_into IS NULL GROUP BY stage";
        let rows = read(office, move |tx| Ok(tx.query(sql, &[who.into()])?));
        rows.iter().map(|row| (row.text(0).unwrap().to_owned(), row.int(1).unwrap())).collect()
    }

    #[test]
    fn the_office_opens_with_a_past_that_is_whole_and_work_for_everybody() {
        let office = Office::open(7).unwrap();
        let yours = stages(&office, REP);
        for stage in ["assigned", "accepted", "attempted", "connected", "deferred", "rejected", "sql"] {
            assert!(yours.contains_key(stage), "{stage}: {yours:?}");
        }
        let all = |of: &BTreeMap<String, i64>| of.values().sum::<i64>();
        let (ana, jon) = (all(&stages(&office, "ana")), all(&stages(&office, "jon")));
        assert!(ana > 0 && jon > 0 && yours["assigned"] >= 6 && all(&yours) > ana + jon, "{yours:?}, {ana}, {jon}");
        let now = Utc::now().timestamp_millis();
        let (late, lacking, report) = read(&office, move |tx| {
            let late = "SELECT 1 FROM lead WHERE owner = ?1 AND due_at < ?2";
            let late = tx.query(late, &[REP.into(), now.into()])?.len();
            let lacking = tx.query("SELECT 1 FROM lead WHERE stage = 'data_completion'", &[])?.len();
            Ok((late, lacking, verify(tx, &[])?))
        });
        assert!(late > 0 && lacking == 2 && report.is_whole(), "{late} late, {lacking} lacking");
    }

    #[test]
    fn each_has_their_own_way_in_hears_what_comes_and_nobody_without_the_cable() {
        let office = Office::open(8).unwrap();
        let runtime = Runtime::new().unwrap();
        runtime.block_on(async {
            let client = |who| Client::new(Box::new(office.way(who)));
            let board: Board = client(MANAGER).ask(team::board()).await.unwrap();
            let mut names: Vec<_> = board.teams.iter().flat_map(|team| &team.people).map(|it| &*it.name).collect();
            names.sort_unstable();
            assert_eq!(names, ["Ana Reis", "Jon Aubert", "You"]);
            let refused = client(REP).ask::<Board>(team::board()).await.unwrap_err();
            assert!(matches!(refused, Failure::Problem(problem) if problem.status == 403));
            let page: PullPage = client(REP).ask(Call::get("/v1/changes")).await.unwrap();
            let mut heard = office.way(REP).listen("/v1/stream");
            // Whoever connects is told at once to look.
            heard.recv().await.unwrap();
            let mut world = World::new(9).unwrap();
            for number in 0..40 {
                let item = Item { key: format!("new-{number}"), id: None, ..world.next(office.hub.now()) };
                office.hub.write(move |work| intake::take(work, SENDER, slice::from_ref(&item))).await.unwrap();
            }
            heard.recv().await.unwrap();
            let path = format!("/v1/changes?after={}", page.next);
            let news: PullPage = client(REP).ask(Call::get(path)).await.unwrap();
            assert!(!news.leads.is_empty());
            office.cable.store(false, std::sync::atomic::Ordering::Relaxed);
            let lost = client(MANAGER).ask::<Board>(team::board()).await.unwrap_err();
            assert!(matches!(lost, Failure::Lost(Lost::Unsent(_))));
        });
    }
}
