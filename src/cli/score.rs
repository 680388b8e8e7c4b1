//! `leadbox score explain`: what made a score, and what it would be without each part (N7).

use serde_json::json;

use super::failure::Failure;
use super::lead_text;
use super::print::Out;
use super::session::Session;
use crate::handoff::scoring::{Model, evaluate, explain as receipt, unscore};

/// Explains the score of the lead called `name`, or of the open one, as far as the gate lets it be seen: the score that
/// every list shows, as of when the model gave it, and what time has left of that by now.
pub fn explain(session: &Session, name: Option<&str>, as_json: bool) -> Result<(), Failure> {
    let id = session.find_or_open(name)?;
    let dossier = session.store.dossier(id, &session.ctx())??;
    let lead = &dossier.lead;
    let model = session.config.scoring.active();
    // A lead that was done under another model stays as that judged it.
    let score = lead.score.as_ref().filter(|score| score.model == model.map(Model::label));
    let evaluated = score.and_then(|score| score.evaluated);
    let as_of = evaluated.and_then(|evaluated| evaluated.as_of);
    // What our own model gave is taken away first: it must not explain itself.
    let mut told = lead.clone();
    unscore(&mut told);
    let explanation = model.map(|model| {
        let now = evaluate(model, &told, &dossier.trail, session.now).score.total;
        (model, receipt(model, &told, &dossier.trail, as_of.unwrap_or(session.now)), now)
    });
    let mut out = Out::new();
    if as_json {
        out.json(&json!({
            "lead": id.to_string(),
            "score": lead.score,
            "category": lead.category,
            "explanation": explanation.as_ref().map(|(model, explanation, now)| json!({
                "model": model.label(),
                "as_of": as_of,
                "total": explanation.evaluation.score.total,
                "category": explanation.evaluation.category,
                "total_now": now,
                "is_mql": explanation.is_mql,
                "only_by_low_signals": explanation.is_mql_by_low_signals_alone(),
                "without": explanation.without.iter().map(|without| json!({
                    "without": without.without, "total": without.total, "is_mql": without.is_mql,
                })).collect::<Vec<_>>(),
            })),
        }))?;
        return out.finish();
    }
    match &lead.score {
        Some(score) => {
            for line in lead_text::score(score) {
                out.paragraph(&line)?;
            }
        }
        None => out.line("no score came with this lead, and no model of the configuration gave it one")?,
    }
    if let Some((model, explanation, now)) = &explanation {
        let total = explanation.evaluation.score.total;
        let verdict = if explanation.is_mql { "an MQL" } else { "not an MQL" };
        let when = match (evaluated, as_of) {
            (Some(_), Some(at)) => {
                format!(
                    "was {total} on {}, the last that is known of it",
                    at.with_timezone(&session.zone()).format("%Y-%m-%d")
                )
            }
            (Some(_), None) => format!("is {total}"),
            (None, _) => format!("would be {total} now"),
        };
        out.line(format!("by the model {} it {when}: {verdict} (threshold {})", model.label(), model.threshold))?;
        for without in &explanation.without {
            let verdict = if explanation.is_mql && !without.is_mql { ", not an MQL" } else { "" };
            out.line(format!("  without {}: {}{verdict}", without.without, without.total))?;
        }
        if explanation.is_mql_by_low_signals_alone() {
            out.line("  it is an MQL only through signals that say little about intent")?;
        }
        if evaluated.is_some() && *now != total {
            out.line(format!("what time has left of it: {now} now (lists keep the score with which it came to you)"))?;
        }
    }
    out.finish()
}
