//! `nat_uac_test` and `is_rfc1918`.

use std::net::{IpAddr, Ipv4Addr};

use kamjit_engine::{Arg, Ctx, Ret};
use kamjit_sip::{Proto, Uri, sdp, text::parse_u16};

use super::{STATE, contact::with_uri};

/// Flags of `nat_uac_test()` (README, "nat_uac_test").
mod flag {
    pub(super) const CONTACT_PRIVATE: i64 = 1;
    pub(super) const VIA_DIFFERS: i64 = 2;
    pub(super) const VIA_PRIVATE: i64 = 4;
    pub(super) const SDP_PRIVATE: i64 = 8;
    pub(super) const VIA_PORT_DIFFERS: i64 = 16;
    pub(super) const SOURCE_PRIVATE: i64 = 32;
    pub(super) const WEBSOCKET: i64 = 64;
    pub(super) const CONTACT_PORT_DIFFERS: i64 = 128;
    pub(super) const SDP_DIFFERS: i64 = 256;
    pub(super) const TARGET_DIFFERS: i64 = 512;
}

/// Networks that count as private: address and length of the mask.
const PRIVATE: [([u8; 4], u32); 5] = [
    ([10, 0, 0, 0], 8),
    ([172, 16, 0, 0], 12),
    ([192, 168, 0, 0], 16),
    // RFC 6598.
    ([100, 64, 0, 0], 10),
    // RFC 7335.
    ([192, 0, 0, 0], 29),
];
/// Counted with `nat_addr_mode` 1.
const RESERVED: ([u8; 4], u32) = ([192, 0, 0, 0], 24);

fn is_in(ip: Ipv4Addr, (network, mask): ([u8; 4], u32)) -> bool {
    (u32::from(ip) ^ u32::from_be_bytes(network)) >> (32 - mask) == 0
}

/// An IPv4 address in any form that `inet_aton` takes (captured: `10.0.0` is one): up to four numbers, the last of
/// which fills what is left.
fn ipv4(text: &[u8]) -> Option<Ipv4Addr> {
    let text = std::str::from_utf8(text).ok()?;
    let (mut address, mut count, mut last) = (0u32, 0, 0);
    for part in text.split('.') {
        if count == 4 || (count > 0 && last > 255) {
            return None;
        }
        if count > 0 {
            address |= last << (32 - 8 * count);
        }
        last = number(part)?;
        count += 1;
    }
    let room = 32 - 8 * (count - 1);
    if room < 32 && last >> room != 0 {
        return None;
    }
    Some(Ipv4Addr::from(address | last))
}

/// Decimal, octal with `0`, hexadecimal with `0x`.
fn number(text: &str) -> Option<u32> {
    if text.starts_with('+') {
        return None;
    }
    match (text.strip_prefix("0x"), text.strip_prefix('0').filter(|rest| !rest.is_empty())) {
        (Some(hex), _) => u32::from_str_radix(hex, 16).ok(),
        (None, Some(octal)) => u32::from_str_radix(octal, 8).ok(),
        (None, None) => text.parse().ok(),
    }
}

fn is_private_host(ctx: &Ctx<'_>, host: &[u8]) -> bool {
    let reserved_too = STATE.get(ctx).is_some_and(|state| state.reserved_too);
    ipv4(host).is_some_and(|ip| {
        PRIVATE.iter().any(|network| is_in(ip, *network)) || (reserved_too && is_in(ip, RESERVED))
    })
}

/// `is_rfc1918(address)`.
pub(super) fn is_private<'m>(ctx: &mut Ctx<'m>, args: &'m [Arg]) -> Ret {
    let Some(host) = args.first().map(|arg| arg.text(ctx)) else { return Ret::FALSE };
    is_private_host(ctx, host).into()
}

