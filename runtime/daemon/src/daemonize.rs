//! Becoming a daemon: the parent stays until the server answers, and exits with its verdict.

use std::{
    fs::File,
    io::{self, Read, Write},
    os::fd::{AsRawFd, FromRawFd, OwnedFd},
    path::Path,
};

/// The child's end of the pipe to the waiting parent.
pub struct Parent(Option<File>);

impl Parent {
    /// No parent waits (foreground).
    pub fn none() -> Parent {
        Parent(None)
    }

    /// The server answers: the parent may exit 0.
    pub fn ready(&mut self) {
        if let Some(mut pipe) = self.0.take() {
            let _ = pipe.write_all(&[0]);
        }
    }
}

/// Forks into the background. In the parent this does not return: it waits for the child's word and exits 0, or
/// with 255 when the child goes away without it. Must be called while the process has one thread.
pub fn fork() -> io::Result<Parent> {
    let mut ends = [0; 2];
    // SAFETY: the array has room for both descriptors.
    if unsafe { libc::pipe2(ends.as_mut_ptr(), libc::O_CLOEXEC) } != 0 {
        return Err(io::Error::last_os_error());
    }
    // SAFETY: both descriptors were just made and belong to nobody else.
    let (read, write) = unsafe { (OwnedFd::from_raw_fd(ends[0]), OwnedFd::from_raw_fd(ends[1])) };
    // SAFETY: the process has one thread (the caller's promise), so the child may go on as it likes.
    match unsafe { libc::fork() } {
        -1 => Err(io::Error::last_os_error()),
        0 => {
            drop(read);
            // SAFETY: no memory is involved.
            unsafe { libc::setsid() };
            Ok(Parent(Some(File::from(write))))
        }
        _ => {
            drop(write);
            let mut word = [0];
            let code = match File::from(read).read(&mut word) {
                Ok(1) => 0,
                _ => 255,
            };
            std::process::exit(code);
        }
    }
}

/// Points stdin and stdout, and stderr unless the log goes there, to `/dev/null`.
pub fn detach(keep_stderr: bool) -> io::Result<()> {
    let null = File::options().read(true).write(true).open("/dev/null")?;
    for fd in 0..if keep_stderr { 2 } else { 3 } {
        // SAFETY: both are open descriptors.
        if unsafe { libc::dup2(null.as_raw_fd(), fd) } < 0 {
            return Err(io::Error::last_os_error());
        }
    }
    Ok(())
}

/// Writes a pid file.
pub fn write_pid(path: &Path, pid: u32) -> io::Result<()> {
    std::fs::write(path, format!("{pid}\n"))
}

/// The numbers of a user and a group to run as; a user brings its primary group.
pub fn find_account(user: Option<&str>, group: Option<&str>) -> io::Result<(Option<u32>, Option<u32>)> {
    let account = user.map(find_user).transpose()?;
    let gid = match group {
        Some(group) => Some(find_group(group)?),
        None => account.map(|(_, gid)| gid),
    };
    Ok((account.map(|(uid, _)| uid), gid))
}

/// Changes group, then user. Names or numbers.
pub fn drop_privileges(user: Option<&str>, group: Option<&str>) -> io::Result<()> {
    let (uid, gid) = find_account(user, group)?;
    if let Some(gid) = gid {
        // SAFETY: plain system calls on numbers.
        if unsafe { libc::setgroups(1, &gid) } != 0 || unsafe { libc::setgid(gid) } != 0 {
            return Err(io::Error::last_os_error());
        }
    }
    if let Some(uid) = uid {
        // SAFETY: as above.
        if unsafe { libc::setuid(uid) } != 0 {
            return Err(io::Error::last_os_error());
        }
    }
    Ok(())
}

/// User and primary group of an account, from `/etc/passwd`.
fn find_user(name: &str) -> io::Result<(u32, u32)> {
    let passwd = std::fs::read_to_string("/etc/passwd")?;
    let found = passwd.lines().find_map(|line| {
        let fields: Vec<&str> = line.split(':').collect();
        let (uid, gid) = (fields.get(2)?.parse().ok()?, fields.get(3)?.parse().ok()?);
        (fields[0] == name || fields[2] == name).then_some((uid, gid))
    });
    match (found, name.parse::<u32>()) {
        (Some(found), _) => Ok(found),
        (None, Ok(uid)) => Ok((uid, uid)),
        _ => Err(io::Error::new(io::ErrorKind::NotFound, format!("there is no user {name}"))),
    }
}

fn find_group(name: &str) -> io::Result<u32> {
    let groups = std::fs::read_to_string("/etc/group")?;
    let found = groups.lines().find_map(|line| {
        let fields: Vec<&str> = line.split(':').collect();
        (fields.first() == Some(&name)).then(|| fields.get(2)?.parse().ok()).flatten()
    });
    match (found, name.parse()) {
        (Some(gid), _) | (None, Ok(gid)) => Ok(gid),
        _ => Err(io::Error::new(io::ErrorKind::NotFound, format!("there is no group {name}"))),
    }
}
