//! `is_privacy(type)`: what the Privacy header asks for (RFC 3323, RFC 3325).

use kamjit_engine::{
    Arg, Ctx, Ret,
    catalog::{HostError, Place},
    module::Prepare,
};
use kamjit_sip::{HeaderKind, text::eq_nocase, text::trim};

const KNOWN: [&[u8]; 7] = [b"none", b"user", b"header", b"session", b"critical", b"id", b"history"];

pub(super) fn prepare(_: &mut Prepare<'_>, args: Vec<Arg>, _: &Place) -> Result<Vec<Arg>, HostError> {
    match args.first() {
        Some(Arg::Str(wanted)) if KNOWN.iter().any(|known| eq_nocase(known, wanted)) => Ok(args),
        _ => {
            Err(HostError::new("is_privacy takes none, user, header, session, critical, id or history").at(0))
        }
    }
}

/// False for all values if one of them is not known (captured).
pub(super) fn run<'m>(ctx: &mut Ctx<'m>, args: &'m [Arg]) -> Ret {
    let Some(Arg::Str(wanted)) = args.first() else { return Ret::FALSE };
    let Some(value) = ctx.msg.value(HeaderKind::Privacy) else { return Ret::FALSE };
    let mut values = value.split(|byte| *byte == b';').map(trim);
    let all_known = values.clone().all(|value| KNOWN.iter().any(|known| eq_nocase(known, value)));
    (all_known && values.any(|value| eq_nocase(value, wanted))).into()
}
