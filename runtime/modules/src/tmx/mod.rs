//! The module `tmx`.

use kamjit_engine::Module;

/// The export table.
pub static MODULE: Module = Module { name: "tmx", ..Module::EMPTY };
