//! Templates of the suggested approach in TOML (F18).

use crate::handoff::activity::ActivityKind;
use crate::handoff::approach::{Priority, Template, When, check};
use crate::handoff::disposition::Channel;
use crate::handoff::lead::TriggerKind;
use crate::handoff::score::Category;
use crate::reading::ConfigError;
use crate::reading::{self, Item, Read, Section};

/// The templates that are built in.
pub fn default_templates() -> Result<Vec<Template>, ConfigError> {
    parse_templates(include_str!("../../assets/approach.toml"), "assets/approach.toml")
}

/// Reads templates from a file's text, `[[templates]]`; `file` is what errors call it.
pub fn parse_templates(text: &str, file: &str) -> Result<Vec<Template>, ConfigError> {
    let (templates, _) = reading::read(file, text, |s| {
        let mut names: Vec<String> = Vec::new();
        let templates = s.sections("templates", |s| {
            let template = template(s);
            if names.contains(&template.name) {
                s.refuse_section(format!("there are two templates named “{}”", template.name), "rename one");
            }
            names.push(template.name.clone());
            template
        });
        templates.unwrap_or_default()
    })?;
    Ok(templates)
}

fn template(s: &mut Section<'_>) -> Template {
    let channels = Channel::ALL.map(|channel| (channel.code(), channel));
    let priorities = Priority::ALL.map(|priority| (priority.code(), priority));
    Template {
        name: s.require("name", Item::words).unwrap_or_default(),
        when: s.section("when", when),
        opening: s.read("opening", sentence),
        topics: s.read("topics", |item| item.list(sentence)).unwrap_or_default(),
        objections: s.read("objections", |item| item.list(sentence)).unwrap_or_default(),
        next_step: s.read("next_step", sentence),
        channels: s.read("channels", |item| item.list(|item| item.one_of(&channels))).unwrap_or_default(),
        priority: s.read("priority", |item| item.one_of(&priorities)),
        respond_within: s.read("respond_within", |item| item.seconds(90 * 86_400)),
    }
}

fn when(s: &mut Section<'_>) -> When {
    let categories = [("A", Category::A), ("B", Category::B), ("C", Category::C)];
    let triggers = TriggerKind::ALL.map(|kind| (kind.code(), kind));
    let kinds = ActivityKind::ALL.map(|kind| (kind.code(), kind));
    When {
        categories: s.read("categories", |item| item.list(|item| item.one_of(&categories))).unwrap_or_default(),
        triggers: s.read("triggers", |item| item.list(|item| item.one_of(&triggers))).unwrap_or_default(),
        signals: s.read("signals", |item| item.list(|item| item.one_of(&kinds))).unwrap_or_default(),
        text: s.read("text", text).unwrap_or_default(),
        industries: s.read("industries", Item::text_or_texts).unwrap_or_default(),
        titles: s.read("titles", Item::text_or_texts).unwrap_or_default(),
    }
}

/// Texts to look for, blanks and all: ` vs ` is not `vs`.
fn text(item: &Item<'_>) -> Read<Vec<String>> {
    item.list(|item| {
        item.words()?;
        item.text().map(Into::into)
    })
}

fn sentence(item: &Item<'_>) -> Read<String> {
    let sentence = item.words()?;
    check(&sentence).map_err(|what| item.wrong(what))?;
    Ok(sentence)
}
