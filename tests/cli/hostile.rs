//! Text from outside is inert on standard output, in whatever field it comes and whichever command prints it.

use crate::support::Env;

/// Colours, a title, a clipboard write, a bidi override, an invisible mark, a newer control character, a bell.
const EVIL: &str = "\u{1b}[31mred\u{1b}]0;title\u{7}\u{1b}]52;c;aGk=\u{7}\u{202e}txt\u{200b}\u{9b}2J\u{7f}\u{2028}end";

fn is_inert(text: &str) -> bool {
    let bad = |c: char| {
        (c.is_control() && c != '\n')
            || matches!(c, '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2066}'..='\u{2069}' | '\u{feff}')
    };
    !text.chars().any(bad)
}

fn env() -> Env {
    let env = Env::new();
    let row = |id: &str| {
        format!("{id},\"Maya{EVIL}\nsecond\",\"{EVIL}\",{EVIL},\"{EVIL}\",{EVIL},2026-11-20T09:00:00Z,\"{EVIL}\"\n")
    };
    let header = "id,first name,last name,phone,company,title,mql date,message\n";
    env.write("leads.csv", format!("{header}{}{}", row("x1"), row(&format!("x2{EVIL}"))));
    env.ok(&["import", "leads.csv"]);
    env
}

#[test]
fn nothing_hostile_reaches_standard_output_raw() {
    let env = env();
    let commands: &[&[&str]] = &[
        &["list"],
        &["search", "maya"],
        &["show", "x1"],
        &["next"],
        &["score", "explain"],
        &["status"],
        &["log", "-c", "phone", "-o", "voicemail", "--note", EVIL],
        &["show", "x1"],
        &["outbox"],
        &["divergence"],
        &["import", "leads.csv"],
    ];
    for args in commands {
        let json = env.run(&[*args, &["--json"]].concat());
        let plain = env.run(args);
        assert_eq!(json.code, 0, "{args:?}: {}", json.err);
        for out in [&json.out, &plain.out, &json.err, &plain.err] {
            assert!(is_inert(out), "leadbox {args:?} printed {out:?}");
        }
        for line in json.out.lines() {
            serde_json::from_str::<serde_json::Value>(line).unwrap();
        }
    }
}

#[test]
fn json_escapes_without_loss() {
    let env = Env::new();
    let file =
        "id,first name,last name,company,mql date\n1,Zoë,\u{645}\u{631}\u{94d},e\u{301}👩\u{200d}💻,2026-11-20\n";
    env.write("leads.csv", file);
    env.ok(&["import", "leads.csv"]);
    let text = env.ok(&["list", "--json"]);
    assert!(text.contains("Zoë") && text.contains("\\u200d") && !text.contains('\u{200d}'), "{text}");
    assert_eq!(env.json(&["list"])[0]["company"], "e\u{301}👩\u{200d}💻");
}

#[test]
fn errors_about_hostile_files_and_names_are_inert_too() {
    let env = env();
    env.write("bad.csv", format!("id,first name,last name,company,mql date\n1,A,B,C,\"{EVIL}\"\n"));
    env.write("bad.toml", format!("[rep]\n\"{}\" = 1\n", EVIL.replace(|c: char| c.is_control(), "")));
    for args in [
        &["import", "bad.csv"][..],
        &["import", "bad.csv", "--json"],
        &["show", EVIL],
        &["--json", "show", EVIL],
        &["list", "--config", "bad.toml"],
        &["--json", "list", "--config", "bad.toml"],
        &["reject", "x1", "-r", EVIL],
        // What is no command, no option, no value of one.
        &[EVIL],
        &["list", &format!("--{EVIL}")],
        &["list", "--tab", EVIL],
        &["--json", "list", "--tab", EVIL],
        &["import", "leads.csv", "--map", EVIL],
        &["import", EVIL],
        &["list", "--config", EVIL],
        &["list", "--data-dir", &format!("bad.csv/{EVIL}")],
    ] {
        let ran = env.run(args);
        assert!(is_inert(&ran.out) && is_inert(&ran.err), "leadbox {args:?} said {:?} {:?}", ran.out, ran.err);
    }
}
