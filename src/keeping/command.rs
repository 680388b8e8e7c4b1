//! Commands of the configuration: a program with its arguments, never a shell, with limits on time and size. One that is
//! ended is ended with all that it began.

use std::convert::Infallible;
use std::future::pending;
use std::io;
use std::process::Stdio;
use std::time::Duration;

use rustix::process::{Pid, Signal, kill_process_group};
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWriteExt};
use tokio::process::Command;

/// What a server's command is told of its environment.
const KEPT: [&str; 8] = ["PATH", "HOME", "USER", "LANG", "LC_ALL", "TZ", "TMPDIR", "XDG_RUNTIME_DIR"];

/// So much of a complaint is looked at for its first line, in bytes, and so much of that is told, in characters.
const HEARD: usize = 4 * 1024;
const TOLD: usize = 200;

/// Whose command it is.
#[derive(Clone, Copy, Debug)]
pub enum Whose<'a> {
    /// A server's: its environment is bare but for a few names and these. What it complains of is not told.
    Server(&'a [(&'a str, String)]),
    /// A person's, whose terminal is taken, or who has none: it can ask nothing there. The first line of its complaint is told.
    Beside,
    /// A person's, who sits at the terminal and may be asked there.
    AtTerminal,
}

/// What came of a command that went well.
#[derive(Clone, PartialEq, Eq)]
pub struct Done {
    /// What it printed.
    pub output: Vec<u8>,
}

/// Why a command came to nothing. What it printed on its standard output is in none of these.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum CommandError {
    /// It cannot be run.
    #[error("“{program}” cannot be run: {why}")]
    NotRun {
        /// The program.
        program: String,
        /// What is wrong.
        why: String,
    },
    /// It failed.
    #[error("“{program}” failed ({how}){}", if complaint.is_empty() { String::new() } else { format!(": {complaint}") })]
    Failed {
        /// The program.
        program: String,
        /// Its exit code or the signal that ended it.
        how: String,
        /// What it complained of, for the eyes of the person whose command it is.
        complaint: String,
    },
    /// It took too long, and was ended.
    #[error("“{program}” was not done after {seconds} s, and was ended")]
    TooSlow {
        /// The program.
        program: String,
        /// How long it had.
        seconds: u64,
    },
    /// It prints without end.
    #[error("“{program}” printed more than {most} bytes, and was ended")]
    TooMuch {
        /// The program.
        program: String,
        /// How much is taken.
        most: usize,
    },
}

/// Ends a command with all that it began, however one leaves.
struct Group(Option<Pid>);

impl Drop for Group {
    fn drop(&mut self) {
        if let Some(group) = self.0 {
            // It may be gone already.
            let _ = kill_process_group(group, Signal::KILL);
        }
    }
}

/// Runs `argv` with `input` on its standard input, and takes what it prints, up to `most` bytes. One that may ask at the
/// terminal reads that instead.
///
/// # Errors
/// It cannot be run, fails, prints too much or takes longer than `time`.
pub async fn run_command(
    argv: &[String],
    input: &[u8],
    whose: Whose<'_>,
    time: Duration,
    most: usize,
) -> Result<Done, CommandError> {
    let program = argv.first().cloned().unwrap_or_default();
    let not_run = |why: String| CommandError::NotRun { program: program.clone(), why };
    let mut command = Command::new(&program);
    command.args(argv.get(1..).unwrap_or_default()).stdout(Stdio::piped()).kill_on_drop(true);
    match whose {
        Whose::Server(environment) => {
            let kept = KEPT.iter().filter_map(|name| Some((*name, std::env::var_os(name)?)));
            let named = environment.iter().map(|(name, value)| (*name, value));
            command.env_clear().envs(kept).envs(named);
            command.stdin(Stdio::piped()).stderr(Stdio::null()).process_group(0);
        }
        // Without the name of the terminal nobody else, such as GnuPG's agent, asks there in its stead.
        Whose::Beside => {
            command.env_remove("GPG_TTY").stdin(Stdio::null()).stderr(Stdio::piped()).process_group(0);
        }
        // In a group of its own it could not read the terminal.
        Whose::AtTerminal => {
            command.stdin(Stdio::inherit()).stderr(Stdio::inherit());
        }
    }
    let mut child = command.spawn().map_err(|error| not_run(plight(&error)))?;
    let own = (!matches!(whose, Whose::AtTerminal)).then(|| child.id()).flatten();
    let mut group = Group(own.and_then(|id| i32::try_from(id).ok()).and_then(Pid::from_raw));
    let (stdin, stdout, stderr) = (child.stdin.take(), child.stdout.take(), child.stderr.take());
    let tell = async {
        if let Some(mut stdin) = stdin {
            // One that does not read its input may well do what it is for.
            let _ = stdin.write_all(input).await;
        }
        Ok(())
    };
    let mut complaint = Vec::new();
    let (status, output) = {
        let all = async {
            let (output, ()) = tokio::try_join!(read(stdout, most), tell)?;
            Ok::<_, io::Error>((child.wait().await?, output))
        };
        // What it complained of stands in the pipe before it ends: so that is looked at first. A helper that it leaves behind
        // may hold the pipe for good, and is not waited for.
        let ended = tokio::select! {
            biased;
            never = hear(stderr, &mut complaint) => match never {},
            ended = tokio::time::timeout(time, all) => ended,
        };
        match ended {
            Err(_) => return Err(CommandError::TooSlow { program, seconds: time.as_secs() }),
            Ok(Err(error)) if error.kind() == io::ErrorKind::FileTooLarge => {
                return Err(CommandError::TooMuch { program, most });
            }
            Ok(Err(error)) => return Err(not_run(error.to_string())),
            Ok(Ok(done)) => done,
        }
    };
    // It was waited for: its number may be another's by now.
    group.0 = None;
    match status.success() {
        true => Ok(Done { output }),
        false => Err(CommandError::Failed { program, how: status.to_string(), complaint: first_line(&complaint) }),
    }
}

/// Why a program cannot be begun, in words.
fn plight(error: &io::Error) -> String {
    match error.kind() {
        io::ErrorKind::NotFound => "there is no such program".into(),
        io::ErrorKind::PermissionDenied => "it may not be run".into(),
        _ => error.to_string(),
    }
}

async fn read(pipe: Option<impl AsyncRead + Unpin>, most: usize) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    if let Some(pipe) = pipe {
        pipe.take(most as u64 + 1).read_to_end(&mut bytes).await?;
    }
    if bytes.len() > most { Err(io::ErrorKind::FileTooLarge.into()) } else { Ok(bytes) }
}

/// Takes what is complained of as long as anybody complains, and keeps the beginning. It has no end of its own.
async fn hear(pipe: Option<impl AsyncRead + Unpin>, into: &mut Vec<u8>) -> Infallible {
    if let Some(mut pipe) = pipe {
        let mut some = [0; 1024];
        while let Ok(read @ 1..) = pipe.read(&mut some).await {
            let room = HEARD.saturating_sub(into.len());
            into.extend(some.iter().take(read.min(room)));
        }
    }
    pending().await
}

/// The first line that says anything.
fn first_line(complaint: &[u8]) -> String {
    let text = String::from_utf8_lossy(complaint);
    let line = text.lines().map(str::trim).find(|line| !line.is_empty()).unwrap_or_default();
    line.chars().filter(|letter| !letter.is_control()).take(TOLD).collect()
}
