//! Rejection reasons in TOML: `[[reasons]]` adds one or changes one of the canonical table (F79).

use std::collections::BTreeMap;

use crate::handoff::reason::{self, Reason, ReasonOwner};
use crate::reading::{Item, Read, Section};
use crate::reading::{Place, Problem};

/// The reasons so far, and where they were configured.
#[derive(Debug)]
pub(super) struct Reasons {
    pub all: Vec<Reason>,
    places: BTreeMap<String, Place>,
}

impl Default for Reasons {
    fn default() -> Self {
        Self { all: reason::canonical(), places: BTreeMap::new() }
    }
}

impl Reasons {
    /// Reads `[[reasons]]`.
    pub fn read(&mut self, s: &mut Section<'_>) {
        s.sections("reasons", |s| self.read_one(s));
    }

    fn read_one(&mut self, s: &mut Section<'_>) {
        let code = s.require("code", code);
        let off = s.read("off", Item::flag).unwrap_or(false);
        let known = self.all.iter().position(|reason| Some(&reason.code) == code.as_ref());
        let new = Reason {
            code: code.clone().unwrap_or_default(),
            label: String::new(),
            key: ' ',
            owner: ReasonOwner::Sales,
            feeds: String::new(),
            aliases: Vec::new(),
            subs: Vec::new(),
            evidence: None,
        };
        let mut reason = known.map_or(new, |index| self.all[index].clone());
        let owners = [
            ("marketing", ReasonOwner::Marketing),
            ("routing", ReasonOwner::Routing),
            ("data", ReasonOwner::Data),
            ("sales", ReasonOwner::Sales),
        ];
        let must = known.is_none() && !off;
        let missing = ["label", "key", "owner"].into_iter().find(|field| must && s.count(&[*field]) == 0);
        s.set("label", &mut reason.label, Item::words);
        s.set("key", &mut reason.key, key);
        s.set("owner", &mut reason.owner, |item| item.one_of(&owners));
        s.set("feeds", &mut reason.feeds, |item| item.text().map(Into::into));
        s.set("aliases", &mut reason.aliases, Item::texts);
        s.set("subs", &mut reason.subs, Item::texts);
        s.set("evidence", &mut reason.evidence, |item| {
            item.text().map(|text| Some(text.trim().to_owned()).filter(|text| !text.is_empty()))
        });
        // Of what has no code only that is told: nobody knows whether it is a new one.
        let Some(code) = code else { return };
        if let Some(field) = missing {
            let what = format!("the new reason “{code}” has no “{field}”");
            s.refuse_section(what, "give it a label, a key and an owner, or use the code of a known reason");
        }
        if off && known.is_none() {
            s.refuse_section(format!("there is no reason “{code}” to take off"), "remove this entry");
        }
        self.places.insert(code, s.place());
        match known {
            Some(index) if off => drop(self.all.remove(index)),
            Some(index) => self.all[index] = reason,
            None if off => {}
            None => self.all.push(reason),
        }
    }

    /// What is wrong with all of them together: none left, keys and names that mean two.
    pub fn problems(&self) -> Vec<Problem> {
        let mut problems = Vec::new();
        for (index, later) in self.all.iter().enumerate() {
            for earlier in &self.all[..index] {
                // The canonical ones do not clash with each other, so one of two that do is configured.
                let Some(place) = self.places.get(&later.code).or_else(|| self.places.get(&earlier.code)) else {
                    continue;
                };
                let mut refuse = |what: String, hint: String| {
                    problems.push(Problem { place: place.clone(), what, hint: Some(hint) });
                };
                let both = format!("both “{}” and “{}”", earlier.code, later.code);
                if earlier.key == later.key {
                    let free = ('0'..='9').chain('a'..='z');
                    let free = free.filter(|key| self.all.iter().all(|reason| reason.key != *key)).take(5);
                    let free = free.map(String::from).collect::<Vec<_>>().join(", ");
                    refuse(format!("the key “{}” picks {both}", later.key), format!("free keys are {free}"));
                }
                let names =
                    |reason: &Reason| -> Vec<String> { [vec![reason.code.clone()], reason.aliases.clone()].concat() };
                let plain = |name: &String| name.to_lowercase().replace([' ', '-'], "_");
                let of_earlier: Vec<String> = names(earlier).iter().map(plain).collect();
                if let Some(name) = names(later).iter().find(|name| of_earlier.contains(&plain(name))) {
                    refuse(format!("“{name}” names {both}"), "remove it from the aliases of one of them".into());
                }
            }
        }
        if self.all.is_empty() {
            let place = self.places.values().next_back().cloned().unwrap_or_else(|| Place::whole("the configuration"));
            let what = "no reason is left, so that no lead could be rejected".to_owned();
            problems.push(Problem { place, what, hint: Some("leave at least one on".into()) });
        }
        problems
    }
}

fn code(item: &Item<'_>) -> Read<String> {
    let code = item.words()?;
    let plain = code.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_');
    if plain {
        return Ok(code);
    }
    Err(item.wrong_hint(format!("“{code}” is not a code"), "use small letters, digits and underscores"))
}

fn key(item: &Item<'_>) -> Read<char> {
    let text = item.words()?;
    let mut chars = text.chars();
    match (chars.next(), chars.next()) {
        (Some(key), None) if key.is_ascii_lowercase() || key.is_ascii_digit() => Ok(key),
        _ => Err(item.wrong_hint(format!("“{text}” is not a reason's key"), "use one digit or one small letter")),
    }
}
