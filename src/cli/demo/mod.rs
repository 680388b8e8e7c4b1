//! `leadbox demo`: the app of a rep, and of the rep's manager, at a hub in this process that is gone afterwards.

mod office;

use std::rc::Rc;
use std::sync::Arc;
use std::thread;

use chrono::Utc;

use super::app::{need_terminal, place};
use super::args::{DemoArgs, Global};
use super::failure::{Exit, Failure};
use super::setup;
use crate::app::team::Member;
use crate::config::Config;
use crate::handoff::event::{Actor, Role};
use crate::keeping::clock::Clock;
use crate::runtime::{self, Demo, Launchpad, Place};
use crate::source::hub::{HubSource, SOURCE, Transport, clock};
use crate::store::{Ctx, Store};
use crate::sync::engine::{Engine, Round};
use office::{MANAGER, Office, REP};

/// Opens the app on an invented world. It looks, and its keys are, as the user has set them; the rules are the demo's.
pub fn run(global: &Global, args: &DemoArgs) -> Result<(), Failure> {
    let own = setup::load(global)?;
    need_terminal()?;
    let office = Rc::new(Office::open(args.seed)?);
    let open_with = setup::opening(&own)?.commands;
    let first = sit_down(&office, &own, REP)?;
    let cable = Arc::clone(&office.cable);
    let (theirs, mut sits) = (Rc::clone(&office), REP);
    let other = Box::new(move || {
        let next = if sits == REP { MANAGER } else { REP };
        let place = sit_down(&theirs, &own, next).map_err(|failure| failure.message)?;
        sits = next;
        Ok(place)
    });
    Ok(runtime::run(Launchpad { place: first, open_with, demo: Some(Demo { cable, other }), trouble: None })?)
    // The office goes with its folder.
}

/// The app of one of the team, as of now.
fn sit_down(office: &Office, own: &Config, who: &str) -> Result<Place, Failure> {
    let rules = office.rules();
    let Config { file, rep, ui, keys, views, open, .. } = own.clone();
    let mut config = Config { file, rep, ui, keys, views, open, ..rules.config.clone() };
    config.rep.name = who.to_owned();
    let dir = office.folder(who);
    let mut store = Store::open(&dir)?;
    store.adopt_policy(&setup::fingerprint(&config))?;
    config.policy.former = store.adopt_calendar(&config.policy.calendar, Utc::now())?;
    store.register_source(SOURCE, true)?;
    store.set_account(Some(who))?;
    let source = || HubSource::new(Box::new(office.way(who)), Arc::new(clock));
    fetch(&mut store, &config, source())?;
    let role = if who == MANAGER { Role::Manager } else { Role::Rep };
    let member = Member { id: who.to_owned(), role };
    let team = member.sees_board().then(|| (member, Box::new(office.way(who)) as Box<dyn Transport>));
    let mut place = place(&config, store, dir, vec![Box::new(source())], team, None, Clock::default())?;
    place.settings.demo = true;
    Ok(place)
}

/// Fetches what the hub has for one, so that the first frame shows it. Without a network the former state will do.
fn fetch(store: &mut Store, config: &Config, source: HubSource) -> Result<(), Failure> {
    let actor = Actor::rep(config.rep.name.clone());
    let ctx = Ctx {
        now: Utc::now(),
        ahead: chrono::Duration::zero(),
        policy: &config.policy,
        scoring: &config.scoring,
        actor: &actor,
        zone: config.rep.zone,
    };
    let mut engine = Engine::new(vec![Box::new(source)], fastrand::f64);
    let mut work = || -> std::io::Result<Round> {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
        loop {
            let round = runtime.block_on(engine.round(store, &ctx));
            if !round.more || round.trouble.is_some() {
                return Ok(round);
            }
        }
    };
    // On a thread of its own: the app's may be within a runtime already.
    let done = thread::scope(|scope| scope.spawn(&mut work).join());
    done.map_err(|_| Failure::new(Exit::Failed, "the demo's leads could not be fetched"))??;
    Ok(())
}
