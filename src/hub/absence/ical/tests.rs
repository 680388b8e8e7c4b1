//! What calendars of several makers say, and what no calendar may do.

use super::*;

fn time(text: &str) -> Time {
    text.parse().unwrap()
}

fn calendar(events: &str) -> String {
    format!("BEGIN:VCALENDAR\nVERSION:2.0\nPRODID:-//a//b//EN\n{}END:VCALENDAR\n", events.trim_start())
        .replace('\n', "\r\n")
}

fn event(lines: &str) -> String {
    format!("BEGIN:VEVENT\n{}\nEND:VEVENT\n", lines.lines().map(str::trim).collect::<Vec<_>>().join("\n"))
}

/// As of Friday, the 20th of November 2026, for somebody in Berlin.
fn read_as(kind: FeedKind, text: &str) -> Result<Times, Unreadable> {
    read(
        text,
        &How {
            kind,
            zone: Tz::Europe__Berlin,
            rules: &FeedRules::default(),
            from: time("2026-11-20T00:00:00Z"),
            busy_until: time("2026-12-20T00:00:00Z"),
            away_until: time("2027-05-20T00:00:00Z"),
            deadline: Instant::now() + std::time::Duration::from_secs(60),
        },
    )
}

fn times(events: &[&str]) -> Times {
    let events: String = events.iter().map(|lines| event(lines)).collect();
    read_as(FeedKind::Mixed, &calendar(&events)).unwrap()
}

fn spans(of: &[Span]) -> Vec<String> {
    of.iter().map(|(from, to)| format!("{}/{}", from.format("%m-%dT%H:%M"), to.format("%m-%dT%H:%M"))).collect()
}

#[test]
fn times_are_in_the_zone_that_they_name_or_the_persons() {
    let known = times(&[
        "UID:1\nDTSTART;TZID=America/New_York:20261120T090000\nDTEND;TZID=America/New_York:20261120T093000",
        "UID:2\nDTSTART:20261121T090000Z\nDURATION:PT45M",
        // Without a zone, and one of Outlook's names.
        "UID:3\nDTSTART:20261122T090000\nDTEND:20261122T100000",
        "UID:4\nDTSTART;TZID=Pacific Standard Time:20261123T090000\nDTEND;TZID=Pacific Standard Time:20261123T100000",
    ]);
    let expected =
        ["11-20T14:00/11-20T14:30", "11-21T09:00/11-21T09:45", "11-22T08:00/11-22T09:00", "11-23T17:00/11-23T18:00"];
    assert_eq!(spans(&known.busy), expected);
    assert_eq!(known.away, []);
}

#[test]
fn absences_are_told_from_appointments_by_the_rules() {
    let at =
        |day: u32, more: &str| format!("UID:{day}\nDTSTART:202611{day}T090000Z\nDTEND:202611{day}T100000Z\n{more}");
    let known = times(&[
        &at(20, "X-MICROSOFT-CDO-BUSYSTATUS:OOF"),
        &at(21, "SUMMARY:OOO - dentist"),
        &at(22, "SUMMARY:Visit at Vacationland"),
        &at(23, "TRANSP:TRANSPARENT"),
        &at(24, "STATUS:CANCELLED"),
        &at(25, "X-MICROSOFT-CDO-BUSYSTATUS:WORKINGELSEWHERE"),
        // Out of office is what it is, also where it is marked as free.
        &at(26, "TRANSP:TRANSPARENT\nX-MICROSOFT-CDO-BUSYSTATUS:OOF"),
        // A reminder lasts no time.
        "UID:r\nDTSTART:20261127T090000Z",
        // Whole days are those of the person.
        "UID:d\nDTSTART;VALUE=DATE:20261130\nDTEND;VALUE=DATE:20261202",
        "UID:b\nDTSTART;VALUE=DATE:20261205\nTRANSP:TRANSPARENT\nSUMMARY:Mum's birthday",
    ]);
    assert_eq!(spans(&known.busy), ["11-22T09:00/11-22T10:00"]);
    let expected =
        ["11-20T09:00/11-20T10:00", "11-21T09:00/11-21T10:00", "11-26T09:00/11-26T10:00", "11-29T23:00/12-01T23:00"];
    assert_eq!(spans(&known.away), expected);
}

#[test]
fn a_feed_of_one_kind_is_of_that_kind_whatever_its_events_say() {
    let text = calendar(
        &[
            event("UID:1\nDTSTART:20261120T090000Z\nDTEND:20261120T100000Z\nTRANSP:TRANSPARENT"),
            event("UID:2\nDTSTART;VALUE=DATE:20261123"),
            event("UID:3\nDTSTART:20261125T090000Z\nDTEND:20261125T100000Z\nSTATUS:CANCELLED"),
        ]
        .concat(),
    );
    let away = read_as(FeedKind::Away, &text).unwrap();
    assert_eq!(
        (spans(&away.away), away.busy),
        (vec!["11-20T09:00/11-20T10:00".into(), "11-22T23:00/11-23T23:00".into()], vec![])
    );
    let busy = read_as(FeedKind::Busy, &text).unwrap();
    assert_eq!((busy.away, spans(&busy.busy)), (vec![], vec!["11-22T23:00/11-23T23:00".to_owned()]));
}

