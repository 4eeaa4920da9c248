//! The module `sl`.

use kamjit_engine::Module;

/// The export table.
pub static MODULE: Module = Module { name: "sl", ..Module::EMPTY };
