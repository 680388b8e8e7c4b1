//! `leadbox` and `leadbox demo`: what the app is opened with.

use std::io::IsTerminal;
use std::os::unix::fs::MetadataExt;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;

use chrono::Utc;

use super::args::{DemoArgs, Global};
use super::failure::{Exit, Failure};
use super::session::data_dir;
use super::setup;
use crate::app::Settings;
use crate::app::model::{Notify, View};
use crate::config::{self, Config, Surroundings};
use crate::handoff::calendar::{Calendar, CalendarSpec};
use crate::handoff::event::Actor;
use crate::runtime::answer::Rules;
use crate::runtime::{self, AppError, Launchpad, Renew, Renewed};
use crate::source::Source;
use crate::source::demo::{Cable, DemoRemote, SOURCE, World};
use crate::source::hub::policy_path;
use crate::store::{Ctx, Store, WAITING};

impl From<AppError> for Failure {
    fn from(error: AppError) -> Self {
        Self::new(Exit::Failed, error)
    }
}

/// Opens the app on the rep's store.
pub fn open(global: &Global) -> Result<(), Failure> {
    let dir = data_dir(global)?;
    let renew = renewal(global, &dir);
    let mut config = setup::load(global)?;
    need_terminal()?;
    let mut store = Store::open_telling(&dir, || eprintln!("leadbox: {WAITING}"))?;
    store.adopt_policy(&setup::fingerprint(&config))?;
    config.policy.former = store.adopt_calendar(&config.policy.calendar, Utc::now())?;
    // Without the hub there is still what one has here.
    let (way, trouble) = match super::hub::way(&dir) {
        Ok(way) => (way, None),
        Err(failure) => (None, Some(format!("{}; until then what you do waits in the outbox", failure.message))),
    };
    if trouble.is_none() {
        store.set_account(way.as_ref().map(|(account, _)| account.person.as_str()))?;
    }
    let team = way.as_ref().and_then(|(account, http)| super::hub::directing(account, http));
    let hub = way.map(|(_, http)| Box::new(super::hub::source(&dir, http)) as Box<dyn Source>);
    let sources = hub.into_iter().collect();
    run(&config, store, dir, With { sources, team, renew: Some(renew), trouble, ..With::default() })
}

/// What the app is opened with besides the store.
#[derive(Default)]
struct With {
    sources: Vec<Box<dyn Source>>,
    cable: Option<Cable>,
    team: Option<super::hub::Directing>,
    renew: Option<Renew>,
    /// What is amiss from the start.
    trouble: Option<String>,
}

/// Looks whether the hub's policy is another one than when the app was opened, whoever fetched it.
fn renewal(global: &Global, dir: &Path) -> Renew {
    let (global, path) = (global.clone(), policy_path(dir));
    // The file is written anew each time: another one has another number, time or length.
    let stamp = |path: &Path| {
        let meta = std::fs::metadata(path).ok()?;
        Some((meta.ino(), meta.len(), meta.modified().ok()?))
    };
    let (mut seen, mut known) = (stamp(&path), std::fs::read(&path).ok());
    Box::new(move || {
        let now = stamp(&path);
        if now.is_none() || now == seen {
            return None;
        }
        let text = std::fs::read(&path).ok()?;
        seen = now;
        if known.as_ref() == Some(&text) {
            return None;
        }
        known = Some(text);
        let config = setup::load(&global).map_err(|failure| failure.message);
        Some(config.map(|config| Renewed {
            rules: rules(&config),
            quiet: config.escalation.alerts.quiet,
            fingerprint: setup::fingerprint(&config),
        }))
    })
}

/// Opens the app on an invented world that is gone afterwards. It looks, and its keys are, as the rep has set them; the
/// rules are the standard ones.
pub fn demo(global: &Global, args: &DemoArgs) -> Result<(), Failure> {
    let Config { file, ui, keys, views, open, .. } = setup::load(global)?;
    need_terminal()?;
    let mut config = Config { file, ui, keys, views, open, ..Config::standard(&Surroundings::here())? };
    config.rep.name = "you".into();
    config.policy.calendar = always(config.rep.zone)?;
    let dir = tempfile::Builder::new().prefix("leadbox-demo-").tempdir()?;
    let mut store = Store::open(dir.path())?;
    let mut world = World::new(args.seed).map_err(|error| Failure::because("the demo's world", error))?;
    populate(&mut store, &config, &mut world)?;
    let cable = Arc::new(AtomicBool::new(true));
    let remote = DemoRemote::new(world, args.seed, Arc::clone(&cable), Utc::now);
    let with = With { sources: vec![Box::new(remote)], cable: Some(cable), ..With::default() };
    run(&config, store, dir.path().to_owned(), with)
    // The folder goes with `dir`.
}

/// Opens the office day and night, so that clocks run whenever the demo is looked at.
fn always(zone: chrono_tz::Tz) -> Result<Calendar, Failure> {
    let day = vec!["00:00-24:00".to_owned()];
    let spec = CalendarSpec {
        zone: zone.to_string(),
        mon: day.clone(),
        tue: day.clone(),
        wed: day.clone(),
        thu: day.clone(),
        fri: day.clone(),
        sat: day.clone(),
        sun: day,
        ..CalendarSpec::default()
    };
    Calendar::from_spec("round the clock", &spec, Utc::now()).map_err(|error| Failure::new(Exit::Configuration, error))
}

