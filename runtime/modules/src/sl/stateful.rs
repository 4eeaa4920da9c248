//! What `sl` asks `tm`: is there a transaction, and what went wrong last.

use kamjit_engine::Ctx;

/// Replies with the transaction of the context; `None` if there is none.
pub(super) fn reply_if_transaction(ctx: &mut Ctx<'_>, code: i64, reason: &[u8]) -> Option<bool> {
    crate::tm::reply_if_transaction(ctx, u16::try_from(code).unwrap_or(500), reason)
}

/// Code and phrase for the last failure of a tm function.
pub(super) fn last_error(ctx: &Ctx<'_>) -> Option<(u16, &'static str)> {
    crate::tm::last_error(ctx).map(|(_, code, reason)| (code, reason))
}

/// The real server's number of the last error, as `sl_reply_error()` writes it into the phrase.
pub(super) fn error_number(ctx: &Ctx<'_>) -> i32 {
    crate::tm::last_error(ctx).map_or(1, |(number, ..)| number)
}

/// The To-tag of replies that the transaction sends.
pub(super) fn local_tag<'m>(ctx: &Ctx<'m>) -> Option<&'m [u8]> {
    crate::tm::local_tag(ctx)
}
