//! Configuration, doctor, completions, the man page, help, and the environment.

use std::os::unix::fs::PermissionsExt;

use clap::CommandFactory;
use leadbox::cli::args::Cli;

use crate::support::Env;
use crate::tool::{fails, one};

/// Every command as it is typed: `list`, `sla due`, ….
fn commands() -> Vec<Vec<String>> {
    fn below(command: &clap::Command, before: &[String], all: &mut Vec<Vec<String>>) {
        for inner in command.get_subcommands() {
            let path = [before, &[inner.get_name().to_owned()]].concat();
            below(inner, &path, all);
            all.push(path);
        }
    }
    let mut all = Vec::new();
    below(&Cli::command(), &[], &mut all);
    all
}

#[test]
fn config_init_writes_a_start_that_is_right_and_never_overwrites() {
    let env = Env::new();
    let args = |what| ["config", what, "--config", "new/config.toml"];
    env.ok(&args("init"));
    let first = std::fs::read(env.path("new/config.toml")).unwrap();
    assert!(!first.is_empty());
    assert!(env.ok(&args("check")).contains("no mistakes"));
    fails(&env, 1, "exists already", &args("init"));
    assert_eq!(std::fs::read(env.path("new/config.toml")).unwrap(), first);
}

#[test]
fn config_init_begins_with_a_preset_and_names_those_that_there_are() {
    let env = Env::new();
    env.ok(&["config", "init", "--preset", "s3-hybrid", "--config", "new/config.toml"]);
    assert!(std::fs::read_to_string(env.path("new/config.toml")).unwrap().contains("s3-hybrid"));
    assert!(env.ok(&["config", "check", "--config", "new/config.toml"]).contains("no mistakes"));
    fails(&env, 2, "did you mean “s3-hybrid”?", &["config", "init", "--preset", "s3-hybird", "--config", "x.toml"]);
    fails(&env, 2, "s0-fit-interest (2 hours", &["hub", "init", "--preset", "best"]);
    env.ok(&["hub", "init", "--preset", "s4-sla-as-code"]);
}

#[test]
fn config_check_tells_mistakes_with_line_and_fix() {
    let env = Env::new();
    for (text, says) in [
        ("[rep]\nnam = \"ana\"\n", "config.toml:2"),
        ("[keys]\naccept = \"r\"\n", "config.toml:2"),
        ("[keys]\nacept = \"A\"\n", "did you mean “accept”?"),
        ("[rep]\nzone = \"Mars/Base\"\n", "config.toml:2"),
        ("[rep\n", "config.toml:1"),
        ("[ui]\ntheme = \"plaid\"\n", "config.toml:2"),
        ("[keys.inbox]\nmark = \"o\"\n", "keys hold wherever their action does"),
        ("[open]\n\nphone = [\"dial\", \"{fone}\"]\n", "config.toml:3"),
        ("[open]\nphone = [\"dial\"]\n", "add one such as {phone}"),
        ("[open]\nmail = [\"sh\", \"-c\", \"mutt {email}\"]\n", "read by a shell"),
        ("[open]\nmeeting_link = \"https://{company}/\"\n", "config.toml:2"),
    ] {
        env.write("config.toml", text);
        fails(&env, 5, says, &["config", "check"]);
        fails(&env, 5, says, &["doctor"]);
    }
}

#[test]
fn every_command_tells_every_mistake_of_the_configuration_at_once_in_the_order_of_the_lines() {
    let env = Env::new().with_leads(1);
    let text = "[rep]\nzone = \"Mars/Base\"\n[keys]\nacept = \"A\"\nreject = \"a\"\nlog = \"none\"\nundo = \"none\"\n\
        confirm = \"x\"\ncancel = \"hyper-x\"\n[open]\nphone = [\"dial\"]\nmeeting_link = \"mail\"\n\
        [ui]\ntheme = \"plaid\"\n[ui.colors]\naccent = \"mauve-ish\"\nacent = \"red\"\n[policy]\nundo = \"soon\"\n";
    let expected = [
        (2, "“zone”: there is no time zone “Mars/Base”"),
        (4, "no action “acept”; did you mean “accept”?"),
        (5, "both “accept” and “reject”"),
        (8, "“confirm” must have a key"),
        (9, "“hyper-x”"),
        (11, "open.phone: "),
        (12, "open.meeting_link: "),
        (14, "“theme” cannot be “plaid”"),
        (16, "mauve-ish"),
        (17, "acent"),
        (19, "“undo”: `soon` is not a length of time"),
    ];
    env.write("config.toml", text);
    for args in [&["config", "check"][..], &["list"], &["status"], &["next"], &["accept", "L-1"], &["outbox"]] {
        // Without colours their names are still checked.
        let ran = crate::support::Ran::from(env.command(args).env("NO_COLOR", "1").output().unwrap());
        assert_eq!((ran.code, ran.out.as_str()), (5, ""), "{args:?}");
        let lines: Vec<&str> = ran.err.lines().collect();
        assert_eq!(lines.len(), expected.len(), "{args:?}: {}", ran.err);
        for (line, (number, says)) in lines.iter().zip(expected) {
            assert!(line.contains(&format!("config.toml:{number}:")) && line.contains(says), "{args:?}: {line}");
        }
    }
}

