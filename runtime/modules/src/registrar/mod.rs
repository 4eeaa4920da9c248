//! The module `registrar`.

use kamjit_engine::Module;

/// The export table.
pub static MODULE: Module = Module { name: "registrar", ..Module::EMPTY };
