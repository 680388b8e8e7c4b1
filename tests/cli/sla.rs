//! `leadbox sla due` and `sla elapsed`: the contract, to the key and the second.

use serde_json::{Value, json};

use crate::support::Env;
use crate::tool::{fails, keys, one};

const BERLIN: &str = r#"[calendars.berlin]
zone = "Europe/Berlin"
mon = ["09:00-12:00", "13:00-17:30"]
tue = ["09:00-12:00", "13:00-17:30"]
wed = ["09:00-12:00", "13:00-17:30"]
thu = ["09:00-12:00", "13:00-17:30"]
fri = ["09:00-12:00", "13:00-17:30"]
holidays = ["2026-12-25"]
overrides = { "2026-12-24" = ["09:00-12:00"], "2026-12-31" = [] }

[calendars.always]
zone = "Europe/Berlin"
mon = ["00:00-24:00"]
tue = ["00:00-24:00"]
wed = ["00:00-24:00"]
thu = ["00:00-24:00"]
fri = ["00:00-24:00"]
sat = ["00:00-24:00"]
sun = ["00:00-24:00"]

[calendars.night]
zone = "UTC"
fri = ["22:00-02:00"]
"#;

fn env() -> Env {
    let env = Env::new();
    env.write("cal.toml", BERLIN);
    env
}

fn due(env: &Env, name: &str, start: &str, budget: &str, more: &[&str]) -> Value {
    let args = ["sla", "due", "--calendar", "cal.toml", "--name", name, "--start", start, "--budget", budget];
    one(env, &[&args, more].concat())
}

fn elapsed(env: &Env, name: &str, from: &str, to: &str, more: &[&str]) -> i64 {
    let args = ["sla", "elapsed", "--calendar", "cal.toml", "--name", name, "--from", from, "--to", to];
    let told = one(env, &[&args, more].concat());
    assert_eq!(keys(&told), ["working_seconds"]);
    told["working_seconds"].as_i64().unwrap()
}

#[test]
fn due_prints_exactly_these_keys_in_utc_with_the_windows_it_spent() {
    // Friday 17:20 in Berlin: ten minutes are left of the day.
    let told = due(&env(), "berlin", "2026-11-20T17:20:00+01:00", "30m", &[]);
    let spent = json!([
        { "from": "2026-11-20T16:20:00Z", "to": "2026-11-20T16:30:00Z", "seconds": 600 },
        { "from": "2026-11-23T08:00:00Z", "to": "2026-11-23T08:20:00Z", "seconds": 1200 },
    ]);
    let whole = json!({
        "due": "2026-11-23T08:20:00Z", "due_local": "2026-11-23T09:20:00+01:00", "mode": "business", "spent": spent,
    });
    assert_eq!(told, whole);
}

#[test]
fn what_was_spent_sums_to_the_budget() {
    let env = env();
    for (budget, seconds) in [("300", 300), ("90s", 90), ("5m", 300), ("2h", 7200), ("1h30m", 5400), ("100h", 360_000)]
    {
        let told = due(&env, "berlin", "2026-12-23T16:00:00Z", budget, &[]);
        let spent = told["spent"].as_array().unwrap();
        let of = |row: &Value, key: &str| row[key].as_str().unwrap().parse::<chrono::DateTime<chrono::Utc>>().unwrap();
        for row in spent {
            assert_eq!((of(row, "to") - of(row, "from")).num_seconds(), row["seconds"].as_i64().unwrap());
        }
        assert_eq!(spent.iter().map(|row| row["seconds"].as_i64().unwrap()).sum::<i64>(), seconds, "{budget}");
        let end = told["due"].as_str().unwrap();
        assert_eq!(elapsed(&env, "berlin", "2026-12-23T16:00:00Z", end, &[]), seconds, "{budget}");
    }
}

#[test]
fn each_mode_counts_its_own_way() {
    let env = env();
    // Friday 17:00 in Berlin and two hours.
    let start = "2026-11-20T16:00:00Z";
    for (mode, end) in [
        ("business", "2026-11-23T09:30:00Z"),
        ("wall", "2026-11-20T18:00:00Z"),
        ("wall_roll", "2026-11-23T08:00:00Z"),
        ("same_day", "2026-11-20T16:30:00Z"),
    ] {
        let told = due(&env, "berlin", start, "2h", &["--mode", mode]);
        assert_eq!((told["due"].as_str(), told["mode"].as_str()), (Some(end), Some(mode)));
    }
    let args = ["sla", "due", "--calendar", "cal.toml", "--name", "berlin", "--start", start, "--budget", "2h"];
    fails(&env, 2, "same_day", &[&args[..], &["--mode", "later"]].concat());
}

