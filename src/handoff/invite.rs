//! The calendar invitation of the personal handoff (R48), as an iCalendar text (RFC 5545, RFC 5546).

use chrono::Duration;

use super::Time;
use super::calendar::Calendar;

/// How long the invitation is for, where the window allows it.
const LENGTH: Duration = Duration::minutes(15);

/// A line is folded so that no piece has more octets than this, the line break aside (RFC 5545, 3.1).
const FOLD: usize = 75;

/// Somebody who is invited or invites.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Person {
    /// Their name.
    pub name: String,
    /// Their e-mail address.
    pub email: String,
}

/// An invitation.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Invite {
    /// What the same invitation is known by when it is sent again: stable, and unique in the world.
    pub uid: String,
    /// Raised by each change; a calendar takes the highest.
    pub sequence: u32,
    /// When it was written.
    pub stamp: Time,
    /// From when …
    pub start: Time,
    /// … until when.
    pub end: Time,
    /// Its title. No personal data, unless the team allows it (C16).
    pub summary: String,
    /// What it says.
    pub description: String,
    /// The record.
    pub url: Option<String>,
    /// Who invites.
    pub organizer: Person,
    /// Who is invited.
    pub attendee: Person,
}

/// A time for the first contact inside the window that ends at `due`: the next working quarter of an hour, cut off where
/// the window closes; nothing once it has closed. Outside hours, and with none left before `due`, from `now` on.
pub fn slot(calendar: &Calendar, now: Time, due: Time) -> Option<(Time, Time)> {
    let start = calendar.next_opening(now).map_or(now, |opening| opening.max(now));
    let start = if start < due { start } else { now };
    (start < due).then(|| (start, due.min(start + LENGTH)))
}

impl Invite {
    /// The text, with the line breaks that the format asks for.
    pub fn to_ics(&self) -> String {
        let stamp = |at: Time| at.format("%Y%m%dT%H%M%SZ").to_string();
        let mut lines = vec![
            "BEGIN:VCALENDAR".to_owned(),
            "VERSION:2.0".into(),
            "PRODID:-//Leadbox//Leadbox//EN".into(),
            "CALSCALE:GREGORIAN".into(),
            "METHOD:REQUEST".into(),
            "BEGIN:VEVENT".into(),
            format!("UID:{}", escaped(&self.uid)),
            format!("SEQUENCE:{}", self.sequence),
            format!("DTSTAMP:{}", stamp(self.stamp)),
            format!("DTSTART:{}", stamp(self.start)),
            format!("DTEND:{}", stamp(self.end)),
            format!("SUMMARY:{}", escaped(&self.summary)),
            format!("DESCRIPTION:{}", escaped(&self.description)),
        ];
        lines.extend(self.url.as_ref().map(|url| format!("URL:{}", address(url))));
        lines.extend([
            format!("ORGANIZER{}", person(&self.organizer)),
            format!("ATTENDEE;ROLE=REQ-PARTICIPANT;PARTSTAT=NEEDS-ACTION;RSVP=TRUE{}", person(&self.attendee)),
            "STATUS:CONFIRMED".into(),
            "TRANSP:OPAQUE".into(),
            "END:VEVENT".into(),
            "END:VCALENDAR".into(),
        ]);
        lines.iter().map(|line| folded(line)).collect()
    }
}

/// A text value: what has a meaning is escaped, other control characters are left out (RFC 5545, 3.3.11).
fn escaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.replace("\r\n", "\n").chars() {
        match c {
            '\\' | ';' | ',' => out.extend(['\\', c]),
            '\n' | '\r' => out.push_str("\\n"),
            c if c.is_control() && c != '\t' => {}
            c => out.push(c),
        }
    }
    out
}

/// A value that is an address: it has no blanks and no control characters, so that none can begin another line.
fn address(text: &str) -> String {
    text.chars().filter(|c| !c.is_control() && !c.is_whitespace()).collect()
}

/// A name and an address; a quoted parameter can hold neither quotes nor control characters (RFC 5545, 3.2).
fn person(person: &Person) -> String {
    let name = person.name.replace('"', "'");
    let name: String = name.chars().filter(|c| !c.is_control()).collect();
    format!(";CN=\"{name}\":mailto:{}", address(&person.email))
}

/// The line in pieces of 75 octets at the most, never within a character, each next one after a break and a blank.
fn folded(line: &str) -> String {
    let mut out = String::with_capacity(line.len() + line.len() / 70 * 3 + 2);
    let mut room = FOLD;
    for c in line.chars() {
        if c.len_utf8() > room {
            out.push_str("\r\n ");
            room = FOLD - 1;
        }
        out.push(c);
        room -= c.len_utf8();
    }
    out.push_str("\r\n");
    out
}

#[cfg(test)]
mod tests;
