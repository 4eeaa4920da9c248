//! Fibres: script runs on stacks of their own, so that a host function can wait without stopping its worker.
//!
//! A fibre starts at once on the caller's stack frame and usually ends without ever waiting: no task is spawned for
//! it. Only when it waits does a local task take over and drive it to its end. Fibres never move between threads.

use std::{
    cell::{Cell, RefCell},
    future::Future,
    panic::{AssertUnwindSafe, catch_unwind},
    pin::Pin,
    rc::Rc,
    task::{Context, Poll, Waker},
};

use bumpalo::Bump;
use corosensei::{Coroutine, CoroutineResult, Yielder, stack::DefaultStack};

/// Bytes of a fibre's stack; reserved, touched on use.
const STACK_BYTES: usize = 256 * 1024;
/// What a route leaves of it for the functions that it calls.
const STACK_RESERVE: usize = 96 * 1024;

/// Where routes must stop calling each other. To be asked at the beginning of a run, near the top of the stack.
pub(crate) fn stack_limit() -> usize {
    let here = 0u8;
    (std::ptr::from_ref(&here) as usize).saturating_sub(STACK_BYTES - STACK_RESERVE)
}
/// Stacks and arenas kept for reuse by one worker.
const POOL: usize = 256;
/// Fibres of one worker that may wait at the same time; each maps a stack.
const MOST_SUSPENDED: usize = 8192;
/// An arena larger than this is given back to the allocator instead of being kept.
const ARENA_KEEP: usize = 256 * 1024;

/// What a fibre waits for: a future on its own stack, pinned for as long as the fibre is suspended.
type Pending = *mut (dyn Future<Output = ()> + 'static);
type Co = Coroutine<Resume, Pending, (), DefaultStack>;

/// How a suspended fibre is resumed.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Resume {
    /// Its future is done.
    Go,
    /// The server shuts down: the wait returns [`Cancelled`].
    Cancel,
}

/// The run was cancelled while it waited; leave the script without doing anything more.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Cancelled;

/// A fibre from inside: its arena and the way to wait.
pub struct Scope {
    /// Memory that lives exactly as long as the fibre.
    pub arena: Bump,
    yielder: Cell<*const Yielder<Resume, Pending>>,
    cancelled: Cell<bool>,
}

impl Scope {
    /// A scope outside any fibre, for tests and for work that never waits: a wait that is not ready at once
    /// counts as cancelled.
    pub fn detached() -> Scope {
        Scope { arena: Bump::new(), yielder: Cell::new(std::ptr::null()), cancelled: Cell::new(false) }
    }

    /// Runs a future to its end; suspends the fibre, not the worker, while it is pending. Never call this with a
    /// lock or a `RefCell` borrow held.
    pub fn wait<F: Future>(&self, future: F) -> Result<F::Output, Cancelled> {
        if self.cancelled.get() {
            return Err(Cancelled);
        }
        let mut output = None;
        {
            let mut future = std::pin::pin!(async { output = Some(future.await) });
            let mut inline = Context::from_waker(Waker::noop());
            if future.as_mut().poll(&mut inline).is_pending() {
                let yielder = self.yielder.get();
                if yielder.is_null() {
                    return Err(Cancelled);
                }
                let raw: *mut (dyn Future<Output = ()> + '_) =
                    // SAFETY: the pointer is only polled while this frame is suspended, so neither moves nor ends.
                    unsafe { Pin::get_unchecked_mut(future.as_mut()) };
                // SAFETY: only the lifetime is erased; see above, the frame outlives the suspension.
                let raw: Pending = unsafe { std::mem::transmute(raw) };
                // SAFETY: the yielder lives on this fibre's stack for the whole run, and we run on that fibre.
                let resumed = unsafe { &*yielder }.suspend(raw);
                if resumed == Resume::Cancel {
                    self.cancelled.set(true);
                    return Err(Cancelled);
                }
            }
        }
        output.ok_or(Cancelled)
    }
}

/// One worker's pool of stacks and arenas, and the way to start fibres.
#[derive(Default)]
pub struct Fibres {
    stacks: RefCell<Vec<DefaultStack>>,
    arenas: RefCell<Vec<Bump>>,
    suspended: Cell<usize>,
    shutdown: tokio::sync::Notify,
    closed: Cell<bool>,
}

impl Fibres {
    /// Fibres that wait just now.
    pub fn suspended(&self) -> usize {
        self.suspended.get()
    }

    /// True when so many fibres wait that no further message may start one: a peer or name server that does not
    /// answer must not eat the memory.
    pub fn is_full(&self) -> bool {
        self.suspended.get() >= MOST_SUSPENDED
    }

    /// An arena for a run; give it to [`Fibres::start`].
    pub fn arena(&self) -> Bump {
        self.arenas.borrow_mut().pop().unwrap_or_else(|| Bump::with_capacity(16 * 1024))
    }

