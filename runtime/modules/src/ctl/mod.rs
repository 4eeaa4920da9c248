//! The module `ctl`.

use kamjit_engine::Module;

/// The export table.
pub static MODULE: Module = Module { name: "ctl", ..Module::EMPTY };
