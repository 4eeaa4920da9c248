//! Sending datagrams in batches.

use super::UdpWorker;
use crate::listen::SocketId;
use crate::raw_addr::RawAddr;
use std::fmt;
use std::net::SocketAddr;
use std::os::fd::RawFd;
use std::rc::Rc;

/// Largest UDP payload over IPv4, in bytes.
pub const MAX_DATAGRAM: usize = 65_507;

/// Datagrams per `sendmmsg`.
const CHUNK: usize = 64;
/// Queued datagrams that flush by themselves.
const MAX_QUEUED: usize = 256;
/// Bytes of buffer that are kept between batches.
const KEEP_BYTES: usize = 1 << 20;
/// How long a full send buffer is waited for before the datagram is given up, in milliseconds.
const FULL_WAIT_MS: libc::c_int = 20;

/// Why a datagram was not taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PushError {
    /// More than [`MAX_DATAGRAM`] bytes (`EMSGSIZE`).
    TooLong,
    /// Port 0, or IPv4 from an IPv6 socket or the other way round.
    BadDestination,
    /// Not a UDP listener of this worker.
    NoSuchSocket,
}

impl fmt::Display for PushError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            PushError::TooLong => "message too long for a datagram",
            PushError::BadDestination => "destination cannot be reached from this socket",
            PushError::NoSuchSocket => "no such UDP socket",
        })
    }
}

impl std::error::Error for PushError {}

/// What a flush did.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct FlushReport {
    /// Datagrams given to the kernel.
    pub sent: usize,
    /// Datagrams that the kernel refused (no route, filtered, send buffer full for too long).
    pub failed: usize,
    /// `errno` of the last refusal, 0 if none.
    pub last_errno: i32,
}

#[derive(Clone, Copy)]
struct Entry {
    socket: usize,
    dst: RawAddr,
    start: usize,
    len: usize,
}

/// Collects the datagrams that a worker sends while it works through a batch; [`OutQueue::flush`] sends them with
/// as few system calls as there are sockets. Allocates nothing in steady state.
pub struct OutQueue {
    sockets: Rc<[UdpWorker]>,
    bytes: Vec<u8>,
    entries: Vec<Entry>,
    headers: Box<[libc::mmsghdr]>,
    iovecs: Box<[libc::iovec]>,
    names: Box<[RawAddr]>,
    early: FlushReport,
}

impl OutQueue {
    /// Queue over a worker's UDP sockets.
    pub fn new(sockets: Rc<[UdpWorker]>) -> Self {
        // SAFETY: mmsghdr and iovec are plain data; zero is valid for every field.
        let (header, iovec) = unsafe { (std::mem::zeroed(), std::mem::zeroed()) };
        OutQueue {
            sockets,
            bytes: Vec::with_capacity(64 * 1024),
            entries: Vec::with_capacity(MAX_QUEUED),
            headers: vec![header; CHUNK].into_boxed_slice(),
            iovecs: vec![iovec; CHUNK].into_boxed_slice(),
            names: vec![RawAddr::empty(); CHUNK].into_boxed_slice(),
            early: FlushReport::default(),
        }
    }

    /// Queues a copy of `payload`. Flushes by itself when [`MAX_QUEUED`] are queued.
    ///
    /// # Errors
    /// What can be known without asking the kernel; see [`PushError`].
    pub fn push(&mut self, socket: SocketId, dst: SocketAddr, payload: &[u8]) -> Result<(), PushError> {
        self.push_with(socket, dst, |buffer| buffer.extend_from_slice(payload))
    }

    /// Queues what `write` appends to the buffer, which saves a copy of a message that is built piece by piece.
    /// `write` must only append.
    ///
    /// # Errors
    /// As [`OutQueue::push`]; the bytes are dropped then.
    pub fn push_with(
        &mut self,
        socket: SocketId,
        dst: SocketAddr,
        write: impl FnOnce(&mut Vec<u8>),
    ) -> Result<(), PushError> {
        let index = self.sockets.iter().position(|s| s.id() == socket).ok_or(PushError::NoSuchSocket)?;
        let local = self.sockets.get(index).ok_or(PushError::NoSuchSocket)?.local_addr();
        if dst.port() == 0 || dst.is_ipv4() != local.is_ipv4() {
            return Err(PushError::BadDestination);
        }
        let start = self.bytes.len();
        write(&mut self.bytes);
        let len = self.bytes.len().saturating_sub(start);
        if len > MAX_DATAGRAM {
            self.bytes.truncate(start);
            return Err(PushError::TooLong);
        }
        self.entries.push(Entry { socket: index, dst: RawAddr::from(dst), start, len });
        if self.entries.len() >= MAX_QUEUED {
            let report = self.send_all();
            self.early.add(report);
        }
        Ok(())
    }