    /// Runs `body` on a fibre. Returns when it has ended or waits for the first time.
    ///
    /// The scope holds `arena`, which may already hold the message. Must be called inside the worker's `LocalSet`.
    pub fn start(self: &Rc<Self>, arena: Bump, body: impl FnOnce(&Scope) + 'static) {
        let stack = self.stacks.borrow_mut().pop();
        let Some(stack) = stack.or_else(|| DefaultStack::new(STACK_BYTES).ok()) else {
            tracing::error!("no memory for another fibre: message dropped");
            return;
        };
        let pool = Rc::clone(self);
        let mut co: Co = Coroutine::with_stack(stack, move |yielder, _first| {
            let scope = Scope { arena, yielder: Cell::new(yielder), cancelled: Cell::new(false) };
            // A panic must end at the fibre: beyond it there are frames of other messages.
            if catch_unwind(AssertUnwindSafe(|| body(&scope))).is_err() {
                tracing::error!("a run was given up after a panic");
            }
            pool.keep_arena(scope.arena);
        });
        match co.resume(Resume::Go) {
            CoroutineResult::Return(()) => self.keep_stack(co.into_stack()),
            CoroutineResult::Yield(pending) => {
                self.suspended.set(self.suspended.get() + 1);
                tokio::task::spawn_local(Driver { pool: Rc::clone(self), co: Some(co), pending }.run());
            }
        }
    }

    /// Ends all waits of this worker: every suspended fibre sees [`Cancelled`] and leaves its script.
    pub fn cancel_all(&self) {
        self.closed.set(true);
        self.shutdown.notify_waiters();
    }

    fn keep_arena(&self, mut arena: Bump) {
        let mut arenas = self.arenas.borrow_mut();
        if arenas.len() < POOL && arena.allocated_bytes() <= ARENA_KEEP {
            arena.reset();
            arenas.push(arena);
        }
    }

    fn keep_stack(&self, stack: DefaultStack) {
        let mut stacks = self.stacks.borrow_mut();
        if stacks.len() < POOL {
            stacks.push(stack);
        }
    }
}

/// Drives one suspended fibre to its end.
struct Driver {
    pool: Rc<Fibres>,
    co: Option<Co>,
    pending: Pending,
}

impl Driver {
    async fn run(mut self) {
        loop {
            let how = self.ready().await;
            let Some(mut co) = self.co.take() else { return };
            match co.resume(how) {
                CoroutineResult::Yield(pending) => {
                    self.pending = pending;
                    self.co = Some(co);
                }
                CoroutineResult::Return(()) => {
                    self.pool.suspended.set(self.pool.suspended.get() - 1);
                    self.pool.keep_stack(co.into_stack());
                    crate::worker::flush_current();
                    return;
                }
            }
            crate::worker::flush_current();
        }
    }

    /// Waits for what the fibre waits for, or for the end of the worker.
    async fn ready(&self) -> Resume {
        if self.pool.closed.get() {
            return Resume::Cancel;
        }
        let pending = self.pending;
        tokio::select! {
            biased;
            // SAFETY: `pending` points into the suspended frame of the coroutine in `self`.
            () = std::future::poll_fn(move |cx| unsafe { poll_pending(pending, cx) }) => Resume::Go,
            () = self.pool.shutdown.notified() => Resume::Cancel,
        }
    }
}

impl Drop for Driver {
    fn drop(&mut self) {
        // A fibre must not be unwound through machine code: if the runtime goes away with the fibre still
        // suspended (process exit), its stack is left alone.
        if let Some(co) = self.co.take() {
            std::mem::forget(co);
        }
    }
}

/// Polls the future that a suspended fibre waits for.
///
/// # Safety
/// The fibre that owns the future must be suspended.
unsafe fn poll_pending(pending: Pending, cx: &mut Context<'_>) -> Poll<()> {
    // SAFETY: the future is pinned on the suspended fibre's stack and polled by nobody else.
    unsafe { Pin::new_unchecked(&mut *pending) }.poll(cx)
}

#[cfg(test)]
mod tests {
    use super::*;
    use tokio::{sync::oneshot, task::LocalSet};

    fn local(test: impl Future<Output = ()>) {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        LocalSet::new().block_on(&runtime, test);
    }

    #[test]
    fn a_ready_future_does_not_suspend() {
        local(async {
            let fibres = Rc::new(Fibres::default());
            let seen = Rc::new(Cell::new(0));
            let result = Rc::clone(&seen);
            fibres.start(fibres.arena(), move |scope| {
                result.set(scope.wait(async { 7 }).unwrap());
            });
            assert_eq!((seen.get(), fibres.suspended()), (7, 0));
        });
    }

    #[test]
    fn a_waiting_fibre_leaves_the_worker_free_and_goes_on_later() {
        local(async {
            let fibres = Rc::new(Fibres::default());
            let (send, receive) = oneshot::channel::<u32>();
            let (done, end) = oneshot::channel::<u32>();
            fibres.start(fibres.arena(), move |scope| {
                let n = scope.wait(receive).unwrap().unwrap();
                let _ = done.send(n + 1);
            });
            assert_eq!(fibres.suspended(), 1);
            send.send(41).unwrap();
            assert_eq!(end.await.unwrap(), 42);
            assert_eq!(fibres.suspended(), 0);
        });
    }

    #[test]
    fn cancelling_ends_a_wait() {
        local(async {
            let fibres = Rc::new(Fibres::default());
            let (done, end) = oneshot::channel();
            fibres.start(fibres.arena(), move |scope| {
                let first = scope.wait(std::future::pending::<()>());
                let second = scope.wait(async { 1 });
                let _ = done.send((first, second));
            });
            tokio::task::yield_now().await;
            fibres.cancel_all();
            assert_eq!(end.await.unwrap(), (Err(Cancelled), Err(Cancelled)));
        });
    }
}
