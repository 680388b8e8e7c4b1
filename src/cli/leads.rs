//! Reading leads from the command line: list, search, next, show.

use serde_json::{Value, json};

use super::args::{ListArgs, NextArgs, SearchArgs, TabArg};
use super::failure::Failure;
use super::lead_text;
use super::print::{Out, approach_json, clock_json, event_json, remark, stamp, summary_json};
use super::session::Session;
use super::table::Leads;
use crate::handoff::approach::approach;
use crate::handoff::clocks;
use crate::handoff::dossier::Dossier;
use crate::handoff::query::Filter;
use crate::handoff::refusal::Refusal;
use crate::handoff::summary::{Summary, Tab};
use crate::handoff::watch;
use crate::source::hub::SOURCE;
use crate::store::{From, PageQuery};
use crate::ui::countdown::left;
use crate::ui::when::When;

/// Rows that are read at once.
const PAGE: usize = 500;

impl std::convert::From<TabArg> for Tab {
    fn from(tab: TabArg) -> Self {
        match tab {
            TabArg::Due => Self::Due,
            TabArg::New => Self::New,
            TabArg::Working => Self::Working,
            TabArg::Deferred => Self::Deferred,
            TabArg::Data => Self::Data,
            TabArg::Done => Self::Done,
        }
    }
}

/// `leadbox list`: the leads of a tab, or all open ones, in the order of the inbox.
pub fn list(session: &Session, args: &ListArgs, as_json: bool) -> Result<(), Failure> {
    let filter = filter(&args.filter)?;
    // Without a tab: everything that the rep still holds, most urgent first.
    let tabs = match args.tab {
        Some(tab) => vec![tab.into()],
        None => vec![Tab::New, Tab::Working, Tab::Deferred, Tab::Data],
    };
    let (mut out, mut leads) = (Out::new(), Leads::default());
    let most = if args.limit == 0 { usize::MAX } else { args.limit };
    let (mut left, mut is_cut) = (most, false);
    for tab in tabs {
        let mut from = From::Top;
        loop {
            // With no room left, one row more tells that there are more, be it in the next tab.
            let (rows, filter) = (left.clamp(1, PAGE), filter.clone());
            let page = session.store.page(&PageQuery { tab, from, rows, filter, now: session.now })?;
            if left == 0 {
                is_cut |= !page.rows.is_empty();
                break;
            }
            left -= page.rows.len().min(left);
            for summary in page.rows {
                print(&mut out, &mut leads, session, summary, as_json)?;
            }
            let Some(last) = page.last.filter(|_| page.more_after) else { break };
            from = From::After(last);
        }
    }
    leads.print(&mut out)?;
    out.finish()?;
    if left == most && !as_json {
        remark(true, &nothing(session, args)?);
    }
    remark(is_cut && !as_json, "There are more; -n 0 lists all.");
    Ok(())
}

/// What is said where no lead is listed.
fn nothing(session: &Session, args: &ListArgs) -> Result<String, Failure> {
    Ok(match (args.tab, args.filter.is_empty(), session.store.account()?) {
        (_, false, _) => {
            "No lead here is like that; `leadbox search` looks among all leads, closed ones as well.".into()
        }
        (Some(_), true, _) => "No leads in this tab. `leadbox list` shows all open ones.".into(),
        (None, true, None) => "No open leads. `leadbox import FILE` brings some in.".into(),
        (None, true, Some(_)) => {
            let when = When { now: session.now, zone: session.zone(), twelve_hours: !session.config.ui.clock_24h };
            match session.store.asked_at(SOURCE)? {
                Some(at) => format!("The hub has no open leads for you; it was asked last {}.", when.ago(at)),
                None => "No open leads: the hub was not asked yet. `leadbox sync` asks it.".into(),
            }
        }
    })
}

/// `leadbox search`.
pub fn search(session: &Session, args: &SearchArgs, as_json: bool) -> Result<(), Failure> {
    let filter = filter(&args.query)?;
    if filter.is_empty() {
        return Err(Failure::usage("search for what? Give words or filters, such as maya cat:A"));
    }
    let (mut out, mut leads) = (Out::new(), Leads::default());
    let limit = if args.limit == 0 { usize::MAX >> 1 } else { args.limit };
    let found = session.store.search(&filter, limit, session.now)?;
    let is_empty = found.is_empty();
    for summary in found {
        print(&mut out, &mut leads, session, summary, as_json)?;
    }
    leads.print(&mut out)?;
    out.finish()?;
    remark(is_empty && !as_json, "No lead was found.");
    Ok(())
}

fn filter(words: &[String]) -> Result<Filter, Failure> {
    Filter::parse(&words.join(" ")).map_err(Failure::usage)
}

