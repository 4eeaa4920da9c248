//! `msg_apply_changes()`, `msg_set_buffer()`: the message as it has become, parsed anew.

use kamjit_engine::{
    Arg, Ctx, Ret,
    log::{self, Level},
};
use kamjit_sip::{Edits, Message, edit};

/// Does all edits recorded so far; what the script reads from now on is the changed message. Additions to replies
/// are dropped with the edits (captured).
pub(super) fn apply_changes<'m>(ctx: &mut Ctx<'m>, _: &'m [Arg]) -> Ret {
    // Captured: a Record-Route whose second half depends on where the message goes cannot be written yet.
    if ctx.edits.has_tag(edit::tag::RECORD_ROUTE) {
        log::core(Level::Err, format_args!("changes cannot be applied after record_route()"));
        return Ret::FALSE;
    }
    let hop = ctx.hop(ctx.rcv.socket);
    let changed = edit::apply(ctx.msg, &ctx.edits, ctx.main.uri, hop.as_ref(), ctx.arena);
    match take(ctx, changed.ok()) {
        Ret::TRUE => Ret::TRUE,
        // Captured: the script ends when the message that the edits made cannot be read.
        _ => Ret::EXIT,
    }
}

/// `msg_set_buffer(text)`: puts another message in the place of this one.
pub(super) fn set_buffer<'m>(ctx: &mut Ctx<'m>, args: &'m [Arg]) -> Ret {
    let Some(text) = args.first().map(|arg| arg.text(ctx)) else { return Ret::FALSE };
    let fresh = Message::parse(ctx.arena, ctx.keep(text)).ok();
    let same_kind = fresh.filter(|msg| msg.is_request() == ctx.msg.is_request());
    take(ctx, same_kind)
}

fn take<'m>(ctx: &mut Ctx<'m>, changed: Option<&'m Message<'m>>) -> Ret {
    let Some(msg) = changed.filter(|msg| !msg.is_broken()) else {
        log::core(Level::Err, format_args!("the changed message cannot be parsed: it stays as it was"));
        return Ret::FALSE;
    };
    ctx.msg = msg;
    ctx.edits = Edits::new(ctx.arena);
    ctx.main.uri = None;
    Ret::TRUE
}
