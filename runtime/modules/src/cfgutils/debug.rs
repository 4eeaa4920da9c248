//! `abort()` and the functions that show memory.

use kamjit_engine::{
    Arg, Ctx, Ret,
    log::{self, Level},
};

/// `abort()`: ends the process at once, with a core dump if the system makes one.
pub(super) fn abort<'m>(_: &mut Ctx<'m>, _: &'m [Arg]) -> Ret {
    log::module(Level::Crit, "cfgutils", format_args!("abort() was called by the script"));
    std::process::abort()
}

/// `pkg_status()`, `shm_status()` and their summaries: there is one memory, so all of them log what the process uses.
pub(super) fn memory<'m>(_: &mut Ctx<'m>, _: &'m [Arg]) -> Ret {
    if log::enabled(Level::Info) {
        // Pages of 4 KiB: size, resident, ... (proc(5)).
        let status = std::fs::read_to_string("/proc/self/statm").unwrap_or_default();
        let mut pages = status.split(' ').filter_map(|word| word.parse::<u64>().ok()).map(|n| n * 4);
        let (size, resident) = (pages.next().unwrap_or(0), pages.next().unwrap_or(0));
        log::module(
            Level::Info,
            "cfgutils",
            format_args!("memory: {resident} KiB resident, {size} KiB mapped"),
        );
    }
    Ret::TRUE
}
