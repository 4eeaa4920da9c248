//! What modules attach to one message: at most one object of each type.

use std::any::{Any, TypeId};

/// The attachments of a message. Costs nothing until the first is made.
#[derive(Default)]
pub struct Ext {
    items: Vec<(TypeId, Box<dyn Any>)>,
}

impl Ext {
    /// The attachment of a type.
    pub fn get<T: 'static>(&self) -> Option<&T> {
        self.items.iter().find(|(id, _)| *id == TypeId::of::<T>())?.1.downcast_ref()
    }

    /// The same, to change it.
    pub fn get_mut<T: 'static>(&mut self) -> Option<&mut T> {
        self.items.iter_mut().find(|(id, _)| *id == TypeId::of::<T>())?.1.downcast_mut()
    }

    /// The attachment of a type, made if it is not there yet.
    pub fn or_default<T: Default + 'static>(&mut self) -> &mut T {
        let at = match self.items.iter().position(|(id, _)| *id == TypeId::of::<T>()) {
            Some(at) => at,
            None => {
                self.items.push((TypeId::of::<T>(), Box::<T>::default()));
                self.items.len() - 1
            }
        };
        match self.items[at].1.downcast_mut() {
            Some(found) => found,
            None => unreachable!("entries are stored under the type's own id"),
        }
    }

    /// Stores an attachment; the former one of its type is dropped.
    pub fn set<T: 'static>(&mut self, value: T) {
        self.take::<T>();
        self.items.push((TypeId::of::<T>(), Box::new(value)));
    }

    /// Takes an attachment away.
    pub fn take<T: 'static>(&mut self) -> Option<T> {
        let at = self.items.iter().position(|(id, _)| *id == TypeId::of::<T>())?;
        self.items.swap_remove(at).1.downcast().ok().map(|boxed| *boxed)
    }
}
