//! Harness of the black-box tests: the same configuration and the same traffic through the real Kamailio and through
//! kamjit, and a comparison of everything that comes out.
//!
//! A test is one [`scenario!`]: a function over a [`World`] that starts agents, sends and waits. It runs against both
//! servers at the same time; messages at every end and the script's log lines must be equal after [`mask`]ing.
//!
//! - `KAMJIT_BIN`: the server to test (default: `kamjit` in the target directory); the path of Kamailio itself tests
//!   the scenarios.
//! - `KAMJIT_TEST_PATIENCE`: seconds to wait for an expected message (default 20).
//! - `KAMJIT_TEST_LOGS`: show whole logs in reports.
//! - `KAMJIT_TEST_SHOW`: print the masked record of the reference server (`kamjit`: of kamjit).

pub mod agent;
pub mod call;
pub mod cases;
mod compare;
pub mod conformance;
pub mod dialog;
pub mod diff;
pub mod digest;
pub mod io;
pub mod load;
pub mod mariadb;
pub mod mask;
pub mod message;
pub mod nameserver;
pub mod noise;
pub mod ports;
pub mod proxy;
pub mod pvs;
pub mod record;
pub mod script;
pub mod server;
pub mod softphone;
pub mod tools;
pub mod world;

pub use agent::{Agent, Incoming, Transport, patience};
pub use compare::{compare, compare_facts};
pub use dialog::Dialog;
pub use message::{Message, sdp};
pub use server::{Kind, LogRule, Server, Setup};
pub use world::World;
