//! Limits of the system for this process.

use kamjit_engine::{
    globals::Globals,
    log::{self, Level},
};

/// `open_files_limit` and `disable_core_dump`. What the system refuses is logged; the server starts all the same.
pub fn apply(globals: &Globals) {
    if let Ok(files @ 1..) = libc::rlim_t::try_from(globals.int("open_files_limit")) {
        set("open_files_limit", libc::RLIMIT_NOFILE, files);
    }
    if globals.int("disable_core_dump") != 0 {
        set("disable_core_dump", libc::RLIMIT_CORE, 0);
    }
}

fn set(name: &str, resource: libc::__rlimit_resource_t, value: libc::rlim_t) {
    let mut limit = libc::rlimit { rlim_cur: 0, rlim_max: 0 };
    // SAFETY: `limit` is a valid out pointer.
    let known = unsafe { libc::getrlimit(resource, &mut limit) } == 0;
    limit.rlim_cur = value;
    limit.rlim_max = if known && value < limit.rlim_max { limit.rlim_max } else { value };
    // SAFETY: `limit` is a valid pointer that is only read.
    if unsafe { libc::setrlimit(resource, &limit) } != 0 {
        let error = std::io::Error::last_os_error();
        log::core(Level::Err, format_args!("{name} could not be set to {value}: {error}"));
    }
}
