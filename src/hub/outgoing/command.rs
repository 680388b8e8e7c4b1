//! Commands of the configuration: a program with its arguments, never a shell, in an environment that is bare but for a
//! few names, with limits on time and size. One that is ended is ended with all that it began.

use std::process::Stdio;
use std::time::Duration;

use rustix::process::{Pid, Signal, kill_process_group};
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWriteExt};
use tokio::process::Command;

/// What a command is told of the hub's environment.
const KEPT: [&str; 8] = ["PATH", "HOME", "USER", "LANG", "LC_ALL", "TZ", "TMPDIR", "XDG_RUNTIME_DIR"];

/// What came of a command that went well.
#[derive(Clone, PartialEq, Eq)]
pub struct Done {
    /// What it printed.
    pub output: Vec<u8>,
}

/// Why a command came to nothing. What it printed is in none of these.
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
    #[error("“{program}” failed ({how})")]
    Failed {
        /// The program.
        program: String,
        /// Its exit code or the signal that ended it.
        how: String,
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

/// Runs `argv` with `input` on its standard input and these variables, and takes what it prints, up to `most` bytes.
///
/// # Errors
/// It cannot be run, fails, prints too much or takes longer than `time`.
pub async fn run_command(
    argv: &[String],
    input: &[u8],
    environment: &[(&str, String)],
    time: Duration,
    most: usize,
) -> Result<Done, CommandError> {
    let program = argv.first().cloned().unwrap_or_default();
    let not_run = |why: String| CommandError::NotRun { program: program.clone(), why };
    let kept = KEPT.iter().filter_map(|name| Some((*name, std::env::var_os(name)?)));
    let mut child = Command::new(&program)
        .args(argv.get(1..).unwrap_or_default())
        .env_clear()
        .envs(kept)
        .envs(environment.iter().map(|(name, value)| (*name, value)))
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .process_group(0)
        .kill_on_drop(true)
        .spawn()
        .map_err(|error| not_run(crate::reading::plight(&error)))?;
    let mut group = Group(child.id().and_then(|id| i32::try_from(id).ok()).and_then(Pid::from_raw));
    let (stdin, stdout) = (child.stdin.take(), child.stdout.take());
    let tell = async {
        if let Some(mut stdin) = stdin {
            // One that does not read its input may well do what it is for.
            let _ = stdin.write_all(input).await;
        }
        Ok(())
    };
    let (status, output) = {
        let all = async {
            let (output, ()) = tokio::try_join!(read(stdout, most), tell)?;
            Ok::<_, std::io::Error>((child.wait().await?, output))
        };
        match tokio::time::timeout(time, all).await {
            Err(_) => return Err(CommandError::TooSlow { program, seconds: time.as_secs() }),
            Ok(Err(error)) if error.kind() == std::io::ErrorKind::FileTooLarge => {
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
        false => Err(CommandError::Failed { program, how: status.to_string() }),
    }
}

async fn read(pipe: Option<impl AsyncRead + Unpin>, most: usize) -> std::io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    if let Some(pipe) = pipe {
        pipe.take(most as u64 + 1).read_to_end(&mut bytes).await?;
    }
    if bytes.len() > most { Err(std::io::ErrorKind::FileTooLarge.into()) } else { Ok(bytes) }
}