#[test]
fn series_repeat_without_what_was_taken_out_and_with_what_was_moved() {
    let series = "UID:s\nSEQUENCE:0\nDTSTART;TZID=Europe/Berlin:20260105T100000\nDTEND;TZID=Europe/Berlin:20260105T110000\n\
        RRULE:FREQ=WEEKLY;BYDAY=MO\nEXDATE;TZID=Europe/Berlin:20261130T100000";
    let moved = "UID:s\nSEQUENCE:3\nRECURRENCE-ID;TZID=Europe/Berlin:20261207T100000\n\
        DTSTART;TZID=Europe/Berlin:20261208T140000\nDTEND;TZID=Europe/Berlin:20261208T143000";
    let gone = "UID:s\nSEQUENCE:1\nSTATUS:CANCELLED\nRECURRENCE-ID;TZID=Europe/Berlin:20261214T100000\n\
        DTSTART;TZID=Europe/Berlin:20261214T100000\nDTEND;TZID=Europe/Berlin:20261214T110000";
    // Another series at the same times keeps its own.
    let other = "UID:t\nDTSTART;TZID=Europe/Berlin:20261207T100000\nDTEND;TZID=Europe/Berlin:20261207T101500\nRRULE:FREQ=DAILY;COUNT=2";
    let known = times(&[series, moved, gone, other]);
    let expected =
        ["11-23T09:00/11-23T10:00", "12-07T09:00/12-07T09:15", "12-08T09:00/12-08T09:15", "12-08T13:00/12-08T13:30"];
    assert_eq!(spans(&known.busy), expected);
}

#[test]
fn a_series_keeps_its_hour_when_the_clocks_change_and_one_in_utc_does_not() {
    let at = |zone: &str, z: &str| {
        let lines = format!("UID:1\nDTSTART{zone}:20261001T090000{z}\nDURATION:PT1H\nRRULE:FREQ=MONTHLY;COUNT=3");
        spans(&times(&[&lines]).busy)
    };
    assert_eq!(at(";TZID=Europe/Berlin", ""), ["12-01T08:00/12-01T09:00"]);
    assert_eq!(at("", "Z"), ["12-01T09:00/12-01T10:00"]);
    // Nothing of it is over before the feed is asked.
    let until = "UID:1\nDTSTART:20261101T090000Z\nDURATION:PT1H\nRRULE:FREQ=DAILY;UNTIL=20261121T120000Z";
    assert_eq!(spans(&times(&[until]).busy), ["11-20T09:00/11-20T10:00", "11-21T09:00/11-21T10:00"]);
}

#[test]
fn free_busy_data_has_times_alone() {
    let text = calendar(
        "BEGIN:VFREEBUSY\nUID:f\nDTSTAMP:20261101T000000Z\nFREEBUSY:20261120T090000Z/20261120T100000Z,20261121T090000Z/PT30M\n\
         FREEBUSY;FBTYPE=FREE:20261122T090000Z/20261122T100000Z\n\
         FREEBUSY;FBTYPE=BUSY-UNAVAILABLE:20261123T000000Z/20261124T000000Z\nEND:VFREEBUSY\n",
    );
    let known = read_as(FeedKind::Mixed, &text).unwrap();
    assert_eq!(spans(&known.busy), ["11-20T09:00/11-20T10:00", "11-21T09:00/11-21T09:30"]);
    assert_eq!(spans(&known.away), ["11-23T00:00/11-24T00:00"]);
}

#[test]
fn what_overlaps_is_one_stretch_and_what_is_over_or_far_off_is_left_out() {
    let at = |n: u32, from: &str, to: &str| format!("UID:{n}\nDTSTART:{from}Z\nDTEND:{to}Z");
    let known = times(&[
        &at(1, "20261119T090000", "20261119T100000"),
        &at(2, "20261119T230000", "20261120T010000"),
        &at(3, "20261120T090000", "20261120T100000"),
        &at(4, "20261120T093000", "20261120T110000"),
        &at(5, "20270101T090000", "20270101T100000"),
        &at(6, "20261121T100000", "20261121T090000"),
    ]);
    assert_eq!(spans(&known.busy), ["11-20T00:00/11-20T01:00", "11-20T09:00/11-20T11:00"]);
}

