use proptest::prelude::*;

use super::*;

fn at(clock: &str) -> Time {
    format!("2026-11-20T{clock}Z").parse().unwrap()
}

fn invite() -> Invite {
    Invite {
        uid: "L-12.a1@hub.example".into(),
        sequence: 0,
        stamp: at("10:00:00"),
        start: at("10:00:00"),
        end: at("10:05:00"),
        summary: "First contact: L-12".into(),
        description: "Accept it; contact them.\nDue 10:05, in 5 min.".into(),
        url: Some("https://hub.example/L-12".into()),
        organizer: Person { name: "Leadbox".into(), email: "hub@example.com".into() },
        attendee: Person { name: "Ana \"A\" Ruiz".into(), email: "ana@example.com".into() },
    }
}

/// The content lines, unfolded as RFC 5545, 3.1 says: name with parameters, and value.
fn read(ics: &str) -> Vec<(String, String)> {
    for line in ics.split_terminator("\r\n") {
        assert!(line.len() <= 75 && !line.contains(['\r', '\n']), "{line:?}");
    }
    assert!(ics.ends_with("\r\n"));
    let whole = ics.replace("\r\n ", "");
    let split = |line: &str| {
        let mut in_quotes = false;
        let colon = line.find(|c| {
            in_quotes ^= c == '"';
            c == ':' && !in_quotes
        });
        let colon = colon.unwrap_or_else(|| panic!("no value: {line:?}"));
        (line[..colon].to_owned(), line[colon + 1..].to_owned())
    };
    whole.split_terminator("\r\n").map(split).collect()
}

fn value(ics: &str, name: &str) -> String {
    let all = read(ics);
    let mut found = all.iter().filter(|(key, _)| key.split(';').next() == Some(name));
    let value = found.next().unwrap_or_else(|| panic!("no {name} in {all:?}")).1.clone();
    assert_eq!(found.count(), 0, "{name} twice");
    value
}

fn unescaped(text: &str) -> String {
    let mut chars = text.chars();
    let mut out = String::new();
    while let Some(c) = chars.next() {
        match (c, c == '\\') {
            (_, true) => match chars.next() {
                Some('n') => out.push('\n'),
                Some(escaped @ ('\\' | ';' | ',')) => out.push(escaped),
                other => panic!("\\{other:?} in {text:?}"),
            },
            (';' | ',', _) => panic!("a bare {c} in {text:?}"),
            _ => out.push(c),
        }
    }
    out
}

#[test]
fn an_invitation_reads_back_as_it_was_written() {
    let ics = invite().to_ics();
    let names: Vec<_> = read(&ics).into_iter().map(|(name, _)| name.split(';').next().unwrap().to_owned()).collect();
    assert_eq!(
        names,
        [
            "BEGIN",
            "VERSION",
            "PRODID",
            "CALSCALE",
            "METHOD",
            "BEGIN",
            "UID",
            "SEQUENCE",
            "DTSTAMP",
            "DTSTART",
            "DTEND",
            "SUMMARY",
            "DESCRIPTION",
            "URL",
            "ORGANIZER",
            "ATTENDEE",
            "STATUS",
            "TRANSP",
            "END",
            "END"
        ]
    );
    assert_eq!((value(&ics, "DTSTART"), value(&ics, "DTEND")), ("20261120T100000Z".into(), "20261120T100500Z".into()));
    assert_eq!(unescaped(&value(&ics, "DESCRIPTION")), invite().description);
    assert_eq!(value(&ics, "ATTENDEE"), "mailto:ana@example.com");
    assert!(ics.replace("\r\n ", "").contains(";CN=\"Ana 'A' Ruiz\":"), "{ics}");
    assert_eq!(invite().to_ics(), ics, "the same again");
}

#[test]
fn the_slot_lies_inside_the_window() {
    let calendar = Calendar::standard(chrono_tz::UTC);
    let slot = |now, due| slot(&calendar, at(now), at(due));
    assert_eq!(slot("10:00:00", "10:05:00"), Some((at("10:00:00"), at("10:05:00"))));
    assert_eq!(slot("10:00:00", "11:00:00"), Some((at("10:00:00"), at("10:15:00"))));
    assert_eq!(slot("08:00:00", "11:00:00"), Some((at("09:00:00"), at("09:15:00"))), "when the day begins");
    assert_eq!(slot("07:00:00", "08:00:00"), Some((at("07:00:00"), at("07:15:00"))), "a window without working time");
    assert_eq!(slot("10:05:00", "10:05:00"), None);
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    /// Whatever stands in it, no line is too long or broken within a character, nothing becomes a line of its own, and the
    /// texts come back.
    #[test]
    fn any_text_reads_back(summary in "\\PC{0,200}", description in "(\\PC|[\\r\\n;,:\\\\\"]){0,300}", name in ".{0,90}", link in ".{0,120}") {
        let people = Person { name: name.clone(), email: name };
        let invite = Invite {
            summary: summary.clone(),
            description: description.clone(),
            url: Some(link),
            organizer: people.clone(),
            attendee: people,
            ..invite()
        };
        let ics = invite.to_ics();
        prop_assert_eq!(read(&ics).len(), 20);
        prop_assert_eq!(unescaped(&value(&ics, "SUMMARY")), summary);
        let told = description.replace("\r\n", "\n").replace('\r', "\n");
        prop_assert_eq!(unescaped(&value(&ics, "DESCRIPTION")), told);
        prop_assert_eq!(value(&ics, "UID"), "L-12.a1@hub.example");
    }
}
