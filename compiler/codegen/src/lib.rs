//! IR to machine code with Cranelift. Knows the host ABI ([`abi`]), not the host.

pub mod abi;
