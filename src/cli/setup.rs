//! What the configuration means to the app and to the rules: key map, theme, open commands, scores. The rooms check
//! their own names; here the answers become errors with file and line.

use std::collections::BTreeMap;
use std::hash::{DefaultHasher, Hash, Hasher};

use crate::app::effect::LaunchKind;
use crate::app::{Action, Key, KeyMap};
use crate::config::{Config, ConfigError, Place, Problem, Theme as Choice};
use crate::handoff::Time;
use crate::handoff::arrival::Arrival;
use crate::handoff::policy::Policy;
use crate::handoff::scoring::score_of;
use crate::ui::Theme;

/// The live key map: the defaults and the configuration's overrides.
pub fn keymap(config: &Config) -> Result<KeyMap, ConfigError> {
    let contexts = |table: Option<&str>, action: &str| match (Action::from_name(action), table) {
        (Some(_), Some(table)) => {
            Err(format!("“{table}” is no section: keys hold wherever their action does; write it under [keys]"))
        }
        (Some(action), None) => Ok(action.contexts().iter().map(|context| context.label()).collect()),
        // With the nearest name as a hint.
        (None, _) => Err(KeyMap::with([("none", action)]).err().map_or_else(String::new, |error| error.to_string())),
    };
    let chord = |key: &str| match key {
        "none" => Ok(None),
        key => key.parse::<Key>().map(Some).map_err(|error| error.to_string()),
    };
    config.keys.check(contexts, chord)?;
    let bindings = &config.keys.bindings;
    let pairs = bindings.iter().flat_map(|binding| {
        let none = binding.keys.is_empty().then_some("none");
        binding.keys.iter().map(|bound| bound.key.as_str()).chain(none).map(|key| (key, binding.action.as_str()))
    });
    KeyMap::with(pairs).map_err(|error| {
        // A conflict with a default: the binding that causes it is the one that the sentence names.
        let text = error.to_string();
        let at = bindings.iter().find(|binding| text.contains(&format!("“{}”", binding.action)));
        let place =
            at.or(bindings.first()).map_or_else(|| Place::whole("configuration"), |binding| binding.place.clone());
        one(place, text)
    })
}

fn one(place: Place, what: String) -> ConfigError {
    ConfigError { problems: vec![Problem { place, what, hint: None }] }
}

/// The theme, as the app hands it to the screen: a look and overrides. `NO_COLOR` wins over everything, and `auto`
/// goes by what the terminal says of its ground, dark if it says nothing.
pub fn theme(config: &Config) -> Result<String, ConfigError> {
    let set = |name: &str| std::env::var(name).ok().filter(|value| !value.is_empty());
    let light_ground = || {
        // COLORFGBG is `foreground;background`; 7 and 9 to 15 are light.
        let ground: Option<u8> = set("COLORFGBG").and_then(|value| value.rsplit(';').next()?.parse().ok());
        ground.is_some_and(|ground| ground == 7 || ground > 8)
    };
    if set("NO_COLOR").is_some() {
        return Ok("none".into());
    }
    let mut text = match config.ui.theme {
        Choice::None => return Ok("none".into()),
        Choice::Light => "light".to_owned(),
        Choice::Auto if light_ground() => "light".to_owned(),
        Choice::Dark | Choice::Auto => "dark".to_owned(),
    };
    for color in &config.ui.colors {
        let word = format!("{}={}", color.style, color.color);
        Theme::parse(&format!("dark {word}")).map_err(|error| one(color.place.clone(), error.to_string()))?;
        text += " ";
        text += &word;
    }
    Ok(text)
}

/// The commands that open links, by kind; where there is none, the platform's opener does it.
pub fn open_with(config: &Config) -> BTreeMap<LaunchKind, Vec<String>> {
    let open = &config.open;
    let all = [
        (LaunchKind::Crm, &open.crm),
        (LaunchKind::Email, &open.mail),
        (LaunchKind::Call, &open.phone),
        (LaunchKind::Web, &open.website),
    ];
    all.into_iter().filter(|(_, command)| !command.is_empty()).map(|(kind, command)| (kind, command.clone())).collect()
}

/// A text that changes when the rules that leads stand by change.
pub fn fingerprint(config: &Config) -> String {
    let mut hasher = DefaultHasher::new();
    // The calendars of the past are the store's, no rules.
    let policy = Policy { former: Vec::new(), ..config.policy.clone() };
    format!("{policy:?}").hash(&mut hasher);
    format!("{} {:016x}", env!("CARGO_PKG_VERSION"), hasher.finish())
}

/// Scores a lead that came without a score by the team's model, if there is one. The score is the one that it had when
/// it became an MQL, or at its last activity if that is later, so that importing it again gives the same; what time has
/// left of it since is what `score explain` shows.
pub fn score(arrival: &mut Arrival, config: &Config, now: Time) {
    let Arrival { lead, trail } = arrival;
    if lead.score.is_some() {
        return;
    }
    let last = trail.iter().filter_map(|activity| activity.at).max();
    let as_of = lead.mql_at.max(lead.created_at).max(last).map_or(now, |last| last.min(now));
    if let Some(scored) = score_of(lead, trail, &config.scoring, as_of) {
        lead.category = scored.category;
        lead.score = Some(scored.score);
    }
}
