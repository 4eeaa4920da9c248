//! The module `xlog`.

use kamjit_engine::Module;

/// The export table.
pub static MODULE: Module = Module { name: "xlog", ..Module::EMPTY };
