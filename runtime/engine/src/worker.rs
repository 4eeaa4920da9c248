//! A worker: one thread with its own tokio runtime, sockets, fibres and timers. Nothing moves between workers but
//! jobs that are handed over explicitly.

use std::{
    cell::{OnceCell, RefCell},
    rc::Rc,
    sync::{Arc, atomic::Ordering},
    time::Duration,
};

use kamjit_net::{
    SocketId, WorkerSockets,
    dns::DnsClient,
    udp::{OutQueue, RecvBatch},
};
use tokio::{sync::mpsc, task::LocalSet};

use crate::{
    dest::Destination,
    engine::Engine,
    fibre::{Fibres, Scope},
    log, receive,
    timer::{Armed, OnTimer, TICK, Wheel},
};

/// Work handed to a worker from another thread.
pub type Job = Box<dyn FnOnce(&Rc<Worker>) + Send>;

/// A worker from outside.
#[derive(Clone)]
pub struct WorkerHandle {
    jobs: mpsc::UnboundedSender<Job>,
}

impl WorkerHandle {
    /// Hands over a job. It runs outside any fibre.
    pub fn run(&self, job: impl FnOnce(&Rc<Worker>) + Send + 'static) {
        let _ = self.jobs.send(Box::new(job));
    }
}

thread_local! {
    static CURRENT: RefCell<Option<Rc<Worker>>> = const { RefCell::new(None) };
}

/// A worker from inside.
pub struct Worker {
    /// 0-based.
    pub index: usize,
    /// The server.
    pub engine: Arc<Engine>,
    /// Its fibres.
    pub fibres: Rc<Fibres>,
    dns: OnceCell<DnsClient>,
    out: RefCell<OutQueue>,
    wheel: RefCell<Wheel>,
}

impl Worker {
    /// The worker of this thread; `None` on other threads.
    pub fn current() -> Option<Rc<Worker>> {
        CURRENT.with(|current| current.borrow().clone())
    }

    /// A worker without sockets and thread of its own, for scripts that run before the workers start.
    pub(crate) fn without_sockets(engine: &Arc<Engine>) -> Rc<Worker> {
        Rc::new(Worker {
            index: 0,
            engine: Arc::clone(engine),
            fibres: Rc::default(),
            dns: OnceCell::new(),
            out: RefCell::new(OutQueue::new(Rc::from([]))),
            wheel: RefCell::default(),
        })
    }

    /// Arms a timer; it fires on this worker, not before `after` has passed, rounded up to 1/16 s.
    pub fn schedule(&self, after: Duration, target: Arc<dyn OnTimer>, token: u64) {
        self.wheel.borrow_mut().schedule(after, target, token);
    }

    /// Name look-ups on this worker.
    pub fn dns(&self) -> &DnsClient {
        self.dns.get_or_init(|| self.engine.dns.client())
    }

    /// Runs `body` in a fibre with an empty arena, so that it may wait.
    pub fn spawn(self: &Rc<Self>, body: impl FnOnce(&Scope, &Rc<Worker>) + 'static) {
        let worker = Rc::clone(self);
        self.fibres.start(self.fibres.arena(), move |scope| body(scope, &worker));
    }

    /// Sends a message. UDP goes out when the batch at hand is done; streams at once or when they are connected.
    /// False if it is known at once that it can't be sent.
    pub fn send(&self, dest: &Destination, bytes: &[u8]) -> bool {
        if dest.proto.is_stream() {
            return self.engine.send_stream(dest, bytes);
        }
        match self.out.borrow_mut().push(dest.socket, dest.addr, bytes) {
            Ok(()) => true,
            Err(error) => {
                tracing::warn!("cannot send to {}: {error:?}", dest.addr);
                false
            }
        }
    }

    /// Queues one datagram that `write` builds in place.
    pub fn send_udp_with(
        &self,
        socket: SocketId,
        dest: std::net::SocketAddr,
        write: impl FnOnce(&mut Vec<u8>),
    ) -> bool {
        self.out.borrow_mut().push_with(socket, dest, write).is_ok()
    }

    /// Gives what is queued to the kernel.
    pub fn flush(&self) {
        let mut out = self.out.borrow_mut();
        if !out.is_empty() {
            let report = out.flush();
            if report.failed > 0 {
                let error = std::io::Error::from_raw_os_error(report.last_errno);
                tracing::warn!("{} datagram(s) could not be sent: {error}", report.failed);
            }
        }
    }

