//! The module `sanity`.

use kamjit_engine::Module;

/// The export table.
pub static MODULE: Module = Module { name: "sanity", ..Module::EMPTY };