#[test]
fn pauses_move_the_end_and_an_open_one_leaves_it_open() {
    let env = env();
    let start = "2026-11-20T09:00:00+01:00";
    let pause = |text: &'static str| ["--pause", text];
    let told = due(&env, "berlin", start, "1h", &pause("2026-11-20T08:30:00Z/2026-11-20T09:00:00Z"));
    assert_eq!(told["due"], "2026-11-20T09:30:00Z");
    assert!(told.get("remaining_seconds").is_none());
    let twice =
        [pause("2026-11-20T08:30:00Z/2026-11-20T09:00:00Z"), pause("2026-11-20T09:10:00Z/2026-11-20T09:20:00Z")];
    assert_eq!(due(&env, "berlin", start, "1h", &twice.concat())["due"], "2026-11-20T09:40:00Z");
    let open = due(&env, "berlin", start, "1h", &pause("2026-11-20T08:15:00Z/"));
    assert_eq!(keys(&open), ["due", "due_local", "mode", "spent", "remaining_seconds"]);
    assert_eq!((open["due"].is_null(), open["due_local"].is_null()), (true, true));
    assert_eq!(open["remaining_seconds"], 2700);
    assert_eq!(
        open["spent"],
        json!([{ "from": "2026-11-20T08:00:00Z", "to": "2026-11-20T08:15:00Z", "seconds": 900 }])
    );
    let args =
        ["sla", "due", "--calendar", "cal.toml", "--name", "berlin", "--start", start, "--budget", "1h", "--pause"];
    for wrong in ["2026-11-20T08:15:00Z", "noon/", "2026-11-20T09:00:00Z/2026-11-20T08:00:00Z"] {
        fails(&env, 2, "--pause", &[&args[..], &[wrong]].concat());
    }
}

#[test]
fn elapsed_counts_working_seconds_and_nothing_backwards() {
    let env = env();
    assert_eq!(elapsed(&env, "berlin", "2026-11-20T00:00:00+01:00", "2026-11-21T00:00:00+01:00", &[]), 27_000);
    assert_eq!(elapsed(&env, "berlin", "2026-11-20T10:00:00Z", "2026-11-19T10:00:00Z", &[]), 0);
    assert_eq!(elapsed(&env, "berlin", "2026-12-24T00:00:00+01:00", "2026-12-26T00:00:00+01:00", &[]), 3 * 3600);
    let pause = ["--pause", "2026-11-20T09:30:00+01:00/2026-11-20T10:00:00+01:00"];
    assert_eq!(elapsed(&env, "berlin", "2026-11-20T09:00:00+01:00", "2026-11-20T11:00:00+01:00", &pause), 5400);
    let open = ["--pause", "2026-11-20T09:30:00+01:00/"];
    assert_eq!(elapsed(&env, "berlin", "2026-11-20T09:00:00+01:00", "2026-11-27T11:00:00+01:00", &open), 1800);
}

#[test]
fn days_of_23_and_25_hours_and_windows_past_midnight_count_as_they_are() {
    let env = env();
    assert_eq!(elapsed(&env, "always", "2026-03-29T00:00:00+01:00", "2026-03-30T00:00:00+02:00", &[]), 23 * 3600);
    assert_eq!(elapsed(&env, "always", "2026-10-25T00:00:00+02:00", "2026-10-26T00:00:00+01:00", &[]), 25 * 3600);
    let told = due(&env, "always", "2026-10-25T00:00:00+02:00", "25h", &[]);
    assert_eq!(told["due"], "2026-10-25T23:00:00Z");
    assert_eq!(told["due_local"], "2026-10-26T00:00:00+01:00");
    assert_eq!(elapsed(&env, "night", "2026-11-21T00:00:00Z", "2026-11-22T00:00:00Z", &[]), 2 * 3600);
    assert_eq!(due(&env, "night", "2026-11-20T12:00:00Z", "4h", &[])["due"], "2026-11-21T02:00:00Z");
}