#[test]
fn what_the_system_refuses_is_told_in_words_with_the_place_and_a_way_out() {
    let env = Env::new().with_leads(1);
    env.write("latin.toml", b"[rep]\nname = \"Jos\xe9\"\n");
    env.write("huge.toml", "#".repeat(1 << 21));
    env.write("team.toml", "policy_file = \"folder\"\n");
    std::fs::create_dir(env.path("folder")).unwrap();
    let due = ["--name", "x", "--start", crate::support::NOW, "--budget", "5m"];
    let folder = "it is a folder; name a file in it";
    let cases: [(i32, &[&str], &[&str]); 13] = [
        (1, &["list", "--data-dir", "/proc/x"], &["/proc/x", "--data-dir", "no such file or folder"]),
        (1, &["list", "--data-dir", "config.toml"], &["config.toml", "folder"]),
        (1, &["list", "--data-dir", "config.toml/x"], &["config.toml", "not a folder"]),
        (5, &["list", "--config", "folder"], &["folder: ", "configuration", folder]),
        (5, &["list", "--config", "gone.toml"], &["gone.toml: ", "no such file"]),
        (5, &["list", "--config", "latin.toml"], &["latin.toml: ", "save it as UTF-8"]),
        (5, &["list", "--config", "huge.toml"], &["huge.toml: ", "larger than 1 MiB"]),
        (5, &["list", "--config", "team.toml"], &["team.toml:1:15: ", folder]),
        (5, &[&["sla", "due", "--calendar", "folder"], &due[..]].concat(), &["folder", folder]),
        (5, &[&["sla", "due", "--calendar", "huge.toml"], &due[..]].concat(), &["huge.toml", "larger than 1 MiB"]),
        (5, &["import", "leads.csv", "--map", "huge.toml"], &["mapping huge.toml", "larger than 1 MiB"]),
        (1, &["export", "folder"], &["folder cannot be written", folder]),
        (1, &["config", "init", "--config", "/proc/x/c.toml"], &["/proc/x cannot be made", "no such file or folder"]),
    ];
    for (code, args, says) in cases {
        let ran = env.run(args);
        assert_eq!(ran.code, code, "{args:?}: {}", ran.err);
        assert!(
            says.iter().all(|word| ran.err.contains(word)) && !ran.err.contains("os error"),
            "{args:?}: {}",
            ran.err
        );
    }
}

#[test]
fn config_path_says_where_things_are() {
    let env = Env::new();
    let paths = one(&env, &["config", "path"]);
    assert_eq!(paths["config"], env.path("config.toml").to_str().unwrap());
    assert_eq!(paths["data"], env.data().to_str().unwrap());
    let options = ["config", "path", "--config", "other.toml", "--data-dir", "elsewhere"];
    assert!(env.ok(&options).contains("other.toml") && env.ok(&options).contains("elsewhere"));
}

#[test]
fn options_go_before_variables_and_empty_variables_count_as_none() {
    let env = Env::new().with_leads(1);
    assert!(env.json(&["list", "--data-dir", "elsewhere"]).is_empty());
    assert!(env.path("elsewhere/leadbox.db").exists());
    let ran = env.command(&["config", "path"]).env("LEADBOX_CONFIG", "").env("LEADBOX_DATA_DIR", "").output().unwrap();
    let text = String::from_utf8(ran.stdout).unwrap();
    assert!(text.contains("leadbox/config.toml") && text.lines().count() == 2, "{text}");
    let now = |now: &str| crate::tool::at(&env, now, &["list"]);
    assert_eq!(now("").code, 0, "{}", now("").err);
    assert_eq!(now("soon").code, 2);
    let odd = std::os::unix::ffi::OsStrExt::from_bytes(&b"\xff"[..]);
    let odd: &std::ffi::OsStr = odd;
    assert_eq!(env.command(&["list"]).env("LEADBOX_NOW", odd).output().unwrap().status.code(), Some(2));
}

#[test]
fn without_a_home_folder_named_places_are_enough() {
    let env = Env::new().with_leads(1);
    let output = env.command(&["list", "--json"]).env_remove("HOME").output().unwrap();
    assert!(output.status.success());
    assert_eq!(String::from_utf8(output.stdout).unwrap().lines().count(), 1);
}

