//! `sdp_remove_line_by_prefix`.

use kamjit_engine::{Arg, Ctx, Ret};
use kamjit_sip::{sdp, text::eq_nocase};

use super::read;

/// `sdp_remove_line_by_prefix(prefix [, kind])`: everywhere, or in the streams of a kind.
pub(super) fn remove<'m>(ctx: &mut Ctx<'m>, args: &'m [Arg]) -> Ret {
    let Some(prefix) = args.first().map(|arg| arg.text(ctx)) else { return Ret::FALSE };
    let kind = args.get(1).map(|arg| arg.text(ctx));
    let Some(sdp) = read::sdp(ctx) else { return Ret::FALSE };
    match kind {
        None => remove_from(ctx, sdp.raw, prefix),
        Some(kind) => {
            for media in sdp.media().filter(|media| eq_nocase(media.kind, kind)) {
                remove_from(ctx, media.raw, prefix);
            }
        }
    }
    Ret::TRUE
}

fn remove_from(ctx: &Ctx<'_>, text: &[u8], prefix: &[u8]) {
    for line in sdp::lines(text).filter(|line| line.starts_with(prefix)) {
        remove_line(ctx, line);
    }
}

/// Removes a line with its end.
pub(super) fn remove_line(ctx: &Ctx<'_>, line: &[u8]) {
    if let Some(at) = ctx.msg.offset_of(line).filter(|at| !ctx.edits.deletes(*at, line.len())) {
        ctx.edits.delete(at, line.len());
    }
}
