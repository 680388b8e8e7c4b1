use std::collections::BTreeSet;
use std::fs;

use proptest::prelude::*;

use super::*;
use crate::handoff::lead::TriggerKind;
use crate::handoff::policy::{GateMode, GatePolicy, SlaPolicy};
use crate::handoff::score::Category;
use crate::handoff::sla::Mode;

const EXAMPLE: &str = include_str!("../../config.example.toml");

fn surroundings() -> Surroundings {
    Surroundings { zone: Tz::Europe__Madrid, user: "Ana Ruiz".into(), now: "2026-11-20T12:00:00Z".parse().unwrap() }
}

fn no_check(_: &Config) -> Vec<Problem> {
    Vec::new()
}

fn parse(text: &str) -> Result<Config, ConfigError> {
    Config::parse(text, Path::new("c.toml"), &surroundings(), &no_check)
}

fn wrong(text: &str) -> String {
    parse(text).map(|_| ()).unwrap_err().to_string()
}

/// The text with every setting in force.
fn uncommented(text: &str) -> String {
    let setting = |line: &str| line.strip_prefix('#').filter(|rest| !rest.starts_with(' ')).map(String::from);
    text.lines().map(|line| setting(line).unwrap_or_else(|| line.to_owned()) + "\n").collect()
}

/// All but what is the app's and the theme's to know, the default keys and colours, and what nobody has by default: CRMs.
fn without_keys_and_colors(config: Config) -> String {
    let ui = UiSettings { colors: Vec::new(), ..config.ui };
    format!("{:#?}", Config { file: None, keys: Keys::default(), ui, sources: Vec::new(), ..config })
}

#[test]
fn the_example_says_the_defaults_as_shipped_and_uncommented() {
    let standard = without_keys_and_colors(Config::standard(&surroundings()).unwrap());
    assert_eq!(without_keys_and_colors(parse(EXAMPLE).unwrap()), standard);
    assert_eq!(without_keys_and_colors(parse(&uncommented(EXAMPLE)).unwrap()), standard);
    assert_eq!(without_keys_and_colors(parse("").unwrap()), standard);
}

#[test]
fn the_example_shows_every_key_that_there_is() {
    let mut draft = Draft::new(&surroundings()).unwrap();
    let seen = draft.read(&uncommented(EXAMPLE), Path::new("c.toml"), None).unwrap();
    // What a rule can ask of a lead is told in words: the built-in rules ask nothing.
    let shown = |key: &&String| seen.present.contains_key(*key) || key.starts_with("routing.rules[].when.");
    let missing: BTreeSet<_> = seen.asked.iter().filter(|key| !shown(key)).collect();
    assert!(missing.is_empty(), "not in the example: {missing:?}");
    assert!(seen.present.len() > 70, "{}", seen.present.len());
    for section in top_level::ALL {
        assert!(seen.present.keys().any(|key| key.starts_with(section)), "{section}");
    }
}

#[test]
fn the_starter_is_a_configuration_as_it_stands_and_with_its_settings() {
    parse(STARTER).unwrap();
    assert_eq!(parse(&uncommented(STARTER)).unwrap().policy.calendar.name(), "office");
}

#[test]
fn unknown_keys_are_told_with_line_column_and_the_likely_word() {
    assert_eq!(
        wrong("[policy.gate]\nskip = 2\n"),
        "c.toml:2:1: unknown key “skip” in [policy.gate]; did you mean “skips”?"
    );
    assert_eq!(wrong("[polcy]\n"), "c.toml:1:2: unknown key “polcy” in the file; did you mean “policy”?");
    assert_eq!(
        wrong("[calendars.office]\nzone = \"UTC\"\nmonday = [\"9:00-10:00\"]\ntue = [\"9:00-10:00\"]"),
        "c.toml:3:1: unknown key “monday” in [calendars.office]; it can hold zone, mon, tue, wed, thu, fri, sat, sun, \
         holidays, overrides"
    );
}

