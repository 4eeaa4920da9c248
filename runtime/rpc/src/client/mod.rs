//! Blocking clients for the command-line tools.

mod binrpc;
mod json;

pub use binrpc::{Address, BinrpcClient, ClientError};
pub use json::{call_datagram, call_fifo};
