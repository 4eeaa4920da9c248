//! Free ports for servers, reserved across all test processes of the machine.

use std::fs::{File, OpenOptions, create_dir_all};
use std::net::{TcpListener, UdpSocket};
use std::os::fd::AsRawFd;
use std::sync::atomic::{AtomicU16, Ordering};

const FIRST: u16 = 20_000;
const COUNT: u16 = 10_000;

/// A port that nobody else of these tests uses while this value lives.
///
/// The range lies below the kernel's ephemeral ports, so that the agents' own sockets never take one, and every port
/// has five digits, so that masked messages keep their length.
#[derive(Debug)]
pub struct Port {
    /// The number.
    pub number: u16,
    _lock: File,
}

impl Port {
    /// Reserves two neighbouring ports (a phone that listens for SIP also takes the next one for TLS).
    pub fn reserve_two() -> [Self; 2] {
        for _ in 0..COUNT {
            let first = Self::reserve();
            if let Some(second) = Self::take(first.number + 1) {
                return [first, second];
            }
        }
        panic!("no two free ports");
    }

    /// Reserves a port that is free on loopback for UDP and TCP.
    pub fn reserve() -> Self {
        static NEXT: AtomicU16 = AtomicU16::new(0);
        let start = (std::process::id() % u32::from(COUNT)) as u16;
        for _ in 0..COUNT {
            let step = NEXT.fetch_add(7, Ordering::Relaxed) % COUNT;
            let number = FIRST + (start + step) % COUNT;
            if let Some(port) = Self::take(number) {
                return port;
            }
        }
        panic!("no free port");
    }

    fn take(number: u16) -> Option<Self> {
        let dir = std::env::temp_dir().join("kamjit-test-ports");
        create_dir_all(&dir).ok()?;
        let lock = OpenOptions::new()
            .create(true)
            .truncate(false)
            .write(true)
            .open(dir.join(number.to_string()))
            .ok()?;
        // SAFETY: flock on a descriptor that `lock` owns.
        if unsafe { libc::flock(lock.as_raw_fd(), libc::LOCK_EX | libc::LOCK_NB) } != 0 {
            return None;
        }
        let free = UdpSocket::bind(("127.0.0.1", number)).is_ok()
            && TcpListener::bind(("127.0.0.1", number)).is_ok();
        free.then_some(Self { number, _lock: lock })
    }
}
