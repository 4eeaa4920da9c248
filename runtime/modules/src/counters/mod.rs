//! The module `counters`.

mod commands;

use kamjit_engine::Module;

/// The export table.
pub static MODULE: Module = Module { name: "counters", rpc: commands::COMMANDS, ..Module::EMPTY };
