//! `remove_body()`.

use kamjit_engine::{Arg, Ctx, Ret};

/// Deletes the body; Content-Type stays (captured).
pub(super) fn remove<'m>(ctx: &mut Ctx<'m>, _: &'m [Arg]) -> Ret {
    let (offset, length) = (ctx.msg.body_offset(), ctx.msg.body().len());
    if length > 0 {
        ctx.edits.delete(offset, length);
    }
    Ret::TRUE
}