#[test]
fn what_is_no_calendar_or_too_much_is_told_in_words() {
    assert_eq!(read_as(FeedKind::Mixed, "<html>Please sign in</html>"), Err(Unreadable::NoCalendar));
    assert_eq!(read_as(FeedKind::Mixed, ""), Err(Unreadable::NoCalendar));
    let whole = calendar(&event("UID:1\nDTSTART:20261120T090000Z\nDTEND:20261120T100000Z"));
    let cut = &whole[..whole.len() - 30];
    assert_eq!(read_as(FeedKind::Mixed, cut), Err(Unreadable::CutOff));
    let many = calendar(&event("DTSTART:20261120T090000Z").repeat(MOST_PARTS + 1));
    assert_eq!(read_as(FeedKind::Mixed, &many), Err(Unreadable::TooLarge));
}

#[test]
fn rules_that_would_keep_the_hub_busy_are_passed_over_and_the_rest_counts() {
    let list = |n: u32| (0..n).map(|n| n.to_string()).collect::<Vec<_>>().join(",");
    let hours = format!("FREQ=YEARLY;BYHOUR={};BYMINUTE={};BYSECOND={}", list(24), list(60), list(60));
    let days = format!("FREQ=YEARLY;BYMONTHDAY={}", vec!["30"; 5000].join(","));
    let bad = [
        "FREQ=SECONDLY",
        "FREQ=MINUTELY;BYMONTH=2;BYMONTHDAY=30",
        &hours,
        &days,
        "FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=30",
    ];
    let events: Vec<String> = bad
        .iter()
        .enumerate()
        .map(|(n, rule)| format!("UID:{n}\nDTSTART:20261120T090000Z\nDTEND:20261120T090100Z\nRRULE:{rule}"))
        .chain(["UID:good\nDTSTART:20261125T090000Z\nDTEND:20261125T100000Z".to_owned()])
        .collect();
    let known = times(&events.iter().map(String::as_str).collect::<Vec<_>>());
    assert_eq!(known.busy.last().map(|span| spans(&[*span])), Some(vec!["11-25T09:00/11-25T10:00".to_owned()]));
    assert!(known.busy.len() <= 2, "{:?}", spans(&known.busy));
    // What is late is given up.
    let rules = FeedRules::default();
    let how = How { deadline: Instant::now() - std::time::Duration::from_secs(1), ..how(&rules) };
    assert_eq!(read(&calendar(&event("UID:1\nDTSTART:20261120T090000Z")), &how), Err(Unreadable::TooSlow));
}

fn how(rules: &FeedRules) -> How<'_> {
    let (from, until) = (time("2026-11-20T00:00:00Z"), time("2026-12-20T00:00:00Z"));
    How {
        kind: FeedKind::Mixed,
        zone: Tz::UTC,
        rules,
        from,
        busy_until: until,
        away_until: until,
        deadline: Instant::now(),
    }
}

proptest::proptest! {
    #![proptest_config(proptest::prelude::ProptestConfig::with_cases(200))]

    #[test]
    fn whatever_it_says_the_stretches_are_in_order_and_within_the_limits(
        lines in proptest::collection::vec(
            proptest::prop_oneof![
                proptest::strategy::Just("BEGIN:VEVENT".to_owned()),
                proptest::strategy::Just("END:VEVENT".to_owned()),
                "DTSTART(;VALUE=DATE|;TZID=Europe/Rome)?:20(19|26)(0[1-9]|1[0-9])[0-3][0-9](T[0-9]{6}Z?)?",
                "(DTEND|RECURRENCE-ID|EXDATE|RDATE):2026(0[1-9]|1[012])[0-2][0-9](T[01][0-9]{5}Z?)?",
                "DURATION:-?P[0-9]{1,9}[DWH]",
                "RRULE:FREQ=(DAILY|WEEKLY|MONTHLY|YEARLY)(;INTERVAL=[0-9]{1,3})?(;COUNT=[0-9]{1,5})?(;BYDAY=-?[0-9]?(MO|SU))?(;BYSETPOS=-?[0-9]{1,3})?",
                "(UID|SUMMARY|SEQUENCE|X-A):[a-z0-9]{0,3}",
                "\\PC{0,30}",
            ],
            0..30,
        )
    ) {
        let text = calendar(&(lines.join("\n") + "\n"));
        if let Ok(known) = read_as(FeedKind::Mixed, &text) {
            for spans in [&known.away, &known.busy] {
                proptest::prop_assert!(spans.iter().all(|(from, to)| from < to));
                proptest::prop_assert!(spans.windows(2).all(|pair| pair[0].1 < pair[1].0));
                proptest::prop_assert!(spans.iter().all(|(from, to)| *from >= time("2026-11-20T00:00:00Z") && *to <= time("2027-05-20T00:00:00Z")));
            }
        }
    }
}