/// Puts the opening leads into the store, and does with them what was done before.
fn populate(store: &mut Store, config: &Config, world: &mut World) -> Result<(), Failure> {
    store.register_source(SOURCE, true)?;
    let actor = Actor::rep(config.rep.name.clone());
    let ctx = |now| Ctx { now, policy: &config.policy, scoring: &config.scoring, actor: &actor, zone: config.rep.zone };
    let now = Utc::now();
    for opening in world.opening(now) {
        store.receive(std::slice::from_ref(&opening.arrival), &ctx(now))?;
        let name = format!("{SOURCE}:{}", opening.arrival.lead.key.external_id);
        let Some(id) = store.find(&name)? else { continue };
        for (at, act) in &opening.acts {
            store.act(id, act, &ctx(*at))??;
        }
    }
    // Those acts are history: they were sent long ago.
    loop {
        // Of each lead only the oldest is given out.
        let due = store.outbox_due(now, usize::MAX >> 1, &[])?;
        if due.is_empty() {
            break;
        }
        due.iter().try_for_each(|item| store.mark_sent(item.op))?;
    }
    Ok(())
}

fn run(config: &Config, store: Store, data_dir: std::path::PathBuf, with: With) -> Result<(), Failure> {
    let With { sources, cable, team, renew, trouble } = with;
    let opening = setup::opening(config)?;
    let (member, team) = team.unzip();
    let settings = Settings {
        rep: config.rep.name.clone(),
        zone: config.rep.zone,
        policy: config.policy.clone(),
        theme: setup::theme(config),
        twelve_hours: !config.ui.clock_24h,
        linear: config.ui.linear,
        mouse: config.ui.mouse,
        bell: config.ui.bell,
        notify: match config.ui.notify {
            config::Notify::Off => Notify::Off,
            config::Notify::Osc9 => Notify::Osc9,
            config::Notify::Osc777 => Notify::Osc777,
        },
        warn: config.ui.warn,
        quiet: config.escalation.alerts.quiet,
        title: config.ui.title,
        views: config
            .views
            .all
            .iter()
            .map(|(name, filter)| View { name: name.clone(), filter: filter.clone() })
            .collect(),
        meeting_link: opening.meeting_link,
        member,
        demo: cable.is_some(),
        version: env!("CARGO_PKG_VERSION"),
    };
    let launchpad = Launchpad {
        data_dir,
        store,
        settings,
        keymap: setup::keymap(config)?,
        rules: rules(config),
        open_with: opening.commands,
        sources,
        cable,
        team,
        renew,
        trouble,
    };
    Ok(runtime::run(launchpad)?)
}

fn rules(config: &Config) -> Rules {
    Rules {
        policy: config.policy.clone(),
        scoring: config.scoring.clone(),
        approach: config.approach.clone(),
        actor: Actor::rep(config.rep.name.clone()),
        zone: config.rep.zone,
    }
}

fn need_terminal() -> Result<(), Failure> {
    if std::io::stdin().is_terminal() && std::io::stdout().is_terminal() {
        return Ok(());
    }
    Err(Failure::usage("the app needs a terminal; `leadbox list`, `next` and `show` work without one"))
}

#[cfg(test)]
mod tests {
    use clap::{Args, Command, FromArgMatches};
    use secrecy::SecretString;

    use super::*;
    use crate::handoff::event::Role;
    use crate::source::hub::Account;

    #[test]
    fn another_policy_of_the_hub_s_is_noticed_once_and_one_that_cannot_be_read_is_told() {
        let dir = tempfile::tempdir().unwrap();
        let own = dir.path().join("config.toml");
        std::fs::write(&own, "").unwrap();
        let place = |path: &Path| path.to_str().unwrap().to_owned();
        let words = ["x".to_owned(), "--data-dir".into(), place(dir.path()), "--config".into(), place(&own)];
        let matches = Global::augment_args(Command::new("x")).get_matches_from(words);
        let global = Global::from_arg_matches(&matches).unwrap();
        let keep = |policy: &str| {
            let url = "http://127.0.0.1:1".to_owned();
            let account =
                Account { url, person: "ana".into(), name: "Ana".into(), role: Role::Rep, token_cmd: Vec::new() };
            account.save(dir.path(), &SecretString::from("lbx_x".to_owned()), policy).unwrap();
        };
        keep("[policy]\nversion = \"1\"\n");
        let mut renew = renewal(&global, dir.path());
        assert!(renew().is_none());
        keep("[policy]\nversion = \"1\"\n");
        assert!(renew().is_none(), "written anew, and the same");
        keep("[policy]\nversion = \"2\"\n[policy.gate]\nskips = 7\n");
        let renewed = renew().unwrap().unwrap();
        assert_eq!((renewed.rules.policy.version.as_str(), renewed.rules.policy.gate.skips), ("2", 7));
        assert_eq!(renewed.rules.actor.name, "ana");
        assert!(renew().is_none(), "once");
        keep("[policy]\nversion = 3\n");
        assert!(renew().unwrap().err().unwrap().contains("version"));
        keep("[policy]\nversion = \"4\"\n");
        assert!(renew().unwrap().is_ok());
    }
}
