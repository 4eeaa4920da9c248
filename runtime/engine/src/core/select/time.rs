//! `@sys.now.local`, `@sys.now.utc["%Y"]`.

use std::ffi::CString;

use crate::{ctx::Ctx, value::Val};

/// Which clock.
#[derive(Clone, Copy)]
pub(super) enum Zone {
    Local,
    Utc,
}

/// Longest result.
const MAX: usize = 256;

/// The time in a form of `strftime`; without one as `Mon Nov 23 22:59:20 2026`.
pub(super) fn now<'m>(ctx: &Ctx<'m>, zone: Zone, format: &[u8]) -> Val<'m> {
    let format = if format.is_empty() { b"%a %b %e %H:%M:%S %Y" } else { format };
    let Ok(format) = CString::new(format) else { return Val::Null };
    let seconds = super::read::unix_time();
    // SAFETY: an all-zero `tm` is valid; both functions only write to it.
    let mut tm: libc::tm = unsafe { std::mem::zeroed() };
    let time = seconds as libc::time_t;
    // SAFETY: both pointers are valid for the call.
    let done = unsafe {
        match zone {
            Zone::Local => libc::localtime_r(&time, &mut tm),
            Zone::Utc => libc::gmtime_r(&time, &mut tm),
        }
    };
    if done.is_null() {
        return Val::Null;
    }
    let mut out = [0u8; MAX];
    // SAFETY: `out` has `MAX` bytes, `format` ends with NUL, `tm` was filled above.
    let length = unsafe { libc::strftime(out.as_mut_ptr().cast(), MAX, format.as_ptr(), &tm) };
    Val::Str(ctx.keep(out.get(..length).unwrap_or_default()))
}
