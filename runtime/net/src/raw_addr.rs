//! Socket addresses in the kernel's layout: 28 bytes, no allocation, usable in `mmsghdr`.

use std::net::{Ipv4Addr, SocketAddr, SocketAddrV4, SocketAddrV6};

/// `sockaddr_in` or `sockaddr_in6`.
#[derive(Clone, Copy)]
#[repr(C)]
pub union RawAddr {
    family: libc::sa_family_t,
    v4: libc::sockaddr_in,
    v6: libc::sockaddr_in6,
}

/// Size of the largest address.
pub const RAW_ADDR_LEN: libc::socklen_t = size_of::<RawAddr>() as libc::socklen_t;

impl RawAddr {
    /// An address of no family.
    pub fn empty() -> Self {
        // SAFETY: all members are plain integers; zero is valid for each.
        unsafe { std::mem::zeroed() }
    }

    /// Length to tell the kernel.
    pub fn len(&self) -> libc::socklen_t {
        // SAFETY: every variant begins with the family.
        match i32::from(unsafe { self.family }) {
            libc::AF_INET => size_of::<libc::sockaddr_in>() as libc::socklen_t,
            libc::AF_INET6 => size_of::<libc::sockaddr_in6>() as libc::socklen_t,
            _ => 0,
        }
    }

    /// True for an address of no family.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Pointer for system calls; valid as long as `self` is not moved.
    pub fn as_mut_ptr(&mut self) -> *mut libc::c_void {
        std::ptr::from_mut(self).cast()
    }

    /// Back to Rust's type; `None` for a family other than IP. IPv4-mapped IPv6 addresses become IPv4.
    pub fn to_socket_addr(&self) -> Option<SocketAddr> {
        // SAFETY: every variant begins with the family, and the family says which variant was written.
        unsafe {
            match i32::from(self.family) {
                libc::AF_INET => {
                    let ip = Ipv4Addr::from(u32::from_be(self.v4.sin_addr.s_addr));
                    Some(SocketAddr::V4(SocketAddrV4::new(ip, u16::from_be(self.v4.sin_port))))
                }
                libc::AF_INET6 => {
                    let ip = std::net::Ipv6Addr::from(self.v6.sin6_addr.s6_addr);
                    let port = u16::from_be(self.v6.sin6_port);
                    if let Some(v4) = ip.to_ipv4_mapped() {
                        return Some(SocketAddr::from((v4, port)));
                    }
                    Some(SocketAddr::V6(SocketAddrV6::new(ip, port, 0, self.v6.sin6_scope_id)))
                }
                _ => None,
            }
        }
    }
}

impl From<SocketAddr> for RawAddr {
    fn from(addr: SocketAddr) -> Self {
        let mut raw = RawAddr::empty();
        match addr {
            SocketAddr::V4(a) => {
                raw.v4 = libc::sockaddr_in {
                    sin_family: libc::AF_INET as libc::sa_family_t,
                    sin_port: a.port().to_be(),
                    sin_addr: libc::in_addr { s_addr: u32::from(*a.ip()).to_be() },
                    sin_zero: [0; 8],
                }
            }
            SocketAddr::V6(a) => {
                raw.v6 = libc::sockaddr_in6 {
                    sin6_family: libc::AF_INET6 as libc::sa_family_t,
                    sin6_port: a.port().to_be(),
                    sin6_flowinfo: a.flowinfo(),
                    sin6_addr: libc::in6_addr { s6_addr: a.ip().octets() },
                    sin6_scope_id: a.scope_id(),
                }
            }
        }
        raw
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_survive_the_round_trip() {
        for text in ["127.0.0.1:5060", "[::1]:5061", "255.255.255.255:65535", "[fe80::1%3]:9"] {
            let addr: SocketAddr = text.parse().expect(text);
            assert_eq!(RawAddr::from(addr).to_socket_addr(), Some(addr));
        }
        assert_eq!(RawAddr::empty().to_socket_addr(), None);
    }

    #[test]
    fn mapped_addresses_are_ipv4() {
        let addr: SocketAddr = "[::ffff:10.0.0.1]:5060".parse().expect("mapped");
        assert_eq!(RawAddr::from(addr).to_socket_addr(), "10.0.0.1:5060".parse().ok());
    }
}