#[test]
fn everything_that_is_wrong_is_told_at_once_each_at_its_value() {
    let text = "\
[rep]
zone = \"Europe/Berln\"
[ui]
theme = \"drak\"
mouse = \"yes\"
[policy]
undo = \"soon\"
[policy.gate]
skips = -1
[policy.sla]
acknowledge = \"2 hours\"
[[policy.sla.rules]]
name = \"x\"
";
    assert_eq!(
        wrong(text).lines().collect::<Vec<_>>(),
        [
            "c.toml:2:8: “zone”: there is no time zone “Europe/Berln”; did you mean “Europe/Berlin”?",
            "c.toml:4:9: “theme” cannot be “drak”; did you mean “dark”?",
            "c.toml:5:9: “mouse” must be true or false, not the text “yes”",
            "c.toml:7:8: “undo”: `soon` is not a length of time; write it like 5m, 2h, 1h30m, 90s or as seconds (300)",
            "c.toml:9:9: “skips” must be a whole number from 0 to 100",
            "c.toml:11:15: “acknowledge”: `2 hours` is not a length of time; write it like 5m, 2h, 1h30m, 90s or as seconds (300)",
            "c.toml:12:1: [[policy.sla.rules]] has no “budget”; add budget = …",
        ]
    );
    assert!(wrong("[rep]\nname = \"a\nzone = 1\n").starts_with("c.toml:2:"), "TOML that is none");
    assert!(wrong("[rep]\nname = \"a\"\nname = \"b\"\n").starts_with("c.toml:3:1: this is not TOML: duplicate key"));
}

#[test]
fn notices_on_the_desktop_are_for_builds_that_have_them() {
    let text = "[ui]\nnotify = \"desktop\"\n";
    if cfg!(feature = "desktop") {
        assert_eq!(parse(text).unwrap().ui.notify, Notify::Desktop);
    } else {
        let told = wrong(text);
        assert!(told.starts_with("c.toml:2:10: “notify” cannot be “desktop”"), "{told}");
        assert!(told.contains("--features desktop") && told.contains("osc777"), "{told}");
    }
}

