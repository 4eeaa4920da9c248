//! The addresses of this machine.

use std::net::{IpAddr, Ipv4Addr, SocketAddr, SocketAddrV6};

/// One address of a network interface.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct InterfaceAddr {
    /// Interface name, such as `eth0`.
    pub name: String,
    /// The address; IPv6 link-local ones carry their scope.
    pub addr: IpAddr,
    /// Scope id of an IPv6 link-local address, else 0.
    pub scope_id: u32,
    /// Loopback interface.
    pub loopback: bool,
}

impl InterfaceAddr {
    /// The address with a port, scope kept.
    pub fn with_port(&self, port: u16) -> SocketAddr {
        match self.addr {
            IpAddr::V4(ip) => SocketAddr::from((ip, port)),
            IpAddr::V6(ip) => SocketAddr::V6(SocketAddrV6::new(ip, port, 0, self.scope_id)),
        }
    }
}

/// All addresses of interfaces that are up, in the system's order. Empty when the system refuses.
pub fn interface_addrs() -> Vec<InterfaceAddr> {
    let mut found = Vec::new();
    let mut head: *mut libc::ifaddrs = std::ptr::null_mut();
    // SAFETY: `head` is a valid out pointer; the list is freed below, nothing of it is kept.
    if unsafe { libc::getifaddrs(&mut head) } != 0 {
        return found;
    }
    let mut next = head;
    while !next.is_null() {
        // SAFETY: getifaddrs gave a linked list of valid nodes that lives until freeifaddrs.
        let node = unsafe { &*next };
        if node.ifa_flags & libc::IFF_UP as u32 != 0
            && let Some((addr, scope_id)) = ip_of(node.ifa_addr)
        {
            // SAFETY: ifa_name is a NUL-terminated string of the list.
            let name = unsafe { std::ffi::CStr::from_ptr(node.ifa_name) };
            found.push(InterfaceAddr {
                name: name.to_string_lossy().into_owned(),
                addr,
                scope_id,
                loopback: node.ifa_flags & libc::IFF_LOOPBACK as u32 != 0,
            });
        }
        next = node.ifa_next;
    }
    // SAFETY: `head` came from getifaddrs and is freed once.
    unsafe { libc::freeifaddrs(head) };
    found
}

/// The index of an interface; 0 if there is none of that name.
pub fn interface_index(name: &str) -> u32 {
    let Ok(name) = std::ffi::CString::new(name) else { return 0 };
    // SAFETY: a NUL-terminated string that is only read.
    unsafe { libc::if_nametoindex(name.as_ptr()) }
}

/// IPv4 addresses that a server without any `listen=` binds, each its own socket.
pub fn default_ipv4() -> Vec<Ipv4Addr> {
    let mut ips: Vec<Ipv4Addr> = Vec::new();
    for entry in interface_addrs() {
        if let IpAddr::V4(ip) = entry.addr
            && !ips.contains(&ip)
        {
            ips.push(ip);
        }
    }
    ips
}

fn ip_of(addr: *const libc::sockaddr) -> Option<(IpAddr, u32)> {
    if addr.is_null() {
        return None;
    }
    // SAFETY: not null, and every sockaddr begins with its family.
    match i32::from(unsafe { (*addr).sa_family }) {
        libc::AF_INET => {
            // SAFETY: the family says that this is a sockaddr_in; read_unaligned asks no alignment.
            let v4 = unsafe { std::ptr::read_unaligned(addr.cast::<libc::sockaddr_in>()) };
            Some((IpAddr::V4(Ipv4Addr::from(u32::from_be(v4.sin_addr.s_addr))), 0))
        }
        libc::AF_INET6 => {
            // SAFETY: the family says that this is a sockaddr_in6.
            let v6 = unsafe { std::ptr::read_unaligned(addr.cast::<libc::sockaddr_in6>()) };
            Some((IpAddr::V6(v6.sin6_addr.s6_addr.into()), v6.sin6_scope_id))
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn loopback_is_among_the_addresses() {
        let all = interface_addrs();
        assert!(all.iter().any(|i| i.addr == IpAddr::V4(Ipv4Addr::LOCALHOST) && i.loopback));
        assert!(default_ipv4().contains(&Ipv4Addr::LOCALHOST));
    }
}
