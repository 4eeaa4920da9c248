//! The threads of the server as operators see them: what Kamailio shows as its processes (`core.psx`).

use std::sync::{Mutex, MutexGuard, PoisonError};

/// One thread.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Process {
    /// Number in the log: 0 is the main thread.
    pub index: u32,
    /// The system's number of the thread; that of the main thread is the process's.
    pub pid: i32,
    /// Kamailio's rank: 0 main, workers from 1, others below 0.
    pub rank: i32,
    /// What it does.
    pub description: String,
}

static PROCESSES: Mutex<Vec<Process>> = Mutex::new(Vec::new());

fn lock() -> MutexGuard<'static, Vec<Process>> {
    PROCESSES.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Enters the calling thread; a second call for an index replaces the first.
pub fn register(index: u32, rank: i32, description: &str) {
    // SAFETY: gettid takes and changes nothing.
    let pid = unsafe { libc::gettid() };
    let mut all = lock();
    all.retain(|p| p.index != index);
    all.push(Process { index, pid, rank, description: description.to_owned() });
    all.sort_by_key(|p| p.index);
}

/// All threads by index.
pub fn list() -> Vec<Process> {
    lock().clone()
}