    /// Datagrams that wait for the flush.
    pub fn len(&self) -> usize {
        self.entries.len()
    }

    /// True when nothing waits.
    pub fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }

    /// Sends everything queued, in order for each socket. Reports also what was sent early since the last flush.
    pub fn flush(&mut self) -> FlushReport {
        let mut report = std::mem::take(&mut self.early);
        if !self.entries.is_empty() {
            report.add(self.send_all());
        }
        report
    }

    fn send_all(&mut self) -> FlushReport {
        let mut report = FlushReport::default();
        for socket in 0..self.sockets.len() {
            let mut from = 0;
            while let Some((count, next)) = self.prepare(socket, from) {
                if let Some(fd) = self.sockets.get(socket).map(UdpWorker::raw_fd) {
                    report.add(send_chunk(fd, self.headers.get_mut(..count).unwrap_or_default()));
                }
                from = next;
            }
        }
        self.entries.clear();
        self.bytes.clear();
        if self.bytes.capacity() > KEEP_BYTES {
            self.bytes.shrink_to(KEEP_BYTES / 4);
        }
        report
    }

    /// Fills the headers with the next datagrams of `socket` from entry `from` on. Gives how many, and where to go on.
    fn prepare(&mut self, socket: usize, from: usize) -> Option<(usize, usize)> {
        let mut count = 0;
        let mut next = from;
        for entry in self.entries.get(from..)? {
            if count == CHUNK {
                break;
            }
            next += 1;
            if entry.socket != socket {
                continue;
            }
            let payload = self.bytes.get(entry.start..entry.start + entry.len)?;
            let (name, iovec) = (self.names.get_mut(count)?, self.iovecs.get_mut(count)?);
            *name = entry.dst;
            *iovec = libc::iovec { iov_base: payload.as_ptr().cast_mut().cast(), iov_len: payload.len() };
            let header = &mut self.headers.get_mut(count)?.msg_hdr;
            header.msg_namelen = name.len();
            header.msg_name = name.as_mut_ptr();
            header.msg_iov = iovec;
            header.msg_iovlen = 1;
            count += 1;
        }
        (count > 0).then_some((count, next))
    }
}

impl FlushReport {
    fn add(&mut self, other: FlushReport) {
        self.sent += other.sent;
        self.failed += other.failed;
        if other.last_errno != 0 {
            self.last_errno = other.last_errno;
        }
    }
}

/// Sends all of `headers`; a datagram that the kernel refuses is skipped, the others still go.
fn send_chunk(fd: RawFd, headers: &mut [libc::mmsghdr]) -> FlushReport {
    let mut report = FlushReport::default();
    let mut done = 0;
    let mut waited = false;
    while let Some(rest) = headers.get_mut(done..).filter(|rest| !rest.is_empty()) {
        // SAFETY: the headers point to names, iovecs and bytes owned by the queue, which is borrowed for the
        // whole call and does not change meanwhile; the count is that of the slice.
        let n =
            unsafe { libc::sendmmsg(fd, rest.as_mut_ptr(), rest.len() as libc::c_uint, libc::MSG_DONTWAIT) };
        if n > 0 {
            done += n as usize;
            report.sent += n as usize;
            waited = false;
            continue;
        }
        let errno = std::io::Error::last_os_error().raw_os_error().unwrap_or(0);
        if errno == libc::EINTR {
            continue;
        }
        if errno == libc::EAGAIN && !waited {
            waited = true;
            wait_writable(fd, FULL_WAIT_MS);
            continue;
        }
        report.failed += 1;
        report.last_errno = errno;
        done += 1;
    }
    report
}

/// Waits until the send buffer has room, at most `timeout_ms`.
pub(super) fn wait_writable(fd: RawFd, timeout_ms: libc::c_int) {
    let mut poll = libc::pollfd { fd, events: libc::POLLOUT, revents: 0 };
    // SAFETY: one pollfd that lives during the call. The result does not matter: the caller tries again.
    unsafe { libc::poll(&mut poll, 1, timeout_ms) };
}
