//! What networks are for (RFC 5735, RFC 6598, RFC 6890 and the registry of IPv6 address space), as
//! `detailed_ip_type()` names them. The first row that contains an address counts; names were captured.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use kamjit_engine::{Arg, Ctx, Ret, Val};

use super::address::{Address, parse};

const V4: [(Ipv4Addr, u32, &str); 17] = [
    (Ipv4Addr::new(10, 0, 0, 0), 8, "PRIVATE"),
    (Ipv4Addr::new(172, 16, 0, 0), 12, "PRIVATE"),
    (Ipv4Addr::new(192, 168, 0, 0), 16, "PRIVATE"),
    (Ipv4Addr::new(0, 0, 0, 0), 8, "PRIVATE"),
    (Ipv4Addr::new(100, 64, 0, 0), 10, "SHARED"),
    (Ipv4Addr::new(127, 0, 0, 0), 8, "LOOPBACK"),
    (Ipv4Addr::new(169, 254, 0, 0), 16, "LINK-LOCAL"),
    (Ipv4Addr::new(192, 0, 0, 0), 24, "RESERVED"),
    (Ipv4Addr::new(192, 0, 2, 0), 24, "TEST-NET"),
    (Ipv4Addr::new(192, 88, 99, 0), 24, "6TO4-RELAY"),
    (Ipv4Addr::new(198, 18, 0, 0), 15, "RESERVED"),
    (Ipv4Addr::new(198, 51, 100, 0), 24, "TEST-NET"),
    (Ipv4Addr::new(203, 0, 113, 0), 24, "TEST-NET"),
    (Ipv4Addr::new(224, 0, 0, 0), 4, "MULTICAST"),
    (Ipv4Addr::new(255, 255, 255, 255), 32, "BROADCAST"),
    (Ipv4Addr::new(240, 0, 0, 0), 4, "RESERVED"),
    (Ipv4Addr::new(0, 0, 0, 0), 0, "PUBLIC"),
];

const fn six(head: [u16; 3], tail: [u16; 3]) -> Ipv6Addr {
    Ipv6Addr::new(head[0], head[1], head[2], 0, 0, tail[0], tail[1], tail[2])
}

const NO: [u16; 3] = [0; 3];

const V6: [(Ipv6Addr, u32, &str); 14] = [
    (six(NO, NO), 128, "UNSPECIFIED"),
    (six(NO, [0, 0, 1]), 128, "LOOPBACK"),
    (six(NO, [0xffff, 0, 0]), 96, "IPV4MAP"),
    (six([0x100, 0, 0], NO), 64, "DISCARD"),
    (six([0x2001, 0, 0], NO), 32, "TEREDO"),
    (six([0x2001, 2, 0], NO), 48, "BMWG"),
    (six([0x2001, 0xdb8, 0], NO), 32, "DOCUMENTATION"),
    (six([0x2001, 0x10, 0], NO), 28, "ORCHID"),
    (six([0x2002, 0, 0], NO), 16, "6TO4"),
    (six([0x2000, 0, 0], NO), 3, "GLOBAL-UNICAST"),
    (six([0xfc00, 0, 0], NO), 7, "UNIQUE-LOCAL-UNICAST"),
    (six([0xfe80, 0, 0], NO), 10, "LINK-LOCAL-UNICAST"),
    (six([0xff00, 0, 0], NO), 8, "MULTICAST"),
    (six(NO, NO), 0, "RESERVED"),
];

fn of_v4(ip: Ipv4Addr) -> &'static str {
    let is_in = |network: Ipv4Addr, mask: u32| {
        (u32::from(ip) ^ u32::from(network)).checked_shr(32 - mask).unwrap_or(0) == 0
    };
    V4.iter().find(|(network, mask, _)| is_in(*network, *mask)).map_or("", |(.., name)| name)
}

fn of_v6(ip: Ipv6Addr) -> &'static str {
    let is_in = |network: Ipv6Addr, mask: u32| {
        (u128::from(ip) ^ u128::from(network)).checked_shr(128 - mask).unwrap_or(0) == 0
    };
    V6.iter().find(|(network, mask, _)| is_in(*network, *mask)).map_or("", |(.., name)| name)
}

/// Assigns the name of the first argument's network to the second one.
fn assign<'m>(ctx: &mut Ctx<'m>, args: &'m [Arg], wanted: fn(&Address) -> bool) -> Ret {
    let [text, target] = args else { return Ret::FALSE };
    let text = text.text(ctx);
    let (Some(address), Some(target)) = (parse(text).filter(wanted), target.pv()) else { return Ret::FALSE };
    let name = match address.ip {
        IpAddr::V4(ip) => of_v4(ip),
        IpAddr::V6(ip) => of_v6(ip),
    };
    target.set(ctx, Val::Str(name.as_bytes())).into()
}

/// `detailed_ip_type(ip, target)`.
pub(super) fn any<'m>(ctx: &mut Ctx<'m>, args: &'m [Arg]) -> Ret {
    assign(ctx, args, |_| true)
}

/// `detailed_ipv4_type(ip, target)`.
pub(super) fn v4<'m>(ctx: &mut Ctx<'m>, args: &'m [Arg]) -> Ret {
    assign(ctx, args, |address| address.ip.is_ipv4())
}

/// `detailed_ipv6_type(ip, target)`.
pub(super) fn v6<'m>(ctx: &mut Ctx<'m>, args: &'m [Arg]) -> Ret {
    assign(ctx, args, |address| address.ip.is_ipv6())
}

/// `is_ip_rfc1918(ip)`.
pub(super) fn is_private<'m>(ctx: &mut Ctx<'m>, args: &'m [Arg]) -> Ret {
    let Some(text) = args.first().map(|arg| arg.text(ctx)) else { return Ret::FALSE };
    parse(text).is_some_and(|a| matches!(a.ip, IpAddr::V4(ip) if ip.is_private())).into()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_as_captured() {
        for (ip, want) in [("0.0.0.0", "PRIVATE"), ("255.255.255.255", "BROADCAST"), ("8.8.8.8", "PUBLIC")] {
            assert_eq!(of_v4(ip.parse().unwrap()), want, "{ip}");
        }
        for (ip, want) in [("::1", "LOOPBACK"), ("fec0::1", "RESERVED"), ("2003::1", "GLOBAL-UNICAST")] {
            assert_eq!(of_v6(ip.parse().unwrap()), want, "{ip}");
        }
    }
}
