//! Opening links outside of the terminal (F23): the configured command, else the platform's opener.

use std::process::{Child, Command, Stdio};

use crate::app::effect::Launch;
use crate::app::launch;
use crate::ui::inert;

/// The schemes that may ever be opened.
const SCHEMES: [&str; 4] = ["https:", "http:", "mailto:", "tel:"];

/// Opens it, by `command` if one is configured. Nothing passes through a shell: what is known of a lead are arguments,
/// made inert. It may wait for the program, so it is called on a thread of its own.
///
/// # Errors
/// A sentence for the rep.
pub fn open(launch: &Launch, command: Option<&launch::Command>) -> Result<(), String> {
    let url = &launch.url;
    let lower = url.to_ascii_lowercase();
    if !SCHEMES.iter().any(|scheme| lower.starts_with(scheme)) || url.chars().any(|c| c.is_control() || c == ' ') {
        return Err(format!("“{url}” is not a link that may be opened"));
    }
    let Some(command) = command else {
        // What the launchers say among themselves helps nobody; what to do does.
        return open::that_detached(url).map_err(|_| launch.kind.nobody());
    };
    // Waited for, so that no zombie is left; what came of it is the program's own to tell.
    let _ = start(launch, command)?.wait();
    Ok(())
}

fn start(launch: &Launch, command: &launch::Command) -> Result<Child, String> {
    let arguments = command.arguments(&launch.values, |value| inert(value).into_owned())?;
    let mut child = Command::new(command.program());
    child.args(arguments).stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
    let why = |error| {
        let (program, key) = (command.program(), launch.kind.key());
        format!("“{program}” could not be started: {error}; see {key} under [open] in the configuration")
    };
    child.spawn().map_err(why)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::app::effect::LaunchKind;
    use crate::app::launch::Values;
    use crate::handoff::lead::{Lead, LeadId};

    fn launch(url: &str, lead: &Lead) -> Launch {
        Launch { kind: LaunchKind::Website, url: url.into(), values: Values::of(LeadId(1), lead, url) }
    }

    fn command(words: &[&str]) -> launch::Command {
        let words: Vec<String> = words.iter().map(|&word| word.to_owned()).collect();
        launch::Command::parse(&words, None).unwrap().unwrap()
    }

    #[test]
    fn only_links_are_opened() {
        let run = |url, words: &[&str]| open(&launch(url, &Lead::default()), Some(&command(words)));
        for url in
            ["file:///etc/passwd", "javascript:alert(1)", "-e id", "", "https://x.example/\u{1b}[2J", "mailto:a b"]
        {
            assert!(run(url, &["true"]).is_err(), "{url}");
        }
        assert_eq!(run("https://crm.example/1", &["true", "{url}"]), Ok(()));
        let error = run("tel:+15550100", &["no-such-program-here"]).unwrap_err();
        assert!(error.ends_with("see website under [open] in the configuration"), "{error}");
    }

    #[test]
    fn what_a_lead_says_reaches_the_program_as_one_inert_argument() {
        let dir = tempfile::tempdir().unwrap();
        let seen = dir.path().join("seen");
        let mut lead = Lead::default();
        lead.person.name = Some("a \0b\u{1b}[2J\u{202e}\n$(touch /tmp/x) 'c'".into());
        let script = "printf '%s|' \"$@\" > \"$0\"";
        let command = command(&["sh", "-c", script, seen.to_str().unwrap(), "{name}", "{url}"]);
        start(&launch("https://x.example/", &lead), &command).unwrap().wait().unwrap();
        assert_eq!(std::fs::read_to_string(&seen).unwrap(), "a b $(touch /tmp/x) 'c'|https://x.example/|");
    }
}
