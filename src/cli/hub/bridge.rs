//! `leadbox hub bridge`: the CRMs behind a hub, what could not be written there, and what becomes of that.

use std::str::FromStr;

use clap::Subcommand;
use serde_json::json;

use super::args::{AtArgs, DbArgs};
use super::calls::Calls;
use crate::cli::args::Global;
use crate::cli::failure::Failure;
use crate::cli::print::{Out, counted, stamp};
use crate::source::hub::Method;
use crate::wire::bridge::{BridgeState, RecordOrder, WriteOrder, WriteOrdered};

/// The CRMs behind a hub.
#[derive(Debug, Subcommand)]
pub enum BridgeCommand {
    /// Tell of each when it last answered, what is on its way there, and what was refused and why
    List(AtArgs),
    /// Have something that was refused written again, upon the record as it stands there now; or a record taken in that
    /// could not be; or a CRM asked that asked to wait
    Retry {
        /// Which hub
        #[command(flatten)]
        at: AtArgs,
        /// By what `bridge list` calls it: a number, NAME:RECORD, or NAME
        what: What,
    },
    /// Give something up that was refused: it stays true at the hub, and is not written there; or leave a record out that
    /// could not be taken in, until the CRM tells of it anew
    Drop {
        /// Which hub
        #[command(flatten)]
        at: AtArgs,
        /// By what `bridge list` calls it: a number, or NAME:RECORD
        what: What,
        /// Why; needed for what was refused
        #[arg(long)]
        why: Option<String>,
    },
    /// On the hub's machine: look at a CRM with the hub's own file and secret, and say what does not fit, which owners of leads
    /// there the hub does not know, and what the leads lack that were taken from it and wait for data completion
    Check {
        /// The hub's database
        #[command(flatten)]
        db: DbArgs,
        /// Which [default: all]
        name: Option<String>,
    },
}

/// What is tried again or given up.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum What {
    /// Something that was refused there.
    Write(i64),
    /// A record that could not be read or taken in here, or a CRM.
    Record(RecordOrder),
}

impl FromStr for What {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        if let Ok(id) = text.parse() {
            return Ok(Self::Write(id));
        }
        let (source, record) = text.split_once(':').map_or((text, None), |(source, record)| (source, Some(record)));
        if source.is_empty() || record.is_some_and(str::is_empty) {
            return Err("a number, NAME:RECORD or NAME, as `leadbox hub bridge list` says".to_owned());
        }
        Ok(Self::Record(RecordOrder { source: source.into(), record: record.map(str::to_owned) }))
    }
}

/// Runs one of the subcommands.
pub(super) fn run(command: &BridgeCommand, global: &Global) -> Result<(), Failure> {
    match command {
        BridgeCommand::List(at) => list(&Calls::to(at, global)?.get::<Vec<BridgeState>>("/v1/bridge")?, global),
        BridgeCommand::Retry { at, what: What::Write(id) } => {
            order(&Calls::to(at, global)?, *id, &WriteOrder::Retry, global)
        }
        BridgeCommand::Retry { at, what: What::Record(one) } => {
            let done = if one.record.is_some() { "is fetched and tried again" } else { "is asked again" };
            record(&Calls::to(at, global)?, "retry", one, done, global)
        }
        BridgeCommand::Drop { at, what: What::Write(id), why } => {
            let why = why.clone().ok_or_else(|| Failure::usage("say why it is given up: --why \"…\""))?;
            order(&Calls::to(at, global)?, *id, &WriteOrder::Drop { why }, global)
        }
        BridgeCommand::Drop { at, what: What::Record(one), .. } => {
            record(&Calls::to(at, global)?, "drop", one, "is left out until the CRM tells of it anew", global)
        }
        BridgeCommand::Check { db, name } => super::bridge_check::check(name.as_deref(), db, global),
    }
}

fn list(all: &[BridgeState], global: &Global) -> Result<(), Failure> {
    let mut out = Out::new();
    if all.is_empty() && !global.json {
        out.line("no CRM was asked yet; hub.toml names them ([sources.NAME])")?;
    }
    for one in all {
        if global.json {
            out.json(&json!(one))?;
            continue;
        }
        let answered =
            one.answered_at.map_or_else(|| "it never answered".into(), |at| format!("answered {}", stamp(at)));
        let failed = one.failed.as_ref().map(|why| format!("; since then: {why}")).unwrap_or_default();
        let records = counted(usize::try_from(one.records).unwrap_or_default(), "record", "records");
        let untaken = if one.untaken > 0 { format!(", {} not taken in", one.untaken) } else { String::new() };
        out.paragraph(&format!(
            "{}  {answered}, {records}, {} on the way, {} refused{untaken}{failed}",
            one.source, one.waiting, one.parked
        ))?;
        for write in &one.unwritten {
            out.paragraph(&format!(
                "  {}  hub:{} ({}): “{}” by {}, {}: {}",
                write.id,
                write.lead,
                write.record,
                write.what,
                write.by,
                stamp(write.at),
                write.why
            ))?;
        }
        for record in &one.left_out {
            let (since, tried) = (stamp(record.since), stamp(record.tried_at));
            let (source, id, why) = (&one.source, &record.record, &record.why);
            out.paragraph(&format!("  {source}:{id}  not taken in since {since}, last tried {tried}: {why}"))?;
        }
    }
    out.finish()
}

fn order(calls: &Calls, id: i64, order: &WriteOrder, global: &Global) -> Result<(), Failure> {
    let done: WriteOrdered = calls.send(Method::Post, &format!("/v1/bridge/writes/{id}"), order)?;
    let mut out = Out::new();
    if global.json {
        out.json(&json!(done))?;
    } else if done.state == "dropped" {
        out.line(format!("{id} is not written there; hub:{} stays as it is here", done.lead))?;
    } else {
        out.line(format!("{id} is written again"))?;
    }
    out.finish()
}

fn record(calls: &Calls, order: &str, one: &RecordOrder, done: &str, global: &Global) -> Result<(), Failure> {
    let told: RecordOrder = calls.send(Method::Post, &format!("/v1/bridge/records/{order}"), one)?;
    let mut out = Out::new();
    if global.json {
        out.json(&json!(told))?;
    } else {
        let record = told.record.map(|record| format!(":{record}")).unwrap_or_default();
        out.line(format!("{}{record} {done}", told.source))?;
    }
    out.finish()
}
