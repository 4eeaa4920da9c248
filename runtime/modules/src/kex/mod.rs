//! The module `kex`.

mod core_statistics;
mod functions;
mod memory;
mod statistics;

use kamjit_engine::{
    Module,
    catalog::HostError,
    init::Init,
    module::RpcDef,
    table::{join, total},
};

const COMMANDS: &[&[RpcDef]] = &[&memory::COMMANDS, &statistics::COMMANDS];
static ALL_COMMANDS: [RpcDef; total(COMMANDS)] = join(COMMANDS);

/// The export table.
pub static MODULE: Module = Module {
    name: "kex",
    functions: functions::FUNCTIONS,
    pvs: functions::PVS,
    rpc: &ALL_COMMANDS,
    init,
    ..Module::EMPTY
};

fn init(init: &mut Init<'_>) -> Result<(), HostError> {
    core_statistics::init(init);
    Ok(())
}
