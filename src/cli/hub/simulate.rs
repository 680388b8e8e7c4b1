//! `leadbox route simulate`: which leads of the past other rules would have sent elsewhere, and why.

use chrono::{Duration, Utc};
use serde_json::json;

use super::args::SimulateArgs;
use super::calls::Calls;
use crate::cli::args::Global;
use crate::cli::failure::Failure;
use crate::cli::print::{Out, counted, stamp};
use crate::cli::table::Column;
use crate::config::{Config, Surroundings};
use crate::handoff::sla::Budget;
use crate::reading::text_of;
use crate::source::hub::Method;
use crate::wire::route::{Diff, Place, Simulate, Simulation, Sum};

/// Asks the hub, and prints what would change.
pub(super) fn run(args: &SimulateArgs, global: &Global) -> Result<(), Failure> {
    let file = args.policy.display();
    let policy = text_of(&args.policy).map_err(|error| Failure::file(format!("{file} cannot be read"), &error))?;
    let since: Budget = args.since.parse().map_err(|error| Failure::usage(format!("--since: {error}")))?;
    let since = Utc::now() - Duration::seconds(since.seconds());
    // Here its mistakes are told with the name that it has here.
    Config::team(&policy, &file.to_string(), &Surroundings { zone: chrono_tz::UTC, ..Surroundings::here() })?;
    let calls = Calls::signed_in(global)?;
    let told: Simulation = calls.send(Method::Post, "/v1/route/simulate", &Simulate { since, policy })?;
    let mut out = Out::new();
    if global.json {
        out.json(&json!(told))?;
    } else {
        print(&mut out, &told)?;
    }
    out.finish()
}

fn print(out: &mut Out, told: &Simulation) -> Result<(), Failure> {
    out.paragraph(&format!(
        "since {}: {} routed; the rules in force, asked again, send {} where they really went",
        stamp(told.since),
        counted(told.leads, "lead was", "leads were"),
        if told.as_it_was == told.leads { "all of them".into() } else { format!("{} of them", told.as_it_was) },
    ))?;
    match told.changed {
        0 => out.line("with the new rules nothing changes")?,
        changed => out.line(format!("with the new rules {changed} would go another way"))?,
    }
    table(out, &told.diffs)?;
    if told.changed > told.diffs.len() {
        out.line(format!("… and {} more", told.changed - told.diffs.len()))?;
    }
    for (title, sums) in [("leads a person", &told.people), ("leads a rule", &told.rules), ("queues", &told.queues)] {
        sums_of(out, title, sums)?;
    }
    Ok(())
}

fn table(out: &mut Out, diffs: &[Diff]) -> Result<(), Failure> {
    let rows: Vec<[String; 4]> = diffs
        .iter()
        .map(|diff| [diff.lead.to_string(), diff.name.clone(), place(&diff.old), place(&diff.new)])
        .collect();
    let mut columns = [Column::default(); 4];
    for row in &rows {
        columns.iter_mut().zip(row).for_each(|(column, text)| column.hold(text, out.columns));
    }
    for ([lead, name, old, new], diff) in rows.iter().zip(diffs) {
        let [first, second, third, fourth] = columns;
        let (lead, name) = (first.put(lead, out.columns), second.put(name, out.columns));
        let (old, new) = (third.put(old, out.columns), fourth.put(new, out.columns));
        out.row(&format!("{lead}  {name}  {old}  →  {new}  {}", diff.why))?;
    }
    Ok(())
}

/// The rule and the person, such as `territory: ana`.
fn place(place: &Place) -> String {
    match (&place.to, &place.queue) {
        (Some(to), Some(queue)) => format!("{}: {to}, after {queue}", place.rule),
        (Some(to), None) => format!("{}: {to}", place.rule),
        (None, queue) => format!("{}: queue {}", place.rule, queue.as_deref().unwrap_or_default()),
    }
}

fn sums_of(out: &mut Out, title: &str, sums: &[Sum]) -> Result<(), Failure> {
    if sums.is_empty() {
        return Ok(());
    }
    out.line("")?;
    out.line(format!("{title}, old → new"))?;
    let mut names = Column::default();
    sums.iter().for_each(|sum| names.hold(&sum.name, out.columns));
    for Sum { name, old, new } in sums {
        out.row(&format!("  {}  {old:>5} → {new:<5}", names.put(name, out.columns)))?;
    }
    Ok(())
}
