//! Filling a template's placeholders with what is known of the lead.
//!
//! `{company}` is the company, or sensible words where it is not known; `{company|your team}` brings its own words;
//! `{news?}` leaves the whole text out where it is not known.

use super::super::activity::{Activity, ActivityKind};
use super::super::lead::{Lead, TriggerKind};

/// The placeholders, with the words that stand in where nothing is known.
pub const PLACEHOLDERS: [(&str, &str); 13] = [
    ("first_name", "there"),
    ("name", "the contact"),
    ("company", "your company"),
    ("title", "your role"),
    ("industry", "your industry"),
    ("size", "your size"),
    ("city", "your area"),
    ("signal", "your interest in us"),
    ("trigger", "your interest in us"),
    ("campaign", "our campaign"),
    ("asked", "what you asked"),
    ("news", "your recent news"),
    ("tech", "your current tools"),
];

/// The longest piece of foreign text within a sentence, in characters.
const LONGEST: usize = 60;

enum Piece<'a> {
    Text(&'a str),
    Placeholder { name: &'a str, otherwise: Otherwise<'a> },
}

#[derive(Clone, Copy)]
enum Otherwise<'a> {
    Default,
    Words(&'a str),
    LeaveOut,
}

/// Checks a template's text: says which placeholder there is not, or which brace is not closed.
pub fn check(text: &str) -> Result<(), String> {
    for piece in pieces(text) {
        match piece {
            Piece::Placeholder { name, .. } if !PLACEHOLDERS.iter().any(|known| known.0 == name) => {
                let known = PLACEHOLDERS.map(|known| format!("{{{}}}", known.0)).join(", ");
                return Err(format!("there is no placeholder “{{{name}}}”; there are {known}"));
            }
            Piece::Text(text) if text.contains(['{', '}']) => {
                return Err("a brace is not closed or not opened; a placeholder looks like {company}".into());
            }
            _ => {}
        }
    }
    Ok(())
}

/// The text with its placeholders filled; nothing if it is to be left out.
pub(super) fn fill(text: &str, lead: &Lead, signal: Option<&Activity>) -> Option<String> {
    let mut filled = String::new();
    for piece in pieces(text) {
        match piece {
            Piece::Text(text) => filled.push_str(text),
            Piece::Placeholder { name, otherwise } => match (value(name, lead, signal), otherwise) {
                (Some(value), _) => filled.push_str(&value),
                (None, Otherwise::Words(words)) => filled.push_str(words),
                (None, Otherwise::LeaveOut) => return None,
                (None, Otherwise::Default) => {
                    filled.push_str(PLACEHOLDERS.iter().find(|known| known.0 == name).map_or("", |known| known.1));
                }
            },
        }
    }
    Some(filled)
}

fn pieces(text: &str) -> Vec<Piece<'_>> {
    let mut pieces = Vec::new();
    let mut rest = text;
    while let Some((before, after)) = rest.split_once('{') {
        let Some((inside, after)) = after.split_once('}') else { break };
        let (name, otherwise) = match (inside.split_once('|'), inside.strip_suffix('?')) {
            (Some((name, words)), _) => (name, Otherwise::Words(words)),
            (None, Some(name)) => (name, Otherwise::LeaveOut),
            (None, None) => (inside, Otherwise::Default),
        };
        pieces.push(Piece::Text(before));
        pieces.push(Piece::Placeholder { name: name.trim(), otherwise });
        rest = after;
    }
    pieces.push(Piece::Text(rest));
    pieces
}

fn value(name: &str, lead: &Lead, signal: Option<&Activity>) -> Option<String> {
    let (person, company) = (&lead.person, &lead.company);
    let known = |text: &Option<String>| text.as_deref().and_then(short);
    match name {
        "first_name" => known(&person.first_name),
        "name" => person.full_name().as_deref().and_then(short),
        "company" => known(&company.name),
        "title" => known(&person.title),
        "industry" => known(&company.industry).map(|industry| industry.to_lowercase()),
        "size" => known(&company.size),
        "city" => known(&person.city).or_else(|| known(&company.city)),
        "signal" => signal.and_then(phrase).or_else(|| trigger(lead)),
        "trigger" => trigger(lead).or_else(|| signal.and_then(phrase)),
        "campaign" => known(&lead.attribution.campaign).map(|campaign| format!("“{campaign}”")),
        "asked" => known(&lead.message).map(|message| format!("“{message}”")),
        "news" => company.news.first().and_then(|news| short(news)),
        "tech" => (!company.tech.is_empty()).then(|| company.tech.join(", ")).as_deref().and_then(short),
        _ => None,
    }
}

/// The text on one line and not too long; nothing if it is blank.
fn short(text: &str) -> Option<String> {
    let text = text.split_whitespace().collect::<Vec<_>>().join(" ");
    match text.char_indices().nth(LONGEST) {
        _ if text.is_empty() => None,
        None => Some(text),
        Some((end, _)) => {
            // Between words, if there is a gap that leaves most of it.
            let cut = text[..end].rfind(' ').filter(|&gap| gap > end / 2).unwrap_or(end);
            Some(format!("{}…", text[..cut].trim_end_matches([' ', ',', '.'])))
        }
    }
}

/// What they did, said to them.
fn phrase(signal: &Activity) -> Option<String> {
    let what = short(&signal.text).filter(|text| !text.contains("://"));
    let about = |verb: &str, plain: &str| Some(what.as_ref().map_or(plain.into(), |what| format!("{verb} “{what}”")));
    let plain = |words: &str| Some(words.to_owned());
    match signal.kind {
        ActivityKind::DemoRequest => plain("your demo request"),
        ActivityKind::PageVisit => about("your visit to", "your visit to our site"),
        ActivityKind::Download => about("your download of", "your download"),
        ActivityKind::EmailOpen | ActivityKind::EmailClick => about("your interest in", "your interest in our e-mail"),
        ActivityKind::Event => about("your time at", "the event that you came to"),
        ActivityKind::Chat => plain("your chat with us"),
        ActivityKind::Trial => plain("your trial"),
        ActivityKind::Form => plain("your inquiry"),
        ActivityKind::Call => plain("your call"),
        ActivityKind::Email => plain("your e-mail"),
        ActivityKind::Meeting => plain("our meeting"),
        ActivityKind::Message => plain("your message"),
        ActivityKind::Task | ActivityKind::Note | ActivityKind::Other => None,
    }
}

/// What made them an MQL, said to them.
fn trigger(lead: &Lead) -> Option<String> {
    let words = match lead.trigger.as_ref()?.kind {
        TriggerKind::Demo => "your demo request",
        TriggerKind::Pricing => "your question about prices",
        TriggerKind::HandRaiser => "your request to talk",
        TriggerKind::Webinar => "our webinar",
        TriggerKind::Content => "what you read of ours",
        TriggerKind::Threshold | TriggerKind::Manual => return None,
    };
    Some(words.into())
}
