//! Receiving datagrams in batches into buffers that are reused.

use crate::raw_addr::{RAW_ADDR_LEN, RawAddr};
use std::io;
use std::net::SocketAddr;
use std::os::fd::RawFd;

/// Datagrams taken with one system call.
pub const BATCH: usize = 32;
/// Room for one datagram, in bytes: more than UDP can carry.
pub const SLOT_SIZE: usize = 64 * 1024;

/// One received datagram.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Datagram<'a> {
    /// The payload.
    pub payload: &'a [u8],
    /// Sender.
    pub src: SocketAddr,
}

/// Buffers for one batch. Memory pages are only touched by datagrams that need them: 32 slots of typical messages
/// occupy 128 KiB, not 2 MiB.
pub struct RecvBatch {
    buffer: Box<[u8]>,
    names: Box<[RawAddr]>,
    // Held because `headers` points into it.
    _iovecs: Box<[libc::iovec]>,
    headers: Box<[libc::mmsghdr]>,
    filled: usize,
}

impl Default for RecvBatch {
    fn default() -> Self {
        Self::new()
    }
}

impl RecvBatch {
    /// Empty batch.
    pub fn new() -> Self {
        // Zeroed by the allocator, thus mapped lazily.
        let mut buffer = vec![0u8; BATCH * SLOT_SIZE].into_boxed_slice();
        let mut names = vec![RawAddr::empty(); BATCH].into_boxed_slice();
        let mut iovecs: Box<[libc::iovec]> = buffer
            .chunks_exact_mut(SLOT_SIZE)
            .map(|slot| libc::iovec { iov_base: slot.as_mut_ptr().cast(), iov_len: SLOT_SIZE })
            .collect();
        let headers = iovecs
            .iter_mut()
            .zip(names.iter_mut())
            .map(|(iov, name)| {
                // SAFETY: mmsghdr is plain data; zero is valid for every field.
                let mut header: libc::mmsghdr = unsafe { std::mem::zeroed() };
                header.msg_hdr.msg_name = name.as_mut_ptr();
                header.msg_hdr.msg_namelen = RAW_ADDR_LEN;
                header.msg_hdr.msg_iov = iov;
                header.msg_hdr.msg_iovlen = 1;
                header
            })
            .collect();
        RecvBatch { buffer, names, _iovecs: iovecs, headers, filled: 0 }
    }

    /// Datagrams of the last call.
    pub fn len(&self) -> usize {
        self.filled
    }

    /// True when the last call got nothing.
    pub fn is_empty(&self) -> bool {
        self.filled == 0
    }

    /// Datagram `index` of the last call. `None` beyond the end, and for one without an IP sender.
    pub fn get(&self, index: usize) -> Option<Datagram<'_>> {
        if index >= self.filled {
            return None;
        }
        let len = self.headers.get(index)?.msg_len as usize;
        let slot = self.buffer.get(index * SLOT_SIZE..(index + 1) * SLOT_SIZE)?;
        let src = self.names.get(index)?.to_socket_addr()?;
        Some(Datagram { payload: slot.get(..len)?, src })
    }

    /// The datagrams of the last call.
    pub fn iter(&self) -> impl Iterator<Item = Datagram<'_>> {
        (0..self.filled).filter_map(|i| self.get(i))
    }

    /// One `recvmmsg` that does not wait.
    pub(crate) fn fill(&mut self, fd: RawFd) -> io::Result<usize> {
        for header in self.headers.iter_mut().take(self.filled) {
            header.msg_hdr.msg_namelen = RAW_ADDR_LEN;
        }
        self.filled = 0;
        // SAFETY: every header points to an iovec and a name that this value owns on the heap and that nothing
        // else borrows during `&mut self`; the count is that of the headers.
        let n = unsafe {
            libc::recvmmsg(
                fd,
                self.headers.as_mut_ptr(),
                BATCH as libc::c_uint,
                libc::MSG_DONTWAIT,
                std::ptr::null_mut(),
            )
        };
        if n < 0 {
            return Err(io::Error::last_os_error());
        }
        self.filled = (n as usize).min(BATCH);
        Ok(self.filled)
    }
}
