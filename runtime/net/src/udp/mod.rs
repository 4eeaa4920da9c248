//! UDP: sockets shared by workers, receiving and sending in batches.
//!
//! Each worker has its own socket for every listener. They share the address through `SO_REUSEPORT`; a BPF
//! selector spreads datagrams at random, so that one busy peer (a trunk) does not land on one worker.

mod bind;
mod out_queue;
mod recv;

pub use bind::{UdpOptions, bind_group};
pub use out_queue::{FlushReport, MAX_DATAGRAM, OutQueue, PushError};
pub use recv::{BATCH, Datagram, RecvBatch, SLOT_SIZE};

use crate::listen::SocketId;
use std::io;
use std::net::{SocketAddr, UdpSocket};
use std::os::fd::{AsRawFd, RawFd};
use tokio::io::Interest;
use tokio::io::unix::AsyncFd;

/// One worker's socket of one UDP listener; lives on the thread of that worker's runtime.
pub struct UdpWorker {
    id: SocketId,
    local: SocketAddr,
    fd: AsyncFd<UdpSocket>,
}

impl UdpWorker {
    /// Registers the socket with the current tokio runtime.
    ///
    /// # Errors
    /// What epoll says.
    pub fn new(id: SocketId, socket: UdpSocket) -> io::Result<Self> {
        socket.set_nonblocking(true)?;
        let local = socket.local_addr()?;
        // SAFETY: std's socket owns one open descriptor and gives the same one until it is dropped, which happens
        // together with the registration.
        let fd = unsafe { AsyncFd::register_with_interest(socket, Interest::READABLE) }
            .map_err(|e| e.into_parts().1)?;
        Ok(UdpWorker { id, local, fd })
    }

    /// The listener.
    pub fn id(&self) -> SocketId {
        self.id
    }

    /// The bound address.
    pub fn local_addr(&self) -> SocketAddr {
        self.local
    }

    /// Waits until datagrams are there and takes up to [`BATCH`] of them with one system call.
    ///
    /// # Errors
    /// Errors of the socket that a datagram of ours provoked (ICMP) are swallowed; what remains is fatal for
    /// the socket (out of memory, bad descriptor).
    pub async fn recv(&self, batch: &mut RecvBatch) -> io::Result<usize> {
        loop {
            let mut guard = self.fd.readable().await?;
            match batch.fill(guard.get_inner().as_raw_fd()) {
                Ok(n) => {
                    // A batch that is not full has emptied the queue: the next wait needs no system call to
                    // learn it. A datagram that arrives meanwhile sets the readiness again.
                    if n < BATCH {
                        guard.clear_ready();
                    }
                    return Ok(n);
                }
                Err(e) if e.kind() == io::ErrorKind::WouldBlock => guard.clear_ready(),
                Err(e) if is_transient(&e) => {}
                Err(e) => return Err(e),
            }
        }
    }

    /// Takes what is there without waiting; 0 when nothing is.
    ///
    /// # Errors
    /// As [`UdpWorker::recv`].
    pub fn try_recv(&self, batch: &mut RecvBatch) -> io::Result<usize> {
        match batch.fill(self.fd.get_ref().as_raw_fd()) {
            Ok(n) => Ok(n),
            Err(e) if e.kind() == io::ErrorKind::WouldBlock || is_transient(&e) => Ok(0),
            Err(e) => Err(e),
        }
    }

    pub(crate) fn raw_fd(&self) -> RawFd {
        self.fd.get_ref().as_raw_fd()
    }
}

/// Errors that concern one datagram or one earlier send, not the socket.
fn is_transient(error: &io::Error) -> bool {
    matches!(
        error.raw_os_error(),
        Some(
            libc::EINTR
                | libc::ECONNREFUSED
                | libc::ECONNRESET
                | libc::EHOSTUNREACH
                | libc::ENETUNREACH
                | libc::EHOSTDOWN
                | libc::ENETDOWN
                | libc::EMSGSIZE
                | libc::EPERM
        )
    )
}

/// Sends one datagram from a thread that has no [`OutQueue`].
///
/// # Errors
/// What `sendto` says; a full send buffer is waited for at most 50 ms.
pub fn send_to(socket: &UdpSocket, payload: &[u8], dst: SocketAddr) -> io::Result<()> {
    for attempt in 0..2 {
        match socket.send_to(payload, dst) {
            Ok(_) => return Ok(()),
            Err(e) if e.kind() == io::ErrorKind::Interrupted => {}
            Err(e) if e.kind() == io::ErrorKind::WouldBlock && attempt == 0 => {
                out_queue::wait_writable(socket.as_raw_fd(), 50);
            }
            Err(e) => return Err(e),
        }
    }
    Err(io::ErrorKind::WouldBlock.into())
}