#[test]
fn the_usual_places_are_used_when_nothing_is_said() {
    let env = Env::new();
    env.write("leads.csv", crate::support::leads_csv(1));
    let mut command = env.command(&["import", "leads.csv"]);
    command.env_remove("LEADBOX_CONFIG").env_remove("LEADBOX_DATA_DIR");
    assert!(command.output().unwrap().status.success());
    let path = if cfg!(target_os = "macos") { "Library/Application Support/leadbox" } else { ".local/share/leadbox" };
    let mode = |path| std::fs::metadata(env.path(path)).unwrap().permissions().mode() & 0o777;
    assert_eq!(mode(path), 0o700);
    assert_eq!(mode(&format!("{path}/leadbox.db")), 0o600);
}

#[test]
fn doctor_looks_at_everything() {
    let env = Env::new();
    let found = env.json(&["doctor"]);
    assert_eq!(crate::tool::strings(&found, "check"), ["configuration", "calendar", "rep", "store", "terminal"]);
    assert!(found.iter().all(|finding| finding["ok"] == true), "{found:?}");
    std::fs::write(env.data().join("leadbox.db"), b"this is no database, but it is long enough to look at").unwrap();
    let ran = env.run(&["doctor"]);
    assert_eq!(ran.code, 1);
    assert!(ran.out.contains("BAD store") && ran.err.contains("leadbox.db"), "{}{}", ran.out, ran.err);
}

#[test]
fn doctor_reads_every_record_event_and_disposition_and_names_the_leads_that_it_cannot_read() {
    let env = Env::new().with_leads(4);
    for lead in ["x1", "x2", "x3"] {
        env.ok(&["next"]);
        env.ok(&["accept", lead]);
        env.ok(&["log", lead, "--channel", "phone", "--outcome", "reached"]);
    }
    assert!(env.ok(&["doctor"]).contains("can be read"));
    let file = env.data().join("leadbox.db");
    let whole = std::fs::read(&file).unwrap();
    for (sql, says) in [
        ("UPDATE lead_record SET record = '{' WHERE lead = 4", "L-4 (Maya Chen4): its record"),
        ("UPDATE lead_record SET handoff = '{}' WHERE lead = 2", "L-2 (Maya Chen2): its record"),
        ("UPDATE lead_record SET arrived = '[]' WHERE lead = 1", "L-1 (Maya Chen1): how it arrived"),
        ("UPDATE event SET what = '{\"x\":1}' WHERE lead = 3", "L-3 (Maya Chen3): its events"),
        ("DELETE FROM event WHERE lead = 3 AND seq > 1", "L-3 (Maya Chen3): its events"),
        ("UPDATE outbox SET payload = 'no' WHERE lead = 1", "L-1 (Maya Chen1): a disposition on its way"),
    ] {
        std::fs::write(&file, &whole).unwrap();
        let conn = rusqlite::Connection::open(&file).unwrap();
        assert!(conn.execute(sql, []).unwrap() > 0, "{sql}");
        drop(conn);
        let ran = env.run(&["doctor"]);
        assert_eq!(ran.code, 1, "{sql}: {}", ran.out);
        assert!(ran.err.contains(says) && ran.err.contains("backup"), "{sql}: {}", ran.err);
    }
}

#[test]
fn a_lead_that_cannot_be_read_keeps_nobody_from_the_others() {
    let env = Env::new().with_leads(3);
    let conn = rusqlite::Connection::open(env.data().join("leadbox.db")).unwrap();
    conn.execute("UPDATE lead_record SET record = '{' WHERE lead = 2", []).unwrap();
    drop(conn);
    // New rules: all of them are to be stood again.
    env.write("config.toml", "[rep]\nname = \"ana\"\nzone = \"UTC\"\n[policy.sla]\ndue_within = \"2h\"\n");
    assert_eq!(env.ok(&["next"]).lines().next().unwrap().split(' ').next(), Some("L-1"));
    env.ok(&["accept"]);
    assert_eq!(env.ok(&["list"]).lines().count(), 3);
    assert_eq!(crate::tool::at(&env, "2026-11-23T10:00:00Z", &["list"]).code, 0);
    fails(&env, 1, "doctor", &["show", "L-2"]);
    fails(&env, 1, "L-2 (Maya Chen2)", &["doctor"]);
}

#[test]
fn every_command_has_help_that_names_its_options() {
    let env = Env::new();
    for path in commands() {
        let mut args: Vec<&str> = path.iter().map(String::as_str).collect();
        args.push("--help");
        let text = env.ok(&args);
        for part in ["Usage: leadbox", "--json", "--config <FILE>", "--data-dir <DIR>"] {
            assert!(text.contains(part), "{args:?} lacks {part}:\n{text}");
        }
    }
    let help = env.ok(&["--help"]);
    assert!(
        help.contains("Exit codes: 0 done, 1 failed, 2 usage, 3 refused") && help.contains("LEADBOX_NOW"),
        "{help}"
    );
    assert!(!help.contains(env.data().to_str().unwrap()), "help is the same everywhere");
    assert!(env.ok(&["--version"]).starts_with("leadbox "));
}

