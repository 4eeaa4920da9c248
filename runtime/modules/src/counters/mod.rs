//! The module `counters`.

use kamjit_engine::Module;

/// The export table.
pub static MODULE: Module = Module { name: "counters", ..Module::EMPTY };
