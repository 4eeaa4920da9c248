//! The module `pv`: pseudo-variables and transformations.

mod address;
mod avp;
mod branches;
mod buffer;
mod credentials;
mod custom;
mod escapes;
mod flags;
mod functions;
mod headers;
mod identity;
mod message;
mod network;
mod rpc;
mod script;
mod sending;
mod server;
mod time;
mod transform;
mod uri;
mod via;
mod xavp;

use kamjit_catalog::{Param, ParamDefault};
use kamjit_engine::{
    Module,
    module::FunctionDef,
    pv::PvDef,
    table::{join, total},
};

pub use flags::{script_flags, set_script_flags};
pub use script::{STATE, Shared, State};

const PVS: &[&[PvDef]] = &[
    uri::PVS,
    address::PVS,
    headers::PVS,
    message::PVS,
    network::PVS,
    flags::PVS,
    script::PVS,
    avp::PVS,
    xavp::PVS,
    time::PVS,
    branches::PVS,
    via::PVS,
    credentials::PVS,
    identity::PVS,
    sending::PVS,
    server::PVS,
    custom::PVS,
    buffer::PVS,
    escapes::PVS,
];
static ALL_PVS: [PvDef; total(PVS)] = join(PVS);

const FUNCTIONS: &[&[FunctionDef]] = &[functions::FUNCTIONS, xavp::FUNCTIONS, branches::FUNCTIONS];
static ALL_FUNCTIONS: [FunctionDef; total(FUNCTIONS)] = join(FUNCTIONS);

/// The export table.
pub static MODULE: Module = Module {
    name: "pv",
    functions: &ALL_FUNCTIONS,
    params: &[
        Param { name: "shvset", default: ParamDefault::Many },
        Param { name: "varset", default: ParamDefault::Many },
        Param { name: "avp_aliases", default: ParamDefault::Many },
    ],
    pvs: &ALL_PVS,
    transformations: &transform::ALL,
    rpc: rpc::COMMANDS,
    init: |init| {
        script::init(init)?;
        avp::init(init)
    },
    ..Module::EMPTY
};
