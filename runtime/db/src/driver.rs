//! What a driver does.

use std::{future::Future, pin::Pin};

use crate::{Error, Op, Reply};

/// The future of an answer. It may move between threads, but its connection belongs to the thread that made it.
pub type Answer<'a> = Pin<Box<dyn Future<Output = Result<Reply, Error>> + Send + 'a>>;

/// One kind of database, at one URL.
pub(crate) trait Driver: Send + Sync {
    /// Runs an operation. Connections are made when they are needed and kept for the next.
    fn run<'a>(&'a self, op: &'a Op<'a>) -> Answer<'a>;
}