fn print(out: &mut Out, leads: &mut Leads, session: &Session, summary: Summary, as_json: bool) -> Result<(), Failure> {
    let policy = &session.config.policy;
    if as_json {
        return out.json(&summary_json(&summary, policy, session.now));
    }
    let words = left(&summary, policy, session.now);
    leads.add(out, summary, words)
}

/// `leadbox next`: engages the next lead, or shows again the one that is.
pub fn next(session: &mut Session, args: &NextArgs, as_json: bool) -> Result<(), Failure> {
    let (store, ctx) = session.parts();
    match store.engage_next(args.tab.map(Into::into), &ctx)? {
        Some(dossier) => whole(session, &dossier, as_json),
        None => {
            let mut out = Out::new();
            if as_json {
                out.json(&Value::Null)?;
            } else {
                out.line(match args.tab {
                    None => "Nothing is owed: no lead waits for an answer or a first contact.",
                    Some(_) => {
                        "No lead in this tab waits for an answer or a first contact; `leadbox next` takes from all."
                    }
                })?;
            }
            out.finish()
        }
    }
}

/// `leadbox show`: whole where the gate allows it, else the summary.
pub fn show(session: &Session, name: Option<&str>, as_json: bool) -> Result<(), Failure> {
    let id = session.find_or_open(name)?;
    let refusal = match session.store.dossier(id, &session.ctx())? {
        Ok(dossier) => return whole(session, &dossier, as_json),
        Err(refusal) => refusal,
    };
    let summary = session.store.summary(id)?.ok_or_else(|| Failure::no_such_lead(&id.to_string()))?;
    let why = match refusal {
        Refusal::Engaged { .. }
        | Refusal::AtSource { .. }
        | Refusal::TakenAway { .. }
        | Refusal::Theirs { .. }
        | Refusal::InQueue { .. } => refusal.to_string(),
        _ => "its context is shown once it is open: `leadbox next` opens the one that is due first".to_owned(),
    };
    let mut out = Out::new();
    if as_json {
        let mut value = summary_json(&summary, &session.config.policy, session.now);
        value["whole"] = json!(false);
        value["why_not_whole"] = json!(why);
        out.json(&value)?;
    } else {
        let words = left(&summary, &session.config.policy, session.now);
        for line in lead_text::summary(&summary, &words) {
            out.paragraph(&line)?;
        }
        out.paragraph(&format!("This is its summary: {why}."))?;
    }
    out.finish()
}

fn whole(session: &Session, dossier: &Dossier, as_json: bool) -> Result<(), Failure> {
    let (policy, now) = (&session.config.policy, session.now);
    let clocks = clocks::clocks(&dossier.lead, &dossier.handoff, policy);
    let approach = approach(&session.config.approach, &dossier.lead, &dossier.trail, dossier.lead.category);
    let is_engaged = session.store.desk()?.current() == Some(dossier.id);
    let mut out = Out::new();
    if as_json {
        let summary = session.store.summary(dossier.id)?;
        let mut value = summary.map_or_else(|| json!({}), |summary| summary_json(&summary, policy, now));
        value["whole"] = json!(true);
        value["engaged"] = json!(is_engaged);
        value["owes"] = json!(dossier.handoff.debt());
        value["record"] = serde_json::to_value(&dossier.lead)?;
        value["handoff"] = serde_json::to_value(&dossier.handoff)?;
        value["clocks"] = clocks.iter().map(|clock| clock_json(clock, policy, now)).collect();
        value["missing"] = json!(dossier.handoff.missing(&policy.touches));
        value["waited"] = watch::shares(&dossier.handoff, policy, now).map_or(Value::Null, |shares| {
            json!({
                "lead_seconds": shares.lead,
                "rep_seconds": shares.rep,
                "system_seconds": shares.system,
                "anchor": policy.sla.anchor,
            })
        });
        value["black_hole"] = watch::black_hole(&dossier.handoff, policy, now).map_or(
            Value::Null,
            |hole| json!({ "seconds": hole.wall, "working_seconds": hole.working, "over": hole.is_over }),
        );
        let auto = watch::auto_response(&dossier.handoff, &dossier.trail, policy);
        value["auto_response"] =
            auto.map_or(Value::Null, |auto| json!({ "due": stamp(auto.due), "sent": auto.sent.map(stamp) }));
        value["touches_due"] = json!(watch::touches_due(&dossier.handoff, policy).map(stamp));
        value["trail"] = serde_json::to_value(&dossier.trail)?;
        value["events"] = dossier.events.iter().map(event_json).collect::<Result<_, _>>()?;
        value["twins"] = json!(dossier.twins);
        value["events_unread"] = json!(dossier.unread);
        value["approach"] = approach.as_ref().map(approach_json).unwrap_or_default();
        value["updated_at"] = json!(stamp(dossier.updated_at));
        out.json(&value)?;
    } else {
        for line in lead_text::whole(dossier, &clocks, approach.as_ref(), session, is_engaged) {
            out.paragraph(&line)?;
        }
    }
    out.finish()
}
