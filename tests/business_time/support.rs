//! Short ways to write instants and calendars.

use chrono::{DateTime, Utc};
use leadbox::handoff::calendar::{Calendar, CalendarSpec};
use leadbox::handoff::sla::Pause;

/// An instant from RFC 3339.
pub fn at(text: &str) -> DateTime<Utc> {
    text.parse().unwrap()
}

/// A pause from two instants, an empty end for an open one.
pub fn pause(from: &str, to: &str) -> Pause {
    Pause { from: at(from), to: (!to.is_empty()).then(|| at(to)) }
}

pub fn texts(list: &[&str]) -> Vec<String> {
    list.iter().map(|&text| text.to_owned()).collect()
}

/// Monday to Friday with the same windows.
pub fn weekdays(zone: &str, windows: &[&str]) -> CalendarSpec {
    let day = texts(windows);
    CalendarSpec {
        zone: zone.to_owned(),
        mon: day.clone(),
        tue: day.clone(),
        wed: day.clone(),
        thu: day.clone(),
        fri: day,
        ..CalendarSpec::default()
    }
}

/// Every day with the same windows.
pub fn daily(zone: &str, windows: &[&str]) -> CalendarSpec {
    CalendarSpec { sat: texts(windows), sun: texts(windows), ..weekdays(zone, windows) }
}

/// The calendar of a description that must be right.
pub fn made(spec: &CalendarSpec) -> Calendar {
    Calendar::from_spec("test", spec, at("2026-01-01T00:00:00Z")).unwrap()
}

/// Nine to five in Berlin, Monday to Friday. On 2026-03-29 the clocks go from 02:00 to 03:00, on 2026-10-25 back.
pub fn berlin() -> Calendar {
    made(&weekdays("Europe/Berlin", &["09:00-17:00"]))
}
