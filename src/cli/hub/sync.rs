//! `leadbox sync`: what the app does while it is open, once.

use std::fs::{File, TryLockError};
use std::path::Path;

use serde_json::json;

use super::login::{source, way};
use crate::cli::args::Global;
use crate::cli::failure::{Exit, Failure};
use crate::cli::print::Out;
use crate::cli::session::{Session, data_dir};
use crate::keeping::clock::{Clock, Reading};
use crate::source::Source;
use crate::store::{Ctx, SENDER, lock_file};
use crate::sync::engine::Engine;
use crate::ui::inert::inert;

/// Fetches all that changed and sends what is due, once.
pub fn sync(global: &Global) -> Result<(), Failure> {
    let dir = data_dir(global)?;
    let way = way(&dir)?;
    let mut session = Session::open(global)?;
    let crms = crate::cli::source::open(&session.config, &dir, &session.store)?;
    if way.is_none() && crms.is_empty() {
        let what =
            "there is nothing to fetch from: `leadbox login URL` signs in to a hub, `leadbox source add` sets up a CRM";
        return Err(Failure::new(Exit::Failed, what));
    }
    let Some(_elected) = elected(&dir)? else { return elsewhere(&session, global.json) };
    session.store.set_account(way.as_ref().map(|(account, _)| account.person.as_str()))?;
    for crm in &crms {
        session.store.register_source(crm.name(), crm.capabilities().writes)?;
    }
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build()?;
    let clock = Clock::default();
    clock.set_ahead(session.store.ahead()?);
    let hub = way.map(|(_, http)| source(&dir, http.setting(&clock)).going_by(clock.clone()));
    let with = if hub.is_some() && crms.is_empty() { "the hub" } else { "all sources" };
    let mut sources: Vec<Box<dyn Source>> = hub.into_iter().map(|hub| Box::new(hub) as Box<dyn Source>).collect();
    sources.extend(crms);
    let mut engine = Engine::new(sources, fastrand::f64);
    let mut put_off = 0;
    let round = {
        let Session { config, store, actor, .. } = &mut session;
        loop {
            let Reading { now, ahead } = clock.read();
            let (policy, scoring, zone) = (&config.policy, &config.scoring, config.rep.zone);
            let ctx = Ctx { now, ahead, policy, scoring, actor, zone };
            let round = runtime.block_on(engine.round(store, &ctx));
            round.reports.iter().for_each(|report| eprintln!("leadbox: {}", inert(report)));
            put_off += round.put_off;
            // A round sends a few, and of each lead the oldest only.
            if round.trouble.is_some() || !(round.more || round.settled > 0) {
                break round;
            }
        }
    };
    if round.trouble.is_none() {
        session.store.set_ahead(clock.read().ahead)?;
    }
    let is_in_step = put_off == 0 && !session.store.has_due(session.ctx().now)?;
    let counts = session.store.counts(&session.ctx())?;
    let mut out = Out::new();
    if global.json {
        out.json(&json!({
            "online": round.trouble.is_none(),
            "why": round.trouble,
            "in_step": round.trouble.is_none() && is_in_step,
            "to_send": counts.to_send,
            "needs_attention": counts.parked,
        }))?;
    } else if let Some(why) = &round.trouble {
        return Err(Failure::new(Exit::Failed, why));
    } else {
        let begins = match is_in_step {
            true => format!("in step with {with}"),
            false => format!("not in step yet: {with} could not take all"),
        };
        out.line(format!("{begins}; {} to send, {} need attention", counts.to_send, counts.parked))?;
    }
    out.finish()
}

/// The lock by which no other window or command speaks to the sources; nothing where one does.
fn elected(dir: &Path) -> Result<Option<File>, Failure> {
    let lock = lock_file(dir, SENDER)?;
    Ok(match lock.try_lock() {
        Err(TryLockError::WouldBlock) => None,
        // A file system without locks: one sender is the rule there.
        Ok(()) | Err(TryLockError::Error(_)) => Some(lock),
    })
}

/// Another one does what was asked for.
fn elsewhere(session: &Session, as_json: bool) -> Result<(), Failure> {
    let counts = session.store.counts(&session.ctx())?;
    let mut out = Out::new();
    if as_json {
        out.json(&json!({ "elsewhere": true, "to_send": counts.to_send, "needs_attention": counts.parked }))?;
    } else {
        let what = "an app that is open here, or another `leadbox sync`, fetches and sends already";
        out.line(format!("{what}; {} to send, {} need attention", counts.to_send, counts.parked))?;
    }
    out.finish()
}
