//! `leadbox`: what the app is opened with.

use std::io::IsTerminal;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

use chrono::Utc;

use super::args::Global;
use super::failure::{Exit, Failure};
use super::session::data_dir;
use super::setup;
use crate::app::Settings;
use crate::app::model::{Notify, View};
use crate::config::{self, Config};
use crate::handoff::event::Actor;
use crate::keeping::clock::Clock;
use crate::runtime::answer::Rules;
use crate::runtime::{self, AppError, Launchpad, Place, Renew, Renewed};
use crate::source::Source;
use crate::source::hub::policy_path;
use crate::store::{Store, WAITING};

impl From<AppError> for Failure {
    fn from(error: AppError) -> Self {
        Self::new(Exit::Failed, error)
    }
}

/// Opens the app on the rep's store.
pub fn open(global: &Global) -> Result<(), Failure> {
    let dir = data_dir(global)?;
    // The hub's answers set it right.
    let clock = Clock::default();
    let renew = renewal(global, &dir, &clock);
    let mut config = setup::load(global)?;
    need_terminal()?;
    let mut store = Store::open_telling(&dir, || eprintln!("leadbox: {WAITING}"))?;
    store.adopt_policy(&setup::fingerprint(&config))?;
    config.policy.former = store.adopt_calendar(&config.policy.calendar, Utc::now())?;
    // Without the hub there is still what one has here.
    let (way, trouble) = match super::hub::way(&dir) {
        Ok(way) => (way, None),
        Err(failure) => {
            let way = super::hub::way_without_token(&dir);
            let then = match way {
                Some(_) => "once that is seen to, the app goes on by itself",
                None => "see to that or sign in with `leadbox login`, then open the app again",
            };
            (way, Some(format!("{}; {then}: what you do until then waits in the outbox", failure.message)))
        }
    };
    if trouble.is_none() || way.is_some() {
        store.set_account(way.as_ref().map(|(account, _)| account.person.as_str()))?;
    }
    let way = way.map(|(account, http)| (account, http.setting(&clock)));
    clock.set_ahead(store.ahead()?);
    let team = way.as_ref().and_then(|(account, http)| super::hub::directing(account, http));
    let hub = way.map(|(_, http)| Box::new(super::hub::source(&dir, http).going_by(clock.clone())) as Box<dyn Source>);
    let (crms, moved) = super::source::open_for_app(&config, &dir, &store)?;
    let trouble = trouble.or(moved);
    for crm in &crms {
        store.register_source(crm.name(), crm.capabilities().writes)?;
    }
    let sources = hub.into_iter().chain(crms).collect();
    let place = place(&config, store, dir, sources, team, Some(renew), clock)?;
    let open_with = setup::opening(&config)?.commands;
    Ok(runtime::run(Launchpad { place, open_with, demo: None, trouble })?)
}

/// Looks whether the hub's policy is another one than when the app was opened, whoever fetched it.
fn renewal(global: &Global, dir: &Path, clock: &Clock) -> Renew {
    let (global, path, clock) = (global.clone(), policy_path(dir), clock.clone());
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
            rules: rules(&config, &clock),
            quiet: config.escalation.alerts.quiet,
            fingerprint: setup::fingerprint(&config),
        }))
    })
}

/// What one person's app is opened with. `team` is for one who directs a team.
pub(super) fn place(
    config: &Config,
    store: Store,
    data_dir: PathBuf,
    sources: Vec<Box<dyn Source>>,
    team: Option<super::hub::Directing>,
    renew: Option<Renew>,
    clock: Clock,
) -> Result<Place, Failure> {
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
            config::Notify::Desktop => Notify::Desktop,
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
        demo: false,
        version: env!("CARGO_PKG_VERSION"),
    };
    let (keymap, rules) = (setup::keymap(config)?, rules(config, &clock));
    Ok(Place { data_dir, store, settings, keymap, rules, sources, team, renew })
}

fn rules(config: &Config, clock: &Clock) -> Rules {
    Rules {
        policy: config.policy.clone(),
        scoring: config.scoring.clone(),
        approach: config.approach.clone(),
        clock: clock.clone(),
        actor: Actor::rep(config.rep.name.clone()),
        zone: config.rep.zone,
    }
}

pub(super) fn need_terminal() -> Result<(), Failure> {
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
            let account = Account {
                url,
                person: "ana".into(),
                name: "Ana".into(),
                role: Role::Rep,
                token_cmd: Vec::new(),
                keyring: None,
            };
            account.save(dir.path(), &SecretString::from("lbx_x".to_owned()), policy).unwrap();
        };
        keep("[policy]\nversion = \"1\"\n");
        let mut renew = renewal(&global, dir.path(), &Clock::default());
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
