//! Folders and files for our eyes only. No link is followed, and nothing is used that others could have put there.

use std::fs::{self, DirBuilder, File, OpenOptions, Permissions};
use std::io;
use std::os::unix::fs::{DirBuilderExt, MetadataExt, OpenOptionsExt, PermissionsExt};
use std::path::{Path, PathBuf};

use super::{KeepError, at};

/// The folder, ours, and made for our eyes only if need be. One that is there keeps its rights: that others may look at
/// our files' names is no harm, since the files are closed. But they must not be able to put others in their place.
/// Returned without links, since SQLite refuses them.
///
/// # Errors
/// If it cannot be made, is no folder, belongs to somebody else, or others may write into it.
pub fn folder(dir: &Path) -> Result<PathBuf, KeepError> {
    if !dir.exists() {
        DirBuilder::new().recursive(true).mode(0o700).create(dir).map_err(at(dir))?;
    }
    let dir = dir.canonicalize().map_err(at(dir))?;
    let found = fs::metadata(&dir).map_err(at(&dir))?;
    check_owner(&dir, found.uid(), rustix::process::geteuid().as_raw())?;
    if !found.is_dir() {
        return Err(KeepError::NotPlain { path: dir, found: "something else", wanted: "folder" });
    }
    if found.mode() & 0o022 != 0 { Err(KeepError::NotPrivate(dir)) } else { Ok(dir) }
}

/// If there is such a file, it is a plain one, ours, and closed to others.
///
/// # Errors
/// If it is something else, or somebody else's.
pub fn close(path: &Path) -> Result<(), KeepError> {
    let found = match fs::symlink_metadata(path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(()),
        other => other.map_err(at(path))?,
    };
    if !found.is_file() {
        let found = if found.is_symlink() { "a link" } else { "something else" };
        return Err(KeepError::NotPlain { path: path.to_owned(), found, wanted: "file" });
    }
    check_owner(path, found.uid(), rustix::process::geteuid().as_raw())?;
    if found.mode() & 0o777 != 0o600 {
        fs::set_permissions(path, Permissions::from_mode(0o600)).map_err(at(path))?;
    }
    Ok(())
}

/// Makes the file, for our eyes only whatever the umask; leaves one that is there alone. Not for a file that SQLite has
/// open: to open and close it would drop SQLite's locks.
///
/// # Errors
/// If the operating system refuses it.
pub fn create(path: &Path) -> Result<(), KeepError> {
    match OpenOptions::new().write(true).create_new(true).mode(0o600).custom_flags(nofollow()).open(path) {
        Ok(file) => file.set_permissions(Permissions::from_mode(0o600)).map_err(at(path)),
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => Ok(()),
        Err(error) => Err(at(path)(error)),
    }
}

/// Opens a private file for reading and writing, which is made if need be.
///
/// # Errors
/// If something else is in its place.
pub fn open(path: &Path) -> Result<File, KeepError> {
    close(path)?;
    create(path)?;
    OpenOptions::new().read(true).write(true).custom_flags(nofollow()).open(path).map_err(at(path))
}

fn nofollow() -> i32 {
    i32::try_from(rustix::fs::OFlags::NOFOLLOW.bits()).unwrap_or_default()
}

fn check_owner(path: &Path, owner: u32, us: u32) -> Result<(), KeepError> {
    if owner == us { Ok(()) } else { Err(KeepError::NotYours { path: path.to_owned(), owner, us }) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_belongs_to_somebody_else_is_refused() {
        let path = Path::new("leads");
        assert!(check_owner(path, 1000, 1000).is_ok());
        let message = check_owner(path, 0, 1000).unwrap_err().to_string();
        assert!(message.starts_with("leads belongs to another user (uid 0, you are 1000)"), "{message}");
    }
}
