//! Routing rules in TOML: `[routing]`.

use super::scoring::{band, lead_match};
use crate::handoff::routing::{Claim, Criterion, Hours, Monitor, Queue, RoutingPolicy, Rule, When, Who};
use crate::handoff::score::Category;
use crate::reading::{Item, Read, Section};

/// Who can watch a queue by what they are.
const ROLES: [&str; 4] = ["manager", "admin", "revops", "marketing"];

/// Reads `[routing]` over `policy`. Rules and queues replace those that there are as a whole;
/// a segment adds to the others, or changes the one of its name.
pub(super) fn read(policy: &mut RoutingPolicy, s: &mut Section<'_>) {
    // What the file before this one says was checked there, and is told with its place.
    if s.is_empty() {
        return;
    }
    s.set("product_field", &mut policy.product_field, some_words);
    s.set("after_hours", &mut policy.after_hours, some_words);
    s.section("feeds", |s| {
        let feeds = &mut policy.feeds;
        s.set("every", &mut feeds.every, |item| {
            let seconds = item.seconds(86_400)?;
            if seconds < 60 {
                Err(item.wrong("“every” is a minute at the least: somebody else's server is asked"))
            } else {
                Ok(seconds)
            }
        });
        s.set("away_words", &mut feeds.away_words, Item::texts);
        s.set("all_day_is_away", &mut feeds.all_day_is_away, Item::flag);
    });
    s.section("segments", |s| {
        for (name, item) in s.free() {
            if let Some(band) = s.accept(item.section(band)) {
                policy.segments.insert(name, band);
            }
        }
    });
    let mut names: Vec<String> = Vec::new();
    let queues = s.sections("queues", |s| {
        let queue = queue(s);
        let name = queue.as_ref().map(|queue| queue.name.clone());
        if let Some(name) = name.filter(|name| names.contains(name)) {
            s.refuse_section(format!("there are two queues named “{name}”"), "take one out");
        }
        names.extend(queue.iter().map(|queue| queue.name.clone()));
        queue
    });
    // Of what is half read nothing more is told: what is wrong with it was, and the rest would only follow from that.
    let mut is_whole = true;
    if let Some(queues) = queues {
        is_whole &= queues.iter().all(Option::is_some);
        policy.queues = queues.into_iter().flatten().collect();
    }
    let are_queues_whole = is_whole;
    let defaults = std::mem::take(&mut policy.rules);
    let read = s.sections("rules", |s| match rule(s) {
        Some(rule) => {
            let faults = if are_queues_whole { policy.faults_of_next(&rule) } else { Vec::new() };
            for fault in faults {
                s.refuse_section(fault.what, fault.hint);
            }
            policy.rules.push(rule);
        }
        None => is_whole = false,
    });
    if read.is_none() {
        // Those that hold anyway may name queues and segments that were taken away.
        for rule in defaults {
            let faults = if is_whole { policy.faults_of_next(&rule) } else { Vec::new() };
            for fault in faults {
                s.refuse_section(fault.what, fault.hint);
            }
            policy.rules.push(rule);
        }
    }
    if is_whole {
        for fault in policy.faults() {
            s.refuse_section(fault.what, fault.hint);
        }
    }
}

fn queue(s: &mut Section<'_>) -> Option<Queue> {
    let name = s.require("name", Item::words);
    let monitor = s.require("monitor", |item| {
        if item.is_table() {
            let roles = ROLES.map(|role| (role, role));
            let role = item.section(|s| s.require("role", |item| item.one_of(&roles)))?;
            return Ok(role.map(|role| Monitor::Role(role.into())));
        }
        item.words().map(|id| Some(Monitor::Person(id)))
    });
    let claim = claim(s);
    Some(Queue { name: name?, monitor: monitor??, claim: claim? })
}

