//! The top level of the file: which sections there are, in which order they are read, and what holds them together.

use std::path::{Path, PathBuf};

use super::reasons::Reasons;
use super::{
    Check, Config, Keys, OpenCommands, RepSettings, Surroundings, UiSettings, Views, approach, calendars, escalation,
    policy, preflight, qualify, routing, scoring, sources,
};
use crate::handoff::Time;
use crate::handoff::approach::Template;
use crate::handoff::calendar::Calendar;
use crate::handoff::policy::Policy;
use crate::handoff::preflight::PreflightPolicy;
use crate::handoff::qualify::QualifyPolicy;
use crate::handoff::routing::RoutingPolicy;
use crate::handoff::scoring::{Model, Models};
use crate::handoff::similar::similar;
use crate::reading::{self, Item, KeysSeen, Section, Settled};
use crate::reading::{ConfigError, Place, Problem};
use crate::reading::{plight, text_of};

/// The sections of a configuration.
pub(super) const ALL: [&str; 16] = [
    "policy_file",
    "rep",
    "ui",
    "keys",
    "views",
    "open",
    "sources",
    "policy",
    "routing",
    "escalation",
    "reasons",
    "calendars",
    "scoring",
    "approach",
    "qualify",
    "preflight",
];

/// The name of the built-in calendar.
const STANDARD: &str = "standard";

/// A configuration that is being put together.
pub(super) struct Draft {
    config: Config,
    now: Time,
    reasons: Reasons,
    /// The calendar that the team asks for, and the one that the rep does, which goes before it (section 4, rule 10).
    team_calendar: Option<(String, Place)>,
    rep_calendar: Option<(String, Place)>,
    /// Calendars that are there but wrong, which was reported.
    wrong_calendars: Vec<String>,
    model: Option<(String, Place)>,
    qualify: qualify::Asked,
    /// A file with a model cannot be read, or is wrong, which was reported: its model may be the one that is missed.
    has_wrong_models: bool,
    own_templates: Vec<Template>,
    with_default_templates: bool,
    problems: Vec<Problem>,
}

impl Draft {
    pub fn new(surroundings: &Surroundings) -> Result<Self, ConfigError> {
        let config = Config {
            file: None,
            rep: RepSettings { name: surroundings.user.clone(), zone: surroundings.zone },
            ui: UiSettings::default(),
            keys: Keys::default(),
            views: Views::default(),
            open: OpenCommands::default(),
            sources: Vec::new(),
            policy: Policy::default(),
            routing: RoutingPolicy::default(),
            escalation: Default::default(),
            calendars: Default::default(),
            scoring: Models { all: scoring::preset_models()?, active: Some(scoring::DEFAULT_MODEL.into()) },
            approach: approach::default_templates()?,
            qualify: QualifyPolicy::default(),
            preflight: PreflightPolicy::default(),
        };
        Ok(Self {
            config,
            now: surroundings.now,
            reasons: Reasons::default(),
            team_calendar: None,
            rep_calendar: None,
            wrong_calendars: Vec::new(),
            model: None,
            qualify: qualify::Asked::default(),
            has_wrong_models: false,
            own_templates: Vec::new(),
            with_default_templates: true,
            problems: Vec::new(),
        })
    }

