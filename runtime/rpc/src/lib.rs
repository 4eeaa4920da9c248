//! Remote commands: values, and the codecs and clients of the transports that Kamailio's tools speak.

pub mod value;

pub use value::{Fault, Value};
