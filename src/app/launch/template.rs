//! What the configuration writes with placeholders: the commands that open things, and the link to the rep's calendar.

use super::values::{Placeholder, Values};

/// A text with places for what is known of a lead.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Template {
    pieces: Vec<Piece>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum Piece {
    Text(String),
    Value(Placeholder),
}

/// A program with its arguments. It is run as it stands, without a shell.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Command {
    program: String,
    arguments: Vec<Template>,
}

/// Why a template or a command cannot stand.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum TemplateError {
    /// No such placeholder, or a brace alone.
    #[error("“{0}” has an unknown placeholder; there are {known}", known = Placeholder::known())]
    Unknown(String),
    /// A lead's text would choose what is run.
    #[error("“{0}” is the program, which cannot come from a lead; give placeholders as arguments")]
    Program(String),
    /// A lead's text would be an option.
    #[error("in “{0}” the lead's text would name an option; write it as a value, such as --to={{phone}}")]
    Option(String),
    /// A lead's text would be read as commands.
    #[error(
        "“{0}” is read by a shell, where a lead's text could be a command; write [\"{1}\", \"-c\", \"… \\\"$1\\\"\", \"{1}\", \"{{url}}\"]"
    )]
    Shell(String, String),
    /// Nothing of the lead reaches the program.
    #[error("the command has no placeholder, so it would not know whom it is for; add one such as {{{0}}}")]
    Idle(&'static str),
    /// The link is none.
    #[error("“{0}” is not a link: it begins with https:// and a host, and placeholders stand behind those")]
    Link(String),
}

/// Programs that read an argument as commands.
const SHELLS: [&str; 8] = ["sh", "bash", "dash", "zsh", "ksh", "ash", "fish", "busybox"];

impl Template {
    /// Reads a text with placeholders.
    pub fn parse(text: &str) -> Result<Self, TemplateError> {
        let unknown = || TemplateError::Unknown(text.to_owned());
        let mut pieces = Vec::new();
        let mut rest = text;
        while let Some(at) = rest.find(['{', '}']) {
            let (before, from) = rest.split_at(at);
            let end = from.find('}').filter(|_| from.starts_with('{')).ok_or_else(unknown)?;
            let value = Placeholder::from_name(&from[1..end]).ok_or_else(unknown)?;
            if !before.is_empty() {
                pieces.push(Piece::Text(before.to_owned()));
            }
            pieces.push(Piece::Value(value));
            rest = &from[end + 1..];
        }
        if !rest.is_empty() {
            pieces.push(Piece::Text(rest.to_owned()));
        }
        Ok(Self { pieces })
    }

    /// Reads a link of the web; a lead's text can fill its path and its query, never its host.
    pub fn link(text: &str) -> Result<Self, TemplateError> {
        let template = Self::parse(text.trim())?;
        let wrong = || TemplateError::Link(text.to_owned());
        let Some(Piece::Text(start)) = template.pieces.first() else { return Err(wrong()) };
        let plain = super::web(start).map_err(|_| wrong())?;
        let host = plain.split_once("://").map_or("", |(_, host)| host);
        let is_whole = !template.has_values() || host.contains(['/', '?', '#']);
        let clean = !text.trim().chars().any(|char| char.is_whitespace() || char.is_control());
        if is_whole && clean { Ok(template) } else { Err(wrong()) }
    }

    fn has_values(&self) -> bool {
        self.pieces.iter().any(|piece| matches!(piece, Piece::Value(_)))
    }

    /// The text with what is known of a lead, each value passed through `encode`; once over, so that a value that
    /// looks like a placeholder stays as it is.
    ///
    /// # Errors
    /// A sentence: what is not known.
    pub fn fill(&self, values: &Values, encode: impl Fn(&str) -> String) -> Result<String, String> {
        let mut text = String::new();
        for piece in &self.pieces {
            match piece {
                Piece::Text(piece) => text.push_str(piece),
                Piece::Value(wanted) => {
                    let value = values.get(*wanted).ok_or_else(|| wanted.missing().to_owned())?;
                    text.push_str(&encode(value));
                }
            }
        }
        Ok(text)
    }
}

impl Command {
    /// Reads program and arguments; nothing where there are none. `wanted` is what such a command usually needs:
    /// where that is given, a command without any placeholder is a mistake.
    pub fn parse(words: &[String], wanted: Option<Placeholder>) -> Result<Option<Self>, TemplateError> {
        let [program, rest @ ..] = words else { return Ok(None) };
        if Template::parse(program)?.has_values() || program.trim().is_empty() {
            return Err(TemplateError::Program(program.clone()));
        }
        let shell = program.rsplit('/').next().filter(|name| SHELLS.contains(name));
        let mut is_script = false;
        let mut arguments = Vec::new();
        for word in rest {
            let argument = Template::parse(word)?;
            if argument.has_values() {
                if let Some(shell) = shell.filter(|_| is_script) {
                    return Err(TemplateError::Shell(word.clone(), shell.to_owned()));
                }
                let is_option = |text: &String| text.chars().all(|char| char == '-');
                if matches!(argument.pieces.first(), Some(Piece::Text(text)) if is_option(text)) {
                    return Err(TemplateError::Option(word.clone()));
                }
            }
            is_script = word.starts_with('-') && !word.starts_with("--") && word.contains('c');
            arguments.push(argument);
        }
        match wanted {
            Some(wanted) if !arguments.iter().any(Template::has_values) => Err(TemplateError::Idle(wanted.name())),
            _ => Ok(Some(Self { program: program.clone(), arguments })),
        }
    }