    /// Reads a rep's file, and before it the policy of the hub or the policy file that it names.
    pub fn read(&mut self, text: &str, file: &Path, team: Option<&Path>) -> Result<KeysSeen, ConfigError> {
        let name = file.to_string_lossy();
        let mut settled = Settled::new();
        let policy_file = reading::read(&name, text, |s| {
            let path = s.read("policy_file", |item| Ok((item.text()?.trim().to_owned(), item.place())));
            let _ = s.free();
            path.filter(|(path, _)| !path.is_empty())
        });
        let policy_file = self.keep(policy_file).and_then(|(policy_file, _)| policy_file);
        if let Some(team) = team {
            let text = text_of(team).map_err(|error| ConfigError::unreadable(&team.to_string_lossy(), &error))?;
            let read = reading::read(&team.to_string_lossy(), &text, |s| self.read_team(s, team));
            settled = self.keep(read).map(|((), seen)| said_of_policy(seen)).unwrap_or_default();
            if let Some((_, place)) = policy_file {
                let what =
                    "“policy_file” is for those without a hub; the rules of the one that you are signed in to hold";
                let hint = Some("remove it, or sign out with `leadbox logout`".into());
                self.problems.push(Problem { place, what: what.into(), hint });
            }
        } else if let Some((policy_file, place)) = policy_file {
            let path = beside(file, &policy_file);
            if let Some(text) = self.fetch(&path, &policy_file, &place) {
                let team = reading::read(&path.to_string_lossy(), &text, |s| self.read_team(s, &path));
                settled = self.keep(team).map(|((), seen)| said_of_policy(seen)).unwrap_or_default();
            }
        }
        let read = reading::read_but(&settled, &name, text, |s| {
            s.item("policy_file");
            s.section("rep", |s| {
                self.config.rep.read(s);
                s.set("calendar", &mut self.rep_calendar, |item| Ok(Some((item.words()?, item.place()))));
            });
            s.section("ui", |s| self.config.ui.read(s));
            s.section("keys", |s| self.config.keys.read(s));
            s.section("views", |s| self.config.views.read(s));
            s.section("open", |s| self.config.open.read(s));
            self.config.sources = sources::read(s, file);
            self.read_team(s, file);
        });
        Ok(self.keep(read).map(|((), seen)| seen).unwrap_or_default())
    }

    /// Reads a team's file that names no other files.
    pub fn read_alone(&mut self, text: &str, file: &str) {
        let read = reading::read(file, text, |s| {
            self.read_team(s, Path::new(file));
        });
        let Some(((), seen)) = self.keep(read) else { return };
        for key in ["scoring.files", "approach.files"] {
            if let Some(place) = seen.present.get(key) {
                let what = format!("“{key}” names other files, which nobody who fetches this policy has");
                let hint = Some("put what they say into this file".into());
                self.problems.push(Problem { place: place.clone(), what, hint });
            }
        }
    }

    /// What was read, if it could be; what is wrong is kept for the end, so that all of it is told at once.
    fn keep<T>(&mut self, read: Result<T, ConfigError>) -> Option<T> {
        read.map_err(|error| self.problems.extend(error.problems)).ok()
    }

    /// What may stand in the rep's file and in the team's.
    fn read_team(&mut self, s: &mut Section<'_>, file: &Path) {
        s.section("policy", |s| policy::read(&mut self.config.policy, &mut self.team_calendar, s));
        s.section("routing", |s| routing::read(&mut self.config.routing, s));
        s.section("escalation", |s| escalation::read(&mut self.config.escalation, s));
        self.reasons.read(s);
        for (name, calendar) in calendars::read(s, self.now) {
            match calendar {
                Some(calendar) => drop(self.config.calendars.insert(name, calendar)),
                None => self.wrong_calendars.push(name),
            }
        }
        let model_files = s.section("scoring", |s| {
            s.set("model", &mut self.model, |item| Ok(Some((item.words()?, item.place()))));
            s.read("files", files)
        });
        let so_far = self.problems.len();
        for (path, text) in self.fetch_all(file, model_files) {
            let read = scoring::parse_model(&text, &path).map(|model| self.add_model(model));
            self.keep(read);
        }
        self.has_wrong_models |= self.problems.len() > so_far;
        s.section("qualify", |s| qualify::read(&mut self.config.qualify, &mut self.qualify, s));
        s.section("preflight", |s| preflight::read(&mut self.config.preflight, s));
        let template_files = s.section("approach", |s| {
            s.set("defaults", &mut self.with_default_templates, Item::flag);
            s.read("files", files)
        });
        for (path, text) in self.fetch_all(file, template_files) {
            let read = approach::parse_templates(&text, &path).map(|more| self.own_templates.extend(more));
            self.keep(read);
        }
    }

    fn add_model(&mut self, model: Model) {
        let models = &mut self.config.scoring.all;
        models.retain(|known| known.id != model.id);
        models.push(model);
    }

