//! What the configuration means to the app and to the rules: key map, theme, open commands, scores. The rooms check
//! their own names; here the answers become errors with file and line.

use std::collections::BTreeMap;
use std::hash::{DefaultHasher, Hash, Hasher};

use super::args::Global;
use super::failure::Failure;
use super::session::data_dir;
use crate::app::effect::LaunchKind;
use crate::app::key::NotAKey;
use crate::app::keymap::KeyError;
use crate::app::launch::{Command, Placeholder, Template, TemplateError};
use crate::app::{Action, Key, KeyMap};
use crate::config::{Binding, BoundKey, ColorSetting, Config, ConfigError, Place, Problem, Theme as Choice};
use crate::handoff::policy::Policy;
use crate::source::hub::{Account, policy_path};
use crate::ui::Theme;

/// Reads the configuration, and checks all of it: a command tells what is wrong with the keys as well.
///
/// One who is signed in to a hub has its rules and the name that it knows.
pub fn load(global: &Global) -> Result<Config, Failure> {
    let dir = data_dir(global)?;
    let account = Account::load(&dir).map_err(|error| Failure::file("the account cannot be read", &error))?;
    let team = account.as_ref().map(|_| policy_path(&dir));
    let mut config = Config::load_for(team.as_deref(), global.config(), &mistakes)?;
    if let Some(account) = account {
        config.rep.name = account.person;
    }
    Ok(config)
}

/// What is wrong with what is written for the keys, the colours and the commands: all of it.
fn mistakes(config: &Config) -> Vec<Problem> {
    let colors = config.ui.colors.iter().filter_map(|color| {
        let error = Theme::parse(&format!("dark {}", word(color))).err()?;
        Some(Problem { place: color.place.clone(), what: error.to_string(), hint: None })
    });
    let errors = [keymap(config).err(), opening(config).err()].into_iter().flatten();
    errors.flat_map(|error| error.problems).chain(colors).collect()
}

/// The live key map: the defaults and the configuration's overrides.
pub fn keymap(config: &Config) -> Result<KeyMap, ConfigError> {
    let contexts = |action: &str| match Action::from_name(action) {
        Some(action) => Ok(action.contexts().iter().map(|context| context.label()).collect()),
        // With the nearest name as a hint.
        None => Err(KeyMap::with([(NONE, action)]).map_or_else(|errors| sentences(&errors), |_| String::new())),
    };
    let mut problems = config.keys.problems(contexts, chord);
    let bindings = &config.keys.bindings;
    let pairs = bindings.iter().flat_map(|binding| {
        let none = binding.keys.is_empty().then_some(NONE);
        binding.keys.iter().map(|bound| bound.key.as_str()).chain(none).map(|key| (key, binding.action.as_str()))
    });
    match KeyMap::with(pairs) {
        Ok(map) if problems.is_empty() => return Ok(map),
        Ok(_) => {}
        Err(errors) => problems.extend(errors.iter().filter_map(|error| beyond(error, bindings))),
    }
    Err(ConfigError { problems })
}

/// The word that leaves an action without keys.
const NONE: &str = "none";

fn chord(key: &str) -> Result<Option<Key>, String> {
    if key == NONE { Ok(None) } else { key.parse().map(Some).map_err(|error: NotAKey| error.to_string()) }
}

fn sentences(errors: &[KeyError]) -> String {
    errors.iter().map(ToString::to_string).collect::<Vec<_>>().join("; ")
}

/// What the bindings by themselves do not show: they meet a default, or leave an action without a key that it needs.
fn beyond(error: &KeyError, bindings: &[Binding]) -> Option<Problem> {
    let of = |action: &str| bindings.iter().find(|binding| binding.action == action);
    let place = match error {
        KeyError::UnknownAction { .. } | KeyError::UnknownKey { .. } => return None,
        KeyError::Needed(action) => of(action).map(|binding| binding.place.clone()),
        KeyError::Conflict { key, first, second, .. } => {
            let is_it = |bound: &&BoundKey| chord(&bound.key).ok().flatten() == Some(*key);
            let written = |action: &str| of(action).and_then(|binding| binding.keys.iter().find(is_it));
            match (written(first), written(second)) {
                (Some(_), Some(_)) => return None,
                (one, other) => one.or(other).map(|bound| bound.place.clone()),
            }
        }
    };
    let place = place.unwrap_or_else(|| Place::whole("[keys]"));
    Some(Problem { place, what: error.to_string(), hint: None })
}

