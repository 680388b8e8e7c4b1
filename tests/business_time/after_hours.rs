//! The after-hours protocol: R69, rule 11 and C6.

use leadbox::handoff::sla::{AfterHours, Clock, Combine, Mode};

use super::support::{at, berlin, made, pause, weekdays};

const HOUR: i64 = 3_600;
const FRIDAY_NIGHT: &str = "2026-01-09T19:00:00Z";

fn due(combine: Combine, start: &str, budget: i64, mode: Mode) -> String {
    let calendar = berlin();
    let protocol = AfterHours { combine, ..AfterHours::default() };
    protocol.govern(Clock::new(&calendar, at(start), budget, mode)).due().unwrap().to_rfc3339()
}

#[test]
fn c6_by_default_no_promise_is_broken() {
    let friday_night = |budget, mode| due(Combine::default(), FRIDAY_NIGHT, budget, mode);
    assert_eq!(friday_night(300, Mode::Business), "2026-01-12T08:05:00+00:00", "a demo keeps its five minutes");
    assert_eq!(friday_night(HOUR, Mode::Business), "2026-01-12T09:00:00+00:00", "category A its hour");
    assert_eq!(friday_night(4 * HOUR, Mode::Business), "2026-01-12T10:00:00+00:00", "B by eleven");
    assert_eq!(friday_night(24 * HOUR, Mode::WallRoll), "2026-01-12T10:00:00+00:00", "C by eleven");
    assert_eq!(friday_night(24 * HOUR, Mode::Business), "2026-01-12T10:00:00+00:00");
    assert_eq!(friday_night(60, Mode::SameDay), "2026-01-12T10:00:00+00:00", "content by eleven");
    assert_eq!(friday_night(300, Mode::Wall), "2026-01-09T19:05:00+00:00", "who promises wall time keeps it");
}

#[test]
fn c6_protocol_and_max_can_be_chosen() {
    assert_eq!(due(Combine::Protocol, FRIDAY_NIGHT, 300, Mode::Business), "2026-01-12T10:00:00+00:00");
    assert_eq!(due(Combine::Protocol, FRIDAY_NIGHT, 24 * HOUR, Mode::Business), "2026-01-12T10:00:00+00:00");
    assert_eq!(due(Combine::Max, FRIDAY_NIGHT, 300, Mode::Business), "2026-01-12T10:00:00+00:00");
    assert_eq!(due(Combine::Max, FRIDAY_NIGHT, 4 * HOUR, Mode::Business), "2026-01-12T12:00:00+00:00");
}

#[test]
fn within_hours_and_before_opening_the_policy_holds() {
    for combine in [Combine::Protocol, Combine::Min, Combine::Max] {
        assert_eq!(due(combine, "2026-01-09T10:00:00Z", 300, Mode::Business), "2026-01-09T10:05:00+00:00");
        assert_eq!(due(combine, "2026-01-09T05:00:00Z", 4 * HOUR, Mode::Business), "2026-01-09T12:00:00+00:00");
    }
}

#[test]
fn r69_the_automatic_response_is_in_real_time() {
    let calendar = made(&weekdays("Europe/Berlin", &["09:00-10:00", "13:00-17:00"]));
    let protocol = AfterHours::default();
    let night = at(FRIDAY_NIGHT);
    assert_eq!(protocol.auto_response_due(&calendar, night), Some(at("2026-01-09T19:15:00Z")));
    let lunch = at("2026-01-09T10:00:00Z");
    assert_eq!(protocol.auto_response_due(&calendar, lunch), None);
}

#[test]
fn a_deferral_does_not_swap_the_promise() {
    let calendar = berlin();
    let clock = Clock::new(&calendar, at(FRIDAY_NIGHT), 4 * HOUR, Mode::Business)
        .pause(pause("2026-01-12T09:00:00Z", "2026-01-12T12:00:00Z"));
    let governed = AfterHours::default().govern(clock);
    assert_eq!(governed.due(), Some(at("2026-01-12T13:00:00Z")), "the protocol's two hours less one, after the pause");
}
