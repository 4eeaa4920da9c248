//! `fnmatch(value, pattern[, flags])`: shell patterns.

use std::ffi::CString;

use kamjit_engine::{Arg, Ctx, Ret};

/// glibc's `FNM_CASEFOLD`.
const CASEFOLD: libc::c_int = 1 << 4;

/// Whether a value matches a shell pattern; the flag `i` ignores case.
pub(super) fn run<'m>(ctx: &mut Ctx<'m>, args: &'m [Arg]) -> Ret {
    let [value, pattern, ..] = args else { return Ret::FALSE };
    let (value, pattern) = (value.text(ctx), pattern.text(ctx));
    let flags = match args.get(2).map(|arg| arg.text(ctx)) {
        Some(b"i") => CASEFOLD,
        _ => 0,
    };
    let (Ok(value), Ok(pattern)) = (CString::new(value), CString::new(pattern)) else { return Ret::FALSE };
    // SAFETY: both are strings that end in NUL.
    Ret::from(unsafe { libc::fnmatch(pattern.as_ptr(), value.as_ptr(), flags) } == 0)
}
