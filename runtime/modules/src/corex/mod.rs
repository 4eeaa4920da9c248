//! The module `corex`.

use kamjit_engine::Module;

/// The export table.
pub static MODULE: Module = Module { name: "corex", ..Module::EMPTY };
