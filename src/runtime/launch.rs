//! Opening links outside of the terminal (F23): the configured command, else the platform's opener.

use std::process::{Command, Stdio};

/// The schemes that may ever be opened.
const SCHEMES: [&str; 4] = ["https:", "http:", "mailto:", "tel:"];

/// Opens `url`, by `command` if one is configured. Nothing passes through a shell: the link is one argument.
///
/// # Errors
/// A sentence for the rep.
pub fn open(url: &str, command: Option<&[String]>) -> Result<(), String> {
    let lower = url.to_ascii_lowercase();
    if !SCHEMES.iter().any(|scheme| lower.starts_with(scheme)) || url.chars().any(|c| c.is_control() || c == ' ') {
        return Err(format!("“{url}” is not a link that may be opened"));
    }
    let Some([program, arguments @ ..]) = command else {
        return open::that_detached(url).map_err(|error| format!("no program opened {url}: {error}"));
    };
    let arguments = arguments.iter().map(|argument| argument.replace("{url}", url));
    let mut child = Command::new(program);
    child.args(arguments).stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
    match child.spawn() {
        // Waited for on a thread, so that no zombie is left.
        Ok(mut child) => {
            std::thread::spawn(move || child.wait());
            Ok(())
        }
        Err(error) => Err(format!("“{program}” could not be started: {error}; see [open] in the configuration")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_links_are_opened() {
        for url in
            ["file:///etc/passwd", "javascript:alert(1)", "-e id", "", "https://x.example/\u{1b}[2J", "mailto:a b"]
        {
            assert!(open(url, Some(&["true".to_owned()])).is_err(), "{url}");
        }
        assert_eq!(open("https://crm.example/1", Some(&["true".to_owned(), "{url}".to_owned()])), Ok(()));
        assert!(open("tel:+15550100", Some(&["no-such-program-here".to_owned()])).is_err());
    }
}
