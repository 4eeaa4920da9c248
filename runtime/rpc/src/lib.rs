//! Remote commands: values, and the codecs and clients of the transports that Kamailio's tools speak.

pub mod binrpc;
pub mod client;
pub mod json;
pub mod value;

pub use value::{Fault, Outcome, Value};
