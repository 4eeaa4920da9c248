//! Contacts that a script has rewritten: other modules see the new URI although the message is not changed yet.

use kamjit_engine::Ctx;

/// The rewritten contact of a message: where its URI stands in memory, and the new one.
struct Rewritten {
    old: *const u8,
    new: Box<[u8]>,
}

/// Notes that the contact whose URI is `old`, a slice of the message, has a new URI.
pub(super) fn note(ctx: &mut Ctx<'_>, old: &[u8], new: &[u8]) {
    ctx.ext.set(Rewritten { old: old.as_ptr(), new: new.into() });
}

/// The new URI of a contact, if `fix_nated_contact()` or `set_contact_alias()` gave it one; `old` is its URI as it
/// stands in the message.
pub fn rewritten_uri<'m>(ctx: &Ctx<'m>, old: &[u8]) -> Option<&'m [u8]> {
    let rewritten = ctx.ext.get::<Rewritten>()?;
    (rewritten.old == old.as_ptr()).then(|| ctx.keep(&rewritten.new))
}
