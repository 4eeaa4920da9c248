//! Files of control transports: where they are, whose they are.

use std::{
    ffi::CString,
    io,
    os::unix::{ffi::OsStrExt, fs::FileTypeExt},
    path::{Path, PathBuf},
};

use kamjit_catalog::{ConfigValue, HostError};

use crate::{engine::Engine, init::Init};

/// Mode and owner of a control file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Ownership {
    /// Permission bits.
    pub mode: u32,
    /// User, if it shall not be the server's.
    pub user: Option<libc::uid_t>,
    /// Group, if it shall not be the server's.
    pub group: Option<libc::gid_t>,
}

impl Ownership {
    /// Reads three module parameters; user and group are numbers or names.
    ///
    /// # Errors
    /// A name that the system does not know.
    pub fn from_params(init: &Init<'_>, mode: &str, user: &str, group: &str) -> Result<Ownership, HostError> {
        let last = |name: &str| match init.all(name).last()? {
            ConfigValue::Int(n) => u32::try_from(*n).ok().map(Ok),
            ConfigValue::Str(text) if text.is_empty() => None,
            ConfigValue::Str(text) => Some(Err(String::from_utf8_lossy(text).into_owned())),
            ConfigValue::Word(word) => Some(Err(word.clone())),
        };
        let id = |name: &str, look_up: fn(&str) -> Option<u32>| match last(name) {
            None => Ok(None),
            Some(Ok(id)) => Ok(Some(id)),
            Some(Err(text)) => match look_up(&text) {
                Some(id) => Ok(Some(id)),
                None => Err(HostError::new(format!("{name}: the system does not know '{text}'"))),
            },
        };
        let mode = u32::try_from(init.int(mode)).unwrap_or(0o600) & 0o7777;
        Ok(Ownership { mode, user: id(user, user_id)?, group: id(group, group_id)? })
    }

    /// Gives a file this mode and owner.
    ///
    /// # Errors
    /// What the system says.
    pub fn apply(&self, path: &Path) -> io::Result<()> {
        use std::os::unix::fs::PermissionsExt;
        std::fs::set_permissions(path, std::fs::Permissions::from_mode(self.mode))?;
        if self.user.is_some() || self.group.is_some() {
            std::os::unix::fs::chown(path, self.user, self.group)?;
        }
        Ok(())
    }
}

fn user_id(name: &str) -> Option<u32> {
    let name = CString::new(name).ok()?;
    // SAFETY: a NUL-terminated name; called at start, from one thread.
    let entry = unsafe { libc::getpwnam(name.as_ptr()) };
    // SAFETY: null or a valid entry of the C library.
    unsafe { entry.as_ref() }.map(|e| e.pw_uid)
}

fn group_id(name: &str) -> Option<u32> {
    let name = CString::new(name).ok()?;
    // SAFETY: a NUL-terminated name; called at start, from one thread.
    let entry = unsafe { libc::getgrnam(name.as_ptr()) };
    // SAFETY: null or a valid entry of the C library.
    unsafe { entry.as_ref() }.map(|e| e.gr_gid)
}

/// A path as a configuration writes it: relative ones stand in the run directory (`-Y`).
pub fn control_path(engine: &Engine, path: &[u8]) -> PathBuf {
    let path = Path::new(std::ffi::OsStr::from_bytes(path));
    if path.is_absolute() { path.to_owned() } else { Path::new(&engine.start.run_dir).join(path) }
}

/// Removes what an earlier run left: a socket or fifo, never any other file.
///
/// # Errors
/// The path exists and is something else, or it can't be removed.
pub fn remove_stale(path: &Path) -> io::Result<()> {
    let kind = match std::fs::symlink_metadata(path) {
        Ok(meta) => meta.file_type(),
        Err(e) if e.kind() == io::ErrorKind::NotFound => return Ok(()),
        Err(e) => return Err(e),
    };
    if kind.is_socket() || kind.is_fifo() {
        return std::fs::remove_file(path);
    }
    Err(io::Error::new(io::ErrorKind::AlreadyExists, "the path is taken by another file"))
}

/// An error of a module's start that names a path.
pub fn path_error(what: &str, path: &Path, error: &io::Error) -> HostError {
    HostError::new(format!("cannot {what} {}: {error}", path.display()))
}
