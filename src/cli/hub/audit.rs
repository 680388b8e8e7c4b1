//! `leadbox audit`: whether the hub's log is as it was written.

use serde_json::json;

use super::args::AuditCommand;
use super::calls::Calls;
use crate::cli::args::Global;
use crate::cli::failure::{Exit, Failure};
use crate::cli::print::Out;
use crate::wire::audit::Audit;

/// `audit verify`: fails if the log was tampered with.
pub fn audit(command: &AuditCommand, global: &Global) -> Result<(), Failure> {
    let AuditCommand::Verify(at) = command;
    let audit: Audit = Calls::to(at, global)?.get("/v1/audit")?;
    let mut out = Out::new();
    if global.json {
        out.json(&json!(audit))?;
    } else {
        let what = if audit.is_whole { "the log is whole" } else { "the log was tampered with, or damaged" };
        out.line(format!("{what}: {} entries, the last is {} with the hash {}", audit.entries, audit.end, audit.hash))?;
        match audit.anchors {
            0 => out.line("there are no heads of it written down beside the database to compare it with")?,
            count => out.line(format!("compared with its head as written down {count} times beside the database"))?,
        }
        for finding in &audit.findings {
            out.line(format!("- {finding}"))?;
        }
    }
    out.finish()?;
    let found = audit.found;
    if audit.is_whole {
        return Ok(());
    }
    Err(Failure::new(
        Exit::Failed,
        format!("the log is not as it was written ({found} findings); keep a copy of the database"),
    ))
}