/// `nat_uac_test(flags)`: true if one of the tests says so.
pub(super) fn run<'m>(ctx: &mut Ctx<'m>, args: &'m [Arg]) -> Ret {
    let wanted = args.first().map_or(0, |arg| arg.int(ctx));
    let ctx = &*ctx;
    let test = |bit: i64, holds: fn(&Ctx<'_>) -> bool| wanted & bit != 0 && holds(ctx);
    let found = test(flag::VIA_PORT_DIFFERS, via_port_differs)
        || test(flag::VIA_DIFFERS, via_differs)
        || test(flag::CONTACT_PRIVATE, contact_private)
        || test(flag::SDP_PRIVATE, sdp_private)
        || test(flag::VIA_PRIVATE, via_private)
        || test(flag::SOURCE_PRIVATE, |ctx| is_private_host(ctx, ctx.source_ip()))
        || test(flag::WEBSOCKET, |ctx| matches!(ctx.rcv.proto, Proto::Ws | Proto::Wss))
        || test(flag::CONTACT_PORT_DIFFERS, contact_port_differs)
        || test(flag::SDP_DIFFERS, sdp_differs)
        || test(flag::TARGET_DIFFERS, target_differs);
    found.into()
}

fn via_port_differs(ctx: &Ctx<'_>) -> bool {
    ctx.msg.via(0).is_some_and(|via| via.port.unwrap_or(5060) != ctx.rcv.src.port())
}

/// Names are not looked up (captured).
fn via_differs(ctx: &Ctx<'_>) -> bool {
    let ip = |host: &[u8]| -> Option<IpAddr> {
        let host = host.strip_prefix(b"[").and_then(|h| h.strip_suffix(b"]")).unwrap_or(host);
        std::str::from_utf8(host).ok()?.parse().ok()
    };
    ctx.msg.via(0).is_some_and(|via| ip(via.host) != Some(ctx.rcv.src.ip()))
}

fn via_private(ctx: &Ctx<'_>) -> bool {
    ctx.msg.via(0).is_some_and(|via| is_private_host(ctx, via.host))
}

fn contact_private(ctx: &Ctx<'_>) -> bool {
    with_uri(ctx).is_some_and(|(_, uri)| is_private_host(ctx, uri.host))
}

fn contact_port_differs(ctx: &Ctx<'_>) -> bool {
    with_uri(ctx).is_some_and(|(_, uri)| uri.port_or_default() != ctx.rcv.src.port())
}

/// A stream's address, its own or that of the session, is private.
fn sdp_private(ctx: &Ctx<'_>) -> bool {
    let Some(sdp) = sdp::usable_of_message(ctx.msg) else { return false };
    let session = sdp::connection(sdp.session);
    sdp.media()
        .any(|media| sdp::connection(media.raw).or(session).is_some_and(|c| is_private_host(ctx, c.address)))
}

/// The session's address is not the source (captured: those of the streams do not count).
fn sdp_differs(ctx: &Ctx<'_>) -> bool {
    let Some(sdp) = sdp::usable_of_message(ctx.msg) else { return false };
    sdp::connection(sdp.session).and_then(|c| c.ip()).is_some_and(|ip| ip != ctx.rcv.src.ip())
}

/// A request goes elsewhere than its URI says, or over WebSocket; a reply's next hop is not where its Via says.
fn target_differs(ctx: &Ctx<'_>) -> bool {
    if !ctx.msg.is_request() {
        let Some(via) = ctx.msg.via(1) else { return false };
        let websocket = matches!(via.proto, Some(Proto::Ws | Proto::Wss));
        let port = via.rport.and_then(|p| parse_u16(p.value?)).filter(|p| *p != via.port.unwrap_or(5060));
        return websocket || port.is_some() || via.received.is_some_and(|host| host != via.host);
    }
    let websocket = |uri: &Uri<'_>| matches!(uri.proto(), Some(Proto::Ws | Proto::Wss));
    let Some(uri) = ctx.parsed_ruri() else { return false };
    let Some(next) = ctx.main.dst_uri else { return websocket(&uri) };
    let Ok(next) = Uri::parse(next) else { return false };
    websocket(&next)
        || !next.host.eq_ignore_ascii_case(uri.host)
        || next.port_or_default() != uri.port_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_as_inet_aton_reads_them() {
        for (text, want) in [
            ("10.0.0", Some("10.0.0.0")),
            ("192.168.1", Some("192.168.0.1")),
            ("1.2.3.4", Some("1.2.3.4")),
            ("0x7f.1", Some("127.0.0.1")),
            ("1.2.3.4.5", None),
            ("1.2.3.256", None),
            ("", None),
            ("a", None),
            ("1..2", None),
        ] {
            assert_eq!(ipv4(text.as_bytes()), want.and_then(|w| w.parse().ok()), "{text}");
        }
    }
}
