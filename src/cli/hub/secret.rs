//! Where a token or a secret goes that is shown this once: into a file of one's own, or to the terminal. A shell's `>` would
//! empty the file also where nothing is made.

use std::io::Write;
use std::path::{Path, PathBuf};

use tempfile::NamedTempFile;

use crate::cli::failure::{Exit, Failure};

/// A file that waits for a secret. It is made ready before the hub makes the secret: one that can be written nowhere is not
/// to be made.
pub(super) struct Place {
    waiting: NamedTempFile,
    path: PathBuf,
    replace: bool,
}

/// What is to be done about a secret that nobody has.
const MADE: &str = "the hub made what was to stand there all the same, and tells it to nobody again: make another one, and \
                    revoke a token that nobody has (`leadbox hub token list`)";

impl Place {
    /// Makes ready for this file, if one is named.
    ///
    /// # Errors
    /// Something is there already and is not to be replaced, or nothing can be written there.
    pub(super) fn ready(path: Option<&Path>, replace: bool) -> Result<Option<Self>, Failure> {
        let Some(path) = path else { return Ok(None) };
        if !replace && path.symlink_metadata().is_ok() {
            return Err(there(path));
        }
        let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
        let waiting = NamedTempFile::new_in(folder)
            .map_err(|error| Failure::file(format!("{} cannot be written", path.display()), &error))?;
        Ok(Some(Self { waiting, path: path.to_owned(), replace }))
    }

    /// Puts the secret in its place, for its owner's eyes only, and returns where that is.
    ///
    /// # Errors
    /// It cannot be put there: then the failure says where it is.
    pub(super) fn put(mut self, secret: &str) -> Result<PathBuf, Failure> {
        let file = self.waiting.as_file_mut();
        let written = writeln!(file, "{secret}").and_then(|()| file.sync_all());
        written.map_err(|error| {
            let what = format!("{} cannot be written", self.path.display());
            Failure::file(format!("{what}; {MADE}"), &error)
        })?;
        let put = match self.replace {
            true => self.waiting.persist(&self.path),
            false => self.waiting.persist_noclobber(&self.path),
        };
        let Err(error) = put else { return Ok(self.path) };
        let what = format!("{} cannot be written", self.path.display());
        // It is made, and nobody can be told it again.
        let kept = error.file.into_temp_path().keep();
        let kept =
            kept.map_or_else(|_| String::new(), |kept| format!("; what was to stand there is in {}", kept.display()));
        Err(Failure::file(format!("{what}{kept}"), &error.error))
    }
}

fn there(path: &Path) -> Failure {
    let what = format!(
        "{} is there already, and nothing was made: name another file, or say --replace to write over it",
        path.display()
    );
    Failure::new(Exit::Failed, what)
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt;

    use super::*;

    #[test]
    fn a_secret_stands_in_a_private_file_and_over_another_only_if_that_was_said() {
        let dir = tempfile::tempdir().unwrap();
        let file = dir.path().join("ana.token");
        let put = |replace, secret| Place::ready(Some(&file), replace)?.unwrap().put(secret);
        put(false, "lbx_1").unwrap();
        assert_eq!(file.metadata().unwrap().permissions().mode() & 0o777, 0o600);
        assert!(put(false, "lbx_2").unwrap_err().message.contains("--replace"));
        assert_eq!(std::fs::read_to_string(&file).unwrap(), "lbx_1\n");
        put(true, "lbx_3").unwrap();
        assert_eq!(std::fs::read_to_string(&file).unwrap(), "lbx_3\n");
    }

    #[test]
    fn what_is_made_ready_and_not_needed_leaves_nothing() {
        let dir = tempfile::tempdir().unwrap();
        drop(Place::ready(Some(&dir.path().join("web.secret")), false).unwrap());
        assert_eq!(std::fs::read_dir(dir.path()).unwrap().count(), 0);
        assert!(Place::ready(Some(&dir.path().join("no/web.secret")), false).is_err());
        assert!(Place::ready(None, false).unwrap().is_none());
    }

    #[test]
    fn what_came_there_meanwhile_is_left_alone_and_the_secret_is_not_lost() {
        let dir = tempfile::tempdir().unwrap();
        let file = dir.path().join("ana.token");
        let place = Place::ready(Some(&file), false).unwrap().unwrap();
        std::fs::write(&file, "somebody's").unwrap();
        let told = place.put("lbx_1").unwrap_err().message;
        assert_eq!(std::fs::read_to_string(&file).unwrap(), "somebody's");
        let mut others = std::fs::read_dir(dir.path()).unwrap().map(|entry| entry.unwrap().path());
        let kept = others.find(|path| *path != file).unwrap();
        assert_eq!(std::fs::read_to_string(&kept).unwrap(), "lbx_1\n");
        assert!(told.contains(&kept.display().to_string()), "{told}");
    }
}
