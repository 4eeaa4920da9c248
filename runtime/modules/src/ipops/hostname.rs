//! `$HN(..)`: the name of this machine.

use std::{
    net::{IpAddr, ToSocketAddrs},
    sync::OnceLock,
};

/// What is known of the machine's name.
pub(super) struct HostName {
    /// The whole name.
    pub(super) full: String,
    /// Its address; only looked up for a name with a domain (captured).
    pub(super) ip: Option<String>,
}

impl HostName {
    /// Up to the first dot.
    pub(super) fn name(&self) -> &str {
        self.full.split_once('.').map_or(&self.full, |(name, _)| name)
    }

    /// Behind the first dot.
    pub(super) fn domain(&self) -> Option<&str> {
        self.full.split_once('.').map(|(_, domain)| domain)
    }
}

/// Read once, when it is asked for first.
pub(super) fn host_name() -> &'static HostName {
    static NAME: OnceLock<HostName> = OnceLock::new();
    NAME.get_or_init(|| {
        let full = read().unwrap_or_default();
        let ip = full.contains('.').then(|| address_of(&full)).flatten();
        HostName { full, ip: ip.map(|ip| ip.to_string()) }
    })
}

fn address_of(name: &str) -> Option<IpAddr> {
    (name, 0).to_socket_addrs().ok()?.next().map(|address| address.ip())
}

fn read() -> Option<String> {
    let text = std::fs::read_to_string("/proc/sys/kernel/hostname").ok()?;
    Some(text.trim().to_owned()).filter(|name| !name.is_empty())
}