    fn tick(self: &Rc<Self>, fired: &mut Vec<Armed>) {
        self.wheel.borrow_mut().tick(fired);
        for armed in fired.drain(..) {
            guarded("a timer", || armed.fire(self));
        }
    }
}

/// Runs work of a module so that a panic in it costs that work only.
fn guarded(what: &str, work: impl FnOnce()) {
    if std::panic::catch_unwind(std::panic::AssertUnwindSafe(work)).is_err() {
        tracing::error!("{what} was given up after a panic");
    }
}

/// Flushes the queue of this thread's worker.
pub(crate) fn flush_current() {
    CURRENT.with(|current| {
        if let Some(worker) = &*current.borrow() {
            worker.flush();
        }
    });
}

/// Starts the threads of all workers. Returns when each has its sockets registered and takes messages.
pub fn start_all(engine: &Arc<Engine>, count: usize) -> std::io::Result<()> {
    let (ready, done) = std::sync::mpsc::channel();
    let mut handles = Vec::with_capacity(count);
    for index in 0..count {
        let (jobs, queue) = mpsc::unbounded_channel();
        handles.push(WorkerHandle { jobs });
        let (engine, ready) = (Arc::clone(engine), ready.clone());
        std::thread::Builder::new()
            .name(format!("worker-{index}"))
            .spawn(move || run_thread(index, engine, queue, ready))?;
    }
    drop(ready);
    engine.set_workers(handles);
    for _ in 0..count {
        done.recv().map_err(|_| std::io::Error::other("a worker thread died while it started"))??;
    }
    Ok(())
}

type Ready = std::sync::mpsc::Sender<std::io::Result<()>>;

fn run_thread(index: usize, engine: Arc<Engine>, queue: mpsc::UnboundedReceiver<Job>, ready: Ready) {
    log::set_process(index as u32 + 1);
    crate::process::register(index as u32 + 1, index as i32 + 1, &format!("worker child={index}"));
    let runtime = match tokio::runtime::Builder::new_current_thread().enable_all().build() {
        Ok(runtime) => runtime,
        Err(error) => {
            let _ = ready.send(Err(error));
            return;
        }
    };
    LocalSet::new().block_on(&runtime, run(index, engine, queue, ready));
}

async fn run(index: usize, engine: Arc<Engine>, mut queue: mpsc::UnboundedReceiver<Job>, ready: Ready) {
    let WorkerSockets { udp, tcp } = match engine.sockets.worker(index) {
        Ok(sockets) => sockets,
        Err(error) => {
            let _ = ready.send(Err(error));
            return;
        }
    };
    let worker = Rc::new(Worker {
        index,
        engine: Arc::clone(&engine),
        fibres: Rc::default(),
        dns: OnceCell::new(),
        out: RefCell::new(OutQueue::new(Rc::clone(&udp))),
        wheel: RefCell::default(),
    });
    CURRENT.with(|current| *current.borrow_mut() = Some(Rc::clone(&worker)));
    for at in 0..udp.len() {
        tokio::task::spawn_local(udp_loop(Rc::clone(&worker), Rc::clone(&udp), at));
    }
    let started = receive::start_streams(&worker, tcp);
    let _ = ready.send(started);
    tokio::task::spawn_local(timer_loop(Rc::clone(&worker)));
    if index == 0 {
        crate::stand_in::run_event(&worker, "core:worker-one-init");
        worker.flush();
    }
    while let Some(job) = queue.recv().await {
        guarded("a job", || job(&worker));
        worker.flush();
    }
}

async fn udp_loop(worker: Rc<Worker>, sockets: Rc<[kamjit_net::udp::UdpWorker]>, at: usize) {
    let socket = &sockets[at];
    let mut batch = RecvBatch::new();
    loop {
        match socket.recv(&mut batch).await {
            Ok(_) => {
                for datagram in batch.iter() {
                    receive::datagram(&worker, socket, &datagram);
                }
                worker.flush();
            }
            Err(error) => {
                tracing::error!("receiving on {} failed: {error}", socket.local_addr());
                tokio::time::sleep(TICK).await;
            }
        }
    }
}

async fn timer_loop(worker: Rc<Worker>) {
    let mut interval = tokio::time::interval(TICK);
    let mut fired = Vec::new();
    loop {
        interval.tick().await;
        if worker.index == 0 {
            worker.engine.ticks.fetch_add(1, Ordering::Relaxed);
        }
        worker.tick(&mut fired);
        worker.flush();
    }
}
