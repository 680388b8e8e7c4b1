//! What the configuration means to the app and to the rules: key map, theme, open commands, scores. The rooms check
//! their own names; here the answers become errors with file and line.

use std::collections::BTreeMap;
use std::hash::{DefaultHasher, Hash, Hasher};

use crate::app::effect::LaunchKind;
use crate::app::launch::{Command, Placeholder, Template, TemplateError};
use crate::app::{Action, Key, KeyMap};
use crate::config::{Config, ConfigError, Place, Problem, Theme as Choice};
use crate::handoff::policy::Policy;
use crate::ui::Theme;

/// The live key map: the defaults and the configuration's overrides.
pub fn keymap(config: &Config) -> Result<KeyMap, ConfigError> {
    let contexts = |action: &str| match Action::from_name(action) {
        Some(action) => Ok(action.contexts().iter().map(|context| context.label()).collect()),
        // With the nearest name as a hint.
        None => Err(KeyMap::with([("none", action)]).err().map_or_else(String::new, |error| error.to_string())),
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
        (LaunchKind::Record, &open.crm, Some(Placeholder::Url)),
        (LaunchKind::Email, &open.mail, Some(Placeholder::Email)),
        (LaunchKind::Call, &open.phone, Some(Placeholder::Phone)),
        (LaunchKind::Profile, &open.linkedin, Some(Placeholder::Url)),
        (LaunchKind::Website, &open.website, Some(Placeholder::Url)),
        // The calendar is the rep's own: a command may open it as it is.
        (LaunchKind::Meeting, &open.meeting, None),
    ];
    let mut commands = BTreeMap::new();
    let mut problems = Vec::new();
    let problem =
        |place: &Place, error: TemplateError| Problem { place: place.clone(), what: error.to_string(), hint: None };
    for (kind, written, wanted) in all {
        let Some(written) = written else { continue };
        match Command::parse(&written.words, wanted) {
            Ok(command) => commands.extend(command.map(|command| (kind, command))),
            Err(error) => problems.push(problem(&written.place, error)),
        }
    }
    let meeting_link = open
        .meeting_link
        .as_ref()
        .and_then(|(link, place)| Template::link(link).map_err(|error| problems.push(problem(place, error))).ok());
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
