//! What every module of the server stands on: workers, fibres, the script context, pseudo-variables, statistics,
//! the cfg framework, the module API and the register of remote commands. See docs/src/architecture.md.

mod abi;
pub mod avp;
pub mod branch;
pub mod builder;
pub mod cfg;
pub mod core;
pub mod ctx;
pub mod dest;
pub mod engine;
pub mod ext;
pub mod fibre;
pub mod forward;
pub mod globals;
pub mod hooks;
pub mod identity;
pub mod init;
pub mod log;
pub mod module;
pub mod onsend;
pub mod prepare;
pub mod process;
pub mod program;
pub mod pv;
mod receive;
pub mod regex;
pub mod rpc;
pub mod stand_in;
pub mod state;
pub mod stats;
pub mod stored;
pub mod subst;
pub mod table;
pub mod timer;
mod uris;
pub mod value;
pub mod worker;
pub mod xavp;

/// How this server names itself in messages: name, version, machine, in the form of the real server.
pub const SIGNATURE: &str = concat!("kamjit (", env!("CARGO_PKG_VERSION"), " (", "x86_64/linux", "))");

pub use ctx::{Ctx, Ended};
pub use engine::Engine;
pub use fibre::Cancelled;
pub use kamjit_catalog as catalog;
pub use module::{Arg, Module, Ret, Run};
pub use value::Val;
