//! The module `pv`.

use kamjit_engine::Module;

/// The export table.
pub static MODULE: Module = Module { name: "pv", ..Module::EMPTY };
