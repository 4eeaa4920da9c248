//! The module `cfg_rpc`: reading and changing variables of the cfg framework at run time.

mod commands;
mod delayed;
pub(crate) mod hidden;

use std::sync::{Arc, Mutex};

use kamjit_engine::{
    Module,
    catalog::HostError,
    init::Init,
    module::RpcDef,
    rpc::{RpcFn, RpcRun},
    state::StateKey,
};

/// Changes that wait for `cfg.commit`.
#[derive(Default)]
struct State {
    delayed: Mutex<Vec<delayed::Change>>,
}

static STATE: StateKey<State> = StateKey::new();

const fn command(name: &'static str, help: &'static str, run: RpcFn) -> RpcDef {
    RpcDef { name, help, run: RpcRun::Now(run) }
}

/// The export table.
pub static MODULE: Module = Module {
    name: "cfg_rpc",
    rpc: &[
        command("cfg.add_group_inst", "Adds an instance of a group.", commands::add_instance),
        command("cfg.commit", "Makes the delayed changes take effect.", delayed::commit),
        command("cfg.del", "Removes a variable from an instance of a group.", commands::delete),
        command(
            "cfg.del_delayed",
            "Removes a variable from an instance, with the next commit.",
            delayed::delete,
        ),
        command("cfg.del_group_inst", "Removes an instance of a group.", commands::remove_instance),
        command("cfg.diff", "Lists the delayed changes.", delayed::diff),
        command("cfg.get", "Returns a variable, or all of a group.", commands::get),
        command("cfg.help", "Returns what a variable is for.", commands::help),
        command("cfg.list", "Lists the variables.", commands::list),
        command("cfg.reset", "Gives all variables of a group the values they had at start.", commands::reset),
        command("cfg.rollback", "Drops the delayed changes.", delayed::rollback),
        command("cfg.set", "Changes a variable.", commands::set),
        command("cfg.set_delayed", "Changes a variable with the next commit.", delayed::set),
        command(
            "cfg.set_delayed_int",
            "Changes a variable to a number with the next commit.",
            delayed::set_int,
        ),
        command(
            "cfg.set_delayed_string",
            "Changes a variable to a string with the next commit.",
            delayed::set_str,
        ),
        command("cfg.set_now_int", "Changes a variable to a number.", commands::set_int),
        command("cfg.set_now_string", "Changes a variable to a string.", commands::set_str),
        command("cfg.seti", "Changes a variable to a number.", commands::set_int),
        command("cfg.sets", "Changes a variable to a string.", commands::set_str),
    ],
    init,
    ..Module::EMPTY
};

fn init(init: &mut Init<'_>) -> Result<(), HostError> {
    init.set_state(&STATE, Arc::new(State::default()));
    Ok(())
}
