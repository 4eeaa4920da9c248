//! The module `kex`.

use kamjit_engine::Module;

/// The export table.
pub static MODULE: Module = Module { name: "kex", ..Module::EMPTY };
