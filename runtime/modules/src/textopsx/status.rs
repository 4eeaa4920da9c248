//! Changing the first line of a reply.

use kamjit_engine::{
    Arg, Ctx, Ret,
    log::{self, Level},
};
use kamjit_sip::FirstLine;

/// `change_reply_status(code, reason)`: the class stays, except that 3xx and up may become each other; a 2xx is
/// never made or unmade (README, "change_reply_status").
pub(super) fn change<'m>(ctx: &mut Ctx<'m>, args: &'m [Arg]) -> Ret {
    let [code, reason, ..] = args else { return Ret::FALSE };
    let (code, reason) = (code.int(ctx), reason.text(ctx));
    change_to(ctx, code, Some(reason))
}

/// `change_reply_status_code(code)`: the phrase stays.
pub(super) fn change_code<'m>(ctx: &mut Ctx<'m>, args: &'m [Arg]) -> Ret {
    let Some(code) = args.first().map(|arg| arg.int(ctx)) else { return Ret::FALSE };
    change_to(ctx, code, None)
}

fn change_to(ctx: &mut Ctx<'_>, code: i64, reason: Option<&[u8]>) -> Ret {
    let msg = ctx.msg;
    let FirstLine::Reply(line) = msg.first_line() else { return Ret::FALSE };
    let (old, new) = (i64::from(line.status / 100), code / 100);
    let allowed = (100..=699).contains(&code) && (old == new || (old >= 3 && new >= 3));
    if !allowed {
        log::core(Level::Err, format_args!("change_reply_status: {} can't become {code}", line.status));
        return Ret::FALSE;
    }
    let mut parts = vec![(line.status_raw, code.to_string().into_bytes())];
    if let Some(reason) = reason {
        parts.push((line.reason, reason.to_vec()));
    }
    for (old, new) in parts {
        if let Some(offset) = msg.offset_of(old) {
            ctx.edits.replace(offset, old.len(), &new);
        }
    }
    Ret::TRUE
}
