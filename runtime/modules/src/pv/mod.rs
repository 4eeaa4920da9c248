//! The module `pv`: pseudo-variables and transformations.

mod address;
mod flags;
mod headers;
mod message;
mod network;
mod uri;

use kamjit_engine::{
    Module,
    pv::PvDef,
    table::{join, total},
};

pub use flags::{script_flags, set_script_flags};

const PVS: &[&[PvDef]] = &[uri::PVS, address::PVS, headers::PVS, message::PVS, network::PVS, flags::PVS];
static ALL_PVS: [PvDef; total(PVS)] = join(PVS);

/// The export table.
pub static MODULE: Module = Module { name: "pv", pvs: &ALL_PVS, ..Module::EMPTY };
