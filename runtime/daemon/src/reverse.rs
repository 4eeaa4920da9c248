//! Names of our own addresses, for `auto_aliases`.

use std::{ffi::CStr, net::IpAddr, sync::mpsc, time::Duration};

use socket2::SockAddr;

/// How long the start may be held up by a name server that does not answer.
const PATIENCE: Duration = Duration::from_millis(500);

/// The name of an address (`/etc/hosts`, then DNS); `None` if it has none or nobody answers in time.
pub fn reverse_name(ip: IpAddr) -> Option<String> {
    let (answer, asked) = mpsc::channel();
    std::thread::spawn(move || {
        let _ = answer.send(lookup(ip));
    });
    asked.recv_timeout(PATIENCE).ok().flatten()
}

fn lookup(ip: IpAddr) -> Option<String> {
    let addr = SockAddr::from(std::net::SocketAddr::new(ip, 0));
    let mut host = [0u8; 256];
    // SAFETY: address and buffer are given with their lengths; no service name is asked for.
    let code = unsafe {
        libc::getnameinfo(
            addr.as_ptr().cast(),
            addr.len(),
            host.as_mut_ptr().cast(),
            host.len() as libc::socklen_t,
            std::ptr::null_mut(),
            0,
            libc::NI_NAMEREQD,
        )
    };
    if code != 0 {
        return None;
    }
    CStr::from_bytes_until_nul(&host).ok()?.to_str().ok().map(str::to_owned)
}
