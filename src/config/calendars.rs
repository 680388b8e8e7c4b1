//! Calendars in TOML: `[calendars.NAME]`.

use std::collections::BTreeMap;

use super::top_level;
use crate::handoff::Time;
use crate::handoff::calendar::{Calendar, Window};
use crate::handoff::similar::similar;
use crate::reading::{self, Item, Read, Section, Wrong};
use crate::reading::{ConfigError, Place, Problem};

/// Reads one calendar of a file, which may hold others, right or wrong, and be a whole configuration: only what concerns
/// this one matters. `file` is what errors call it. The calendar must have working time within 800 days after `from`:
/// else no clock would ever end. Where there is none of this name: the names that there are.
pub fn parse_calendar(
    text: &str,
    file: &str,
    name: &str,
    from: Time,
) -> Result<Result<Calendar, Vec<String>>, ConfigError> {
    let mut others = Vec::new();
    let (found, _) = reading::read(file, text, |s| {
        let is_it = |found: &str| {
            others.push(found.to_owned());
            found == name
        };
        let found = s.named("calendars", is_it, |name, s| calendar(name, s, from));
        s.ignore(&top_level::ALL);
        found
    })?;
    others.sort();
    Ok(found.into_iter().find_map(|(_, calendar)| calendar).ok_or(others))
}

/// Reads `[calendars.NAME]`, all of them; nothing for one that is wrong.
pub(super) fn read(s: &mut Section<'_>, from: Time) -> Vec<(String, Option<Calendar>)> {
    s.named("calendars", |_| true, |name, s| calendar(name, s, from))
}

fn calendar(name: &str, s: &mut Section<'_>, from: Time) -> Option<Calendar> {
    let zone = s.require("zone", Item::zone);
    let days = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"];
    let week = days.map(|day| s.read_or(day, Vec::new(), windows));
    let holidays = s.read_or("holidays", Vec::new(), |item| item.list(Item::date));
    let overrides = s.section("overrides", |s| {
        let mut days = Some(BTreeMap::new());
        for (_, item) in s.free() {
            let day = s.accept(item.key_date()).zip(s.accept(windows(&item)));
            days = days.zip(day).map(|(mut days, (date, windows))| {
                days.insert(date, windows);
                days
            });
        }
        days
    });
    let week = week.into_iter().collect::<Option<Vec<_>>>()?.try_into().ok()?;
    let calendar = Calendar::new(name, zone?, week, holidays?.into_iter().collect(), overrides?);
    match calendar.check_from(from) {
        Ok(()) => Some(calendar),
        Err(error) => {
            s.refuse_section(error.to_string(), "");
            None
        }
    }
}

fn windows(item: &Item<'_>) -> Read<Vec<Window>> {
    let window = |item: &Item<'_>| {
        let written = item.text()?;
        let window = written.parse::<Window>();
        window.map_err(|problem| Wrong {
            hint: Some(problem.to_string()),
            ..item.said(format!("“{written}” is not a working window"))
        })
    };
    if item.is_text() { Ok(vec![window(item)?]) } else { item.list(window) }
}

/// The calendar of this name, or the built-in one; nothing if there is neither, which is reported with its place.
pub(super) fn find<'a>(
    calendars: &'a BTreeMap<String, Calendar>,
    wanted: &(String, Place),
) -> Result<&'a Calendar, Problem> {
    let (name, place) = wanted;
    calendars.get(name).ok_or_else(|| {
        let known = calendars.keys().map(String::as_str);
        let hint = match similar(name, known.clone()) {
            Some(near) => format!("did you mean “{near}”?"),
            None => format!("add [calendars.{name}], or use one of {}", known.collect::<Vec<_>>().join(", ")),
        };
        Problem { place: place.clone(), what: format!("there is no calendar “{name}”"), hint: Some(hint) }
    })
}
