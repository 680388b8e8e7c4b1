//! `leadbox hub bridge check`: what does not fit at a CRM, and whom the hub does not know there.

use std::path::Path;

use super::args::DbArgs;
use super::init::{at_once, open};
use super::{db_url, hub_dir};
use crate::cli::args::Global;
use crate::cli::failure::{Exit, Failure};
use crate::cli::print::{Out, counted};
use crate::cli::source::{ask, told};
use crate::hub::bridge::{Bridge, Strangers};
use crate::hub::db::Scope;
use crate::hub::people;
use crate::hub::settings::HubSettings;
use crate::source::Finding;
use crate::wire::people::Person;

/// So many owners are named: who owns most leads comes first.
const MOST_NAMED: usize = 50;

/// Looks at the CRMs from this machine, by the hub's own file and secrets.
pub(super) fn check(name: Option<&str>, db: &DbArgs, global: &Global) -> Result<(), Failure> {
    let bridges = HubSettings::load(&hub_dir(global)?)?.bridges;
    let asked: Vec<_> = bridges.all.iter().filter(|bridge| name.is_none_or(|name| name == bridge.name())).collect();
    if let (Some(name), true) = (name, asked.is_empty()) {
        let known: Vec<&str> = bridges.all.iter().map(|bridge| bridge.name()).collect();
        let known = if known.is_empty() { "none".into() } else { known.join(", ") };
        return Err(Failure::usage(format!("hub.toml has no [sources.{name}]; there are: {known}")));
    }
    let mut out = Out::new();
    // A CRM can be looked at also where the hub's database cannot.
    let (people, mut is_wrong) = (people(db, global).map_err(|failure| failure.message), false);
    for bridge in asked {
        let wrong = |why: String| Failure::new(Exit::Configuration, format!("[sources.{}]: {why}", bridge.name()));
        let mut findings = ask(bridge.connect().map_err(wrong)?, false, "put one that holds where hub.toml names it")?;
        // One that does not let us in says so once.
        if findings.iter().any(|finding| !finding.is_wrong) {
            findings.extend(owners(bridge, &people)?);
        }
        is_wrong |= told(&mut out, bridge.name(), &findings, global)?;
    }
    out.finish()?;
    if is_wrong { Err(Failure::new(Exit::Failed, "not all of it fits; see above")) } else { Ok(()) }
}

/// Everybody whom the hub knows.
fn people(db: &DbArgs, global: &Global) -> Result<Vec<Person>, Failure> {
    let url = db_url(db, global)?;
    // Whoever looks makes no database.
    if url.strip_prefix("sqlite:").is_some_and(|path| !Path::new(path).exists()) {
        return Err(Failure::new(Exit::Failed, "the hub has no database yet; make it with `leadbox hub init`"));
    }
    let hub = open(db, global)?;
    at_once(hub.read(Scope::System, people::all))
}

/// Who owns leads there and is nobody here.
fn owners(bridge: &Bridge, people: &Result<Vec<Person>, String>) -> Result<Vec<Finding>, Failure> {
    let people = match people {
        Ok(people) => people,
        Err(why) => return Ok(vec![Finding::note("whether the hub knows the owners there cannot be told", why)]),
    };
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    let wrong = |why: String| Failure::new(Exit::Configuration, format!("[sources.{}]: {why}", bridge.name()));
    let mut source = bridge.connect().map_err(wrong)?;
    Ok(match runtime.block_on(bridge.strangers(source.as_mut(), people.to_vec())) {
        Ok(strangers) => named(bridge.name(), &strangers),
        Err(error) => vec![Finding::note(format!("whose its leads are cannot be read: {error}"), "look again later")],
    })
}

fn named(source: &str, strangers: &Strangers) -> Vec<Finding> {
    let Strangers { owners, open, is_part } = strangers;
    let mut found = Vec::new();
    let looked_at = counted(*open, "open lead", "open leads");
    if owners.is_empty() && !is_part {
        let leads = &looked_at;
        found.push(Finding::good(format!("of {leads}, all that have an owner are somebody's whom the hub knows")));
    }
    for (owner, leads) in owners.iter().take(MOST_NAMED) {
        let leads = counted(*leads, "open lead", "open leads");
        let hint = format!(
            "enter them (leadbox hub person add) with that name or address, or say who of the hub's it is: \
             [sources.{source}.people] ID = {owner:?}"
        );
        found.push(Finding::note(format!("“{owner}” owns {leads}, and is nobody of the hub's who takes leads"), hint));
    }
    if let Some(more @ 1..) = owners.len().checked_sub(MOST_NAMED) {
        let hint = "enter those who take leads, and look again";
        found.push(Finding::note(format!("{more} more owners are nobody of the hub's"), hint));
    }
    if *is_part {
        let hint = "there may be owners of others whom the hub does not know; if it asked to wait, look again later";
        found.push(Finding::note(format!("only a part of its leads was looked at: {looked_at}"), hint));
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn of_a_part_it_is_not_said_that_all_is_well() {
        let told = |is_part: bool| named("crm", &Strangers { owners: Vec::new(), open: 7, is_part });
        assert!(matches!(&told(false)[..], [good] if good.hint.is_none() && good.what.contains("of 7 open leads")));
        assert!(matches!(&told(true)[..], [part] if part.hint.is_some() && part.what.contains("a part")));
    }
}
