//! The module `acc`.

use kamjit_engine::Module;

/// The export table.
pub static MODULE: Module = Module { name: "acc", ..Module::EMPTY };