fn word(color: &ColorSetting) -> String {
    format!("{}={}", color.style, color.color)
}

/// The theme, as the app hands it to the screen: a look and overrides, which [`load`] checked. `NO_COLOR` wins over
/// everything, and `auto` goes by what the terminal says of its ground, dark if it says nothing.
pub fn theme(config: &Config) -> String {
    let set = |name: &str| std::env::var(name).ok().filter(|value| !value.is_empty());
    let light_ground = || {
        // COLORFGBG is `foreground;background`; 7 and 9 to 15 are light.
        let ground: Option<u8> = set("COLORFGBG").and_then(|value| value.rsplit(';').next()?.parse().ok());
        ground.is_some_and(|ground| ground == 7 || ground > 8)
    };
    let look = match config.ui.theme {
        _ if set("NO_COLOR").is_some() => return "none".into(),
        Choice::None => return "none".into(),
        Choice::Light => "light",
        Choice::Auto if light_ground() => "light",
        Choice::Dark | Choice::Auto => "dark",
    };
    let colors = config.ui.colors.iter().map(word);
    std::iter::once(look.to_owned()).chain(colors).collect::<Vec<_>>().join(" ")
}

/// What opens things outside of the terminal (F23).
pub struct Opening {
    /// The commands, by what they open; where there is none, the platform's opener does it.
    pub commands: BTreeMap<LaunchKind, Command>,
    /// The link to the rep's calendar.
    pub meeting_link: Option<Template>,
}

/// The commands and the link under `[open]`.
pub fn opening(config: &Config) -> Result<Opening, ConfigError> {
    let open = &config.open;
    let all = [
        ("crm", LaunchKind::Record, &open.crm, Some(Placeholder::Url)),
        ("mail", LaunchKind::Email, &open.mail, Some(Placeholder::Email)),
        ("phone", LaunchKind::Call, &open.phone, Some(Placeholder::Phone)),
        ("linkedin", LaunchKind::Profile, &open.linkedin, Some(Placeholder::Url)),
        ("website", LaunchKind::Website, &open.website, Some(Placeholder::Url)),
        // The calendar is the rep's own: a command may open it as it is.
        ("meeting", LaunchKind::Meeting, &open.meeting, None),
    ];
    let mut commands = BTreeMap::new();
    let mut problems = Vec::new();
    let problem = |key: &str, place: &Place, error: TemplateError| {
        let what = format!("open.{key}: {error}");
        Problem { place: place.clone(), what, hint: None }
    };
    for (key, kind, written, wanted) in all {
        let Some(written) = written else { continue };
        match Command::parse(&written.words, wanted) {
            Ok(command) => commands.extend(command.map(|command| (kind, command))),
            Err(error) => problems.push(problem(key, &written.place, error)),
        }
    }
    let meeting_link = open.meeting_link.as_ref().and_then(|(link, place)| {
        Template::link(link).map_err(|error| problems.push(problem("meeting_link", place, error))).ok()
    });
    ConfigError::unless_none(problems)?;
    Ok(Opening { commands, meeting_link })
}

/// A text that changes when the rules that leads stand by, or the model that scores them, change.
pub fn fingerprint(config: &Config) -> String {
    let mut hasher = DefaultHasher::new();
    // The calendars of the past are the store's, no rules.
    let policy = Policy { former: Vec::new(), ..config.policy.clone() };
    format!("{policy:?} {:?}", config.scoring.active()).hash(&mut hasher);
    format!("{} {:016x}", env!("CARGO_PKG_VERSION"), hasher.finish())
}