    /// The program.
    pub fn program(&self) -> &str {
        &self.program
    }

    /// The arguments for a lead, each value passed through `clean`. A value never becomes an option: an argument that
    /// begins with one is refused where the value begins with a dash.
    ///
    /// # Errors
    /// A sentence: what is not known, or what would pass for an option.
    pub fn arguments(&self, values: &Values, clean: impl Fn(&str) -> String) -> Result<Vec<String>, String> {
        let fill = |template: &Template| {
            let text = template.fill(values, &clean)?;
            let begins_with_value = matches!(template.pieces.first(), Some(Piece::Value(_)));
            if begins_with_value && text.starts_with('-') {
                return Err(format!("“{text}” would pass for an option of {}, so it was not run", self.program));
            }
            Ok(text)
        };
        self.arguments.iter().map(fill).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::handoff::lead::{Lead, LeadId};

    fn words(words: &[&str]) -> Vec<String> {
        words.iter().map(|&word| word.to_owned()).collect()
    }

    fn filled(command: &[&str], change: impl FnOnce(&mut Lead)) -> Result<Vec<String>, String> {
        let mut lead = Lead::default();
        (lead.person.name, lead.person.phone) = (Some("Maya Chen".into()), Some("+1 312 555".into()));
        change(&mut lead);
        let values = Values::of(LeadId(12), &lead, "tel:+1312555");
        Command::parse(&words(command), None).unwrap().unwrap().arguments(&values, |value| value.replace('\0', ""))
    }

    #[test]
    fn every_placeholder_is_filled_once() {
        assert_eq!(
            filled(&["dial", "--to={phone}", "{url} for {name}", "{id}"], |_| {}),
            Ok(words(&["--to=+1 312 555", "tel:+1312555 for Maya Chen", "L-12"]))
        );
        let named = filled(&["x", "{name}"], |lead| lead.person.name = Some("{phone} $(id) `id`; rm -rf ~".into()));
        assert_eq!(named, Ok(words(&["{phone} $(id) `id`; rm -rf ~"])));
    }

    #[test]
    fn a_lead_can_add_no_option() {
        assert!(filled(&["x", "{name}"], |lead| lead.person.name = Some("--exec=id".into())).is_err());
        assert!(filled(&["x", "{name}"], |lead| lead.person.name = Some("\0-e".into())).is_err());
        assert_eq!(
            filled(&["x", "--name={name}"], |lead| lead.person.name = Some("-e".into())),
            Ok(words(&["--name=-e"]))
        );
    }

    #[test]
    fn what_is_not_known_is_said() {
        assert_eq!(filled(&["x", "{email}"], |_| {}), Err("no e-mail address is known".into()));
        assert_eq!(filled(&["x", "{linkedin}"], |lead| lead.person.linkedin = Some("  ".into())), {
            Err("no profile is known".into())
        });
    }

    #[test]
    fn commands_that_could_not_be_safe_or_useful_are_refused() {
        let wrong = |command: &[&str]| Command::parse(&words(command), Some(Placeholder::Phone)).unwrap_err();
        assert!(wrong(&["dial", "{fone}"]).to_string().contains("{url}, {email}, {phone}"));
        assert!(matches!(wrong(&["dial", "a}b"]), TemplateError::Unknown(_)));
        assert!(matches!(wrong(&["{name}", "{phone}"]), TemplateError::Program(_)));
        assert!(matches!(wrong(&["dial", "--{name}"]), TemplateError::Option(_)));
        assert!(matches!(wrong(&["/bin/sh", "-c", "dial {phone}"]), TemplateError::Shell(..)));
        assert!(matches!(wrong(&["bash", "-lc", "dial {phone}"]), TemplateError::Shell(..)));
        assert_eq!(wrong(&["dial"]), TemplateError::Idle("phone"));
        assert_eq!(Command::parse(&[], Some(Placeholder::Phone)), Ok(None));
        assert!(Command::parse(&words(&["sh", "-c", "dial \"$1\"", "sh", "{phone}"]), None).is_ok());
    }

    #[test]
    fn a_lead_never_fills_the_host_of_a_link() {
        let values = Values::of(LeadId(1), &Lead::default(), "");
        let link = Template::link("https://cal.example/ana?who={id}&x=1").unwrap();
        assert_eq!(
            link.fill(&values, |value| format!("<{value}>")),
            Ok("https://cal.example/ana?who=<L-1>&x=1".into())
        );
        for wrong in
            ["https://{company}/x", "https://cal.example{name}", "{url}", "ftp://x/", "cal.example", "https://x y"]
        {
            assert!(Template::link(wrong).is_err(), "{wrong}");
        }
    }
}
