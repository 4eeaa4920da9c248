//! Where a module keeps what it made of its parameters and its tables: one object a module and program, found by a
//! key in constant time.

use std::{
    any::Any,
    marker::PhantomData,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
};

use crate::{ctx::Ctx, program::Program};

static NEXT: AtomicUsize = AtomicUsize::new(1);

/// Names a module's state: `static STATE: StateKey<State> = StateKey::new();`
pub struct StateKey<T> {
    index: AtomicUsize,
    of: PhantomData<fn() -> T>,
}

impl<T: Send + Sync + 'static> Default for StateKey<T> {
    fn default() -> Self {
        Self::new()
    }
}

impl<T: Send + Sync + 'static> StateKey<T> {
    /// A key not used yet.
    pub const fn new() -> Self {
        StateKey { index: AtomicUsize::new(0), of: PhantomData }
    }

    fn index(&self) -> usize {
        let index = self.index.load(Ordering::Acquire);
        if index != 0 {
            return index;
        }
        let fresh = NEXT.fetch_add(1, Ordering::Relaxed);
        match self.index.compare_exchange(0, fresh, Ordering::AcqRel, Ordering::Acquire) {
            Ok(_) => fresh,
            Err(other) => other,
        }
    }

    /// The state in a program; `None` if the module is not loaded.
    pub fn find<'p>(&self, program: &'p Program) -> Option<&'p T> {
        program.states.get(self.index())
    }

    /// The state during a run; `None` if the module is not loaded.
    pub fn get<'m>(&self, ctx: &Ctx<'m>) -> Option<&'m T> {
        self.find(ctx.program)
    }
}

/// The states of all modules.
#[derive(Default)]
pub struct States(Vec<Option<Arc<dyn Any + Send + Sync>>>);

impl States {
    /// Stores a module's state.
    pub fn set<T: Send + Sync + 'static>(&mut self, key: &StateKey<T>, state: Arc<T>) {
        let index = key.index();
        if self.0.len() <= index {
            self.0.resize(index + 1, None);
        }
        self.0[index] = Some(state);
    }

    /// A module's state as a shared pointer.
    pub fn shared<T: Send + Sync + 'static>(&self, key: &StateKey<T>) -> Option<Arc<T>> {
        let any = self.0.get(key.index())?.clone()?;
        any.downcast().ok()
    }

    fn get<T: 'static>(&self, index: usize) -> Option<&T> {
        self.0.get(index)?.as_ref()?.downcast_ref()
    }
}
