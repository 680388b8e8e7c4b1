//! What a message says, made when it is sent: of what is known then.

use lettre::message::Mailbox;

use super::worker::Errand;
use crate::handoff::alert::{Alert, history};
use crate::handoff::clocks::clocks;
use crate::handoff::invite::{Invite, Person as Guest, slot};
use crate::handoff::lead::LeadId;
use crate::hub::channels::{Channel, Message, Recipient, Unsent, Use, plain};
use crate::hub::db::Scope;
use crate::hub::error::HubError;
use crate::hub::leads::{self, Case};
use crate::hub::people;
use crate::hub::work::Work;

/// A message, or why there will never be one.
pub(super) type Composed = Result<Message, Unsent>;

/// The message; or why there will never be one.
pub(super) fn compose(work: &mut Work<'_>, channel: &Channel, errand: &Errand) -> Result<Composed, HubError> {
    let mut case = leads::load(work.tx, errand.lead, &Scope::System)?;
    if let Some(other) = case.merged_into {
        case = leads::load(work.tx, other, &Scope::System)?;
    }
    let blank = Message {
        key: errand.key,
        what: errand.what,
        at: work.now,
        lead: case.id,
        to: Recipient { person: None, name: String::new(), email: None },
        subject: String::new(),
        text: String::new(),
        category: None,
        until: None,
        is_urgent: false,
        link: case.lead.url.clone(),
        invitation: None,
    };
    match errand.what {
        Use::AutoResponse => Ok(auto_response(channel, &case, blank)),
        Use::Alerts | Use::Handover => {
            let person = match &errand.recipient {
                Some(id) => people::find(work.tx, id)?.filter(|person| person.is_active),
                None => None,
            };
            let Some(person) = person else { return Ok(Err(Unsent::for_good("they are not here any more"))) };
            let to = Recipient { person: Some(person.id), name: person.name, email: person.email };
            let message = Message { to, ..blank };
            if errand.what == Use::Alerts {
                alert(work, channel, errand, message)
            } else {
                handover(work, channel, &case, message)
            }
        }
    }
}

/// Whether this channel may be told who it is: it and the team's policy must both say so.
fn may_tell(work: &Work<'_>, channel: &Channel) -> bool {
    channel.personal_data && work.rules.config.escalation.alerts.personal_data
}

fn alert(work: &mut Work<'_>, channel: &Channel, errand: &Errand, blank: Message) -> Result<Composed, HubError> {
    let rows = work.tx.query("SELECT body FROM alert WHERE id = ?1", &[errand.alert.into()])?;
    let alert = rows.first().map(|row| Ok::<Alert, HubError>(serde_json::from_str(row.text(0)?)?)).transpose()?;
    let Some(alert) = alert else { return Ok(Err(Unsent::for_good("what it tells of is gone"))) };
    let text = if may_tell(work, channel) { alert.with_personal_data() } else { alert.pointer() };
    let category = alert.category();
    Ok(Ok(Message {
        subject: format!("{}: {}", alert.lead(), category.label()),
        text: plain(&text),
        category: Some(category.code()),
        until: Some(alert.available().until),
        is_urgent: alert.is_urgent(),
        ..blank
    }))
}

fn handover(work: &mut Work<'_>, channel: &Channel, case: &Case, blank: Message) -> Result<Composed, HubError> {
    if case.owner != blank.to.person {
        return Ok(Err(Unsent::for_good("the lead is somebody else's by now")));
    }
    let (now, rules) = (work.now, work.rules);
    let policy = &rules.config.policy;
    let open = clocks(&case.lead, &case.handoff, policy).into_iter().filter(|clock| clock.met_at.is_none());
    let due = open.filter_map(|clock| clock.due).filter(|&due| due > now).min();
    let id = LeadId(case.id);
    let until = due.map_or(String::new(), |due| format!(" until {}", due.format("%Y-%m-%d %H:%M UTC")));
    let link = blank.link.as_ref().map_or(String::new(), |link| format!("\n{link}"));
    let mut text = format!("{id} is handed over to you. Contact them{until}, and log the attempt.{link}");
    let mut title = format!("First contact: {id}");
    if may_tell(work, channel) {
        let who = case.lead.display_name();
        title = format!("{title}, {who}");
        let trail = leads::trail(work.tx, case.id)?;
        let acts: String = history(&case.lead, &trail, now).iter().map(|act| format!("\n- {act}")).collect();
        text = format!("{text}\n{who}{acts}");
    }
    let holder = work.roster()?.iter().find(|person| Some(&person.id) == case.owner.as_ref());
    let calendar = holder.map_or(&policy.calendar, |person| person.calendar(&policy.calendar));
    let organizer = channel.from.as_ref().and_then(|from| from.parse::<Mailbox>().ok());
    let invite = || {
        let (start, end) = slot(calendar, now, due?)?;
        let organizer = organizer?;
        let host = organizer.email.domain().to_owned();
        let attendee = Guest { name: blank.to.name.clone(), email: blank.to.email.clone()? };
        let address = organizer.email.to_string();
        Some(Invite {
            // One for each assignment, whichever channel brings it.
            uid: format!("lead-{}-{}@{host}", case.id, case.handoff.assigned_at.timestamp()),
            sequence: 0,
            stamp: now,
            start,
            end,
            summary: plain(&title),
            description: plain(&text),
            url: blank.link.clone(),
            organizer: Guest { name: organizer.name.unwrap_or_else(|| address.clone()), email: address },
            attendee,
        })
    };
    let invitation = invite().map(|invite| invite.to_ics());
    Ok(Ok(Message { subject: plain(&title), text: plain(&text), until: due, invitation, ..blank }))
}

fn auto_response(channel: &Channel, case: &Case, blank: Message) -> Composed {
    let person = &case.lead.person;
    if person.do_not_email {
        return Err(Unsent::for_good("they asked not to be written to"));
    }
    let email = person.email.clone().ok_or_else(|| Unsent::for_good("no e-mail address is known"))?;
    let template = channel.template.as_ref().ok_or_else(|| Unsent::for_good("the channel has no text for it"))?;
    let (subject, text) = template.fill(&case.lead);
    let to = Recipient { person: None, name: String::new(), email: Some(email) };
    Ok(Message { to, subject, text, link: None, ..blank })
}