#[test]
fn what_is_wrong_with_a_calendar_is_told_with_file_and_line() {
    let env = env();
    let all_days = "2026-01-01";
    let closed_for_years = {
        let first: chrono::NaiveDate = all_days.parse().unwrap();
        let days: Vec<String> = first.iter_days().take(1300).map(|day| format!("\"{day}\"")).collect();
        format!("[calendars.c]\nzone = \"UTC\"\nmon = [\"09:00-17:00\"]\nholidays = [{}]\n", days.join(", "))
    };
    let cases = [
        ("[calendars.c]\nzone = \"Europe/Nowhere\"\nmon = [\"09:00-12:00\"]\n", "cal2.toml:2"),
        ("[calendars.c]\nzone = \"UTC\"\nmon = [\"12:00-12:00\"]\n", "cal2.toml:3"),
        ("[calendars.c]\nzone = \"UTC\"\nmon = [\"09:00-25:00\"]\n", "cal2.toml:3"),
        ("[calendars.c]\nzone = \"UTC\"\nmon = [\"nine to five\"]\n", "cal2.toml:3"),
        ("[calendars.c]\nzone = \"UTC\"\nmon = [\"09:00-12:00\"]\nholidays = [\"2026-13-01\"]\n", "cal2.toml:4"),
        ("[calendars.c]\nzone = \"UTC\"\nmonday = [\"09:00-12:00\"]\n", "cal2.toml:3"),
        ("\n[calendars.c]\nzone = \"UTC\"\nmon = []\n", "cal2.toml:2"),
        ("[calendars.c]\nmon = [\"09:00-12:00\"]\n", "cal2.toml:1"),
        ("[calendars.c]\nzone = \"UTC\"\noverrides = { \"2020-01-06\" = [\"09:00-12:00\"] }\n", "cal2.toml:1"),
        (&closed_for_years, "cal2.toml:1"),
        ("[calendars.c\n", "cal2.toml:1"),
    ];
    for (text, place) in cases {
        env.write("cal2.toml", text);
        let calendar = ["--calendar", "cal2.toml", "--name", "c"];
        let time = "2026-11-20T10:00:00Z";
        fails(&env, 5, place, &[&["sla", "due"], &calendar[..], &["--start", time, "--budget", "1h"]].concat());
        fails(&env, 5, place, &[&["sla", "elapsed"], &calendar[..], &["--from", time, "--to", time]].concat());
    }
    let named = |file, name| {
        ["sla", "due", "--calendar", file, "--name", name, "--start", "2026-11-20T10:00:00Z", "--budget", "1h"]
    };
    fails(&env, 5, "none.toml", &named("none.toml", "berlin"));
    fails(&env, 5, "there is no calendar `paris`; it has always, berlin, night", &named("cal.toml", "paris"));
}

#[test]
fn the_walk_for_a_person_shows_each_window() {
    let start = "2026-11-20T17:20:00+01:00";
    let args = ["sla", "due", "--calendar", "cal.toml", "--name", "berlin", "--start", start, "--budget", "30m"];
    let text = env().ok(&args);
    let lines: Vec<_> = text.lines().collect();
    assert_eq!(
        lines,
        [
            "starts Fri 2026-11-20 17:20:00 (Europe/Berlin), calendar berlin, mode business",
            "allows 30 min",
            "  Fri 2026-11-20 17:20:00 – 17:30:00  10 min, 20 min left",
            "  Mon 2026-11-23 09:00:00 – 09:20:00  20 min, 0 s left",
            "due Mon 2026-11-23 09:20:00",
        ]
    );
}

#[test]
fn wrong_times_and_budgets_are_usage_errors() {
    let env = env();
    let ask = |start, budget| {
        ["sla", "due", "--calendar", "cal.toml", "--name", "berlin", "--start", start, "--budget", budget]
    };
    fails(&env, 2, "--start", &ask("2026-11-20", "1h"));
    fails(&env, 2, "--budget", &ask("2026-11-20T10:00:00Z", "5x"));
    fails(&env, 2, "--budget", &ask("2026-11-20T10:00:00Z", "0"));
    fails(&env, 2, "--calendar", &["sla", "due"]);
    fails(&env, 2, "subcommand", &["sla"]);
}

#[test]
fn a_calendar_that_ran_out_long_ago_still_answers_about_its_time() {
    let env = env();
    env.write("cal.toml", "[calendars.fair]\nzone = \"UTC\"\noverrides = { \"2020-01-06\" = [\"09:00-12:00\"] }\n");
    assert_eq!(due(&env, "fair", "2020-01-06T08:00:00Z", "1h", &[])["due"], "2020-01-06T10:00:00Z");
    let past_its_end =
        ["sla", "due", "--calendar", "cal.toml", "--name", "fair", "--start", "2020-01-06T08:00:00Z", "--budget", "4h"];
    fails(&env, 5, "cal.toml:1", &past_its_end);
}

#[test]
fn the_day_is_the_budget_of_same_day() {
    let env = env();
    let args = ["sla", "due", "--calendar", "cal.toml", "--name", "berlin", "--start", "2026-11-20T10:00:00Z"];
    let told = one(&env, &[&args[..], &["--mode", "same_day"]].concat());
    assert_eq!(told["due"], "2026-11-20T16:30:00Z");
    assert_eq!(
        told,
        due(&env, "berlin", "2026-11-20T10:00:00Z", "5m", &["--mode", "same_day"]),
        "one that is given is not used"
    );
    fails(&env, 2, "only --mode same_day needs none", &args);
    fails(&env, 2, "--budget", &[&args[..], &["--mode", "wall"]].concat());
}

