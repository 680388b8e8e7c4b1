//! A lead as lines of text, for people who read it in a terminal or a pipe.

use super::session::Session;
use super::sla::span;
use crate::handoff::Time;
use crate::handoff::approach::Approach;
use crate::handoff::clocks::Clock;
use crate::handoff::dossier::Dossier;
use crate::handoff::lead::{Company, Lead, LeadId};
use crate::handoff::score::Score;
use crate::handoff::state::Debt;
use crate::handoff::summary::Summary;
use crate::handoff::watch;
use crate::ui::text::late;
use crate::ui::when::When;
use crate::ui::words;
use crate::wire::hub_number;

/// What may be seen before the lead is open.
pub fn summary(summary: &Summary, left: &str) -> Vec<String> {
    let number = number(summary.id, &summary.source, &summary.external_id);
    let mut lines = vec![title(&number, &summary.name, summary.title.as_deref(), summary.company.as_deref())];
    let mut facts = vec![left.trim().to_owned()];
    facts.extend(summary.taken_away.clone());
    facts.extend(summary.category.map(|category| format!("category {}", category.code())));
    facts.extend(summary.score.map(|score| format!("score {score}")));
    facts.extend(summary.why.clone());
    facts.extend(summary.place.clone());
    facts.extend(summary.origin.clone());
    lines.push(facts.join(" · "));
    lines.extend(summary.asked.as_ref().map(|asked| format!("asked: “{asked}”")));
    lines
}

/// Its number here, and what a hub's lead is called by the commands that speak to the hub.
fn number(id: LeadId, source: &str, external_id: &str) -> String {
    hub_number(source, external_id).map_or(id.to_string(), |number| format!("{id} ({source}:{number})"))
}

fn title(id: &str, name: &str, title: Option<&str>, company: Option<&str>) -> String {
    let rest: Vec<_> = [title, company].into_iter().flatten().collect();
    if rest.is_empty() { format!("{id}  {name}") } else { format!("{id}  {name}, {}", rest.join(", ")) }
}

/// The whole context: who, how long, why, what they did, what to say, what was done.
pub fn whole(
    dossier: &Dossier,
    clocks: &[Clock],
    approach: Option<&Approach>,
    session: &Session,
    engaged: bool,
) -> Vec<String> {
    let lead = &dossier.lead;
    let zone = session.zone();
    let when = |time: Time| time.with_timezone(&zone).format("%a %Y-%m-%d %H:%M").to_string();
    let mut lines = vec![title(
        &number(dossier.id, &lead.key.source, &lead.key.external_id),
        &lead.display_name(),
        lead.person.title.as_deref(),
        lead.company.name.as_deref(),
    )];
    lines.extend(contact(lead));
    lines.push(String::new());
    let policy = &session.config.policy;
    lines.extend(clocks.iter().map(|clock| {
        let left = clock.left(policy, session.now);
        let state = match (&clock.outcome, clock.met_at, clock.due) {
            (Some(outcome), met, _) => {
                let at = met.map(|met| format!(", done {}", when(met))).unwrap_or_default();
                format!("{}{at}", words::outcome(outcome, clock.mode, policy))
            }
            (None, Some(met), _) => format!("done {}, before it came here", when(met)),
            (None, None, None) => format!("paused, {} left", span(clock.frozen)),
            (None, None, Some(due)) if left < 0 || due < session.now => {
                format!("{} over, was due {}", late(-left, policy.day(clock.mode)), when(due))
            }
            (None, None, Some(due)) => format!("{} left, due {}", span(left), when(due)),
        };
        let rule = if clock.rule.is_empty() { String::new() } else { format!("  ({})", clock.rule) };
        format!("  {:<18} {state}{rule}", clock.kind.label())
    }));
    let handoff = &dossier.handoff;
    let present = When { now: session.now, zone, twelve_hours: !session.config.ui.clock_24h };
    let mut fact = |label: &str, text: Option<String>| {
        lines.extend(text.map(|text| format!("  {label:<18} {text}")));
    };
    let shares = watch::shares(handoff, policy, session.now);
    fact("the wait", shares.map(|shares| words::shares(&shares, policy)));
    fact("still missing", words::missing(&handoff.missing(&policy.touches)));
    fact("black hole", watch::black_hole(handoff, policy, session.now).map(|hole| words::black_hole(&hole, policy)));
    let auto = watch::auto_response(handoff, &dossier.trail, policy);
    for twin in &dossier.twins {
        fact("also", Some(words::twin(twin)));
    }
    fact("automatic answer", auto.map(|auto| words::auto_response(&auto, &present)));
    section(&mut lines, "Why", why(lead, &when));
    section(&mut lines, "Company", company(&lead.company, &when));
    let trail = dossier.trail.iter().map(|activity| {
        let star = if activity.kind.is_direct() { "★" } else { " " };
        let at = activity.at.map_or("–".into(), when);
        let outcome = activity.outcome.as_ref().map(|outcome| format!(" → {outcome}")).unwrap_or_default();
        format!("{star} {at}  {}: {}{outcome}", activity.kind.label(), activity.text)
    });
    section(&mut lines, "What they did", trail.collect());
    section(&mut lines, "Say", approach.map(say).unwrap_or_default());
    let events = dossier.events.iter().map(|event| {
        let (what, more) = words::event(event, &session.config.policy, &present);
        let more = if more.is_empty() { more } else { format!(": {more}") };
        format!("{}  {what}{more} (by {})", when(event.at), event.actor.name)
    });
    section(&mut lines, "What was done", events.chain(words::unread_steps(dossier.unread)).collect());
    lines.push(String::new());
    let touches = dossier.handoff.touches.count;
    let due = watch::touches_due(&dossier.handoff, policy);
    let due = due.map(|due| format!(", {} of them by {}", policy.touches.least, when(due))).unwrap_or_default();
    lines.push(format!("touches {touches} of {}{due}", policy.touches.most));
    lines.push(match (engaged, dossier.handoff.debt()) {
        (true, Some(Debt::Answer)) => {
            "open: accept, reject, log a contact, defer or skip it before the next one".into()
        }
        (true, _) => "open: log a contact, reject, defer or skip it before the next one".into(),
        (false, _) => format!("stage: {}", dossier.handoff.stage),
    });
    lines
}

