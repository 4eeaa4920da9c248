//! What a text is: an IPv4 address, an IPv6 address, or one in brackets.

use std::net::IpAddr;

use kamjit_engine::{Arg, Ctx, Ret};

/// An address as it may stand in a URI.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Address {
    pub(super) ip: IpAddr,
    /// IPv6 in brackets.
    pub(super) reference: bool,
}

/// An address without brackets.
pub(super) fn pure(text: &[u8]) -> Option<IpAddr> {
    std::str::from_utf8(text).ok()?.parse().ok()
}

/// An address, IPv6 also in brackets.
pub(super) fn parse(text: &[u8]) -> Option<Address> {
    match text.strip_prefix(b"[").and_then(|t| t.strip_suffix(b"]")) {
        Some(inner) => pure(inner).filter(IpAddr::is_ipv6).map(|ip| Address { ip, reference: true }),
        None => pure(text).map(|ip| Address { ip, reference: false }),
    }
}

fn first<'m>(ctx: &mut Ctx<'m>, args: &'m [Arg]) -> Option<Address> {
    parse(args.first()?.text(ctx))
}

/// `is_ip(text)`.
pub(super) fn is_ip<'m>(ctx: &mut Ctx<'m>, args: &'m [Arg]) -> Ret {
    first(ctx, args).is_some().into()
}

/// `is_pure_ip(text)`.
pub(super) fn is_pure<'m>(ctx: &mut Ctx<'m>, args: &'m [Arg]) -> Ret {
    first(ctx, args).is_some_and(|a| !a.reference).into()
}

/// `is_ipv4(text)`.
pub(super) fn is_v4<'m>(ctx: &mut Ctx<'m>, args: &'m [Arg]) -> Ret {
    first(ctx, args).is_some_and(|a| a.ip.is_ipv4()).into()
}

/// `is_ipv6(text)`.
pub(super) fn is_v6<'m>(ctx: &mut Ctx<'m>, args: &'m [Arg]) -> Ret {
    first(ctx, args).is_some_and(|a| a.ip.is_ipv6() && !a.reference).into()
}

/// `is_ipv6_reference(text)`.
pub(super) fn is_reference<'m>(ctx: &mut Ctx<'m>, args: &'m [Arg]) -> Ret {
    first(ctx, args).is_some_and(|a| a.reference).into()
}

/// `ip_type(text)`: 1 IPv4, 2 IPv6, 3 IPv6 in brackets.
pub(super) fn kind<'m>(ctx: &mut Ctx<'m>, args: &'m [Arg]) -> Ret {
    match first(ctx, args) {
        Some(Address { reference: true, .. }) => Ret(3),
        Some(Address { ip: IpAddr::V4(_), .. }) => Ret(1),
        Some(Address { ip: IpAddr::V6(_), .. }) => Ret(2),
        None => Ret::FALSE,
    }
}

/// `compare_ips(a, b)`.
pub(super) fn compare<'m>(ctx: &mut Ctx<'m>, args: &'m [Arg]) -> Ret {
    let [a, b] = args else { return Ret::FALSE };
    let (a, b) = (parse(a.text(ctx)), parse(b.text(ctx)));
    a.zip(b).is_some_and(|(a, b)| a.ip == b.ip).into()
}

/// `compare_pure_ips(a, b)`: none in brackets.
pub(super) fn compare_pure<'m>(ctx: &mut Ctx<'m>, args: &'m [Arg]) -> Ret {
    let [a, b] = args else { return Ret::FALSE };
    let (a, b) = (pure(a.text(ctx)), pure(b.text(ctx)));
    a.zip(b).is_some_and(|(a, b)| a == b).into()
}
