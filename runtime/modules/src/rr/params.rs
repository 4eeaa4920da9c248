//! Parameters of our own Record-Route URIs.

use kamjit_engine::{Arg, Ctx, Ret};
use kamjit_sip::edit::tag;

use super::followed;

/// Parameters for the Record-Route of this message that have no header yet, with their semicolons.
#[derive(Default)]
pub(super) struct Pending(pub(super) Vec<u8>);

/// `add_rr_param(";x=y")`.
pub(super) fn add_rr_param<'m>(ctx: &mut Ctx<'m>, args: &'m [Arg]) -> Ret {
    let Some(text) = args.first().map(|arg| arg.text(ctx)) else { return Ret::FALSE };
    add_param(ctx, text).into()
}

/// Adds parameters (with their semicolons) to the Record-Route of this message, whether it is recorded already or
/// will be. For modules that keep something in the dialog's route.
pub fn add_param(ctx: &mut Ctx<'_>, text: &[u8]) -> bool {
    if !ctx.edits.append_to_tagged(tag::RECORD_ROUTE, text) {
        ctx.ext.or_default::<Pending>().0.extend_from_slice(text);
    }
    true
}

/// `check_route_param(re)`: the parameters of our Route match.
pub(super) fn check_route_param<'m>(ctx: &mut Ctx<'m>, args: &'m [Arg]) -> Ret {
    let Some(Arg::Regex(regex)) = args.first() else { return Ret::FALSE };
    let params = followed::params(ctx);
    (!params.is_empty() && regex.is_match(params)).into()
}