fn say(approach: &Approach) -> Vec<String> {
    let mut lines = Vec::new();
    lines.extend(approach.opening.clone());
    lines.extend(approach.topics.iter().map(|topic| format!("talk about: {topic}")));
    lines.extend(approach.objections.iter().map(|objection| format!("they may say: {objection}")));
    lines.extend(approach.next_step.iter().map(|step| format!("aim for: {step}")));
    lines
}

fn section(lines: &mut Vec<String>, heading: &str, body: Vec<String>) {
    if !body.is_empty() {
        lines.push(String::new());
        lines.push(heading.to_owned());
        lines.extend(body.into_iter().map(|line| format!("  {line}")));
    }
}

fn contact(lead: &Lead) -> Option<String> {
    let person = &lead.person;
    let barred = |barred: bool, word: &str| barred.then(|| format!("asked not to be {word}"));
    let facts: Vec<String> = [
        person.email.clone(),
        person.phone.clone(),
        person.mobile.clone(),
        person.linkedin.clone(),
        lead.url.clone(),
        barred(person.do_not_call, "called"),
        barred(person.do_not_email, "e-mailed"),
    ]
    .into_iter()
    .flatten()
    .collect();
    (!facts.is_empty()).then(|| facts.join(" · "))
}

fn why(lead: &Lead, when: &dyn Fn(Time) -> String) -> Vec<String> {
    let mut lines = Vec::new();
    if let Some(trigger) = &lead.trigger {
        let at = trigger.at.map(|at| format!(", {}", when(at))).unwrap_or_default();
        let crossed = match (trigger.before, trigger.after) {
            (Some(before), Some(after)) => format!(", score {before} → {after}"),
            _ => String::new(),
        };
        lines.push(format!("{}{at}{crossed}", trigger.what));
    }
    lines.extend(lead.message.as_ref().map(|message| format!("asked: “{message}”")));
    let attribution = [&lead.attribution.source, &lead.attribution.campaign, &lead.attribution.medium];
    let attribution: Vec<_> = attribution.into_iter().flatten().cloned().collect();
    if !attribution.is_empty() {
        lines.push(format!("came by {}", attribution.join(", ")));
    }
    lines.extend(lead.routing.as_ref().map(|routing| format!("routed by {}", routing.rule)));
    lines.extend(lead.score.iter().flat_map(score));
    let failed = lead.preflight.iter().filter(|item| !item.passed);
    lines.extend(failed.map(|item| {
        format!(
            "pre-flight: {} failed{}",
            item.item,
            item.why.as_ref().map(|why| format!(", {why}")).unwrap_or_default()
        )
    }));
    lines
}

/// A score with its ledger.
pub fn score(score: &Score) -> Vec<String> {
    let part = |name: &str, points: Option<i32>| points.map(|points| format!("{name} {points}"));
    let parts = [part("fit", score.fit), part("intent", score.intent), part("behavior", score.behavior)];
    let parts: Vec<_> = parts.into_iter().flatten().collect();
    let parts = if parts.is_empty() { "its parts were not told".into() } else { parts.join(", ") };
    let model = score.model.as_ref().map(|model| format!("  [{model}]")).unwrap_or_default();
    let mut lines = vec![format!("score {}: {parts}{model}", score.total)];
    lines.extend(score.parts.iter().map(|part| {
        let faded =
            part.full.filter(|full| *full != part.points).map(|full| format!(", was {full:+}")).unwrap_or_default();
        format!("  {:>+6.1}  {} ({}{faded})", part.points, part.label, part.axis.code())
    }));
    lines
}

fn company(company: &Company, when: &dyn Fn(Time) -> String) -> Vec<String> {
    let facts = [&company.industry, &company.size, &company.revenue, &company.city, &company.country, &company.domain];
    let facts: Vec<_> = facts.into_iter().flatten().cloned().collect();
    let mut lines = Vec::new();
    if !facts.is_empty() {
        lines.push(facts.join(" · "));
    }
    if !company.tech.is_empty() {
        lines.push(format!("uses {}", company.tech.join(", ")));
    }
    lines.extend(company.news.iter().cloned());
    if let Some(provider) = &company.provided_by {
        let as_of = company.as_of.map(|at| format!(", {}", when(at))).unwrap_or_default();
        lines.push(format!("told by {provider}{as_of}"));
    }
    lines
}
