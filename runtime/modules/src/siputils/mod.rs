//! The module `siputils`.

use kamjit_engine::Module;

/// The export table.
pub static MODULE: Module = Module { name: "siputils", ..Module::EMPTY };
