//! README.md and config.example.toml say what the program does: the tables are made from it.
//! `UPDATE_README=1 cargo test --test cli readme` writes them anew.

use std::fmt::Write as _;
use std::path::{Path, PathBuf};

use clap::CommandFactory;
use leadbox::app::{Action, KeyMap};
use leadbox::cli::args::Cli;

fn file(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(name)
}

fn cell(text: &str) -> String {
    text.replace('|', "\\|").replace('<', "&lt;")
}

/// The keys by where they work, in the order of the help.
fn keys() -> String {
    let place = |action: Action| {
        let labels: Vec<&str> = action.contexts().iter().map(|context| context.label()).collect();
        match labels.len() {
            1 | 2 => labels.join(", "),
            5 => "all screens".to_owned(),
            _ => "everywhere".to_owned(),
        }
    };
    let mut places: Vec<String> = Action::all().map(place).collect();
    let mut seen = Vec::new();
    places.retain(|place| {
        !seen.contains(place) && {
            seen.push(place.clone());
            true
        }
    });
    let map = KeyMap::default();
    let mut text = String::from("| Where | Keys | Action | |\n|---|---|---|---|\n");
    for place_of_group in places {
        let mut heading = place_of_group.as_str();
        // Nine rows that say the same are one.
        let is_shown = |action: &Action| !matches!(action, Action::View(2..));
        for action in Action::all().filter(is_shown).filter(|&action| place(action) == place_of_group) {
            let keys: Vec<String> = map.keys(action).iter().map(|key| format!("`{key}`")).collect();
            let keys = if keys.is_empty() { "–".to_owned() } else { keys.join(" ") };
            let name = if action == Action::View(1) { "view-1 … view-9" } else { action.name() };
            writeln!(text, "| {heading} | {keys} | {name} | {} |", cell(action.description())).unwrap();
            heading = "";
        }
    }
    text
}

/// The commands with what each is for.
fn commands() -> String {
    let mut text = String::from("| Command | |\n|---|---|\n");
    let mut row = |name: &str, command: &clap::Command| {
        let about = command.get_about().map(ToString::to_string).unwrap_or_default();
        writeln!(text, "| `leadbox {name}` | {} |", cell(&about)).unwrap();
    };
    for command in Cli::command().get_subcommands() {
        if command.has_subcommands() {
            for inner in command.get_subcommands() {
                row(&format!("{} {}", command.get_name(), inner.get_name()), inner);
            }
        } else {
            row(command.get_name(), command);
        }
    }
    text
}

/// Compares what stands between the marks with what should, or writes it.
fn check(mark: &str, wanted: &str) {
    let path = file("README.md");
    let readme = std::fs::read_to_string(&path).unwrap();
    let (open, close) = (format!("<!-- {mark} -->\n"), format!("<!-- /{mark} -->"));
    let start = readme.find(&open).unwrap_or_else(|| panic!("README.md has no {open}")) + open.len();
    let end = start + readme[start..].find(&close).unwrap_or_else(|| panic!("README.md has no {close}"));
    if std::env::var_os("UPDATE_README").is_some() {
        std::fs::write(&path, format!("{}{wanted}{}", &readme[..start], &readme[end..])).unwrap();
        return;
    }
    assert_eq!(
        &readme[start..end],
        wanted,
        "README.md is out of date; `UPDATE_README=1 cargo test --test cli readme` writes it anew"
    );
}

#[test]
fn the_readme_lists_the_keys_and_commands_that_there_are() {
    check("keys", &keys());
    check("commands", &commands());
}

#[test]
fn the_example_configuration_shows_keys_that_are_so() {
    let example = std::fs::read_to_string(file("config.example.toml")).unwrap();
    let (mut is_keys, mut shown) = (false, 0);
    for line in example.lines() {
        if line.starts_with('[') {
            is_keys = line.starts_with("[keys");
            continue;
        }
        // A setting begins with `#` and no blank.
        let Some(setting) =
            line.strip_prefix('#').filter(|text| is_keys && text.starts_with(|c: char| c.is_alphabetic()))
        else {
            continue;
        };
        let table: toml::Table = setting.parse().unwrap();
        let (name, value) = table.iter().next().unwrap();
        let action = Action::from_name(name).unwrap_or_else(|| panic!("there is no action {name}"));
        let keys: Vec<&str> = match value {
            toml::Value::Array(keys) => keys.iter().map(|key| key.as_str().unwrap()).collect(),
            key => vec![key.as_str().unwrap()],
        };
        assert_eq!(keys, action.default_keys(), "{line}");
        shown += 1;
    }
    assert!(shown > 3, "the keys were not found");
}
