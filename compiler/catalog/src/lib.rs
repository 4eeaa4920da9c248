//! What the compiler knows about Kamailio: the types of a module's export table, the [`Host`] interface through
//! which the compiler asks the runtime, and the facts of both generations of the real server (`data/`).

pub mod facts;
pub mod host;
pub mod table;

pub use host::*;
pub use table::*;
