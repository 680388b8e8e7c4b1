//! `leadbox score explain`: what made a score, and what it would be without each part (N7).

use serde_json::json;

use super::failure::Failure;
use super::lead_text;
use super::print::Out;
use super::session::Session;
use crate::handoff::scoring::explain as receipt;

/// Explains the score of the lead called `name`, or of the open one, as far as the gate lets it be seen.
pub fn explain(session: &Session, name: Option<&str>, as_json: bool) -> Result<(), Failure> {
    let id = session.find_or_open(name)?;
    let dossier = session.store.dossier(id, &session.ctx())??;
    let lead = &dossier.lead;
    let model = session.config.scoring.active();
    let explanation = model.map(|model| (model, receipt(model, lead, &dossier.trail, session.now)));
    let mut out = Out::new();
    if as_json {
        out.json(&json!({
            "lead": id.to_string(),
            "score": lead.score,
            "category": lead.category,
            "explanation": explanation.as_ref().map(|(model, explanation)| json!({
                "model": model.label(),
                "total": explanation.evaluation.score.total,
                "category": explanation.evaluation.category,
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
    if let Some((model, explanation)) = &explanation {
        let total = explanation.evaluation.score.total;
        let verdict = if explanation.is_mql { "an MQL" } else { "not an MQL" };
        out.line(format!(
            "by the model {} it is {total} now: {verdict} (threshold {})",
            model.label(),
            model.threshold
        ))?;
        for without in &explanation.without {
            let verdict = if explanation.is_mql && !without.is_mql { ", not an MQL" } else { "" };
            out.line(format!("  without {}: {}{verdict}", without.without, without.total))?;
        }
        if explanation.is_mql_by_low_signals_alone() {
            out.line("  it is an MQL only through signals that say little about intent")?;
        }
    }
    out.finish()
}
