//! Parameters of our own Record-Route URIs.

use kamjit_engine::{Arg, Ctx, Ret};

use super::loose::Followed;

/// Parameters for the Record-Route of this message that have no header yet, and where the header is if it has.
#[derive(Default)]
pub(super) struct Pending {
    /// With their semicolons.
    pub(super) text: Vec<u8>,
    /// The inserts that take further parameters.
    pub(super) recorded: bool,
}

/// `add_rr_param(";x=y")`.
pub(super) fn add_rr_param<'m>(ctx: &mut Ctx<'m>, args: &'m [Arg]) -> Ret {
    let Some(text) = args.first().map(|arg| arg.text(ctx)) else { return Ret::FALSE };
    add_param(ctx, text).into()
}

/// Adds parameters (with their semicolons) to the Record-Route of this message, whether it is recorded already or
/// will be. For modules that keep something in the dialog's route.
pub fn add_param(ctx: &mut Ctx<'_>, text: &[u8]) -> bool {
    let pending = ctx.ext.or_default::<Pending>();
    pending.text.extend_from_slice(text);
    if pending.recorded {
        return super::record::write_again(ctx);
    }
    true
}

/// `check_route_param(re)`: the parameters of our Route match.
pub(super) fn check_route_param<'m>(ctx: &mut Ctx<'m>, args: &'m [Arg]) -> Ret {
    let (Some(Arg::Regex(regex)), Some(followed)) = (args.first(), ctx.ext.get::<Followed>()) else {
        return Ret::FALSE;
    };
    (!followed.params.is_empty() && regex.is_match(&followed.params)).into()
}
