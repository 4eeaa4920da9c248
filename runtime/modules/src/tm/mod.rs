//! The module `tm`.

use kamjit_engine::Module;

/// The export table.
pub static MODULE: Module = Module { name: "tm", ..Module::EMPTY };
