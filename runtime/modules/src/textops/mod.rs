//! The module `textops`.

use kamjit_engine::Module;

/// The export table.
pub static MODULE: Module = Module { name: "textops", ..Module::EMPTY };
