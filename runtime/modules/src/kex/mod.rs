//! The module `kex`.

mod memory;
mod statistics;

use kamjit_engine::{
    Module,
    module::RpcDef,
    table::{join, total},
};

const COMMANDS: &[&[RpcDef]] = &[&memory::COMMANDS, &statistics::COMMANDS];
static ALL_COMMANDS: [RpcDef; total(COMMANDS)] = join(COMMANDS);

/// The export table.
pub static MODULE: Module = Module { name: "kex", rpc: &ALL_COMMANDS, ..Module::EMPTY };
