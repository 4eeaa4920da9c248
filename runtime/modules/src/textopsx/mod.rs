//! The module `textopsx`.

use kamjit_engine::Module;

/// The export table.
pub static MODULE: Module = Module { name: "textopsx", ..Module::EMPTY };
