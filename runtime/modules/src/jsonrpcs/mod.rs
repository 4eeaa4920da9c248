//! The module `jsonrpcs`.

use kamjit_engine::Module;

/// The export table.
pub static MODULE: Module = Module { name: "jsonrpcs", ..Module::EMPTY };
