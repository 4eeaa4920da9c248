//! The module `maxfwd`.

use kamjit_engine::Module;

/// The export table.
pub static MODULE: Module = Module { name: "maxfwd", ..Module::EMPTY };
