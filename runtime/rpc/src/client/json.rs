//! Clients of the jsonrpcs module.

use super::ClientError;
use crate::json::{Json, Scan, decode_reply, encode_request, find_document};
use crate::{Fault, Value};
use std::fs::{File, OpenOptions};
use std::io::{self, Read, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::os::unix::net::UnixDatagram;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

/// Longest reply, in bytes.
const MAX_REPLY: usize = 64 << 20;

/// Calls a command over the datagram socket.
///
/// # Errors
/// See [`ClientError`]; a refusal of the command is no error here.
pub fn call_datagram(
    socket: &Path,
    method: &str,
    params: &[Value],
    timeout: Duration,
) -> Result<Result<Json, Fault>, ClientError> {
    let own = Scratch(std::env::temp_dir().join(format!("kamjit-rpc-{}.sock", std::process::id())));
    let _ = std::fs::remove_file(&own.0);
    let client = UnixDatagram::bind(&own.0)?;
    client.set_read_timeout(Some(timeout))?;
    client.connect(socket)?;
    client.send(&encode_request(method, params, 1, None))?;
    let mut buffer = vec![0u8; 1 << 20];
    let n = client.recv(&mut buffer)?;
    decode_reply(buffer.get(..n).unwrap_or_default()).map_err(|e| ClientError::Protocol(e.to_string()))
}

/// Calls a command over the fifo. The reply comes through a fifo that is made in `reply_dir`
/// (`fifo_reply_dir` of the server).
///
/// # Errors
/// See [`ClientError`]; a refusal of the command is no error here.
pub fn call_fifo(
    fifo: &Path,
    reply_dir: &Path,
    method: &str,
    params: &[Value],
    timeout: Duration,
) -> Result<Result<Json, Fault>, ClientError> {
    let name = format!("kamjit_reply_fifo_{}", std::process::id());
    let own = Scratch(reply_dir.join(&name));
    let path = std::ffi::CString::new(own.0.as_os_str().as_encoded_bytes()).map_err(io::Error::from)?;
    let _ = std::fs::remove_file(&own.0);
    // SAFETY: a NUL-terminated path that lives during the call.
    if unsafe { libc::mkfifo(path.as_ptr(), 0o666) } != 0 {
        return Err(io::Error::last_os_error().into());
    }
    // Opened before the request goes out and without waiting, so that no order of events can block either side.
    let mut reply = OpenOptions::new().read(true).custom_flags(libc::O_NONBLOCK).open(&own.0)?;
    let mut request = OpenOptions::new().write(true).custom_flags(libc::O_NONBLOCK).open(fifo)?;
    let mut text = encode_request(method, params, 1, Some(&name));
    text.push(b'\n');
    request.write_all(&text)?;
    drop(request);
    let document = read_document(&mut reply, timeout)?;
    decode_reply(&document).map_err(|e| ClientError::Protocol(e.to_string()))
}

/// Reads until a JSON document is complete.
fn read_document(reply: &mut File, timeout: Duration) -> Result<Vec<u8>, ClientError> {
    let end = Instant::now() + timeout;
    let (mut bytes, mut buffer) = (Vec::new(), vec![0u8; 64 * 1024]);
    loop {
        match reply.read(&mut buffer) {
            // No writer yet, or none any more.
            Ok(0) => std::thread::sleep(Duration::from_millis(2)),
            Ok(n) => {
                bytes.extend_from_slice(buffer.get(..n).unwrap_or_default());
                if let Scan::Document { start, end } = find_document(&bytes) {
                    return Ok(bytes.get(start..end).unwrap_or_default().to_vec());
                }
                if bytes.len() > MAX_REPLY {
                    return Err(ClientError::Protocol("reply too long".into()));
                }
            }
            Err(e) if e.kind() == io::ErrorKind::WouldBlock => std::thread::sleep(Duration::from_millis(2)),
            Err(e) => return Err(e.into()),
        }
        if Instant::now() > end {
            return Err(io::Error::from(io::ErrorKind::TimedOut).into());
        }
    }
}

/// A file that goes when the call is over.
struct Scratch(PathBuf);

impl Drop for Scratch {
    fn drop(&mut self) {
        let _ = std::fs::remove_file(&self.0);
    }
}
