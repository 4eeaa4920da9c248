//! `fix_nated_sdp`: addresses of the session description become that of the source. What is added where, and in
//! which order, was captured.

use kamjit_engine::{Arg, Ctx, Ret};
use kamjit_sip::{
    sdp::{self, Sdp, address_of},
    text::{trim_end, without_line_end},
};

use super::{STATE, State, contact::concat};

/// Flags of `fix_nated_sdp()` (README, "fix_nated_sdp").
mod flag {
    pub(super) const DIRECTION: i64 = 1;
    pub(super) const MEDIA: i64 = 2;
    pub(super) const MARK: i64 = 4;
    pub(super) const ORIGIN: i64 = 8;
}

/// No address was replaced.
const UNCHANGED: Ret = Ret(2);

/// `fix_nated_sdp(flags [, address])`.
pub(super) fn fix<'m>(ctx: &mut Ctx<'m>, args: &'m [Arg]) -> Ret {
    let flags = args.first().map_or(0, |arg| arg.int(ctx));
    let given = args.get(1).map(|arg| arg.text(ctx));
    let (Some(state), Some(body)) = (STATE.get(ctx), sdp::of_message(ctx.msg)) else { return Ret::FALSE };
    let Some(start) = ctx.msg.offset_of(body).filter(|_| !body.is_empty()) else { return Ret::FALSE };
    let fix = Fix { ctx, state, body, start, address: given.unwrap_or_else(|| ctx.source_ip()) };
    if flags & flag::DIRECTION != 0 {
        fix.add_direction();
    }
    if flags & flag::MARK != 0 && !state.mark.is_empty() {
        fix.add_line(fix.end(), &state.mark);
    }
    match fix.replace_all(flags) {
        Some(true) => Ret::TRUE,
        Some(false) => UNCHANGED,
        None => Ret::FALSE,
    }
}

struct Fix<'c, 'm> {
    ctx: &'c Ctx<'m>,
    state: &'m State,
    body: &'m [u8],
    /// Where the description begins in the message.
    start: usize,
    address: &'m [u8],
}

impl<'m> Fix<'_, 'm> {
    /// Behind the last byte of the last line.
    fn end(&self) -> usize {
        self.start + trim_end(self.body).len()
    }

    fn add_line(&self, at: usize, line: &[u8]) {
        self.ctx.edits.insert(at, concat(self.ctx, &[b"\r\n", line]));
    }

    /// Every stream of a text with CRLF gets `a=direction:active`.
    fn add_direction(&self) {
        for media in Sdp::new(self.body).media() {
            let at = self.ctx.msg.offset_of(media.raw).unwrap_or(self.start);
            let after_crlf = at >= 2 && self.ctx.msg.buf().get(at - 2..at) == Some(b"\r\n");
            if after_crlf {
                self.add_line(at + trim_end(media.raw).len(), b"a=direction:active");
            }
        }
    }

    /// Whether an address was replaced; `None` if a line has none.
    fn replace_all(&self, flags: i64) -> Option<bool> {
        let mut changed = false;
        if flags & (flag::MEDIA | flag::ORIGIN) != 0 {
            changed |= self.replace(b"a=rtcp:", false)?;
        }
        if flags & flag::MEDIA != 0 {
            changed |= self.replace(b"c=", true)?;
        }
        if flags & flag::ORIGIN != 0 {
            changed |= self.replace(b"o=", true)?;
        }
        Some(changed)
    }

    /// Replaces the address of every line that starts so. `must`: each needs one.
    fn replace(&self, prefix: &[u8], must: bool) -> Option<bool> {
        let mut changed = false;
        for line in sdp::lines(self.body).filter(|line| line.starts_with(prefix)) {
            let old = match address_of(without_line_end(line)) {
                Some(old) => old,
                None if must => return None,
                None => continue,
            };
            // What holds a call keeps doing so.
            if matches!(old.address, b"0.0.0.0" | b"::") || old.address == self.address {
                continue;
            }
            let Some(at) = self.ctx.msg.offset_of(old.address) else { continue };
            self.ctx.edits.replace(at, old.address.len(), self.address);
            if self.state.keep_old_media_ip {
                let name: &[u8] = if old.family == b"IP6" { b"a=oldmediaip6:" } else { b"a=oldmediaip:" };
                self.add_line(self.end(), concat(self.ctx, &[name, old.address]));
            }
            changed = true;
        }
        Some(changed)
    }
}
