//! `allow_source_address()`, `allow_address()`, and which group an address is in.

use kamjit_engine::{Arg, Ctx, Ret};

use super::{
    super::{STATE, set_tag},
    Asked,
};

/// The group without an argument.
const DEFAULT_GROUP: i64 = 1;

/// `allow_source_address([group])`.
pub(in super::super) fn allow_source<'m>(ctx: &mut Ctx<'m>, args: &'m [Arg]) -> Ret {
    let group = args.first().map_or(DEFAULT_GROUP, |arg| arg.int(ctx));
    let (ip, port) = (ctx.rcv.src.ip(), ctx.rcv.src.port());
    Ret::from(find(ctx, Some(group), &Asked::Ip(ip), port).is_some())
}

/// `allow_address(group, address, port)`.
pub(in super::super) fn allow<'m>(ctx: &mut Ctx<'m>, args: &'m [Arg]) -> Ret {
    let [group, address, port] = args else { return Ret::FALSE };
    let (group, address, port) = (group.int(ctx), address.text(ctx), port.int(ctx));
    let Ok(port) = u16::try_from(port) else { return Ret::FALSE };
    Ret::from(find(ctx, Some(group), &Asked::read(address), port).is_some())
}

/// `allow_source_address_group()`: the group, or -1.
pub(in super::super) fn group_of_source<'m>(ctx: &mut Ctx<'m>, _: &'m [Arg]) -> Ret {
    let (ip, port) = (ctx.rcv.src.ip(), ctx.rcv.src.port());
    as_return(find(ctx, None, &Asked::Ip(ip), port))
}

/// `allow_address_group(address, port)`: the group, or -1.
pub(in super::super) fn group<'m>(ctx: &mut Ctx<'m>, args: &'m [Arg]) -> Ret {
    let [address, port] = args else { return Ret::FALSE };
    let (address, port) = (address.text(ctx), port.int(ctx));
    let Ok(port) = u16::try_from(port) else { return Ret::FALSE };
    as_return(find(ctx, None, &Asked::read(address), port))
}

fn as_return(group: Option<i64>) -> Ret {
    Ret(group.and_then(|group| i32::try_from(group).ok()).unwrap_or(-1))
}

fn find(ctx: &mut Ctx<'_>, group: Option<i64>, asked: &Asked<'_>, port: u16) -> Option<i64> {
    let table = STATE.get(ctx)?.addresses();
    let found = table.find(group, asked, port)?;
    // Captured: the group of a name comes without its tag.
    if group.is_some() || matches!(asked, Asked::Ip(_)) {
        set_tag(ctx, found.tag);
    }
    Some(found.group)
}
