use proptest::strategy::Strategy;

use super::*;

/// Friday, 20 November 2026, 14:02 in Berlin.
fn base() -> Base<'static> {
    base_at("2026-11-20T13:02:00Z", chrono_tz::Europe::Berlin)
}

/// In an office that is open from 9 to 17 on every day of the week.
fn base_at(now: &str, zone: Tz) -> Base<'static> {
    let week = std::array::from_fn(|_| vec!["09:00-17:00".parse().unwrap()]);
    within(now, Calendar::new("test", zone, week, Default::default(), Default::default()))
}

fn within(now: &str, calendar: Calendar) -> Base<'static> {
    let zone = calendar.zone();
    Base { now: now.parse().unwrap(), zone, calendar: Box::leak(Box::new(calendar)) }
}

#[test]
fn a_day_means_its_opening_and_its_close() {
    let hours = |windows: &[&str]| windows.iter().map(|window| window.parse().unwrap()).collect::<Vec<_>>();
    let mut week: [Vec<_>; 7] = std::array::from_fn(|_| hours(&["08:30-12:00", "13:00-17:30"]));
    (week[4], week[5], week[6]) = (hours(&["08:30-14:00"]), Vec::new(), Vec::new());
    let overrides = [("2026-11-25".parse().unwrap(), hours(&["10:00-24:00"]))].into();
    let zone = chrono_tz::Europe::Berlin;
    let mut base = within("2026-11-20T10:00:00Z", Calendar::new("test", zone, week, Default::default(), overrides));
    for (text, means) in [
        ("mon", "Mon 2026-11-23 08:30"),
        ("eod", "Fri 2026-11-20 14:00"),
        ("mon eod", "Mon 2026-11-23 17:30"),
        ("tomorrow", "Sat 2026-11-21 08:30"),
        ("sat eod", "Sat 2026-11-21 17:30"),
        ("wed", "Wed 2026-11-25 10:00"),
        ("wed eod", "Wed 2026-11-25 23:59"),
        ("mon 9am", "Mon 2026-11-23 09:00"),
    ] {
        assert_eq!(local(text, &base), means, "{text}");
    }
    // A rep in another zone than the office: its opening, on the rep's clock.
    base.zone = chrono_tz::Europe::London;
    assert_eq!(local("mon", &base), "Mon 2026-11-23 07:30");
    let always = within("2026-11-20T10:00:00Z", Calendar::always());
    assert_eq!(local("tomorrow", &always), "Sat 2026-11-21 09:00");
    assert_eq!(local("eod", &always), "Fri 2026-11-20 17:00");
}

fn local(text: &str, base: &Base<'_>) -> String {
    match parse(text, base) {
        Ok(time) => time.with_timezone(&base.zone).format("%a %Y-%m-%d %H:%M").to_string(),
        Err(error) => error.to_string(),
    }
}

#[test]
fn dates_are_read_as_people_write_them() {
    let base = base();
    for (text, means) in [
        ("tomorrow 9am", "Sat 2026-11-21 09:00"),
        ("Tomorrow", "Sat 2026-11-21 09:00"),
        ("+3d", "Mon 2026-11-23 09:00"),
        ("3d 14:00", "Mon 2026-11-23 14:00"),
        ("+2h", "Fri 2026-11-20 16:02"),
        ("+1h30m", "Fri 2026-11-20 15:32"),
        ("in 45 min", "Fri 2026-11-20 14:47"),
        ("in an hour", "Fri 2026-11-20 15:02"),
        ("in 2 weeks", "Fri 2026-12-04 09:00"),
        ("in 2w at 10", "Fri 2026-12-04 10:00"),
        ("+1mo", "Sun 2026-12-20 09:00"),
        ("mon", "Mon 2026-11-23 09:00"),
        ("Monday, 10:30", "Mon 2026-11-23 10:30"),
        ("fri", "Fri 2026-11-27 09:00"),
        ("next tuesday 14:30", "Tue 2026-11-24 14:30"),
        ("next week", "Mon 2026-11-23 09:00"),
        ("next month", "Sun 2026-12-20 09:00"),
        ("2026-12-01", "Tue 2026-12-01 09:00"),
        ("2026-12-01 10:00", "Tue 2026-12-01 10:00"),
        ("dec 3", "Thu 2026-12-03 09:00"),
        ("3 december 3pm", "Thu 2026-12-03 15:00"),
        ("on Dec 3rd, 2027 at 9:15", "Fri 2027-12-03 09:15"),
        ("jan 4", "Mon 2027-01-04 09:00"),
        ("eod", "Fri 2026-11-20 17:00"),
        ("noon", "Sat 2026-11-21 12:00"),
        ("tomorrow noon", "Sat 2026-11-21 12:00"),
        ("16:00", "Fri 2026-11-20 16:00"),
        ("9:00", "Sat 2026-11-21 09:00"),
        ("12am", "Sat 2026-11-21 00:00"),
        ("12 pm", "Sat 2026-11-21 12:00"),
    ] {
        assert_eq!(local(text, &base), means, "{text}");
    }
}

