//! The module `rr`.

use kamjit_engine::Module;

/// The export table.
pub static MODULE: Module = Module { name: "rr", ..Module::EMPTY };
