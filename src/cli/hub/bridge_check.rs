//! `leadbox hub bridge check`: what does not fit at a CRM, whom the hub does not know there, and what the leads lack that were
//! taken from it and reach nobody.

use std::path::Path;

use super::args::DbArgs;
use super::init::{at_once, open};
use super::{db_url, hub_dir};
use crate::cli::args::Global;
use crate::cli::failure::{Exit, Failure};
use crate::cli::print::{Out, counted};
use crate::cli::source::{ask, told};
use crate::handoff::preflight::{Field, Item};
use crate::hub::bridge::{Bridge, Lacking, Strangers, lacking};
use crate::hub::core::Hub;
use crate::hub::db::Scope;
use crate::hub::people;
use crate::hub::settings::{FILE, HubSettings};
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
    if asked.is_empty() && !global.json {
        out.line(format!(
            "no CRM is configured: name one in {} ([sources.NAME])",
            hub_dir(global)?.join(FILE).display()
        ))?;
    }
    // A CRM can be looked at also where the hub's database cannot.
    let known = Known::of(db, global).map_err(|failure| failure.message);
    let mut is_wrong = false;
    for bridge in asked {
        let wrong = |why: String| Failure::new(Exit::Configuration, format!("[sources.{}]: {why}", bridge.name()));
        let mut findings = ask(bridge.connect().map_err(wrong)?, false, "put one that holds where hub.toml names it")?;
        // One that does not let us in says so once.
        if findings.iter().any(|finding| !finding.is_wrong) {
            findings.extend(owners(bridge, &known)?);
        }
        if let Ok(Known { hub, .. }) = &known {
            let source = bridge.name().to_owned();
            let found = at_once(hub.read(Scope::System, move |tx| lacking(tx, &source)))?;
            findings.extend(lacks(&found, &hub.rules().config.preflight.items));
        }
        is_wrong |= told(&mut out, bridge.name(), &findings, global)?;
    }
    out.finish()?;
    if is_wrong { Err(Failure::new(Exit::Failed, "not all of it fits; see above")) } else { Ok(()) }
}

/// What the hub knows.
struct Known {
    hub: Hub,
    /// Everybody.
    people: Vec<Person>,
}

impl Known {
    fn of(db: &DbArgs, global: &Global) -> Result<Self, Failure> {
        let url = db_url(db, global)?;
        // Whoever looks makes no database.
        if url.strip_prefix("sqlite:").is_some_and(|path| !Path::new(path).exists()) {
            return Err(Failure::new(Exit::Failed, "the hub has no database yet; make it with `leadbox hub init`"));
        }
        let hub = open(db, global)?;
        let people = at_once(hub.read(Scope::System, people::all))?;
        Ok(Self { hub, people })
    }
}

