//! What questions gave, by the name that the script gave them; they live as long as the script run.

use std::{collections::HashMap, net::IpAddr, rc::Rc};

use kamjit_net::dns::{Naptr, Srv};

/// Names that a run keeps; more are not stored.
const LIMIT: usize = 64;

/// The answers of one run.
#[derive(Default)]
pub(super) struct Results {
    pub(super) addresses: HashMap<Box<[u8]>, Rc<[IpAddr]>>,
    pub(super) services: HashMap<Box<[u8]>, Rc<[Srv]>>,
    pub(super) pointers: HashMap<Box<[u8]>, Rc<[Naptr]>>,
}

/// Stores an answer under a name.
pub(super) fn store<T>(of: &mut HashMap<Box<[u8]>, Rc<[T]>>, id: &[u8], answer: Vec<T>) {
    if of.len() < LIMIT || of.contains_key(id) {
        of.insert(id.into(), answer.into());
    }
}
