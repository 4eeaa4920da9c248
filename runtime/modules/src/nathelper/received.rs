//! Telling a registrar where a REGISTER came from: `fix_nated_register`, `add_rcv_param`.

use kamjit_engine::{Arg, Ctx, Ret, Val};
use kamjit_sip::{Contacts, HeaderKind, Proto};

use super::{
    STATE,
    contact::{concat, source_host},
};

/// The source as an alias: `ip~port~number of the transport`.
pub fn alias_of_source<'m>(ctx: &Ctx<'m>) -> &'m [u8] {
    let tail = ctx.format(format_args!("~{}~{}", ctx.rcv.src.port(), ctx.rcv.proto as u8));
    concat(ctx, &[source_host(ctx), tail])
}

/// The source as a URI.
fn source_uri<'m>(ctx: &Ctx<'m>) -> &'m [u8] {
    let port = ctx.rcv.src.port();
    let tail = match ctx.rcv.proto {
        Proto::Udp => ctx.format(format_args!(":{port}")),
        proto => ctx.format(format_args!(":{port};transport={}", proto.name())),
    };
    concat(ctx, &[b"sip:", source_host(ctx), tail])
}

/// `fix_nated_register()`: the source goes into `received_avp`.
pub(super) fn fix_register<'m>(ctx: &mut Ctx<'m>, _: &'m [Arg]) -> Ret {
    let Some(avp) = STATE.get(ctx).and_then(|state| state.received_avp.as_ref()) else { return Ret::FALSE };
    let uri = source_uri(ctx);
    avp.set(ctx, Val::Str(uri)).into()
}

/// `add_rcv_param([flag])`: the source as a parameter of every contact; with the flag of its URI, which is for UDP
/// only (captured).
pub(super) fn add_param<'m>(ctx: &mut Ctx<'m>, args: &'m [Arg]) -> Ret {
    let to_uri = args.first().map_or(0, |arg| arg.int(ctx)) != 0;
    if to_uri && ctx.rcv.proto != Proto::Udp {
        return Ret::FALSE;
    }
    if ctx.msg.header(HeaderKind::Contact).is_none() {
        return Ret::TRUE;
    }
    let all = match ctx.msg.contacts() {
        Ok(Contacts::List(all)) => all,
        Ok(Contacts::Star) => return Ret::TRUE,
        Err(_) => return Ret::FALSE,
    };
    // A text without a colon is no URI at all (captured).
    if all.iter().any(|contact| !contact.uri.contains(&b':')) {
        return Ret::FALSE;
    }
    let uri = source_uri(ctx);
    for contact in all {
        let (behind, param) = if to_uri {
            (contact.uri, concat(ctx, &[b";received=", uri]))
        } else {
            (contact.raw, concat(ctx, &[b";received=\"", uri, b"\""]))
        };
        if let Some(at) = ctx.msg.offset_of(behind) {
            ctx.edits.insert(at + behind.len(), param);
        }
    }
    Ret::TRUE
}
