//! Answering OPTIONS that are meant for the server itself (RFC 3261 section 11.2).

use kamjit_engine::{Arg, Ctx, Ret};
use kamjit_sip::{Method, edit::ReplyPart};

use super::STATE;

/// `options_reply()`: for OPTIONS without a user in the request URI; false for anything else.
pub(super) fn options_reply<'m>(ctx: &mut Ctx<'m>, _: &'m [Arg]) -> Ret {
    let for_us = ctx.msg.method() == Method::OPTIONS
        && ctx.parsed_ruri().is_some_and(|uri| uri.user.is_empty() && !uri.is_tel());
    let Some(state) = STATE.get(ctx).filter(|_| for_us) else { return Ret::FALSE };
    ctx.edits.add_to_replies(ReplyPart::Header, &state.options_headers);
    crate::sl::stateful_or_stateless(ctx, 200, b"OK").into()
}
