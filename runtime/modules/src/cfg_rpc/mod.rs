//! The module `cfg_rpc`.

use kamjit_engine::Module;

/// The export table.
pub static MODULE: Module = Module { name: "cfg_rpc", ..Module::EMPTY };
