//! The calls of those who direct a team: the board and what its figures are made of, orders, and who is there. The
//! commands and the app make the same ones.

use serde::Serialize;

use super::SOURCE;
use super::transport::{Call, Method};
use crate::wire::board::Of;
use crate::wire::people::Person;
use crate::wire::sync::LeadState;
use crate::wire::team::{Availability, Claim, Order};

/// Asks for the board: [`crate::wire::board::Board`].
pub fn board() -> Call {
    Call::get("/v1/board")
}

/// Asks for a page of leads: [`crate::wire::board::BoardLeads`].
pub fn leads(of: &Of, after: Option<&str>) -> Call {
    let which = match of {
        Of::Rep(id) => format!("rep={}", escaped(id)),
        Of::Queue(name) => format!("queue={}", escaped(name)),
        Of::Completion => "list=completion".into(),
        Of::Idle => "list=idle".into(),
    };
    let from = after.map(|after| format!("&after={}", escaped(after))).unwrap_or_default();
    Call::get(format!("/v1/board/leads?{which}{from}"))
}

/// Asks for a page of breaches: [`crate::wire::board::Incidents`].
pub fn incidents(after: Option<&str>) -> Call {
    let from = after.map(|after| format!("?after={}", escaped(after))).unwrap_or_default();
    Call::get(format!("/v1/incidents{from}"))
}

/// Gives an order for a lead: [`LeadState`].
pub fn order(lead: i64, order: &Order) -> Call {
    sent(Method::Post, format!("/v1/leads/{lead}/orders"), order)
}

/// Takes a lead from a queue, this one or the next: [`LeadState`].
pub fn claim(queue: &str, lead: Option<i64>) -> Call {
    sent(Method::Post, format!("/v1/queues/{}/claim", escaped(queue)), &Claim { lead })
}

/// Says that somebody takes no leads, because of `paused`, or takes them again: [`crate::wire::people::Person`].
pub fn availability(person: &str, paused: Option<String>) -> Call {
    sent(Method::Put, format!("/v1/people/{}/availability", escaped(person)), &Availability { paused })
}

/// Where a lead is after an order, in words.
pub fn told(state: &LeadState) -> String {
    let who = match (&state.owner, &state.queue) {
        (Some(owner), _) => format!("with {owner}"),
        (None, Some(queue)) => format!("in the queue {queue}"),
        (None, None) => "with nobody".into(),
    };
    // A later hub may know stages that we do not.
    let stage = state.handoff.read().map_or_else(|_| "at another stage".into(), |handoff| handoff.stage.to_string());
    format!("{SOURCE}:{}: {stage}, {who}", state.id)
}

/// Whether somebody takes leads, in words.
pub fn told_of(person: &Person) -> String {
    match &person.paused {
        Some(why) => format!("{} takes no leads: {why}", person.id),
        None => format!("{} takes leads", person.id),
    }
}

fn sent(method: Method, path: String, body: &impl Serialize) -> Call {
    // Text and maps of text are always JSON.
    Call::send(method, path, serde_json::to_vec(body).unwrap_or_default())
}

/// A text as a part of an address.
fn escaped(text: &str) -> String {
    let plain = |byte: &u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.' | b'~');
    let escape = |byte: u8| if plain(&byte) { char::from(byte).to_string() } else { format!("%{byte:02X}") };
    text.bytes().map(escape).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_one_part_of_the_address_whatever_is_in_it() {
        let of = |name: &str| leads(&Of::Queue(name.into()), None).path;
        assert_eq!(of("a b&rep=ana"), "/v1/board/leads?queue=a%20b%26rep%3Dana");
        assert_eq!(of("Büro"), "/v1/board/leads?queue=B%C3%BCro");
        assert_eq!(leads(&Of::Idle, Some("7.1")).path, "/v1/board/leads?list=idle&after=7.1");
        assert_eq!(availability("../x", None).path, "/v1/people/..%2Fx/availability");
    }
}
