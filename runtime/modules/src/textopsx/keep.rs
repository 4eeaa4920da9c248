//! `keep_hf([pattern])`: removes what is neither needed nor wanted.

use kamjit_engine::{Arg, Ctx, Ret};
use kamjit_sip::HeaderKind;

/// Headers that a message can't do without (captured: Content-Type stays as well).
const NEEDED: &[HeaderKind] = &[
    HeaderKind::Via,
    HeaderKind::From,
    HeaderKind::To,
    HeaderKind::CallId,
    HeaderKind::CSeq,
    HeaderKind::Route,
    HeaderKind::RecordRoute,
    HeaderKind::Contact,
    HeaderKind::MaxForwards,
    HeaderKind::ContentType,
    HeaderKind::ContentLength,
];

/// Removes all headers whose name does not match; those that are needed stay. Returns -1 as the real server does
/// (captured), which the script sees as false.
pub(super) fn run<'m>(ctx: &mut Ctx<'m>, args: &'m [Arg]) -> Ret {
    let pattern = match args.first() {
        Some(Arg::Regex(regex)) => Some(regex),
        _ => None,
    };
    for header in ctx.msg.headers() {
        let wanted = NEEDED.contains(&header.kind) || pattern.is_some_and(|p| p.is_match(header.name_raw));
        if !wanted {
            ctx.edits.remove_header(header);
        }
    }
    Ret::FALSE
}