/// Who may take leads from a queue themselves: `everybody`, `team NAME`, or a person's id.
fn claim(s: &mut Section<'_>) -> Option<Option<Claim>> {
    let who = |item: &Item<'_>| {
        let written = item.words()?;
        Ok(match written.strip_prefix("team ") {
            _ if written == "everybody" => Who::Everybody,
            Some(team) => Who::Team(team.trim().to_owned()),
            None => Who::People(vec![written]),
        })
    };
    let who = s.read_or("open_to", Vec::new(), |item| item.list(who))?;
    let most: u32 = s.read_or("claim_most", 0, |item| item.whole(0..=10_000))?;
    Some((!who.is_empty()).then(|| Claim { who, most: Some(most).filter(|&most| most > 0) }))
}

fn rule(s: &mut Section<'_>) -> Option<Rule> {
    let name = s.require("name", Item::words);
    let when = s.read_or("when", Some(When::default()), |item| {
        let is_empty = item.table()?.is_empty();
        if !is_empty && item.section(asks_nothing)? {
            return Err(item.wrong_hint("“when” asks nothing of the lead", "take it out, or name what it asks"));
        }
        // Where nothing of it could be read, which was told, the rule must not pass for one without conditions.
        item.section(|s| Some(when(s)).filter(|when| is_empty || *when != When::default()))
    });
    let who = who(s);
    let criteria = Criterion::ALL.map(|by| (by.code(), by));
    let by = s.read_or("by", Vec::new(), |item| item.list(|item| item.one_of(&criteria)));
    let or_open = s.read_or("or_open", false, Item::flag);
    let hours = s.read_or("hours", Hours::Open, |item| item.one_of(&[("open", Hours::Open), ("any", Hours::Any)]));
    let overflow = s.read_or("overflow", None, some_words);
    Some(Rule { name: name?, when: when??, who: who?, by: by?, or_open: or_open?, hours: hours?, overflow: overflow? })
}

fn asks_nothing(s: &mut Section<'_>) -> bool {
    let is_empty = |item: &Item<'_>| match item.is_table() {
        true => item.section(asks_nothing).unwrap_or(false),
        false => item.list(|_| Ok(())).is_ok_and(|list| list.is_empty()),
    };
    s.free().iter().all(|(_, item)| is_empty(item))
}

fn who(s: &mut Section<'_>) -> Option<Who> {
    let team = s.read_or("team", None, some_words)?.map(Who::Team);
    let people = s.read_or("people", Vec::new(), Item::texts)?;
    let people = (!people.is_empty()).then_some(Who::People(people));
    let queue = s.read_or("queue", None, some_words)?.map(Who::Queue);
    if [&team, &people, &queue].into_iter().flatten().count() > 1 {
        s.refuse_section("a rule is for one of a team, people and a queue", "leave one of them");
        return None;
    }
    Some(team.or(people).or(queue).unwrap_or(Who::Everybody))
}

fn when(s: &mut Section<'_>) -> When {
    let lead = lead_match(s);
    let categories = [Category::A, Category::B, Category::C].map(|category| (category.code(), category));
    let category = s.read("category", |item| item.list(|item| item.one_of(&categories)));
    let mut points = |key| s.read(key, |item| item.section(band));
    let [score, fit, intent, behavior] = ["score", "fit", "intent", "behavior"].map(&mut points);
    When {
        lead,
        category: category.unwrap_or_default(),
        score,
        fit,
        intent,
        behavior,
        medium: s.read("medium", Item::text_or_texts).unwrap_or_default(),
        system: s.read("system", Item::text_or_texts).unwrap_or_default(),
        extra: s.section("extra", |s| {
            let fields = s.free().into_iter();
            fields.filter_map(|(field, item)| s.accept(item.text_or_texts()).map(|wanted| (field, wanted))).collect()
        }),
        high_intent: s.read("high_intent", Item::flag),
        in_hours: s.read("in_hours", Item::flag),
    }
}

/// A text, or nothing where it is empty.
fn some_words(item: &Item<'_>) -> Read<Option<String>> {
    Ok(Some(item.text()?.trim().to_owned()).filter(|text| !text.is_empty()))
}

#[cfg(test)]
mod tests;
