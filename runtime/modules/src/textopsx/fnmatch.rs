//! `fnmatch(value, pattern[, flags])`: shell patterns.

use std::ffi::CString;

use kamjit_engine::{Arg, Ctx, Ret};

/// Whether a value matches a shell pattern. Flags change nothing (captured: case counts even with `i`).
pub(super) fn run<'m>(ctx: &mut Ctx<'m>, args: &'m [Arg]) -> Ret {
    let [value, pattern, ..] = args else { return Ret::FALSE };
    let (value, pattern) = (value.text(ctx), pattern.text(ctx));
    let (Ok(value), Ok(pattern)) = (CString::new(value), CString::new(pattern)) else { return Ret::FALSE };
    // SAFETY: both are strings that end in NUL.
    Ret::from(unsafe { libc::fnmatch(pattern.as_ptr(), value.as_ptr(), 0) } == 0)
}
