//! `is_in_subnet`.

use std::net::IpAddr;

use kamjit_engine::{Arg, Ctx, Ret};
use kamjit_sip::text::trim;

use super::address::pure;

/// `is_in_subnet(ip, list)`: networks separated by commas; what is none is skipped (captured).
pub(super) fn is_in<'m>(ctx: &mut Ctx<'m>, args: &'m [Arg]) -> Ret {
    let [ip, list] = args else { return Ret::FALSE };
    let (ip, list) = (ip.text(ctx), list.text(ctx));
    let Some(ip) = pure(ip) else { return Ret::FALSE };
    list.split(|b| *b == b',').any(|network| contains(trim(network), ip)).into()
}

/// Whether a network or an address contains an address. A mask that is left out behind its slash is 0 (captured).
fn contains(network: &[u8], ip: IpAddr) -> bool {
    let (address, mask) = match memchr::memchr(b'/', network) {
        Some(slash) => (&network[..slash], Some(&network[slash + 1..])),
        None => (network, None),
    };
    let Some(address) = pure(address) else { return false };
    let width = if address.is_ipv4() { 32 } else { 128 };
    let mask = match mask {
        None => width,
        Some(b"") => 0,
        Some(digits) => match kamjit_sip::text::parse_u32(digits) {
            Some(mask) if mask <= width => mask,
            _ => return false,
        },
    };
    match (address, ip) {
        (IpAddr::V4(a), IpAddr::V4(b)) => same_bits(u32::from(a).into(), u32::from(b).into(), 32, mask),
        (IpAddr::V6(a), IpAddr::V6(b)) => same_bits(a.into(), b.into(), 128, mask),
        _ => false,
    }
}

fn same_bits(a: u128, b: u128, width: u32, mask: u32) -> bool {
    (a ^ b).checked_shr(width - mask).unwrap_or(0) == 0
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn networks() {
        let ip = |text: &str| text.parse::<IpAddr>().unwrap();
        for (network, address, want) in [
            ("1.2.3.0/24", "1.2.3.4", true),
            ("1.2.3.0/33", "1.2.3.4", false),
            ("0.0.0.0/0", "9.9.9.9", true),
            ("1.2.3.0/", "9.9.9.9", true),
            ("::/0", "::1", true),
            ("2001:db8::/32", "2001:db9::1", false),
            ("1.2.3.4", "1.2.3.4", true),
            ("x/24", "1.2.3.4", false),
        ] {
            assert_eq!(contains(network.as_bytes(), ip(address)), want, "{network} {address}");
        }
    }
}
