//! IR to machine code with Cranelift. Knows the host ABI ([`abi`], [`builtins`]), not the host.

pub mod abi;
pub mod builtins;
