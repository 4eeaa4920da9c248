//! Calls over a named pipe. The answer goes to the fifo that the call names with `reply_name`, in `fifo_reply_dir`.

use std::{
    ffi::CString,
    io,
    os::unix::{
        ffi::OsStrExt,
        fs::{FileTypeExt, OpenOptionsExt},
    },
    path::{Path, PathBuf},
    sync::Arc,
    time::Duration,
};

use kamjit_engine::Engine;
use kamjit_rpc::json::{Layout, Scan, find_document};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::unix::pipe,
    sync::Semaphore,
    time::{Instant, sleep, timeout},
};

use super::answer::{MAX_WAITING, answer};

/// Longest call, in bytes.
const MAX_CALL: usize = 1 << 20;
/// How long a client may take to write its call.
const CALL_TIMEOUT: Duration = Duration::from_secs(2);
/// How long the client may take to open its fifo, and then to read the answer.
const OPEN_TIMEOUT: Duration = Duration::from_secs(10);
const WRITE_TIMEOUT: Duration = Duration::from_secs(10);
/// Pause between attempts to open the client's fifo.
const OPEN_PAUSE: Duration = Duration::from_millis(20);

pub(super) fn listen(
    engine: &Arc<Engine>,
    path: &Path,
    reply_dir: PathBuf,
    layout: Layout,
) -> io::Result<()> {
    let name = CString::new(path.as_os_str().as_bytes())?;
    // Nobody may write before the owner and mode are set.
    // SAFETY: a NUL-terminated path that lives during the call.
    if unsafe { libc::mkfifo(name.as_ptr(), 0o600) } != 0 {
        return Err(io::Error::last_os_error());
    }
    // Opened for writing too, so that it does not end when a client closes it.
    let receiver = pipe::OpenOptions::new().read_write(true).open_receiver(path)?;
    let engine = Arc::clone(engine);
    engine.control.clone().spawn(async move { serve(&engine, receiver, reply_dir, layout).await });
    Ok(())
}

async fn serve(engine: &Arc<Engine>, mut receiver: pipe::Receiver, reply_dir: PathBuf, layout: Layout) {
    let (mut held, mut buffer) = (Vec::new(), vec![0u8; 16 * 1024]);
    let mut since = Instant::now();
    let waiting = Arc::new(Semaphore::new(MAX_WAITING));
    loop {
        let Ok(n) = receiver.read(&mut buffer).await else {
            tokio::task::yield_now().await;
            continue;
        };
        // Half a call that its client gave up must not swallow the next one.
        if since.elapsed() > CALL_TIMEOUT {
            held.clear();
        }
        if held.is_empty() {
            since = Instant::now();
        }
        held.extend_from_slice(buffer.get(..n).unwrap_or_default());
        loop {
            match find_document(&held) {
                Scan::Document { start, end } => {
                    let call = held.get(start..end).unwrap_or_default().to_vec();
                    held.drain(..end);
                    let Ok(permit) = Arc::clone(&waiting).acquire_owned().await else { return };
                    let (engine, reply_dir) = (Arc::clone(engine), reply_dir.clone());
                    // A task of its own: neither a command that waits nor a client that does not read stops others.
                    tokio::spawn(async move {
                        let _permit = permit;
                        handle(&engine, &call, &reply_dir, layout).await;
                    });
                }
                Scan::Garbage(len) => drop(held.drain(..len)),
                Scan::Incomplete => break,
            }
        }
        if held.len() > MAX_CALL {
            tracing::error!("a call over the fifo is longer than {MAX_CALL} bytes");
            held.clear();
        }
    }
}

async fn handle(engine: &Arc<Engine>, call: &[u8], reply_dir: &Path, layout: Layout) {
    let reply = match answer(engine, call, layout).await {
        Ok(reply) => reply,
        Err(e) => {
            tracing::error!("bad call over the fifo: {e}");
            return;
        }
    };
    // Without a name nobody wants the answer.
    let Some(name) = reply.reply_name else { return };
    if name.is_empty() || name.contains('/') || name.starts_with('.') {
        tracing::error!("forbidden name of a reply fifo: {name:?}");
        return;
    }
    let path = reply_dir.join(name);
    if let Err(e) = write(&path, &reply.text).await {
        tracing::error!("cannot answer to {}: {e}", path.display());
    }
}

async fn write(path: &Path, text: &[u8]) -> io::Result<()> {
    let mut sender = timeout(OPEN_TIMEOUT, open(path)).await??;
    timeout(WRITE_TIMEOUT, sender.write_all(text)).await?
}

/// Opens the client's fifo as soon as it reads. Links are not followed, and only a fifo is written to.
async fn open(path: &Path) -> io::Result<pipe::Sender> {
    loop {
        let flags = libc::O_NONBLOCK | libc::O_NOFOLLOW;
        match std::fs::OpenOptions::new().write(true).custom_flags(flags).open(path) {
            Ok(file) if file.metadata()?.file_type().is_fifo() => return pipe::Sender::from_file(file),
            Ok(_) => return Err(io::Error::other("not a fifo")),
            Err(e) if matches!(e.raw_os_error(), Some(libc::ENXIO | libc::ENOENT)) => sleep(OPEN_PAUSE).await,
            Err(e) => return Err(e),
        }
    }
}