    /// The texts of the files that are there; the others are reported.
    fn fetch_all(&mut self, beside_file: &Path, names: Option<Vec<(String, Place)>>) -> Vec<(String, String)> {
        let mut texts = Vec::new();
        for (name, place) in names.unwrap_or_default() {
            let path = beside(beside_file, &name);
            let text = self.fetch(&path, &name, &place);
            texts.extend(text.map(|text| (path.to_string_lossy().into_owned(), text)));
        }
        texts
    }

    fn fetch(&mut self, path: &Path, name: &str, place: &Place) -> Option<String> {
        let read = text_of(path);
        read.map_err(|error| {
            let what = format!("the file “{name}” cannot be read: {}", plight(&error));
            let hint = format!("it is looked for at {}", path.display());
            self.problems.push(Problem { place: place.clone(), what, hint: Some(hint) });
        })
        .ok()
    }

    /// The configuration, if all of it holds together.
    pub fn finish(mut self, file: Option<&Path>, check: Check<'_>) -> Result<Config, ConfigError> {
        let mut config = self.config;
        let standard = Calendar::standard(config.rep.zone);
        config.calendars.entry(STANDARD.into()).or_insert(standard);
        let wanted = self.rep_calendar.or(self.team_calendar).unwrap_or((STANDARD.into(), Place::whole("")));
        match calendars::find(&config.calendars, &wanted) {
            Ok(calendar) => config.policy.calendar = calendar.clone(),
            Err(_) if self.wrong_calendars.contains(&wanted.0) => {}
            Err(problem) => self.problems.push(problem),
        }
        if let Some((model, place)) = self.model {
            config.scoring.active = (model != "none").then(|| model.clone());
            if config.scoring.active.is_some() && config.scoring.active().is_none() && !self.has_wrong_models {
                let known = || config.scoring.all.iter().map(|model| model.id.as_str());
                let hint = match similar(&model, known()) {
                    Some(near) => format!("did you mean “{near}”?"),
                    None => format!("there are {} and none", known().collect::<Vec<_>>().join(", ")),
                };
                let what = format!("there is no scoring model “{model}”");
                self.problems.push(Problem { place, what, hint: Some(hint) });
            }
        }
        self.problems.extend(self.qualify.settle(&mut config.qualify, &mut config.scoring));
        self.problems.extend(self.reasons.problems());
        config.policy.reasons = self.reasons.all;
        let own = self.own_templates;
        let defaults = if self.with_default_templates { config.approach } else { Vec::new() };
        let kept = defaults.into_iter().filter(|template| own.iter().all(|mine| mine.name != template.name));
        config.approach = own.iter().cloned().chain(kept).collect();
        config.file = file.map(Path::to_owned);
        self.problems.extend(check(&config));
        ConfigError::unless_none(self.problems)?;
        Ok(config)
    }
}

/// What the team's file says of the policy, value by value: the rep's own file cannot say otherwise.
fn said_of_policy(seen: KeysSeen) -> Settled {
    let is_section = |path: &str| seen.present.keys().any(|other| other.starts_with(&format!("{path}.")));
    let mut said: Settled = seen
        .present
        .iter()
        .filter(|(path, _)| path.starts_with("policy.") && !path.contains("[]") && !is_section(path))
        .map(|(path, place)| (path.clone(), place.clone()))
        .collect();
    // Both write the same table.
    let [preset, rules] = ["policy.preset", "policy.sla.rules"];
    if let Some(place) = said.get(rules).or(said.get(preset)).cloned() {
        said.entry(preset.into()).or_insert_with(|| place.clone());
        said.entry(rules.into()).or_insert(place);
    }
    said
}

/// A path as the file means it: relative ones are looked for beside the file.
fn beside(file: &Path, path: &str) -> PathBuf {
    file.parent().unwrap_or(Path::new("")).join(path)
}

fn files(item: &Item<'_>) -> reading::Read<Vec<(String, Place)>> {
    item.list(|item| Ok((item.words()?, item.place())))
}