/// Who owns leads there and is nobody here.
fn owners(bridge: &Bridge, known: &Result<Known, String>) -> Result<Vec<Finding>, Failure> {
    let people = match known {
        Ok(known) => &known.people,
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

/// What the leads lack that wait for data completion, and what can be done about each; these items are asked for.
fn lacks(lacking: &Lacking, asked: &[Item]) -> Vec<Finding> {
    let Lacking { open, leads, items } = lacking;
    if *leads == 0 {
        return Vec::new();
    }
    let wait = if *leads == 1 { "waits" } else { "wait" };
    let of = counted(*open, "open lead", "open leads");
    let left = lacking.without(asked);
    let less = left.as_ref().map(|left| {
        let left: Vec<String> = left.iter().map(|item| format!("{:?}", item.code())).collect();
        format!(
            " Or ask for less than that: [preflight] items = [{}] in the team's policy (`leadbox hub policy set FILE`), and they \
             are checked anew.",
            left.join(", ")
        )
    });
    let hint =
        format!("what they lack follows.{} The board lists them under data completion", less.unwrap_or_default());
    let all =
        Finding::note(format!("{leads} of its {of} {wait} for data completion, and stand in nobody's inbox"), hint);
    let one = |(item, leads): &(Item, usize)| {
        let of = counted(*leads, "of them lacks", "of them lack");
        let is_left_out = left.as_ref().is_some_and(|left| !left.contains(item));
        Finding::note(format!("{of} “{}”", item.label()), mended(*item, is_left_out))
    };
    std::iter::once(all).chain(items.iter().map(one)).collect()
}

/// What one does about leads that lack this; whether the policy may do without it.
fn mended(item: Item, is_left_out: bool) -> String {
    let fields = |fields: &[Field]| {
        let codes: Vec<&str> = fields.iter().map(|field| field.code()).collect();
        let to_fill: Vec<String> = codes.iter().map(|code| format!("{code}=…")).collect();
        format!(
            "fill it in there; or read it from another field, in a mapping of your own (map = \"…\"): {}; or have it looked \
             up ([[providers]]); or complete single leads: leadbox team complete hub:LEAD {}",
            codes.join(", "),
            to_fill.join(" ")
        )
    };
    match item {
        Item::BusinessEmail => fields(&[Field::Email]),
        Item::Names => fields(&[Field::FirstName, Field::LastName]),
        Item::Company => fields(&[Field::CompanyName]),
        Item::SizeBand => fields(&[Field::CompanySize]),
        Item::Trigger => "map what made it an MQL there (trigger)".to_owned(),
        Item::ScoreBreakdown => "give points in the policy ([scoring]) to what is known of them".to_owned(),
        Item::Signal => {
            let single = "let single leads through: leadbox team waive hub:LEAD signal --why …";
            match is_left_out {
                true => format!(
                    "where the CRM tells nothing of what they did, take “signal” out of [preflight] items; or {single}"
                ),
                false => single.to_owned(),
            }
        }
        Item::RoutingRule => "end [[routing.rules]] in the policy with a rule for all that is left".to_owned(),
        Item::Dedup => {
            "look at both; they are one: unite them there; they are two: leadbox team waive hub:LEAD dedup --why …"
                .to_owned()
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_leads_lack_is_told_with_what_each_takes_and_what_the_policy_would_be() {
        let lacking = Lacking { open: 4, leads: 3, items: vec![(Item::SizeBand, 3), (Item::Names, 1)] };
        let told = lacks(&lacking, &[Item::BusinessEmail, Item::Names, Item::SizeBand]);
        let [all, size, names] = &told[..] else { panic!("{told:?}") };
        assert!(all.what.starts_with("3 of its 4 open leads wait for data completion"), "{all:?}");
        assert!(
            all.hint.as_ref().is_some_and(|hint| hint.contains("items = [\"business_email\", \"names\"]")),
            "{all:?}"
        );
        assert_eq!(size.what, "3 of them lack “company size”");
        assert!(size.hint.as_ref().is_some_and(|hint| hint.contains("hub:LEAD company.size=…")), "{size:?}");
        assert_eq!(names.what, "1 of them lacks “first and last name”");
        assert!(!told.iter().any(|finding| finding.is_wrong), "it is no fault of the CRM's");
        assert_eq!(lacks(&Lacking::default(), &[Item::Names]), []);
        // Of a few leads no policy is made.
        let few = lacks(&Lacking { open: 40, ..lacking }, &[Item::BusinessEmail, Item::Names, Item::SizeBand]);
        assert!(few.len() == 3 && few.iter().flat_map(|one| &one.hint).all(|hint| !hint.contains("items")), "{few:?}");
        let signal = |open| {
            let lacking = Lacking { open, leads: 1, items: vec![(Item::Signal, 1)] };
            lacks(&lacking, &Item::ALL).pop().and_then(|finding| finding.hint).unwrap()
        };
        let (most, few) = (signal(1), signal(3));
        assert!(most.contains("out of [preflight] items") && most.contains("waive"), "{most}");
        assert!(!few.contains("items") && few.contains("waive"), "{few}");
    }

    #[test]
    fn of_a_part_it_is_not_said_that_all_is_well() {
        let told = |is_part: bool| named("crm", &Strangers { owners: Vec::new(), open: 7, is_part });
        assert!(matches!(&told(false)[..], [good] if good.hint.is_none() && good.what.contains("of 7 open leads")));
        assert!(matches!(&told(true)[..], [part] if part.hint.is_some() && part.what.contains("a part")));
    }
}