#[test]
fn nothing_hides_behind_another_mistake() {
    // A value of the wrong kind that is read first, a list with several, a model that is not there, and what only other
    // rooms understand.
    let text = "\
policy_file = 1
[rep]
zone = \"Mars\"
[keys]
[scoring]
model = \"mine\"
[calendars.office]
zone = \"UTC\"
mon = [\"9-10\", \"09:00-10:00\", \"25:00-26:00\"]
";
    let keys = |config: &Config| {
        assert_eq!(config.rep.name, "Ana Ruiz");
        vec![Problem { place: Place { file: "c.toml".into(), line: 4, column: 1 }, what: "keys".into(), hint: None }]
    };
    let error = Config::parse(text, Path::new("c.toml"), &surroundings(), &keys).unwrap_err();
    let lines: Vec<_> = error.problems.iter().map(|problem| (problem.place.line, problem.place.column)).collect();
    assert_eq!(lines, [(1, 15), (3, 8), (4, 1), (6, 9), (9, 8), (9, 31)], "{error}");
}

#[test]
fn policy_numbers_arrive_where_they_belong() {
    let config = parse(
        "[policy]\npreset = \"lenient\"\nundo = 5\n[policy.gate]\nmode = \"relaxed\"\n[policy.sla]\nno_activity = \"1h30m\"\n\
         [policy.deferral]\nmost = 1\n",
    )
    .unwrap();
    assert_eq!(config.policy.gate.mode, GateMode::Relaxed);
    assert_eq!((config.policy.undo_seconds, config.policy.sla.no_activity, config.policy.deferral.most), (5, 5400, 1));
    let demo = config.policy.sla.rules.iter().find(|rule| rule.triggers.contains(&TriggerKind::Demo)).unwrap();
    assert_eq!(demo.budget, 2 * 3600, "C1: the lenient preset gives a demo request 2 hours");
    assert!(config.policy.sla.rules.iter().all(|rule| rule.categories.is_empty()), "and no category shortens them");

    let own = "[[policy.sla.rules]]\nname = \"all\"\ncategories = [\"A\"]\nbudget = \"10m\"\nmode = \"wall\"\n";
    let rules = parse(own).unwrap().policy.sla.rules;
    assert_eq!(rules.len(), 1, "a table replaces the whole table");
    assert_eq!((rules[0].budget, rules[0].mode, rules[0].categories.clone()), (600, Mode::Wall, vec![Category::A]));
    assert!(wrong("[policy.touches]\nleast = 9\n").contains("“least” (9) is above “most” (8)"));
    assert_ne!(SlaPolicy::default().rules, rules);
}

#[test]
fn reasons_are_changed_added_and_taken_off_and_their_keys_kept_apart() {
    let config = parse(
        "[[reasons]]\ncode = \"duplicate\"\nlabel = \"twice\"\n[[reasons]]\ncode = \"budget\"\noff = true\n\
         [[reasons]]\ncode = \"no_gdpr\"\nlabel = \"no consent\"\nkey = \"6\"\nowner = \"data\"\n",
    )
    .unwrap();
    let find = |code: &str| config.policy.reasons.iter().find(|reason| reason.code == code);
    assert_eq!(find("duplicate").map(|reason| (reason.label.as_str(), reason.key)), Some(("twice", '4')));
    assert_eq!(find("budget"), None);
    assert_eq!(find("no_gdpr").map(|reason| reason.key), Some('6'));
    assert_eq!(
        wrong("[[reasons]]\ncode = \"mine\"\nlabel = \"x\"\nkey = \"1\"\nowner = \"sales\"\n"),
        "c.toml:1:1: the key “1” picks both “wrong_persona” and “mine”; free keys are a, b, c, d, f"
    );
    assert!(wrong("[[reasons]]\ncode = \"mine\"\nlabel = \"x\"\n").contains("the new reason “mine” has no “key”"));
    let named_twice =
        "[[reasons]]\ncode = \"mine\"\nlabel = \"x\"\nkey = \"x\"\nowner = \"sales\"\naliases = [\"Wrong-Title\"]";
    assert!(wrong(named_twice).contains("“Wrong-Title” names both “wrong_persona” and “mine”"));
}

#[test]
fn calendars_are_read_as_the_contract_has_them() {
    let text = "\
[calendars.berlin]
zone = \"Europe/Berlin\"
mon = [\"09:00-12:00\", \"13:00-17:30\"]
sun = [\"22:00-24:00\"]
holidays = [\"2026-12-25\", 2027-01-01]
overrides = { \"2026-12-24\" = [\"09:00-12:00\"], \"2026-12-31\" = [] }
";
    let one = |text: &str, name: &str| parse_calendar(text, "cal.toml", name, surroundings().now);
    let berlin = one(text, "berlin").unwrap().unwrap();
    assert_eq!((berlin.name(), berlin.zone()), ("berlin", Tz::Europe__Berlin));
    let windows = |date: &str| berlin.windows_on(date.parse().unwrap()).len();
    assert_eq!(["2026-11-23", "2026-11-24", "2026-12-24", "2026-12-31"].map(windows), [2, 0, 1, 0]);
    assert!(berlin.is_holiday("2027-01-01".parse().unwrap()));

    let whole = format!("[policy]\ncalendar = \"berlin\"\n{text}");
    assert_eq!(parse(&whole).unwrap().policy.calendar.name(), "berlin");
    assert_eq!(one(&whole, "berlin"), Ok(Ok(berlin)), "a whole configuration will do");
    let beside = format!("{text}[calendars.broken]\nzone = \"Atlantis\"\n");
    assert!(one(&beside, "berlin").unwrap().is_ok(), "what is wrong with another one does not matter");
    assert!(one(&beside, "broken").is_err());
    assert_eq!(one(text, "paris"), Ok(Err(vec!["berlin".to_owned()])));
}

#[test]
fn a_calendar_that_cannot_be_is_told_at_its_line() {
    let wrong = |rest: &str| {
        parse_calendar(&format!("[calendars.x]\n{rest}"), "cal.toml", "x", surroundings().now).unwrap_err().to_string()
    };
    assert_eq!(
        wrong("zone = \"Europe/berlin\"\nmon = [\"09:00-10:00\"]"),
        "cal.toml:2:8: “zone”: there is no time zone “Europe/berlin”; did you mean “Europe/Berlin”?"
    );
    assert_eq!(
        wrong("zone = \"UTC\"\nmon = [\"09:00-10:00\", \"25:00-26:00\"]"),
        "cal.toml:3:23: “mon”: “25:00-26:00” is not a working window; `25:00` is not a time between 00:00 and 24:00"
    );
    assert!(
        wrong("zone = \"UTC\"\nmon = []").starts_with("cal.toml:1:12: calendar `x` has no working time within 800")
    );
    assert!(wrong("mon = [\"09:00-10:00\"]").starts_with("cal.toml:1:12: [calendars.x] has no “zone”"));
    assert!(
        wrong("zone = \"UTC\"\nmon = [\"09:00-10:00\"]\n[calendars.x.overrides]\n\"2026-13-01\" = []")
            .starts_with("cal.toml:5:1: “2026-13-01” is not a date")
    );
    assert!(super::tests::wrong("[policy]\ncalendar = \"ofice\"\n").starts_with("c.toml:2:12: there is no calendar"));
}

#[test]
fn the_rep_s_calendar_goes_before_the_team_s() {
    let calendar = |name: &str| format!("[calendars.{name}]\nzone = \"UTC\"\nmon = [\"09:00-10:00\"]\n");
    let text = format!("[policy]\ncalendar = \"a\"\n[rep]\ncalendar = \"b\"\n{}{}", calendar("a"), calendar("b"));
    assert_eq!(parse(&text).unwrap().policy.calendar.name(), "b");
}

#[test]
fn keys_keep_their_places_and_one_key_has_one_meaning() {
    assert!(wrong("[keys]\naccept = \"A\"\n[keys.inbox]\nmark = \"o\"\n").starts_with("c.toml:3:"));
    let keys = parse("[keys]\naccept = \"A\"\nreject = [\"x\", \"a\"]\nquit = \"nope\"\nfly = []\n").unwrap().keys;
    assert_eq!(keys.bindings[1].keys[1].place.to_string(), "c.toml:3:16");
    let contexts = |action: &str| match action {
        "fly" => Err("there is no action “fly”".to_owned()),
        _ => Ok(vec!["lead"]),
    };
    let chord = |key: &str| match key {
        "nope" => Err(format!("“{key}” is not a key")),
        "none" => Ok(None),
        key => Ok(Some(key.to_lowercase())),
    };
    assert_eq!(
        ConfigError::unless_none(keys.problems(contexts, chord)).unwrap_err().to_string().lines().collect::<Vec<_>>(),
        [
            "c.toml:3:16: “a” means both “accept” (c.toml:2:10) and “reject” in lead; give one of them another key",
            "c.toml:4:8: “nope” is not a key (for “quit”)",
            "c.toml:5:1: there is no action “fly”",
        ]
    );
}

#[test]
fn the_team_s_file_comes_first_and_its_errors_name_it() {
    let folder = tempfile::tempdir().unwrap();
    let file = |name: &str, text: &str| fs::write(folder.path().join(name), text).unwrap();
    let load = |text: &str| {
        file("config.toml", text);
        Config::load(Some(&folder.path().join("config.toml")), &no_check)
    };
    file("team.toml", "[policy.gate]\nskips = 1\n[policy.deferral]\ndays = 14\n");
    let config = load("policy_file = \"team.toml\"\n[policy.deferral]\nmost = 1\n").unwrap();
    let policy = &config.policy;
    assert_eq!((policy.gate.skips, policy.deferral.days, policy.deferral.most), (1, 14, 1));
    assert_eq!(config.file.as_deref(), Some(folder.path().join("config.toml").as_path()));

    file("team.toml", "[ui]\nmouse = true\n");
    let error = load("policy_file = \"team.toml\"\n[ui]\nmouze = true\n").unwrap_err();
    assert_eq!(error.problems.len(), 2, "{error}");
    assert!(error.to_string().contains("team.toml:1:2: unknown key “ui”"), "the team does not set the rep's screen");
    assert!(load("policy_file = \"gone.toml\"\n").unwrap_err().to_string().contains("config.toml:1:15: the file"));
    assert!(Config::load(Some(Path::new("/nowhere/c.toml")), &no_check).is_err(), "a named file must be there");
}

#[test]
fn what_the_team_says_of_the_policy_stands() {
    let folder = tempfile::tempdir().unwrap();
    let load = |team: &str, own: &str| {
        fs::write(folder.path().join("team.toml"), team).unwrap();
        let text = format!("policy_file = \"team.toml\"\n{own}");
        Config::parse(&text, &folder.path().join("c.toml"), &surroundings(), &no_check)
    };
    let gate = "[policy.gate]\nmode = \"strict\"\nskips = 1\n";
    let error = load(gate, "[policy.gate]\nmode = \"relaxed\"\nskips = 9\n").unwrap_err();
    let lines: Vec<_> = error.problems.iter().map(ToString::to_string).collect();
    assert_eq!(lines.len(), 2, "{error}");
    assert!(lines[0].contains("c.toml:3:1: “mode” is the team’s to say, which does so at"), "{error}");
    assert!(lines[0].contains("team.toml:2:1; take it out here"), "{error}");
    // What it leaves open is the rep's, and so is a file without a team.
    let config = load("[policy.gate]\nskips = 1\n", "[policy.gate]\nmode = \"relaxed\"\n").unwrap();
    assert_eq!(config.policy.gate, GatePolicy { mode: GateMode::Relaxed, skips: 1, ..GatePolicy::default() });
    // The table of promises is one, however it is written.
    let rules = "[[policy.sla.rules]]\nname = \"all\"\nbudget = \"1h\"\n";
    assert_eq!(load(rules, "[policy]\npreset = \"lenient\"\n").unwrap_err().problems.len(), 1);
    assert_eq!(load("[policy]\npreset = \"default\"\n", rules).unwrap_err().problems.len(), 1);
    assert_eq!(load(rules, "").unwrap().policy.sla.rules.len(), 1);
}

#[test]
fn own_models_and_templates_go_before_the_built_in_ones() {
    let folder = tempfile::tempdir().unwrap();
    let file = |name: &str, text: &str| fs::write(folder.path().join(name), text).unwrap();
    let load = |text: &str| Config::parse(text, &folder.path().join("c.toml"), &surroundings(), &no_check);
    let model = "id = \"ours\"\nversion = 3\nmode = \"additive\"\n[[rules]]\nname = \"r\"\naxis = \"fit\"\npoints = 5\nlead = { country = \"DE\" }\n";
    file("m.toml", model);
    file("t.toml", "[[templates]]\nname = \"anyone\"\nopening = \"Hello {first_name}\"\n");
    let config = load("[scoring]\nmodel = \"ours\"\nfiles = [\"m.toml\"]\n[approach]\nfiles = [\"t.toml\"]\n").unwrap();
    assert_eq!(config.scoring.active().map(|model| model.label()).as_deref(), Some("ours@3"));
    assert_eq!(config.approach[0].opening.as_deref(), Some("Hello {first_name}"));
    assert_eq!(config.approach.iter().filter(|template| template.name == "anyone").count(), 1);
    assert_eq!(load("[scoring]\nmodel = \"none\"\n").unwrap().scoring.active(), None);
    assert!(load("[scoring]\nmodel = \"s1-point\"\n").unwrap_err().to_string().contains("did you mean “s1-points”?"));
    file("t.toml", "[[templates]]\nname = \"x\"\nopening = \"Hello {name\"\n");
    let error = load("[approach]\nfiles = [\"t.toml\"]\n").unwrap_err().to_string();
    assert!(error.contains("t.toml:3:11: a brace is not closed"), "{error}");
}

#[test]
fn everything_built_in_is_sound() {
    let config = Config::standard(&surroundings()).unwrap();
    assert_eq!(config.scoring.active().map(|model| model.id.as_str()), Some("s2-breakdown"));
    assert_eq!(config.scoring.all.len(), 4);
    assert!(config.approach.len() > 20);
    assert!(config.approach.last().is_some_and(|template| template.when == Default::default()), "one for anyone");
    assert_eq!(config.policy.calendar.zone(), Tz::Europe__Madrid);
}

proptest! {
    // Each case reads everything that is built in as well.
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn a_damaged_file_is_read_or_refused_at_a_place_that_it_has(
        cut in 0.0..1.0_f64, length in 0_usize..40, put in "[a-z0-9\"=.é{}\\[\\]\n-]{0,8}",
    ) {
        let whole = uncommented(EXAMPLE);
        let at = |byte: usize| (byte..).find(|&byte| whole.is_char_boundary(byte)).unwrap_or(whole.len());
        let start = at((cut * whole.len() as f64) as usize);
        let text = format!("{}{put}{}", &whole[..start], &whole[at((start + length).min(whole.len()))..]);
        if let Err(error) = parse(&text) {
            for problem in error.problems {
                prop_assert!(problem.place.line >= 1 && problem.place.line <= text.lines().count() + 1, "{problem}");
                prop_assert!(!problem.what.is_empty());
            }
        }
    }
}

#[test]
fn views_are_named_changed_and_taken_away() {
    let views = |text: &str| parse(&format!("[views]\n{text}")).unwrap().views.all;
    let names = |text: &str| views(text).into_iter().map(|view| view.0).collect::<Vec<_>>();
    assert_eq!(names(""), ["hot", "asked", "over"]);
    assert_eq!(names("hot = \"\"\n\"east side\" = \"owner:ana\"\n"), ["asked", "over", "east side"]);
    assert_eq!(views("hot = \"cat:B\"\n")[0].1, "cat:B");
    assert!(wrong("[views]\n\nx = \"cot:A\"\n").starts_with("c.toml:3:5: “cot:A”"));
    let many: String = (1..9).map(|number| format!("v{number} = \"x\"\n")).collect();
    assert!(wrong(&format!("[views]\n{many}")).contains("9 views at the most"));
}

#[test]
fn the_threshold_is_one_number_whoever_states_it() {
    let config = parse("[scoring]\nmodel = \"s3-hybrid\"\n").unwrap();
    assert_eq!(config.qualify.threshold, 40, "the model's own");
    let config = parse("[qualify]\nthreshold = 70\n").unwrap();
    assert_eq!((config.qualify.threshold, config.scoring.active().unwrap().threshold), (70, 70));
    assert_eq!(parse("[scoring]\nmodel = \"none\"\n[qualify]\nthreshold = 50\n").unwrap().qualify.threshold, 50);
    assert_eq!(parse("[qualify]\nminimum_fit = 20\n").unwrap().qualify.minimum_fit, Some(20));
}

#[test]
fn rules_of_the_trigger_and_the_pre_flight_that_make_no_sense_are_refused() {
    assert_eq!(
        wrong("[scoring]\nmodel = \"s1-points\"\n[qualify]\nminimum_fit = 20\n"),
        "c.toml:4:15: the scoring model “s1-points” knows no fit, so that no lead would have enough; lower \
         “minimum_fit”, or choose another model"
    );
    assert!(wrong("[qualify]\nminimum_fit = 50\n").contains("gives at most 40 points of fit, and not 50"));
    assert!(
        wrong("[[qualify.forms]]\ntrigger = \"threshold\"\nactivity = { kinds = [\"form\"] }").contains("c.toml:2:11")
    );
    assert!(wrong("[[qualify.forms]]\ntrigger = \"demo\"\nactivity = {}").contains("everything that anybody does"));
    assert_eq!(
        wrong("[preflight]\nitems = [\"nams\"]\nfree_domains = [\"@club.example\"]\n").lines().collect::<Vec<_>>(),
        [
            "c.toml:2:10: “items” cannot be “nams”; did you mean “names”?",
            "c.toml:3:17: “@club.example” is not a domain; write it like \"mail.example\", without @ or www",
        ]
    );
    let forms =
        parse("[[qualify.forms]]\ntrigger = \"content\"\nactivity = { kinds = [\"download\"] }").unwrap().qualify.forms;
    assert_eq!((forms.len(), forms[0].trigger), (1, TriggerKind::Content), "a table replaces the whole one");
}

#[test]
fn escalation_is_read_and_its_mistakes_are_told_at_their_lines() {
    let config = parse(
        "[escalation]\nreroutes = 1\nurgent = [\"demo\"]\n[[escalation.steps]]\nname = \"nag\"\non = \"acceptance\"\n\
         do = [\"tell_owner\", \"to_queue\"]\nafter = \"10m\"\nrepeat = 2\ndays = [\"mon\", \"fri\"]\nhours = \"09:00-12:00\"\n\
         [escalation.alerts]\nquiet = \"20:00-07:00\"\n",
    )
    .unwrap();
    let step = &config.escalation.steps[0];
    assert_eq!((config.escalation.steps.len(), config.escalation.reroutes), (1, 1));
    assert_eq!((step.window, step.after, step.repeat, step.every), (None, 600, 2, 1800));
    assert_eq!((step.days.len(), step.hours), (2, "09:00-12:00".parse().ok()));
    assert_eq!(config.escalation.alerts.quiet, "20:00-07:00".parse().ok());
    let text = "\
[escalation]
warn_share = 100
[[escalation.steps]]
name = \"a\"
on = \"aceptance\"
do = [\"reroute\", \"alert_manager\"]
[[escalation.steps]]
name = \"a\"
on = \"black_hole\"
do = []
hours = \"9-10\"
[[escalation.steps]]
name = \"b\"
on = \"no_activity\"
do = [\"to_queue\"]
repeat = 1
after = \"soon\"
[[escalation.alerts.high_intent]]
name = \"c\"
kinds = [\"page\"]
";
    assert_eq!(
        wrong(text).lines().collect::<Vec<_>>(),
        [
            "c.toml:2:14: “warn_share” must be a whole number from 0 to 99",
            "c.toml:5:6: “on” cannot be “aceptance”; did you mean “acceptance”?",
            "c.toml:6:6: “alert_manager” would never be done: what stands before it takes the lead away; put what takes the \
             lead away last, and once",
            "c.toml:7:1: there is another step “a”, so that nobody could tell which of them was taken; give it a name of its \
             own",
            "c.toml:10:6: a step that does nothing is none; say what it does, or take it out",
            "c.toml:11:9: “hours”: “9-10” is not a stretch of the day; `9` is not a time between 00:00 and 24:00",
            "c.toml:12:1: this step has “repeat”, and nothing in “do” can be repeated; take “repeat” out",
            "c.toml:17:9: “after”: `soon` is not a length of time; write it like 5m, 2h, 1h30m, 90s or as seconds (300)",
            "c.toml:20:10: “kinds” cannot be “page”; it is one of page_visit, download, email_open, email_click, event, chat, \
             trial, demo_request, form, call, email, meeting, message, task, note, other",
        ]
    );
}
