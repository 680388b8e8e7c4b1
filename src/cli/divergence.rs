//! `leadbox divergence`: where systems tell different things of a lead, by field and age (F111, N19).

use clap::Args;
use serde_json::json;

use super::failure::Failure;
use super::print::{Out, stamp};
use super::session::Session;
use super::table::Column;
use crate::handoff::divergence::{Divergence, Field, Side};
use crate::handoff::lead::LeadId;
use crate::handoff::sla::Budget;
use crate::ui::when::When;

/// Options of `divergence`.
#[derive(Debug, Args)]
pub struct DivergenceArgs {
    /// Only this field: stage, owner, do_not_call, do_not_email, email, phone, title, company
    #[arg(long, value_parser = field)]
    pub field: Option<Field>,
    /// Only what has differed for so long, such as 2d or 4h
    #[arg(long, value_name = "TIME")]
    pub older: Option<Budget>,
}

fn field(text: &str) -> Result<Field, String> {
    Field::ALL.into_iter().find(|field| field.code() == text).ok_or_else(|| {
        let known: Vec<&str> = Field::ALL.iter().map(|field| field.code()).collect();
        format!("there is no such field; there are {}", known.join(", "))
    })
}

/// Prints what differs, the oldest of each field first.
pub fn run(session: &Session, args: &DivergenceArgs, as_json: bool) -> Result<(), Failure> {
    let now = session.now;
    let older = args.older.as_ref().map_or(0, |budget| budget.seconds());
    let is_asked = |divergence: &Divergence| {
        args.field.is_none_or(|field| field == divergence.field) && (now - divergence.since).num_seconds() >= older
    };
    let found: Vec<Divergence> = session.store.divergences(now)?.into_iter().filter(is_asked).collect();
    let when = When { now, zone: session.zone(), twelve_hours: !session.config.ui.clock_24h };
    let mut out = Out::new();
    let (mut ages, mut leads, mut names) = (Column::default(), Column::default(), Column::default());
    for divergence in &found {
        ages.hold(&when.ago(divergence.since), None);
        leads.hold(&divergence.lead.to_string(), None);
        names.hold(&divergence.name, out.columns);
    }
    let mut under = None;
    for divergence in &found {
        let Divergence { field, since, lead, name, this, other, that, why } = divergence;
        if as_json {
            out.json(&json!({
                "field": field, "since": stamp(*since), "age_seconds": (now - *since).num_seconds(),
                "lead": lead.to_string(), "name": name, "this": this,
                "other": other.map(|other| other.to_string()), "that": that, "why": why,
            }))?;
            continue;
        }
        if under.replace(*field) != Some(*field) {
            let many = found.iter().filter(|other| other.field == *field).count();
            out.line(format!("{} ({many})", heading(*field)))?;
        }
        let (age, lead) = (ages.put(&when.ago(*since), None), leads.put(&lead.to_string(), None));
        let (this, that) = (said(this, None), said(that, *other));
        let unseen = if divergence.is_unseen() { " (shown once both are open)" } else { "" };
        out.paragraph(&format!("  {age}  {lead}  {} {this}; {that}{unseen} – {why}", names.put(name, out.columns)))?;
    }
    if found.is_empty() && !as_json {
        out.line("Nothing differs: what was done here is known where the leads came from, and sources agree.")?;
    }
    out.finish()
}

fn heading(field: Field) -> &'static str {
    match field {
        Field::Stage => "how far it is",
        Field::Owner => "whose it is",
        Field::DoNotCall => "may be called",
        Field::DoNotEmail => "may be written to",
        Field::Email => "e-mail address",
        Field::Phone => "telephone",
        Field::Title => "job title",
        Field::Company => "company",
    }
}

fn said(side: &Side, lead: Option<LeadId>) -> String {
    let value = side.value.as_deref().unwrap_or("…");
    let lead = lead.map(|lead| format!(" ({lead})")).unwrap_or_default();
    format!("{}{lead}: {value}", side.source)
}
