//! A calendar as a person writes it, and what can be wrong with it.

use std::collections::BTreeMap;

use chrono::{DateTime, NaiveDate, Utc, Weekday};
use chrono_tz::Tz;
use serde::{Deserialize, Serialize};
use thiserror::Error;

use super::{Calendar, Window, WindowError};
use crate::handoff::similar::similar_zone;

/// A calendar as it is written down: `[calendars.NAME]` in a calendar file. Every text is still unchecked.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct CalendarSpec {
    /// IANA zone, for example `Europe/Berlin`.
    pub zone: String,
    /// Windows of Monday, for example `["09:00-12:00", "13:00-17:30"]`; none or left out is closed.
    pub mon: Vec<String>,
    /// Windows of Tuesday.
    pub tue: Vec<String>,
    /// Windows of Wednesday.
    pub wed: Vec<String>,
    /// Windows of Thursday.
    pub thu: Vec<String>,
    /// Windows of Friday.
    pub fri: Vec<String>,
    /// Windows of Saturday.
    pub sat: Vec<String>,
    /// Windows of Sunday.
    pub sun: Vec<String>,
    /// Dates on which nobody works, `YYYY-MM-DD`.
    pub holidays: Vec<String>,
    /// Dates with windows of their own, which count instead of the weekday's and of a holiday; `[]` closes the date.
    pub overrides: BTreeMap<String, Vec<String>>,
}

/// Where in a calendar an error is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Place {
    /// A weekday's windows.
    Day(Weekday),
    /// An override's windows.
    Override(NaiveDate),
}

impl std::fmt::Display for Place {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Day(day) => f.write_str(KEYS[day.num_days_from_monday() as usize]),
            Self::Override(date) => write!(f, "override {date}"),
        }
    }
}

/// The names of the weekdays in a calendar file, Monday first.
const KEYS: [&str; 7] = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"];
const WEEKDAYS: [Weekday; 7] =
    [Weekday::Mon, Weekday::Tue, Weekday::Wed, Weekday::Thu, Weekday::Fri, Weekday::Sat, Weekday::Sun];

/// What is wrong with a calendar.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum CalendarError {
    /// The zone is not in the IANA data.
    #[error("calendar `{calendar}`: there is no time zone `{zone}`{}", hint.map_or(String::new(), |zone| format!("; did you mean {zone}?")))]
    Zone {
        /// The calendar's name.
        calendar: String,
        /// The zone as written.
        zone: String,
        /// A zone that is written almost the same.
        hint: Option<&'static str>,
    },
    /// A window that makes no sense.
    #[error("calendar `{calendar}`, {place}: `{text}` is not a working window: {problem}")]
    Window {
        /// The calendar's name.
        calendar: String,
        /// The weekday or date.
        place: Place,
        /// The window as written.
        text: String,
        /// What is wrong with it.
        #[source]
        problem: WindowError,
    },
    /// A holiday or an override whose date is none.
    #[error("calendar `{calendar}`, {list}: `{text}` is not a date; write it as YYYY-MM-DD")]
    Date {
        /// The calendar's name.
        calendar: String,
        /// `holidays` or `overrides`.
        list: &'static str,
        /// The date as written.
        text: String,
    },
    /// Closed for 800 days on end (section 4, rule 12).
    #[error("calendar `{calendar}` has no working time within 800 days of {from}; give at least one weekday a window")]
    NoWorkingTime {
        /// The calendar's name.
        calendar: String,
        /// The local date from which was looked.
        from: NaiveDate,
    },
}

impl Calendar {
    /// Its written form, from which [`Calendar::from_spec`] makes the same calendar.
    pub fn spec(&self) -> CalendarSpec {
        let windows = |windows: &Vec<Window>| windows.iter().map(Window::to_string).collect::<Vec<_>>();
        let [mon, tue, wed, thu, fri, sat, sun] = self.week.each_ref().map(windows);
        CalendarSpec {
            zone: self.zone.name().to_owned(),
            mon,
            tue,
            wed,
            thu,
            fri,
            sat,
            sun,
            holidays: self.holidays.iter().map(ToString::to_string).collect(),
            overrides: self.overrides.iter().map(|(date, hours)| (date.to_string(), windows(hours))).collect(),
        }
    }

    /// A calendar from its written form, checked: every error names the calendar, the place and the offending text.
    /// There must be working time within 800 days of `from` (section 4, rule 12).
    pub fn from_spec(name: &str, spec: &CalendarSpec, from: DateTime<Utc>) -> Result<Self, CalendarError> {
        let zone = spec.zone.parse::<Tz>().map_err(|_| CalendarError::Zone {
            calendar: name.to_owned(),
            zone: spec.zone.clone(),
            hint: similar_zone(&spec.zone),
        })?;
        let windows = |place: Place, texts: &[String]| -> Result<Vec<Window>, CalendarError> {
            let parse = |text: &String| {
                text.parse::<Window>().map_err(|problem| CalendarError::Window {
                    calendar: name.to_owned(),
                    place,
                    text: text.clone(),
                    problem,
                })
            };
            texts.iter().map(parse).collect()
        };
        let date = |list: &'static str, text: &String| {
            NaiveDate::parse_from_str(text.trim(), "%Y-%m-%d").map_err(|_| CalendarError::Date {
                calendar: name.to_owned(),
                list,
                text: text.clone(),
            })
        };

        let mut week: [Vec<Window>; 7] = Default::default();
        let written = [&spec.mon, &spec.tue, &spec.wed, &spec.thu, &spec.fri, &spec.sat, &spec.sun];
        for ((day, texts), hours) in WEEKDAYS.into_iter().zip(written).zip(&mut week) {
            *hours = windows(Place::Day(day), texts)?;
        }
        let holidays = spec.holidays.iter().map(|text| date("holidays", text)).collect::<Result<_, _>>()?;
        let mut overrides = BTreeMap::new();
        for (text, texts) in &spec.overrides {
            let date = date("overrides", text)?;
            overrides.insert(date, windows(Place::Override(date), texts)?);
        }
        let calendar = Self::new(name, zone, week, holidays, overrides);
        calendar.check_from(from)?;
        Ok(calendar)
    }
}