#[test]
fn next_tuesday_on_a_monday_is_not_tomorrow() {
    let monday = base_at("2026-11-23T08:00:00Z", chrono_tz::UTC);
    assert_eq!(local("tue", &monday), "Tue 2026-11-24 09:00");
    assert_eq!(local("next tue", &monday), "Tue 2026-12-01 09:00");
    assert_eq!(local("mon", &monday), "Mon 2026-11-30 09:00");
}

#[test]
fn what_is_no_date_or_is_over_says_so() {
    let base = base();
    for text in [
        "",
        "soon",
        "tomorrow tomorrow",
        "25:00",
        "13pm",
        "0am",
        "feb 30",
        "in",
        "in weeks",
        "+",
        "+3x",
        "12/3",
        "+99999d",
        "tomorrow at",
        "9:5",
        "2026-13-01",
        "next",
        "this",
        "in in 2 weeks",
        "1d2h",
        "-2h",
    ] {
        assert_eq!(parse(text, &base), Err(NotADate::Unknown(text.to_owned())), "{text}");
    }
    assert_eq!(local("today 9:00", &base), "Fri Nov 20 09:00 is over");
    assert_eq!(local("2026-11-19", &base), "Thu Nov 19 09:00 is over");
    assert!(local("soon", &base).contains("try tomorrow 9am"));
}

#[test]
fn the_clocks_change_without_harm() {
    // The night to 29 March 2026: 02:00 becomes 03:00 in Berlin.
    let spring = base_at("2026-03-28T11:00:00Z", chrono_tz::Europe::Berlin);
    assert_eq!(local("tomorrow", &spring), "Sun 2026-03-29 09:00");
    assert_eq!(local("tomorrow 2:30", &spring), "Sun 2026-03-29 03:30");
    // The night to 25 October 2026: 03:00 becomes 02:00, so 02:30 comes twice.
    let autumn = base_at("2026-10-24T10:00:00Z", chrono_tz::Europe::Berlin);
    assert_eq!(parse("tomorrow 2:30", &autumn), Ok("2026-10-25T00:30:00Z".parse().unwrap()));
    assert_eq!(parse("tomorrow 9am", &autumn), Ok("2026-10-25T08:00:00Z".parse().unwrap()));
}

#[test]
fn a_next_step_is_a_date_and_words() {
    let base = base();
    let read = |text| parse_prefix(text, &base).map(|(time, rest)| (time.to_rfc3339(), rest));
    assert_eq!(read("Tue 10:00 Call Maya"), Ok(("2026-11-24T09:00:00+00:00".into(), "Call Maya".into())));
    assert_eq!(read("in 2 weeks demo"), Ok(("2026-12-04T08:00:00+00:00".into(), "demo".into())));
    assert_eq!(read("call them"), Err(NotADate::Unknown("call them".into())));
    assert!(matches!(read("today 9:00 call"), Err(NotADate::Past(_))));
}

proptest::proptest! {
    #[test]
    fn no_text_breaks_it_and_every_answer_lies_ahead(
        words in proptest::collection::vec(proptest::prop_oneof![
            "[0-9]{1,5}", "[+]?[0-9]{1,5}[a-z]{1,2}", "[0-9]{1,2}:[0-9]{2}", "\\PC{0,6}",
            proptest::sample::select(vec!["in", "next", "tomorrow", "mon", "dec", "eod", "at", "am", "2026-12-01", "week"])
                .prop_map(str::to_owned),
        ], 0..5),
    ) {
        let base = base();
        if let Ok(time) = parse(&words.join(" "), &base) {
            proptest::prop_assert!(time > base.now);
        }
    }
}
