//! The module `corex`.

mod commands;

use kamjit_engine::Module;

/// The export table.
pub static MODULE: Module = Module { name: "corex", rpc: commands::COMMANDS, ..Module::EMPTY };
