//! `leadbox score explain`: what made a score, and what it would be without each part (N7).

use serde_json::json;

use super::failure::Failure;
use super::lead_text;
use super::print::Out;
use super::session::Session;
use crate::handoff::scoring::explain::explain as counterfactuals;

/// Explains the score of the lead called `name`, as far as the gate lets it be seen.
pub fn explain(session: &Session, name: &str, as_json: bool) -> Result<(), Failure> {
    let id = session.find(name)?;
    let dossier = session.store.dossier(id, &session.config.policy)??;
    let lead = &dossier.lead;
    let model = session.config.scoring_model();
    let explanation = model.map(|model| counterfactuals(model, lead, &dossier.trail, session.now));
    let mut out = Out::new();
    if as_json {
        out.json(&json!({
            "lead": id.to_string(),
            "score": lead.score,
            "category": lead.category,
            "explanation": explanation,
        }))?;
        return out.finish();
    }
    match &lead.score {
        Some(score) => {
            for line in lead_text::score(score) {
                out.line(line)?;
            }
        }
        None => out.line("no score came with this lead, and no model of the configuration gave it one")?,
    }
    if let Some(explanation) = &explanation {
        out.line(format!("by the model {} it is {} now", explanation.model, explanation.total))?;
        for without in &explanation.without {
            out.line(format!("  without {}: {}", without.label, without.total))?;
        }
    }
    out.finish()
}
