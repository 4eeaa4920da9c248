//! The module `dlgs`.

use kamjit_engine::Module;

/// The export table.
pub static MODULE: Module = Module { name: "dlgs", ..Module::EMPTY };