#[test]
fn times_at_the_ends_of_the_calendar_are_right_or_refused() {
    let env = env();
    env.write(
        "cal.toml",
        format!("{BERLIN}\n[calendars.seldom]\nzone = \"UTC\"\nmon = [\"09:00-09:01\"]\n[calendars.once]\nzone = \"UTC\"\noverrides = {{ \"2026-11-23\" = [\"09:00-10:00\"] }}\n"),
    );
    let late = "9999-12-31T23:30:00Z";
    for mode in ["business", "wall", "wall_roll", "same_day"] {
        let args = ["sla", "due", "--calendar", "cal.toml", "--name", "berlin", "--budget", "1h", "--mode", mode];
        let start = |start| [&args[..], &["--start", start]].concat();
        fails(&env, 2, "after the year 9999", &start(late));
        // In Berlin that is the year 10000 already.
        fails(&env, 2, "after the year 9999", &start("9999-12-31T22:30:00Z"));
        fails(&env, 2, "no RFC 3339 time", &start("262000-01-01T00:00:00Z"));
        fails(&env, 2, "in UTC its year", &start("0000-01-01T00:00:00+01:00"));
        // Zones had offsets with seconds then, which RFC 3339 cannot write: both are the same instant.
        let told = one(&env, &start("0001-01-01T10:00:00Z"));
        let instant = |key: &str| told[key].as_str().unwrap().parse::<chrono::DateTime<chrono::FixedOffset>>().unwrap();
        assert_eq!(instant("due"), instant("due_local"), "{mode}: {told}");
    }
    let args = ["sla", "due", "--calendar", "cal.toml", "--start", crate::support::NOW, "--budget", "3650d"];
    fails(&env, 2, "more working time to calendar `seldom` (cal.toml:", &[&args[..], &["--name", "seldom"]].concat());
    fails(&env, 5, "calendar `once` has not enough working time", &[&args[..], &["--name", "once"]].concat());
    for budget in ["0", "0s", "3651d", "99999999999999999999"] {
        let args = ["sla", "due", "--calendar", "cal.toml", "--name", "berlin", "--start", crate::support::NOW];
        fails(&env, 2, "between 1 second and 3650 days", &[&args[..], &["--budget", budget]].concat());
    }
    assert_eq!(elapsed(&env, "always", "0001-01-01T00:00:00Z", late, &[]), 315_537_895_800);
    assert_eq!(elapsed(&env, "always", late, late, &[]), 0);
    assert_eq!(elapsed(&env, "always", late, "0001-01-01T00:00:00Z", &[]), 0);
}

#[test]
fn pauses_that_meet_contain_or_precede_are_each_taken_out_once() {
    let (env, start) = (env(), "2026-11-20T08:00:00Z");
    let at = |from: &str, to: &str| format!("2026-11-20T{from}:00Z/2026-11-20T{to}:00Z");
    let open = |from: &str| format!("2026-11-20T{from}:00Z/");
    // Two hours from 9:00 in Berlin; a pause that contains another, touches it, is empty, or ended before.
    for (pauses, due_at) in [
        (vec![at("08:30", "09:00"), at("08:45", "09:15")], "10:45"),
        (vec![at("08:30", "09:15"), at("08:45", "09:00")], "10:45"),
        (vec![at("08:30", "08:45"), at("08:45", "09:15")], "10:45"),
        (vec![at("07:30", "08:15")], "10:15"),
        (vec![at("06:00", "07:00"), at("08:30", "08:30")], "10:00"),
        (vec![open("10:00")], "10:00"),
        (vec![open("12:00"), at("08:00", "09:00")], "11:00"),
    ] {
        let more: Vec<&str> = pauses.iter().flat_map(|pause| ["--pause", pause]).collect();
        let told = due(&env, "berlin", start, "2h", &more);
        assert_eq!(told["due"], format!("2026-11-20T{due_at}:00Z"), "{pauses:?}");
        let end = told["due"].as_str().unwrap();
        assert_eq!(elapsed(&env, "berlin", start, end, &more), 7200, "{pauses:?}");
    }
    for (pause, left) in [(open("07:00"), 7200), (open("08:30"), 5400)] {
        let told = due(&env, "berlin", start, "2h", &["--pause", &pause, "--pause", &open("09:00")]);
        assert_eq!((&told["due"], &told["remaining_seconds"]), (&Value::Null, &json!(left)));
    }
}