#[test]
fn every_example_of_the_help_is_a_command_line() {
    use clap::Parser;
    let (env, mut count) = (Env::new(), 0);
    for path in commands() {
        let mut args: Vec<&str> = path.iter().map(String::as_str).collect();
        args.push("--help");
        let text = env.ok(&args).replace("\\\n", "");
        for line in text.lines().filter(|line| line.starts_with("  leadbox ")) {
            let line = line.split(" > ").next().unwrap();
            // Quotes as a shell takes them.
            let parts = line.trim().split('\'').enumerate();
            let words =
                parts.flat_map(|(at, part)| if at % 2 == 1 { vec![part] } else { part.split_whitespace().collect() });
            Cli::try_parse_from(words).unwrap_or_else(|error| panic!("{line}: {error}"));
            count += 1;
        }
    }
    assert!(count > 20, "{count}");
}

#[test]
fn the_man_page_holds_every_command_and_option() {
    let page = Env::new().ok(&["man"]).replace("\\-", "-");
    assert!(page.contains(".TH leadbox 1"), "{page}");
    for path in commands() {
        let path: Vec<&str> = path.iter().map(String::as_str).collect();
        let mut command = &Cli::command();
        for name in &path {
            command = command.find_subcommand(name).unwrap();
        }
        if command.has_subcommands() {
            continue;
        }
        let heading = format!(".SS leadbox {}\n", path.join(" "));
        let at = page.find(&heading).unwrap_or_else(|| panic!("no {heading}"));
        let section = page[at + heading.len()..].split(".SS leadbox").next().unwrap();
        for option in command.get_arguments().filter_map(clap::Arg::get_long) {
            assert!(section.contains(&format!("--{option}")), "{path:?} lacks --{option}:\n{section}");
        }
    }
    assert!(page.contains("Exit codes") && page.is_ascii());
}

#[test]
fn completions_for_every_shell_know_the_commands() {
    let env = Env::new();
    for shell in ["bash", "zsh", "fish", "elvish", "powershell"] {
        let script = env.ok(&["completions", shell]);
        assert!(["qualify", "elapsed", "activities-map"].iter().all(|word| script.contains(word)), "{shell}");
    }
    fails(&env, 2, "csh", &["completions", "csh"]);
}

#[test]
fn without_a_terminal_the_app_and_the_demo_say_so() {
    let env = Env::new();
    fails(&env, 2, "needs a terminal", &[]);
    fails(&env, 2, "needs a terminal", &["demo"]);
    assert!(!env.data().exists(), "and nothing is left behind");
}

#[test]
fn a_file_of_a_newer_version_or_of_another_program_is_refused() {
    let env = Env::new().with_leads(1);
    let file = env.data().join("leadbox.db");
    let conn = rusqlite::Connection::open(&file).unwrap();
    conn.pragma_update(None, "user_version", 9999).unwrap();
    drop(conn);
    fails(&env, 1, "newer Leadbox", &["list"]);
}

#[test]
fn a_mistake_is_told_once_and_in_words() {
    let env = Env::new();
    let said = |text: &str| {
        env.write("config.toml", text);
        env.run(&["config", "check"]).err.lines().map(str::to_owned).collect::<Vec<_>>()
    };
    let lines = said("[policy]\nundo = -1\n");
    assert!(lines[0].ends_with("“undo” must be a length of time such as \"5m\", \"2h\" or 300, a second at the least"));
    let lines = said("[[reasons]]\nlabel = \"spam\"\n");
    assert!(lines.len() == 1 && lines[0].contains("has no “code”"), "{lines:?}");
}

#[test]
fn doctor_tells_each_mistake_on_a_line_of_its_own() {
    let env = Env::new();
    env.write("config.toml", "[rep]\nzone = \"Mars\"\n[ui]\ntheme = \"plaid\"\n");
    let ran = env.run(&["doctor"]);
    assert_eq!(ran.code, 5);
    let lines: Vec<&str> = ran.out.lines().collect();
    assert!(lines[0].starts_with("BAD configuration ") && lines[0].contains(":2:"), "{}", ran.out);
    assert!(lines[1].starts_with("      ") && lines[1].contains(":4:"), "{}", ran.out);
}

#[test]
fn a_folder_that_cannot_be_made_is_told_with_a_way_out() {
    let env = Env::new();
    env.write("plain", "");
    let ran = env.run(&["list", "--data-dir", "plain/leads"]);
    assert_eq!(ran.code, 1, "{}", ran.err);
    assert!(ran.err.contains("plain/leads cannot be used") && ran.err.contains("--data-dir"), "{}", ran.err);
    assert!(!ran.err.contains("os error"), "{}", ran.err);
}
