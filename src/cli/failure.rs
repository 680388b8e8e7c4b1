//! How a command ends when it does not end well: one sentence, a way out, and a stable exit code.

use std::fmt::Display;
use std::io::ErrorKind;
use std::process::ExitCode;

use crate::config::ConfigError;
use crate::handoff::refusal::Refusal;
use crate::reading::plight;
use crate::store::StoreError;

/// The documented exit codes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub enum Exit {
    /// It failed.
    Failed = 1,
    /// The command line was wrong.
    Usage = 2,
    /// The rules of the handoff refuse it.
    Refused = 3,
    /// There is no such lead.
    NoSuchLead = 4,
    /// The configuration, a mapping or a calendar is wrong.
    Configuration = 5,
}

/// Why a command failed, for people and for scripts.
#[derive(Debug)]
pub struct Failure {
    /// The exit code.
    pub exit: Exit,
    /// What happened, where, and what to do.
    pub message: String,
}

impl Failure {
    /// A failure with this exit code.
    pub fn new(exit: Exit, message: impl Display) -> Self {
        Self { exit, message: message.to_string() }
    }

    /// A plain failure: `what` did not work because of `why`.
    pub fn because(what: impl Display, why: impl Display) -> Self {
        Self::new(Exit::Failed, format!("{what}: {why}"))
    }

    /// A file or folder that is not as it must be: what cannot be done, and why not.
    pub fn file(what: impl Display, why: &std::io::Error) -> Self {
        match why.kind() {
            ErrorKind::StorageFull | ErrorKind::QuotaExceeded => {
                Self::new(Exit::Failed, format!("{what}: the disk is full. Free some space and try again"))
            }
            _ => Self::new(Exit::Failed, format!("{what}: {}", plight(why))),
        }
    }

    /// The command line was understood, but makes no sense.
    pub fn usage(message: impl Display) -> Self {
        Self::new(Exit::Usage, message)
    }

    /// No lead has that name.
    pub fn no_such_lead(name: &str) -> Self {
        Self::new(Exit::NoSuchLead, format!("there is no lead “{name}”; `leadbox list` and `leadbox search` show them"))
    }

    /// The exit code for the shell.
    pub fn code(&self) -> ExitCode {
        ExitCode::from(self.exit as u8)
    }
}

impl From<StoreError> for Failure {
    fn from(error: StoreError) -> Self {
        if let StoreError::Io { path, source } = &error {
            let what = format!("{} cannot be used for the leads, for which --data-dir names a folder", path.display());
            return Self::file(what, source);
        }
        let exit = match error {
            StoreError::NoSuchLead(_) => Exit::NoSuchLead,
            StoreError::Ambiguous { .. } => Exit::Usage,
            _ => Exit::Failed,
        };
        Self::new(exit, error)
    }
}

impl From<Refusal> for Failure {
    fn from(refusal: Refusal) -> Self {
        // The app asks for what is missing; here it is an option.
        let option = match &refusal {
            Refusal::SubCode { .. } => "; name it with --sub",
            Refusal::Evidence { .. } => " (answer with --evidence)",
            Refusal::DoNotContact { .. } => " with --consent-override",
            _ => "",
        };
        Self::new(Exit::Refused, format!("{refusal}{option}"))
    }
}

impl From<ConfigError> for Failure {
    fn from(error: ConfigError) -> Self {
        Self::new(Exit::Configuration, error)
    }
}

impl From<std::io::Error> for Failure {
    fn from(error: std::io::Error) -> Self {
        match error.kind() {
            ErrorKind::StorageFull | ErrorKind::QuotaExceeded => Self::new(
                Exit::Failed,
                "the disk is full: what was being written is not complete. Free some space and try again",
            ),
            _ => Self::new(Exit::Failed, plight(&error)),
        }
    }
}

impl From<serde_json::Error> for Failure {
    fn from(error: serde_json::Error) -> Self {
        Self::new(Exit::Failed, error)
    }
}
