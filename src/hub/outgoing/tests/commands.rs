use std::os::unix::fs::PermissionsExt;
use std::time::Duration;

use rustix::fs::{Mode, OFlags};
use secrecy::ExposeSecret;

use crate::hub::outgoing::{CommandError, Done, SecretFrom, Whose, run_command};
use crate::reading;

const TIME: Duration = Duration::from_secs(30);

async fn sh(script: &str, input: &[u8], time: Duration, most: usize) -> Result<String, CommandError> {
    let argv = ["sh", "-c", script].map(str::to_owned);
    let environment = [("LEADBOX_CHANNEL", "x".to_owned())];
    let Done { output } = run_command(&argv, input, Whose::Server(&environment), time, most).await?;
    Ok(String::from_utf8(output).unwrap())
}

#[tokio::test]
async fn a_command_gets_its_input_and_a_bare_environment() {
    assert_eq!(sh("cat", b"what is told", TIME, 100).await.unwrap(), "what is told");
    // More than a pipe holds, to one that does not read and to one that answers meanwhile.
    assert_eq!(sh("echo fine", &[b'x'; 1 << 20], TIME, 100).await.unwrap(), "fine\n");
    assert_eq!(sh("cat", &[b'x'; 1 << 20], TIME, 1 << 20).await.unwrap().len(), 1 << 20);
    let environment = sh("env", b"", TIME, 100_000).await.unwrap();
    assert!(environment.contains("LEADBOX_CHANNEL=x") && environment.contains("PATH="));
    // Cargo sets this for its tests.
    assert!(std::env::var_os("CARGO_MANIFEST_DIR").is_some() && !environment.contains("CARGO_MANIFEST_DIR"));
}

#[tokio::test]
async fn a_command_that_fails_hangs_or_floods_is_told_without_its_words() {
    let failed = sh("echo s3cret; echo s3cret >&2; exit 3", b"", TIME, 100).await.unwrap_err();
    assert!(matches!(failed, CommandError::Failed { .. }) && failed.to_string().contains('3'));
    assert!(!failed.to_string().contains("s3cret"));
    let folder = tempfile::tempdir().unwrap();
    let pipe = folder.path().join("pipe");
    // It waits for what it began, which waits for somebody to write.
    let failed = sh(&format!("mkfifo {0}; cat {0} & wait", pipe.display()), b"", Duration::from_millis(500), 100).await;
    assert!(matches!(failed, Err(CommandError::TooSlow { .. })), "{failed:?}");
    // Where nobody reads any more, nobody can write without waiting.
    let is_read = || rustix::fs::open(&pipe, OFlags::WRONLY | OFlags::NONBLOCK, Mode::empty()).is_ok();
    for _ in 0..2000 {
        if !is_read() {
            break;
        }
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    assert!(!is_read(), "what it began ends with it");
    assert!(matches!(sh("yes", b"", TIME, 100).await.unwrap_err(), CommandError::TooMuch { .. }));
    let argv = ["/no/such/program".to_owned()];
    let failed = run_command(&argv, b"", Whose::Server(&[]), TIME, 100).await.err().unwrap();
    assert!(matches!(failed, CommandError::NotRun { .. }), "{failed}");
    assert!(run_command(&[], b"", Whose::Server(&[]), TIME, 100).await.is_err());
}

#[tokio::test]
async fn a_secret_is_in_a_file_of_ones_own_or_behind_a_command() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("secret");
    let from_file = SecretFrom::File(file.clone());
    assert!(from_file.fetch().await.unwrap_err().to_string().contains("no such file"));
    std::fs::write(&file, "s3cret\n").unwrap();
    for (mode, is_fine) in [(0o644, false), (0o640, false), (0o600, true), (0o400, true)] {
        std::fs::set_permissions(&file, std::fs::Permissions::from_mode(mode)).unwrap();
        assert_eq!(from_file.fetch().await.is_ok(), is_fine, "{mode:o}");
    }
    let secret = from_file.fetch().await.unwrap();
    assert_eq!(secret.expose_secret(), "s3cret");
    assert!(!format!("{secret:?}").contains("s3cret"));
    let command = |script: &str| SecretFrom::Command(["sh", "-c", script].map(str::to_owned).to_vec());
    assert_eq!(command("echo s3cret").fetch().await.unwrap().expose_secret(), "s3cret");
    for useless in ["true", "printf 'a\\nb'", "printf '\\377'"] {
        assert!(command(useless).fetch().await.is_err(), "{useless}");
    }
}

#[test]
fn the_section_tells_what_is_wrong_with_its_place() {
    let read = |text: &str| {
        reading::read("hub.toml", text, |s| s.section("outgoing", crate::hub::outgoing::OutgoingSettings::read))
    };
    let (settings, _) = read("[outgoing]\nallow = [\"127.0.0.1\", \"10.0.0.0/8\", \"crm.internal\"]\n").unwrap();
    assert_eq!(settings.allow.0.len(), 3);
    let told = read("[outgoing]\nallow = [\"10.0.0.1/8\"]\nproxy = \"ftp://x\"\nalow = 1\n").unwrap_err().to_string();
    for said in ["hub.toml:2:", "beyond its first 8", "only https and http", "did you mean “allow”"] {
        assert!(told.contains(said), "{said}: {told}");
    }
}
