//! The module `usrloc`.

use kamjit_engine::Module;

/// The export table.
pub static MODULE: Module = Module { name: "usrloc", ..Module::EMPTY };
